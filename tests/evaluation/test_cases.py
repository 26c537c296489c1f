"""Where an answer went wrong, one hand-made case for each class."""

import pytest

from rag.evaluation.cases import Case, Failure, Judging, judge
from rag.evaluation.records import Cited, Gold, Prediction, Question, Retrieved
from rag.evaluation.relevance import Evidence, runs
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
    Retrieved(TOWER.id, 0, 41, 1, 0.6, 2, 1),
    Retrieved(PIER.id, 0, 42, 2, 0.5, 1, None),
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
    prediction = Prediction(
        "q", text, text or candidate, confidence, citations, retrieved, {"total": 1.0}
    )
    evidence = Evidence({name: document.text for name, document in DOCUMENTS.items()})
    rankings = runs([question], {"q": prediction}, evidence)
    (case,) = judge([question], {"q": prediction}, Judging(DOCUMENTS, evidence, rankings, read))
    return case


def test_a_right_answer() -> None:
    case = score("on 3 May 2021 at noon", cite("on 3 May 2021 at noon"))

    assert (case.exact_match, case.f1, case.right, case.failure) == (1.0, 1.0, True, None)
    assert case.candidate_right is True
    assert (case.ranks.fused, case.ranks.dense, case.ranks.lexical) == (2, 1, None)
    assert (case.supported, case.verbatim, case.evidence_f1) == ((True,), (True,), 1.0)
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
        (score(None, retrieved=(), read=None), Failure.ABSTAINED),
    ],
)
def test_classes_of_failure(case: Case, failure: Failure | None) -> None:
    assert case.failure is failure
    assert case.right is (failure is None)


def test_the_right_answer_elsewhere_is_right_but_its_citation_does_not_support_it() -> None:
    case = score("3 May 2021", cite("3 May 2021", TOWER.id))

    assert case.failure is None
    assert (case.supported, case.evidence_f1) == ((False,), 0.0)


def test_an_answer_is_shown_in_its_passage() -> None:
    case = score("2023", cite("2023"))

    assert case.shown is not None
    assert case.shown.text[case.shown.start : case.shown.end] == "2023"
    assert case.shown.source == "pier.txt"


@pytest.mark.parametrize(
    ("confidence", "candidate", "right"),
    [(0.4, "3 May 2021", True), (0.4, "2023", False), (0.4, None, None), (0.0, None, False)],
)
def test_a_withheld_answer_is_judged_too(
    confidence: float,
    candidate: str | None,
    right: bool | None,  # noqa: FBT001
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
