"""How positions, shares and counts are put in words, on the page and in copies alike."""

from rag.types import Citation

LIKELY = 0.7
_CONFIDENCE = ((0.9, "Very likely right"), (LIKELY, "Likely right"), (0.5, "Uncertain"))


def position(citation: Citation) -> str:
    """Where a quote stands."""
    return place(citation.page, citation.start, citation.end)


def place(page: int | None, start: int, end: int) -> str:
    """Where characters stand, e.g. ``page 3, characters 1,120-1,155`` (the end is exclusive)."""
    before = f"page {page}, " if page is not None else ""
    return f"{before}characters {start:,}\N{EN DASH}{end:,}"


def confidence(probability: float) -> str:
    """A calibrated probability as words and a rounded percentage."""
    words = next((words for bar, words in _CONFIDENCE if probability >= bar), "Doubtful")
    return f"{words} \N{MIDDLE DOT} {percent(probability)}"


def percent(probability: float) -> str:
    """A share in whole per cent, never rounded up to certainty or down to impossibility."""
    whole = round(100 * probability)
    if whole >= 100 and probability < 1:
        return "over 99 %"
    if whole <= 0 < probability:
        return "under 1 %"
    return f"{whole} %"


def count(number: int, noun: str) -> str:
    """A number with its noun: ``1 passage``, ``12,345 passages``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def duration(seconds: float) -> str:
    """A time that is only estimated: ``about 8 s``, ``about 3 min``."""
    whole = max(1, round(seconds))
    return f"about {whole} s" if whole < 100 else f"about {round(seconds / 60)} min"


def shorten(words: str, most: int) -> str:
    """Words on one line, cut after at most ``most`` characters, at a space where there is one."""
    line = " ".join(words.split())
    if len(line) <= most:
        return line
    cut = line[:most]
    return (cut.rpartition(" ")[0] or cut).rstrip(".,;: ") + "\N{HORIZONTAL ELLIPSIS}"
