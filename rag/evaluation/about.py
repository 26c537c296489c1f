"""What a report was measured with, so that it can be told and measured again."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import rag
from rag.answerer import Answerer
from rag.encoder import sha256_of
from rag.evaluation.records import Qrels, Question
from rag.models import SENTENCE, SHIPPED
from rag.types import Document

_WEIGHTS = ("*.safetensors", "*.bin")
_FILES = ("config.json", "tokenizer*", "vocab*", "merges.txt", "*_tokens*.json", "*.model")


@dataclass(frozen=True, slots=True)
class About:
    """What was evaluated; None where a report has no such thing.

    ``questions`` is the name of the question set's file, ``documents`` the size of the corpus,
    ``errors`` are the rows that were faulty. ``began`` is when the run began, in UTC; ``limit`` is
    that of the questions, ``corpus`` are the names of the files and folders that were given to
    answer from (none: those that came with the questions). ``calibration`` is the reader's own.
    ``checksums`` are of what the figures follow from: see ``checksums``.
    """

    questions: str
    documents: int | None
    errors: tuple[str, ...] = ()
    began: str | None = None
    limit: int | None = None
    gold_passages: bool = False
    corpus: tuple[str, ...] = ()
    encoder: str | None = None
    reader: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, float] = field(default_factory=dict)
    checksums: Mapping[str, str | None] = field(default_factory=dict)


def about(
    answerer: Answerer,
    name: str,
    questions: Sequence[Question],
    documents: Collection[Document],
    errors: Iterable[object],
    qrels: Qrels | None = None,
) -> About:
    """What an answerer was asked: the questions of the set ``name``, of these documents."""
    found = checksums(answerer, questions, documents, qrels)
    return About(
        questions=name,
        documents=len({document.id for document in documents}),
        errors=tuple(map(str, errors)),
        encoder=answerer.encoder.fingerprint,
        reader=answerer.reader.fingerprint,
        settings=asdict(answerer.settings),
        calibration=asdict(answerer.calibration),
        checksums=found,
    )


def checksums(
    answerer: Answerer,
    questions: Sequence[Question],
    documents: Iterable[Document],
    qrels: Qrels | None = None,
) -> dict[str, str | None]:
    """What the figures follow from, each by a SHA-256 in hex.

    ``questions`` with their gold answers or judgements, ``documents`` by their texts, kinds and
    titles, ``encoder`` the id of its weights (16 digits), ``reader`` its file of weights (as
    sha256sum says; of several files, of their sums in order; None: it has none),
    ``reader_files`` its configuration and tokenizer, ``program`` the source of ``rag``. The
    calibration is none of them: a report tells its numbers.
    """
    asked = [[asdict(one), qrels and sorted(qrels[one.id].items())] for one in questions]
    return {
        "questions": _sha256(json.dumps(asked)),
        "documents": _sha256("\n".join(sorted({_told(document) for document in documents}))),
        "encoder": answerer.encoder.fingerprint.partition("@")[2] or None,
        "reader": _reader(answerer.settings.reader, _WEIGHTS),
        "reader_files": _reader(answerer.settings.reader, _FILES),
        "program": program(),
    }


def _told(document: Document) -> str:
    """What of a document answers follow from: its title is read, its kind tells how to split it."""
    return f"{document.sha256} {document.media_type} {document.title}"


def program() -> str:
    """SHA-256 of the source of ``rag``: the sums of its modules, in order."""
    folder = Path(rag.__file__).parent
    sources = sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).parts)
    return _sha256("\n".join(map(sha256_of, sources)))


def program_version() -> str | None:
    """The version of citespan; None: it is used without having been installed."""
    try:
        return version("citespan")
    except PackageNotFoundError:
        return None


def now() -> str:
    """The time in UTC, to the second, as ISO 8601 writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _reader(name: str, kinds: Sequence[str]) -> str | None:
    """The sum of a reader's file, or of the sums of several; None: it has none."""
    folder = Path(name) if name else SHIPPED
    if name == SENTENCE:
        return None
    sums = [sha256_of(path) for kind in kinds for path in sorted(folder.glob(kind))]
    if len(sums) > 1:
        return _sha256("\n".join(sums))
    return sums[0] if sums else None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
