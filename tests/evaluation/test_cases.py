"""Where an answer went wrong, one hand-made case for each class."""

from dataclasses import replace

import pytest

from rag.evaluation.cases import Case, Failure, Judging, Ranks, judge
from rag.evaluation.records import Cited, Gold, Marked, Place, Prediction, Question, Retrieved
from rag.evaluation.relevance import GoldPlaces, runs
from rag.evaluation.shown import gold_answer
from rag.loaders import make_document

PIER = make_document(
    "The old pier burned on 3 May 2021 at noon. It reopened in 2023.",
    "Pier",
    "pier.txt",
    "text/plain",
)
TOWER = make_document(
    "A tower burned on 3 May 2021 at noon too.", "Tower", "tower.txt", "text/plain"
)
DOCUMENTS = {document.id: document for document in (PIER, TOWER)}
ASKED = Question("q", "When did the pier burn?", (Gold("on 3 May 2021 at noon", 20),), PIER.id)
GIVEN_EVIDENCE = (
    Retrieved(TOWER.id, 0, 41, 2, 1, 0.6, 2, 1),
    Retrieved(PIER.id, 0, 42, 1, 2, 0.5, 1, None),
)


def cite(quote: str, document_id: str = PIER.id, *, supports: bool = True) -> Cited:
    start = DOCUMENTS[document_id].text.index(quote)
    end = start + len(quote)
    return Cited(document_id, start, end, 0, len(DOCUMENTS[document_id].text), supports, quote)


def score(
    text: str | None,
    *citations: Cited,
    question: Question = ASKED,
    retrieved: tuple[Retrieved, ...] = GIVEN_EVIDENCE,
    candidate: str | None = None,
    read: int | None = 8,
    confidence: float = 0.7,
) -> Case:
    given = text or candidate
    times = {"total": 1.0}
    prediction = Prediction("q", text, given, confidence, citations, retrieved, times, read=read)
    return judged(question, prediction)


def judged(question: Question, prediction: Prediction) -> Case:
    gold = GoldPlaces({name: document.text for name, document in DOCUMENTS.items()})
    rankings = runs([question], {"q": prediction}, gold)
    by = Judging(DOCUMENTS, gold, rankings)
    (case,) = judge([question], {"q": prediction}, by)
    return case


def test_a_right_answer() -> None:
    case = score("on 3 May 2021 at noon", cite("on 3 May 2021 at noon"))

    assert (case.exact_match, case.f1, case.right, case.failure) == (1.0, 1.0, True, None)
    assert case.candidate_right is True
    assert case.ranks == Ranks(reranked=1, fused=2, dense=1, lexical=None)
    assert (case.supported, case.verbatim, case.evidence) == ((True,), (True,), None)
    assert case.shown is None


UNANSWERABLE = Question("q", "Who built the pier?", (), PIER.id)


@pytest.mark.parametrize(
    ("case", "failure"),
    [
        (score(None, question=UNANSWERABLE), None),
        (score("pier", cite("pier"), question=UNANSWERABLE), Failure.ANSWERED_UNANSWERABLE),
        (score(PIER.text, cite(PIER.text)), None),
        (score("3 May", cite("3 May")), None),
        (score("noon", cite("noon")), Failure.GOLD_QUESTIONABLE),
        (score("noon", cite("noon", TOWER.id)), Failure.GOLD_QUESTIONABLE),
        (score("noon. It", cite("noon. It")), Failure.GOLD_QUESTIONABLE),
        (score("2023", cite("2023")), Failure.MISREAD),
        (score("2023", cite("2023"), retrieved=()), Failure.NOT_RETRIEVED),
        (score(None), Failure.ABSTAINED),
        (score(None, retrieved=()), Failure.NOT_RETRIEVED),
        (score(None, read=1), Failure.NOT_RETRIEVED),
        (score(None, read=2), Failure.ABSTAINED),
        (score("A tower", cite("A tower", TOWER.id), read=1), Failure.NOT_RETRIEVED),
        (score("burned", cite("burned"), cite("burned", TOWER.id)), Failure.GOLD_QUESTIONABLE),
        (score("burned", cite("burned"), cite("burned")), Failure.MISREAD),  # one passage, twice
        (score(None, retrieved=(), read=None), Failure.ABSTAINED),
    ],
)
def test_classes_of_failure(case: Case, failure: Failure | None) -> None:
    assert case.failure is failure
    assert case.right is (failure is None)


