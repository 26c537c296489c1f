"""More questions to train with: what a reader falls for, and what it finds."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rag.models import SHIPPED
from rag.training.own_questions import Candidate, confused, pseudo, squad
from rag.types import Hit, Reading, Span
from tests.training.samples import article

ROOT = Path(__file__).parents[2]
PASSAGE = (
    "The ferry to Skye was designed by Ada Lum in 1905. The ferry to Mull is newer. "
    "The harbour of Oban opened in 1862."
)
ASKED = {"Who designed the ferry to Skye?": "Ada Lum", "When did the harbour of Oban open?": "1862"}


def articles() -> list[dict[str, Any]]:
    return [article({PASSAGE: {**ASKED, "How old is the ferry to Mull?": None}})]


class Stubborn:
    """Says the same to every question, with one margin."""

    fingerprint = "stubborn"

    def __init__(self, text: str, margin: float) -> None:
        self._text, self._margin = text, margin

    def read(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]]) -> list[Reading]:
        begin = PASSAGE.index(self._text)
        return [
            Reading((Span(hit, begin, begin + len(self._text), self._margin, 0.0),), ())
            for _, (hit,) in zip(questions, hits, strict=True)
        ]


def test_confused_are_those_that_the_reader_answers_as_before() -> None:
    kept = confused(articles(), Stubborn("Ada Lum", 1.0), seed=1)
    assert [one.question for one in kept] in (
        ["Who designed the ferry to Mull?"],
        ["Who designed the ferry to Oban?"],
    )
    assert kept[0].answers == ()
    assert confused(articles(), Stubborn("Ada Lum", -1.0), seed=1) == []  # it withholds
    assert confused(articles(), Stubborn("harbour", 1.0), seed=1) == []  # it says something else


def test_pseudo_questions_are_those_that_the_reader_answers_as_they_should_be() -> None:
    kept = pseudo(articles(), Stubborn("Ada Lum", 1.0))
    assert kept
    for one in kept:
        assert one.answers == (("Ada Lum", PASSAGE.index("Ada Lum")),)
        assert one.question not in ASKED
    assert pseudo(articles(), Stubborn("Ada Lum", -1.0)) == []


def test_the_file_groups_by_article_and_passage() -> None:
    made = squad(
        [Candidate(4, "a b", "one?", (("b", 2),)), Candidate(4, "a b", "two?", ()),
         Candidate(7, "c", "three?", ())]
    )  # fmt: skip
    first, second = made["data"]
    assert [item["question"] for item in first["paragraphs"][0]["qas"]] == ["one?", "two?"]
    assert first["paragraphs"][0]["qas"][0]["answers"] == [{"text": "b", "answer_start": 2}]
    assert first["paragraphs"][0]["qas"][1]["is_impossible"]
    assert second["paragraphs"][0]["context"] == "c"


@pytest.mark.parametrize("kind", ["confused", "pseudo"])
def test_the_script_writes_what_the_shipped_reader_says(tmp_path: Path, kind: str) -> None:
    file, out = tmp_path / "own.json", tmp_path / "more.json"
    file.write_text(json.dumps({"data": articles()}))
    options = [kind, "--train", file, "--reader", SHIPPED, "--out", out]
    command = [sys.executable, "scripts/make_training_questions.py", *map(str, options)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stderr
    made = json.loads(out.read_text())["data"]
    answers = [q["answers"] for a in made for p in a["paragraphs"] for q in p["qas"]]
    assert all(bool(own) == (kind == "pseudo") for own in answers)
    if kind == "pseudo":
        assert answers
