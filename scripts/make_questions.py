#!/usr/bin/env -S sh -c 'exec "$(dirname "$0")/python" "$0" "$@"'
"""Propose an evaluation set: ``scripts/make_questions.py --documents PATH --out FILE.jsonl``.

Questions are made by rules from single sentences, unanswerable ones by naming what no document
names. Keep the good ones: with --review one by one here, or in the file. Then measure with
``scripts/evaluate.py --questions FILE.jsonl --documents PATH``. The questions share words with
their sentences, so they are easier than what people ask: compare figures, do not boast of them.
"""

import argparse
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rag.errors import CitespanError, LoadError
from rag.evaluation.datasets import distinct, load_documents
from rag.evaluation.proposals.propose import Proposal, propose
from rag.evaluation.proposals.review import review
from rag.evaluation.proposals.writing import write
from scripts.arguments import new_file, positive
from scripts.ending import refused

INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        if asked.out.exists() and not asked.overwrite:
            raise LoadError(f"{asked.out}: exists; choose another name, or give --overwrite")
        documents, faults = load_documents(asked.documents)
        for fault in faults:
            print(f"make_questions: left out {fault}", file=sys.stderr)
        proposals = propose(distinct(documents), asked.count, asked.seed)
        if not proposals:
            raise LoadError("no sentence of the documents fits a rule; write the questions by hand")
        kept = _reviewed(proposals) if asked.review else proposals
        write(asked.out, kept)
    except CitespanError as error:
        return refused("make_questions", error)
    except KeyboardInterrupt:
        print("make_questions: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED
    unanswerable = sum(not proposal.golds for proposal in kept)
    print(f"{len(kept)} questions, {unanswerable} of them unanswerable, in {asked.out}")
    return 0


def _reviewed(proposals: Sequence[Proposal]) -> list[Proposal]:
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # a broken byte costs its line alone
    kept = review(proposals)
    if not kept:
        raise LoadError("no question was kept, so nothing was written")
    return kept


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/make_questions.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--documents", type=Path, nargs="+", required=True, metavar="PATH", help="files or folders")
    add("--out", type=new_file, required=True, metavar="FILE.jsonl", help="where the questions go")
    add("--count", type=positive, default=100, metavar="N", help="at most so many (default 100)")
    add("--seed", type=int, default=0, help="another seed takes other sentences")
    add("--review", action="store_true", help="keep, drop or edit each question in the terminal")
    add("--overwrite", action="store_true", help="replace the file if there is one")
    return parser


if __name__ == "__main__":
    sys.exit(main())
