"""How the scripts end where they were given something that they cannot use."""

import sys

ERROR = 2


def refused(program: str, error: Exception) -> int:
    """Say what was wrong, in one line; returns the exit status."""
    print(f"{program}: {' '.join(str(error).split())}", file=sys.stderr)
    return ERROR
