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
    """The proposals that a person keeps; the end of the input and Ctrl+C are a quit.

    ``source`` and ``screen`` are standard input and output when not given. A line that has no
    form in UTF-8 (``source`` must let it through) is asked for again.
    """
    source, screen = source or sys.stdin, screen or sys.stdout
    kept: list[Proposal] = []
    try:
        for number, proposal in enumerate(proposals, 1):
            _show(proposal, f"{number} of {len(proposals)}", screen)
            choice = _choice(source, screen)
            if choice == "q":
                break
            if choice == "e":
                edited = _line("question: ", source, screen).strip()
                kept.append(replace(proposal, question=edited or proposal.question))
            elif choice == "y":
                kept.append(proposal)
    except KeyboardInterrupt:
        screen.write("\n")
    return kept


def _show(proposal: Proposal, heading: str, screen: TextIO) -> None:
    answers = " | ".join(gold.text for gold in proposal.golds) or "not in these documents"
    told = (proposal.question, answers, f"from {proposal.document}: {proposal.sentence}")
    screen.write(f"\n{heading}\n" + "".join(f"  {_safe(t)}\n" for t in told))


def _choice(source: TextIO, screen: TextIO) -> str:
    while True:
        line = _line(_ASK, source, screen)
        if not line:
            return "q"
        if (letter := line.strip().lower()[:1]) in tuple("yneq"):
            return letter


def _line(ask: str, source: TextIO, screen: TextIO) -> str:
    """What a person types; "" at the end of the input."""
    while True:
        screen.write(ask)
        screen.flush()
        line = source.readline()
        try:
            line.encode()
        except UnicodeEncodeError:
            screen.write("that is not UTF-8, as the terminal should send; type it anew\n")
        else:
            return line


def _safe(text: str) -> str:
    """Control characters of a document must not steer the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
