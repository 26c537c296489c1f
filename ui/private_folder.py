"""The folder of one process for uploads and private copies, and the end of those left behind."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "citespan-"
_LOCK = "lock"


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder of mode 0700 that is deleted at the end.

    A process that was killed leaves its folder to the next one that calls this: it knows it by the
    lock in it, which the kernel takes back from whoever ends, in whatever way.
    """
    _sweep(Path(tempfile.gettempdir()))
    # Threads may still write there while it is deleted.
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as made:
        folder = Path(made)
        with (folder / "new").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (folder / "new").rename(folder / _LOCK)  # so that it is never seen unlocked
            yield folder


def _sweep(parent: Path) -> None:
    """Delete the folders whose process is gone."""
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):  # gone in the meantime, in use, without a lock or not a folder
            if folder.lstat().st_uid == os.getuid() and not folder.is_symlink():
                with (folder / _LOCK).open("r+") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
