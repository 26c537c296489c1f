"""Files derived from the store: written with their checksum, used only as they were written.

A file is named by its content and never written again, so what was checked is what is mapped,
whatever other processes write meanwhile.
"""

import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

M = TypeVar("M", bound="DataclassInstance")
Take = Callable[[bytes], int]
"""Takes some bytes of a file, and returns how many were taken."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """SHA-256 in hexadecimal, and the number of bytes."""

    sha256: str
    size: int


def record(kind: type[M], line: str | None) -> M | None:
    """A manifest from the line of JSON that the store keeps; None where it is none.

    ``kind`` is a dataclass whose fields are all ``str`` or ``int``.
    """
    try:
        found = kind(**json.loads(line or ""))
    except (ValueError, TypeError):
        return None
    sound = all(type(getattr(found, field.name)) is field.type for field in fields(found))
    return found if sound else None


def path_of(folder: Path, prefix: str, sha256: str) -> Path:
    """Where the file with this content is."""
    return folder / f"{prefix}-{sha256[:16]}.cache"


def write(folder: Path, prefix: str, produce: Callable[[Take], None]) -> Checksum:
    """Write what ``produce`` hands over, whole or not at all.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    temporary = folder / f"{prefix}-{os.getpid()}-{threading.get_ident()}.tmp"
    digest = hashlib.sha256()
    try:
        with temporary.open("wb") as file:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(file, fcntl.LOCK_EX)

            def take(data: bytes) -> int:
                digest.update(data)
                return file.write(data)

            produce(take)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        temporary.replace(path_of(folder, prefix, digest.hexdigest()))
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return Checksum(digest.hexdigest(), size)


def is_sound(path: Path, expected: Checksum) -> bool:
    """Whether the file is there and holds what was written."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != expected.size:
                return False
            return hashlib.file_digest(file, "sha256").hexdigest() == expected.sha256
    except (OSError, ValueError):
        return False


def remove_others(folder: Path, prefix: str, kept: set[Path]) -> None:
    """Delete the files of earlier states, and those whose writer was killed.

    A process that has mapped a file keeps it.
    """
    for path in folder.glob(f"{prefix}-*.cache"):
        if path not in kept:
            path.unlink(missing_ok=True)
    for path in folder.glob(f"{prefix}-*.tmp"):
        if _is_abandoned(path):
            path.unlink(missing_ok=True)


def _is_abandoned(path: Path) -> bool:
    """Whether nobody writes a file any more: who does has locked it."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
