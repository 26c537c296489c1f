"""Retriever, reader and calibration put together: question in, cited answer out."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag import arguments
from rag.calibration import Calibration
from rag.citations import Sources
from rag.composer import NEAREST, Composer
from rag.config import Settings
from rag.early_exit import read_enough, settled, worth_reading
from rag.encoder import Encoder, SentenceTransformerEncoder
from rag.filters import Filter
from rag.forked import refuse_forked
from rag.ingest import AddReport, Progress, add_files, remove_files
from rag.loaders import PathLike, as_paths
from rag.models import load_reader
from rag.reader import Reader
from rag.reranking import rerank
from rag.retriever import Retriever
from rag.snapshot import Snapshot
from rag.store import Store
from rag.types import Answer, Hit, Reading

ASKED_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where to look, the most passages to read, and how many to rank (0: as many)."""

    documents: Collection[str] | None
    where: Mapping[str, str] | None
    read: int
    depth: int = 0


@dataclass(frozen=True, slots=True)
class _Retrieved:
    """What was retrieved for a question, in the order of reading, and how long it took.

    The first ``read`` of ``ranked`` were read.
    """

    ranked: list[Hit]
    read: int
    reading: Reading
    times: Mapping[str, float]


class Answerer:
    """Answers questions about the documents of one store. Safe to share between threads."""

    def __init__(
        self,
        store: Store,
        settings: Settings | None = None,
        *,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        """Load the models that the settings name, or take the ones given.

        A ``reader`` comes with its ``calibration``; without one its own log-odds are believed.

        Raises:
            ModelError: a model cannot be loaded.
            ModelMismatch: the store was made with another encoder.
        """
        self.store = store
        self.settings = settings or Settings()
        self.encoder = encoder or SentenceTransformerEncoder(self.settings.encoder)
        self.retriever = Retriever(store, self.encoder, self.settings)
        if reader is None:
            self.reader, self.calibration = load_reader(self.settings.reader, self.encoder)
        else:
            self.reader, self.calibration = reader, calibration or Calibration()
        self._settled = settled(self.settings, self.calibration)
        self._composer = Composer(self.settings, self.calibration, self.encoder)

    def ask(
        self,
        question: str,
        *,
        documents: Collection[str] | None = None,
        where: Mapping[str, str] | None = None,
        top_k: int | None = None,
    ) -> Answer:
        """The answer in the documents' own words, or ``text is None`` where they do not hold it.

        ``documents`` restricts the search to some document ids, ``where`` to documents with all
        these metadata; ``top_k`` is the most passages that are read.

        Raises:
            QuestionError: the question is empty or too long, or no document has the ids or a key.
            SettingsError: ``top_k`` is no whole number, or below 1.
            StoreError: the store cannot be read.
        """
        return self.ask_many([question], documents=documents, where=where, top_k=top_k)[0]

    def ask_many(
        self,
        questions: Sequence[str],
        *,
        documents: Collection[str] | None = None,
        where: Mapping[str, str] | None = None,
        top_k: int | None = None,
    ) -> list[Answer]:
        """``ask`` for several questions at once, in order, all from one state of the store."""
        scope = _Scope(documents, where, self._most(top_k))
        return [answer for answer, *_ in self._ask(questions, scope)]

    def ask_ranked(
        self, questions: Sequence[str], depth: int
    ) -> list[tuple[Answer, list[Hit], int]]:
        """For each question its answer, its ``depth`` best passages and how many were read.

        The passages are in the order of ``search``; read were the first ones of the order before.
        """
        return self._ask(questions, _Scope(None, None, self.settings.top_k, depth))

    def ask_steps(
        self,
        question: str,
        *,
        documents: Collection[str] | None = None,
        where: Mapping[str, str] | None = None,
        top_k: int | None = None,
    ) -> Iterator[Sequence[Hit] | Answer]:
        """``ask`` in two steps: first the passages, then the answer.

        Raises, when the first step is asked for:
            QuestionError: the question is empty or too long, or no document has the ids or a key.
            SettingsError: ``top_k`` is no whole number, or below 1.
            StoreError: the store cannot be read.
        """
        (asked,) = self._checked([question])
        scope = _Scope(documents, where, self._most(top_k))
        began = time.perf_counter()
        with self.store.snapshot() as snapshot:
            version = snapshot.version
            found = self._retrieve([asked], scope)
        retrieved = time.perf_counter()
        yield found[0]  # outside of the snapshot: the thread may do other things meanwhile
        began += time.perf_counter() - retrieved  # the caller's own time is not counted
        with self.store.snapshot() as snapshot:
            if snapshot.version != version:
                found = self._retrieve([asked], scope)
            read = self._read([asked], found, scope, began)[0]
            answer = self._composed(asked, read, snapshot, scope)
        self.retriever.save_indexes()
        yield answer

    def search(
        self,
        question: str,
        *,
        documents: Collection[str] | None = None,
        where: Mapping[str, str] | None = None,
        top_k: int | None = None,
    ) -> list[Hit]:
        """The ``top_k`` best passages, best first.

        Those that ``ask`` reads are read, whatever ``top_k`` is, and ordered by what the reader
        finds in them too.

        Raises:
            QuestionError: the question is empty or too long, or no document has the ids or a key.
            SettingsError: ``top_k`` is no whole number, or below 1.
            StoreError: the store cannot be read.
        """
        limit = self.settings.top_k
        scope = _Scope(documents, where, limit, self._most(top_k))
        return self._search([question], scope)[0]

    def search_many(self, questions: Sequence[str], depth: int) -> list[list[Hit]]:
        """``search`` for the ``depth`` best passages of several questions at once, in order."""
        return self._search(questions, _Scope(None, None, self.settings.top_k, depth))

    def over(self, store: Store, settings: Settings | None = None) -> "Answerer":
        """An answerer over another store, or with other settings, that shares this one's models.

        What ``settings`` call the models is not looked at.

        Raises:
            ModelMismatch: the store was made with another encoder.
        """
        return Answerer(
            store,
            settings or self.settings,
            encoder=self.encoder,
            reader=self.reader,
            calibration=self.calibration,
        )

    def add(
        self, paths: PathLike | Sequence[PathLike], progress: Progress | None = None
    ) -> AddReport:
        """Load files and folders into the store; a file that fails is reported, the rest goes on.

        ``progress`` is called with each file, the number of files done and the number of files.

        Raises:
            LoadError: a path does not exist, or is empty.
            StoreError: the store cannot be written; what was stored stays.
        """
        refuse_forked()
        report = add_files(self.store, self.encoder, as_paths(paths), progress)
        self.retriever.prepare()  # no question waits for the index
        return report

    def remove(self, path: PathLike) -> bool:
        """Forget a file, or all files in a folder, gone or not; False where none was known.

        Raises:
            LoadError: the path is empty.
            StoreError: the store cannot be written.
        """
        refuse_forked()
        found = remove_files(self.store, self.encoder, as_paths(path))
        self.retriever.prepare()
        return found

    def _most(self, top_k: int | None) -> int:
        """How many passages are asked for."""
        return self.settings.top_k if top_k is None else arguments.count("top_k", top_k)

    def _checked(self, questions: Sequence[str]) -> list[str]:
        return arguments.questions(questions, self.settings.max_question_chars)

    def _ask(self, questions: Sequence[str], scope: _Scope) -> list[tuple[Answer, list[Hit], int]]:
        asked = self._checked(questions)
        with self.store.snapshot() as snapshot:
            answers = [
                (self._composed(question, found, snapshot, scope), found.ranked, found.read)
                for question, found in zip(asked, self._find(asked, scope), strict=True)
            ]
        self.retriever.save_indexes()
        return answers

    def _search(self, questions: Sequence[str], scope: _Scope) -> list[list[Hit]]:
        asked = self._checked(questions)
        with self.store.snapshot():
            ranked = [found.ranked[: scope.depth] for found in self._find(asked, scope)]
        self.retriever.save_indexes()
        return ranked

    def _find(self, asked: Sequence[str], scope: _Scope) -> Iterator[_Retrieved]:
        """What each question's passages are and say; call it inside a snapshot."""
        for begin in range(0, len(asked), ASKED_AT_ONCE):
            some = asked[begin : begin + ASKED_AT_ONCE]
            began = time.perf_counter()
            yield from self._read(some, self._retrieve(some, scope), scope, began)

    def _retrieve(self, questions: Sequence[str], scope: _Scope) -> list[list[Hit]]:
        refuse_forked()  # whatever encoder is given
        depth = max(scope.read, scope.depth)
        return self.retriever.retrieve_many(questions, depth, scope.documents, scope.where)

    def _read(
        self,
        questions: Sequence[str],
        found: Sequence[Sequence[Hit]],
        scope: _Scope,
        began: float,
    ) -> list[_Retrieved]:
        """Read and rank; each question is told its share of the time since ``began``."""
        retrieved = time.perf_counter()
        within = self.settings.read_within
        near = [worth_reading(hits, scope.read, within) for hits in found]
        readings = read_enough(self.reader, questions, near, self._settled)
        share = 1000 / len(questions)
        times = {
            "retrieve": share * (retrieved - began),
            "read": share * (time.perf_counter() - retrieved),
        }
        return [
            _Retrieved(rerank(hits, reading.spans, self.calibration), read, reading, times)
            for hits, (reading, read) in zip(found, readings, strict=True)
        ]

    def _composed(
        self, question: str, found: _Retrieved, snapshot: Snapshot, scope: _Scope
    ) -> Answer:
        read = found.ranked[: found.read]
        near = found.ranked[:NEAREST]
        source = Sources(snapshot, Filter.of(where=scope.where))
        return self._composer.compose(question, read, near, found.reading, source, found.times)
