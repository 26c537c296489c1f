"""The folder of one process for uploads and private copies, and the end of those left behind."""

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "citespan-page-"
_FORMER = "citespan-"  # as it was once; an evaluation's folder begins so too, and has no lock
_LOCK = "lock"
_ABANDONED_S = 3600.0
"""Seconds after which a folder without a lock is no one's: it gets it first, and loses it last."""


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder of mode 0700 that is deleted at the end.

    A process that was killed, or interrupted while it deleted its folder, leaves it to the next
    one that calls this: it knows it by the lock in it, which the kernel takes back from whoever
    ends, in whatever way.
    """
    _sweep(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    with _locked(folder), (folder / "new").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (folder / "new").rename(folder / _LOCK)  # so that it is never seen unlocked
        try:
            yield folder
        finally:
            _delete(folder)


def _sweep(parent: Path) -> None:
    """Delete the folders whose process is gone."""
    for folder in parent.glob(f"{_FORMER}*"):
        with suppress(OSError):  # gone in the meantime, or in use
            info = folder.lstat()
            if info.st_uid != os.getuid() or not stat.S_ISDIR(info.st_mode):
                continue
            if (folder / _LOCK).exists():
                with (folder / _LOCK).open("r+") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _delete(folder)
            elif folder.name.startswith(PREFIX) and time.time() - info.st_mtime > _ABANDONED_S:
                with _locked(folder):
                    _delete(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The folder's own lock: a cleaner of old files may take the file (systemd's heeds this)."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _delete(folder: Path) -> None:
    """Delete a folder, its lock last: where that is interrupted, the next ``_sweep`` goes on."""
    with suppress(OSError):  # threads may still write there
        for inner in folder.iterdir():
            if inner.is_dir() and not inner.is_symlink():
                shutil.rmtree(inner, ignore_errors=True)
            elif inner.name != _LOCK:
                inner.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
