"""Tables made by rule: every answer stands where it is said to, in the row that is asked about."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from rag.evaluation.squad import whole_articles
from rag.training.own_questions import Candidate
from rag.training.tables_by_rule import load, tables

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^(?P<key>[^:\n]+): the .*\.$", re.MULTILINE)


@pytest.fixture(scope="module")
def made() -> list[Candidate]:
    return tables(2_000, seed=3)


def test_answers_stand_where_they_are_said_to(made: list[Candidate]) -> None:
    assert len(made) >= 2_000
    answered = [one for one in made if one.answers]
    assert 0.75 < len(answered) / len(made) < 0.9
    for one in answered:
        [(text, start)] = one.answers
        assert one.passage[start : start + len(text)] == text
        assert (one.passage[start - 1 : start] or "\n") in " \n"
        assert not one.passage[start + len(text) :][:1].isalnum()


def test_a_cell_is_that_of_the_row_that_is_asked_about(made: list[Candidate]) -> None:
    checked = 0
    for one in made:
        rows = {match["key"].lower(): match.span() for match in ROW.finditer(one.passage)}
        asked = [key for key in rows if re.search(rf"\b{re.escape(key)}\b", one.question.lower())]
        if one.answers and len(asked) == 1 and one.answers[0][0].lower() not in rows:
            begin, end = rows[asked[0]]
            assert begin < one.answers[0][1] < end, one
            checked += 1
    assert checked > 500


def test_unanswerable_ones_lack_row_or_column(made: list[Candidate]) -> None:
    kinds, _ = load()
    for one in made:
        if not one.answers:
            kind = kinds[one.article % len(kinds)]
            absent = [column for column in kind.columns if column.name.lower() not in one.passage]
            rows = [line.split(":")[0].strip("- .").lower() for line in one.passage.splitlines()]
            named = any(row and row in one.question.lower() for row in rows)
            assert absent or not named, one


def test_the_same_seed_gives_the_same(made: list[Candidate]) -> None:
    assert tables(2_000, seed=3) == made
    assert tables(50, seed=4) != made[:50]


def test_the_script_writes_a_training_file(tmp_path: Path) -> None:
    out = tmp_path / "tables.json.gz"
    command = [
        sys.executable, "scripts/make_training_questions.py", "tables",
        "--count", "40", "--out", str(out),
    ]  # fmt: skip
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stderr
    articles = whole_articles(out)
    assert sum(len(p["qas"]) for a in articles for p in a["paragraphs"]) >= 40
