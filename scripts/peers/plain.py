"""The few lines one would write: sentence-transformers, FAISS and a question-answering model."""

from collections.abc import Sequence
from dataclasses import dataclass

import faiss
import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from scripts.peers.protocol import Mode, Said, Task

MAX_TOKENS = 384
STRIDE = 128
MAX_ANSWER_TOKENS = 48


@dataclass(frozen=True, slots=True)
class _Span:
    said: Said
    margin: float


class Plain:
    """Exact dense search; the passages are read in one batch.

    In a window the span with the highest sum of logits counts; among windows the one that is
    furthest above "no answer" ([CLS]), which finds more than the sum alone does. The answer is
    withheld where "no answer" is above it.
    """

    modes = (Mode.DEFAULT, Mode.ALWAYS)

    def __init__(self, task: Task) -> None:
        faiss.omp_set_num_threads(task.threads)
        self._top_k = task.top_k
        self._encoder = SentenceTransformer(task.encoder, device="cpu")
        self._tokenizer = AutoTokenizer.from_pretrained(task.reader)
        self._reader = AutoModelForQuestionAnswering.from_pretrained(
            task.reader, dtype=getattr(torch, task.dtype)
        ).eval()
        self._texts: Sequence[str] = ()
        self._index: faiss.IndexFlatIP | None = None
        self._vectors(["warm up"])

    def index(self, texts: Sequence[str]) -> None:
        """Embed the texts into a flat index of inner products."""
        vectors = self._vectors(texts)
        self._texts = texts
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)

    def ask(self, question: str, mode: Mode) -> Said:
        """The best span of all passages."""
        best = max(self._spans(question, self.search(question)), key=lambda span: span.margin)
        withheld = mode is Mode.DEFAULT and best.margin <= 0
        return Said() if withheld else best.said

    def search(self, question: str) -> list[int]:
        """The nearest texts."""
        if self._index is None:
            raise ValueError("nothing is indexed; call index first")
        _, numbers = self._index.search(self._vectors([question]), self._top_k)
        return [int(number) for number in numbers[0] if number >= 0]

    def _vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, (texts, dimension)."""
        vectors = self._encoder.encode(
            list(texts), normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)

    def _spans(self, question: str, numbers: Sequence[int]) -> list[_Span]:
        """The best span of each window of the texts."""
        encoded = self._tokenizer(
            [question] * len(numbers),
            [self._texts[number] for number in numbers],
            truncation="only_second",
            max_length=MAX_TOKENS,
            stride=STRIDE,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            padding=True,
            return_tensors="pt",
        )
        owners = encoded.pop("overflow_to_sample_mapping").tolist()
        offsets = encoded.pop("offset_mapping").tolist()
        with torch.inference_mode():
            output = self._reader(**encoded)
        starts, ends = output.start_logits.float().numpy(), output.end_logits.float().numpy()
        spans = []
        for row, owner in enumerate(owners):
            context = np.array([kind == 1 for kind in encoded.sequence_ids(row)])
            first, last, score = best_span(starts[row], ends[row], context)
            begin, end = offsets[row][first][0], offsets[row][last][1]
            number = numbers[owner]
            said = Said(self._texts[number][begin:end], number, begin, end)
            spans.append(_Span(said, score - float(starts[row][0] + ends[row][0])))
        return spans


def best_span(
    start: NDArray[np.float32], end: NDArray[np.float32], context: NDArray[np.bool_]
) -> tuple[int, int, float]:
    """First and last token of the best span inside the context, and its sum of logits.

    ``start`` and ``end`` are logits, ``context`` marks the tokens that may be in it, all (tokens,).
    """
    allowed = np.triu(np.ones((len(start), len(start)), dtype=bool))
    allowed &= ~np.triu(allowed, MAX_ANSWER_TOKENS)
    allowed &= context[:, None] & context[None, :]
    scores = np.where(allowed, start[:, None] + end[None, :], -np.inf)  # (first, last)
    first, last = np.unravel_index(int(scores.argmax()), scores.shape)
    return int(first), int(last), float(scores[first, last])
