"""Parts side by side: dealt evenly, computed alone, results in order."""

import itertools
import threading
import time
from collections.abc import Iterator

import pytest
import torch

from rag import workers
from rag.workers import PAUSE_S, dealt, side_by_side


@pytest.fixture(autouse=True)
def two_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(workers, "_cores", workers._Cores())  # noqa: SLF001 - as at the start
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def computing(_: object = None) -> int:
    """The number of cores, after some work that waits for nothing."""
    sum(range(100_000))
    return torch.get_num_threads()


def waiting(_: object = None) -> int:
    """The number of cores, after a while in which nothing is computed, as by who has to wait."""
    time.sleep(0.02)
    return torch.get_num_threads()


def test_parts_are_as_even_as_can_be_for_these_sizes() -> None:
    sizes = [50, 10, 40, 30, 20]
    parts = dealt(sizes, least=1)
    assert sorted(itertools.chain(*parts)) == list(range(5))
    assert all(part == sorted(part) for part in parts)
    best = min(  # of all ways to cut them in two
        abs(sum(sizes) - 2 * sum(some))
        for count in range(len(sizes))
        for some in itertools.combinations(sizes, count)
    )
    first, second = (sum(sizes[i] for i in part) for part in parts)
    assert abs(first - second) == best


@pytest.mark.parametrize(
    ("sizes", "least"), [([], 1), ([9], 1), ([5, 6], 12), ([9, 2], 1), ([10, 10, 10], 1)]
)
def test_little_and_uneven_stay_together(sizes: list[int], least: int) -> None:
    assert dealt(sizes, least) == [list(range(len(sizes)))]


def test_each_part_has_a_core_of_its_own_and_results_keep_their_order() -> None:
    together = threading.Barrier(2, timeout=20)

    def work(part: int) -> tuple[int, int]:
        together.wait()  # passes only where both are under way
        return part, torch.get_num_threads()

    assert side_by_side(work, [7, 8]) == [(7, 1), (8, 1)]
    assert torch.get_num_threads() == 2
    seen: list[int] = []
    later = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert seen == [2]  # what the workers are told holds for no other thread


def test_what_a_part_raises_is_raised() -> None:
    def work(part: int) -> float:
        return 1 / part

    with pytest.raises(ZeroDivisionError):
        side_by_side(work, [1, 0])
    assert side_by_side(work, [1, 2]) == [1.0, 0.5]  # and the workers go on


def test_what_has_to_wait_goes_to_one_core_until_all_are_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = time.monotonic
    later = 0.0
    monkeypatch.setattr("time.monotonic", lambda: clock() + later)
    monkeypatch.setattr("time.thread_time", clock)  # nobody else wants the cores
    assert [side_by_side(computing, [0]) for _ in range(3)] == [[2]] * 3
    monkeypatch.setattr("time.thread_time", lambda: 0.0)  # as if it had computed nothing
    assert side_by_side(waiting, [0]) == [2]
    assert side_by_side(waiting, [0]) == [1]
    monkeypatch.setattr("time.thread_time", clock)
    assert side_by_side(computing, [0]) == [1]
    later = PAUSE_S
    assert [side_by_side(computing, [0]) for _ in range(3)] == [[2]] * 3


def test_a_second_computation_meanwhile_has_one_core() -> None:
    begun, go_on = threading.Event(), threading.Event()
    seen: list[int] = []

    def first(_: int) -> int:
        begun.set()
        assert go_on.wait(20)
        return torch.get_num_threads()

    thread = threading.Thread(target=lambda: seen.extend(side_by_side(first, [0])))
    thread.start()
    assert begun.wait(20)
    assert side_by_side(computing, [0]) == [1]
    go_on.set()
    thread.join()
    assert seen == [2]


def test_what_is_raised_on_all_cores_leaves_them_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.thread_time", time.monotonic)

    def failing(_: int) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        side_by_side(failing, [0])
    assert side_by_side(computing, [0]) == [2]
