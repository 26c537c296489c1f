"""txtai: its embeddings database and its RAG pipeline over an extractive reader."""

from collections.abc import Sequence

import torch
from txtai import Embeddings
from txtai.pipeline import RAG, Questions

from scripts.peers.protocol import Mode, Said, Task


class Txtai:
    """Defaults where nothing is said. ``hybrid`` switches on its BM25.

    The passages are joined to one context, cut where the model's window ends, as its pipeline does
    with any reader. It gives no offsets, and has no mode that always answers: a span under a
    probability of 0.05 is dropped, and the best start and end falling on [CLS] is an error.
    """

    modes = (Mode.DEFAULT,)

    def __init__(self, task: Task, *, hybrid: bool) -> None:
        self._top_k = task.top_k
        self._embeddings = Embeddings(
            path=task.encoder,
            method="sentence-transformers",
            content=True,
            hybrid=hybrid,
            gpu=False,
        )
        self._embeddings.index(["warm up"])  # loads the model; the next call starts anew
        reader = Questions(task.reader, gpu=False, dtype=getattr(torch, task.dtype))
        self._rag = RAG(self._embeddings, reader, context=task.top_k, output="flatten")

    def index(self, texts: Sequence[str]) -> None:
        """Embed the texts, replacing what was there."""
        self._embeddings.index(texts)

    def ask(self, question: str, mode: Mode) -> Said:
        """The answer's text, which is all there is."""
        if mode is not Mode.DEFAULT:
            raise ValueError(f"txtai has no mode {mode}")
        return Said(self._rag(question) or None)

    def search(self, question: str) -> list[int]:
        """The texts that its context is made of."""
        return [int(found["id"]) for found in self._embeddings.search(question, self._top_k)]
