"""Passages and questions that teach the reader to say "not here".

Four kinds, each met in use: a well-retrieved passage that lacks the answer, the right passage
with the answering sentence cut out, a question whose named entity was swapped for another, and a
question with one word turned round (an opposite, a negation, another word of the article).
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.evaluation.qa import normalize_answer
from rag.training.examples import Context, IntArray, Material, Question, sentence_around, token_span

_OPPOSITES = """
first last|before after|north south|east west|largest smallest|highest lowest|biggest smallest
most least|more less|more fewer|increase decrease|increased decreased|win lose|won lost|early late
earliest latest|oldest youngest|old new|longest shortest|long short|high low|higher lower
large small|begin end|began ended|start stop|started stopped|open close|opened closed
support oppose|supported opposed|allow forbid|allowed forbidden|accept reject|accepted rejected
include exclude|included excluded|male female|men women|man woman|father mother|son daughter
brother sister|king queen|husband wife|buy sell|bought sold|import export|imports exports
friend enemy|attack defend|attacked defended|cause prevent|caused prevented|enter leave
entered left|rise fall|rose fell|gain lose|gained lost|strong weak|stronger weaker|hot cold
warm cool|wet dry|rich poor|public private|major minor|majority minority|maximum minimum
positive negative|upper lower|inside outside|internal external|above below|over under
winter summer|spring autumn|morning evening|day night|ancient modern|urban rural|domestic foreign
local national|common rare|popular unpopular|legal illegal|safe dangerous|easy difficult
simple complex|fast slow|faster slower|heavy light|deep shallow|wide narrow|hard soft|thick thin
full empty|true false|right wrong|good bad|better worse|worst best|success failure|victory defeat
birth death|born died|arrive depart|arrived departed|build destroy|built destroyed|create destroy
created destroyed|join leave|joined left|teach learn|advantage disadvantage
advantages disadvantages|strength weakness|strengths weaknesses|like dislike|agree disagree
agreed disagreed|appear disappear|appeared disappeared|present absent|with without
"""
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b", re.IGNORECASE
)
_WORD = re.compile(r"(?<![\w'’-])[a-z]{5,}(?![\w'’-])")
_ENTITY = re.compile(r"(?<=\s)(?:[A-Z][\w’'-]+(?:\s+[A-Z][\w’'-]+)*|\d[\d,.]*)")


def mine(
    material: Material,
    questions: NDArray[np.float32],
    contexts: NDArray[np.float32],
    keep: int = 12,
) -> NDArray[np.int32]:
    """For each question the ``keep`` nearest contexts that hold none of its answers, -1 padded.

    ``questions`` is (questions, dimension), ``contexts`` (contexts, dimension), unit rows.
    """
    normal = [f" {normalize_answer(context.text)} " for context in material.contexts]
    result = np.full((len(material.questions), keep), -1, dtype=np.int32)
    for begin in range(0, len(questions), 1024):
        scores = questions[begin : begin + 1024] @ contexts.T
        near = np.argpartition(-scores, keep * 3, axis=1)[:, : keep * 3]
        order = np.argsort(-np.take_along_axis(scores, near, axis=1), axis=1, kind="stable")
        for row, candidates in enumerate(np.take_along_axis(near, order, axis=1)):
            question = material.questions[begin + row]
            golds = [f" {normalize_answer(text)} " for text, _ in question.answers]
            fit = [
                c
                for c in candidates
                if c != question.context and not any(gold in normal[c] for gold in golds)
            ][:keep]
            result[begin + row, : len(fit)] = fit
    return result


def without_answer(context: Context, answers: Sequence[tuple[str, int]]) -> IntArray | None:
    """Tokens of the context less the sentence that answers; None where the answer stays."""
    text, start = answers[0]
    left, right = sentence_around(context.text, start, start + len(text))
    rest = context.text[:left] + context.text[right:]
    if right - left > 0.7 * len(context.text):
        return None
    if any(normalize_answer(answer) in normalize_answer(rest) for answer, _ in answers):
        return None
    span = token_span(context, left, right)
    if span is None:
        return None
    return np.concatenate([context.tokens[: span[0]], context.tokens[span[1] + 1 :]])


def entities_by_article(material: Material) -> dict[str, list[str]]:
    """Capitalised phrases and numbers inside the questions of each article."""
    found: dict[str, set[str]] = defaultdict(set)
    for question in material.questions:
        article = material.contexts[question.context].article
        found[article].update(_ENTITY.findall(question.text))
    return {article: sorted(names) for article, names in found.items()}


def swap_entity(
    question: Question, context: Context, names: Sequence[str], rng: np.random.Generator
) -> str | None:
    """The question with one entity replaced by another of its article that the context lacks."""
    own = _ENTITY.findall(question.text)
    if not own:
        return None
    old = own[int(rng.integers(len(own)))]
    digit = old[0].isdigit()
    fit = [
        name
        for name in names
        if name not in question.text
        and name[0].isdigit() == digit
        and name.lower() not in context.text.lower()
    ]
    if not fit:
        return None
    return question.text.replace(old, fit[int(rng.integers(len(fit)))], 1)


def _opposites() -> dict[str, tuple[str, ...]]:
    """Each word of the list with its opposites."""
    found: dict[str, set[str]] = defaultdict(set)
    for pair in _OPPOSITES.replace("\n", "|").strip("|").split("|"):
        one, other = pair.split()
        found[one].add(other)
        found[other].add(one)
    return {word: tuple(sorted(others)) for word, others in found.items()}


_OPPOSITE = _opposites()


def words_by_article(material: Material) -> dict[str, list[str]]:
    """Lower-case words of five letters and more in the questions of each article."""
    found: dict[str, set[str]] = defaultdict(set)
    for question in material.questions:
        article = material.contexts[question.context].article
        found[article].update(_WORD.findall(question.text))
    return {article: sorted(words) for article, words in found.items()}


def turn_word(
    question: Question, context: Context, words: Sequence[str], rng: np.random.Generator
) -> str | None:
    """The question with one word turned round, so that the context no longer answers it.

    An opposite where the question has a word with one; else, one time in three, "not" behind
    the auxiliary; else another word of the article with the same ending, absent from the context.
    """
    text = question.text
    turnable = [m for m in re.finditer(r"\w+", text) if m[0].lower() in _OPPOSITE]
    if turnable:
        match = turnable[int(rng.integers(len(turnable)))]
        others = _OPPOSITE[match[0].lower()]
        return text[: match.start()] + others[int(rng.integers(len(others)))] + text[match.end() :]
    auxiliary = _AUXILIARY.search(text)
    if auxiliary and rng.random() < 1 / 3:
        return f"{text[: auxiliary.end()]} not{text[auxiliary.end() :]}"
    places = list(_WORD.finditer(text))
    if not places:
        return None
    match = places[int(rng.integers(len(places)))]
    lower = context.text.lower()
    fit = [
        word
        for word in words
        if word[-2:] == match[0][-2:]
        and word[0] != match[0][0]  # not a slip of the pen
        and word not in lower
        and word not in text
    ]
    if not fit:
        return None
    return text[: match.start()] + fit[int(rng.integers(len(fit)))] + text[match.end() :]


def embed(texts: Sequence[str], model: Any) -> NDArray[np.float32]:
    """Unit vectors of the texts, (texts, dimension), through a sentence-transformers model."""
    vectors: NDArray[np.float32] = model.encode(
        list(texts), batch_size=64, normalize_embeddings=True, show_progress_bar=True
    )
    return vectors.astype(np.float32)
