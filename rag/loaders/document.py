"""Text becomes a ``Document`` whose id is the hash of its content."""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

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
        LoadError: The text is empty, or holds characters that no Unicode file can hold.
    """
    if not text.strip():
        raise LoadError("there is no text in it; add some, or leave it out")
    try:
        digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    except UnicodeEncodeError as error:
        raise LoadError(
            f"the text holds a lone surrogate at character {error.start}; save it as valid UTF-8"
        ) from error
    return Document(
        id=digest[:_ID_DIGITS],
        title=" ".join(title.split()),
        source=source,
        text=text,
        sha256=digest,
        media_type=media_type,
        pages=pages,
        metadata=MappingProxyType(dict(metadata or {})),
    )
