"""Asking the questions: through the whole system, or the reader alone with the gold passages."""

import time
from collections.abc import Iterable, Iterator, Sequence

from rag.answerer import Answerer
from rag.candidates import merge
from rag.errors import QuestionError
from rag.evaluation.rankings import KEPT, Rankings
from rag.evaluation.records import Cited, Prediction, Question, Retrieved
from rag.evaluation.relevance import Evidence
from rag.passages import split
from rag.types import Answer, Citation, Document, Hit, Passage

CHUNK = 32
TIMED = 100
"""Questions that are asked one at a time, so that their times are what a user waits."""
_OPENING = "What pays for opening the index and for the first use of the models?"


def ask_all(answerer: Answerer, questions: Sequence[Question]) -> Iterator[list[Prediction]]:
    """Predictions of the whole system, chunk by chunk, in order.

    The first ``TIMED`` questions are asked one by one and carry timings; the others are asked in
    chunks, where a question's own time has no meaning.
    """
    if not questions:
        return
    answerer.ask(_OPENING)
    system = _System(answerer)
    for question in questions[:TIMED]:
        yield system.ask([question], timed=True)
    for begin in range(TIMED, len(questions), CHUNK):
        yield system.ask(questions[begin : begin + CHUNK], timed=False)


def read_all(
    answerer: Answerer,
    questions: Sequence[Question],
    documents: Iterable[Document],
    evidence: Evidence,
) -> Iterator[list[Prediction]]:
    """Predictions of the reader alone, given each question's own passages and nothing else.

    Those are the passages of the gold document when the reader takes so many (``top_k``), as
    for a SQuAD paragraph; of a longer document those that hold the evidence. Nothing is read, and
    nothing answered, where the gold document is not known.
    """
    by_id = {document.id: document for document in documents}
    passages: dict[str, list[Passage]] = {}
    for question in questions:
        document = by_id.get(question.document or "")
        if document and document.id not in passages:
            passages[document.id] = split(document)
        own = passages[document.id] if document else []
        if len(own) > answerer.settings.top_k and question.golds:
            own = [p for p in own if evidence.holds(question, p.document_id, p.start, p.end)]
        yield [_read(answerer, question, own)]


def rank_all(
    rankings: Rankings, questions: Sequence[Question], kept: int = 3 * KEPT
) -> Iterator[list[Prediction]]:
    """Rankings alone, without any answer; several passages of one document need the depth."""
    for begin in range(0, len(questions), CHUNK):
        chunk = questions[begin : begin + CHUNK]
        found = rankings.of([question.text for question in chunk], kept)
        yield [
            Prediction(question.id, None, None, 0.0, (), hits, {})
            for question, hits in zip(chunk, found, strict=True)
        ]


class _System:
    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer
        self._rankings = Rankings(answerer.store, answerer.encoder, answerer.settings)

    def ask(self, chunk: Sequence[Question], *, timed: bool) -> list[Prediction]:
        # The very texts that are asked, so that their vectors serve both.
        texts = [" ".join(question.text.split()) for question in chunk]
        try:
            answers = self._answerer.ask_many(texts)
        except QuestionError as error:
            if len(chunk) == 1:
                return [Prediction(chunk[0].id, None, None, 0.0, (), (), {}, str(error))]
            return [one for question in chunk for one in self.ask([question], timed=False)]
        return [
            _prediction(question, answer, hits, timed=timed)
            for question, answer, hits in zip(chunk, answers, self._rankings.of(texts), strict=True)
        ]


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


def _read(answerer: Answerer, question: Question, passages: Sequence[Passage]) -> Prediction:
    hits = [Hit(passage, 1.0, rank) for rank, passage in enumerate(passages, 1)]
    began = time.perf_counter()
    reading = answerer.reader.read([question.text], [hits])[0]
    candidates = merge(reading.spans, answerer.calibration)
    milliseconds = 1000 * (time.perf_counter() - began)
    if not candidates:
        return Prediction(question.id, None, None, 0.0, (), (), {"total": milliseconds})
    best = candidates[0]
    span, passage = best.spans[0], best.spans[0].hit.passage
    quote = passage.text[span.start - passage.start : span.end - passage.start]
    threshold = answerer.settings.min_confidence
    given = best.confidence >= (answerer.calibration.threshold if threshold is None else threshold)
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
        timings_ms={"read": milliseconds, "total": milliseconds},
    )
