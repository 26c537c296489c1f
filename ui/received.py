"""Files that Gradio has received, which one visitor reads under links of its own.

Gradio keeps equal files of one name in one place, for whomever they are: who has read one cannot
know whether another is about to.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path


class Received:
    """What one visitor has sent. Safe to share between threads."""

    def __init__(self) -> None:
        """Nothing was sent yet."""
        self._sent: dict[Path, int] = {}  # and when it was last written, in nanoseconds

    @contextmanager
    def own(self, files: Sequence[Path]) -> Iterator[list[Path]]:
        """Links to files, in their order and of their names; they are gone at the end.

        In place of a file that is gone is the path that it would have.
        """
        with ExitStack() as stack:
            yield [stack.enter_context(self._own(file)) for file in files]

    @contextmanager
    def _own(self, file: Path) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(
            prefix="own-", dir=file.parent, ignore_cleanup_errors=True
        ) as folder:
            own = Path(folder) / file.name
            with suppress(FileNotFoundError):
                try:
                    os.link(file, own, follow_symlinks=False)
                except OSError:  # not every file system has links
                    shutil.copy2(file, own, follow_symlinks=False)
                self._sent[file] = own.lstat().st_mtime_ns
            yield own

    def close(self) -> None:
        """Delete what was sent, unless it was sent again since: then it is another's.

        What that leaves, and what is sent by those whom nobody closes, Gradio deletes in time.
        """
        while self._sent:
            file, written = self._sent.popitem()
            with suppress(OSError):
                if file.lstat().st_mtime_ns == written:
                    file.unlink()
