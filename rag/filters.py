"""Which documents a question is asked of."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Self

from rag.arguments import require_text
from rag.errors import QuestionError


@dataclass(frozen=True, slots=True)
class Filter:
    """Restricts a search to some documents; everything given must hold.

    ``documents`` holds document ids (None: any). ``where`` holds pairs of a key and a value, both
    equal, letter by letter, to a pair of ``Document.metadata``; of a text that several sources
    hold, one source says them all.
    """

    documents: frozenset[str] | None = None
    where: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(
        cls, documents: Collection[str] | None = None, where: Mapping[str, str] | None = None
    ) -> Self | None:
        """The filter for these arguments of ``ask``; None where they restrict nothing.

        Raises:
            QuestionError: ``documents`` holds something else than ids, or ``where`` something
                else than keys and values; or a character in them is none.
        """
        if where is not None and not _are_texts(where):
            raise QuestionError(
                'where takes keys and values, one text each, such as {"year": "2021"}'
            )
        if documents is None and not where:
            return None
        if documents is not None and not _are_ids(documents):
            raise QuestionError(
                "documents takes ids, such as [d.id for d in answerer.store.documents()]"
            )
        pairs = (where or {}).items()
        for text in (*(documents or ()), *chain.from_iterable(pairs)):
            require_text(repr(text), text)
            if "\0" in text:  # SQLite's JSON ends there, and would find what is called so far
                raise QuestionError(f"{text!r} holds a NUL, which no filter can; leave it out")
        return cls(None if documents is None else frozenset(documents), frozenset(pairs))


def _are_texts(where: object) -> bool:
    """Whether these are keys and values, each of them text."""
    return isinstance(where, Mapping) and all(
        isinstance(text, str) for text in chain.from_iterable(where.items())
    )


def _are_ids(documents: object) -> bool:
    """Whether these are ids, to be looked at more than once, as those of a generator cannot be."""
    if isinstance(documents, str) or not isinstance(documents, Collection):
        return False
    return all(isinstance(id_, str) for id_ in documents)
