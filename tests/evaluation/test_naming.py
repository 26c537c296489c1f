"""What questions and documents are called: ids that give way, names that find their document."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from rag.config import Settings
from rag.evaluation.datasets import read_questions, read_set
from rag.evaluation.run import Options, evaluate
from scripts import make_questions

HARBOR = "The harbor of Lund Bay was dug in 1888 by Clara Holm."
LONG = " ".join([HARBOR] * 60)


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


@pytest.mark.parametrize("text", [LONG, f"{HARBOR}\0", "x" * 300, "/" * 5000])
def test_a_text_in_place_of_a_name_is_not_in_the_corpus(tmp_path: Path, text: str) -> None:
    (tmp_path / "harbor.txt").write_text(HARBOR, "utf-8")
    mark = {"document": text, "text": "1888"}
    path = write(
        tmp_path / "set.jsonl",
        {"question": "When?", "answers": ["1888"], "document": "harbor.txt"},
        {"question": "When?", "answers": ["1888"], "document": text},
        {"question": "When?", "answers": ["1888"], "evidence": [mark]},
    )

    found = read_set(path)

    assert [document.text for document in found.documents] == [HARBOR]
    assert [question.document is None for question in found.questions] == [False, True, True]
    evidence, unknown = (error.reason for error in found.errors)
    assert "1 name a document that is not" in unknown
    assert "not once, in the corpus" in evidence
    assert max(map(len, (evidence, unknown))) < 250


def test_of_two_files_with_one_text_both_names_find_it(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(HARBOR, "utf-8")
    rows = [
        {"question": "When?", "answers": ["1888"], "document": name} for name in ("a.txt", "b.txt")
    ]
    path = write(tmp_path / "set.jsonl", *rows)

    beside, given = read_set(path), read_set(path, [tmp_path / "a.txt", tmp_path / "b.txt"])
    report = evaluate(
        Options(path, gold_passages=True, settings=Settings(reader="sentence"), progress=False)
    )

    for found in (beside, given):
        (document,) = found.documents
        assert Path(document.source).name == "a.txt"
        assert [question.document for question in found.questions] == [document.id] * 2
        assert found.errors == ()
    assert report["errors"] == []
    assert report["corpus"]["documents"] == 1


def test_questions_on_a_text_in_two_files_are_proposed_once(tmp_path: Path) -> None:
    folder, out = tmp_path / "documents", tmp_path / "set.jsonl"
    folder.mkdir()
    written = []
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text(HARBOR, "utf-8")
        command = ["--documents", str(folder), "--out", str(out), "--overwrite"]
        assert make_questions.main(command) == 0
        written.append(out.read_text("utf-8"))

    assert written[0] == written[1]
    assert '"document": "a.txt"' in written[0]


@pytest.mark.parametrize("name", ["Q.TSV", "q.Tsv"])
def test_the_ending_of_a_table_has_any_case(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("question\tanswer\nWhen, and who?\tx, y\n", "utf-8")

    (question,) = read_questions(tmp_path / name).questions

    assert (question.text, question.answers) == ("When, and who?", ("x, y",))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Q.JSONL.GZ", {"question": "When?", "answers": []}),
        (
            "Q.Json.Gz",
            {
                "data": [
                    {
                        "paragraphs": [
                            {"context": HARBOR, "qas": [{"question": "When?", "answers": []}]}
                        ]
                    }
                ]
            },
        ),
    ],
)
def test_the_ending_of_a_packed_file_has_any_case(
    tmp_path: Path, name: str, content: dict[str, Any]
) -> None:
    (tmp_path / name).write_bytes(gzip.compress(json.dumps(content).encode()))

    assert [question.text for question in read_questions(tmp_path / name).questions] == ["When?"]


def test_an_id_of_the_file_goes_before_one_made_here(tmp_path: Path) -> None:
    ids = (None, "q1", "q3", None, "q5", None)
    path = write(
        tmp_path / "set.jsonl",
        *({"question": f"{number}?", "answers": [], "id": name} for number, name in enumerate(ids)),
    )
    qas = [{"question": "A?", "answers": []}, {"id": "q1", "question": "B?", "answers": []}]
    squad = write(
        tmp_path / "set.json", {"data": [{"paragraphs": [{"context": HARBOR, "qas": qas}]}]}
    )

    rows, paragraphs = read_questions(path), read_questions(squad)

    assert rows.errors == paragraphs.errors == ()
    assert [one.id for one in rows.questions] == ["q1#2", "q1", "q3", "q4", "q5", "q6"]
    assert [one.text for one in rows.questions] == [f"{number}?" for number in range(6)]
    assert [(one.id, one.text) for one in paragraphs.questions] == [("q1#2", "A?"), ("q1", "B?")]


@pytest.mark.parametrize("given", [[], ["."], ["sub", "."]])
def test_a_path_from_the_folder_of_the_set_is_one_file(tmp_path: Path, given: list[str]) -> None:
    (tmp_path / "sub").mkdir()
    names = {"a.txt": "One.", "./a.txt": "One.", "sub/a.txt": "Two.", "sub/../a.txt": "One."}
    (tmp_path / "a.txt").write_text("One.", "utf-8")
    (tmp_path / "sub" / "a.txt").write_text("Two.", "utf-8")
    rows = [
        {"question": "What?", "answers": [], "document": name, "evidence": [{"text": text}]}
        for name, text in names.items()
    ]

    found = read_set(write(tmp_path / "set.jsonl", *rows), [tmp_path / folder for folder in given])

    assert found.errors == ()
    texts = {document.id: document.text for document in found.documents}
    assert [texts[one.document or ""] for one in found.questions] == list(names.values())


def test_a_path_from_a_folder_of_the_documents_is_one_file(tmp_path: Path) -> None:
    for place, text in (("x/a.txt", "One."), ("x/sub/a.txt", "Two."), ("y/b.txt", "Three.")):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text, "utf-8")
    (tmp_path / "set").mkdir()
    asked: list[dict[str, Any]] = [
        {"question": "What?", "answers": [], "document": name}
        for name in ("a.txt", "./b.txt", "sub/a.txt")
    ]
    path = write(tmp_path / "set" / "set.jsonl", *asked)

    found = read_set(path, [tmp_path / "x", tmp_path / "y"])
    (tmp_path / "y" / "a.txt").write_text("Four.", "utf-8")
    unclear = read_set(path, [tmp_path / "x", tmp_path / "y"])

    texts = {document.id: document.text for document in found.documents}
    assert [texts[one.document or ""] for one in found.questions] == ["One.", "Three.", "Two."]
    assert [one.document is None for one in unclear.questions] == [True, False, False]


def test_proposals_name_files_of_one_name_by_the_shortest_path(tmp_path: Path) -> None:
    folder, out = tmp_path / "documents", tmp_path / "set.jsonl"
    texts = {
        "a.txt": HARBOR,
        "north/a.txt": HARBOR.replace("Lund", "Fenn"),
        "north/b.txt": HARBOR.replace("Lund", "Kell"),
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")

    assert make_questions.main(["--documents", str(folder), "--out", str(out)]) == 0

    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert {row["document"] for row in rows} == {"documents/a.txt", "north/a.txt", "b.txt"}
    (tmp_path / "moved").mkdir()
    moved = folder.rename(tmp_path / "moved" / "documents")
    assert read_set(out, [moved]).errors == ()
