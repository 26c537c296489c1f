"""Reads HTML the way a browser does, for tests that need no browser."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "hr", "img", "input", "link", "meta"}


@dataclass
class Element:
    """A tag, its attributes, and all text inside it."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""

    @property
    def classes(self) -> set[str]:
        """The names in the class attribute."""
        return set((self.attributes.get("class") or "").split())


@dataclass
class Page(HTMLParser):
    """All elements of a piece of HTML, in the order in which they open."""

    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start the parser."""
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which must be this one."""
        closed = self._open.pop()
        assert closed.tag == tag, f"<{closed.tag}> closed by </{tag}>"

    def handle_data(self, data: str) -> None:
        """Add text to every open element."""
        for element in self._open:
            element.text += data

    def find(self, tag: str, *classes: str) -> list[Element]:
        """The elements with this tag and these classes."""
        return [e for e in self.elements if e.tag == tag and e.classes >= set(classes)]


def read(html: str) -> Page:
    """Parse HTML; unbalanced tags fail."""
    page = Page()
    page.feed(html)
    page.close()
    assert not page._open, "unclosed elements"  # noqa: SLF001 - of its own class
    return page
