"""Files written beside their place, then moved into it: whole or not at all."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import secrets
import stat
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from kg.errors import OutputError

__all__ = ["LISTING", "write_file", "write_folder"]

_LONG_AGO = 3600
"""Seconds after which nobody writes a file any more."""

LISTING = ".kg.json"
"""In a folder of many files: what was written there, as name → SHA-256, so that no other file is touched."""


def write_file(path: Path, pieces: Iterable[bytes], *, lasting: bool = True) -> Path:
    """Writes the pieces to `path`; with `lasting`, waits until the disk has them.

    A link is followed, a device or a pipe written into. Raises `OutputError` where that cannot be; an
    earlier file then stays as it was.
    """
    try:
        target = path.resolve()
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and not stat.S_ISREG(mode):
            with target.open("wb") as file:
                file.writelines(pieces)
        else:
            _replace(target, mode, pieces, lasting)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; choose another place with -o") from error
    return path


def _replace(path: Path, mode: int | None, pieces: Iterable[bytes], lasting: bool) -> None:
    beside = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}")
    if lasting:
        _sweep(path)
    try:
        with beside.open("xb") as file:
            file.writelines(pieces)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        if mode is not None:
            beside.chmod(stat.S_IMODE(mode))
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _sweep(path: Path) -> None:
    """Removes what a killed process left half written beside a file, long ago."""
    for left in path.parent.glob(f".{glob.escape(path.name[:40])}.{'[0-9a-f]' * 8}"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > _LONG_AGO:
                left.unlink()


def write_folder(path: Path, files: Iterable[tuple[str, Iterable[bytes]]], *, listed: bool = False) -> Path:
    """Writes files, by their names (with `/` between folders), into a folder.

    With `listed`, keeps a listing there, removes what an earlier listing names and this time did not
    write, and refuses to write over what no listing names or someone changed since. Whatever else lies
    in the folder stays. Raises `OutputError`.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        if listed:
            _write_listed(path, files)
        else:
            for name, pieces in files:
                write_file(path / PurePosixPath(name), pieces)
    except OSError as error:
        raise OutputError(
            f"cannot write to {path}: {error.strerror}; choose another place with -o"
        ) from error
    return path


def _write_listed(path: Path, files: Iterable[tuple[str, Iterable[bytes]]]) -> None:
    earlier, written = _read_listing(path), dict[str, str]()
    try:
        for name, pieces in files:
            content, target = b"".join(pieces), path / PurePosixPath(name)
            written[name] = _hash(content)
            if target.exists() and _hash(target.read_bytes()) not in (written[name], earlier.get(name)):
                del written[name]
                raise OutputError(
                    f"{target} is not as kg wrote it: move it away, or choose an empty folder with -o"
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            write_file(target, [content], lasting=False)
    except BaseException:
        _write_listing(path, earlier | written)
        raise
    _remove_stale(path, earlier, written)
    _write_listing(path, written)


def _remove_stale(path: Path, earlier: Mapping[str, str], written: Mapping[str, str]) -> None:
    """Removes what kg wrote and nobody changed; where names differ in case alone, one may be the other."""
    folded = {name.casefold() for name in written}
    home = path.resolve()
    for name in sorted(name for name in earlier if name.casefold() not in folded):
        target = path / PurePosixPath(name)
        if not target.is_file() or target.is_symlink() or not target.resolve().is_relative_to(home):
            continue
        if _hash(target.read_bytes()) == earlier[name]:
            target.unlink()


def _read_listing(path: Path) -> dict[str, str]:
    """What an earlier export wrote. It is not believed: a name counts only with the content's hash."""
    try:
        found = json.loads((path / LISTING).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    items = found.items() if isinstance(found, dict) else ()
    return {name: value for name, value in items if name and "\0" not in name and isinstance(value, str)}


def _write_listing(path: Path, written: Mapping[str, str]) -> None:
    write_file(path / LISTING, [json.dumps(written, ensure_ascii=False, indent=0).encode()], lasting=False)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
