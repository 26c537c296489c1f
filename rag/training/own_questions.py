"""Questions of our own on training passages, made by rule and picked by what a reader says.

*Confused* ones name another entity of the passage, and the reader answers as if they did not: what
it has to learn to withhold. *Pseudo-questions* are made from single sentences, and kept where the
reader finds the answer that they were made for (Alberti et al., 2019, "roundtrip consistency").
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rag.evaluation.proposals.propose import every
from rag.evaluation.qa import f1
from rag.reader import Reader
from rag.training import alterations
from rag.training.judge import ASKED, Case, ask
from rag.types import Document

SAME_ANSWER = 0.6  # F1 from which an altered question got the old answer
RIGHT_ANSWER = 0.8  # F1 from which a pseudo-question got its own


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question on a passage of an article; ``answers`` are (text, first character) pairs."""

    article: int
    passage: str
    question: str
    answers: tuple[tuple[str, int], ...]


def confused(articles: Sequence[dict[str, Any]], reader: Reader, seed: int) -> list[Candidate]:
    """Unanswerable: an entity swapped for another of the passage, and the reader says the same."""
    found = []
    made = list(_swapped(articles, np.random.default_rng(seed)))
    for one, worth in zip(made, _worth(made, reader), strict=True):
        if worth >= SAME_ANSWER:
            found.append(replace(one, answers=()))
    return found


def pseudo(articles: Sequence[dict[str, Any]], reader: Reader) -> list[Candidate]:
    """Answerable: made by rule from a sentence, and the reader finds the answer."""
    made = list(_by_rule(articles))
    worths = _worth(made, reader)
    return [one for one, worth in zip(made, worths, strict=True) if worth >= RIGHT_ANSWER]


def squad(candidates: Sequence[Candidate], titles: Sequence[str] = ()) -> dict[str, Any]:
    """The candidates as a SQuAD-format file, grouped by article and passage.

    An article is named by its number where there are no ``titles``.
    """
    grouped: dict[int, dict[str, list[dict[str, Any]]]] = {}
    for number, one in enumerate(candidates):
        answers = [{"text": text, "answer_start": start} for text, start in one.answers]
        grouped.setdefault(one.article, {}).setdefault(one.passage, []).append(
            {
                "id": str(number),
                "question": one.question,
                "answers": answers,
                "is_impossible": not answers,
            }
        )
    return {
        "data": [
            {
                "title": titles[article] if titles else str(article),
                "paragraphs": [
                    {"context": passage, "qas": asked} for passage, asked in passages.items()
                ],
            }
            for article, passages in grouped.items()
        ]
    }


def _swapped(articles: Sequence[dict[str, Any]], rng: np.random.Generator) -> Iterator[Candidate]:
    for number, article in enumerate(articles):
        paragraphs = article["paragraphs"]
        names = alterations.entities(q["question"] for p in paragraphs for q in p["qas"])
        for paragraph in paragraphs:
            passage = paragraph["context"]
            for item in paragraph["qas"]:
                answers = tuple((a["text"], a["answer_start"]) for a in item["answers"])
                golds = [text for text, _ in answers]
                turned = alterations.swap_within(item["question"], passage, names, golds, rng)
                if answers and turned:
                    yield Candidate(number, passage, turned, answers)


def _by_rule(articles: Sequence[dict[str, Any]]) -> Iterator[Candidate]:
    for number, article in enumerate(articles):
        texts = [paragraph["context"] for paragraph in article["paragraphs"]]
        documents = [
            Document(str(place), str(place), str(place), text, str(place), "text/plain")
            for place, text in enumerate(texts)
        ]
        for proposal in every(documents):
            answers = tuple(
                (gold.text, gold.start) for gold in proposal.golds if gold.start is not None
            )
            yield Candidate(number, texts[int(proposal.document)], proposal.question, answers)


def _worth(made: Sequence[Candidate], reader: Reader) -> list[float]:
    """F1 of the reader's answer to each, 0 where it withholds it."""
    said = ask(reader, [Case(ASKED, one.question, one.passage) for one in made])
    return [
        f1(one.text, [text for text, _ in candidate.answers]) if one.confidence > 1 / 2 else 0.0
        for candidate, one in zip(made, said, strict=True)
    ]
