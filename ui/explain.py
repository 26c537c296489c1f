"""How an answer was found, folded under it: what was searched, ranks, scores, times."""

from collections.abc import Iterable

from rag.types import Answer
from ui import wording
from ui.html import tag, text
from ui.search import Found, Search
from ui.turns import Turn

_ABSENT = "\N{EN DASH}"
_PASSAGES = ("rank", "score", "by meaning", "by words", "passage")


def explanation(number: int, turn: Turn) -> str:
    """A fold; the ranks are fetched when it is first opened (``data-explain``)."""
    if turn.answer is None:
        return ""
    content = text("summary", "How this was found")
    if turn.search is None:
        content += text("p", "Searching again\N{HORIZONTAL ELLIPSIS}", class_="why")
    else:
        content += _searched(turn.search, turn.answer.store_version)
    content += _facts(turn.answer)
    asking = number if turn.search is None else None
    return tag("details", content, data_key=f"{number}-details", data_explain=asking)


def _searched(search: Search, answered_at: int) -> str:
    documents = wording.count(search.documents, "document")
    words = f"Searched {documents}, {wording.count(search.passages, 'passage')}."
    if search.store_version != answered_at:
        words += " The documents have changed since; this is a search of today's."
    head = "".join(text("th", name, scope="col") for name in _PASSAGES)
    body = "".join(map(_passage, search.found))
    table = tag("table", tag("thead", tag("tr", head)) + tag("tbody", body), class_="ranks")
    return text("p", words, class_="why") + table


def _passage(found: Found) -> str:
    hit = found.hit
    cells = (
        str(hit.rank),
        f"{hit.score:.3f}",
        str(hit.dense_rank or _ABSENT),
        str(hit.lexical_rank or _ABSENT),
    )
    title = text("bdi", found.title, title=found.title)
    return _row(cells, tag("td", title + text("span", found.place)))


def _facts(answer: Answer) -> str:
    rows = [(stage, f"{milliseconds:,.1f} ms") for stage, milliseconds in answer.timings_ms.items()]
    if answer.text is None:
        rows.insert(0, ("best candidate", wording.confidence(answer.confidence)))
    rows += [
        (f"source {citation.number}, SHA-256", citation.sha256) for citation in answer.citations
    ]
    rows.append(("store version", str(answer.store_version)))
    return tag("table", tag("tbody", "".join(_fact(*row) for row in rows)), class_="facts")


def _fact(name: str, value: str) -> str:
    return tag("tr", text("th", name, scope="row") + text("td", value))


def _row(cells: Iterable[str], last: str) -> str:
    return tag("tr", "".join(text("td", cell) for cell in cells) + last)
