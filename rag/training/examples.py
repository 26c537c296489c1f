"""SQuAD-format files as tokenised training material.

Questions and contexts are tokenised once, apart from each other; the loop joins them as
``[CLS] question [SEP] context window [SEP]``.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import LoadError
from rag.evaluation import squad

IntArray = NDArray[np.int32]

_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*\s+")


@dataclass(frozen=True, slots=True)
class Context:
    """One paragraph: its text, the article it is from, token ids and character offsets."""

    text: str
    article: str
    tokens: IntArray  # (tokens,)
    starts: IntArray  # (tokens,) first character of each token
    ends: IntArray  # (tokens,) one past its last character


@dataclass(frozen=True, slots=True)
class Question:
    """One question on ``contexts[context]``; ``answers`` are (text, first character) pairs."""

    text: str
    tokens: IntArray
    context: int
    answers: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Material:
    """Contexts and the questions asked of them."""

    contexts: list[Context]
    questions: list[Question]

    def digest(self) -> str:
        """SHA-256 of the texts, questions and answers, in hex."""
        texts = [[context.text, context.article] for context in self.contexts]
        asked = [[one.text, one.context, one.answers] for one in self.questions]
        return hashlib.sha256(json.dumps([texts, asked]).encode()).hexdigest()

    def asked(self) -> dict[str, list[str]]:
        """The questions of each article that has any."""
        found: dict[str, list[str]] = defaultdict(list)
        for question in self.questions:
            found[self.contexts[question.context].article].append(question.text)
        return found


def load(paths: Iterable[Path], tokenizer: Any) -> Material:
    """Read and tokenise every file; contexts are kept apart by file and article.

    Raises:
        LoadError: a file cannot be read or lacks something, or no question of all has an answer.
    """
    paths = list(paths)
    texts: list[str] = []
    articles: list[str] = []
    asked: list[tuple[str, int, tuple[tuple[str, int], ...]]] = []
    for path in paths:
        for number, entry in enumerate(squad.whole_articles(path)):
            for paragraph in entry["paragraphs"]:
                texts.append(paragraph["context"])
                articles.append(f"{path.name}/{number}")
                asked.extend(
                    (
                        item["question"],
                        len(texts) - 1,
                        tuple((a["text"], a["answer_start"]) for a in item["answers"]),
                    )
                    for item in paragraph["qas"]
                )
    if not any(answers for _, _, answers in asked):
        raise LoadError(
            f"{', '.join(map(str, paths))}: no question there has an answer; give others"
        )
    encoded = tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    contexts = []
    for text, article, ids, offsets in zip(
        texts, articles, encoded["input_ids"], encoded["offset_mapping"], strict=True
    ):
        pairs = np.asarray(offsets, dtype=np.int32).reshape(-1, 2)
        contexts.append(
            Context(text, article, np.asarray(ids, dtype=np.int32), pairs[:, 0], pairs[:, 1])
        )
    ids = tokenize([question for question, _, _ in asked], tokenizer)
    questions = [
        Question(text, tokens, context, answers)
        for (text, context, answers), tokens in zip(asked, ids, strict=True)
    ]
    return Material(contexts, questions)


def tokenize(texts: Sequence[str], tokenizer: Any) -> list[IntArray]:
    """Token ids of each text without special tokens."""
    if not texts:
        return []
    encoded = tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
    return [np.asarray(ids, dtype=np.int32) for ids in encoded]


def token_span(context: Context, start: int, end: int) -> tuple[int, int] | None:
    """First and last token that touch ``context.text[start:end]``, or None."""
    first = int(np.searchsorted(context.ends, start, side="right"))
    last = int(np.searchsorted(context.starts, end, side="left")) - 1
    return (first, last) if first <= last else None


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Character bounds of the sentence (or run of sentences) that holds ``text[start:end]``."""
    left = 0
    right = len(text)
    for match in _SENTENCE_END.finditer(text):
        if match.end() <= start:
            left = match.end()
        elif match.start() + 1 >= end:
            right = match.end()
            break
    return left, right
