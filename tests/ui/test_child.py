"""Files read in a child process: the same as in this one, but for time, memory and a stop."""

import gzip
import json
import os
import time
from pathlib import Path

import pytest

from rag.errors import LoadError
from rag.evaluation.datasets import read_questions
from rag.loaders import load_file
from ui.child import Child


def test_documents_are_those_that_the_loader_reads(tmp_path: Path) -> None:
    plain, marked = tmp_path / "a.txt", tmp_path / "b.md"
    plain.write_text("One.\r\nTwo \N{FAMILY} \x0b three.\n", "utf-8", newline="")
    marked.write_text("# Head\n\nText.\n", "utf-8")
    with Child() as child:
        assert [child.document(path) for path in (plain, marked)] == [
            load_file(plain),
            load_file(marked),
        ]


def test_question_sets_are_those_that_the_reader_reads(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(
        '{"question": "Who?", "answers": [{"text": "Ada", "answer_start": 3}, "Bo"]}\n'
        "no JSON\n"
        '{"question": "When?", "answers": [], "document": "a.txt", "id": "w",'
        ' "evidence": [{"text": "Ada"}, {"start": 3, "end": 9}]}\n',
        "utf-8",
    )
    with Child() as child:
        found = child.questions(path)
    assert found == read_questions(path)
    assert str(found.errors[0]).startswith("q.jsonl: line 2: ")


def test_an_unreadable_file_is_an_error_and_the_next_one_is_read(tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.txt", tmp_path / "good.txt"
    bad.write_bytes(b"\0\1\2" * 99)
    good.write_text("Good.\n", "utf-8")
    with Child() as child:
        with pytest.raises(LoadError, match=r"bad\.txt: "):
            child.document(bad)
        assert child.document(good).text == "Good.\n"


def test_a_file_that_takes_too_long_ends_the_child_and_not_the_next_file(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    path.write_text('{"question": "Who?", "answers": []}\n' * 500_000, "utf-8")
    short = tmp_path / "short.txt"
    short.write_text("Short.\n", "utf-8")
    with Child(seconds=0.2) as child:
        with pytest.raises(LoadError, match=r"long\.jsonl: reading it takes more than 0\.2 s"):
            child.questions(path)
        assert child.document(short).text == "Short.\n"


def test_a_bomb_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(1200):
            file.write(b" " * 2**20)
    with Child() as child, pytest.raises(LoadError, match=r"bomb\.jsonl\.gz: .*more than 1 GB"):
        child.questions(path)


def test_reading_ends_when_it_is_stopped_and_nothing_is_left_running(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    path.write_text(json.dumps({"question": "Who?", "answers": []}) + "\n" * 10_000_000, "utf-8")
    end = time.monotonic() + 0.3
    before = _children()
    with (
        Child(lambda: time.monotonic() > end) as child,
        pytest.raises(LoadError, match="was stopped"),
    ):
        child.questions(path)
    assert _children() == before


def _children() -> set[str]:
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {child for task in tasks for child in task.read_text("ascii").split()}
