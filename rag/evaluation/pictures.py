"""The report's pictures with their captions, each also as a table where none has its numbers."""

from collections import Counter
from collections.abc import Iterator
from html import escape

from rag.evaluation.charts import SHARES, Axis, Series, bars, line_chart
from rag.evaluation.panels import table
from rag.evaluation.queries import first_relevant
from rag.evaluation.relevance import RANKINGS, RERANKED
from rag.evaluation.report import Json
from rag.evaluation.wording import FAILURES, FIRST_RELEVANT

_RANKS = ((0.0, "1"), (1 / 3, "5"), (2 / 3, "10"), (1.0, "20"))
_SHARE = Axis("", SHARES)
_PARTS = 5  # of the values of nDCG
_ROWS = 10  # of the risk-coverage curve, in its table


def pictures(report: Json) -> Iterator[str]:
    """A figure for each part of the report that can be drawn."""
    if (retrieval := report["retrieval"]) and "dense" in retrieval:
        yield _recall(retrieval)
    if (calibration := report["calibration"]) and calibration["reliability"]:
        yield _reliability(calibration)
    if (qa := report["qa"]) and qa["risk_coverage"]:
        yield _risk(qa)
    if failures := report["failures"]:
        rows = [(name, failures[kind]) for kind, (name, _) in FAILURES.items()]
        yield _figure("What went wrong", bars("Questions by kind of failure", rows))
    if queries := report["queries"]:
        counts = Counter(map(first_relevant, queries))
        rows = [(name, counts[kind]) for kind, (name, _) in FIRST_RELEVANT.items()]
        words = "Queries by the rank of their first relevant document"
        yield _figure("Where the first relevant document stands", bars(words, rows))
        parts = Counter(min(int(row["scores"]["ndcg@10"] * _PARTS), _PARTS - 1) for row in queries)
        rows = [(f"{p / _PARTS:g} to {(p + 1) / _PARTS:g}", parts[p]) for p in range(_PARTS)]
        yield _figure("nDCG@10 of the queries", bars("Queries by nDCG@10", rows))


def _recall(retrieval: Json) -> str:
    lines = [
        Series(kind, kind, [(x, values[f"recall@{k}"] or 0) for x, k in _RANKS])
        for kind in RANKINGS
        for values in [retrieval if kind == RERANKED else retrieval[kind]]
    ]
    axis = Axis("passages taken", _RANKS)
    chart = line_chart("Recall by number of passages taken", axis, _SHARE, lines)
    return _figure("Recall by ranking", chart)


def _reliability(calibration: Json) -> str:
    bins = calibration["reliability"]
    chart = line_chart(
        "Share of right answers by stated confidence",
        Axis("stated confidence", SHARES),
        _SHARE,
        [Series("answers", RERANKED, [(part["confidence"], part["accuracy"]) for part in bins])],
        diagonal=True,
    )
    rows = [
        (
            f"{100 * part['low']:.0f} to {100 * part['high']:.0f} %",
            f"{part['questions']:,}",
            f"{100 * part['confidence']:.1f} %",
            f"{100 * part['accuracy']:.1f} %",
        )
        for part in bins
    ]
    numbers = table(("Confidence", "Answers", "Stated", "Right"), rows)
    return _figure("Is the confidence true? Share that was right", chart, numbers)


def _risk(qa: Json) -> str:
    curve = qa["risk_coverage"]
    axis = Axis("questions answered, most confident first", SHARES)
    words = "Share of wrong answers by share of questions answered"
    chart = line_chart(words, axis, _SHARE, [Series("risk", RERANKED, curve)])
    last = len(curve) - 1
    chosen = [curve[round(last * row / _ROWS)] for row in range(1, _ROWS + 1)]
    rows = [(f"{100 * covered:.1f} %", f"{100 * risk:.1f} %") for covered, risk in chosen]
    return _figure("Wrong among those answered", chart, table(("Answered", "Wrong"), rows))


def _figure(caption: str, chart: str, numbers: str = "") -> str:
    listed = f"<details><summary>As a table</summary>{numbers}</details>" if numbers else ""
    return f"<figure><figcaption>{escape(caption)}</figcaption>{chart}{listed}</figure>"
