"""BEIR folders, qrels and run files."""

import json
from pathlib import Path

import pytest

from rag.errors import LoadError
from rag.evaluation.trec import read_beir, read_qrels, read_run


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    corpus = [
        {"_id": "1", "title": "Pier", "text": "It burned."},
        {"_id": "2", "title": "", "text": "A tower."},
        {"_id": "3", "title": "", "text": "A tower."},
        {"_id": "4", "title": "", "text": ""},
    ]
    queries = [
        {"_id": "a", "text": "what burned"},
        {"_id": "b", "text": "tall building"},
        {"_id": "unjudged", "text": "sea"},
        {"_id": "c"},
    ]
    for name, rows in (("corpus", corpus), ("queries", queries)):
        text = "\n".join(map(json.dumps, rows))
        (tmp_path / f"{name}.jsonl").write_text(text, "utf-8")
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\na\t1\t2\nb\t2\t0\nb\t3\t1\nb\t4\t1\n", "utf-8"
    )
    return tmp_path


def test_a_beir_folder(beir: Path) -> None:
    found = read_beir(beir)

    pier, tower = found.documents
    assert (pier.text, pier.title) == ("Pier\n\nIt burned.", "Pier")
    assert (tower.text, tower.title) == ("A tower.", "")  # an id is no title
    assert [question.id for question in found.questions] == ["a", "b"]
    # Documents of equal text are one, judged by the better; the empty one stays to be missed.
    assert found.qrels == {"a": {pier.id: 2}, "b": {tower.id: 1, "4": 1}}
    assert [(error.file, error.place) for error in found.errors] == [
        ("corpus.jsonl", "line 4"),
        ("queries.jsonl", "line 4"),
    ]


def test_a_document_of_the_querys_own_id_is_left_out_unless_it_is_another_too(beir: Path) -> None:
    for name in ("queries.jsonl", "qrels/test.tsv"):
        path = beir / name
        text = path.read_text("utf-8")
        path.write_text(text.replace('"a"', '"1"').replace('"b"', '"2"').replace("\na", "\n1"))
    judged = beir / "qrels" / "test.tsv"
    judged.write_text("1\t3\t1\n2\t1\t1\n")
    pier = read_beir(beir).documents[0].id

    assert read_beir(beir).own == {"1": pier}  # the text of 2 is that of 3
    judged.write_text("1\t3\t1\n1\t1\t1\n2\t1\t1\n")
    assert read_beir(beir).own == {}


def test_the_only_qrels_file_is_taken_whatever_its_name(beir: Path) -> None:
    qrels = beir / "qrels"
    (qrels / "test.tsv").rename(qrels / "dev.tsv")

    assert len(read_beir(beir).questions) == 2


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])
def test_a_missing_file_is_named(beir: Path, name: str) -> None:
    (beir / name).unlink()

    with pytest.raises(LoadError, match=name.replace(".", r"\.")):
        read_beir(beir)


def test_trec_qrels_and_their_faults(tmp_path: Path) -> None:
    path = tmp_path / "qrels.txt"
    path.write_bytes(b"1 0 d1 1\n1 0 d2 0\n\n2 0 d1 x\n2 0\n\xff 0 d1 1\n2 0 d3 -1\n")

    qrels, errors = read_qrels(path)

    assert qrels == {"1": {"d1": 1, "d2": 0}, "2": {"d3": -1}}
    assert [error.place for error in errors] == ["line 4", "line 5", "line 6"]


def test_a_run_is_ranked_by_score(tmp_path: Path) -> None:
    path = tmp_path / "run.txt"
    path.write_text(
        "1 Q0 d1 9 0.5 x\n1 Q0 d2 1 0.9 x\n1 Q0 d3 2 0.5 x\n1 Q0 d4 3 nan x\n1 Q0 d5 4\n"
        "2 Q0 d1 1 1e-3 x\n",
        "utf-8",
    )

    run, errors = read_run(path)

    assert run == {"1": ["d2", "d3", "d1"], "2": ["d1"]}
    assert [error.place for error in errors] == ["line 4", "line 5"]


def test_ids_of_beir_may_hold_spaces(beir: Path) -> None:
    for name in ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv"):
        path = beir / name
        text = path.read_text("utf-8").replace('"a"', '"query a"').replace('"1"', '"doc no 1"')
        path.write_text(text.replace("\na\t1\t2", "\nquery a\tdoc no 1\t2"), "utf-8")

    found = read_beir(beir)

    assert [question.id for question in found.questions] == ["query a", "b"]
    assert found.qrels["query a"] == {found.documents[0].id: 2}


def test_trec_qrels_may_have_tabs(tmp_path: Path) -> None:
    path = tmp_path / "qrels.txt"
    path.write_text("1\t0\td1\t1\n1 0 d2 0\n1\t\td3\t1\n", "utf-8")

    qrels, errors = read_qrels(path)

    assert qrels == {"1": {"d1": 1, "d2": 0}}
    assert [error.place for error in errors] == ["line 3"]


def test_a_repeated_document_is_an_error_and_the_first_stays(beir: Path) -> None:
    with (beir / "corpus.jsonl").open("a") as file:
        file.write('\n{"_id": "1", "title": "", "text": "Another."}')

    found = read_beir(beir)

    assert [document.text for document in found.documents] == ["Pier\n\nIt burned.", "A tower."]
    assert found.qrels["a"] == {found.documents[0].id: 2}
    assert str(found.errors[1]) == (
        'corpus.jsonl: line 5: the id "1" is taken by an earlier document'
    )
