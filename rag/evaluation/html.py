"""``report.html``: the report as one file that opens offline and asks nothing of any network."""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from rag.evaluation import panels
from rag.evaluation.pictures import pictures
from rag.evaluation.queries import first_relevant
from rag.evaluation.report import Json
from rag.evaluation.table import counted
from rag.evaluation.wording import FAILURES, FIRST_RELEVANT, date

_Options = Sequence[tuple[str, str]]


def page(report: Json) -> str:
    """The whole page; every text from documents and questions is escaped or set as text."""
    style, script = _asset("page.css"), _script(report)
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    title = f"Evaluation of {report['corpus']['file']}"
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escape(title)}</title><style>{style}</style></head><body>",
            f"<header><h1>{escape(title)}</h1><p>{escape(_about(report))}</p>{_when(report)}</header><main>",
            panels.summary(report),
            panels.tiles(report),
            *panels.against(report),
            f'<section class="charts">{"".join(pictures(report))}</section>',
            panels.headline(report),
            *panels.ranking_table(report),
            *_errors(report),
            _list(report),
            "</main>",
            f'<script type="application/json" id="data">{_data(report)}</script>',
            f"<script>{script}</script></body></html>",
        ]
    )


def _about(report: Json) -> str:
    corpus, run = report["corpus"], report["run"]
    parts = [counted(report["questions"], "query" if report["queries"] else "question")]
    if run["limit"] is not None:
        parts[0] += ", the first of the set"
    if corpus["documents"] is not None:
        parts.append(counted(corpus["documents"], "document"))
    parts += [f"encoder {run['encoder'].partition('@')[0]}"] if run["encoder"] else []
    if run["reader"]:
        own = run["settings"].get("reader")
        parts.append(f"reader {run['reader']}" if own else "the reader that ships with citespan")
    if run["gold_passages"]:
        parts.append("reader alone, on gold passages")
    return " · ".join(parts)


def _errors(report: Json) -> Iterator[str]:
    if errors := report["errors"]:
        items = "".join(f"<li>{escape(error)}</li>" for error in errors)
        yield (
            f"<section><details><summary>Rows that were left out or used in part: "
            f"{len(errors)}</summary><ul>{items}</ul></details></section>"
        )


def _when(report: Json) -> str:
    run = report["run"]
    by = f"citespan {run['version']}" if run["version"] else "citespan"
    return f"<p>Measured on {date(run['began'])} with {escape(by)}</p>" if run["began"] else ""


def _data(report: Json) -> str:
    """What the page's script lists; no character in it can end the element."""
    against: dict[str, Any] = report.get("against") or {}
    content = {
        "cases": report["cases"],
        "queries": [{**row, "outcome": first_relevant(row)} for row in report["queries"]],
        "better": against.get("better"),
        "worse": against.get("worse"),
        "changed": against.get("changed"),
        "ranked": report["retrieval"] is not None,
        "failures": {kind: name for kind, (name, _) in FAILURES.items()},
    }
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _script(report: Json) -> str:
    if not (report["cases"] or report["queries"]):
        return ""
    kind = "queries.js" if report["queries"] else "cases.js"
    return "".join(map(_asset, ("dom.js", kind, "list.js")))


def _list(report: Json) -> str:
    """The list of every question, or every query, with what filters and orders it."""
    if report["queries"]:
        kinds = [(kind, name) for kind, (name, _) in FIRST_RELEVANT.items()]
        parts = [
            _select("outcome", "First relevant", kinds),
            _select("change", "Against before", (*_CHANGES, ("changed", "other ranks"))),
            _order((*_RANKED, *_MOVED) if "against" in report else _RANKED),
        ]
        return _LIST.format(heading="Every query", selects="".join(parts))
    if report["cases"]:
        kinds = [(kind, name) for kind, (name, _) in FAILURES.items()]
        parts = [
            _select("outcome", "Outcome", (("right", "right"), ("wrong", "wrong"), *kinds)),
            _select("kind", "Kind", _KINDS),
            _select("change", "Against before", (*_CHANGES, ("changed", "another answer"))),
            _order(_ANSWERED),
        ]
        return _LIST.format(heading="Every question", selects="".join(parts))
    return ""


def _order(options: _Options) -> str:
    return _select("order", "Order", options, ("file", "as in the file"))


def _select(name: str, label: str, options: _Options, usual: tuple[str, str] = ("", "all")) -> str:
    choices = "".join(
        f'<option value="{value}">{escape(words)}</option>' for value, words in (usual, *options)
    )
    hidden = ' id="change-label" hidden' if name == "change" else ""
    return f'<label{hidden}>{escape(label)} <select id="{name}">{choices}</select></label>'


def _asset(name: str) -> str:
    return files("rag.evaluation").joinpath(name).read_text("utf-8")


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


_KINDS = (("answerable", "answerable"), ("unanswerable", "unanswerable"))
_CHANGES = (("better", "better"), ("worse", "worse"))
_ANSWERED = (
    ("sure", "most confident first"),
    ("unsure", "least confident first"),
    ("f1", "lowest F1 first"),
    ("rank", "deepest evidence first"),
)
_RANKED = (
    ("low", "lowest nDCG first"),
    ("high", "highest nDCG first"),
    ("deep", "deepest first relevant"),
    ("many", "most relevant documents first"),
)
_MOVED = (("gained", "most gained first"), ("lost", "most lost first"))

_LIST = """
<section id="questions"><h2>{heading}</h2>
<div class="filters">
<label>Search <input id="search" type="search" placeholder="words or an id"></label>
{selects}
</div>
<p id="count" role="status"></p>
<ol id="list"></ol>
<button id="more" type="button" hidden>Show more</button>
<noscript><p>The list needs JavaScript; the same is in report.json.</p></noscript>
</section>
"""
