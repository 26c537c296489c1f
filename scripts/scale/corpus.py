"""A large corpus made of a small one: sentences recombined, vectors spread around real ones."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag import Store
from rag.config import seeds_folder
from rag.encoder import Encoder, Vectors
from rag.errors import StoreError
from rag.evaluation.datasets import read_set
from rag.loaders import find_files, load_file, make_document
from rag.sentences import sentences

SPREAD = 0.5
"""Noise around a real vector, in units of the real vectors' own covariance."""
SENTENCES = 4  # a passage
PASSAGES = 50  # a document
AT_ONCE = 10_000  # passages; their random numbers depend on the chunk alone, so sizes share a start
SHELVES = 10  # values of the metadata that a filter is timed with
EMBEDDED = 2000  # real passages at most

SEED_QUESTIONS = (
    "Who urged caution?",
    "What has Russia advocated?",
    "When was the agreement between Seoul and Pyongyang outlined?",
    "Who won the 2018 World Cup?",
    "What remains a tool of pressure?",
)


@dataclass(frozen=True, slots=True)
class Source:
    """What a corpus is made of."""

    sentences: tuple[str, ...]
    vectors: Vectors  # (passages, dimension): of real passages
    questions: tuple[str, ...]
    question_vectors: Vectors  # (questions, dimension)


def recombined(passages: int) -> Iterator[str]:
    """Passages of five sentences each, drawn from the seeds with a fixed seed."""
    texts = [load_file(path).text for path in find_files([seeds_folder()])]
    pool = [text[a:b] for text in texts for a, b in sentences(text)]
    rng = np.random.default_rng(0)
    for number in range(passages):
        yield f"{' '.join(rng.choice(pool, 5))} {number}."


def source(
    encoder: Encoder, file: Path | None, questions: int, store: Path | None = None
) -> Source:
    """Sentences, vectors and questions of a question set; by default of the seeds.

    From a ``store`` come its sentences and all its vectors instead, without embedding.
    """
    if file is None:
        texts = [load_file(path).text for path in find_files([seeds_folder()])]
        asked: Sequence[str] = SEED_QUESTIONS
        real = [text[a:b] for text in texts for a, b in sentences(text)]
    else:
        read = read_set(file)
        texts = real = [document.text for document in read.documents]
        asked = [question.text for question in read.questions]
    rng = np.random.default_rng(0)
    real = [real[row] for row in rng.permutation(len(real))[:EMBEDDED]]
    asked = [asked[row] for row in rng.permutation(len(asked))[:questions]]
    if store is None:
        vectors = encoder.encode_passages(real)
    else:
        texts, vectors = _stored(store, encoder)
    return Source(
        tuple(text[a:b] for text in texts for a, b in sentences(text)),
        vectors,
        tuple(asked),
        encoder.encode_questions(asked),
    )


def _stored(folder: Path, encoder: Encoder) -> tuple[list[str], Vectors]:
    """The texts of a store's documents, and the vectors of all its passages."""
    with Store(folder) as store, store.snapshot() as snapshot:
        store.require_encoder(encoder)
        found = (snapshot.document(info.id) for info in snapshot.documents())
        texts = [document.text for document in found if document is not None]
        parts = [vectors for _, vectors in snapshot.vectors(encoder.dimension)]
    if not parts:
        raise StoreError(f"{folder} holds no passages; index some documents into it")
    return texts, np.concatenate(parts)


def chunks(made_of: Source, passages: int) -> Iterator[tuple[list[str], Vectors]]:
    """Texts and vectors of the first ``passages`` passages, some thousand at once."""
    real = made_of.vectors
    pull = np.linalg.cholesky(np.cov(real.T) + 1e-6 * np.eye(real.shape[1])).astype(np.float32)
    for begin in range(0, passages, AT_ONCE):
        rng = np.random.default_rng(begin)
        picked = rng.integers(len(made_of.sentences), size=(AT_ONCE, SENTENCES))
        noise = rng.standard_normal((AT_ONCE, real.shape[1]), dtype=np.float32) @ pull.T
        vectors = real[rng.integers(len(real), size=AT_ONCE)] + SPREAD * noise
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        count = min(AT_ONCE, passages - begin)
        texts = [
            f"{' '.join(made_of.sentences[row] for row in rows)} {begin + number}."
            for number, rows in enumerate(picked[:count].tolist())
        ]
        yield texts, vectors[:count].astype(np.float16).astype(np.float32)


def fill(folder: Path, made_of: Source, passages: int, fingerprint: str) -> None:
    """Make a store of this corpus, as ``Store.add`` would but without embedding.

    The rows are written past the API: a million of them take minutes instead of hours.
    """
    Store(folder).close()
    with closing(sqlite3.connect(folder / "store.sqlite", isolation_level=None)) as connection:
        connection.executescript(
            "PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON; PRAGMA cache_size = -200000;"
        )
        connection.execute("BEGIN")
        connection.execute("INSERT INTO meta VALUES ('encoder', ?)", (fingerprint,))
        for texts, vectors in chunks(made_of, passages):
            for begin in range(0, len(texts), PASSAGES):
                some = slice(begin, begin + PASSAGES)
                _insert(connection, texts[some], vectors[some])
        connection.execute("UPDATE meta SET value = '1' WHERE key = 'version'")
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _insert(connection: sqlite3.Connection, texts: Sequence[str], vectors: Vectors) -> None:
    text = "\n\n".join(texts)
    shelf = {"shelf": str(len(text) % SHELVES)}
    document = make_document(text, "", texts[0][-40:], "text/plain", metadata=shelf)
    connection.execute(
        "INSERT INTO documents (id, title, text, sha256, media_type, pages, metadata, added) "
        "VALUES (?, ?, ?, ?, ?, '[]', ?, '2000-01-01T00:00:00+00:00')",
        (
            document.id,
            "",
            document.text,
            document.sha256,
            document.media_type,
            json.dumps(dict(document.metadata)),
        ),
    )
    connection.execute("INSERT INTO sources VALUES (?, ?)", (document.source, document.id))
    ends = np.cumsum([len(part) + 2 for part in texts]).tolist()
    connection.executemany(
        "INSERT INTO passages (document_id, start, stop, text, vector) VALUES (?, ?, ?, ?, ?)",
        (
            (document.id, end - 2 - len(part), end - 2, part, vector.astype("<f2").tobytes())
            for part, end, vector in zip(texts, ends, vectors, strict=True)
        ),
    )
