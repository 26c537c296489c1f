"""The programming interface: named endpoints that are listed under "Use via API"."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import gradio as gr
from gradio.events import api

from rag.errors import CitespanError
from ui.handlers import Chat
from ui.library import Library


def add_endpoints(library: Library) -> None:
    """Each function's docstring is what programs and agents read about it."""

    def ask(question: str) -> dict[str, Any]:
        """Answer a question from the loaded documents, in their own words.

        Nothing is generated: "text" is copied from a document, and each of "citations" says where
        it stands (title, source, page, characters from "start" up to "end", SHA-256). Where the
        documents do not hold the answer "text" is null and the citations are the nearest passages,
        with "supports" false. "confidence" is the probability that the answer is right.

        Args:
            question: One question in plain words, e.g. "Who urged caution?"; no keywords needed.

        Returns:
            The answer with its citations, alternatives and times as one JSON object.
        """
        with _named_errors():
            return Chat(library.answerer).answer(question)

    def search(question: str, limit: int = 8) -> list[dict[str, Any]]:
        """Find the passages of the loaded documents that are nearest to a question.

        Use it to read around an answer, or when ask finds none. Passages are verbatim, best
        first, with their rank by meaning ("dense_rank") and by words ("lexical_rank").

        Args:
            question: A question or a few words to search for.
            limit: How many passages to return, from 1 to 100.

        Returns:
            A list of passages with title, source, page, characters, score and ranks.
        """
        with _named_errors():
            return Chat(library.answerer).search(question, limit)

    def documents() -> list[dict[str, Any]]:
        """List the loaded documents that ask and search look into.

        Returns:
            A list with id, title, source, size in characters and number of passages of each.
        """
        return [asdict(info) for info in library.documents()]

    for function in (ask, search, documents):
        api(function, api_name=function.__name__)


@contextmanager
def _named_errors() -> Iterator[None]:
    """What citespan raises on purpose reaches the caller in words."""
    try:
        yield
    except CitespanError as error:
        raise gr.Error(str(error), print_exception=False) from error
