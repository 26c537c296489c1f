"""A reader without a trained model: whole sentences, by similarity and shared words.

The fallback for questions whose answer is a sentence (why, how) where the span reader finds none.
"""

from collections.abc import Sequence

from rag.encoder import Encoder
from rag.questions import may_answer
from rag.tables import statements
from rag.types import Bearing, Hit, Reading, Span
from rag.words import STEM, telling_words

SPANS_PER_HIT = 3
MAX_SCORE = 2.0


class SentenceReader:
    """Picks the sentence nearest to the question of those that may answer it.

    A span's score is the cosine of question and sentence plus the share of the question's telling
    words that the sentence holds; the score of "no answer" is 0. The calibration makes a
    probability of it.
    """

    fingerprint = "sentence"

    def __init__(self, encoder: Encoder) -> None:
        """Use the retriever's encoder."""
        self._encoder = encoder

    def read(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]]) -> list[Reading]:
        """The best sentences of each hit, as spans of the document; every sentence bears."""
        return [self._read(question, own) for question, own in zip(questions, hits, strict=True)]

    def _read(self, question: str, hits: Sequence[Hit]) -> Reading:
        bounds = [(hit, start, end) for hit in hits for start, end in statements(hit.passage.text)]
        if not bounds:
            return Reading()
        texts = [hit.passage.text[start:end] for hit, start, end in bounds]
        near = self._encoder.encode_passages(texts) @ self._encoder.encode_questions([question])[0]
        asked = {word[:STEM] for word in telling_words(question)}
        spans: dict[str, list[Span]] = {hit.passage.id: [] for hit in hits}
        bearings = []
        for (hit, start, end), text, similarity in zip(bounds, texts, near, strict=True):
            shared = asked & {word[:STEM] for word in telling_words(text)}
            score = float(similarity) + len(shared) / max(1, len(asked))
            first, last = hit.passage.start + start, hit.passage.start + end
            bearings.append(Bearing(hit, first, last, max(0.0, score / MAX_SCORE)))
            if may_answer(question, text):
                spans[hit.passage.id].append(Span(hit, first, last, score, 0.0))
        ranked = [
            sorted(found, key=lambda s: (-s.score, s.start))[:SPANS_PER_HIT]
            for found in spans.values()
        ]
        return Reading(tuple(span for found in ranked for span in found), tuple(bearings))
