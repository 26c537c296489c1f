"""An interrupted run goes on where it was; anything else starts anew."""

from pathlib import Path

import pytest

from rag.errors import CitespanError
from rag.evaluation.journal import Journal
from rag.evaluation.records import Cited, Place, Prediction, Retrieved

RUN = {"reader": "one"}


def prediction(name: str) -> Prediction:
    return Prediction(
        question_id=name,
        text="a\u2028b",
        candidate="a\u2028b",
        confidence=0.25,
        citations=(Cited("d", 3, 6, 0, 9, True, "a\u2028b"),),  # noqa: FBT003 - a field of the record
        retrieved=(
            Retrieved("d", 0, 9, 1, 2, 0.5, 2, None),
            Retrieved("e", 0, 4, None, None, None, 1, 1),
        ),
        timings_ms={"total": 1.5},
        evidence=(Place("d", 0, 6),),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written = tmp_path / "predictions.jsonl"
    journal = Journal(written, RUN)
    journal.append([prediction("one"), prediction("two")])
    journal.append([prediction("three")])
    return written


def test_predictions_come_back_as_they_were(path: Path) -> None:
    assert Journal(path, RUN).done == {name: prediction(name) for name in ("one", "two", "three")}


def test_a_torn_line_is_dropped_and_written_again(path: Path) -> None:
    whole = path.read_bytes()
    for cut in range(1, len(whole) - whole.rindex(b"\n", 0, -1) - 1):
        path.write_bytes(whole[:-cut])
        journal = Journal(path, RUN)
        assert set(journal.done) == {"one", "two"}
        journal.append([prediction("three")])
        assert path.read_bytes() == whole


def test_a_run_that_goes_on_began_when_it_began(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    Journal(path, RUN, began="2026-03-05T14:05:00Z").append([prediction("one")])

    assert Journal(path, RUN, began="2026-03-06T09:00:00Z").began == "2026-03-05T14:05:00Z"
    assert Journal(path, {"reader": "two"}, began="later").began == "later"
    assert Journal(path, {"reader": "two"}, began="latest").began == "later"


@pytest.mark.parametrize("header", [b"", b"{", b"[]\n", b'{"form":3}\n', b"\xff\n"])
def test_a_first_line_that_is_damaged_starts_anew(path: Path, header: bytes) -> None:
    _, end, rest = path.read_bytes().partition(b"\n")
    path.write_bytes(header + end + rest)

    assert Journal(path, RUN).done == {}
    assert Journal(path, RUN).done == {}


def test_another_run_starts_anew(path: Path) -> None:
    journal = Journal(path, {"reader": "two"})

    assert journal.done == {}
    assert len(path.read_bytes().splitlines()) == 1


def test_a_finished_run_starts_anew(path: Path) -> None:
    Journal(path, RUN).finish()

    assert Journal(path, RUN).done == {}


def test_a_file_of_something_else_is_replaced(path: Path) -> None:
    path.write_bytes(b"\x00\xff no journal")

    assert Journal(path, RUN).done == {}


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(CitespanError, match=r"absent/predictions\.jsonl"):
        Journal(tmp_path / "absent" / "predictions.jsonl", RUN)
