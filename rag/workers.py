"""Parts of one computation side by side, each computed by one core; what has one part, by all.

Two halves on a core each are done sooner than the whole on both: no core waits for the other at the
end of every product, nor for Python between them. Where other processes use the cores, that wait is
for as long as the operating system makes it, a hundred times in a row: there one core is faster.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TypeVar

import torch

UNEVEN = 1.25
"""If a part would exceed its even share by this factor, all cores are sooner done on the whole."""

BUSY = 0.8
"""Share of its time that a thread computes, below which others are taken to want the cores."""
PAUSE_S = 2.0
"""Seconds for which one core is then used, before all are tried again."""

Part = TypeVar("Part")
Result = TypeVar("Result")


def side_by_side(work: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """``work`` of each part, in order; what one of them raises is raised."""
    if len(parts) < 2:
        return [_cores.compute(partial(work, part)) for part in parts]
    return list(_pool(torch.get_num_threads()).map(work, parts))


class _Cores:
    """All cores for one computation at a time; one core for others, and while all are busy.

    Which of both it is changes no result, see ``tests/test_packed_bert.py``.
    """

    def __init__(self) -> None:
        self._taken = threading.Lock()
        self._busy_until = 0.0

    def compute(self, work: Callable[[], Result]) -> Result:
        count = torch.get_num_threads()
        if count < 2:
            return work()
        if time.monotonic() < self._busy_until or not self._taken.acquire(blocking=False):
            return _pool(count).submit(work).result()
        try:
            began, computed = time.monotonic(), time.thread_time()
            result = work()
            took = time.monotonic() - began
            if time.thread_time() - computed < BUSY * took:
                self._busy_until = began + took + PAUSE_S
            return result
        finally:
            self._taken.release()


_cores = _Cores()


def dealt(sizes: Sequence[int], least: int) -> list[list[int]]:
    """Places of ``sizes`` dealt to as many parts as there are cores, so that sums are near equal.

    Each part keeps the order of the places. Sizes that together are below ``least`` stay together,
    and so do those of which one core would get too much.
    """
    count = min(torch.get_num_threads(), len(sizes))
    together = [list(range(len(sizes)))]
    if count < 2 or sum(sizes) < least:
        return together
    parts: list[list[int]] = [[] for _ in range(count)]
    loads = [0] * count
    for place in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        lightest = loads.index(min(loads))
        parts[lightest].append(place)
        loads[lightest] += sizes[place]
    if max(loads) * count > UNEVEN * sum(sizes):
        return together
    return [sorted(part) for part in parts]


def start() -> None:
    """Start the threads now: while they start, a new thread would take their number of cores."""
    if torch.get_num_threads() > 1:
        _pool(torch.get_num_threads())


@cache
def _pool(count: int) -> ThreadPoolExecutor:
    """That many threads, each of which computes alone."""
    started = threading.Barrier(count + 1)

    def alone() -> None:
        torch.get_num_threads()  # a thread takes the common number when it is first asked
        torch.set_num_threads(1)  # of this thread, and of those that are yet to be started
        started.wait()

    pool = ThreadPoolExecutor(count, "citespan", alone)
    for _ in range(count):
        pool.submit(int)
    started.wait()
    torch.set_num_threads(count)
    return pool
