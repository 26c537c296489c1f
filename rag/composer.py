"""What a reader found to the answer that is given, or to "not in these documents"."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from rag.calibration import Calibration
from rag.candidates import Candidate, merge
from rag.citations import Sources
from rag.config import Settings
from rag.encoder import Encoder
from rag.evidence import telling
from rag.models import SENTENCE_CALIBRATION
from rag.questions import asks_for_sentence
from rag.sentence_reader import SentenceReader
from rag.types import Answer, Hit, Reading

NEAREST = 3  # passages shown with "not in these documents"


@cache
def _sentence_calibration() -> Calibration:
    """Read once, so that what shares models reads no file."""
    return Calibration.load(SENTENCE_CALIBRATION)


class Composer:
    """Decides whether an answer is given, and cites it."""

    def __init__(self, settings: Settings, calibration: Calibration, encoder: Encoder) -> None:
        """Take the reader's calibration; make the reader for questions that want a sentence."""
        self._settings = settings
        self._calibration = calibration
        self._sentences = SentenceReader(encoder)
        self._sentence_calibration = _sentence_calibration()

    def compose(
        self,
        question: str,
        read: Sequence[Hit],
        near: Sequence[Hit],
        reading: Reading,
        source: Sources,
        times: Mapping[str, float],
    ) -> Answer:
        """The answer from the hits that were read, or none and those ``near``; best first.

        ``times`` are the milliseconds spent so far by stage; composing adds its own.
        """
        began = time.perf_counter()
        given, candidates = self._decided(question, read, reading)
        cited = tuple(source.quoted(given[0])) if given else tuple(source.nearest(near))
        others = given[1:] if given else candidates
        alternatives = source.alternatives(others[: self._settings.max_alternatives], len(cited))
        best = (given or candidates)[:1]
        answer = Answer(
            question=question,
            text=cited[0].quote if given else None,
            sentence=source.sentence(given[0].spans[0]) if given else None,
            confidence=best[0].confidence if best else 0.0,
            citations=cited,
            alternatives=tuple(alternatives),
            timings_ms={},
            store_version=source.version,
            evidence=tuple(source.evidence(telling(reading.bearings))),
        )
        composed = 1000 * (time.perf_counter() - began)
        timings = {**times, "compose": composed, "total": sum(times.values()) + composed}
        return replace(answer, timings_ms=timings)

    def _decided(
        self, question: str, read: Sequence[Hit], reading: Reading
    ) -> tuple[list[Candidate], list[Candidate]]:
        """The candidates that are given, none for "not in these documents", and all that were read.

        Where a reason or a manner is asked for and nothing is sure, whole sentences are read.
        """
        candidates = merge(reading.spans, self._calibration)
        given = self._sure(candidates, self._calibration)
        if not given and asks_for_sentence(question):
            sentences = self._sentences.read([question], [read])[0].spans
            found = merge(sentences, self._sentence_calibration)
            given = self._sure(found, self._sentence_calibration)
        return given, candidates

    def _sure(self, candidates: Sequence[Candidate], calibration: Calibration) -> list[Candidate]:
        """Those probable enough to be given, none where the best is not.

        The settings' threshold goes before the reader's.
        """
        threshold = self._settings.threshold(calibration.threshold)
        if not candidates or candidates[0].confidence < threshold:
            return []
        return [candidate for candidate in candidates if candidate.confidence >= threshold]
