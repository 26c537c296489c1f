"""Work that comes while earlier work is under way."""

from collections.abc import Iterator

import pytest

from ui.in_turn import InTurn


def steps(name: str, count: int = 2) -> Iterator[str]:
    """A piece of work that says what it is at."""
    return (f"{name}{number}" for number in range(count))


def test_work_of_one_is_done_in_its_order_by_who_came_first() -> None:
    turns = InTurn[str](9)
    first = turns.run("a", steps("p"))
    assert next(first) == "p0"
    assert list(turns.run("a", steps("q"))) == []
    assert list(turns.run("b", steps("x"))) == ["x0", "x1"]
    assert list(turns.run("a", steps("r"))) == []
    assert list(first) == ["p1", "q0", "q1", "r0", "r1"]
    assert list(turns.run("a", steps("s"))) == ["s0", "s1"]


@pytest.mark.parametrize("end", ["close", "fail"])
def test_after_work_that_broke_off_new_work_is_done(end: str) -> None:
    def failing() -> Iterator[str]:
        yield "f0"
        raise ValueError("broken")

    turns = InTurn[str](9)
    first = turns.run("a", failing())
    assert next(first) == "f0"
    assert list(turns.run("a", steps("lost"))) == []
    if end == "close":
        first.close()
    else:
        with pytest.raises(ValueError, match="broken"):
            next(first)
    assert list(turns.run("a", steps("s"))) == ["s0", "s1"]


def test_of_too_much_that_waits_the_oldest_is_left_out() -> None:
    turns = InTurn[str](2)
    first = turns.run("a", steps("p", 1))
    assert next(first) == "p0"
    for name in "qrs":
        assert list(turns.run("a", steps(name, 1))) == []
    assert list(first) == ["r0", "s0"]
