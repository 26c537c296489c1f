"""Readers on gold passages: what they answer when they must, and how they tell that nothing does.

The unanswerable cases are made from the answerable ones, so that every reader is asked the same.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.calibration import Calibration
from rag.candidates import merge
from rag.evaluation.confidence import auroc
from rag.evaluation.qa import exact_match, f1
from rag.reader import Reader
from rag.training import alterations
from rag.training.examples import Material, Question
from rag.training.negatives import answering_sentence
from rag.types import Hit, Passage

ASKED = "as asked"
OTHER = "another passage of the article"
CUT = "answering sentence cut out"
SWAPPED = "entity swapped"
WITHIN = "entity swapped for one of the passage"
TURNED = "word turned round"
KINDS = (OTHER, CUT, SWAPPED, TURNED, WITHIN)
ALTERED = (SWAPPED, TURNED, WITHIN)  # as the unanswerable questions of SQuAD 2.0 were written

AT_ONCE = 32  # cases that are read together

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A question asked of a passage; ``golds`` is empty where the passage does not answer it."""

    kind: str
    question: str
    passage: str
    golds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """The best answer of a passage and the probability that it is right (no answer: 0)."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """How one reader did; every figure is from 0 to 1, None where it has no value."""

    questions: int
    f1: float
    exact_match: float
    auroc: dict[str, float | None]  # by kind: as asked believed more than those of the kind
    f1_altered: float | None  # F1 of SQuAD 2.0, as many altered questions as answerable ones


@dataclass(frozen=True, slots=True)
class _Article:
    """Its passages, and the entities and words of the questions asked of them."""

    passages: list[str]
    entities: list[str]
    words: list[str]


def cases(material: Material, count: int, seed: int) -> list[Case]:
    """``count`` questions as asked, drawn with the seed, and each of ``KINDS`` that can be made."""
    rng = np.random.default_rng(seed)
    articles = _articles(material)
    answerable = [question for question in material.questions if question.answers]
    found: list[Case] = []
    for pick in rng.permutation(len(answerable))[:count]:
        question = answerable[int(pick)]
        context = material.contexts[question.context]
        golds = tuple(text for text, _ in question.answers)
        found.append(Case(ASKED, question.text, context.text, golds))
        article = articles[context.article]
        found += _unanswerable(question, context.text, article, rng)
        within = alterations.swap_within(
            question.text,
            context.text,
            article.entities,
            golds,
            np.random.default_rng([seed, int(pick)]),  # the draws of the other kinds stay
        )
        found += [Case(WITHIN, within, context.text)] if within else []
    return found


def _articles(material: Material) -> dict[str, _Article]:
    texts: dict[str, list[str]] = defaultdict(list)
    for context in material.contexts:
        texts[context.article].append(context.text)
    return {
        article: _Article(texts[article], alterations.entities(own), alterations.words(own))
        for article, own in material.asked().items()
    }


def _unanswerable(
    question: Question, passage: str, article: _Article, rng: np.random.Generator
) -> list[Case]:
    golds = [gold for gold, _ in question.answers]
    lacking = [text for text in article.passages if not any(gold in text for gold in golds)]
    sentence = answering_sentence(passage, question.answers)
    made = {
        OTHER: (question.text, lacking[int(rng.integers(len(lacking)))] if lacking else None),
        CUT: (question.text, sentence and passage[: sentence[0]] + passage[sentence[1] :]),
        SWAPPED: (
            alterations.swap_entity(question.text, passage, article.entities, rng),
            passage,
        ),
        TURNED: (alterations.turn_word(question.text, passage, article.words, rng), passage),
    }
    return [Case(kind, text, where) for kind, (text, where) in made.items() if text and where]


def ask(
    reader: Reader, asked: Sequence[Case], calibration: Calibration | None = None
) -> list[Said]:
    """What the reader says to each case, in order.

    Without a ``calibration`` its own log-odds are believed.
    """
    calibration = calibration or Calibration()
    said = [Said("", 0.0)] * len(asked)
    order = sorted(range(len(asked)), key=lambda place: len(asked[place].passage))
    for begin in range(0, len(order), AT_ONCE):
        places = order[begin : begin + AT_ONCE]
        readings = reader.read(
            [asked[place].question for place in places], [[_hit(asked[place])] for place in places]
        )
        for place, reading in zip(places, readings, strict=True):
            for best in merge(reading.spans, calibration)[:1]:
                said[place] = Said(best.spans[0].text, best.confidence)
    return said


def _hit(case: Case) -> Hit:
    whole = Passage("passage", "document", 0, len(case.passage), case.passage)
    return Hit(whole, score=1.0, rank=1)


def judge(asked: Sequence[Case], said: Sequence[Said]) -> Judgement:
    """The figures of one reader over its cases."""
    pairs = list(zip(asked, said, strict=True))
    own = [(case, one) for case, one in pairs if case.kind == ASKED]
    believed = np.array([one.confidence for _, one in own])
    worth = np.array([f1(one.text, case.golds) for case, one in own])
    told: dict[str, float | None] = {}
    for kind in KINDS:
        others = np.array([one.confidence for case, one in pairs if case.kind == kind])
        right = np.concatenate([np.ones(len(believed)), np.zeros(len(others))])
        told[kind] = auroc(np.concatenate([believed, others]), right)
    altered = np.array([one.confidence for case, one in pairs if case.kind in ALTERED])
    return Judgement(
        len(own),
        float(worth.mean()),
        float(np.mean([exact_match(one.text, case.golds) for case, one in own])),
        told,
        f1_half_answerable(believed, worth, altered),
    )


def f1_half_answerable(believed: Floats, worth: Floats, unanswerable: Floats) -> float | None:
    """F1 of SQuAD 2.0 where half of the questions have no answer, by confidence.

    The threshold is the best of one half of the cases and judged on the other, both ways; both
    sides count half, however many cases each has. None: a half has none of one side.
    """
    if min(len(believed), len(unanswerable)) < 2:
        return None

    def value(threshold: float, of: slice) -> float:
        given = np.where(believed[of] >= threshold, worth[of], 0.0).mean()
        return float(given + (unanswerable[of] < threshold).mean()) / 2

    halves = (slice(0, None, 2), slice(1, None, 2))
    found = []
    for fitted, judged in (halves, halves[::-1]):
        thresholds = np.concatenate([believed[fitted], unanswerable[fitted]])
        found.append(value(max(thresholds, key=lambda t: value(t, fitted)), judged))
    return float(np.mean(found))
