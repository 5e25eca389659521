"""Files written beside their place, then moved into it: whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from kg.errors import OutputError

__all__ = ["write_file", "write_folder"]

LISTING = ".kg.json"
"""In a folder of many files: the names of all that was written, so that the next time can tidy up."""


def write_file(path: Path, pieces: Iterable[bytes], *, lasting: bool = True) -> Path:
    """Writes the pieces to `path`; with `lasting`, waits until the disk has them.

    Raises `OutputError` where the folder cannot be written; an earlier file then stays as it was.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(pieces)
                if lasting:
                    file.flush()
                    os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; choose another place with -o") from error
    return path


def write_folder(path: Path, files: Iterable[tuple[str, Iterable[bytes]]], *, listed: bool = False) -> Path:
    """Writes files, by their names (with `/` between folders), into a folder.

    With `listed`, keeps a listing there, and removes what an earlier listing names and this time did
    not write. Whatever else lies in the folder stays. Raises `OutputError`.
    """
    written = list[str]()
    try:
        earlier = _listing(path) if listed else []
        for name, pieces in files:
            target = path / PurePosixPath(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            write_file(target, pieces, lasting=not listed)
            written.append(name)
        for name in set(earlier) - set(written):
            (path / PurePosixPath(name)).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot write to {path}: {error.strerror}; choose another place with -o"
        ) from error
    if listed:
        write_file(path / LISTING, [json.dumps(written, ensure_ascii=False, indent=0).encode()])
    return path


def _listing(path: Path) -> list[str]:
    """What an earlier export wrote, less whatever does not lie below the folder."""
    try:
        found = json.loads((path / LISTING).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    names = (
        [PurePosixPath(each) for each in found if isinstance(each, str)] if isinstance(found, list) else []
    )
    return [str(name) for name in names if not name.is_absolute() and ".." not in name.parts]
