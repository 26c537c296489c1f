"""Every question scored, and where the wrong ones went wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rag.evaluation import qa
from rag.evaluation.evidence import Overlap, overlap
from rag.evaluation.records import Cited, Place, Prediction, Question, Run
from rag.evaluation.relevance import GoldPlaces, first_rank, has_words
from rag.evaluation.shown import Shown, cited_answer, gold_answer
from rag.types import Document


class Failure(StrEnum):
    """What went wrong with a question; the first that applies, in this order."""

    NOT_ASKED = "not_asked"
    """It was refused, as for its length."""
    ANSWERED_UNANSWERABLE = "answered_unanswerable"
    """The documents do not hold the answer, and one was given."""
    GOLD_QUESTIONABLE = "gold_questionable"
    """The answer overlaps a gold answer in place, is a part of one in words, or was read in
    several passages, so that a person should look at the gold answer too."""
    NOT_RETRIEVED = "not_retrieved"
    """The reader was never given the gold evidence."""
    ABSTAINED = "abstained"
    """The reader was given the evidence and no answer came."""
    MISREAD = "misread"
    """The reader was given the evidence and another answer came."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """Rank of the gold evidence in each list, from 1; None: it is not there."""

    reranked: int | None = None
    fused: int | None = None
    dense: int | None = None
    lexical: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One question, scored.

    ``right`` is ``qa.is_right`` of what was said. ``candidate_right`` is the same of the answer
    that ``confidence`` speaks about, given or withheld: never right on an unanswerable question,
    None where a withheld answer is not known. ``failure`` is None just where ``right``.
    A question that could not be asked scores nothing, and nothing is known of a candidate.
    ``supported`` has a flag for each supporting citation: its passage holds the gold evidence.
    ``verbatim`` has a flag for each citation: the document has the quote at its offsets.
    ``evidence`` compares the evidence found with the marked one; None where nobody marked any.
    ``shown`` is the answer where it is cited from, if it is no exact match; ``gold_shown`` the gold
    answer where it stands, if the answer is wrong and that place is known.
    """

    question: Question
    prediction: Prediction
    exact_match: float
    f1: float
    right: bool
    candidate_right: bool | None
    failure: Failure | None
    ranks: Ranks
    supported: tuple[bool, ...]
    verbatim: tuple[bool, ...]
    evidence: Overlap | None
    shown: Shown | None
    gold_shown: Shown | None

    @property
    def asked(self) -> bool:
        """Whether it could be asked."""
        return self.prediction.error is None

    @property
    def abstained(self) -> bool:
        """Whether it was asked and nothing was answered."""
        return self.asked and self.prediction.text is None


@dataclass(frozen=True, slots=True)
class Judging:
    """What scoring needs beside the question and the prediction."""

    documents: Mapping[str, Document]
    gold: GoldPlaces
    rankings: Mapping[str, Run]


def judge(
    questions: Sequence[Question], predictions: Mapping[str, Prediction], by: Judging
) -> list[Case]:
    """Score every question; none is left out, whatever happened to it."""
    return [_case(question, predictions[question.id], by) for question in questions]


def _case(question: Question, prediction: Prediction, by: Judging) -> Case:
    asked = prediction.error is None
    right = asked and qa.is_right(prediction.text, question.answers)
    ranks = Ranks(
        **{kind: first_rank(run.get(question.id, ())) for kind, run in by.rankings.items()}
    )
    supporting = [cited for cited in prediction.citations if cited.supports]
    first = supporting[0] if prediction.text is not None and supporting else None
    failure = None if right else _failure(question, prediction, first, by)
    exact = qa.exact_match(prediction.text, question.answers) if asked else 0.0
    return Case(
        question=question,
        prediction=prediction,
        exact_match=exact,
        f1=qa.f1(prediction.text, question.answers) if asked else 0.0,
        right=right,
        candidate_right=_candidate_right(question, prediction),
        failure=failure,
        ranks=ranks,
        supported=tuple(_holds(question, cited, by.gold) for cited in supporting),
        verbatim=tuple(_verbatim(cited, by.documents) for cited in prediction.citations),
        evidence=_evidence(question, prediction, by.documents),
        shown=cited_answer(first, by.documents) if first and not exact else None,
        gold_shown=None if right else gold_answer(question, prediction, by.documents),
    )


def _candidate_right(question: Question, prediction: Prediction) -> bool | None:
    if prediction.error is not None:
        return None
    if not question.golds:
        return False
    if prediction.candidate is None:
        return None if prediction.confidence else False
    return qa.is_right(prediction.candidate, question.answers)


def _failure(
    question: Question, prediction: Prediction, first: Cited | None, by: Judging
) -> Failure:
    if prediction.error is not None:
        return Failure.NOT_ASKED
    if not question.golds:
        return Failure.ANSWERED_UNANSWERABLE
    if first and (_questionable(question, first, by.gold) or _read_in_several(prediction)):
        return Failure.GOLD_QUESTIONABLE
    if not _was_given(question, prediction, by):
        return Failure.NOT_RETRIEVED
    return Failure.ABSTAINED if prediction.text is None else Failure.MISREAD


def _was_given(question: Question, prediction: Prediction, by: Judging) -> bool:
    """Whether gold evidence was among the passages that the reader was given."""
    if prediction.read is None:
        return True
    return any(
        by.gold.holds(question, hit.document_id, hit.start, hit.end)
        for hit in prediction.retrieved
        if hit.fused_rank is not None and hit.fused_rank <= prediction.read
    )


def _questionable(question: Question, cited: Cited, gold: GoldPlaces) -> bool:
    if gold.overlaps(question, cited.document_id, cited.start, cited.end):
        return True
    given = qa.normalize_answer(cited.quote)
    accepted = (qa.normalize_answer(answer) for answer in question.answers)
    return bool(given) and any(has_words(answer, given) for answer in accepted)


def _read_in_several(prediction: Prediction) -> bool:
    """Whether more than one passage gave the same answer."""
    supporting = (cited for cited in prediction.citations if cited.supports)
    return len({(cited.document_id, cited.passage_start) for cited in supporting}) > 1


def _holds(question: Question, cited: Cited, gold: GoldPlaces) -> bool:
    return gold.holds(question, cited.document_id, cited.passage_start, cited.passage_end)


def _verbatim(cited: Cited, documents: Mapping[str, Document]) -> bool:
    document = documents.get(cited.document_id)
    return document is not None and document.text[cited.start : cited.end] == cited.quote


def _evidence(
    question: Question, prediction: Prediction, documents: Mapping[str, Document]
) -> Overlap | None:
    marked = [
        Place(mark.document, mark.start, mark.end)
        for mark in question.evidence
        if mark.document is not None and mark.start is not None and mark.end is not None
    ]
    return overlap(documents, marked, prediction.evidence) if marked else None
