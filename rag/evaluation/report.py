"""``report.json``: the figures, the settings they were measured with, and every question."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rag.errors import CitespanError
from rag.evaluation import queries, summary
from rag.evaluation.about import About, program_version
from rag.evaluation.cases import Case
from rag.evaluation.records import Qrels, Run
from rag.evaluation.uncertainty import intervals

Json = dict[str, Any]

FORMAT = 5
"""Version of the report's form, as written down in ``report.schema.json``."""

COMPARABLE = (1, 2, 3, 4, FORMAT)
"""Forms of older reports that ``compare`` can read: what they lack is not compared."""

SECTIONS = ("retrieval", "qa", "calibration", "citations", "evidence", "latency_ms", "failures")
"""The parts of a report that hold figures."""


def answer_report(
    cases: Sequence[Case], rankings: Mapping[str, Run], qrels: Qrels, about: About
) -> Json:
    """The report on answered questions; without rankings nothing is said about retrieval."""
    return {
        **_head(about, len(cases)),
        "retrieval": summary.retrieval_figures(rankings, qrels) if rankings else None,
        "qa": summary.qa_figures(cases),
        "calibration": summary.calibration_figures(cases),
        "citations": summary.citation_figures(cases),
        "evidence": summary.evidence_figures(cases),
        "latency_ms": summary.latency_figures(case.prediction for case in cases),
        "failures": summary.failure_counts(cases),
        "intervals": intervals(cases, rankings, qrels),
        "cases": [_case(case) for case in cases],
        "queries": [],
    }


def retrieval_report(
    rankings: Mapping[str, Run],
    qrels: Qrels,
    about: About,
    known: queries.Collection | None = None,
) -> Json:
    """The report on retrieval alone; ``known`` has the words of queries and documents."""
    listed = queries.listed(rankings, qrels, known or queries.Collection())
    return {
        **_head(about, len(listed)),
        "retrieval": summary.retrieval_figures(rankings, qrels),
        "qa": None,
        "calibration": None,
        "citations": None,
        "evidence": None,
        "latency_ms": None,
        "failures": None,
        "intervals": intervals((), rankings, qrels),
        "cases": [],
        "queries": listed,
    }


def figure(report: Json, name: str) -> float | None:
    """A figure by its dotted place, such as ``qa.f1``; None where it has no value.

    Raises:
        CitespanError: the report has no such figure; the message lists those it has.
    """
    value: Any = report
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    known = _figure_names(report)
    if name not in known:
        raise CitespanError(f"no figure {name} in the report; it has {', '.join(known)}")
    return None if value is None else float(value)


def _figure_names(report: Json) -> list[str]:
    names = []

    def walk(prefix: str, section: Json) -> None:
        for key, value in section.items():
            if isinstance(value, dict):
                walk(f"{prefix}{key}.", value)
            elif value is None or isinstance(value, int | float):
                names.append(f"{prefix}{key}")

    for key in SECTIONS:
        walk(f"{key}.", report.get(key) or {})
    return names


def _head(about: About, questions: int) -> Json:
    return {
        "format": FORMAT,
        "questions": questions,
        "corpus": {"file": about.questions, "documents": about.documents},
        "run": {
            "began": about.began,
            "version": program_version(),
            "limit": about.limit,
            "gold_passages": about.gold_passages,
            "documents": list(about.corpus),
            "encoder": about.encoder,
            "reader": about.reader,
            "settings": dict(about.settings),
            "calibration": dict(about.calibration),
            "checksums": dict(about.checksums),
        },
        "errors": list(about.errors),
    }


def _case(case: Case) -> Json:
    prediction = case.prediction
    return {
        "id": case.question.id,
        "question": case.question.text,
        "answers": list(dict.fromkeys(case.question.answers)),
        "prediction": prediction.text,
        "candidate": prediction.candidate,
        "confidence": prediction.confidence,
        "exact_match": case.exact_match,
        "f1": case.f1,
        "right": case.right,
        "failure": case.failure.value if case.failure else None,
        "rank": case.ranks.reranked,
        "fused_rank": case.ranks.fused,
        "dense_rank": case.ranks.dense,
        "lexical_rank": case.ranks.lexical,
        "verbatim": all(case.verbatim),
        "evidence_f1": case.evidence.f1 if case.evidence else None,
        "passage": asdict(case.shown) if case.shown else None,
        "gold_passage": asdict(case.gold_shown) if case.gold_shown else None,
        "error": prediction.error,
    }
