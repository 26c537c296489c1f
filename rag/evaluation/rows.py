"""Question sets with one question a row: JSON lines and CSV."""

import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rag.errors import LoadError
from rag.evaluation.fields import Names, RowErrors, golds, mapping, marks, string, well_formed
from rag.evaluation.records import Gold, Marked, Question, QuestionSet

_ANSWER = re.compile(r"answers?([ _-]?\d+)?")
_NOT_UTF8 = re.compile("[\0\ud800-\udfff]")  # of UTF-16, and of bytes that have no meaning


def read_jsonl(path: Path) -> QuestionSet:
    """Lines of ``{"question", "answers", "document"?, "id"?, "evidence"?}``.

    No answers (``[]``) is unanswerable. An answer is a string, or an object of ``text`` and
    ``answer_start``, its offset in the document. ``evidence`` lists all that bears on the
    question, each run as ``{"document"?, "text"}`` or ``{"document"?, "start", "end"}``; without
    the key ``answers`` its texts are the answers. Only line feeds end a line: U+2028 may stand
    inside one.

    Raises:
        LoadError: the file cannot be read.
    """
    collected = _Questions(path)
    for number, raw in _lines(path):
        try:
            row = mapping(json.loads(raw.decode("utf-8-sig")))
            collected.add(row, *_accepted(row))
        except (ValueError, RecursionError) as error:
            collected.errors.add(f"line {number}", error)
    return collected.set()


def read_csv(path: Path) -> QuestionSet:
    """Columns ``question``, ``answer`` and, as wanted, ``document`` and ``id``; ``.tsv`` has tabs.

    An empty answer is unanswerable. Further accepted answers stand in further columns, such as
    ``answer_2``; all others are left alone.

    Raises:
        LoadError: the file cannot be read, lacks a column or has one twice.
    """
    collected = _Questions(path)
    try:
        # Bytes that are not UTF-8 become lone surrogates, which fault their own row only.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            tabs = path.suffix.lower() == ".tsv"
            reader = csv.DictReader(file, delimiter="\t" if tabs else ",")
            answers = _answer_columns(path, reader.fieldnames or [])
            _read_rows(reader, answers, collected)
    except (OSError, csv.Error) as error:
        raise LoadError(f"{path}: cannot be read ({error})") from error
    return collected.set()


def _answer_columns(path: Path, columns: Sequence[str]) -> list[str]:
    """Those of the accepted answers; all that are read must be there, each once."""
    if "question" not in columns or "answer" not in columns:
        told = ", ".join(columns) or "none"
        if _NOT_UTF8.search(told):
            raise LoadError(f"{path}: not UTF-8; save it as CSV in UTF-8")
        raise LoadError(
            f'{path}: the first line must name the columns "question" and "answer", it names {told}'
        )
    answers = [name for name in columns if _ANSWER.fullmatch(name)]
    for name in ("question", "document", "id", *answers):
        if columns.count(name) > 1:
            raise LoadError(
                f'{path}: the first line names the column "{name}" twice; rename one, a further '
                "accepted answer to answer_2"
            )
    return answers


class _Questions:
    def __init__(self, path: Path) -> None:
        self.errors = RowErrors(path.name)
        self._questions: list[Question] = []
        self._names = Names()

    def add(
        self, row: Mapping[str, Any], accepted: tuple[Gold, ...], evidence: tuple[Marked, ...] = ()
    ) -> None:
        text = string(row, "question")
        document = string(row, "document") if row.get("document") else None
        name, wanted = self._names.take(row.get("id"))
        if not wanted:
            raise ValueError(f'the id "{row["id"]}" is taken by an earlier question')
        self._questions.append(Question(name, text, accepted, document, evidence))

    def set(self) -> QuestionSet:
        questions = self._names.complete(self._questions)
        return QuestionSet(questions, errors=tuple(self.errors.found))


def _accepted(row: Mapping[str, Any]) -> tuple[tuple[Gold, ...], tuple[Marked, ...]]:
    evidence = marks(row)
    texts = [mark.text for mark in evidence if mark.text is not None]
    if "answers" not in row and texts:
        return tuple(dict.fromkeys(map(Gold, texts))), evidence
    return golds(row), evidence


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rb") as file:
            yield from ((number, raw) for number, raw in enumerate(file, 1) if raw.strip())
    except (OSError, EOFError, zlib.error) as error:
        raise LoadError(f"{path}: cannot be read ({error})") from error


def _read_rows(reader: "csv.DictReader[str]", answers: list[str], collected: _Questions) -> None:
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            collected.errors.add(f"line {reader.reader.line_num}", error)
            continue
        try:
            if None in row or None in row.values():
                raise ValueError("the row has more or fewer fields than the first line")
            texts = [well_formed(row[name], name) for name in answers if row[name].strip()]
            collected.add(row, tuple(dict.fromkeys(Gold(text) for text in texts)))
        except ValueError as error:
            collected.errors.add(f"line {reader.line_num}", error)
