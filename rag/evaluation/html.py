"""``report.html``: the report as one file that opens offline and asks nothing of any network."""

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from typing import Any

from rag.evaluation.charts import SHARES, Axis, Series, bars, line_chart
from rag.evaluation.relevance import RANKINGS, RERANKED
from rag.evaluation.report import Json
from rag.evaluation.table import RANKED, SECTIONS, counted, figures, label, number, rankings

# Reached by keyboard, so that what does not fit a narrow screen can be scrolled to.
_SCROLLED = '<div class="scroll" role="region" aria-label="table" tabindex="0">'
_RANKS = ((0.0, "1"), (1 / 3, "5"), (2 / 3, "10"), (1.0, "20"))


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
            _headline(report),
            *_rankings(report),
            *_against(report),
            f'<section class="charts">{"".join(_charts(report))}</section>',
            *_errors(report),
            _QUESTIONS if report["cases"] else "",
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
    parts += [f"{kind} {run[kind]}" for kind in ("encoder", "reader") if run[kind]]
    if run["gold_passages"]:
        parts.append("reader alone, on gold passages")
    return " · ".join(parts)


def _headline(report: Json) -> str:
    intervals = report["intervals"]
    blocks = []
    for heading, prefix, names in SECTIONS:
        section = report[prefix]
        if section is None or section.get("questions") == 0:
            continue
        rows = "".join(
            f'<tr><th scope="row">{escape(label(name))}</th><td>{number(value).strip()}</td>'
            f"<td>{_interval(intervals.get(f'{prefix}.{name}'))}</td></tr>"
            for name, value in figures(section, names)
        )
        blocks.append(
            f"<div><h2>{escape(heading)}</h2><table><thead><tr><th>Figure</th><th>Value</th>"
            f"<th>95 % interval</th></tr></thead><tbody>{rows}</tbody></table></div>"
        )
    return f'<section class="figures">{"".join(blocks)}</section>'


def _rankings(report: Json) -> Iterator[str]:
    retrieval = report["retrieval"]
    if not retrieval or "dense" not in retrieval:
        return
    yield f"<section><h2>Rankings, in per cent</h2>{_SCROLLED}<table><thead><tr>"
    yield "".join(f"<th>{escape(heading)}</th>" for heading in ("Ranking", *RANKED.values()))
    yield "</tr></thead><tbody>"
    for kind, cells in rankings(retrieval):
        values = "".join(f"<td>{cell}</td>" for cell in cells)
        yield f'<tr><th scope="row">{escape(kind)}</th>{values}</tr>'
    yield "</tbody></table></div></section>"


def _interval(bounds: list[float] | None) -> str:
    return " to ".join(number(bound).strip() for bound in bounds) if bounds else ""


def _against(report: Json) -> Iterator[str]:
    against = report.get("against")
    if not against:
        return
    yield f"<section><h2>Against {escape(against['file'])}</h2><p>"
    yield (
        f"{counted(against['questions'], 'question')} in both: {len(against['better'])} better, "
        f"{len(against['worse'])} worse, {len(against['changed'])} with another answer."
    )
    if against["run"]:
        told = (f"{name}: {old} → {new}" for name, (old, new) in against["run"].items())
        yield f" Set differently: {escape('; '.join(told))}."
    yield (
        f"</p>{_SCROLLED}<table><thead><tr><th>Figure</th><th>Before</th><th>Now</th>"
        "<th>Difference, same questions</th><th>p</th></tr></thead><tbody>"
    )
    for name, (old, new) in against["figures"].items():
        paired = against["paired"].get(name.removeprefix("qa."), {})
        difference = paired.get("difference")
        moved = "" if difference is None else f"{difference:+.3f} ({_interval(paired['interval'])})"
        chance = f"{paired['p']:.4f}" if difference is not None else ""
        yield (
            f'<tr><th scope="row">{escape(label(name))}</th><td>{number(old).strip()}</td>'
            f"<td>{number(new).strip()}</td><td>{moved}</td><td>{chance}</td></tr>"
        )
    yield "</tbody></table></div></section>"


def _charts(report: Json) -> Iterator[str]:
    share = Axis("", SHARES)
    if (retrieval := report["retrieval"]) and "dense" in retrieval:
        lines = [
            Series(kind, kind, [(x, values[f"recall@{k}"] or 0) for x, k in _RANKS])
            for kind in RANKINGS
            for values in [retrieval if kind == RERANKED else retrieval[kind]]
        ]
        axis = Axis("passages taken", _RANKS)
        yield _figure(
            "Recall by ranking",
            line_chart("Recall by number of passages taken", axis, share, lines),
        )
    if calibration := report["calibration"]:
        points = [(part["confidence"], part["accuracy"]) for part in calibration["reliability"]]
        chart = line_chart(
            "Share of right answers by stated confidence",
            Axis("stated confidence", SHARES),
            share,
            [Series("answers", RERANKED, points)],
            diagonal=True,
        )
        yield _figure("Is the confidence true? Share that was right", chart)
    if qa := report["qa"]:
        axis = Axis("questions answered, most confident first", SHARES)
        curve = [Series("risk", RERANKED, qa["risk_coverage"])]
        yield _figure("Wrong among those answered", line_chart("Risk", axis, share, curve))
    if failures := report["failures"]:
        rows = [(label(name), count) for name, count in failures.items()]
        yield _figure("Where it fails", bars("Questions by kind of failure", rows))


def _figure(caption: str, chart: str) -> str:
    return f"<figure><figcaption>{escape(caption)}</figcaption>{chart}</figure>"


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
    }
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return files("rag.evaluation").joinpath(name).read_text("utf-8")


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


_QUESTIONS = """
<section><h2>Every question</h2>
<div class="filters">
<label>Search <input id="search" type="search" placeholder="words or an id"></label>
<label>Outcome <select id="outcome">
<option value="">all</option>
<option value="right">right</option>
<option value="wrong">wrong</option>
<option value="not_retrieved">not retrieved</option>
<option value="misread">misread</option>
<option value="abstained">abstained wrongly</option>
<option value="answered_unanswerable">answered the unanswerable</option>
<option value="gold_questionable">gold questionable</option>
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
