"""An encoder that encodes no question twice: answering and ranking ask for the same vectors."""

from collections.abc import Sequence
from functools import lru_cache

from rag.encoder import Encoder, Vectors

_KEPT = 64
"""Calls whose vectors are kept: a chunk of questions, and each of its questions alone."""


class RememberingEncoder:
    """Any encoder; the vectors of the latest questions are kept, those of passages are not.

    Only a call with exactly the same questions is answered from memory, since the last digits of
    a vector depend on what else is in its batch.
    """

    def __init__(self, encoder: Encoder) -> None:
        """Wrap an encoder; the fingerprint and the vectors stay its own."""
        self._encoder = encoder
        self._questions = lru_cache(_KEPT)(encoder.encode_questions)
        self.fingerprint = encoder.fingerprint
        self.dimension = encoder.dimension

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages, (texts, dimension)."""
        return self._encoder.encode_passages(texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of questions, (texts, dimension); not to be written to."""
        return self._questions(tuple(texts))
