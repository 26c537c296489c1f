"""Lines, paragraphs and sentences of a text, as character bounds without white space around."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

Bounds = tuple[int, int]

_PARAGRAPH_ENDS = frozenset("\f\u2029")
_WRAP_WIDTHS = range(40, 201)  # text wrapped at a fixed width has one of these
_QUOTED = re.compile(r"(?!>>>)(?:>[ \t]?)+")  # before a line of another's; Python's prompt is none

# A stop, then closing quotes, brackets and reference marks. Possessive: linear on any input.
_STOP = re.compile(
    r"(?<![.!?…؟۔।॥])[.!?…؟۔।॥]++(?:[\"'”’»›)\]}¹²³⁰⁴-⁹*†‡]"
    r"|[–-]?\[(?:\^|note )?\d{1,3}(?:[,–-] ?\d{1,3})*+\])*+(?=\s)"
    r"|[。！？｡]++[」』）”’】〉》]*+"
)
_WORD_BEFORE = re.compile(r"[^\W_]+(?:\.[^\W_]+)*\Z")
_WORD = re.compile(r"\S+")
_NEXT_WORD = re.compile(r"\s*+[^\w\s]*+(\w*)")
NUMBER = r"\(?(?:\d{1,3}|[A-Za-z]|[ivx]{2,4})[.)]"
"""Before a list item; part of patterns here and in ``rag.layout``."""
_ITEM = re.compile(  # "[1] " before a small letter is a reference in wrapped text
    rf"(?:[-*+•‣◦●▪■○☐☑–—]\s|{NUMBER}\s|\[\d{{1,3}}\]\s(?![a-z])|[#|>])"
)
_FENCE = re.compile(r"`{3,}+(?![^\r\n]*`)|~{3}(?!~)")  # of code, whose lines are lines

_STAMP = re.compile(r"[\[(<]?\d{1,4}[:./-]\d{1,2}\b")  # a time or date, as before messages
_COLUMN_GAP = re.compile(r"\S(?: {3}|\t)[ \t]*+\S")
_BAR = re.compile(r"\S\s*+\|\s*+\S")  # between cells

_LABEL = re.compile(  # four words; what stands in brackets is one
    r"[^\W\d_][^\s:]*+(?: (?:\([^()\r\n]{1,80}\)(?=[ :])|[^\s:]++)){0,3}+: "
)

_NEVER_LAST = frozenset(
    "mr mrs ms messrs dr prof st gen col lt capt maj sgt adm cmdr sen rep gov rev hon pres fr "
    "mt ft e.g i.e a.k.a cf vs viz al".split()
)
_BEFORE_NUMBER = frozenset(
    "no nos fig figs p pp vol vols ch sec art eq b c ca d fl r approx par tel fax ext apt bldg rm "
    "max min "
    "jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
_SELDOM_LAST = frozenset(
    "inc ltd co corp bros jr sr dept univ est ave blvd rd a.m p.m ph.d".split()
)
# After an abbreviation that may end a sentence, only such a word shows that it does.
_STARTERS = frozenset(
    "a an the this that these those it its he his she her they their we our you i there here in "
    "on at for but and or if when while as after before however meanwhile".split()
)


def lines(text: str) -> Iterator[tuple[int, int, bool]]:
    """Each line as start, end without white space around, and whether a paragraph ends there.

    A blank line has equal bounds. All line ends that ``str.splitlines`` knows count.
    """
    position = 0
    for line in text.splitlines(keepends=True):
        stripped = line.lstrip()
        start = position + len(line) - len(stripped)
        position += len(line)
        stripped = stripped.rstrip()
        yield start, start + len(stripped), not stripped or line[-1] in _PARAGRAPH_ENDS


def paragraphs(text: str) -> list[list[Bounds]]:
    """The paragraphs of a text, each as the bounds of its lines; blank lines separate them."""
    found: list[list[Bounds]] = []
    current: list[Bounds] = []
    for start, end, last in lines(text):
        if start < end:
            current.append((start, end))
        if last and current:
            found.append(current)
            current = []
    return [*found, current] if current else found


def sentences(text: str, *, code: bool = False) -> list[Bounds]:
    """The bounds of the sentences of a text, in order, without white space around them.

    ``code``: it begins within a fence of code. Together they hold every character that is not
    white space. Borders are stops that end a sentence, blank lines, and line ends that no wrapping
    at a fixed width explains, such as those of list items, of labels below one another
    (``Paper: blue``) and of rows set in columns. Linear in the length of the text.
    """
    found: list[Bounds] = []
    for paragraph in paragraphs(text):
        found += paragraph_sentences(text, paragraph, code=code)
        code ^= has_odd_fences(text, paragraph)  # blank lines do not end it
    return found


def has_odd_fences(text: str, found: Iterable[Bounds]) -> bool:
    """Whether code begins in these lines that does not end there, or the other way round."""
    return sum(_is_fence(text, line) for line in found) % 2 == 1


def opens_code(text: str, start: int, end: int) -> bool:
    """The same of the lines of ``text[start:end]``."""
    part = text[start:end]
    return has_odd_fences(part, ((first, last) for first, last, _ in lines(part)))


def paragraph_sentences(
    text: str, paragraph: list[Bounds], *, code: bool = False
) -> Iterator[Bounds]:
    """The sentences of one of the ``paragraphs`` of a text; ``code``: it begins within a fence."""
    width = max(end - start for start, end in paragraph)
    ragged = _is_ragged(text, paragraph, width)
    start, end = paragraph[0]
    for before, following in pairwise(paragraph):
        fences = [_is_fence(text, line) for line in (before, following)]
        code ^= fences[0]
        if code or any(fences) or _is_border(text, before, following, width, ragged=ragged):
            yield from _split_at_stops(text, start, end)
            start = following[0]
        end = following[1]
    yield from _split_at_stops(text, start, end)


def _is_fence(text: str, line: Bounds) -> bool:
    return _FENCE.match(text, line[0]) is not None


def _is_ragged(text: str, paragraph: list[Bounds], width: int) -> bool:
    """Whether lines are shorter than any that are wrapped, and most end although the next fits."""
    pairs = list(pairwise(paragraph)) if width < _WRAP_WIDTHS[0] else []
    return 2 * sum(_fits(text, line, following, width) for line, following in pairs) > len(pairs)


def _fits(text: str, line: Bounds, following: Bounds, width: int) -> bool:
    """Whether the first word of the following line would have fitted on a line."""
    word = _WORD.match(text, *following)
    needed = line[1] - line[0] + 1 + (word.end() - word.start() if word else 0)
    return needed <= width


def _is_border(text: str, line: Bounds, following: Bounds, width: int, *, ragged: bool) -> bool:
    """Whether the end of a line separates sentences, rather than wraps one.

    Wrapping ends a line where the next word would exceed the width; where that word would have
    fitted, the writer ended the line on purpose. One that goes on in lower case is wrapped, but in
    ``ragged`` lines.
    """
    quoted, further = (_QUOTED.match(text, *bounds) for bounds in (line, following))
    if quoted and further and quoted[0].count(">") == further[0].count(">"):
        width -= len(quoted[0])
        line, following = (quoted.end(), line[1]), (further.end(), following[1])
        if line[0] == line[1] or following[0] == following[1]:
            return True
    if _ITEM.match(text, *following):
        return True
    if any(p.match(text, *line) and p.match(text, *following) for p in (_STAMP, _LABEL)):
        return True
    if any(p.search(text, *line) and p.search(text, *following) for p in (_COLUMN_GAP, _BAR)):
        return True
    if text[following[0]].islower():
        return ragged
    return width not in _WRAP_WIDTHS or _fits(text, line, following, width)


def _split_at_stops(text: str, start: int, end: int) -> Iterator[Bounds]:
    for stop in _STOP.finditer(text, start, end):
        if stop.end() < end and _ends_sentence(text, start, stop, end):
            yield start, stop.end()
            start = _skip_space(text, stop.end())
    if start < end:
        yield start, end


def _skip_space(text: str, position: int) -> int:
    while text[position].isspace():
        position += 1
    return position


def _ends_sentence(text: str, start: int, stop: re.Match[str], end: int) -> bool:
    following = _NEXT_WORD.match(text, stop.end(), end)
    word = following[1] if following else ""
    if word[:1].islower():
        return False
    if stop[0] != ".":
        return True
    before = _WORD_BEFORE.search(text, max(start, stop.start() - 20), stop.start())
    if before is None:
        return True
    if before.start() == start and before[0].isdigit():
        return False  # the number of a list item
    return _may_end(before[0], word)


def _may_end(abbreviation: str, following: str) -> bool:
    """Whether a sentence can end in this word and its full stop, before that next word."""
    name = abbreviation.lower()
    if name in _NEVER_LAST:
        return False
    if name in _BEFORE_NUMBER and following[:1].isdigit():
        return False
    initials = all(len(part) == 1 and part.isalpha() for part in name.split("."))
    if name in _SELDOM_LAST or (initials and abbreviation[0].isupper()):
        return following.lower() in _STARTERS
    return True
