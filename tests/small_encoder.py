"""A small real encoder for tests of everything around the model: hashed words, projected."""

import re
import zlib
from collections.abc import Sequence

import numpy as np

from rag.encoder import Vectors


class WordEncoder:
    """Sum of one seeded Gaussian vector a word, made unit length; counts what it encodes."""

    def __init__(self, dimension: int = 32, name: str = "words") -> None:
        self.dimension = dimension
        self.fingerprint = f"{name}-{dimension}"
        self.encoded: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.encoded.extend(texts)
        return self._encode(texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row, 0] = 1e-3
            for word in re.findall(r"\w+", text.lower()):
                rng = np.random.default_rng(zlib.crc32(word.encode()))
                vectors[row] += rng.standard_normal(self.dimension).astype(np.float32)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit
