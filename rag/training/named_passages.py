"""Questions on passages that are not ours to keep: named by a hash, and found in SQuAD files."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rag.errors import LoadError
from rag.training.own_questions import Candidate

PARTS = ("train", "valid")


def on_passages(
    path: Path, part: str, articles: Sequence[Mapping[str, Any]], own: int = 0
) -> list[Candidate]:
    """The questions of one part of the file, on their passages.

    A line is ``{"passage_sha256", "question", "answer", "part"}``: the hash is of the passage in
    UTF-8, the answer is [first, end) in its characters, or null where it has none. ``own`` is
    the number of the passage's own questions that are put behind them, once for each passage.

    Raises:
        LoadError: the file cannot be read, a line is none of this kind, or a passage is missing.
    """
    passages = {
        hashlib.sha256(paragraph["context"].encode()).hexdigest(): (number, paragraph)
        for number, article in enumerate(articles)
        for paragraph in article["paragraphs"]
    }
    made: dict[str, list[Candidate]] = {}
    for place, name, question, span in _rows(path, part):
        if name not in passages:
            raise LoadError(f"{place} names a passage that no --train file holds; add its file")
        number, paragraph = passages[name]
        text = paragraph["context"]
        answers = () if span is None else ((text[slice(*span)], span[0]),)
        made.setdefault(name, []).append(Candidate(number, text, question, answers))
    for name, candidates in made.items():
        number, paragraph = passages[name]
        candidates += [
            Candidate(
                number,
                paragraph["context"],
                row["question"],
                tuple((answer["text"], answer["answer_start"]) for answer in row["answers"]),
            )
            for row in paragraph["qas"][:own]
        ]
    return [candidate for candidates in made.values() for candidate in candidates]


def _rows(path: Path, part: str) -> Iterator[tuple[str, str, str, tuple[int, int] | None]]:
    """Where it stands, the passage's hash, the question and its answer's span."""
    try:
        lines = path.read_text("utf-8").rstrip("\n").split("\n")  # U+2028 may stand inside one
    except (OSError, UnicodeError) as error:
        raise LoadError(f"{path}: cannot be read ({error})") from error
    for number, line in enumerate(lines, start=1):
        place = f"{path} line {number}"
        try:
            row = json.loads(line)
            span = None if row["answer"] is None else (int(row["answer"][0]), int(row["answer"][1]))
            found = (place, str(row["passage_sha256"]), str(row["question"]), span)
            wanted = row["part"] == part
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise LoadError(f"{place} is no question on a named passage ({error!r})") from error
        if wanted:
            yield found
