"""Haystack: its in-memory store, embedding retriever and extractive reader in a pipeline."""

from collections.abc import Sequence
from typing import Any

import torch
from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import (
    InMemoryBM25Retriever,
    InMemoryEmbeddingRetriever,
)
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import ComponentDevice
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack_integrations.components.readers.transformers import TransformersExtractiveReader

from scripts.peers.protocol import Mode, Said, Task

NUMBER = "number"


class Haystack:
    """Defaults where nothing is said. ``hybrid`` adds its BM25 by reciprocal rank fusion.

    Its "no answer" is what is left of the probability of the answers it returns; the reader's
    own "no answer" logit is not used, nor are token types passed to the model.
    """

    modes = (Mode.DEFAULT, Mode.ALWAYS)

    def __init__(self, task: Task, *, hybrid: bool) -> None:
        cpu = ComponentDevice.from_str("cpu")
        common: dict[str, Any] = {"model": task.encoder, "device": cpu, "progress_bar": False}
        self._store = InMemoryDocumentStore()
        self._documents = SentenceTransformersDocumentEmbedder(**common)
        self._embedder = SentenceTransformersTextEmbedder(**common)
        self._reader = TransformersExtractiveReader(
            model=task.reader, device=cpu, model_kwargs={"dtype": getattr(torch, task.dtype)}
        )
        depth = 2 * task.top_k if hybrid else task.top_k
        self._dense = InMemoryEmbeddingRetriever(self._store, top_k=depth)
        self._words = InMemoryBM25Retriever(self._store, top_k=depth) if hybrid else None
        self._joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=task.top_k)
        self._pipeline = self._connected()
        self._pipeline.warm_up()
        self._documents.run([Document(content="warm up")])

    def _connected(self) -> Pipeline:
        pipeline = Pipeline()
        pipeline.add_component("embedder", self._embedder)
        pipeline.add_component("dense", self._dense)
        pipeline.add_component("reader", self._reader)
        pipeline.connect("embedder.embedding", "dense.query_embedding")
        if self._words is None:
            pipeline.connect("dense", "reader.documents")
            return pipeline
        pipeline.add_component("words", self._words)
        pipeline.add_component("joiner", self._joiner)
        pipeline.connect("dense", "joiner")
        pipeline.connect("words", "joiner")
        pipeline.connect("joiner", "reader.documents")
        return pipeline

    def index(self, texts: Sequence[str]) -> None:
        """Embed the texts and write them into the store."""
        documents = [Document(content=text, meta={NUMBER: n}) for n, text in enumerate(texts)]
        self._store.write_documents(self._documents.run(documents)["documents"])

    def ask(self, question: str, mode: Mode) -> Said:
        """The first of its answers."""
        reader: dict[str, Any] = {"query": question}
        if mode is Mode.ALWAYS:
            reader |= {"no_answer": False, "top_k": 1}
        inputs: dict[str, Any] = {"embedder": {"text": question}, "reader": reader}
        if self._words is not None:
            inputs["words"] = {"query": question}
        answers = self._pipeline.run(inputs)["reader"]["answers"]
        if not answers or answers[0].data is None:
            return Said()
        best = answers[0]
        offset = best.document_offset
        return Said(best.data, best.document.meta[NUMBER], offset.start, offset.end)

    def search(self, question: str) -> list[int]:
        """The retrieved documents."""
        vector = self._embedder.run(question)["embedding"]
        found = self._dense.run(query_embedding=vector)["documents"]
        if self._words is not None:
            words = self._words.run(query=question)["documents"]
            found = self._joiner.run(documents=[found, words])["documents"]
        return [document.meta[NUMBER] for document in found]
