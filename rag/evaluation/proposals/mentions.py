"""Dates, quantities and names in a text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rag.dates import MONTHS
from rag.evaluation.proposals.lexicon import (
    CITIES,
    CLAUSE_WORDS,
    COUNTRIES,
    DETERMINERS,
    FIRST_NAMES,
    KINDS,
    NUMBERS,
    POINTING,
    PREPOSITIONS,
    TITLES,
    words,
)


class Kind(StrEnum):
    """What a mention names."""

    DATE = "date"
    QUANTITY = "quantity"
    PERSON = "person"
    COUNTRY = "country"
    CITY = "city"
    THING = "thing"
    """A name whose last word says what it is, such as a bridge; ``Mention.noun``."""
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Mention:
    """``text[start:end]`` names something. ``noun`` is what is counted, or the kind of thing."""

    kind: Kind
    start: int
    end: int
    noun: str = ""


_MONTH = rf"(?:{'|'.join(MONTHS)})"
_YEAR = r"(?:1[0-9]\d\d|20\d\d)"
DATE = re.compile(
    rf"(?<![-–—/.,\w])(?:\d{{1,2}} {_MONTH} {_YEAR}|{_MONTH} \d{{1,2}},? {_YEAR}|{_MONTH} {_YEAR}|"
    rf"(?:late |early )?{_YEAR})\b(?![-–/]\d|s\b|,\d|\.\d)"
)
_NUMBER = (
    rf"(?:(?<![\w$€£.,])\d{{1,3}}(?:,\d{{3}})+|(?<![\w$€£.,])\d+(?:\.\d+)?|"
    rf"\b(?:{'|'.join(NUMBERS)})(?:-\w+)?\b)(?: (?:hundred|thousand|million|billion))?"
)
_PLURALS = "people|men|women|children"
_QUANTITY = re.compile(
    rf"(?P<number>{_NUMBER}) (?P<noun>(?:[a-z]+ ){{0,2}}?(?:[a-z]+[^s\W]s|{_PLURALS}))\b",
    re.IGNORECASE,
)
_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w’'&-]*(?<!['’])"
_NAME = re.compile(
    rf"{_CAPITAL}(?: (?:(?:of|of the|de|von|van|der|del|di|da|la) )?"
    rf"(?:{_CAPITAL}|[A-Z]\.(?= [A-Z])))*"
)
_POSSESSIVE = re.compile(r"[’']s?$")
_NOT_IN_NAMES = DETERMINERS | POINTING | PREPOSITIONS | CLAUSE_WORDS
_MONTH_NAMES = frozenset(MONTHS)


def dates(text: str) -> Iterator[Mention]:
    """Years, months with a year, and whole dates."""
    for found in DATE.finditer(text):
        yield Mention(Kind.DATE, *found.span())


def quantities(text: str) -> Iterator[Mention]:
    """Numbers with the plural that they count; the number alone is the mention."""
    for found in _QUANTITY.finditer(text):
        bare = found["number"].replace(",", "")
        looks_like_year = bare.isdigit() and len(bare) == 4 and "," not in found["number"]
        counted = _NOT_IN_NAMES.isdisjoint(found["noun"].lower().split())
        if counted and not looks_like_year:
            yield Mention(Kind.QUANTITY, *found.span("number"), noun=found["noun"])


def names(text: str, seen: frozenset[str] = frozenset()) -> Iterator[Mention]:
    """Runs of capitalised words.

    ``seen`` are names that stand inside sentences of the same documents: the first word of a
    sentence is capitalised anyway, and a last name alone is a person's who was named in full.
    """
    for found in _NAME.finditer(text):
        start, words_ = found.start(), found[0].split(" ")
        while words_ and words_[0].lower() in _NOT_IN_NAMES:
            start += len(words_.pop(0)) + 1
        name = _POSSESSIVE.sub("", " ".join(words_))
        if len(name) < 3 or words_[0] in _MONTH_NAMES:
            continue
        if found.start() == 0 and start == 0 and not _surely_named(name, seen):
            continue
        kind, noun = _kind(name, text[:start], seen)
        yield Mention(kind, start, start + len(name), noun)


def _surely_named(name: str, seen: frozenset[str]) -> bool:
    """Whether a run at the start of a sentence is a name, and not just capitalised."""
    first, *others = name.split()
    if name in seen or name in COUNTRIES or name in CITIES or first in FIRST_NAMES:
        return True
    if others and others[0][0].isupper():
        return True
    return first in TITLES if others else first.lower() not in words()


def _kind(name: str, before: str, seen: frozenset[str]) -> tuple[Kind, str]:
    if name in COUNTRIES:
        return Kind.COUNTRY, "country"
    if name in CITIES:
        return Kind.CITY, "city"
    head = re.split(r" (?:of|de|del|di|da|la)\b", name)[0].split()[-1].lower()
    if head in KINDS and " " in name:
        return Kind.THING, head
    parts = name.split()
    title = before.split()[-1:] and before.rsplit(maxsplit=1)[-1].rstrip(".") in TITLES
    if title or parts[0] in TITLES or (len(parts) > 1 and parts[0] in FIRST_NAMES):
        return Kind.PERSON, ""
    return (Kind.PERSON if name in _last_names(seen) else Kind.NAME), ""


@lru_cache(1)
def _last_names(seen: frozenset[str]) -> frozenset[str]:
    """What follows a first name in a name that was seen."""
    split = (name.partition(" ") for name in seen)
    return frozenset(last for first, _, last in split if last and first in FIRST_NAMES)
