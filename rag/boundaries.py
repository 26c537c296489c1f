"""Answer spans with clean edges: whole words and numbers, balanced quotes and brackets."""

import re
from unicodedata import category

from rag.dates import around_day

_TRIM_LEFT = " \t\r\n\u00a0,;:.!?)]}’”»-–—"
_TRIM_RIGHT = " \t\r\n\u00a0,;:([{‘“«-–—"
_PAIRS = {"(": ")", "[": "]", "{": "}", "“": "”", "‘": "’", "«": "»", "<": ">"}
_STOPS = ".!?"
_ABBREVIATION = re.compile(r"(?:[^\W\d_]\.){2,}")  # a.m., U.S.A.
_ATOM = re.compile(  # anchored and possessive where a passage without white space would take long
    r"(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+"  # an e-mail address
    r"|(?:[A-Za-z][A-Za-z0-9+.-]{1,19}://|www\.)[^\s<>()\[\]\"'“”]*[^\s<>()\[\]\"'“”.,;:!?]"
    r"|(?<!\d)\d++(?::\d\d)+(?!\d)"  # a time
    r"|(?<!\d)\d{4}-\d\d-\d\d(?!\d)|(?<!\d)\d{1,2}/\d{1,2}/\d{2,4}(?!\d)"  # a date
    r"|(?<![\w-])(?:--[^\W\d_][\w-]*\w|-[^\W\d_](?!\w))"  # an option of a command
    r"|(?<![\w.])\.[^\W\d_]\w*"  # .env
    r"|(?<![\w/])(?:~|\.{1,2})?+(?:/[\w.+-]*\w)++/?"  # a path
)
_MARK = re.compile(  # what begins with its mark
    r"[-–—−][$€£¥]?\.?\d|\.\d"  # a sign or a bare decimal point
    r"|--[^\W\d_]|-[^\W\d_](?!\w)|\.{1,2}/"  # an option of a command, a path
    r"|(?<![\w.])\.[^\W\d_]"  # .env
)
_SIGN = re.compile(
    r"(?<![\w)\]%°–—−-])[-–−](?=[$€£¥]?\.?\d)"  # no range, no second dash
    r"|(?<![\w.)\]])\.(?=\d)"  # a bare decimal point
)
_NEGATIVE = re.compile(r"(?<!\w)(?:A|B|O|AB)[-−](?!\w)")  # a blood group
_PAIRED = ("**", "~~", "`")  # of Markdown, the same on both sides
_INCHES = re.compile(r"(?<=\d)\"")
_JOINER = "\u200d"
_PASSES = 8


def clean(text: str, start: int, end: int) -> tuple[int, int]:
    """Bounds of ``text[start:end]`` moved to whole words, trimmed and balanced.

    Returns an empty span (``start == end``) where nothing but punctuation is left.
    """
    for _ in range(_PASSES):  # what one step drops can lay bare what another would
        moved = _cleaner(text, start, end)
        if moved == (start, end):
            break
        start, end = moved
    return start, end


def _cleaner(text: str, start: int, end: int) -> tuple[int, int]:
    for step in _STEPS:
        start, end = step(text, start, end)
    return start, end


