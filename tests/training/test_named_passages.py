"""Questions on passages named by their hash."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rag.errors import LoadError
from rag.evaluation.squad import whole_articles
from rag.training.named_passages import on_passages
from tests.training.samples import article

ROOT = Path(__file__).parents[2]
FERRY = "The ferry Ærø leaves at 6:40, the bus at 7."
LIGHT = "The lighthouse was built in 1871."
GIVEN = [
    article({FERRY: {"When does the ferry leave?": "6:40", "And the bus?": "7"}}),
    article({LIGHT: {"How old is it?": "1871"}}),
]


def lines(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "named.jsonl"
    told = (json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("\n".join(told) + "\n", "utf-8")
    return path


def row(passage: str, question: str, answer: str | None, part: str = "train") -> dict[str, Any]:
    span = None
    if answer is not None:
        span = [passage.index(answer), passage.index(answer) + len(answer)]
    name = hashlib.sha256(passage.encode()).hexdigest()
    return {"passage_sha256": name, "question": question, "answer": span, "part": part}


def test_questions_come_with_their_passage(tmp_path: Path) -> None:
    path = lines(
        tmp_path,
        row(FERRY, "When is the boat?", "6:40"),
        row(LIGHT, "Who built it?\u2028Who?", None),
        row(LIGHT, "Since when is there a light?", "1871", "valid"),
    )
    boat, builder = on_passages(path, "train", GIVEN)
    assert (boat.article, boat.passage, boat.question) == (0, FERRY, "When is the boat?")
    assert boat.answers == (("6:40", FERRY.index("6:40")),)
    assert (builder.article, builder.passage, builder.answers) == (1, LIGHT, ())
    assert builder.question == "Who built it?\u2028Who?"
    (light,) = on_passages(path, "valid", GIVEN)
    assert light.answers == (("1871", LIGHT.index("1871")),)


def test_a_passage_brings_its_own_questions_once(tmp_path: Path) -> None:
    path = lines(tmp_path, row(FERRY, "When is the boat?", "6:40"), row(FERRY, "Who?", None))
    asked = [one.question for one in on_passages(path, "train", GIVEN, own=1)]
    assert asked == ["When is the boat?", "Who?", "When does the ferry leave?"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (row("Elsewhere.", "Where?", None), "line 1 names a passage that no --train file holds"),
        ({"question": "Where?"}, "line 1 is no question on a named passage"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, line: dict[str, Any], reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        on_passages(lines(tmp_path, line), "train", GIVEN)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"gone\.jsonl: cannot be read"):
        on_passages(tmp_path / "gone.jsonl", "train", GIVEN)


def test_the_script_makes_titled_and_named_files(tmp_path: Path) -> None:
    squad, front, out = (tmp_path / name for name in ("squad.json", "front.json", "out.json.gz"))
    squad.write_text(json.dumps({"data": GIVEN}), "utf-8")
    named = lines(tmp_path, row(LIGHT, "Who built it?", None))
    for kind, *options in (
        ("titled", "--train", squad, "--share", "1", "--out", front),
        ("named", "--train", squad, "--questions", named, "--own", "1", "--out", out),
    ):
        command = [sys.executable, "scripts/make_training_questions.py", kind, *map(str, options)]
        ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert ended.returncode == 0, ended.stderr
    ferry, _ = whole_articles(front)
    assert ferry["paragraphs"][0]["context"] == f"Own.\n{FERRY}"
    (found,) = whole_articles(out)
    assert found["title"] == "Own"
    (paragraph,) = found["paragraphs"]
    assert [q["question"] for q in paragraph["qas"]] == ["Who built it?", "How old is it?"]
