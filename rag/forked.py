"""No models in a forked process: PyTorch and FAISS would wait there for threads not forked."""

import os
from functools import cache

from rag.errors import ModelError


def refuse_forked() -> None:
    """Refuse to load or to compute where the process that this one was forked from has.

    Raises:
        ModelError: it has.
    """
    if os.getpid() != _process():
        raise ModelError(
            "models were loaded before this process was forked, and would wait in it for ever; "
            'start processes that ask or add with multiprocessing.get_context("spawn"), each '
            "with its own answerer"
        )


@cache
def _process() -> int:
    """The process that asked first; what is forked from it remembers."""
    return os.getpid()
