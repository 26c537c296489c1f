"""``report.html``: the report as one file that opens offline and asks nothing of any network."""

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from typing import Any

from rag.evaluation import panels
from rag.evaluation.pictures import pictures
from rag.evaluation.report import Json
from rag.evaluation.table import counted
from rag.evaluation.wording import FAILURES


def page(report: Json) -> str:
    """The whole page; every text from documents and questions is escaped or set as text."""
    style, script = _asset("page.css"), _asset("page.js")
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
            f"<header><h1>{escape(title)}</h1><p>{escape(_about(report))}</p></header><main>",
            panels.tiles(report),
            *panels.against(report),
            f'<section class="charts">{"".join(pictures(report))}</section>',
            panels.headline(report),
            panels.measured_with(report),
            *panels.ranking_table(report),
            *_errors(report),
            _questions() if report["cases"] else "",
            "</main>",
            f'<script type="application/json" id="data">{_data(report)}</script>',
            f"<script>{script}</script></body></html>",
        ]
    )


def _about(report: Json) -> str:
    corpus, run = report["corpus"], report["run"]
    parts = [counted(report["questions"], "question")]
    if corpus["documents"] is not None:
        parts.append(counted(corpus["documents"], "document"))
    parts += [f"encoder {run['encoder']}"] if run["encoder"] else []
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


def _data(report: Json) -> str:
    """The cases for the page's script; no character in them can end the element."""
    against: dict[str, Any] = report.get("against") or {}
    content = {
        "cases": report["cases"],
        "better": against.get("better"),
        "worse": against.get("worse"),
        "changed": against.get("changed"),
        "ranked": report["retrieval"] is not None,
        "failures": {kind: name for kind, (name, _) in FAILURES.items()},
    }
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _questions() -> str:
    options = "".join(
        f'<option value="{kind}">{escape(name)}</option>' for kind, (name, _) in FAILURES.items()
    )
    return _QUESTIONS.format(failures=options)


def _asset(name: str) -> str:
    return files("rag.evaluation").joinpath(name).read_text("utf-8")


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


_QUESTIONS = """
<section id="questions"><h2>Every question</h2>
<div class="filters">
<label>Search <input id="search" type="search" placeholder="words or an id"></label>
<label>Outcome <select id="outcome">
<option value="">all</option>
<option value="right">right</option>
<option value="wrong">wrong</option>
{failures}
</select></label>
<label>Kind <select id="kind">
<option value="">all</option>
<option value="answerable">answerable</option>
<option value="unanswerable">unanswerable</option>
</select></label>
<label id="change-label" hidden>Against before <select id="change">
<option value="">all</option>
<option value="better">better</option>
<option value="worse">worse</option>
<option value="changed">another answer</option>
</select></label>
<label>Order <select id="order">
<option value="file">as in the file</option>
<option value="sure">most confident first</option>
<option value="unsure">least confident first</option>
<option value="f1">lowest F1 first</option>
<option value="rank">deepest evidence first</option>
</select></label>
</div>
<p id="count" role="status"></p>
<ol id="list"></ol>
<button id="more" type="button" hidden>Show more</button>
<noscript><p>The list needs JavaScript; the same is in report.json.</p></noscript>
</section>
"""