def _with_sign(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in the sign, or the bare decimal point, of a number."""
    signed = start < end and start and _SIGN.match(text, start - 1)
    return (start - 1 if signed else start), end


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and _joined(text, start):
        start -= 1
    while start < end < len(text) and _joined(text, end):
        end += 1
    return start, end


def _joined(text: str, at: int) -> bool:
    """Whether a cut before ``text[at]`` would split a word or a number."""
    if at <= 0 or at >= len(text):
        return False
    before, after = text[at - 1], text[at]
    if category(after)[0] == "M" or _JOINER in (before, after):
        return True  # an accent of its own, parts of one sign
    if _in_word(text, at) or _in_name(text, at):
        return True
    digit_before = before.isdigit() or (before in ".," and at > 1 and text[at - 2].isdigit())
    digit_after = after.isdigit() or (
        after in ".," and at + 1 < len(text) and text[at + 1].isdigit()
    )
    return digit_before and digit_after and (before in ".,") != (after in ".,")


def _in_word(text: str, at: int) -> bool:
    """Whether a letter or digit stands on both sides, or on those of the underscores between."""
    left, right = at, at
    while left and text[left - 1] == "_":
        left -= 1
    while right < len(text) and text[right] == "_":
        right += 1
    return text[left - 1 : left].isalnum() and text[right : right + 1].isalnum()


def _in_name(text: str, at: int) -> bool:
    """Whether ``text[at]`` is the dot of a name such as ``notes.txt``, or comes after it."""
    dot = at if text[at] == "." else at - 1
    inside = text[dot] == "." and dot and text[dot - 1].isalnum()
    return bool(inside) and text[dot + 1 : dot + 2].islower()


def _around_atoms(text: str, start: int, end: int) -> tuple[int, int]:
    """Addresses, times, dates, options and paths are whole where an edge lies inside one."""
    if start == end:
        return start, end
    left, right = start, end
    while left and not text[left - 1].isspace():
        left -= 1
    while right < len(text) and not text[right].isspace():
        right += 1
    for found in _ATOM.finditer(text, left, right):
        if found.start() < end and found.end() > start:
            start, end = min(start, found.start()), max(end, found.end())
    return start, end


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _TRIM_LEFT:
        if _MARK.match(text, start, end):
            break
        start += 1
    while start < end and text[end - 1] in _TRIM_RIGHT:
        end -= 1
    return start, end


def _balance(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in the missing half of a quote or bracket when it is next to the span, else drop it."""
    for left, right in _PAIRS.items():
        inner = text[start:end]
        depth = inner.count(left) - (_closers(inner, left, right))
        if depth == 1 and text[end : end + 1] == right:
            end += 1
        elif depth == 1 and inner[:1] == left != "<":  # which may say "less than"
            start += 1
        elif depth == -1 and start and text[start - 1] == left:
            start -= 1
        elif depth == -1 and inner[-1:] == right:
            end -= 1
    if text[start:end].count('"') == 1 and not _INCHES.search(text, start, end):
        if text[start] == '"':
            start, end = (start, end + 1) if text[end : end + 1] == '"' else (start + 1, end)
        elif text[end - 1] == '"':
            start, end = (start - 1, end) if text[start - 1 : start] == '"' else (start, end - 1)
    return start, end


def _whole_marks(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in the missing half of a Markdown mark when it is next to the span, or both halves."""
    for mark in _PAIRED:
        count = text.count(mark, start, end) if start < end else 0
        before, behind = text.endswith(mark, 0, start), text.startswith(mark, end)
        if count % 2 and behind:
            end += len(mark)
        elif count % 2 and before:
            start -= len(mark)
        elif count and before and behind:  # "a** to **b"
            start, end = start - len(mark), end + len(mark)
    return start, end


def _closers(inner: str, left: str, right: str) -> int:
    """Closing marks; ``’`` counts only outside words, where it is no apostrophe."""
    if left != "‘":
        return inner.count(right)
    return sum(
        1
        for i, c in enumerate(inner)
        if c == right
        and (i + 1 == len(inner) or not inner[i + 1].isalnum())
        and not (i and inner[i - 1] in "sS" and "‘" not in inner[:i])  # a plural's possessive
    )


def _trim_stop(text: str, start: int, end: int) -> tuple[int, int]:
    """Drop a sentence's closing stop from a phrase; initials and abbreviations keep theirs."""
    while end - start > 1 and text[end - 1] in _STOPS:
        word = text[start : end - 1].split()[-1:] or [""]
        if text[end - 1] == "." and ("." in word[0] or len(word[0]) == 1):
            break
        end -= 1
    return start, end


def _with_negative(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in the minus of a blood group."""
    found = _NEGATIVE.match(text, start)
    return start, (end + 1 if found and found.end() - 1 == end else end)


def _whole_abbreviation(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in the stop of an abbreviation of single letters that the span ends in."""
    begin = end
    while begin > start and (text[begin - 1].isalpha() or text[begin - 1] == "."):
        begin -= 1
    found = _ABBREVIATION.match(text, begin) if begin < end else None
    return start, (max(end, found.end()) if found else end)


_STEPS = (
    _trim,
    _with_sign,
    _whole_words,
    _around_atoms,
    _balance,
    _whole_marks,
    _trim_stop,
    around_day,
    _with_negative,
    _whole_abbreviation,
)
