"""A review of proposals outlasts a broken byte and an interruption."""

import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import pytest

from rag.errors import CitespanError
from rag.evaluation import output
from rag.evaluation.datasets import read_questions
from rag.evaluation.proposals.propose import Proposal
from rag.evaluation.proposals.review import review
from rag.evaluation.proposals.writing import write
from rag.evaluation.records import Gold

PROPOSALS = [
    Proposal(f"Question {number}?", (Gold("x", 0),), "a.txt", "object", "x is so.")
    for number in range(4)
]


def reviewed(
    root: Path, document: Path, out: Path, typed: bytes, encoding: str = "utf-8"
) -> subprocess.CompletedProcess[bytes]:
    script = root / "scripts" / "make_questions.py"
    return subprocess.run(
        [sys.executable, script, "--review", "--documents", document, "--out", out],
        input=typed,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        timeout=60,
        check=False,
    )


def test_a_line_without_a_form_in_utf8_is_asked_for_again() -> None:
    screen = io.StringIO()

    kept = review(PROPOSALS, io.StringIO("y\ne\nCaf\udce9?\nCafé?\n\udce9\ny\nq\n"), screen)

    assert [one.question for one in kept] == ["Question 0?", "Café?", "Question 2?"]
    assert "UTF-8" in screen.getvalue()


@pytest.mark.parametrize("typed", [["y\n", "y\n"], ["y\n", "y\n", "e\n"]])
def test_an_interruption_keeps_what_was_kept(typed: list[str]) -> None:
    source = Mock(spec=io.StringIO)
    source.readline.side_effect = [*typed, KeyboardInterrupt]

    assert review(PROPOSALS, source, io.StringIO()) == PROPOSALS[:2]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8:strict"])
@pytest.mark.parametrize("typed", [b"y\ne\nCaf\xe9?\nq\n", b"y\n\xe9\n", b"y\n\xc3"])
def test_a_broken_byte_costs_no_review(
    root: Path, tmp_path: Path, typed: bytes, encoding: str
) -> None:
    (tmp_path / "a.txt").write_text(
        "The harbor of Lund Bay was dug in 1888 by Clara Holm. "
        "The library of Denmark was closed in 1950.",
        "utf-8",
    )
    out = tmp_path / "set.jsonl"

    done = reviewed(root, tmp_path / "a.txt", out, typed, encoding)

    assert done.returncode == 0, done.stderr.decode()
    assert 1 <= len(read_questions(out).questions) <= 2


def test_a_review_that_keeps_nothing_leaves_no_file(root: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The library of Denmark was closed in 1950.", "utf-8")
    out = tmp_path / "set.jsonl"

    done = reviewed(root, tmp_path / "a.txt", out, b"q\n")

    assert (done.returncode, out.exists()) == (2, False)
    assert b"nothing was written" in done.stderr


def test_a_set_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, beside = tmp_path / "set.jsonl", tmp_path / "set.tmp"
    out.write_text("old", "utf-8")
    beside.write_text("mine", "utf-8")

    def full(path: Path, *_: object, **__: object) -> None:
        with path.open("wb") as file:
            file.write(b"ha")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        with pytest.raises(CitespanError, match="No space left"):
            write(out, PROPOSALS)
    assert out.read_text("utf-8") == "old"
    write(out, PROPOSALS)

    assert len(read_questions(out).questions) == len(PROPOSALS)
    assert beside.read_text("utf-8") == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set.jsonl", "set.tmp"]


def test_a_device_is_written_to_and_a_link_stays_one(tmp_path: Path) -> None:
    target, link, pipe = tmp_path / "target", tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(target)
    output.write(link, "new")
    assert link.is_symlink()
    assert target.read_text("utf-8") == "new"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_text, "utf-8")
        output.write(pipe, "through")
        assert read.result(20) == "through"
    assert pipe.is_fifo()


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        output.write(tmp_path / "report.json", "\ud83d")

    assert list(tmp_path.iterdir()) == []
