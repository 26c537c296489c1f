"""Markdown, kept as it stands: only its headings are read, for titles and sections."""

import re
from dataclasses import dataclass

from rag.loaders.encodings import decode
from rag.loaders.format import Format, Parsed

MEDIA_TYPE = "text/markdown"
LONGEST_TITLE = 200
"""Characters of a heading that are kept: each passage below it holds them once more."""

# Possessive, so that a missing end costs one pass.
_FRONT_MATTER = re.compile(
    r"---[ \t]*+\r?+\n(?:[^\r\n]*+\r?+\n)*?(?:---|\.\.\.)[ \t]*+(?:\r?+\n|\Z)"
)
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
# In list items too, and at their depth; what backticks enclose in one line is no fence.
_FENCE = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}+(?!.*`)|~{3,})")
_ATX = re.compile(r" {0,3}#{1,6}(?:[ \t]+|$)")
_ATX_CLOSE = re.compile(r"(?:^|[ \t])#+$")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)[ \t]*$")
# Lines that are blocks of their own, and so are no setext heading when underlined.
_BLOCK = re.compile(r"(?: {4}|\t| {0,3}(?:[>|]|[-*+][ \t]|\d{1,9}[.)][ \t]))")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_MARKS = re.compile(r"(?<!\\)(?:\*{1,3}|`+|~~)")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: ``start`` is where its line starts, ``end`` where its lines end.

    Of a title, its first ``LONGEST_TITLE`` characters are kept.
    """

    start: int
    end: int
    title: str


def headings(text: str) -> list[Heading]:
    """The headings of a Markdown text in order, ``#`` and underlined, outside fenced code."""
    found: list[Heading] = []
    fence = ""
    block = False  # in a list, quote or table, until a blank line
    above = ""  # the line before, while it could be the text of an underlined heading
    above_start = 0
    for match in _LINE.finditer(text, _front_matter_end(text)):
        line = match[0].rstrip()
        opened = _FENCE.match(line)
        if fence:
            # A fence closes with at least as many of the same character.
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence, block = "", False
        elif opened:
            fence, above = opened[1], ""
        elif atx := _ATX.match(line):
            title = _ATX_CLOSE.sub("", line[atx.end() :]).strip()
            found.append(Heading(match.start(), match.end(), _plain(title)))
            above, block = "", False
        elif above and _UNDERLINE.match(line):
            found.append(Heading(above_start, match.end(), _plain(above)))
            above = ""
        elif not line or _BLOCK.match(line):
            above, block = "", bool(line)
        elif not above and not block:
            above, above_start = line.strip(), match.start()
    return found


def _front_matter_end(text: str) -> int:
    """Where a leading YAML block (``---`` lines) ends; its closing line is no underline."""
    block = _FRONT_MATTER.match(text)
    return block.end() if block else 0


def _plain(title: str) -> str:
    """The title without its marks; a long one is cut at a space of its second half, else hard."""
    plain = " ".join(_MARKS.sub("", _LINK.sub(r"\1", title)).split())
    if len(plain) <= LONGEST_TITLE:
        return plain
    space = plain.rfind(" ", LONGEST_TITLE // 2, LONGEST_TITLE + 1)
    return plain[: space if space > 0 else LONGEST_TITLE]


def _parse(data: bytes) -> Parsed:
    text = decode(data)
    title = next((heading.title for heading in headings(text) if heading.title), None)
    return Parsed(text=text, title=title)


FORMAT = Format(media_type=MEDIA_TYPE, suffixes=(".markdown", ".md"), parse=_parse)
