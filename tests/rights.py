"""Tests of what the rights on files forbid, whoever runs them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_NOBODY = 65534


@contextmanager
def folder_with_rights() -> Iterator[Path]:
    """A folder of a user to whom the rights of files apply, as they do not to root.

    Until the block ends the process is that user's; rights taken from the folder or its folders
    are given back.
    """
    real, effective, saved = os.getresuid()
    if effective == 0:
        os.setresuid(_NOBODY, _NOBODY, 0)
    try:
        with TemporaryDirectory() as name:
            yield Path(name)
            for path in (Path(name), *Path(name).glob("*/")):
                path.chmod(0o700)
    finally:
        os.setresuid(real, effective, saved)
