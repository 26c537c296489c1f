"""Which retrieved passages hold the gold evidence, and the runs and qrels that follow."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter

from rag.evaluation.records import Gold, Prediction, Qrels, Question, Retrieved, Run

GOLD = "gold"

RERANKED = "reranked"
"""The ranking that the user gets, whose measures are the headline."""

RANKINGS: Mapping[str, Callable[[Retrieved], int | None]] = {
    RERANKED: attrgetter("rank"),
    "fused": attrgetter("fused_rank"),
    "dense": attrgetter("dense_rank"),
    "lexical": attrgetter("lexical_rank"),
}
"""Name -> rank of a passage in it: after reading, before it, and in each search alone."""

_SPACE = re.compile(r"\s+")


class GoldPlaces:
    """Knows the corpus, and judges whether a run of a document holds a question's evidence."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """``texts`` are the documents' texts by id."""
        self._texts = texts

    def holds(self, question: Question, document_id: str, start: int, end: int) -> bool:
        """Whether ``text[start:end]`` of the document holds evidence for a gold answer.

        It must be the gold document, where that is known. A gold answer with an offset must
        overlap the run; one without must stand in it as words, whatever the case and white space.
        """
        if question.document not in (None, document_id):
            return False
        if any(_touches(gold, start, end) for gold in question.golds):
            return True
        loose = [gold.text for gold in question.golds if gold.start is None]
        if not loose:
            return False
        text = plain(self._texts.get(document_id, "")[start:end])
        return any(has_words(text, plain(words)) for words in loose)

    def overlaps(self, question: Question, document_id: str, start: int, end: int) -> bool:
        """Whether the run overlaps a gold answer whose place is known."""
        return document_id == question.document and any(
            _touches(gold, start, end) for gold in question.golds
        )

    def marked(self, question: Question, document_id: str, start: int, end: int) -> bool:
        """Whether the run overlaps one that is marked as evidence."""
        return any(
            mark.document == document_id and (mark.start or 0) < end and start < (mark.end or 0)
            for mark in question.evidence
        )


def plain(text: str) -> str:
    """Case-folded, with white space made single."""
    return _SPACE.sub(" ", text.casefold()).strip()


def has_words(text: str, words: str) -> bool:
    """Whether ``words`` stand in ``text`` and not as a part of longer words."""
    at = text.find(words)
    while at >= 0:
        before = text[at - 1 : at]
        after = text[at + len(words) : at + len(words) + 1]
        if not (_joins(before, words[:1]) or _joins(words[-1:], after)):
            return True
        at = text.find(words, at + 1)
    return False


def only_place(text: str, words: str) -> tuple[int, int] | None:
    """Where ``words`` stand, first character and one past the last; None: not at all, or not once.

    They count as in ``has_words``: not as a part of longer words, whatever the white space; as
    written, or where they stand nowhere so, whatever the case.
    """
    pattern = r"\s+".join(map(re.escape, words.split()))
    for case in (re.NOFLAG, re.IGNORECASE):
        places = [
            found.span(1)
            for found in re.finditer(f"(?=({pattern}))", text, case)  # they may overlap
            if has_words(text[max(found.start() - 1, 0) : found.end(1) + 1], found[1])
        ]
        if places:
            return places[0] if len(places) == 1 else None
    return None


def runs(
    questions: Sequence[Question], predictions: Mapping[str, Prediction], gold: GoldPlaces
) -> dict[str, Run]:
    """The rankings by the names of ``RANKINGS``, for the answerable questions.

    A question has one relevant item, its gold evidence: every passage that holds it stands in the
    ranking as the id ``gold``, so that passages that overlap do not count it twice. That makes
    recall@k of a question 1 when any of the first k passages holds the evidence.
    """
    result: dict[str, dict[str, list[str]]] = {kind: {} for kind in RANKINGS}
    for question in questions:
        if not question.golds:
            continue
        found = predictions[question.id].retrieved
        labels = [
            GOLD
            if gold.holds(question, hit.document_id, hit.start, hit.end)
            else f"{hit.document_id}:{hit.start}-{hit.end}"
            for hit in found
        ]
        for kind, rank in RANKINGS.items():
            ranked = ((rank(hit), label) for hit, label in zip(found, labels, strict=True))
            result[kind][question.id] = _ranked(ranked)
    return dict(result)


def gold_qrels(questions: Sequence[Question]) -> Qrels:
    """The judgements that belong to ``runs``."""
    return {question.id: {GOLD: 1} for question in questions if question.golds}


def document_runs(
    predictions: Iterable[Prediction], own: Mapping[str, str] | None = None
) -> dict[str, Run]:
    """The same rankings by document: each stands where its first passage stands.

    ``own`` has for a question the document that is left out of its rankings.
    """
    without = own or {}
    result: dict[str, dict[str, list[str]]] = {kind: {} for kind in RANKINGS}
    for prediction in predictions:
        for kind, rank in RANKINGS.items():
            result[kind][prediction.question_id] = _ranked(
                (rank(hit), hit.document_id)
                for hit in prediction.retrieved
                if hit.document_id != without.get(prediction.question_id)
            )
    return dict(result)


def first_rank(ranked: Sequence[str]) -> int | None:
    """Rank of the gold evidence in a ranking of ``runs``, from 1; None: it is not there."""
    return ranked.index(GOLD) + 1 if GOLD in ranked else None


def _ranked(pairs: Iterable[tuple[int | None, str]]) -> list[str]:
    known = sorted((rank, name) for rank, name in pairs if rank is not None)
    return list(dict.fromkeys(name for _, name in known))


def _joins(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum()


def _touches(gold: Gold, start: int, end: int) -> bool:
    return gold.start is not None and start < gold.start + len(gold.text) and gold.start < end
