"""Dates as people write them: which characters are one, and when two say the same."""

import re

MONTHS = tuple(
    "January February March April May June July August September October November December".split()
)
CALENDAR = frozenset(
    name.lower()
    for name in (*MONTHS, *"Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
)
"""The words of dates."""
YEAR = r"(?:1[5-9]|20)\d\d"

_SHORT = r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
_NAME = rf"(?:{'|'.join(MONTHS)}|{_SHORT})"
_MONTH = rf"(?!May (?:be|have|not|also|only|well)\b){_NAME}(?![^\W\d_])"
_DAY = r"(?<![\w.,:/$€£¥#+-])(?:[12]?\d|3[01])(?:st|nd|rd|th)?"
_END = r"(?![\w%])"
_WRITTEN = (
    re.compile(rf"{_DAY} (?:of )?{_MONTH}(?! [A-Z][a-z])(?:,? {YEAR}{_END})?"),
    re.compile(rf"(?<!\w){_MONTH} {_DAY}, {YEAR}{_END}"),
    re.compile(rf"(?<=\b[oO]n ){_MONTH} {_DAY}(?![\w:%]|[.,/-]\d| \d)"),
)
_LONGEST = 24
_BARE_DAY = re.compile(rf"{_DAY}\Z")

_NUMBER = r"(?P<day>[0-3]?[0-9])(?:st|nd|rd|th)?"
_MAYBE_YEAR = rf"(?:,? (?P<year>{YEAR}))?"
_SAID = tuple(
    re.compile(order, re.IGNORECASE)
    for order in (
        rf"{_NUMBER} (?:of )?(?P<month>{_NAME}){_MAYBE_YEAR}",
        rf"(?P<month>{_NAME}) {_NUMBER}{_MAYBE_YEAR}",
        rf"(?P<month>{_NAME}),? (?P<year>{YEAR})(?P<day>)",
    )
)


def around_day(text: str, start: int, end: int) -> tuple[int, int]:
    """The bounds of a date, where those given are of its day alone."""
    if not _BARE_DAY.match(text, start, end):
        return start, end
    left, right = max(0, start - _LONGEST), end + _LONGEST
    for date in _WRITTEN:
        for found in date.finditer(text, left, right):
            if found.start() <= start and end <= found.end():
                return found.span()
    return start, end


def date_of(text: str) -> str | None:
    """One text for every way to write a date; None where the text is not a date and nothing else.

    "4th of May 2021" and "May 4, 2021" are the same.
    """
    for order in _SAID:
        if found := order.fullmatch(text):
            return f"{found['year'] or ''}-{found['month'][:3].lower()}-{found['day'].lstrip('0')}"
    return None
