"""The evaluation tab over the real answerer: the same figures as the script's, and its limits."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rag.answerer import Answerer
from rag.config import Settings
from rag.evaluation.run import Options, evaluate
from tests.conftest import SEED_FILE, SeedQuestion
from tests.ui.page import read
from ui.library import Library
from ui.update import Update
from ui.visitor import Visitor

FORGED: tuple[object, ...] = (None, 7, "", [], {}, {"value": None}, {"value": "../etc"})


@pytest.fixture
def visitor(sure: Answerer, tmp_path: Path) -> Iterator[Visitor]:
    """A visitor of the seed document; it always answers."""
    folder = tmp_path / "private"
    folder.mkdir()
    came = Visitor(Library(sure, folder))
    yield came
    came.close()


def lines(asked: Sequence[SeedQuestion]) -> str:
    """Questions as JSON lines."""
    rows = (
        {"id": q.id, "question": q.question, "answers": q.answers, "document": q.document}
        for q in asked
    )
    return "".join(json.dumps(row) + "\n" for row in rows)


def saved(visitor: Visitor, kind: str) -> str:
    """The last report as a file."""
    (offered,) = read(visitor.evaluation.save({"value": kind}).outbox or "").find("span")
    return offered.attributes["data-content"] or ""


def last(updates: Sequence[Update]) -> str:
    """What the tab shows in the end."""
    return updates[-1].evaluation or ""


@pytest.mark.slow
def test_the_report_is_the_scripts(
    visitor: Visitor, seed_questions: list[SeedQuestion], tmp_path: Path
) -> None:
    path = tmp_path / "asked.jsonl"
    path.write_text(lines(seed_questions[::8]), "utf-8")
    expected = evaluate(
        Options(path, (SEED_FILE,), settings=Settings(min_confidence=0.0), progress=False)
    )
    updates = list(visitor.evaluation.upload(str(path)))
    given: dict[str, Any] = json.loads(saved(visitor, "json"))
    for report in (given, expected):
        report["latency_ms"] = None
        report["run"]["began"] = None
        report["run"]["documents"] = None  # those of the page are no files
    assert given == json.loads(json.dumps(expected))
    (frame,) = read(last(updates)).find("iframe")
    assert frame.attributes["srcdoc"] == saved(visitor, "html")
    assert frame.attributes["sandbox"] == "allow-scripts"


def test_progress_comes_first_and_nothing_is_left_behind(
    visitor: Visitor, seed_questions: list[SeedQuestion], tmp_path: Path
) -> None:
    path = tmp_path / "asked.jsonl"
    path.write_text(lines(seed_questions[:3]), "utf-8")
    updates = list(visitor.evaluation.upload(str(path)))
    bars = [read(u.evaluation or "").find("progress") for u in updates[1:-1]]
    assert [bar.attributes["max"] for (bar,) in bars] == ["3"] * len(bars)
    assert [bar.attributes["value"] for (bar,) in bars][:1] == ["0"]
    assert "Scoring" in (updates[-2].evaluation or "")
    assert path.exists()  # another visitor may have sent the same
    visitor.close()
    assert not path.exists()
    assert list((tmp_path / "private").iterdir()) == []


def test_a_faulty_row_is_named_by_file_and_line_and_the_rest_is_measured(
    visitor: Visitor, seed_questions: list[SeedQuestion], tmp_path: Path
) -> None:
    path = tmp_path / "asked.jsonl"
    path.write_text("no <b>JSON</b>\n" + lines(seed_questions[:2]), "utf-8")
    page = read(last(list(visitor.evaluation.upload(str(path)))))
    (fault,) = page.find("li")
    assert fault.text.startswith("asked.jsonl: line 1: ")
    assert json.loads(saved(visitor, "json"))["questions"] == 2


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("asked.jsonl", "no JSON\n", "asked.jsonl: holds no question that can be used"),
        ("asked.txt", "Who?", "asked.txt: unknown format of questions"),
        ("asked.csv", "a,b\n1,2\n", 'asked.csv: the first line must name the columns "question"'),
        ("asked.json", "{}", "asked.json: not SQuAD JSON"),
    ],
)
def test_what_cannot_be_measured_says_why(
    visitor: Visitor, tmp_path: Path, name: str, content: str, words: str
) -> None:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    (error,) = read(last(list(visitor.evaluation.upload(str(path))))).find("p", "error")
    assert error.text.startswith(words)
    assert str(tmp_path) not in error.text


def test_a_stopped_run_reports_what_was_asked(
    visitor: Visitor, seed_questions: list[SeedQuestion], tmp_path: Path
) -> None:
    path = tmp_path / "asked.jsonl"
    path.write_text(lines(seed_questions[:6]), "utf-8")
    updates = []
    for update in visitor.evaluation.upload(str(path)):
        updates.append(update)
        if "progress" in (update.evaluation or ""):
            visitor.stop()
    (fault,) = read(last(updates)).find("li")
    assert fault.text == "asked.jsonl: questions: stopped after 1 of 6"
    assert json.loads(saved(visitor, "json"))["questions"] == 1


def test_one_file_of_questions_that_two_were_sent_is_measured_by_both(
    visitor: Visitor, sure: Answerer, seed_questions: list[SeedQuestion], tmp_path: Path
) -> None:
    path = tmp_path / "asked.jsonl"
    path.write_text(lines(seed_questions[:1]), "utf-8")
    other = Visitor(Library(sure, tmp_path / "private"))
    for one in (visitor, other):
        assert "iframe" in last(list(one.evaluation.upload(str(path))))
    visitor.close()
    other.close()
    assert [left.name for left in tmp_path.iterdir()] == ["private"]


def test_one_run_at_a_time(
    visitor: Visitor, seed_questions: list[SeedQuestion], tmp_path: Path
) -> None:
    path = tmp_path / "asked.jsonl"
    path.write_text(lines(seed_questions[:1]), "utf-8")
    running = visitor.evaluation.upload(str(path))
    next(running)
    assert list(visitor.evaluation.propose()) == []
    assert "iframe" in last(list(running))
    assert "iframe" in last(list(visitor.evaluation.propose()))


def test_judged_answers_are_a_question_set(visitor: Visitor) -> None:
    (failed,) = read(last(list(visitor.judged()))).find("p", "error")
    assert "nothing judged in this chat can be measured" in failed.text
    list(visitor.ask({"question": "Who urged caution?"}))
    visitor.rate({"turn": 0, "value": "yes"})
    assert "iframe" in last(list(visitor.judged()))
    (case,) = json.loads(saved(visitor, "json"))["cases"]
    assert (case["question"], case["right"]) == ("Who urged caution?", True)


@pytest.mark.parametrize("event", FORGED)
def test_forged_events_measure_and_save_nothing(visitor: Visitor, event: object) -> None:
    assert visitor.evaluation.save(event) == Update()
    assert list(visitor.evaluation.upload(event)) == []
