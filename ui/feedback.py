"""What a visitor says of an answer: right, wrong, or where the right one stands."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from rag.snapshot import DocumentInfo
from rag.store import Store
from rag.types import Citation
from ui.handlers import integer
from ui.history import Turns
from ui.turns import Place, Turn, place_of

MAX_MARKED_CHARS = 2000


def rated(turns: Turns, event: object) -> Turns | None:
    """The turns after ``{"turn": n, "value": "yes" | "no"}``; the same again takes it back.

    Either takes a marked answer back.
    """
    place = _answered(turns, event)
    value = event.get("value") if isinstance(event, Mapping) else None
    if place is None or value not in ("yes", "no"):
        return None
    right = value == "yes"
    now = None if turns[place].rating is right else right
    return _with(turns, place, replace(turns[place], rating=now, right=None))


def marked(turns: Turns, event: object, store: Store) -> Turns | None:
    """The turns after ``{"turn", "document", "start", "end"}`` named the right answer.

    White space at its ends is left out; None where the place does not exist.
    """
    answered = _answered(turns, event)
    wanted = event.get("document") if isinstance(event, Mapping) else None
    document = store.document(wanted) if isinstance(wanted, str) else None
    start, end = integer(event, "start"), integer(event, "end")
    if answered is None or document is None or start is None or end is None:
        return None
    if not 0 <= start < end <= min(len(document.text), start + MAX_MARKED_CHARS):
        return None
    chosen = document.text[start:end]
    start += len(chosen) - len(chosen.lstrip())
    quote = chosen.strip()
    if not quote:
        return None
    place = Place(document.id, document.title, document.source, start, quote)
    return _with(turns, answered, replace(turns[answered], right=place, rating=False))


def as_questions(turns: Iterable[Turn], documents: Iterable[DocumentInfo] = ()) -> str:
    """The turns that were judged, as lines of a question set for ``scripts/evaluate.py``.

    An answer marked in a source, or given and found right, is gold; "not in these documents"
    found right is a question without answers, unless only some documents were asked; one only
    found wrong has no gold and is left out. Its document is named by the shortest ending of its
    path that no other of the ``documents`` has.
    """
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for info in documents:
        for ending in _endings(info.source):
            ids[ending].add(info.id)
    rows = filter(None, (_row(turn, ids) for turn in turns))
    return "".join(
        json.dumps({"id": f"feedback-{number:02}", **row}, ensure_ascii=False) + "\n"
        for number, row in enumerate(rows, 1)
    )


def _row(turn: Turn, ids: Mapping[str, set[str]]) -> dict[str, Any] | None:
    if turn.answer is None:
        return None
    question = turn.answer.question
    if turn.right is not None:
        return _gold(question, turn.right, ids)
    if not turn.rating:
        return None
    if turn.answer.text is None:
        return {"question": question, "answers": []} if turn.asked is None else None
    return _gold(question, turn.answer.citations[0], ids)


def _gold(question: str, gold: Place | Citation, ids: Mapping[str, set[str]]) -> dict[str, Any]:
    own = {gold.document_id}
    names = (ending for ending in _endings(gold.source) if ids.get(ending, own) <= own)
    return {
        "question": question,
        "answers": [{"text": gold.quote, "answer_start": gold.start}],
        "document": next(names, gold.source),
    }


def _endings(source: str) -> list[str]:
    """What the evaluation may call a document of this path, the shortest first."""
    parts = PurePath(source).parts
    return [*("/".join(parts[begin:]) for begin in range(len(parts) - 1, 0, -1)), source]


def _answered(turns: Turns, event: object) -> int | None:
    """Where the turn that is named stands, if it has an answer."""
    place = place_of(turns, integer(event, "turn"))
    return None if place is None or turns[place].answer is None else place


def _with(turns: Turns, place: int, turn: Turn) -> Turns:
    return (*turns[:place], turn, *turns[place + 1 :])
