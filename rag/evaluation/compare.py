"""Two reports side by side: what got better, what got worse, and whether chance explains it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import CitespanError
from rag.evaluation.intervals import mean_intervals
from rag.evaluation.report import COMPARABLE, Json, figure

FLIPS = 10_000
_AT_ONCE = 500

FIGURES = (
    "retrieval.recall@1",
    "retrieval.recall@5",
    "retrieval.mrr@10",
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


def read_report(path: Path) -> Json:
    """A report that was written before.

    Raises:
        CitespanError: it cannot be read, or is no report of this form.
    """
    try:
        report = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CitespanError(f"{path}: not a report ({error}); give a report.json") from error
    if not isinstance(report, dict) or report.get("format") not in COMPARABLE:
        raise CitespanError(f"{path}: not a report of a known form; evaluate again to make one")
    return report


def compare(old: Mapping[str, Any], new: Mapping[str, Any], name: str) -> Json:
    """The ``against`` section of the new report; ``name`` tells where the old one came from.

    Questions are matched by id, and only where question and gold answers are the same. Better and
    worse go by F1; ``changed`` are all whose prediction is another, also where the F1 is not. A
    figure that one report lacks is None; in those of form 1 the user got the fused ranking.
    """
    before = {case["id"]: case for case in old["cases"]}
    pairs = [
        (before[case["id"]], case)
        for case in new["cases"]
        if case["id"] in before and _asked(before[case["id"]]) == _asked(case)
    ]
    return {
        "file": name,
        "questions": len(pairs),
        "unmatched": len(new["cases"]) + len(old["cases"]) - 2 * len(pairs),
        "run": _differences(old["run"], new["run"]),
        "figures": _figures(dict(old), dict(new)),
        "paired": {key: _paired(pairs, key) for key in ("exact_match", "f1", "right")},
        "better": [after["id"] for was, after in pairs if after["f1"] > was["f1"]],
        "worse": [after["id"] for was, after in pairs if after["f1"] < was["f1"]],
        "changed": {
            after["id"]: was["prediction"]
            for was, after in pairs
            if was["prediction"] != after["prediction"]
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


def _asked(case: Mapping[str, Any]) -> tuple[str, list[str]]:
    return case["question"], case["answers"]


def _paired(pairs: Sequence[tuple[Json, Json]], key: str) -> Json:
    differences = np.array([float(new[key]) - float(old[key]) for old, new in pairs])
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
    """What the two runs were told differently, settings by their own names: [old, new]."""
    flat_old, flat_new = _flat(old), _flat(new)
    names = sorted(flat_old.keys() | flat_new.keys())
    return {
        name: [flat_old.get(name), flat_new.get(name)]
        for name in names
        if flat_old.get(name) != flat_new.get(name)
    }


def _flat(run: Json) -> Json:
    plain = {key: value for key, value in run.items() if key != "settings"}
    return {**plain, **run["settings"]}
