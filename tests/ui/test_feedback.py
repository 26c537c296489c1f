"""What visitors say of answers, and that the evaluation can read it back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.encoder import SentenceTransformerEncoder
from rag.evaluation.datasets import read_questions, resolve
from rag.evaluation.records import Gold, Question
from rag.loaders import make_document
from rag.snapshot import DocumentInfo
from rag.store import Store
from tests.ui.samples import TEXT, abstention, answer, cite, document
from ui import feedback
from ui.history import Turns
from ui.search import Search
from ui.turns import Turn, with_changes

START = TEXT.index("1934")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, encoder: SentenceTransformerEncoder) -> Store:
    """A store of the sample document."""
    made = Store(tmp_path_factory.mktemp("feedback"))
    made.add([document()], encoder)
    return made


@pytest.fixture
def turns() -> Turns:
    """An answer, an abstention and an error."""
    return (
        Turn("When?", answer(cite(document(), "1931"))),
        Turn("Who?", abstention(cite(document(), "1934", supports=False)), number=1),
        Turn("?", error="empty", number=2),
    )


def test_a_rating_is_set_changed_and_taken_back(turns: Turns) -> None:
    ratings = []
    now: Turns | None = turns
    for value in ("yes", "no", "no"):
        assert now is not None
        now = feedback.rated(now, {"turn": 0, "value": value})
        assert now is not None
        ratings.append(now[0].rating)
    assert ratings == [True, False, None]


def test_a_marked_answer_is_taken_back(turns: Turns, store: Store) -> None:
    where = {"turn": 0, "document": document().id, "start": START, "end": START + 4}
    marked = feedback.marked(turns, where, store)
    assert marked is not None
    assert "1934" in feedback.as_questions(marked)
    for value, rating, gold in (("yes", True, "1931"), ("no", None, "")):
        now = feedback.rated(marked, {"turn": 0, "value": value})
        assert now is not None
        assert (now[0].rating, now[0].right) == (rating, None)
        assert gold in feedback.as_questions(now)
        assert "1934" not in feedback.as_questions(now)


def test_a_judgement_comes_to_its_own_answer(turns: Turns) -> None:
    """While it was made an older turn went, another was rated, and an answer came in."""
    first, second, failed = turns
    explained = (replace(first, search=Search(1, 2, 3, ())), second, failed)
    third = Turn("Where?", answer(cite(document(), "1934")))
    held = (replace(first, rating=True), failed, third)
    found, *others = with_changes(held, turns, explained)
    assert (found.rating, found.search) == (True, explained[0].search)
    assert others == [failed, third]
    assert with_changes((third,), turns, explained) == (third,)
    judged = with_changes((found, third), (found, third), (found, replace(third, rating=False)))
    assert [turn.rating for turn in judged] == [True, False]


@pytest.mark.parametrize(
    "event",
    [
        None,
        {},
        {"turn": 2, "value": "yes"},
        {"turn": 3, "value": "yes"},
        {"turn": -1, "value": "yes"},
        {"turn": 0, "value": True},
        {"turn": 0, "value": "maybe"},
    ],
)
def test_forged_ratings_change_nothing(turns: Turns, event: object) -> None:
    assert feedback.rated(turns, event) is None


def test_the_marked_place_is_the_documents_own_text(turns: Turns, store: Store) -> None:
    where = {"document": document().id, "start": START - 1, "end": START + 5}
    assert TEXT[START - 1 : START + 5] == " 1934,"
    now = feedback.marked(turns, {"turn": 0, **where, "end": START + 4}, store)
    assert now is not None
    right = now[0].right
    assert right is not None
    assert TEXT[right.start : right.end] == right.quote == "1934"
    assert now[0].rating is False


@pytest.mark.parametrize(
    "change",
    [
        {"turn": 2},
        {"turn": None},
        {"document": "../../etc/passwd"},
        {"document": None},
        {"start": -1},
        {"start": "0"},
        {"start": True},
        {"end": 10**9},
        {"end": START},
        {"end": None},
        {"start": 11, "end": 13},
    ],
)
def test_forged_places_change_nothing(
    turns: Turns, store: Store, change: dict[str, object]
) -> None:
    assert TEXT[11:13] == "\n\n"
    event = {"turn": 0, "document": document().id, "start": START, "end": START + 4}
    assert feedback.marked(turns, event | change, store) is None


def test_the_evaluation_reads_what_was_judged(turns: Turns, store: Store, tmp_path: Path) -> None:
    where = {"document": document().id, "start": START, "end": START + 4}
    again = (replace(turns[0], number=3), replace(turns[0], number=4), replace(turns[1], number=5))
    judged: Turns | None = (*turns, *again)
    for event in (
        {"turn": 1, "value": "yes"},
        {"turn": 3, "value": "yes"},
        {"turn": 4, "value": "no"},
    ):
        judged = feedback.rated(judged or (), event)
    judged = feedback.marked(judged or (), {"turn": 0, **where}, store)
    file = tmp_path / "questions.jsonl"
    file.write_text(feedback.as_questions(judged or ()), "utf-8")
    questions = read_questions(file).questions
    assert [(q.answers, q.document) for q in questions] == [
        (("1934",), "The harbour.txt"),
        ((), None),
        (("1931",), "The harbour.txt"),
    ]
    assert questions[0].golds[0].start == START
    assert feedback.as_questions(turns) == ""


PATHS = st.lists(st.sampled_from(["a", "b", "c.md"]), min_size=1, max_size=4).map("/".join)


@given(st.sets(PATHS | PATHS.map("/{}".format), min_size=1, max_size=8))
def test_a_document_is_named_so_that_the_evaluation_finds_it_and_no_other(
    sources: set[str],
) -> None:
    all_of = [make_document(source, "title", source, "text/plain") for source in sources]
    known = [DocumentInfo(d.id, d.title, d.source, 1, 1, "text/plain", "") for d in all_of]
    for of in all_of:
        turn = Turn("Where?", answer(cite(of, of.text)), rating=True)
        row = json.loads(feedback.as_questions((turn,), known))
        asked = Question("1", "Where?", (Gold(of.text),), document=row["document"])
        (found,), errors = resolve((asked,), all_of, "file")
        assert (found.document, errors) == (of.id, ())
        assert of.source.endswith(row["document"])


def test_what_some_documents_do_not_say_is_no_question_without_answers(turns: Turns) -> None:
    right = replace(turns[1], rating=True)
    assert '"answers": []' in feedback.as_questions((right,))
    assert feedback.as_questions((replace(right, asked=frozenset({document().id})),)) == ""
