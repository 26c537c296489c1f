"""Documents to proposed questions, answerable and not, for a person to keep or drop."""

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rag.evaluation.proposals.drafts import Draft, drafts
from rag.evaluation.proposals.lexicon import POINTING
from rag.evaluation.proposals.mentions import DATE, names
from rag.evaluation.proposals.swaps import Absent
from rag.evaluation.records import Gold
from rag.sentences import sentences
from rag.types import Document
from rag.words import telling_words

UNANSWERABLE_SHARE = 0.25
CLOZE = "cloze"

_WORDS = range(5, 41)
_REFERENCE = re.compile(r" ?\[\d+(?:[,–-] ?\d+)*\]")  # to a list of sources: [3], [4, 7]
_STOPS = tuple(".!?")
_PRONOUN = re.compile(
    r"\b(?:him|them|it|he|she|they|we|us|this|these|her(?= (?:an?|the|in|to)\b|\?))\b",
    re.IGNORECASE,
)
_HANGING = re.compile(r"\b(?:such|including)\?$|\[[^\]]*$")  # cut before what they announce


@dataclass(frozen=True, slots=True)
class Proposal:
    """A question of a set to be; no golds: the documents should not answer it.

    ``document`` is the name that tells the document apart, ``made`` the rule, ``sentence`` what
    the question was made of.
    """

    question: str
    golds: tuple[Gold, ...]
    document: str
    made: str
    sentence: str


def propose(documents: Sequence[Document], count: int, seed: int = 0) -> list[Proposal]:
    """At most ``count`` questions, a quarter of them unanswerable, in the order of the documents.

    The same documents, count and seed give the same questions. One question a sentence is taken
    before any sentence gives a second; clozes come only where templates do not suffice. Which
    sentences are taken, when there are more than enough, depends on the seed.
    """
    seen = _seen(documents)
    made = [*_made(documents, seen)]
    chance = random.Random(seed)  # noqa: S311 - a choice that can be repeated, no secret
    wanted = round(count * UNANSWERABLE_SHARE)
    swapped = _swapped(made, Absent([d.text for d in documents], seen, chance), chance)[:wanted]
    kept = _chosen(made, count - len(swapped), chance)
    place = {proposal: number for number, proposal in enumerate(made)}
    return [*sorted(kept, key=place.__getitem__), *swapped]


def every(documents: Sequence[Document]) -> Iterator[Proposal]:
    """Each answerable question that the templates make, in the order of the documents."""
    return (one for one in _made(documents, _seen(documents)) if one.made != CLOZE)


def _made(documents: Sequence[Document], seen: frozenset[str]) -> Iterator[Proposal]:
    labels = _labels(documents)
    for document in documents:
        yield from _of(document, labels[document.id], seen)


def _seen(documents: Sequence[Document]) -> frozenset[str]:
    """Names that stand inside sentences, where nothing but a name has a capital."""
    found = set()
    for document in documents:
        for start, end in sentences(document.text):
            if document.text[end - 1] in _STOPS:
                text = document.text[start:end]
                found |= {text[m.start : m.end] for m in names(text) if m.start}
    return frozenset(found)


def _labels(documents: Sequence[Document]) -> dict[str, str]:
    """The shortest ends of the paths that name one document each, where possible the file name."""
    ends = {document.id: _ends(document.source) for document in documents}
    counts = Counter(end for those in ends.values() for end in those)
    return {
        d.id: next((end for end in ends[d.id] if counts[end] == 1), d.source) for d in documents
    }


def _ends(source: str) -> list[str]:
    """What the evaluation may call a document of this path, the shortest first."""
    parts = Path(source).parts
    return ["/".join(parts[begin:]) for begin in range(len(parts) - 1, 0, -1)]


def _of(document: Document, label: str, seen: frozenset[str]) -> Iterator[Proposal]:
    asked = set()
    for start, end in sentences(document.text):
        sentence = document.text[start:end]
        if not _fits(sentence):
            continue
        found = list(drafts(sentence, seen))
        asked_for = {(draft.start, draft.end) for draft in found}
        clozes = [one for one in _clozes(sentence) if (one.start, one.end) not in asked_for]
        for draft in (*found, *clozes):
            question = _REFERENCE.sub("", draft.question)
            if question in asked or not _tells(draft, sentence):
                continue
            asked.add(question)
            gold = Gold(sentence[draft.start : draft.end], start + draft.start)
            yield Proposal(question, (gold,), label, draft.made, sentence)


def _fits(sentence: str) -> bool:
    """Whether a run of text is surely one whole sentence, and of a length that can be asked."""
    whole = sentence[0].isupper() and sentence.endswith(_STOPS) and "\n" not in sentence
    return whole and len(sentence.split()) in _WORDS


def _clozes(sentence: str) -> Iterator[Draft]:
    found = DATE.search(sentence)
    if found and sentence.split(maxsplit=1)[0].lower() not in POINTING:
        gap = f"{sentence[: found.start()]}____{sentence[found.end() :]}"
        kind = "year" if found[0].isdigit() else "date"
        yield Draft(f"Which {kind} is left out: “{gap}”?", *found.span(), CLOZE)


def _tells(draft: Draft, sentence: str) -> bool:
    """Whether a question can be asked on its own: enough words, no pronoun, not its answer."""
    answer = sentence[draft.start : draft.end]
    if (
        _PRONOUN.search(draft.question)
        or _PRONOUN.search(answer)
        or _HANGING.search(draft.question)
    ):
        return False
    long_enough = draft.made == "life dates" or len(telling_words(draft.question)) > 2
    return long_enough and answer.lower() not in draft.question.lower()


def _chosen(made: Sequence[Proposal], count: int, chance: random.Random) -> list[Proposal]:
    """Questions taken in rounds, one a sentence, each of the rule that was used least so far."""
    groups: dict[tuple[str, str], list[Proposal]] = {}
    for proposal in made:
        groups.setdefault((proposal.document, proposal.sentence), []).append(proposal)
    order = list(groups.values())
    chance.shuffle(order)
    chosen: list[Proposal] = []
    used: Counter[str] = Counter()
    for wanted in (False, True):  # clozes last
        while any(remaining := [[p for p in g if (p.made == CLOZE) is wanted] for g in order]):
            for group, fitting in zip(order, remaining, strict=True):
                if fitting:
                    best = min(fitting, key=lambda p: used[p.made])
                    used[best.made] += 1
                    group.remove(best)
                    chosen.append(best)
    return chosen[:count]


def _swapped(made: Sequence[Proposal], absent: Absent, chance: random.Random) -> list[Proposal]:
    """Unanswerable questions, at most one of a sentence, in an order drawn by chance."""
    order = [proposal for proposal in made if proposal.made != CLOZE]
    chance.shuffle(order)
    result, used = [], set()
    for proposal in order:
        if proposal.sentence in used:
            continue
        if (swap := absent.swap(proposal.question)) is not None:
            used.add(proposal.sentence)
            told = f"{proposal.made}, {swap.old} swapped for {swap.new}"
            result.append(replace(proposal, question=swap.question, golds=(), made=told))
    return result
