"""The report as a table for a terminal."""

from collections.abc import Iterator
from typing import Any

from rag.evaluation.relevance import RERANKED
from rag.evaluation.wording import FAILURES, STAGES, differs

_WIDTH = 26
_ERRORS_SHOWN = 5
RANKED = {
    "recall@1": "R@1",
    "recall@3": "R@3",
    "recall@5": "R@5",
    "recall@10": "R@10",
    "recall@20": "R@20",
    "mrr@10": "MRR@10",
    "ndcg@10": "nDCG@10",
}
"""Measure -> heading, in the table of rankings."""


def table(report: dict[str, Any]) -> str:
    """Headline figures with their 95 % intervals; a dash where a figure has no value."""
    corpus = report["corpus"]
    thing = "query" if report["queries"] else "question"
    lines = [f"{counted(report['questions'], thing)} of {corpus['file']}"]
    if corpus["documents"] is not None:
        lines[0] += f", {counted(corpus['documents'], 'document')}"
    intervals = report["intervals"]
    for heading, prefix, names in SECTIONS:
        section = report[prefix]
        if section is None or section.get("questions") == 0:
            continue
        lines += ["", heading]
        lines += [
            _row(name, value, intervals.get(f"{prefix}.{name}"))
            for name, value in figures(section, names)
        ]
    if report["latency_ms"]:
        lines += ["", f"{'Latency in ms':<{_WIDTH + 2}}  p50      p95"]
        lines += [f"  {s:<{_WIDTH}}{a:>5}    {b:>5}" for s, a, b in latency(report)]
    retrieval = report["retrieval"]
    if retrieval and "dense" in retrieval:
        lines += ["", *_rankings(retrieval)]
    if against := report.get("against"):
        lines += ["", f"Against {against['file']}", *_changes(against)]
    if errors := report["errors"]:
        lines += ["", "Rows that were left out or used in part"]
        lines += [f"  {error}" for error in errors[:_ERRORS_SHOWN]]
        lines += [f"  and {len(errors) - _ERRORS_SHOWN} more"] * (len(errors) > _ERRORS_SHOWN)
    return "\n".join(lines)


SECTIONS = (
    (
        "Retrieval",
        "retrieval",
        (
            *(f"recall@{k}" for k in (1, 3, 5, 10, 20)),
            *(f"success@{k}" for k in (1, 5, 10)),
            "mrr@10",
            "ndcg@10",
        ),
    ),
    (
        "Answers",
        "qa",
        (
            "exact_match",
            "f1",
            "right",
            "answerable.exact_match",
            "answerable.f1",
            "unanswerable.right",
            "abstention.precision",
            "abstention.recall",
            "auroc",
            "auroc_answerable",
            "risk_coverage_area",
        ),
    ),
    ("Calibration", "calibration", ("ece", "brier")),
    ("Citations", "citations", ("verbatim", "precision")),
    ("Evidence", "evidence", ("word_f1", "pooled_f1", "pooled_precision", "pooled_recall")),
    (
        "Questions that went wrong",
        "failures",
        tuple(FAILURES),
    ),
)
"""Heading, section of the report and the names of the figures shown."""


def figures(section: dict[str, Any], names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """The figures of a section by their dotted names.

    Left out are those that say nothing: success@k where it is recall@k, as where each question has
    one thing to find; what tells answerable from unanswerable, where all are of one kind.
    """
    kinds = ("answerable", "unanswerable")
    one_kind = "right" in section and not all(section[kind]["questions"] for kind in kinds)
    for name in names:
        if one_kind and name.startswith((*kinds, "abstention.", "auroc_answerable")):
            continue
        value: Any = section
        for part in name.split("."):
            value = value[part]
        if not (name.startswith("success@") and value == section[f"recall{name[7:]}"]):
            yield name, value


def latency(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Milliseconds of a whole question and of each stage: name, median, 95th percentile."""
    times = report["latency_ms"]
    every = {"total": times, **times["stages"]}
    known = [stage for stage in STAGES if stage in every]
    order = [*known, *(stage for stage in every if stage not in STAGES)]
    return [
        (STAGES.get(stage, stage), _tenths(every[stage]["p50"]), _tenths(every[stage]["p95"]))
        for stage in order
    ]


def counted(count: int, thing: str) -> str:
    """The count with the thing's name, in the plural where it is not one."""
    plural = f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"
    return f"{count:,} {thing if count == 1 else plural}"


def label(name: str) -> str:
    """The name of a figure for people."""
    return name.replace(".", " ").replace("_", " ")


def _row(name: str, value: float | None, interval: list[float] | None) -> str:
    start = f"  {label(name):<{_WIDTH}}"
    if interval is None:
        return f"{start}{number(value):>5}"
    low, high = (number(bound) for bound in interval)
    return f"{start}{number(value):>5}   [{low:>5}, {high:>5}]"


def number(value: float | None) -> str:
    """A figure with as many places as it deserves; a dash where there is none."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return str(value)
    return f"{value:.3f}" if abs(value) <= 1 else f"{value:.1f}"


def _changes(against: dict[str, Any]) -> Iterator[str]:
    for name, (old, new) in against["run"].items():
        yield f"  {differs(name, old, new)}"
    for name, paired in against["paired"].items():
        if paired["difference"] is not None:
            yield f"  {label(name):<{_WIDTH}}{paired['difference']:+.3f}   p = {paired['p']:.4f}"
    for kind in ("better", "worse", "changed"):
        yield f"  {kind:<{_WIDTH}}{len(against[kind]):>5}"


def rankings(retrieval: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Each search alone, both fused, those read ranked anew: name and per cent by ``RANKED``."""
    sections = [(kind, retrieval[kind]) for kind in ("dense", "lexical", "fused")]
    return [
        (kind, [_percent(values[name]) for name in RANKED])
        for kind, values in (*sections, (RERANKED, retrieval))
    ]


def _rankings(retrieval: dict[str, Any]) -> Iterator[str]:
    """The rankings as a table in Markdown."""
    yield f"| ranking, % | {' | '.join(RANKED.values())} |"
    yield f"|---|{'---:|' * len(RANKED)}"
    for kind, cells in rankings(retrieval):
        yield f"| {kind} | {' | '.join(cells)} |"


def _tenths(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"
