"""How the scripts end where they were given something that they cannot use."""

import sys
from collections.abc import Callable

from rag.errors import CitespanError

ERROR = 2


def refused(program: str, error: Exception) -> int:
    """Say what was wrong, in one line; returns the exit status."""
    told = str(error)
    if isinstance(error, OSError) and error.filename is not None:
        told = f"{error.filename}: {error.strerror}"
    print(f"{program}: {' '.join(told.split())}", file=sys.stderr)
    return ERROR


def attempted(program: str, work: Callable[[], None], *also: type[Exception]) -> int:
    """Do it, or say what was wrong; returns the exit status.

    That is an error of ours, a file that cannot be used, or one of ``also``.
    """
    faults: tuple[type[Exception], ...] = (CitespanError, OSError, *also)
    try:
        work()
    except faults as error:
        return refused(program, error)
    return 0
