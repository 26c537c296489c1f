"""A store's files in a new folder: the truth copied, the indexes derived from it shared."""

import os
import shutil
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

from rag.errors import StoreError


def back_up(connection: sqlite3.Connection, path: Path) -> None:
    """Write what a connection sees to a new file, whole or not at all.

    Raises:
        StoreError: it cannot be written, or is there already.
    """
    half = path.with_name(f"copy-{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(half)) as copied:
            connection.backup(copied)
        require_absent(path)
        half.rename(path)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"{path} cannot be written ({error}); check the free space and the rights on the folder"
        ) from error
    finally:
        for left in path.parent.glob(f"{half.name}*"):  # with the logs beside it
            left.unlink()


def require_absent(path: Path) -> None:
    """Refuse to write over a store.

    Raises:
        StoreError: the file is there.
    """
    if path.exists():
        raise StoreError(f"{path} is there already; copy into a new folder")


def share_indexes(connection: sqlite3.Connection, folder: Path, other: Path) -> None:
    """Let another folder have the index files that the store names; who uses one checks it."""
    named = " ".join(value for (value,) in connection.execute("SELECT value FROM meta"))
    for path in folder.glob("*.cache"):
        if path.stem.rpartition("-")[2] in named:
            with suppress(OSError):
                _link_or_copy(path, other / path.name)


def _link_or_copy(path: Path, other: Path) -> None:
    try:
        other.hardlink_to(path)
    except FileExistsError:  # it may be in use; who uses it checks it
        return
    except OSError:  # another disk, or one without links
        shutil.copyfile(path, other)
