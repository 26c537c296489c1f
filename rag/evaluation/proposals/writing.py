"""Proposals as a question set that evaluation reads."""

import json
from collections.abc import Iterable
from pathlib import Path

from rag.evaluation import output
from rag.evaluation.proposals.propose import Proposal


def write(path: Path, proposals: Iterable[Proposal]) -> None:
    """One JSON object a line, as ``rows.read_jsonl`` reads it, with ``made`` and ``sentence``.

    Raises:
        CitespanError: the file cannot be written.
    """
    lines = [_line(number, proposal) for number, proposal in enumerate(proposals, 1)]
    output.write(path, "".join(lines))


def _line(number: int, proposal: Proposal) -> str:
    row = {
        "id": f"made-{number:04}",
        "question": proposal.question,
        "answers": [{"text": g.text, "answer_start": g.start} for g in proposal.golds],
        "document": proposal.document,
        "made": proposal.made,
        "sentence": proposal.sentence,
    }
    return json.dumps(row, ensure_ascii=False) + "\n"
