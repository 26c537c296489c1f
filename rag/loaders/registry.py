"""Which format a file has: its content decides where it shows one, else its suffix."""

from rag.errors import LoadError
from rag.loaders import markdown, text
from rag.loaders.format import Format

_FORMATS = (text.FORMAT, markdown.FORMAT)
_BY_SUFFIX = {suffix: entry for entry in _FORMATS for suffix in entry.suffixes}
_BY_MEDIA_TYPE = {entry.media_type: entry for entry in _FORMATS}

# First bytes that no text file has by accident.
_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"{\\rtf", "application/rtf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"\x7fELF", "application/x-elf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def supported_suffixes() -> tuple[str, ...]:
    """The file name endings that can be loaded, lower case, with their dot, sorted."""
    return tuple(sorted(_BY_SUFFIX))


def choose(suffix: str, data: bytes) -> Format:
    """The format of a file with this name ending and content.

    Raises:
        LoadError: No format reads it.
    """
    for signature, media_type in _SIGNATURES:
        if data.startswith(signature):
            if media_type in _BY_MEDIA_TYPE:
                return _BY_MEDIA_TYPE[media_type]
            raise LoadError(f"it is not text but {media_type}; convert it to {_readable()}")
    if suffix.lower() in _BY_SUFFIX:
        return _BY_SUFFIX[suffix.lower()]
    kind = f"the ending {suffix}" if suffix else "a name without an ending"
    raise LoadError(f"{kind} is not supported; convert or rename it to {_readable()}")


def _readable() -> str:
    return " or ".join(supported_suffixes())
