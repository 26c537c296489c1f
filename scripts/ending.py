"""How the scripts end where they were given something that they cannot use."""

import sys
from collections.abc import Callable

from rag.errors import CitespanError

ERROR = 2


def refused(program: str, error: Exception) -> int:
    """Say what was wrong, in one line; returns the exit status."""
    print(f"{program}: {' '.join(str(error).split())}", file=sys.stderr)
    return ERROR


def attempted(program: str, work: Callable[[], None], *also: type[Exception]) -> int:
    """Do it, or say what was wrong; returns the exit status. ``also`` are errors besides ours."""
    faults: tuple[type[Exception], ...] = (CitespanError, *also)
    try:
        work()
    except faults as error:
        return refused(program, error)
    return 0
