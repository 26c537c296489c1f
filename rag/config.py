"""One frozen record of settings, passed explicitly; there is no global state."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from rag.arguments import count
from rag.errors import SettingsError

_CALLED: Mapping[Any, str] = {str: "text", int: "a whole number"}  # the other types are numbers


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set. Empty model names mean the ones that ship with citespan."""

    encoder: str = ""
    reader: str = ""
    dense_candidates: int = 50
    lexical_candidates: int = 100
    top_k: int = 8
    """The most passages that are read for a question."""
    read_within: float = 0.35
    """Passages are read whose retrieval score is at most this far below the best one's."""
    read_until: float = 0.5
    """Further passages are not read where the best answer with this probability; 1: all are."""
    min_confidence: float | None = None
    """Below this probability the answer is "not in these documents"; None: the reader's own."""
    max_alternatives: int = 3
    max_question_chars: int = 2000

    def __post_init__(self) -> None:
        """Refuse values that cannot work."""
        for field in fields(self):
            kind: Any = field.type if field.type in _CALLED else field.type | int
            value = getattr(self, field.name)
            if not isinstance(value, kind) or isinstance(value, bool):
                called = _CALLED.get(field.type, "a number")
                raise SettingsError(f"{field.name} must be {called}, not {value!r}")
        for name in ("dense_candidates", "lexical_candidates", "top_k", "max_question_chars"):
            count(name, getattr(self, name))
        if self.max_alternatives < 0:
            raise SettingsError(f"max_alternatives must be at least 0, not {self.max_alternatives}")
        if not self.read_within >= 0:
            raise SettingsError(f"read_within must be at least 0, not {self.read_within}")
        if not 0 <= self.read_until <= 1:
            raise SettingsError(f"read_until must lie in 0..1, not {self.read_until}")
        if self.min_confidence is not None and not 0 <= self.min_confidence <= 1:
            raise SettingsError(f"min_confidence must lie in 0..1, not {self.min_confidence}")

    def threshold(self, own: float) -> float:
        """The probability to answer from: ``min_confidence``, or else the reader's ``own``."""
        return own if self.min_confidence is None else self.min_confidence

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Settings":
        """Settings from plain values; an unknown key is a ``SettingsError``."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise SettingsError(
                f"unknown setting {', '.join(unknown)}; known are {', '.join(sorted(known))}"
            )
        return cls(**values)

    @classmethod
    def from_file(cls, path: Path | str) -> "Settings":
        """Settings from a TOML file; whatever is wrong with it is a ``SettingsError``."""
        try:
            return cls.from_mapping(tomllib.loads(Path(path).read_text("utf-8-sig")))
        except SettingsError as error:
            raise SettingsError(f"{path}: {error}") from error
        except (OSError, ValueError) as error:  # the latter of what is no TOML, and of its name
            raise SettingsError(f"{path}: {error}; expected a TOML file of settings") from error


def data_home() -> Path:
    """Where stores live by default: ``CITESPAN_HOME``, else the user's cache folder; absolute.

    Raises:
        SettingsError: neither is set, and the user has no home.
    """
    if home := os.environ.get("CITESPAN_HOME"):
        return Path(home).absolute()
    cache = os.environ.get("XDG_CACHE_HOME")
    if cache:
        return Path(cache).absolute() / "citespan"
    try:
        return Path.home() / ".cache" / "citespan"
    except RuntimeError as error:
        raise SettingsError(
            "this user has no home folder; set CITESPAN_HOME to a folder for the indexes"
        ) from error


def seeds_folder() -> Path:
    """The default corpus: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent / "seeds"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "seeds"
