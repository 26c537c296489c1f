"""Asking the questions: through the whole system, or the reader alone with the gold passages."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from rag.answerer import Answerer
from rag.candidates import merge
from rag.errors import QuestionError
from rag.evaluation.rankings import KEPT, Rankings
from rag.evaluation.records import Cited, Place, Prediction, Question, Retrieved
from rag.evaluation.relevance import GoldPlaces
from rag.evidence import telling
from rag.passages import split
from rag.types import Answer, Citation, Document, Hit, Passage, Reading

CHUNK = 64
TIMED = 100
"""Questions that are asked one at a time, so that their times are what a user waits."""
_OPENING = "What pays for opening the index and for the first use of the models?"


def ask_all(answerer: Answerer, questions: Sequence[Question]) -> Iterator[list[Prediction]]:
    """Predictions of the whole system, chunk by chunk, in order.

    The first ``TIMED`` questions are asked one by one and carry timings; the others are asked in
    chunks of ``CHUNK``, where a question's own time has no meaning.
    """
    if not questions:
        return
    answerer.ask(_OPENING[: answerer.settings.max_question_chars])
    system = _System(answerer)
    for question in questions[:TIMED]:
        yield system.ask([question], timed=True)
    for begin in range(TIMED, len(questions), CHUNK):
        yield system.ask(questions[begin : begin + CHUNK], timed=False)


def read_all(
    answerer: Answerer,
    questions: Sequence[Question],
    documents: Iterable[Document],
    gold: GoldPlaces,
) -> Iterator[list[Prediction]]:
    """Predictions of the reader alone, given each question's own passages and nothing else.

    Those are the passages of the gold document when the reader takes so many (``top_k``), as
    for a SQuAD paragraph; of a longer document those that hold the gold answers or marked
    evidence, or all where the question has neither. Nothing is read (``read`` is 0), and nothing
    answered, where the gold document is not known or no passage of it holds them.
    """
    by_id = {document.id: document for document in documents}
    passages: dict[str, list[Passage]] = {}

    def own(question: Question) -> list[Hit]:
        document = by_id.get(question.document or "")
        if document is None:
            return []
        if document.id not in passages:
            passages[document.id] = split(document)
        chosen = passages[document.id]
        if len(chosen) > answerer.settings.top_k and (question.golds or question.evidence):
            chosen = [p for p in chosen if _tells(question, p, gold)]
        return [Hit(passage, 1.0, rank) for rank, passage in enumerate(chosen, 1)]

    for question in questions[:TIMED]:
        yield _read(answerer, [question], [own(question)], timed=True)
    for begin in range(TIMED, len(questions), CHUNK):
        chunk = questions[begin : begin + CHUNK]
        yield _read(answerer, chunk, [own(question) for question in chunk], timed=False)


def rank_all(
    answerer: Answerer, questions: Sequence[Question], kept: int = 3 * KEPT
) -> Iterator[list[Prediction]]:
    """Rankings alone, chunk by chunk, in order: nothing is answered.

    They are deeper than those of ``ask_all``, since documents may have many passages.
    """
    system = _System(answerer, kept)
    for begin in range(0, len(questions), CHUNK):
        yield system.rank(questions[begin : begin + CHUNK])


class _System:
    def __init__(self, answerer: Answerer, kept: int = KEPT) -> None:
        self._answerer = answerer
        self._rankings = Rankings(answerer, kept)

    def ask(self, chunk: Sequence[Question], *, timed: bool) -> list[Prediction]:
        def answered(some: Sequence[Question]) -> list[Prediction]:
            texts = _texts(some)
            asked = self._answerer.ask_ranked(texts, self._rankings.depth)
            rows = self._rankings.of(texts, [hits for _, hits, _ in asked])
            return [
                replace(_prediction(question, answer, row, timed=timed), read=read)
                for question, (answer, _, read), row in zip(some, asked, rows, strict=True)
            ]

        return _each_that_can(answered, chunk)

    def rank(self, chunk: Sequence[Question]) -> list[Prediction]:
        def ranked(some: Sequence[Question]) -> list[Prediction]:
            texts = _texts(some)
            found = self._answerer.search_many(texts, self._rankings.depth)
            rows = self._rankings.of(texts, found)
            return [
                Prediction(question.id, None, None, 0.0, (), row, {})
                for question, row in zip(some, rows, strict=True)
            ]

        return _each_that_can(ranked, chunk)


def _texts(questions: Sequence[Question]) -> list[str]:
    """The very texts that are asked, so that their vectors serve answering and ranking."""
    return [" ".join(question.text.split()) for question in questions]


def _each_that_can(
    predict: Callable[[Sequence[Question]], list[Prediction]], chunk: Sequence[Question]
) -> list[Prediction]:
    """Predictions together; where a question is refused, of each alone, that one with its error."""
    try:
        return predict(chunk)
    except QuestionError as error:
        if len(chunk) == 1:
            return [_unasked(chunk[0], error)]
        return [one for question in chunk for one in _each_that_can(predict, [question])]


def _unasked(question: Question, error: QuestionError) -> Prediction:
    return Prediction(question.id, None, None, 0.0, (), (), {}, read=0, error=str(error))


def _prediction(
    question: Question, answer: Answer, hits: tuple[Retrieved, ...], *, timed: bool
) -> Prediction:
    withheld = answer.alternatives[0].text if answer.alternatives else None
    return Prediction(
        question_id=question.id,
        text=answer.text,
        candidate=withheld if answer.text is None else answer.text,
        confidence=answer.confidence,
        citations=tuple(_cited(citation) for citation in answer.citations),
        retrieved=hits,
        timings_ms=answer.timings_ms if timed else {},
        evidence=tuple(Place(e.document_id, e.start, e.end) for e in answer.evidence),
    )


def _cited(citation: Citation) -> Cited:
    return Cited(
        citation.document_id,
        citation.start,
        citation.end,
        citation.passage_start,
        citation.passage_end,
        citation.supports,
        citation.quote,
    )


def _tells(question: Question, passage: Passage, gold: GoldPlaces) -> bool:
    run = (passage.document_id, passage.start, passage.end)
    return gold.holds(question, *run) or gold.marked(question, *run)


def _read(
    answerer: Answerer, chunk: Sequence[Question], hits: Sequence[Sequence[Hit]], *, timed: bool
) -> list[Prediction]:
    began = time.perf_counter()
    readings = answerer.reader.read([question.text for question in chunk], hits)
    milliseconds = 1000 * (time.perf_counter() - began)
    times = {"read": milliseconds, "total": milliseconds} if timed else {}
    return [
        replace(_alone(answerer, question, reading, times), read=None if own else 0)
        for question, reading, own in zip(chunk, readings, hits, strict=True)
    ]


def _alone(
    answerer: Answerer, question: Question, reading: Reading, times: Mapping[str, float]
) -> Prediction:
    """What the reader alone says: its best candidate, given where the threshold lets it."""
    evidence = tuple(
        Place(b.hit.passage.document_id, b.start, b.end) for b in telling(reading.bearings)
    )
    candidates = merge(reading.spans, answerer.calibration)
    if not candidates:
        return Prediction(question.id, None, None, 0.0, (), (), times, evidence)
    best = candidates[0]
    span, passage = best.spans[0], best.spans[0].hit.passage
    quote = span.text
    given = best.confidence >= answerer.settings.threshold(answerer.calibration.threshold)
    cited = Cited(
        passage.document_id,
        span.start,
        span.end,
        passage.start,
        passage.end,
        supports=True,
        quote=quote,
    )
    return Prediction(
        question_id=question.id,
        text=quote if given else None,
        candidate=quote,
        confidence=best.confidence,
        citations=(cited,) if given else (),
        retrieved=(),
        timings_ms=times,
        evidence=evidence,
    )
