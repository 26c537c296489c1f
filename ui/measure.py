"""A question set asked of the documents as they stand: progress, then the report."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rag.answerer import Answerer
from rag.evaluation import report
from rag.evaluation.about import about, now
from rag.evaluation.datasets import resolve
from rag.evaluation.predict import ask_all
from rag.evaluation.records import Prediction, Question, QuestionSet, RowError
from rag.evaluation.run import judged
from rag.types import Document

EVERY = 0.3
"""Seconds between two reports of progress."""


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` questions of a set were asked; ``errors`` are its faulty rows."""

    name: str
    done: int
    total: int
    seconds_left: float | None = None
    errors: tuple[str, ...] = ()


def measure(
    answerer: Answerer,
    questions: QuestionSet,
    name: str,
    parent: Path | None,
    stopped: Callable[[], bool],
) -> Iterator[Progress | report.Json]:
    """Ask every question, or those up to a stop; the last item is the report.

    All are asked of one state of the documents, whatever is added meanwhile: of a copy of the
    store under ``parent`` (None: the system's folder for such), which is gone afterwards.
    """
    began = now()
    with _frozen(answerer, parent) as frozen:
        documents = _documents(frozen)
        asked, unknown = resolve(questions.questions, documents, name)
        errors = (*questions.errors, *unknown)
        state = Progress(name, 0, len(asked), errors=tuple(map(str, errors)))
        yield state
        predictions = yield from _ask(frozen, asked, state, stopped)
        if len(predictions) < len(asked):
            words = f"stopped after {len(predictions)} of {len(asked)}"
            errors = (*errors, RowError(name, "questions", words))
        done = [question for question in asked if question.id in predictions]
        told = replace(about(frozen, name, done, documents, errors), began=began)
        yield judged(done, predictions, documents, told)


def _ask(
    answerer: Answerer,
    questions: tuple[Question, ...],
    state: Progress,
    stopped: Callable[[], bool],
) -> Generator[Progress, None, dict[str, Prediction]]:
    predictions: dict[str, Prediction] = {}
    began = told = time.monotonic()
    for found in ask_all(answerer, questions):
        predictions.update((prediction.question_id, prediction) for prediction in found)
        if stopped():
            return predictions
        now = time.monotonic()
        if now - told >= EVERY:
            told = now
            done = len(predictions)
            left = (now - began) / done * (state.total - done)
            yield replace(state, done=done, seconds_left=left)
    yield replace(state, done=state.total)
    return predictions


def _documents(answerer: Answerer) -> list[Document]:
    store = answerer.store
    ids = dict.fromkeys(info.id for info in store.documents())
    return list(filter(None, map(store.document, ids)))


@contextmanager
def _frozen(answerer: Answerer, parent: Path | None) -> Iterator[Answerer]:
    with (
        TemporaryDirectory(prefix="evaluation-", dir=parent) as folder,
        answerer.store.copy(folder) as store,
    ):
        yield answerer.over(store)
