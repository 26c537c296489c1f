"""Question and passages to candidate spans."""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from rag import boundaries
from rag.hardware import has_bf16
from rag.near_misses import Names
from rag.prose import Prose, prose
from rag.questions import (
    asks_whether,
    is_asked,
    is_question,
    last_asked,
    offers_choice,
    says_whether,
)
from rag.spans import Floats, best_spans, cost, token_mass
from rag.tables import statements
from rag.types import Bearing, Hit, Reading, Span
from rag.words import adds_to

if TYPE_CHECKING:
    from tokenizers import Encoding

MAX_TOKENS = 384
STRIDE = 128
MAX_QUESTION_TOKENS = 64
MAX_ANSWER_TOKENS = 48
SPANS_PER_WINDOW = 4
WINDOWS_AT_ONCE = 32

_BLANK = re.compile(r"(?<=\S)[ \t]*+\r?\n[ \t]*+\r?\n")  # behind words


class Reader(Protocol):
    """Finds candidate answers in retrieved passages."""

    @property
    def fingerprint(self) -> str:
        """Names the model; the calibration is fitted for one fingerprint."""
        ...

    def read(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]]) -> list[Reading]:
        """For each question what its own hits say, ``hits[i]`` belonging to ``questions[i]``."""
        ...


@dataclass(frozen=True, slots=True)
class _Window:
    """One forward row: whose it is, its token ids, and where its context tokens come from."""

    question: int
    hit: int
    ids: list[int]
    types: list[int]
    offsets: NDArray[np.int64]  # (tokens, 2) characters of the passage
    context: NDArray[np.bool_]  # (tokens,)
    pieces: NDArray[np.int64] | None  # (tokens,) what no answer leaves, a line or a table's cell


class SpanReader:
    """Any folder that ``AutoModelForQuestionAnswering`` loads, SQuAD 2.0 style.

    The score of a span is the sum of its start and end logits less what it costs (``rag.spans``),
    the score of "no answer" that of the first token ([CLS]) in the same window (Devlin et al.,
    2019). Passages longer than the model's window are read in overlapping windows, each with its
    own "no answer".
    """

    def __init__(self, folder: Path, *, exact: bool = False) -> None:
        """Load model and tokenizer from a folder.

        ``exact`` computes in float32 also where the CPU has faster bf16.

        Raises:
            ModelError: the folder is missing, incomplete or holds another kind of model.
        """
        from rag.span_model import load

        self._model, self._tokenizer = load(folder, mixed=has_bf16() and not exact)
        self._limit = min(MAX_TOKENS, self._model.positions)
        self._tokenizer.enable_truncation(self._limit, stride=STRIDE, strategy="only_second")
        self._lock = threading.Lock()
        self.fingerprint = folder.name

    def read(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]]) -> list[Reading]:
        """Up to ``SPANS_PER_WINDOW`` spans a window, and every statement, mapped to the documents.

        The windows of all questions are computed together, sorted by length.
        """
        with self._lock:  # fast tokenizers may not be shared by threads
            windows = [
                window
                for number, (question, own) in enumerate(zip(questions, hits, strict=True))
                for window in self._windows(number, question, own)
            ]
            logits = self._forward(windows)
        found = [
            [_ReadHit(question, hit) for hit in own]
            for question, own in zip(questions, hits, strict=True)
        ]
        for window, (start, end) in zip(windows, logits, strict=True):
            found[window.question][window.hit].add(window, start, end)
        return [
            Reading(
                tuple(span for one in own for span in one.spans()),
                tuple(bearing for one in own for bearing in one.bearings()),
            )
            for own in found
        ]

    def _windows(self, number: int, question: str, hits: Sequence[Hit]) -> list[_Window]:
        if not hits:
            return []
        question = self._asked(question)
        in_words = [prose(hit.passage.text, hit.passage.header, hit.passage.about) for hit in hits]
        encoded = self._tokenizer.encode_batch(
            [
                (question, told.text if told else hit.passage.text)
                for hit, told in zip(hits, in_words, strict=True)
            ]
        )
        return [
            _window(number, place, window, in_words[place])
            for place, first in enumerate(encoded)
            for window in (first, *first.overflowing)
        ]

    def _asked(self, question: str) -> str:
        """What is read of a question: as much as fits, of a longer one the last that it asks."""
        if self._fitting(question) == question:
            return question
        return self._fitting(last_asked(question))

    def _fitting(self, question: str) -> str:
        """The first ``MAX_QUESTION_TOKENS`` tokens."""
        # Only a second text is truncated; a first one that is too long would be an error.
        offsets = self._tokenizer.encode("", question, add_special_tokens=False).offsets
        if len(offsets) <= MAX_QUESTION_TOKENS:
            return question
        return question[: offsets[MAX_QUESTION_TOKENS - 1][1]]

    def _forward(self, windows: Sequence[_Window]) -> list[tuple[Floats, Floats]]:
        """Start and end logits of each window, computed in order of length."""
        order = sorted(range(len(windows)), key=lambda i: (len(windows[i].ids), i))
        results: dict[int, tuple[Floats, Floats]] = {}
        for begin in range(0, len(order), WINDOWS_AT_ONCE):
            chosen = order[begin : begin + WINDOWS_AT_ONCE]
            logits = self._model.logits(
                [windows[i].ids for i in chosen], [windows[i].types for i in chosen]
            )
            results.update(zip(chosen, logits, strict=True))
        return [results[i] for i in range(len(windows))]


