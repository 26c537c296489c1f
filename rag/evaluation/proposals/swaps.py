"""Answerable questions made unanswerable: one entity becomes one that no document names."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.evaluation.proposals.lexicon import (
    CITIES,
    COUNTRIES,
    FIRST_NAMES,
    LAST_NAMES,
    WITH_ARTICLE,
)
from rag.evaluation.proposals.mentions import DATE, Kind, names

_ARTICLE = re.compile(r"\bthe $")
_YEAR = re.compile(r"\d{4}")
_YEARS_AWAY = [*range(-40, -2), *range(3, 41)]


@dataclass(frozen=True, slots=True)
class Swap:
    """A question in which ``new`` stands for ``old``."""

    question: str
    old: str
    new: str


class Absent:
    """Knows what no document says. Every entity is used as rarely as possible."""

    def __init__(self, texts: Sequence[str], seen: frozenset[str], chance: random.Random) -> None:
        """``seen`` as in ``mentions.names``; ``chance`` draws the order of the entities."""
        self._seen = seen
        self._all = "\n".join(texts).lower()
        years = [int(found[0][-4:]) for text in texts for found in DATE.finditer(text)]
        self._latest = max(years, default=0)
        last = [name for name in LAST_NAMES if not self._says(name)]
        persons = [f"{first} {name}" for name in last for first in FIRST_NAMES]
        self._pools = {
            Kind.PERSON: persons,
            Kind.COUNTRY: [name for name in COUNTRIES if not self._says(name)],
            Kind.CITY: [name for name in CITIES if not self._says(name)],
        }
        for pool in self._pools.values():
            chance.shuffle(pool)
        self._chance = chance

    def swap(self, question: str) -> Swap | None:
        """The question with its last entity swapped; None where it names none of a known kind."""
        for mention in reversed(list(names(question, self._seen))):
            pool = self._pools.get(mention.kind)
            if pool and mention.start:
                pool.append(pool.pop(0))
                return _swap(question, mention.start, mention.end, pool[-1])
        for found in DATE.finditer(question):
            if (year := _YEAR.search(question, *found.span())) and (new := self._year(year[0])):
                return _swap(question, *year.span(), new)
        return None

    def _year(self, old: str) -> str | None:
        """A year near the old one, and not after the latest that the documents name."""
        years = [int(old) + away for away in self._chance.sample(_YEARS_AWAY, len(_YEARS_AWAY))]
        past = [str(year) for year in years if year <= self._latest]
        return next((year for year in past if not self._says(year)), None)

    def _says(self, name: str) -> bool:
        return name.lower() in self._all


def _swap(question: str, start: int, end: int, new: str) -> Swap:
    before, old = question[:start], question[start:end]
    if old in COUNTRIES:
        before = f"{_ARTICLE.sub('', before)}{'the ' if new in WITH_ARTICLE else ''}"
    return Swap(f"{before}{new}{question[end:]}", old, new)
