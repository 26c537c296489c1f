"""Replies to figures: answers, evidence, times."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.evaluation import qa
from rag.evaluation.intervals import mean_intervals
from scripts.peers.protocol import Reply, Said


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, its gold answers, and the number of the text that holds them."""

    text: str
    answers: tuple[str, ...]
    gold: int


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over all questions, 0 to 1; what was not answered scores as SQuAD 2.0 has it.

    ``verbatim`` and ``cited`` are shares of the answers given, None where none was: those that
    stand in one of the texts, and those that stand where their own offsets say. ``f1_interval``
    holds the mean in 95 % of bootstrap samples of the questions. ``errors`` counts the questions
    at which the peer raised; they count as not answered.
    """

    exact_match: float
    f1: float
    f1_interval: tuple[float, float]
    answered: float
    verbatim: float | None
    cited: float | None
    errors: int


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds an answer, one question at a time."""

    p50_ms: float
    p95_ms: float


def quality(asked: Sequence[Asked], replies: Sequence[Reply], texts: Sequence[str]) -> Quality:
    """What the answers are worth; ``replies`` are in the order of ``asked``."""
    pairs = [(question, reply.said) for question, reply in zip(asked, replies, strict=True)]
    exact = [qa.exact_match(said.text, question.answers) for question, said in pairs]
    f1 = np.array([[qa.f1(said.text, question.answers)] for question, said in pairs])
    (interval,) = mean_intervals(f1)
    given = [said for _, said in pairs if said.text is not None]
    return Quality(
        exact_match=float(np.mean(exact)),
        f1=float(f1.mean()),
        f1_interval=interval or (0.0, 0.0),
        answered=len(given) / len(pairs),
        verbatim=_share([is_verbatim(said, texts) for said in given]),
        cited=_share([is_cited(said, texts) for said in given]),
        errors=sum(said.error is not None for _, said in pairs),
    )


def is_verbatim(said: Said, texts: Sequence[str]) -> bool:
    """Whether the answer stands somewhere in one of the texts, character for character."""
    answer = said.text
    return answer is not None and any(answer in text for text in texts)


def is_cited(said: Said, texts: Sequence[str]) -> bool:
    """Whether the text at the peer's own offsets is the answer, character for character."""
    if said.text is None or said.document is None or said.start is None or said.end is None:
        return False
    if not 0 <= said.document < len(texts):
        return False
    text = texts[said.document]
    inside = 0 <= said.start < said.end <= len(text)
    return inside and text[said.start : said.end] == said.text


def recall(asked: Sequence[Asked], replies: Sequence[Reply], k: int) -> float:
    """Share of the questions whose gold text is among the first ``k`` texts retrieved."""
    pairs = zip(asked, replies, strict=True)
    return float(np.mean([question.gold in reply.retrieved[:k] for question, reply in pairs]))


def speed(replies: Sequence[Reply]) -> Speed:
    """Median and 95th percentile of the times."""
    p50, p95 = np.percentile([reply.ms for reply in replies], [50, 95])
    return Speed(float(p50), float(p95))


def _share(flags: Sequence[bool]) -> float | None:
    return sum(flags) / len(flags) if flags else None
