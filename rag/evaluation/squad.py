"""SQuAD 1.1 and 2.0 JSON, plain or gzipped: each paragraph becomes a document."""

import gzip
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.errors import LoadError
from rag.evaluation.fields import (
    Names,
    RowErrors,
    checked_offsets,
    golds,
    mapping,
    sequence,
    string,
)
from rag.evaluation.records import Question, QuestionSet
from rag.loaders import make_document
from rag.types import Document


def read_squad(path: Path) -> QuestionSet:
    """The questions and paragraphs of a file; equal paragraphs are one document.

    A document's title is its article's, or empty, its source is ``file#article/paragraph``
    (from 0). A question without answers is unanswerable; plausible answers are ignored.

    Raises:
        LoadError: the file cannot be read or is not SQuAD JSON.
    """
    reader = _Reader(path.name)
    for number, article in enumerate(articles(path)):
        reader.article(number, article)
    return reader.set()


def articles(path: Path) -> list[Any]:
    """The articles of a file as they stand.

    Raises:
        LoadError: the file cannot be read or is not SQuAD JSON.
    """
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rb") as file:
            content = json.loads(file.read().decode("utf-8-sig"))
        return sequence(mapping(content), "data")
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise LoadError(
            f'{path}: not SQuAD JSON ({error}); expected {{"data": [{{"title", "paragraphs"}}]}}'
        ) from error


def whole_articles(path: Path) -> list[Any]:
    """As ``articles``, and each has all that training takes of it.

    Raises:
        LoadError: as ``articles``, or an article lacks something, or an answer is not at its place:
            training would take what stands there for it.
    """
    found = articles(path)
    for number, article in enumerate(found):
        try:
            for paragraph in article["paragraphs"]:
                context = string(paragraph, "context")
                for row in paragraph["qas"]:
                    string(row, "question")
                    for answer in row["answers"]:
                        _require_at_its_place(answer, context, row)
        except (KeyError, TypeError, ValueError) as error:
            raise LoadError(f"{path}: data[{number}] is no SQuAD article ({error!r})") from error
    return found


def _require_at_its_place(answer: Mapping[str, Any], context: str, row: Mapping[str, Any]) -> None:
    text, start = string(answer, "text"), answer["answer_start"]
    if type(start) is not int or start < 0 or not context.startswith(text, start):
        named = row.get("id", row["question"])
        raise ValueError(f'question {named}: "{text}" does not stand at its answer_start, {start}')


class _Reader:
    def __init__(self, file: str) -> None:
        self.errors = RowErrors(file)
        self._questions: list[Question] = []
        self._documents: dict[str, Document] = {}
        self._names = Names()

    def set(self) -> QuestionSet:
        questions = self._names.complete(self._questions)
        return QuestionSet(questions, tuple(self._documents.values()), tuple(self.errors.found))

    def article(self, number: int, value: object) -> None:
        place = f"data[{number}]"
        try:
            article = mapping(value)
            paragraphs = sequence(article, "paragraphs")
        except ValueError as error:
            self.errors.add(place, error)
            return
        title = str(article.get("title") or "").replace("_", " ").strip()
        for index, paragraph in enumerate(paragraphs):
            source = f"{self.errors.file}#{number}/{index}"
            self._paragraph(f"{place}.paragraphs[{index}]", paragraph, title, source)

    def _paragraph(self, place: str, value: object, title: str, source: str) -> None:
        try:
            paragraph = mapping(value)
            text = string(paragraph, "context")
            rows = sequence(paragraph, "qas")
            document = make_document(text, title, source, "text/plain")
        except (ValueError, LoadError) as error:
            self.errors.add(place, error)
            return
        self._documents.setdefault(document.id, document)
        for index, row in enumerate(rows):
            where = f"{place}.qas[{index}]"
            try:
                self._questions.append(self._question(where, mapping(row), document))
            except ValueError as error:
                self.errors.add(where, error)

    def _question(self, place: str, row: Mapping[str, Any], document: Document) -> Question:
        text = string(row, "question")
        given = () if "answers" not in row and row.get("is_impossible") is True else golds(row)
        kept = checked_offsets(given, document.text)
        name, wanted = self._names.take(row.get("id"))
        if kept != given:
            self.errors.add(place, "an answer does not stand at its offset; used without offset")
        if not wanted:
            self.errors.add(place, f'the id is taken; used as "{name}"')
        return Question(name, text, kept, document.id)
