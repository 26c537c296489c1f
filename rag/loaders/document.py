"""Text becomes a ``Document`` whose id is the hash of its content."""

import hashlib
from collections.abc import Mapping

from rag.errors import LoadError
from rag.types import Document

_ID_DIGITS = 32


def make_document(
    text: str,
    title: str,
    source: str,
    media_type: str,
    pages: tuple[int, ...] = (),
    metadata: Mapping[str, str] | None = None,
) -> Document:
    """A document with its content hash.

    Args:
        text: The full text, kept verbatim: every offset counts its characters.
        title: Shown to people; white space is collapsed.
        source: Where the text came from, usually an absolute path.
        media_type: For example ``text/plain``.
        pages: The offset at which each page starts; empty when the format has none.
        metadata: Further facts about the source.

    Raises:
        LoadError: The text is empty; or it, the title, the source or the metadata is no text, or
            holds characters that no Unicode file can hold.
    """
    facts = dict(metadata or {})
    content = _encoded("the text", text)
    _encoded("the title", title)
    _encoded("the source", source)
    _encoded("the media type", media_type)
    for key, value in facts.items():
        _encoded("a key of the metadata", key)
        _encoded(f"the metadata's {key}", value)
    if not text.strip():
        raise LoadError("there is no text in it; add some, or leave it out")
    digest = hashlib.sha256(content).hexdigest()
    return Document(
        id=digest[:_ID_DIGITS],
        title=" ".join(title.split()),
        source=source,
        text=text,
        sha256=digest,
        media_type=media_type,
        pages=pages,
        metadata=facts,
    )


def _encoded(name: str, value: object) -> bytes:
    if not isinstance(value, str):
        raise LoadError(f"{name} is {value!r}, not text; give a string")
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise LoadError(
            f"{name} holds a lone surrogate at character {error.start}; save it as valid UTF-8"
        ) from error
