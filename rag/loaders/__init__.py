"""Files become documents here: one module a format, one registry, nothing else to call."""

from rag.loaders.document import make_document
from rag.loaders.files import PathLike, as_paths, find_files, load_file, skipped_files, source_of
from rag.loaders.registry import supported_suffixes

__all__ = [
    "PathLike",
    "as_paths",
    "find_files",
    "load_file",
    "make_document",
    "skipped_files",
    "source_of",
    "supported_suffixes",
]
