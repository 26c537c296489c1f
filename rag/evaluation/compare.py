"""Two reports side by side: what got better, what got worse, and whether chance explains it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import CitespanError, LoadError
from rag.evaluation.intervals import mean_intervals
from rag.evaluation.relevance import GOLD
from rag.evaluation.report import COMPARABLE, Json, figure
from rag.evaluation.retrieval import MEASURES

FLIPS = 10_000
_AT_ONCE = 500

FIGURES = (
    "retrieval.recall@1",
    "retrieval.recall@5",
    "retrieval.recall@10",
    "retrieval.mrr@10",
    "retrieval.ndcg@10",
    "retrieval.fused.recall@1",
    "retrieval.fused.mrr@10",
    "qa.exact_match",
    "qa.f1",
    "qa.right",
    "calibration.ece",
    "citations.precision",
    "evidence.word_f1",
    "latency_ms.p50",
)

_OF_ANSWERS = ("exact_match", "f1", "right")
_OF_RANKINGS = ("recall@1", "recall@5", "recall@10", "mrr@10", "ndcg@10")
_ASIDE = ("began", "documents")  # of a run, what is no difference
_BY = {"cases": "f1", "queries": "ndcg@10"}  # what makes one better or worse


def read_report(path: Path) -> Json:
    """A report that was written before.

    Raises:
        CitespanError: it cannot be read, or is no report of this form.
    """
    try:
        report = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CitespanError(f"{path}: not a report ({error}); give a report.json") from error
    if not isinstance(report, dict) or not _is_known(report):
        raise CitespanError(f"{path}: not a report of a known form; evaluate again to make one")
    return report


def _is_known(report: Json) -> bool:
    """Whether it has a form that can be compared, and what is taken of each such report."""
    run = report.get("run")
    told = isinstance(run, dict) and isinstance(run.get("settings"), dict)
    return told and "qa" in report and report.get("format") in COMPARABLE


def read_answers(path: Path) -> Json:
    """``read_report`` of one on answered questions.

    Raises:
        LoadError: the file is none.
    """
    report = read_report(path)
    if report["qa"] is None:
        raise LoadError(f"{path}: reports on retrieval alone; give a report on answered questions")
    return report


def compare(old: Mapping[str, Any], new: Mapping[str, Any], name: str) -> Json:
    """The ``against`` section of the new report; ``name`` tells where the old one came from.

    Questions are matched by id, and only where question and gold answers are the same; queries
    where the judgements are. Better and worse go by F1, and for queries by nDCG@10. ``changed`` are
    all questions whose prediction is another, also where the F1 is not, with the old one; and all
    queries where a relevant document has another rank, with the old nDCG@10 and ranks. A figure
    that one report lacks is None; in those of form 1 the user got the fused ranking.
    """
    kind = "queries" if new["qa"] is None else "cases"
    then, now = old.get(kind, []), new[kind] if kind in old else []
    before = {one["id"]: one for one in then}
    pairs = [
        (before[one["id"]], one)
        for one in now
        if one["id"] in before and _asked(before[one["id"]]) == _asked(one)
    ]
    paired = {key: _paired(pairs, key) for key in _OF_ANSWERS} if kind == "cases" else {}
    if old.get("retrieval") and new["retrieval"]:
        ranked = [pair for pair in pairs if pair[1].get("answers") != []]
        paired |= {key: _paired(ranked, key) for key in _OF_RANKINGS}
    by = _BY[kind]
    return {
        "file": name,
        "questions": len(pairs),
        "unmatched": len(now) + len(then) - 2 * len(pairs),
        "run": _differences(old["run"], new["run"]),
        "figures": _figures(dict(old), dict(new)),
        "paired": paired,
        "better": [after["id"] for was, after in pairs if _of(after, by) > _of(was, by)],
        "worse": [after["id"] for was, after in pairs if _of(after, by) < _of(was, by)],
        "changed": {
            after["id"]: _told(was) for was, after in pairs if _outcome(was) != _outcome(after)
        },
    }


def sign_flip_p(differences: NDArray[np.float64], seed: int = 0) -> float:
    """Two-sided p of a paired randomisation test on the mean difference (Fisher, 1935).

    Under the hypothesis of no difference each pair's sign is a coin's; ``FLIPS`` seeded draws,
    the observed one counted among them.
    """
    moved = differences[differences != 0]
    observed = abs(moved.sum()) - 1e-9  # so that equal sums count whatever their rounding
    random = np.random.default_rng(seed)
    extreme = 0
    for _ in range(FLIPS // _AT_ONCE):
        signs = random.integers(0, 2, size=(_AT_ONCE, len(moved)), dtype=np.int8) * 2.0 - 1
        extreme += int((np.abs(signs @ moved) >= observed).sum())
    return (1 + extreme) / (1 + FLIPS)


def _asked(one: Json) -> tuple[str | None, list[Any]]:
    """What makes a question or a query the same in both reports."""
    if "answers" in one:
        return one["question"], one["answers"]
    return one["question"], sorted((row["document"], row["relevance"]) for row in one["relevant"])


def _of(one: Json, measure: str) -> float:
    """A measure of one question; of a ranking it follows from the rank of the one gold evidence."""
    if "scores" in one:
        return float(one["scores"][measure])
    if measure in MEASURES:
        rank = one.get("rank")
        return MEASURES[measure]([*"x" * (rank - 1), GOLD] if rank else [], {GOLD: 1})
    return float(one[measure])


def _outcome(one: Json) -> Any:
    """What is compared: the answer, or the rank of each relevant document."""
    if "prediction" in one:
        return one["prediction"]
    return {row["document"]: row["rank"] for row in one["relevant"]}


def _told(was: Json) -> Any:
    """How it was before, for a person."""
    if "prediction" in was:
        return was["prediction"]
    ranks = [row["rank"] for row in was["relevant"] if row["rank"] is not None]
    return {"ndcg@10": _of(was, "ndcg@10"), "ranks": ranks}


def _paired(pairs: Sequence[tuple[Json, Json]], key: str) -> Json:
    differences = np.array([_of(new, key) - _of(old, key) for old, new in pairs])
    if not len(differences):
        return {"difference": None, "interval": None, "p": None}
    (interval,) = mean_intervals(differences[:, None])
    return {
        "difference": float(differences.mean()),
        "interval": interval and list(interval),
        "p": sign_flip_p(differences),
    }


def _figures(old: Json, new: Json) -> Json:
    both = {name: [_value(old, name), _value(new, name)] for name in FIGURES}
    return {name: values for name, values in both.items() if values != [None, None]}


def _value(report: Json, name: str) -> float | None:
    try:
        return figure(report, name)
    except CitespanError:  # one on the reader alone has no retrieval, an older one fewer figures
        return None


def _differences(old: Json, new: Json) -> Json:
    """In what the two runs differ, settings by their own names: [old, new].

    When they began is no difference, and neither is what the folder of the documents is called
    (their checksum tells), nor what a report of an older form does not tell.
    """
    flat_old, flat_new = _flat(old), _flat(new)
    told_by_both = set(old["settings"]) | set(new["settings"]) | (set(flat_old) & set(flat_new))
    return {
        name: [flat_old.get(name), flat_new.get(name)]
        for name in sorted(told_by_both)
        if flat_old.get(name) != flat_new.get(name)
    }


def _flat(run: Json) -> Json:
    plain = {k: v for k, v in run.items() if k not in _ASIDE and not isinstance(v, dict)}
    parts = (("calibration", "calibration: "), ("checksums", "checksum of "))
    nested = {f"{words}{k}": v for part, words in parts for k, v in run.get(part, {}).items()}
    return {**plain, **nested, **run["settings"]}