def _window(number: int, place: int, encoding: "Encoding", told: Prose | None) -> _Window:
    offsets = np.asarray(encoding.offsets, dtype=np.int64)
    context = np.asarray([side == 1 for side in encoding.sequence_ids], dtype=np.bool_)
    pieces = None
    if told:
        located = told.located(offsets)
        offsets, context, pieces = located.offsets, context & located.real, located.pieces
    return _Window(number, place, encoding.ids, encoding.type_ids, offsets, context, pieces)


class _ReadHit:
    """What the windows of one hit hold: spans, and how much each statement bears."""

    def __init__(self, question: str, hit: Hit) -> None:
        self._question = asked = last_asked(question)
        self._offers_choice, self._asks_whether = offers_choice(asked), asks_whether(asked)
        self._hit = hit
        self._spans: list[Span] = []
        bounds = statements(hit.passage.text)
        self._names = Names(question, hit.passage.text, bounds)
        self._statements = np.asarray(bounds, dtype=np.int64).reshape(-1, 2)
        self._asked = np.asarray([is_asked(hit.passage.text[a:b]) for a, b in bounds], np.bool_)
        self._mass = np.zeros(len(self._statements), dtype=np.float32)

    def add(self, window: _Window, start: Floats, end: Floats) -> None:
        """Decode one window's logits; a statement in two windows keeps the greater mass."""
        where = np.searchsorted(self._statements[:, 0], window.offsets[:, 0], side="right") - 1
        answers = self._without_questions(window, where) if self._asked.any() else window
        self._spans.extend(_decode(answers, start, end, where, self._hit))
        mass = token_mass(start, end, window.context)
        sums = np.bincount(
            where.clip(0)[window.context],
            weights=mass[window.context],
            minlength=len(self._mass),
        )
        self._mass = np.maximum(self._mass, sums)

    def _without_questions(self, window: _Window, where: NDArray[np.int64]) -> _Window:
        """Where answers may lie: nothing is answered by another question, or goes over one.

        ``where`` is (tokens,), the statement of each.
        """
        own = where.clip(0)
        pieces = np.cumsum(self._asked)[own] + (0 if window.pieces is None else window.pieces)
        return replace(window, context=window.context & ~self._asked[own], pieces=pieces)

    def spans(self) -> list[Span]:
        """Best first."""
        begin = self._hit.passage.start
        spans = [
            replace(span, stray=self._names.stray(span.start - begin, span.end - begin))
            for span in map(self._telling, self._spans)
            if span
        ]
        return sorted(spans, key=lambda s: (s.no_answer_score - s.score, s.start, s.end))

    def _telling(self, span: Span) -> Span | None:
        """The span if it tells more than the question does, or may be one of two things offered.

        "Does it run on Windows?" is answered by no "Windows", but by the sentence around it.
        """
        if self._offers_choice or adds_to(self._question, span.text):
            return span
        if not self._asks_whether:
            return None
        whole = self._whole(span)
        tells = adds_to(self._question, whole.text) or says_whether(self._question, whole.text)
        return whole if tells and not is_question(whole.text) else None

    def _whole(self, span: Span) -> Span:
        """The statements that a span is of; with one that ends in a colon, those that it leads to.

        "Do not take it:" means the items below, up to the next blank line.
        """
        bounds = self._statements + self._hit.passage.start
        around = bounds[(bounds[:, 0] < span.end) & (span.start < bounds[:, 1])]
        if not len(around):  # a row that names its columns again is none
            return span
        whole = replace(span, start=int(around[0, 0]), end=int(around[-1, 1]))
        if not whole.text.rstrip("*_").endswith(":"):
            return whole
        below = _BLANK.search(self._hit.passage.text, whole.end - self._hit.passage.start)
        end = self._hit.passage.start + below.start() if below else self._hit.passage.end
        return replace(whole, end=int(bounds[bounds[:, 1] <= end, 1].max()))

    def bearings(self) -> list[Bearing]:
        """Every statement, in order."""
        begin = self._hit.passage.start
        return [
            Bearing(self._hit, begin + int(first), begin + int(last), min(1.0, float(mass)))
            for (first, last), mass in zip(self._statements, self._mass, strict=True)
        ]


def _decode(
    window: _Window, start: Floats, end: Floats, statement_of: NDArray[np.int64], hit: Hit
) -> list[Span]:
    no_answer = float(start[0] + end[0])
    spans: dict[tuple[int, int], Span] = {}
    costs = cost(statement_of, MAX_ANSWER_TOKENS, window.pieces)
    for found in best_spans(start, end, window.context, costs, SPANS_PER_WINDOW):
        first, last = boundaries.clean(
            hit.passage.text,
            int(window.offsets[found.first, 0]),
            int(window.offsets[found.last, 1]),
        )
        if first < last:
            begin, stop = hit.passage.start + first, hit.passage.start + last
            spans.setdefault((begin, stop), Span(hit, begin, stop, found.score, no_answer))
    return list(spans.values())
