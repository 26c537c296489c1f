"""Spans of several passages to distinct candidate answers, best first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.calibration import LEAD_CAP, Calibration
from rag.dates import date_of
from rag.types import Bearing, Span

_AROUND = ".,;:!?\"'“”‘’"
_MARKS = re.compile(r"\*\*|~~|`|(?<=\n)(?:>[ \t]?)+")
_EMPHASIS = re.compile(r"(?<![\w*])\*([^\s*](?:[^*]*[^\s*])?)\*(?![\w*])")
_MILLI = re.compile(r"\d\s?m(?:Wh?|V|A|Hz|Pa|J)\b")  # without its case it would be a million


@dataclass(frozen=True, slots=True)
class Candidate:
    """One answer text; ``spans`` are where it stands, with ``log_odds`` each, best first.

    ``lead`` is the distance of its log-odds from those of the best other answer, ``standing`` is
    what answers are ordered by.
    """

    confidence: float
    log_odds: tuple[float, ...]
    lead: float
    standing: float
    spans: tuple[Span, ...]


def merge(spans: Sequence[Span], calibration: Calibration) -> list[Candidate]:
    """Group spans by what they say; overlapping ones give way to the more probable.

    Of spans that overlap in one document only the most probable is kept, so that "2021" and
    "a 2021 agreement" are one answer and not two. That an answer is a near miss makes it less
    probable, but the one behind it no better: the order is that of their standing.
    """
    scored = sorted(
        ((calibration.log_odds(span), span) for span in spans),
        key=lambda pair: (-pair[0], pair[1].hit.rank, pair[1].start, pair[1].end),
    )
    groups: dict[str, list[tuple[float, Span]]] = {}
    kept: list[Span] = []
    for log_odds, span in scored:
        if not any(overlap(span, other) for other in kept):
            kept.append(span)
            groups.setdefault(_key(span), []).append((log_odds, span))
    best = [group[0][0] for group in groups.values()]  # falling, as the spans were sorted
    candidates = []
    for place, group in enumerate(groups.values()):
        lead = _lead(best, place) if len(best) > 1 else calibration.alone
        log_odds_of, spans_of = zip(*group, strict=True)
        standing = calibration.standing(log_odds_of, lead)
        confidence = calibration.probability(standing, stray=spans_of[0].stray)
        candidates.append(Candidate(confidence, log_odds_of, lead, standing, spans_of))
    return sorted(candidates, key=lambda candidate: -candidate.standing)


def _lead(best: Sequence[float], place: int) -> float:
    """How far one answer's log-odds are above those of the best other, within the cap."""
    lead = best[place] - best[1 if place == 0 else 0]
    return max(-LEAD_CAP, min(LEAD_CAP, lead))


def overlap(one: Span | Bearing, other: Span | Bearing) -> bool:
    """Whether two runs share characters of a document."""
    return (
        one.hit.passage.document_id == other.hit.passage.document_id
        and one.start < other.end
        and other.start < one.end
    )


def _key(span: Span) -> str:
    """What the span says, whatever its case, spacing, marks around and leading article.

    Of a date it is year, month and day, however it is written. Nothing that counts is taken from a
    number or a mark: .5 is no 5, 5 MW no 5 mW, A* no A.
    """
    text = _EMPHASIS.sub(r"\1", _MARKS.sub("", span.text))
    words = [bare for word in text.casefold().split() if (bare := _bare(word))]
    if len(words) > 1 and words[0] in ("a", "an", "the"):
        words = words[1:]
    said = " ".join(words)
    return (date_of(said) or said or span.text) + (" milli" if _MILLI.search(text) else "")


def _bare(word: str) -> str:
    """A word without marks around it, but for a decimal point that it begins with."""
    bare = word.strip(_AROUND)
    return f".{bare}" if bare[:1].isdigit() and f".{bare}" in word else bare
