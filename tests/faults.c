/* Lets writes below a folder fail, by way of LD_PRELOAD: from the Nth on, or the Nth alone.
 *
 * kg_arm(folder, number, error, onwards) begins to count, in this process; kg_count() tells how many writes
 * there were and kg_failed() which was the first to fail, as "fsync PATH", in this process and in the one
 * that forked it. A number of 0 only counts.
 *
 * What counts as a write: the C library's functions, called by name, that change bytes, sizes or names, or
 * ask for them to last. So not: memory that is mapped, modes and times, and what the C library flushes when
 * a stream is closed. A full disk (ENOSPC) lets files be removed, as real ones do.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char folder[PATH_MAX];
static int armed, onwards, error;
static long number;
static struct {
    long count;
    int failed;
    char what[2 * PATH_MAX];
} *told;

__attribute__((constructor)) static void share(void) {
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

void kg_arm(const char *where, long nth, int with, int on) {
    snprintf(folder, sizeof folder, "%s", where);
    memset(told, 0, sizeof *told);
    number = nth, error = with, onwards = on, armed = 1;
}

long kg_count(void) { return told->count; }

const char *kg_failed(void) { return told->what; }

static int frees(const char *what) { return !strncmp(what, "unlink", 6) || !strcmp(what, "rmdir"); }

static int fails(const char *what, const char *path) {
    if (!armed || strncmp(path, folder, strlen(folder)) != 0) return 0;
    long now = __sync_add_and_fetch(&told->count, 1);
    if (number == 0 || now < number || (now > number && !onwards)) return 0;
    if (error == ENOSPC && frees(what)) return 0;
    if (!__sync_lock_test_and_set(&told->failed, 1)) snprintf(told->what, sizeof told->what, "%s %s", what, path);
    errno = error;
    return 1;
}

static int path_of(int file, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
    return length >= 0;
}

static int fails_at(const char *what, int file) {
    char path[PATH_MAX];
    return armed && path_of(file, path) && fails(what, path);
}

static int fails_in(const char *what, int place, const char *name) {
    char path[PATH_MAX], whole[2 * PATH_MAX];
    if (!armed) return 0;
    if (place == AT_FDCWD || name[0] == '/') return fails(what, name);
    if (!path_of(place, path)) return 0;
    snprintf(whole, sizeof whole, "%s/%s", path, name);
    return fails(what, whole);
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define BY_FILE(type, name, file, parameters, arguments) \
    type name parameters { \
        REAL(name); \
        return fails_at(#name, file) ? (type)-1 : real arguments; \
    }
#define BY_PATH(name, path, parameters, arguments) \
    int name parameters { \
        REAL(name); \
        return fails(#name, path) ? -1 : real arguments; \
    }
#define BY_PLACE(name, place, path, parameters, arguments) \
    int name parameters { \
        REAL(name); \
        return fails_in(#name, place, path) ? -1 : real arguments; \
    }
#define OPENING(name, place, path, parameters, arguments) \
    int name parameters { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = va_arg(more, mode_t); \
        va_end(more); \
        return (flags & (O_CREAT | O_TRUNC)) && fails_in(#name, place, path) ? -1 : real arguments; \
    }

BY_FILE(ssize_t, write, f, (int f, const void *b, size_t n), (f, b, n))
BY_FILE(ssize_t, pwrite, f, (int f, const void *b, size_t n, off_t at), (f, b, n, at))
BY_FILE(ssize_t, pwrite64, f, (int f, const void *b, size_t n, off64_t at), (f, b, n, at))
BY_FILE(ssize_t, writev, f, (int f, const struct iovec *v, int n), (f, v, n))
BY_FILE(ssize_t, pwritev, f, (int f, const struct iovec *v, int n, off_t at), (f, v, n, at))
BY_FILE(ssize_t, pwritev64, f, (int f, const struct iovec *v, int n, off64_t at), (f, v, n, at))
BY_FILE(ssize_t, pwritev2, f, (int f, const struct iovec *v, int n, off_t at, int how), (f, v, n, at, how))
BY_FILE(ssize_t, pwritev64v2, f, (int f, const struct iovec *v, int n, off64_t at, int how), (f, v, n, at, how))
BY_FILE(ssize_t, sendfile, to, (int to, int from, off_t *at, size_t n), (to, from, at, n))
BY_FILE(ssize_t, sendfile64, to, (int to, int from, off64_t *at, size_t n), (to, from, at, n))
BY_FILE(ssize_t, copy_file_range, to,
        (int from, off64_t *out, int to, off64_t *in, size_t n, unsigned how), (from, out, to, in, n, how))
BY_FILE(int, fsync, f, (int f), (f))
BY_FILE(int, fdatasync, f, (int f), (f))
BY_FILE(int, sync_file_range, f, (int f, off64_t at, off64_t n, unsigned how), (f, at, n, how))
BY_FILE(int, ftruncate, f, (int f, off_t n), (f, n))
BY_FILE(int, ftruncate64, f, (int f, off64_t n), (f, n))
BY_FILE(int, fallocate, f, (int f, int mode, off_t at, off_t n), (f, mode, at, n))
BY_FILE(int, fallocate64, f, (int f, int mode, off64_t at, off64_t n), (f, mode, at, n))

BY_PATH(truncate, path, (const char *path, off_t n), (path, n))
BY_PATH(truncate64, path, (const char *path, off64_t n), (path, n))
BY_PATH(rename, to, (const char *from, const char *to), (from, to))
BY_PATH(link, to, (const char *from, const char *to), (from, to))
BY_PATH(symlink, to, (const char *from, const char *to), (from, to))
BY_PATH(unlink, path, (const char *path), (path))
BY_PATH(rmdir, path, (const char *path), (path))
BY_PATH(mkdir, path, (const char *path, mode_t mode), (path, mode))
BY_PATH(creat, path, (const char *path, mode_t mode), (path, mode))
BY_PATH(creat64, path, (const char *path, mode_t mode), (path, mode))

BY_PLACE(renameat, in, to, (int out, const char *from, int in, const char *to), (out, from, in, to))
BY_PLACE(renameat2, in, to, (int out, const char *from, int in, const char *to, unsigned how),
         (out, from, in, to, how))
BY_PLACE(linkat, in, to, (int out, const char *from, int in, const char *to, int how), (out, from, in, to, how))
BY_PLACE(symlinkat, in, to, (const char *from, int in, const char *to), (from, in, to))
BY_PLACE(unlinkat, place, path, (int place, const char *path, int how), (place, path, how))
BY_PLACE(mkdirat, place, path, (int place, const char *path, mode_t mode), (place, path, mode))

OPENING(open, AT_FDCWD, path, (const char *path, int flags, ...), (path, flags, mode))
OPENING(open64, AT_FDCWD, path, (const char *path, int flags, ...), (path, flags, mode))
OPENING(openat, place, path, (int place, const char *path, int flags, ...), (place, path, flags, mode))
OPENING(openat64, place, path, (int place, const char *path, int flags, ...), (place, path, flags, mode))

int posix_fallocate(int file, off_t at, off_t size) {
    REAL(posix_fallocate);
    return fails_at("posix_fallocate", file) ? error : real(file, at, size);
}
int posix_fallocate64(int file, off64_t at, off64_t size) {
    REAL(posix_fallocate64);
    return fails_at("posix_fallocate64", file) ? error : real(file, at, size);
}
FILE *fopen(const char *path, const char *mode) {
    REAL(fopen);
    return mode[0] != 'r' && fails("fopen", path) ? NULL : real(path, mode);
}
FILE *fopen64(const char *path, const char *mode) {
    REAL(fopen64);
    return mode[0] != 'r' && fails("fopen64", path) ? NULL : real(path, mode);
}
size_t fwrite(const void *bytes, size_t size, size_t many, FILE *file) {
    REAL(fwrite);
    return armed && fails_at("fwrite", fileno(file)) ? 0 : real(bytes, size, many, file);
}
