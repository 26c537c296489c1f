"""An encoder that encodes no question twice: answering and ranking ask for the same vectors."""

from collections.abc import Sequence

import numpy as np

from rag.encoder import Encoder, Vectors

KEPT = 1024
"""Questions whose vectors are kept: more than are asked at once."""


class RememberingEncoder:
    """Any encoder; the vectors of the latest questions are kept, those of passages are not.

    Questions are answered from memory where all of them are in it; else all are encoded together.
    """

    def __init__(self, encoder: Encoder) -> None:
        """Wrap an encoder; the fingerprint and the vectors stay its own."""
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}
        self.fingerprint = encoder.fingerprint
        self.dimension = encoder.dimension

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages, (texts, dimension)."""
        return self._encoder.encode_passages(texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of questions, (texts, dimension)."""
        if texts and all(text in self._known for text in texts):
            return np.stack([self._known[text] for text in texts])
        vectors = self._encoder.encode_questions(texts)
        self._known.update(zip(texts, vectors, strict=True))
        for text in list(self._known)[: max(0, len(self._known) - KEPT)]:
            del self._known[text]
        return vectors
