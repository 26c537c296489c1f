"""Names and ids that are not UTF-8: a file name may be any bytes, a report holds only text."""

import json
import os
from pathlib import Path

import pytest

from rag.config import Settings
from rag.evaluation.datasets import read_questions
from rag.evaluation.run import Options, evaluate, evaluate_run
from rag.evaluation.table import table

SETTINGS = Settings(reader="sentence")
TEXT = "The harbor was dug in 1888."
ROW = {"question": "When was the harbor dug?", "answers": ["1888"], "document": "harbor.txt"}


def odd(folder: Path, name: bytes) -> Path:
    """A path whose name is no UTF-8."""
    return folder / os.fsdecode(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "harbor.txt").write_text(TEXT, "utf-8")
    return tmp_path


FAULTY = {"id": "\ud83d", "question": "B?", "answers": []}
GOOD = [{**FAULTY, "id": "a"}, {**FAULTY, "id": "c"}]
LINES = map(json.dumps, (GOOD[0], FAULTY, GOOD[1]))
PARAGRAPH = {"context": TEXT, "qas": [GOOD[0], FAULTY, GOOD[1]]}


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("set.csv", b"id,question,answer\na,A?,x\n\xe9,B?,x\nc,C?,x\n", "line 3"),
        ("set.csv", b"question,answer,answer_2\nA?,x,\nB?,x,\xe9\nC?,x,y\n", "line 3"),
        ("set.jsonl", "\n".join(LINES).encode(), "line 2"),
        (
            "set.json",
            json.dumps({"data": [{"paragraphs": [PARAGRAPH]}]}).encode(),
            "data[0].paragraphs[0].qas[1]",
        ),
    ],
)
def test_what_is_no_utf8_faults_its_row(
    tmp_path: Path, name: str, content: bytes, place: str
) -> None:
    (tmp_path / name).write_bytes(content)

    found = read_questions(tmp_path / name)

    assert len(found.questions) == 2
    (error,) = found.errors
    assert (error.place, "not valid UTF-8" in error.reason) == (place, True)
    assert str(error).encode()


def test_files_and_folders_are_called_by_readable_names(folder: Path) -> None:
    documents = odd(folder, b"docs\xe9")
    documents.mkdir()
    (folder / "harbor.txt").rename(documents / "harbor.txt")
    odd(documents, b"empty\xe9.txt").write_bytes(b"")
    questions = odd(folder, b"quest\xe9.jsonl")
    questions.write_text(json.dumps(ROW) + "\n{}\n", "utf-8")
    out = odd(folder, b"out\xe9")
    options = Options(questions, (documents,), out=out, settings=SETTINGS, progress=False)

    evaluate(options)
    report = evaluate(
        Options(
            questions,
            (documents,),
            out=out,
            settings=SETTINGS,
            against=out / "report.json",
            progress=False,
        )
    )

    written = json.loads((out / "report.json").read_text("utf-8"))
    assert written == report
    assert written["corpus"]["file"] == r"quest\xe9.jsonl"
    assert written["run"]["documents"] == [r"docs\xe9"]
    assert written["against"]["file"] == r"out\xe9/report.json"
    assert [error.partition(":")[0] for error in written["errors"]] == [
        r"quest\xe9.jsonl",
        r"empty\xe9.txt",
    ]
    table(report).encode()


def test_a_squad_file_may_have_any_name(tmp_path: Path) -> None:
    qas = [{"id": "a", "question": "When?", "answers": [{"text": "1888", "answer_start": 22}]}]
    content = {"data": [{"title": "T", "paragraphs": [{"context": TEXT, "qas": qas}]}]}
    path = odd(tmp_path, b"quest\xe9.json")
    path.write_text(json.dumps(content), "utf-8")

    found = read_questions(path)

    assert (len(found.questions), found.errors) == (1, ())
    assert found.documents[0].source == r"quest\xe9.json#0/0"


def test_a_run_and_a_test_collection_may_have_any_name(tmp_path: Path) -> None:
    run, qrels = odd(tmp_path, b"run\xe9"), odd(tmp_path, b"qrels\xe9")
    run.write_text("1 Q0 a 1 1.0 x\nshort\n", "utf-8")
    qrels.write_text("1 0 a 1\n", "utf-8")
    beir = odd(tmp_path, b"beir\xe9")
    (beir / "qrels").mkdir(parents=True)
    (beir / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\ta\t1\n", "utf-8")
    (beir / "corpus.jsonl").write_text(json.dumps({"_id": "a", "text": TEXT}), "utf-8")
    (beir / "queries.jsonl").write_text(json.dumps({"_id": "1", "text": "harbor?"}), "utf-8")

    scored = evaluate_run(run, qrels, tmp_path / "scored")
    ranked = evaluate(Options(beir, out=tmp_path / "ranked", settings=SETTINGS, progress=False))

    assert scored["corpus"]["file"] == r"run\xe9"
    assert scored["errors"][0].startswith(r"run\xe9: line 2")
    assert ranked["corpus"]["file"] == r"beir\xe9"
