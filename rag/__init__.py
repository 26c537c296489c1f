"""citespan: answers in the documents' own words, with a citation to the exact characters."""

from rag.answerer import Answerer
from rag.config import Settings
from rag.errors import (
    CitespanError,
    LoadError,
    ModelError,
    ModelMismatch,
    QuestionError,
    SettingsError,
    StoreError,
)
from rag.ingest import AddReport
from rag.library import ask, open_store
from rag.loaders import make_document
from rag.snapshot import DocumentInfo
from rag.store import Store
from rag.types import Alternative, Answer, Citation, Document, Evidence, Hit, Passage

__all__ = [
    "AddReport",
    "Alternative",
    "Answer",
    "Answerer",
    "Citation",
    "CitespanError",
    "Document",
    "DocumentInfo",
    "Evidence",
    "Hit",
    "LoadError",
    "ModelError",
    "ModelMismatch",
    "Passage",
    "QuestionError",
    "Settings",
    "SettingsError",
    "Store",
    "StoreError",
    "ask",
    "make_document",
    "open_store",
]
