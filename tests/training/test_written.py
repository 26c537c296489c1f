"""Written questions: their answers where the reader is given them."""

import json
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import LoadError
from rag.evaluation.datasets import read_set
from rag.evaluation.records import Gold, Question, QuestionSet
from rag.evaluation.squad import whole_articles
from rag.loaders import make_document
from rag.training.own_questions import Candidate
from rag.training.written import written
from tests.small_encoder import WordEncoder

ROOT = Path(__file__).parents[2]
PRICES = """# Berths

| Length | Price |
|---|---|
| up to 6 m | **£190** |
| up to 9 m | £260 |

## Winter

Boats are lifted
out on 4 October. The crane costs £45, the trailer £45.
"""
ASKED: tuple[tuple[str, str, str, str], ...] = (  # where, what, the answer, what it stands behind
    ("prices.md", "How much for a short boat?", "£190", "up to 6 m | **"),
    ("prices.md", "When are they out?", "lifted\nout on 4 October", "Boats are "),
    ("prices.md", "What is the trailer?", "£45", "the trailer "),
    ("prices.md", "What did the crane cost last winter?", "", ""),
    ("note.txt", "Who keeps the keys?", "Moira", ""),
)


def question_set(folder: Path) -> Path:
    texts = {"prices.md": PRICES, "note.txt": "Moira has the keys.\n"}
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    rows = []
    for name, question, answer, before in ASKED:
        start = texts[name].index(before + answer) + len(before)
        golds = [{"text": answer, "answer_start": start}] if answer else []
        rows.append({"question": question, "answers": golds, "document": name})
    questions = folder / "questions.jsonl"
    questions.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return questions


def test_answers_stand_where_the_reader_is_given_them(tmp_path: Path) -> None:
    short, lifted, trailer, crane, keys = written(read_set(question_set(tmp_path)), WordEncoder())
    assert short.passage.split("\n")[2] == "up to 6 m: the Price is £190."
    assert answered(short) == ("up to 6 m: the Price is ", "£190")
    assert answered(lifted) == ("Boats are ", "lifted\nout on 4 October")
    assert answered(trailer) == ("out on 4 October. The crane costs £45, the trailer ", "£45")
    assert (crane.answers, crane.passage) == ((), lifted.passage)
    assert answered(keys) == ("", "Moira")
    assert keys.passage == "note.\nMoira has the keys."
    assert len({one.article for one in (short, lifted, trailer, crane)} - {keys.article}) == 1


def answered(one: Candidate) -> tuple[str, str]:
    """What is before the answer in its line, and the answer."""
    ((text, start),) = one.answers
    assert one.passage[start : start + len(text)] == text
    return one.passage[:start].split("\n")[-1], text


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (Question("q1", "How much?", (), None), "q1 names no document"),
        (Question("q1", "How much?", (Gold("£45"),), "note"), "q1: '£45' has no place in Note"),
    ],
)
def test_what_cannot_be_placed_is_named(question: Question, reason: str) -> None:
    note = replace(make_document("A note.", "Note", "note", "text/plain"), id="note")
    with pytest.raises(LoadError, match=reason):
        written(QuestionSet((question,), (note,)), WordEncoder())


def test_the_script_writes_a_training_file(tmp_path: Path) -> None:
    out = tmp_path / "written.json.gz"
    command = [
        sys.executable, "scripts/make_training_questions.py", "written",
        "--questions", str(question_set(tmp_path)), "--out", str(out),
    ]  # fmt: skip
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stderr
    assert [len(a["paragraphs"]) for a in whole_articles(out)] == [2, 1]


def test_what_was_written_is_whole_and_its_parts_are_apart(tmp_path: Path) -> None:
    with tarfile.open(ROOT / "rag" / "training" / "written.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    train = read_set(tmp_path / "written" / "written.jsonl")
    valid = read_set(ROOT / "tests" / "everyday" / "everyday.jsonl")
    unseen = read_set(ROOT / "tests" / "unseen" / "unseen.jsonl")
    for given in (train, valid):
        texts = {document.id: document.text for document in given.documents}
        assert given.errors == ()
        for question in given.questions:
            assert question.document
            for gold in question.golds:
                assert gold.start is not None
                assert texts[question.document].startswith(gold.text, gold.start)
    parts = [{d.id for d in part.documents} for part in (train, valid, unseen)]
    assert len(set.union(*parts)) == sum(map(len, parts)) == 1_189 + 82 + 16
    assert [len(part.questions) for part in (train, valid, unseen)] == [16_647, 1_148, 192]
