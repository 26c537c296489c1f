"""Example questions made from the loaded documents, each tried before it is offered."""

import threading
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from rag.answerer import Answerer
from rag.evaluation.proposals.propose import CLOZE, Proposal, propose
from rag.evaluation.qa import is_right
from rag.types import Document
from ui.wording import LIKELY

OFFERED = 4
TRIED = 16
MAX_CHARS = 90
"""Longer questions are no examples."""
_SAMPLED = 8  # documents
_SAMPLE_CHARS = 20_000
_PROPOSED = 60

_Key = tuple[object, int, frozenset[str] | None]


class Suggestions:
    """Questions for the latest state of a store. Safe to share between threads."""

    def __init__(self) -> None:
        """Make none before they are wanted."""
        self._lock = threading.Lock()
        self._key: _Key | None = None
        self._kept: tuple[str, ...] = ()

    def of(self, answerer: Answerer, documents: Collection[str] | None = None) -> tuple[str, ...]:
        """At most ``OFFERED`` questions; ``documents`` are the ids that are searched."""
        chosen = None if documents is None else frozenset(documents)
        with self._lock:  # who comes meanwhile waits, and finds them made
            key = (answerer.store.folder, answerer.store.version, chosen)
            if key != self._key:
                self._kept = tuple(_offered(answerer, chosen))
                self._key = key
            return self._kept


def sample(answerer: Answerer, chosen: Collection[str] | None = None) -> list[Document]:
    """The beginnings of some documents, spread over all of them."""
    store = answerer.store
    ids = dict.fromkeys(
        info.id for info in store.documents() if chosen is None or info.id in chosen
    )
    step = max(1, len(ids) / _SAMPLED)
    picked = [list(ids)[int(step * number)] for number in range(min(_SAMPLED, len(ids)))]
    found = filter(None, map(store.document, picked))
    return [replace(document, text=document.text[:_SAMPLE_CHARS]) for document in found]


def _offered(answerer: Answerer, chosen: frozenset[str] | None) -> Iterator[str]:
    given = 0
    for proposal in _spread(propose(sample(answerer, chosen), _PROPOSED))[:TRIED]:
        answer = answerer.ask(proposal.question, documents=chosen)
        golds = [gold.text for gold in proposal.golds]
        if answer.confidence >= LIKELY and is_right(answer.text, golds):
            yield proposal.question
            given += 1
            if given == OFFERED:
                return


def _spread(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Those that can be examples, of each sentence one: the first of each document comes first."""
    before: Counter[str] = Counter()
    used: set[str] = set()
    ranked = []
    for proposal in proposals:
        fits = proposal.golds and proposal.made != CLOZE and len(proposal.question) <= MAX_CHARS
        if fits and proposal.sentence not in used:
            ranked.append((before[proposal.document], proposal))
            before[proposal.document] += 1
            used.add(proposal.sentence)
    return [proposal for _, proposal in sorted(ranked, key=lambda pair: pair[0])]
