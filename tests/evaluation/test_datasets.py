"""Question sets of every format; a faulty row is named and the rest is used."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import LoadError
from rag.evaluation.datasets import load_documents, named_documents, read_questions, resolve
from rag.evaluation.records import Gold, Marked, Question
from rag.evaluation.rows import read_jsonl
from rag.loaders import make_document

PIER = "The pier burned in 2021. It reopened two years later."


def squad(*paragraphs: dict[str, Any], title: str = "Old_pier") -> dict[str, Any]:
    return {"version": "v2.0", "data": [{"title": title, "paragraphs": list(paragraphs)}]}


def qa(name: str, question: str, *answers: tuple[str, int]) -> dict[str, Any]:
    return {
        "id": name,
        "question": question,
        "answers": [{"text": text, "answer_start": start} for text, start in answers],
    }


def write(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_squad_paragraphs_become_documents(tmp_path: Path) -> None:
    path = write(
        tmp_path / "pier.json",
        squad(
            {
                "context": PIER,
                "qas": [
                    qa("a", "When did it burn?", ("2021", 19), ("in 2021", 16), ("2021", 19)),
                    qa("b", "Who built it?"),
                ],
            },
            {"context": PIER, "qas": [qa("c", "What burned?", ("The pier", 0))]},
        ),
    )

    found = read_questions(path)

    (document,) = found.documents
    assert (document.text, document.title, document.source) == (
        PIER,
        "Old pier",
        "pier.json#0/0",
    )
    assert found.questions == (
        Question("a", "When did it burn?", (Gold("2021", 19), Gold("in 2021", 16)), document.id),
        Question("b", "Who built it?", (), document.id),
        Question("c", "What burned?", (Gold("The pier", 0),), document.id),
    )
    assert found.errors == ()


def test_squad_gzipped_is_the_same(tmp_path: Path) -> None:
    content = squad({"context": PIER, "qas": [qa("a", "What burned?", ("The pier", 0))]})
    path = tmp_path / "pier.json.gz"
    path.write_bytes(gzip.compress(json.dumps(content).encode()))

    plain = read_questions(write(tmp_path / "pier.json", content))

    assert read_questions(path).questions == plain.questions


def test_squad_faulty_rows_are_named_and_the_rest_is_used(tmp_path: Path) -> None:
    good = qa("a", "What burned?", ("The pier", 0))
    content = squad(
        {
            "context": PIER,
            "qas": [
                good,
                {"id": "no question", "answers": []},
                {"id": "no answers", "question": "Why?"},
                {"id": "impossible", "question": "Why not?", "is_impossible": True},
                qa("moved", "When?", ("2021", 3)),
                good,
                "text",
            ],
        },
        {"context": "  ", "qas": []},
        {"qas": []},
    )
    content["data"] += [{"title": "empty"}, 7]

    found = read_questions(write(tmp_path / "pier.json", content))

    assert [question.id for question in found.questions] == ["a", "impossible", "moved", "a#2"]
    assert found.questions[2].golds == (Gold("2021"),)
    place = "pier.json: data[0].paragraphs[0].qas"
    assert [str(error) for error in found.errors] == [
        f'{place}[1]: "question" is missing',
        f'{place}[2]: "answers" is missing',
        f"{place}[4]: an answer does not stand at its offset; used without offset",
        f'{place}[5]: the id is taken; used as "a#2"',
        f"{place}[6]: expected an object, not a string",
        'pier.json: data[0].paragraphs[1]: "context" is blank',
        'pier.json: data[0].paragraphs[2]: "context" is missing',
        'pier.json: data[1]: "paragraphs" is missing',
        "pier.json: data[2]: expected an object, not a number",
    ]


def test_squad_lone_surrogates_fault_their_row(tmp_path: Path) -> None:
    content = squad(
        {"context": "broken \ud800", "qas": [qa("a", "What?")]},
        {"context": PIER, "qas": [qa("b", "What \udfff?"), qa("c", "What burned?")]},
    )

    found = read_questions(write(tmp_path / "pier.json", content))

    assert [question.id for question in found.questions] == ["c"]
    assert len(found.errors) == 2


def test_jsonl_rows(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    rows: list[dict[str, Any]] = [
        {"question": "When?\u2028Which year?", "answers": ["2021", "in 2021"]},
        {"id": 7, "question": "Who?", "answers": [], "document": "pier.txt"},
        {"question": "What?", "answers": [{"text": "The pier", "answer_start": 0}]},
    ]
    text = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("\ufeff" + text, "utf-8")

    found = read_questions(path)

    assert found.questions == (
        Question("q1", "When?\u2028Which year?", (Gold("2021"), Gold("in 2021"))),
        Question("7", "Who?", (), "pier.txt"),
        Question("q3", "What?", (Gold("The pier", 0),)),
    )
    assert found.documents == ()


def test_jsonl_faulty_lines_are_named_and_the_rest_is_used(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    lines = [
        b'{"id": "a", "question": "Who?", "answers": []}',
        b"{",
        b'{"question": "Who?"}',
        b'{"question": "Who?", "answers": "China"}',
        b'{"question": "Who?", "answers": [""]}',
        b'{"question": "Who?", "answers": [{"text": "x", "answer_start": true}]}',
        b'{"question": "\xff", "answers": []}',
        b"[" * 100_000,
        b'{"id": "a", "question": "What?", "answers": []}',
        b'{"question": "Why?", "answers": [], "document": 3}',
        b'{"id": "b", "question": "When?", "answers": []}',
    ]
    path.write_bytes(b"\n".join(lines))

    found = read_questions(path)

    assert [question.id for question in found.questions] == ["a", "b"]
    assert [error.place for error in found.errors] == [f"line {n}" for n in range(2, 11)]


@given(
    st.lists(st.tuples(st.text(min_size=1), st.lists(st.text(min_size=1), max_size=3)), min_size=1)
)
def test_jsonl_every_row_is_a_question_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, list[str]]]
) -> None:
    path = tmp_path_factory.mktemp("rows") / "set.jsonl"
    lines = [json.dumps({"question": q, "answers": a}, ensure_ascii=False) for q, a in rows]
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))

    found = read_jsonl(path)

    assert len(found.questions) + len(found.errors) == len(rows)


def test_csv_rows(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_text(
        "question,answer,document,answer_2\n"
        '"When, exactly?",2021,pier.txt,in 2021\n'
        '"Who\nbuilt it?",,pier.txt,\n',
        "utf-8-sig",
    )

    assert read_questions(path).questions == (
        Question("q1", "When, exactly?", (Gold("2021"), Gold("in 2021")), "pier.txt"),
        Question("q2", "Who\nbuilt it?", (), "pier.txt"),
    )


def test_csv_tabs(tmp_path: Path) -> None:
    path = tmp_path / "set.tsv"
    path.write_text("question\tanswer\nWhen, exactly?\t2021\n", "utf-8")

    assert read_questions(path).questions == (Question("q1", "When, exactly?", (Gold("2021"),)),)


def test_csv_faulty_lines_are_named_and_the_rest_is_used(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_bytes(
        b"question,answer\nWhen?,2021\nWhat?\nWho?,a,b\n ,2021\nWh\xff?,2021\nLong?,%s\nWhy?,\n"
        % (b"x" * 200_000)
    )

    found = read_questions(path)

    assert [question.text for question in found.questions] == ["When?", "Why?"]
    assert [error.place for error in found.errors] == [f"line {n}" for n in range(3, 8)]


@pytest.mark.parametrize("name", ["question", "answer", "answer_2", "document", "id"])
def test_csv_a_column_that_comes_twice_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "set.csv"
    header = f"question,answer,answer_2,document,id,{name}"
    path.write_text(f"{header}\nWhen?,2021,,a.txt,7,\n", "utf-8")

    with pytest.raises(LoadError, match=rf'set\.csv: .*"{name}" twice'):
        read_questions(path)


def test_csv_only_numbered_columns_are_further_answers(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    names = ("answer2", "answer_3", "answer 4", "answer-5", "answers", "answers_10")
    others = ("answerable", "answer_type", "answered_by", "notes", "notes", "", "")
    header = ",".join(("question", "answer", *names, *others))
    cells = ",".join(("When?", "1", "2", "3", "4", "5", "6", "10", *"abcdefg"))
    path.write_text(f"{header}\n{cells}\n", "utf-8")

    (question,) = read_questions(path).questions

    assert question.answers == ("1", "2", "3", "4", "5", "6", "10")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_csv_of_another_encoding_is_one_readable_error(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "set.csv"
    path.write_bytes("réponse,question\n2021,When?\n".encode(encoding))

    with pytest.raises(LoadError, match=r"set\.csv: not UTF-8") as told:
        read_questions(path)
    assert str(told.value).isprintable()


def test_csv_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_text("query,answer\nWhen?,2021\n", "utf-8")

    with pytest.raises(LoadError, match=r'set\.csv.*"question".*it names query, answer'):
        read_questions(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("absent.json", None),
        ("set.xml", b"<a/>"),
        ("set.json", b"[1]"),
        ("set.json", b'{"data": {}}'),
        ("set.json", b'{"data": []}'),
        ("set.json", b"\x89PNG"),
        ("set.json", b"[" * 100_000),
        ("set.json.gz", b"not gzip"),
        ("set.json.gz", gzip.compress(b'{"data": []}', mtime=0)[:-9]),
        ("set.jsonl.gz", b"\x1f\x8b broken"),
        ("set.jsonl", b""),
        ("set.csv", b""),
    ],
)
def test_a_file_without_questions_is_one_clear_error(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(LoadError, match=name.replace(".", r"\.")) as raised:
        read_questions(path)
    assert "\n" not in str(raised.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pier.txt").write_text(PIER, "utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "tower.md").write_text("# Tower\n\nThe tower stands.", "utf-8")
    (tmp_path / "empty.txt").write_text("", "utf-8")
    return tmp_path


def test_corpus_a_file_that_cannot_be_loaded_is_reported(folder: Path) -> None:
    documents, errors = load_documents([folder])

    assert {document.text for document in documents} == {
        PIER,
        "# Tower\n\nThe tower stands.",
    }
    assert [error.file for error in errors] == ["empty.txt"]


def test_corpus_nothing_to_answer_from_is_an_error(folder: Path) -> None:
    with pytest.raises(LoadError, match=r"empty\.txt"):
        load_documents([folder / "empty.txt"])


def test_named_documents_come_from_beside_the_questions(folder: Path) -> None:
    inside = folder / "deep"
    asked = [Question("a", "What?", (), "tower.md"), Question("b", "What?", (), "../pier.txt")]

    documents, _ = named_documents(inside, asked)

    assert [document.text for document in documents] == ["# Tower\n\nThe tower stands."]
    with pytest.raises(LoadError, match="--documents"):
        named_documents(inside, asked[1:])


def test_names_become_ids_and_single_answers_get_their_place() -> None:
    pier = make_document(PIER, "The pier", "/texts/pier.txt", "text/plain")
    copy = make_document("Copy.", "Copy", "/other/copy.txt", "text/plain")
    twin = make_document("Twin.", "Copy", "/texts/twin.txt", "text/plain")
    golds = (Gold("2021"), Gold("t"), Gold("burned", 3), Gold("absent", 3))
    asked = [
        Question("by file", "?", golds, "pier.txt"),
        Question("by folder and file", "?", (), "texts/pier.txt"),
        Question("by title", "?", (), "The pier"),
        Question("by id", "?", (), pier.id),
        Question("by source", "?", (), "/texts/pier.txt"),
        Question("twice", "?", (Gold("Copy", 0),), "Copy"),
        Question("absent", "?", (), "absent.txt"),
        Question("unnamed", "?", ()),
    ]

    resolved, errors = resolve(asked, [pier, copy, twin], "set.jsonl")

    assert [question.document for question in resolved] == [pier.id] * 5 + [None] * 3
    assert resolved[0].golds == (Gold("2021", 19), Gold("t"), Gold("burned", 9), Gold("absent"))
    assert resolved[5].golds == (Gold("Copy"),)
    (error,) = errors
    assert "2 name a document" in error.reason


@pytest.mark.parametrize(
    ("answer", "start"),
    [
        ("ten", 39),  # and not in "often" or "Tenants"
        ("Ten", 39),  # as the answer is compared, whatever the case
        ("harbor", 67),  # once as written, with a capital elsewhere
        ("HARBOR", None),  # twice, and never so
        ("ref", None),  # a part of longer words alone
        ("ferry boat", 53),
        ("No, no", None),  # twice: one overlaps the other
        ("1888", None),
        ("1,888.", 77),
    ],
)
def test_an_answer_has_its_place_where_it_stands_once_as_words(
    answer: str, start: int | None
) -> None:
    text = (
        "Tenants often saw the Harbor and in it ten ships. \n- ferry boat. A harbor of "
        "1,888. no, no, no. refer prefer"
    )
    assert start is None or text[start : start + len(answer)].casefold() == answer.casefold()
    document = make_document(text, "Ships", "/texts/ships.txt", "text/plain")
    marked = Question("q", "?", (Gold(answer),), "Ships", (Marked("Ships", answer),))

    (found,), errors = resolve([marked], [document], "set.jsonl")

    assert found.golds == (Gold(answer, start),)
    if start is None:
        assert (found.evidence, len(errors)) == ((), 1)
    else:
        end = start + len(answer)
        assert found.evidence == (Marked(document.id, text[start:end], start, end),)


def test_evidence_may_be_set_in_other_lines() -> None:
    document = make_document("It was\n  dug in 1888.", "Dug", "/texts/dug.txt", "text/plain")
    asked = Question("q", "?", (Gold("was dug"),), "Dug", (Marked("Dug", "was dug"),))

    (found,), errors = resolve([asked], [document], "set.jsonl")

    assert found.evidence == (Marked(document.id, "was\n  dug", 3, 12),)
    assert found.golds == (Gold("was dug"),)  # of another length there: judged as words
    assert errors == ()
