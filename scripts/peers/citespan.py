"""citespan itself, in the terms of the comparison."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from rag import Answerer, Settings, Store
from rag.loaders import make_document
from scripts.peers.protocol import Mode, Said, Task

WARM = "What is this about?"


class Citespan:
    """Stores on disk, as always; the index time includes that and the vector index."""

    modes = (Mode.DEFAULT, Mode.ALWAYS)

    def __init__(self, task: Task) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="citespan-compare-")
        self._store = Store(Path(self._folder.name) / "store")
        self._settings = Settings(encoder=task.encoder, reader=task.reader, top_k=task.top_k)
        self._usual = Answerer(self._store, self._settings)
        self._usual.encoder.encode_passages([WARM])
        self._numbers: dict[str, int] = {}

    @cached_property
    def _always(self) -> Answerer:
        """Made when it is needed, since the usual one is enough for a user."""
        settings = replace(self._settings, min_confidence=0.0)
        return self._usual.over(self._store, settings)

    def index(self, texts: Sequence[str]) -> None:
        """Store the texts; the search makes the vector index, which is made when first needed."""
        documents = [make_document(text, "", str(n), "text/plain") for n, text in enumerate(texts)]
        self._numbers = {document.id: n for n, document in enumerate(documents)}
        self._store.add(documents, self._usual.encoder)
        self._usual.search(WARM)

    def ask(self, question: str, mode: Mode) -> Said:
        """The answer with its first citation."""
        answerer = self._always if mode is Mode.ALWAYS else self._usual
        answer = answerer.ask(question)
        if answer.text is None:
            return Said()
        cited = answer.citations[0]
        return Said(answer.text, self._numbers[cited.document_id], cited.start, cited.end)

    def search(self, question: str) -> list[int]:
        """The texts of the passages that are read."""
        hits = self._usual.search(question)
        return [self._numbers[hit.passage.document_id] for hit in hits]