def test_the_right_answer_elsewhere_is_right_but_its_citation_does_not_support_it() -> None:
    case = score("3 May 2021", cite("3 May 2021", TOWER.id))

    assert case.failure is None
    assert case.supported == (False,)


def test_an_answer_is_shown_in_its_passage() -> None:
    case = score("2023", cite("2023"))

    assert case.shown is not None
    assert case.shown.text[case.shown.start : case.shown.end] == "2023"
    assert case.shown.source == "pier.txt"


LONG = make_document(
    f"{'Before. ' * 90}\n\nThe pier burned in May. {'After. ' * 90}\n\nThe end.", "L", "l.txt", "t"
)
IN_MAY = LONG.text.index("in May")
OF_LONG = replace(ASKED, golds=(Gold("in May", IN_MAY),), document=LONG.id)


@pytest.mark.parametrize(
    ("retrieved", "text"),
    [
        ((Retrieved(LONG.id, IN_MAY - 12, IN_MAY + 7, 1, 1, 0.5, 1, 1),), "pier burned in May."),
        ((), LONG.text[LONG.text.index("The pier") : IN_MAY + 6 + 300]),
    ],
)
def test_the_gold_answer_of_a_wrong_one_is_shown(
    retrieved: tuple[Retrieved, ...], text: str
) -> None:
    said_nothing = Prediction("q", None, None, 0.0, (), retrieved, {})

    found = gold_answer(OF_LONG, said_nothing, {LONG.id: LONG})

    assert found is not None
    assert found.text == text
    assert found.text[found.start : found.end] == "in May"


def test_a_gold_answer_is_shown_where_its_place_is_known_and_the_answer_wrong() -> None:
    assert score("3 May", cite("3 May")).gold_shown is None
    assert score(None, question=replace(ASKED, golds=(Gold("noon"),))).gold_shown is None
    shown = score(None).gold_shown
    assert shown is not None
    assert (shown.source, shown.text) == ("pier.txt", PIER.text[:42])
    assert shown.text[shown.start : shown.end] == "on 3 May 2021 at noon"


@pytest.mark.parametrize(
    ("confidence", "candidate", "right"),
    [(0.4, "3 May 2021", True), (0.4, "2023", False), (0.4, None, None), (0.0, None, False)],
)
def test_a_withheld_answer_is_judged_too(
    confidence: float,
    candidate: str | None,
    right: bool | None,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert score(None, candidate=candidate, confidence=confidence).candidate_right is right


def test_quotes_are_checked_against_the_corpus() -> None:
    sound = cite("2023")
    moved = sound._replace(start=sound.start + 1, end=sound.end + 1)
    foreign = sound._replace(document_id="0" * 32)

    assert score("2023", sound, moved, foreign).verbatim == (True, False, False)


def test_passages_that_do_not_support_are_not_counted_as_support() -> None:
    nearest = cite(TOWER.text, TOWER.id, supports=False)

    case = score(None, nearest)

    assert (case.supported, case.verbatim) == ((), (True,))


def test_evidence_is_compared_with_what_was_marked() -> None:
    asked = Question("q", "When?", (), PIER.id, (Marked(PIER.id, "3 May 2021", 23, 33),))

    said_nothing = Prediction("q", None, None, 0.0, (), (), {})

    none = judged(asked, said_nothing)
    places = (Place(PIER.id, 20, 28), Place(TOWER.id, 0, 7))
    some = judged(asked, replace(said_nothing, evidence=places))

    assert none.evidence is not None
    assert some.evidence is not None
    assert (none.evidence.marked, none.evidence.found, none.evidence.f1) == (3, 0, 0.0)
    # "on 3 May" and "A tower" were found; "3 May" of it is marked.
    assert (some.evidence.marked, some.evidence.found, some.evidence.both) == (3, 5, 2)
