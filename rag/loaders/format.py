"""What a format module provides to the registry."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parsed:
    """The text of a file, verbatim, with the title it names itself (None: it names none)."""

    text: str
    title: str | None = None
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file. ``parse`` raises ``LoadError`` with a reason and no file name."""

    media_type: str
    suffixes: tuple[str, ...]
    parse: Callable[[bytes], Parsed]
