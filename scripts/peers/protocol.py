"""What the comparison and a peer's process say to each other: records, one JSON line each."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Protocol


class Mode(StrEnum):
    """Whether a system may answer nothing."""

    DEFAULT = "default"
    """As it comes: it may find that the texts hold no answer."""
    ALWAYS = "always"
    """It gives its best answer, however unlikely."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a peer is to work with. ``dtype`` is torch's name for the precision of its reader."""

    peer: str
    encoder: str
    reader: str
    top_k: int
    threads: int
    dtype: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """An answer; ``text`` None: there is none.

    It claims to be ``texts[document][start:end]``; these are None where the peer does not say.
    ``error`` is what it raised instead of answering.
    """

    text: str | None = None
    document: int | None = None
    start: int | None = None
    end: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, the numbers of the texts it was read from, best first, and the time it took."""

    said: Said
    retrieved: tuple[int, ...]
    ms: float


@dataclass(frozen=True, slots=True)
class Ready:
    """The texts are indexed. ``versions`` are ``name version`` of the packages that matter."""

    load_s: float
    index_s: float
    modes: tuple[Mode, ...]
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Questions to answer one by one; ``timed`` False: only to get warm."""

    mode: Mode
    questions: tuple[str, ...]
    timed: bool = True


@dataclass(frozen=True, slots=True)
class Replies:
    """Answers in the order of the questions, and the most memory the process has held, in MB."""

    replies: tuple[Reply, ...]
    peak_memory_mb: int


class Peer(Protocol):
    """A system under comparison, its models loaded and used once."""

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The modes it has."""
        ...

    def index(self, texts: Sequence[str]) -> None:
        """Make the texts searchable."""
        ...

    def ask(self, question: str, mode: Mode) -> Said:
        """Answer one question from the indexed texts."""
        ...

    def search(self, question: str) -> list[int]:
        """The numbers of the texts that ``ask`` reads, best first."""
        ...


def encode(record: Task | Ready | Ask | Replies) -> str:
    """A record as one line of JSON, with its line end."""
    return json.dumps(asdict(record)) + "\n"


def task(line: str) -> Task:
    """The ``Task`` in a line."""
    values = json.loads(line)
    return Task(**values | {"texts": tuple(values["texts"])})


def ready(line: str) -> Ready:
    """The ``Ready`` in a line."""
    values = json.loads(line)
    modes = tuple(Mode(name) for name in values["modes"])
    return Ready(**values | {"modes": modes, "versions": tuple(values["versions"])})


def ask(line: str) -> Ask:
    """The ``Ask`` in a line."""
    values = json.loads(line)
    return Ask(Mode(values["mode"]), tuple(values["questions"]), values["timed"])


def replies(line: str) -> Replies:
    """The ``Replies`` in a line."""
    values = json.loads(line)
    return Replies(tuple(_reply(value) for value in values["replies"]), values["peak_memory_mb"])


def _reply(values: dict[str, Any]) -> Reply:
    return Reply(Said(**values["said"]), tuple(values["retrieved"]), values["ms"])
