"""Evidence marked in a question set: read, found in the documents, and measured."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import rag.evaluation.run as module
from rag.config import Settings
from rag.evaluation.datasets import named_documents, read_questions, resolve
from rag.evaluation.records import Gold, Marked, Question
from rag.evaluation.run import Options, evaluate
from rag.evaluation.table import table
from rag.loaders import make_document

SCHEMA = json.loads(Path(module.__file__).with_name("report.schema.json").read_text("utf-8"))
HARBOR = "The harbor was dug in 1888. Forty ships a day called there once. Forty."
QUESTION = "When was the harbor dug?"


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


def test_marks_are_texts_or_offsets_and_texts_can_be_the_answers(tmp_path: Path) -> None:
    text, run = {"text": "dug in 1888"}, {"start": 4, "end": 10, "document": "b.txt"}
    path = write(
        tmp_path / "set.jsonl",
        {"question": "When?", "answers": ["1888"], "document": "a.txt", "evidence": [text, run]},
        {"question": "When?", "document": "a.txt", "evidence": [text, text]},
        {"question": "When?", "answers": [], "evidence": []},
    )

    marked, only_marked, none = read_questions(path).questions

    assert marked.evidence == (Marked("a.txt", "dug in 1888"), Marked("b.txt", None, 4, 10))
    assert marked.golds == (Gold("1888"),)
    assert only_marked.golds == (Gold("dug in 1888"),)
    assert only_marked.evidence == (Marked("a.txt", "dug in 1888"),)
    assert (none.golds, none.evidence) == ((), ())


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        ("text", "must be a list"),
        (["text"], "expected an object"),
        ([{"document": "a.txt"}], 'needs a "text"'),
        ([{"document": "a.txt", "text": " "}], "blank"),
        ([{"text": "x"}], 'no "document"'),
        ([{"document": "a.txt", "start": 3}], "whole numbers"),
        ([{"document": "a.txt", "start": 3, "end": 3}], "whole numbers"),
        ([{"document": "a.txt", "start": True, "end": 3}], "whole numbers"),
        ([{"document": "a.txt", "start": -1, "end": 3}], "whole numbers"),
    ],
)
def test_a_faulty_mark_faults_its_row(tmp_path: Path, evidence: object, reason: str) -> None:
    path = write(
        tmp_path / "set.jsonl",
        {"question": "When?", "answers": []},
        {"question": "When?", "answers": [], "evidence": evidence},
    )

    found = read_questions(path)

    assert len(found.questions) == 1
    (error,) = found.errors
    assert (error.place, reason in error.reason) == ("line 2", True)


def test_marks_are_found_in_their_documents() -> None:
    harbor = make_document(HARBOR, "Harbor", "texts/harbor.txt", "text/plain")
    other = make_document("Another text.", "Other", "texts/other.txt", "text/plain")
    marks = (
        Marked("harbor.txt", "Forty ships a day called there once."),
        Marked("Other", None, 0, 7),
        Marked("harbor.txt", "harbor", 4, 10),
    )
    asked = [Question("found", "When?", (), None, marks)]
    lost = [
        Marked("harbor.txt", "Forty"),  # twice
        Marked("harbor.txt", "absent"),
        Marked("absent.txt", "Forty ships"),
        Marked("harbor.txt", None, 60, 99),
        Marked("harbor.txt", "Forty", 0, 5),
    ]
    asked += [Question(f"lost {n}", "When?", (), None, (m,)) for n, m in enumerate(lost)]

    (found, *without), errors = resolve(asked, [harbor, other], "set.jsonl")

    assert found.evidence == (
        Marked(harbor.id, "Forty ships a day called there once.", 28, 64),
        Marked(other.id, "Another", 0, 7),
        Marked(harbor.id, "harbor", 4, 10),
    )
    assert [question.evidence for question in without] == [()] * 5
    assert [error.place for error in errors] == [f"question lost {n}" for n in range(5)]
    assert all("its evidence is left out" in error.reason for error in errors)


def test_documents_that_only_evidence_names_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One.", "utf-8")
    (tmp_path / "b.txt").write_text("Two.", "utf-8")
    asked = [Question("q", "?", (), "a.txt", (Marked("b.txt", "Two."),))]

    documents, _ = named_documents(tmp_path, asked)

    assert [document.text for document in documents] == ["One.", "Two."]


@pytest.mark.parametrize("gold_passages", [False, True])
def test_the_report_has_the_word_f1_of_what_was_marked(
    tmp_path: Path,
    gold_passages: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    (tmp_path / "harbor.txt").write_text(HARBOR, "utf-8")
    usual = {"question": QUESTION, "document": "harbor.txt", "answers": ["1888"]}
    path = write(
        tmp_path / "set.jsonl",
        {**usual, "evidence": [{"start": 0, "end": len(HARBOR)}]},
        {**usual, "evidence": [{"text": "dug in 1888."}]},
        usual,
    )
    settings = Settings(reader="sentence")

    report = evaluate(Options(path, gold_passages=gold_passages, settings=settings, progress=False))

    jsonschema.validate(report, SCHEMA)
    whole, part, none = (case["evidence_f1"] for case in report["cases"])
    # The sentence reader finds "The harbor was dug in 1888." at least, and no word outside.
    found = round(2 * 3 / part - 3)  # words, from F1 = 2 * 3 / (3 marked + found)
    assert found >= 6
    assert whole == pytest.approx(2 * found / (14 + found))
    assert none is None
    assert report["evidence"]["word_f1"] == pytest.approx((whole + part) / 2)
    assert report["evidence"]["pooled_precision"] == pytest.approx((found + 3) / (2 * found))
    assert report["evidence"]["pooled_recall"] == pytest.approx((found + 3) / (14 + 3))
    assert report["evidence"]["questions"] == 2
    assert "word f1" in table(report)
