"""Questions altered in one place, so that their passage no longer answers them.

SQuAD 2.0's unanswerable questions (Rajpurkar et al., 2018) were written to look like this: another
entity, an opposite, a negation, another word.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np

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


def entities(questions: Iterable[str]) -> list[str]:
    """Distinct capitalised phrases and numbers inside the questions, sorted."""
    return sorted({name for question in questions for name in _ENTITY.findall(question)})


def swap_entity(
    question: str, context: str, names: Sequence[str], rng: np.random.Generator
) -> str | None:
    """The question with one entity replaced by another that question and context lack."""
    lower = context.lower()
    return _swapped(question, names, lambda _, name: name.lower() not in lower, rng)


def swap_within(
    question: str,
    context: str,
    names: Sequence[str],
    golds: Sequence[str],
    rng: np.random.Generator,
) -> str | None:
    """The question with one entity replaced by another that the context has.

    What answered it is wrong now; now and then something else in the context is right. Neither
    ``golds`` nor the entity that goes have a word of the one that comes.
    """

    def fits(old: str, name: str) -> bool:
        own = [text.lower() for text in (old, *golds)]
        taken = {word for text in own for word in text.split()}
        new = name.lower()
        return (
            name in context
            and not taken & set(new.split())
            and not any(new in text for text in own)
        )

    return _swapped(question, names, fits, rng)


def _swapped(
    question: str,
    names: Sequence[str],
    fits: Callable[[str, str], bool],
    rng: np.random.Generator,
) -> str | None:
    """One entity of the question replaced by a name of its kind that ``fits`` in its place."""
    own = _ENTITY.findall(question)
    if not own:
        return None
    old = own[int(rng.integers(len(own)))]
    fit = [
        name
        for name in names
        if name not in question and name[0].isdigit() == old[0].isdigit() and fits(old, name)
    ]
    if not fit:
        return None
    return question.replace(old, fit[int(rng.integers(len(fit)))], 1)


def _opposites() -> dict[str, tuple[str, ...]]:
    """Each word of the list with its opposites."""
    found: dict[str, set[str]] = defaultdict(set)
    for pair in _OPPOSITES.replace("\n", "|").strip("|").split("|"):
        one, other = pair.split()
        found[one].add(other)
        found[other].add(one)
    return {word: tuple(sorted(others)) for word, others in found.items()}


_OPPOSITE = _opposites()


def words(questions: Iterable[str]) -> list[str]:
    """Distinct lower-case words of five letters and more in the questions, sorted."""
    return sorted({word for question in questions for word in _WORD.findall(question)})


def turn_word(
    question: str, context: str, words: Sequence[str], rng: np.random.Generator
) -> str | None:
    """The question with one word turned round, so that the context no longer answers it.

    An opposite where the question has a word with one; else, one time in three, "not" behind
    the auxiliary; else another of the ``words`` with the same ending, absent from the context.
    """
    turnable = [m for m in re.finditer(r"\w+", question) if m[0].lower() in _OPPOSITE]
    if turnable:
        match = turnable[int(rng.integers(len(turnable)))]
        return _replaced(question, match, _OPPOSITE[match[0].lower()], rng)
    auxiliary = _AUXILIARY.search(question)
    if auxiliary and rng.random() < 1 / 3:
        return f"{question[: auxiliary.end()]} not{question[auxiliary.end() :]}"
    places = list(_WORD.finditer(question))
    if not places:
        return None
    match = places[int(rng.integers(len(places)))]
    lower = context.lower()
    fit = [
        word
        for word in words
        if word[-2:] == match[0][-2:]
        and word[0] != match[0][0]  # not a slip of the pen
        and word not in lower
        and word not in question
    ]
    return _replaced(question, match, fit, rng) if fit else None


def _replaced(text: str, match: re.Match[str], fit: Sequence[str], rng: np.random.Generator) -> str:
    """The text with one of the fitting words in place of the match."""
    return text[: match.start()] + fit[int(rng.integers(len(fit)))] + text[match.end() :]
