"""Retriever, reader and calibration put together: question in, cited answer out."""

import copy
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from rag import citations
from rag.calibration import Calibration
from rag.candidates import merge
from rag.config import Settings
from rag.encoder import Encoder, SentenceTransformerEncoder
from rag.errors import QuestionError
from rag.ingest import AddReport, Progress, add_files
from rag.models import SENTENCE, load_reader
from rag.reader import Reader
from rag.retriever import Retriever
from rag.sentence_reader import asks_for_sentence
from rag.snapshot import Snapshot
from rag.store import Store
from rag.types import Answer, Hit

NEAREST = 3  # passages shown with "not in these documents"


class Answerer:
    """Answers questions about the documents of one store. Safe to share between threads."""

    def __init__(
        self,
        store: Store,
        settings: Settings | None = None,
        *,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
    ) -> None:
        """Load the models that the settings name, or take the ones given.

        Raises:
            ModelError: a model cannot be loaded.
            ModelMismatch: the store was made with another encoder.
        """
        self.store = store
        self.settings = settings or Settings()
        self.encoder = encoder or SentenceTransformerEncoder(self.settings.encoder)
        self.retriever = Retriever(store, self.encoder, self.settings)
        self.reader, self.calibration = load_reader(self.settings.reader, self.encoder)
        if reader is not None:
            self.reader = reader
        self._sentences, self._sentence_calibration = load_reader(SENTENCE, self.encoder)

    def ask(
        self,
        question: str,
        *,
        documents: Collection[str] | None = None,
        top_k: int | None = None,
    ) -> Answer:
        """The answer in the documents' own words, or ``text is None`` where they do not hold it.

        ``documents`` restricts the search to some document ids, ``top_k`` is the number of
        passages that are read.

        Raises:
            QuestionError: the question is empty or too long.
            StoreError: the store cannot be read.
        """
        return self.ask_many([question], documents=documents, top_k=top_k)[0]

    def ask_many(
        self,
        questions: Sequence[str],
        *,
        documents: Collection[str] | None = None,
        top_k: int | None = None,
    ) -> list[Answer]:
        """``ask`` for several questions at once, in order, all from one state of the store."""
        asked = [self._checked(question) for question in questions]
        if not asked:
            return []
        with self.store.snapshot() as snapshot:
            began = time.perf_counter()
            found = self.retriever.retrieve_many(asked, top_k or self.settings.top_k, documents)
            retrieval = 1000 * (time.perf_counter() - began) / len(asked)
            answers = [
                self._answer(question, hits, snapshot, retrieval)
                for question, hits in zip(asked, found, strict=True)
            ]
        self.retriever.save_index()
        return answers

    def search(
        self,
        question: str,
        *,
        documents: Collection[str] | None = None,
        top_k: int | None = None,
    ) -> list[Hit]:
        """The passages that ``ask`` would read, best first, with the ranks of both searches.

        Raises:
            QuestionError: the question is empty or too long.
            StoreError: the store cannot be read.
        """
        limit = top_k or self.settings.top_k
        return self.retriever.retrieve(self._checked(question), limit, documents)

    def over(self, store: Store) -> "Answerer":
        """An answerer over another store that shares this one's models.

        Raises:
            ModelMismatch: the store was made with another encoder.
        """
        other = copy.copy(self)
        other.store = store
        other.retriever = Retriever(store, self.encoder, self.settings)
        return other

    def add(self, paths: Sequence[Path], progress: Progress | None = None) -> AddReport:
        """Load files and folders into the store; a file that fails is reported, the rest goes on.

        ``progress`` is called with each file, the number of files done and the number of files.

        Raises:
            LoadError: a path does not exist.
            StoreError: the store cannot be written; what was stored stays.
        """
        return add_files(self.store, self.encoder, paths, progress)

    def _checked(self, question: str) -> str:
        question = " ".join(question.split())
        if not any(character.isalnum() for character in question):
            raise QuestionError("the question is empty; ask something in words")
        if len(question) > self.settings.max_question_chars:
            raise QuestionError(
                f"the question has {len(question):,} characters, at most "
                f"{self.settings.max_question_chars:,} are read; make it shorter"
            )
        return question

    def _answer(
        self, question: str, hits: Sequence[Hit], snapshot: Snapshot, retrieval: float
    ) -> Answer:
        began = time.perf_counter()
        candidates = merge(self.reader.read(question, hits), self.calibration)
        given = [c for c in candidates if c.confidence >= self._threshold(self.calibration)]
        if not given and asks_for_sentence(question):
            sentences = merge(self._sentences.read(question, hits), self._sentence_calibration)
            threshold = self._threshold(self._sentence_calibration)
            given = [c for c in sentences if c.confidence >= threshold]
        read = 1000 * (time.perf_counter() - began)
        source = citations.Sources(snapshot)
        cited = tuple(source.quoted(given[0])) if given else tuple(source.nearest(hits[:NEAREST]))
        others = given[1:] if given else candidates
        alternatives = source.alternatives(others[: self.settings.max_alternatives], len(cited))
        best = (given or candidates)[:1]
        return Answer(
            question=question,
            text=cited[0].quote if given else None,
            sentence=source.sentence(given[0].spans[0]) if given else None,
            confidence=best[0].confidence if best else 0.0,
            citations=cited,
            alternatives=tuple(alternatives),
            timings_ms={
                "retrieve": retrieval,
                "read": read,
                "total": retrieval + 1000 * (time.perf_counter() - began),
            },
            store_version=snapshot.version,
        )

    def _threshold(self, calibration: Calibration) -> float:
        chosen = self.settings.min_confidence
        return calibration.threshold if chosen is None else chosen
