"""Texts to unit vectors with a mean-pooled BERT, without the libraries around it.

Importing transformers and sentence-transformers takes longer than answering a question, so the
model that ships is computed from its two files: weights and tokenizer.
"""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch.nn.functional import normalize

from rag.errors import ModelError
from rag.packed_bert import PackedBert, Shape

TOKENS_AT_ONCE = 2048  # rows of one matrix product; its activations stay in the CPU's cache
SHAPES_KEPT = 256
"""oneDNN compiles a product for each shape and keeps 1,024 of them, which after some thousand
passages held 1.2 GB; there are about as many shapes as this, see ``rag.packed_bert``. A value that
is set stays."""
SHAPES_KEPT_BY_THREAD = 8
"""PyTorch keeps up to 1,024 of them once more for each thread, about 140 MB, and a server has many
threads. Fewer cost no time that could be measured: what is not here is found above."""
TEXTS_AT_ONCE = 1024  # tokenised and sorted together, so that memory does not grow with the texts


class SentenceBert:
    """Mean-pooled BERT (Reimers & Gurevych, 2019): the layout of all-MiniLM-L6-v2.

    A vector depends on the texts around it only by rounding: no text sees another, but they share
    matrix products whose order of summation may change with their size.
    """

    def __init__(self, folder: Path, *, exact: bool) -> None:
        """Load weights and tokenizer from a sentence-transformers folder.

        ``exact`` computes in float32, otherwise the matrices are multiplied in bf16.

        Raises:
            ModelError: a file is missing or damaged, or the model is no BERT.
        """
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(SHAPES_KEPT))
        os.environ.setdefault("LRU_CACHE_CAPACITY", str(SHAPES_KEPT_BY_THREAD))
        try:
            shape = Shape.of(folder)
            if shape is None:
                raise ModelError(f"{folder}: not a BERT; load it with sentence-transformers")
            weights = load_file(folder / "model.safetensors")
            self._bert = PackedBert(weights, shape, torch.float32 if exact else torch.bfloat16)
            self._tokenizer = _tokenizer(folder)
        except ModelError:
            raise
        except Exception as error:  # the tokenizers library raises bare exceptions
            raise ModelError(
                f"{folder}: not a sentence-transformers model that can be loaded ({error})"
            ) from error
        self.dimension = int(weights["embeddings.word_embeddings.weight"].shape[1])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, (texts, dimension)."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for begin in range(0, len(texts), TEXTS_AT_ONCE):
            encoded = self._tokenizer.encode_batch_fast(texts[begin : begin + TEXTS_AT_ONCE])
            ids = [text.ids for text in encoded]
            for rows in _batches([len(text) for text in ids]):
                hidden = self._bert(
                    [ids[row] for row in rows], [[0] * len(ids[row]) for row in rows]
                )
                means = torch.stack([tokens.mean(dim=0) for tokens in hidden])
                vectors[[begin + row for row in rows]] = normalize(means).numpy()
        return vectors


def _tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer, set to cut at the model's length and never to pad."""
    settings = json.loads((folder / "sentence_bert_config.json").read_text("utf-8"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(int(settings["max_seq_length"]))
    return tokenizer


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Rows in runs of up to ``TOKENS_AT_ONCE`` tokens, equal lengths side by side."""
    rows: list[int] = []
    tokens = 0
    for row in sorted(range(len(lengths)), key=lambda row: (lengths[row], row)):
        if rows and tokens + lengths[row] > TOKENS_AT_ONCE:
            yield rows
            rows, tokens = [], 0
        rows.append(row)
        tokens += lengths[row]
    if rows:
        yield rows
