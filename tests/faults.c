/* Lets writes below a folder fail, by way of LD_PRELOAD: from the Nth on, or the Nth alone.
 *
 * kg_arm(folder, number, error, onwards) begins to count; kg_count() tells how many there were. A number of
 * 0 only counts. What counts as a write: whatever changes bytes, sizes or names, or asks for them to last.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char folder[PATH_MAX];
static int armed, onwards, error;
static long number, count;

void kg_arm(const char *where, long nth, int with, int on) {
    snprintf(folder, sizeof folder, "%s", where);
    number = nth, error = with, onwards = on, count = 0, armed = 1;
}

long kg_count(void) { return count; }

static int fails(const char *path) {
    if (!armed || strncmp(path, folder, strlen(folder)) != 0) return 0;
    long now = __sync_add_and_fetch(&count, 1);
    if (number == 0 || now < number || (now > number && !onwards)) return 0;
    errno = error;
    return 1;
}

static int fails_at(int file) {
    char link[64], path[PATH_MAX];
    if (!armed) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(path);
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void *bytes, size_t size) {
    REAL(write);
    return fails_at(file) ? -1 : real(file, bytes, size);
}
ssize_t pwrite(int file, const void *bytes, size_t size, off_t at) {
    REAL(pwrite);
    return fails_at(file) ? -1 : real(file, bytes, size, at);
}
ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t at) {
    REAL(pwrite64);
    return fails_at(file) ? -1 : real(file, bytes, size, at);
}
ssize_t writev(int file, const struct iovec *pieces, int many) {
    REAL(writev);
    return fails_at(file) ? -1 : real(file, pieces, many);
}
int fsync(int file) {
    REAL(fsync);
    return fails_at(file) ? -1 : real(file);
}
int fdatasync(int file) {
    REAL(fdatasync);
    return fails_at(file) ? -1 : real(file);
}
int ftruncate(int file, off_t size) {
    REAL(ftruncate);
    return fails_at(file) ? -1 : real(file, size);
}
int ftruncate64(int file, off64_t size) {
    REAL(ftruncate64);
    return fails_at(file) ? -1 : real(file, size);
}
int fallocate(int file, int mode, off_t at, off_t size) {
    REAL(fallocate);
    return fails_at(file) ? -1 : real(file, mode, at, size);
}
int rename(const char *from, const char *to) {
    REAL(rename);
    return fails(to) ? -1 : real(from, to);
}
int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    return fails(path) ? -1 : real(path, mode);
}
int open(const char *path, int flags, ...) {
    REAL(open);
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    return (flags & O_CREAT) && fails(path) ? -1 : real(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    REAL(open64);
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    return (flags & O_CREAT) && fails(path) ? -1 : real(path, flags, mode);
}
