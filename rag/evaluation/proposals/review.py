"""A person keeps, drops or edits proposals in a terminal."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TextIO

from rag.evaluation.proposals.propose import Proposal

_ASK = "keep? [y]es, [n]o, [e]dit the question, [q]uit and keep what was kept: "


def review(
    proposals: Sequence[Proposal], source: TextIO | None = None, screen: TextIO | None = None
) -> list[Proposal]:
    """The proposals that a person keeps; the end of the input is a quit.

    ``source`` and ``screen`` are standard input and output when not given.
    """
    source, screen = source or sys.stdin, screen or sys.stdout
    kept: list[Proposal] = []
    for number, proposal in enumerate(proposals, 1):
        answers = " | ".join(gold.text for gold in proposal.golds) or "not in these documents"
        told = (proposal.question, answers, f"from {proposal.document}: {proposal.sentence}")
        screen.write(f"\n{number} of {len(proposals)}\n" + "".join(f"  {_safe(t)}\n" for t in told))
        choice = _choice(source, screen)
        if choice == "q":
            break
        if choice == "e":
            screen.write("question: ")
            screen.flush()
            edited = source.readline().strip()
            kept.append(replace(proposal, question=edited or proposal.question))
        elif choice == "y":
            kept.append(proposal)
    return kept


def _choice(source: TextIO, screen: TextIO) -> str:
    while True:
        screen.write(_ASK)
        screen.flush()
        line = source.readline()
        if not line:
            return "q"
        if (letter := line.strip().lower()[:1]) in tuple("yneq"):
            return letter


def _safe(text: str) -> str:
    """Control characters of a document must not steer the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
