"""The parts of the report's page that hold figures, as HTML."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from rag.evaluation.report import Json, figure
from rag.evaluation.table import RANKED, SECTIONS, counted, figures, latency, number, rankings
from rag.evaluation.wording import FAILURES, explained, named

Cells = Sequence[str]

_TILES = (
    ("qa.right", "answered right"),
    ("qa.f1", "F1"),
    ("retrieval.recall@5", "of the evidence is in the first 5"),
    ("citations.verbatim", "of the quotes are verbatim"),
    ("calibration.ece", "is the confidence off by (ECE)"),
    ("latency_ms.p50", "is the median time"),
)
_RANKING_TILES = (
    ("retrieval.ndcg@10", "nDCG@10"),
    ("retrieval.recall@10", "Recall@10"),
    ("retrieval.mrr@10", "MRR@10"),
)


def tiles(report: Json) -> str:
    """The figures that most people look for, in large type."""
    chosen = _TILES if report["qa"] else _RANKING_TILES
    parts = []
    for name, words in chosen:
        value = figure(report, name) if report[name.partition(".")[0]] else None
        if value is None:
            continue
        shown = f"{value:,.0f} ms" if name.startswith("latency") else f"{100 * value:.1f} %"
        bounds = report["intervals"].get(name)
        wide = bounds and bounds[0] < bounds[1]
        between = f"{100 * bounds[0]:.1f} to {100 * bounds[1]:.1f}" if wide else ""
        parts.append(
            f'<div><dt>{escape(words)}</dt><dd>{shown}</dd><dd class="between">{between}</dd></div>'
        )
    return f'<dl class="tiles">{"".join(parts)}</dl>'


def headline(report: Json) -> str:
    """Every figure by section, with its 95 % interval, and what the figures mean."""
    blocks, shown = [], []
    for heading, prefix, names in SECTIONS:
        section = report[prefix]
        if section is None or section.get("questions") == 0 or prefix == "failures":
            continue
        values = [(n, v) for n, v in figures(section, names) if _telling(section, n, v)]
        bounds = [_interval(report["intervals"].get(f"{prefix}.{name}")) for name, _ in values]
        shown += [f"{prefix}.{name}" for name, _ in values]
        rows = [
            (named(f"{prefix}.{name}"), number(value).strip(), between)
            for (name, value), between in zip(values, bounds, strict=True)
        ]
        heads = ("Figure", "Value", "95 % interval")
        if any(bounds):
            blocks.append(_block(heading, table(heads, rows)))
        else:
            blocks.append(_block(heading, table(heads[:2], [row[:2] for row in rows])))
    if report["latency_ms"]:
        heads = ("Time in ms", "Median", "95th percentile")
        blocks.append(_block("Questions asked one by one", table(heads, latency(report))))
    if failures := report["failures"]:
        blocks.append(_block("Where it fails", _failures(failures)))
    terms = "".join(f"<dt>{escape(n)}</dt><dd>{escape(w)}</dd>" for n, w in explained(shown))
    meaning = f"<details><summary>What the figures mean</summary><dl>{terms}</dl></details>"
    return f'<section class="figures">{"".join(blocks)}</section><section>{meaning}</section>'


def measured_with(report: Json) -> str:
    """The settings of the run, to be looked up."""
    settings = report["run"]["settings"]
    if not settings:
        return ""
    told = {key: "the usual" if value in (None, "") else value for key, value in settings.items()}
    terms = "".join(f"<dt>{escape(k)}</dt><dd>{escape(str(v))}</dd>" for k, v in told.items())
    return f"<section><details><summary>Settings</summary><dl>{terms}</dl></details></section>"


def ranking_table(report: Json) -> Iterator[str]:
    """Each search alone, both fused, and what the user gets."""
    retrieval = report["retrieval"]
    if not retrieval or "dense" not in retrieval:
        return
    rows = [(kind, *cells) for kind, cells in rankings(retrieval)]
    heads = ("Ranking", *RANKED.values())
    shown = _scrolled("Rankings", table(heads, rows))
    yield f"<section><h2>Rankings, in per cent</h2>{shown}</section>"


def against(report: Json) -> Iterator[str]:
    """The comparison with an older report."""
    found = report.get("against")
    if not found:
        return
    yield f"<section><h2>Against {escape(found['file'])}</h2><p>"
    if report["cases"]:
        kinds = (("better", "better"), ("worse", "worse"), ("changed", "with another answer"))
        picks = (_pick("change", kind, f"{len(found[kind])} {words}") for kind, words in kinds)
        yield f"{counted(found['questions'], 'question')} in both: {', '.join(picks)}."
    if found["unmatched"]:
        yield f" {counted(found['unmatched'], 'question')} in one of them only."
    if found["run"]:
        told = (f"{name}: {old} → {new}" for name, (old, new) in found["run"].items())
        yield f" Set differently: {escape('; '.join(told))}."
    rows = []
    for name, (old, new) in found["figures"].items():
        if old is None or new is None:
            continue
        paired = found["paired"].get(name.removeprefix("qa."), {})
        difference = paired.get("difference")
        moved = "" if difference is None else f"{difference:+.3f} ({_interval(paired['interval'])})"
        chance = "" if difference is None else f"{paired['p']:.4f}"
        rows.append((named(name), number(old).strip(), number(new).strip(), moved, chance))
    heads = ("Figure", "Before", "Now", "Difference, same questions", "p")
    yield f"</p>{_scrolled('Before and now', table(heads, rows))}</section>"


def table(heads: Cells, rows: Iterable[Cells]) -> str:
    """A table whose first column names the row; every cell is escaped."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _telling(section: Json, name: str, value: float | None) -> bool:
    """Whether a figure says more than the others: not where all questions can be answered."""
    split = name.startswith(("answerable.", "abstention."))
    return value is not None and not (split and not section["unanswerable"]["questions"])


def _failures(counts: Json) -> str:
    """Each class with its count; its name shows its questions."""
    rows = "".join(
        f'<tr><th scope="row">{_pick("outcome", kind, name)}<p>{escape(words)}</p></th>'
        f"<td>{counts[kind]:,}</td></tr>"
        for kind, (name, words) in FAILURES.items()
    )
    head = '<th scope="col">The first that applies</th><th scope="col">Questions</th>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _pick(control: str, value: str, words: str) -> str:
    """A button that sets a filter of the list of questions."""
    return (
        f'<button type="button" class="pick" data-control="{control}" data-value="{value}">'
        f"{escape(words)}</button>"
    )


def _block(heading: str, content: str) -> str:
    return f"<div><h2>{escape(heading)}</h2>{content}</div>"


def _scrolled(name: str, content: str) -> str:
    """Reached by keyboard, so that what does not fit a narrow screen can be scrolled to."""
    return f'<div class="scroll" role="region" aria-label="{name}" tabindex="0">{content}</div>'


def _interval(bounds: Sequence[float] | None) -> str:
    return " to ".join(number(bound).strip() for bound in bounds) if bounds else ""
