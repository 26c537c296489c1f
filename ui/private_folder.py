"""The folder of one process for uploads and private copies, and the end of those left behind."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

PREFIX = "citespan-page-"


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder of mode 0700 that is deleted at the end.

    A process that was killed, or interrupted while it deleted its folder, leaves it to the next
    one that calls this. A folder is in use while its lock is held, which the kernel takes back
    from whoever ends, in whatever way; a cleaner of old files heeds it too (systemd's does).
    """
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError), _held(left):  # in use, gone in the meantime, or none of ours
            shutil.rmtree(left, ignore_errors=True)
    with ExitStack() as stack:
        folder = _made(stack)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)  # threads may still write there


def _made(held: ExitStack) -> Path:
    """A new folder; another one where a process that starts now clears it away unlocked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        with suppress(BlockingIOError, FileNotFoundError):
            held.enter_context(_held(folder))
            return folder


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder of this user.

    Raises:
        BlockingIOError: it is in use.
        FileNotFoundError: it is gone.
        OSError: it is no folder, or another user's.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.lstat(folder), os.fstat(handle)):
            raise FileNotFoundError(folder)
        if os.fstat(handle).st_uid != os.getuid():
            raise PermissionError(folder)
        yield
    finally:
        os.close(handle)
