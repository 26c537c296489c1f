"""Questions that people wrote about documents of their own, as a file to train with.

A folder with ``docs/`` and ``questions.tsv``: a line for each question, in four columns the name of
the document's file, the question, the answer as it stands there, and a stretch around the answer
that occurs once in the document; ``-`` for both where it does not answer.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.encoder import Encoder
from rag.errors import LoadError
from rag.loaders import load_file
from rag.passages import split
from rag.prose import PUT_IN, Ints, prose
from rag.training.own_questions import Candidate
from rag.types import Passage

QUESTIONS = "questions.tsv"
NONE = "-"
COLUMNS = 4

Bounds = tuple[int, int]


def written(folder: Path, encoder: Encoder) -> list[Candidate]:
    """Every question, on the passage that answers it as it is read, titles and all.

    One that nothing answers is asked of the passage of its document that is nearest to it.

    Raises:
        LoadError: a file cannot be read, or a line names an answer that is not there; it tells the
            line.
    """
    table = folder / QUESTIONS
    try:
        lines = table.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError(f"{table}: {error}; give a folder that has docs/ and it") from error
    documents: dict[str, _Written] = {}
    made = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        columns = [column.strip() for column in line.split("\t")]
        if len(columns) != COLUMNS:
            raise LoadError(f"{table}:{number}: {len(columns)} columns; four belong there")
        name, question, answer, around = columns
        try:
            if name not in documents:
                documents[name] = _Written(len(documents), folder / "docs" / name)
            made.append(documents[name].asked(question, answer, around, encoder))
        except LoadError as error:
            raise LoadError(f"{table}:{number}: {error}") from error
    return made


class _Written:
    """One document in passages."""

    def __init__(self, number: int, path: Path) -> None:
        document = load_file(path)
        self._number = number
        self._text = document.text
        self._passages = split(document)

    def asked(self, question: str, answer: str, around: str, encoder: Encoder) -> Candidate:
        if answer == NONE:
            passage = self._passages[_nearest(question, self._passages, encoder)]
            return Candidate(self._number, as_read(passage)[0], question, ())
        around_it = _places(around, self._text)
        if len(around_it) != 1:
            raise LoadError(f"{around!r} is there {len(around_it)} times; it must be once")
        begin, end = around_it[0]
        inside = _places(answer, self._text[begin:end])
        if not inside:
            raise LoadError(f"{answer!r} is not in {around!r}")
        first, last = (begin + place for place in inside[0])
        for passage in self._passages:
            if passage.start <= first and last <= passage.end:
                text, origins = as_read(passage)
                own = origins + passage.start
                places = np.flatnonzero((origins != PUT_IN) & (first <= own) & (own < last))
                start, stop = int(places[0]), int(places[-1]) + 1
                return Candidate(self._number, text, question, ((text[start:stop], start),))
        raise LoadError(f"no passage holds {answer!r} whole; give less of it")


def as_read(passage: Passage) -> tuple[str, Ints]:
    """What the reader is given, and where each character of it is in the passage, or ``PUT_IN``."""
    told = prose(passage.text, passage.header, passage.about)
    if told is None:
        return passage.text, np.arange(len(passage.text))
    return told.text, told.origins


def _nearest(question: str, passages: Sequence[Passage], encoder: Encoder) -> int:
    vectors = encoder.encode_passages([passage.searched for passage in passages])
    return int(np.argmax(vectors @ encoder.encode_questions([question])[0]))


def _places(wanted: str, text: str) -> list[Bounds]:
    """Where such a stretch of the text is, whatever its white space."""
    pattern = r"\s+".join(map(re.escape, wanted.split()))
    return [match.span() for match in re.finditer(pattern, text)] if pattern else []
