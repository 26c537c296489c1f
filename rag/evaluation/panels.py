"""The parts of the report's page that hold figures, as HTML."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from rag.evaluation.queries import first_relevant
from rag.evaluation.report import Json, figure
from rag.evaluation.table import RANKED, SECTIONS, counted, figures, latency, number, rankings
from rag.evaluation.wording import (
    CHECKSUMS,
    FAILURES,
    FIRST_RELEVANT,
    differs,
    explained,
    named,
)

Cells = Sequence[str]

_TILES = (
    ("qa.right", "answered right"),
    ("qa.f1", "F1, words shared"),
    ("retrieval.recall@5", "have the answer in the first 5 passages"),
    ("citations.verbatim", "of the quotes are verbatim"),
    ("calibration.ece", "between confidence and share right (ECE)"),
    ("latency_ms.p50", "for a question (median)"),
)
_QUESTIONS = ("question", "with another answer")
_RANGES = (
    "The ranges are 95 % intervals: how far other questions of this kind may give other figures."
)
_RANKING_TILES = (
    ("retrieval.ndcg@10", "nDCG@10"),
    ("retrieval.recall@10", "of what is relevant is in the first 10"),
    ("retrieval.success@10", "have something relevant in the first 10"),
    ("retrieval.mrr@10", "MRR@10"),
)


def summary(report: Json) -> str:
    """The outcome in one sentence, and what the ranges beside the figures are."""
    whole = report["questions"]
    if failures := report["failures"]:
        wrong, silent = sum(failures.values()), sum(_silent(case) for case in report["cases"])
        asked = counted(whole, "question")
        refused = failures["not_asked"]
        answered = wrong - silent - refused
        rest = f"{answered:,} got a wrong answer, and {silent:,} none though there is one"
        if doubtful := failures["gold_questionable"]:
            rest += f"; {doubtful:,} of the wrong answers may be right, look at them"
        if refused:
            rest += f"; {refused:,} could not be asked"
        told = f"Of {asked}, {whole - wrong:,} came out right, {rest}."
    elif rows := report["queries"]:
        counts = Counter(map(first_relevant, rows))
        asked, deep = counted(whole, "query"), counts["deeper"] + counts["none"]
        rest = f"{counts['ten']:,} further down among the first 10, and {deep:,} none there"
        told = f"Of {asked}, {counts['first']:,} have a relevant document at rank 1, {rest}."
    else:
        return ""
    return f"<p>{told} {_RANGES}</p>"


def _silent(case: Json) -> bool:
    return not case["right"] and case["prediction"] is None and not case["error"]


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
        values = [(n, v) for n, v in figures(section, names) if v is not None]
        bounds = [_told(report["intervals"].get(f"{prefix}.{name}")) for name, _ in values]
        shown += [f"{prefix}.{name}" for name, _ in values]
        rows = [
            (named(f"{prefix}.{name}"), number(value), between)
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
        blocks.append(
            _block("Where it fails", _counts("The first that applies", FAILURES, failures))
        )
    if rows := report["queries"]:
        counts = Counter(map(first_relevant, rows))
        blocks.append(
            _block("The first relevant document", _counts("It stands", FIRST_RELEVANT, counts))
        )
    terms = "".join(f"<dt>{escape(n)}</dt><dd>{escape(w)}</dd>" for n, w in explained(shown))
    meaning = f"<details><summary>What the figures mean</summary><dl>{terms}</dl></details>"
    looked_up = f"<section>{meaning}{_measured_with(report)}</section>"
    return f'<section class="figures">{"".join(blocks)}</section>{looked_up}'


def _measured_with(report: Json) -> str:
    """The settings of the run and the checksums of what it used, to be looked up."""
    run = report["run"]
    settings = {k: "the usual" if v in (None, "") else v for k, v in run["settings"].items()}
    if run["calibration"] and run["settings"].get("min_confidence") is None:
        settings["min_confidence"] = f"{run['calibration']['threshold']:g}, the reader's own"
    sums = {CHECKSUMS[kind]: told for kind, told in run["checksums"].items() if told}
    return _terms("Settings", settings) + _terms("Checksums", sums)


def _terms(summary: str, told: Mapping[str, object]) -> str:
    if not told:
        return ""
    terms = "".join(f"<dt>{escape(k)}</dt><dd>{escape(str(v))}</dd>" for k, v in told.items())
    return f"<details><summary>{summary}</summary><dl>{terms}</dl></details>"


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
    thing, other = ("query", "with other ranks") if report["queries"] else _QUESTIONS
    yield f"<section><h2>Against {escape(found['file'])}</h2><p>"
    if found["questions"]:
        kinds = (("better", "better"), ("worse", "worse"), ("changed", other))
        picks = (_pick("change", kind, f"{len(found[kind])} {words}") for kind, words in kinds)
        yield f"{counted(found['questions'], thing)} in both: {', '.join(picks)}."
    if found["unmatched"]:
        yield f" {counted(found['unmatched'], thing)} in one of them only."
    yield "</p>"
    if found["run"]:
        told = (
            f"<li>{escape(differs(name, old, new))}</li>"
            for name, (old, new) in found["run"].items()
        )
        yield f"<p>What differs between the runs:</p><ul>{''.join(told)}</ul>"
    else:
        yield "<p>Settings, program and models are the same.</p>"
    rows = []
    for name, (old, new) in found["figures"].items():
        if old is None or new is None:
            continue
        paired = found["paired"].get(name.partition(".")[2], {})
        difference = paired.get("difference")
        moved = "" if difference is None else f"{difference:+.3f} ({_interval(paired['interval'])})"
        chance = "" if difference is None else f"{paired['p']:.4f}"
        rows.append((named(name), number(old), number(new), moved, chance))
    heads = ("Figure", "Before", "Now", "Difference, same questions", "p")
    yield f"{_scrolled('Before and now', table(heads, rows))}</section>"


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


def _counts(heading: str, kinds: Mapping[str, tuple[str, str]], counts: Mapping[str, int]) -> str:
    """Each class with its count; its name shows its questions."""
    rows = "".join(
        f'<tr><th scope="row">{_pick("outcome", kind, name)}<p>{escape(words)}</p></th>'
        f"<td>{counts[kind]:,}</td></tr>"
        for kind, (name, words) in kinds.items()
    )
    head = f'<th scope="col">{escape(heading)}</th><th scope="col">Questions</th>'
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


def _told(bounds: Sequence[float] | None) -> str:
    """An interval, where resampling says anything: where all are equal it does not."""
    return _interval(bounds) if bounds and bounds[0] < bounds[1] else ""


def _interval(bounds: Sequence[float] | None) -> str:
    return " to ".join(number(bound) for bound in bounds) if bounds else ""
