"""Comparing two reports: exactly the questions that changed, and an exact randomisation test."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.errors import CitespanError
from rag.evaluation.about import About
from rag.evaluation.compare import compare, read_report, sign_flip_p
from rag.evaluation.report import answer_report


def case(name: str, prediction: str | None, f1: float, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "question": f"{name}?",
        "answers": ["x"],
        "prediction": prediction,
        "rank": 1,
        "f1": f1,
        "exact_match": float(f1 == 1),
        "right": f1 >= 0.5,
    } | more


def report(*cases: dict[str, Any], top_k: int = 8) -> dict[str, Any]:
    empty = answer_report([], {}, {}, About("set.json", 1, settings={"top_k": top_k}))
    return {**empty, "cases": list(cases), "questions": len(cases)}


def test_exactly_the_changed_questions_are_named() -> None:
    old = report(
        case("same", "x", 1.0),
        case("better", "y", 0.0),
        case("worse", "x", 1.0),
        case("other words", "a x", 0.7),
        case("said nothing", None, 0.0),
        case("gone", "x", 1.0),
        case("new golds", "x", 1.0),
    )
    new = report(
        case("same", "x", 1.0),
        case("better", "x", 1.0),
        case("worse", None, 0.0),
        case("other words", "x b", 0.7),
        case("said nothing", None, 0.0),
        case("new golds", "x", 0.0, answers=["z"]),
        case("came", "x", 1.0),
        top_k=4,
    )

    found = compare(old, new, "old.json")

    assert (found["better"], found["worse"]) == (["better"], ["worse"])
    assert found["changed"] == {"better": "y", "worse": "x", "other words": "a x"}
    assert (found["questions"], found["unmatched"]) == (5, 4)
    assert found["run"] == {"top_k": [8, 4]}
    assert found["paired"]["f1"]["difference"] == 0.0


def test_equal_reports_do_not_differ() -> None:
    one = report(case("a", "x", 1.0), case("b", None, 0.0))

    found = compare(one, one, "old.json")

    assert (found["better"], found["worse"], found["changed"], found["run"]) == ([], [], {}, {})
    assert found["paired"]["f1"] == {"difference": 0.0, "interval": [0.0, 0.0], "p": 1.0}


@pytest.mark.parametrize(
    "differences",
    [[1.0] * 6, [1.0, 1.0, 1.0, -1.0, 0.0], [0.3, 0.2, -0.1, 0.4, 0.25, 0.1, 0.0], [0.5]],
)
def test_p_is_near_that_of_all_sign_flips(differences: list[float]) -> None:
    observed = abs(sum(differences))
    flips = list(itertools.product([-1, 1], repeat=len(differences)))
    sums = (abs(sum(s * d for s, d in zip(f, differences, strict=True))) for f in flips)
    exact = sum(value >= observed - 1e-9 for value in sums) / len(flips)

    assert sign_flip_p(np.array(differences)) == pytest.approx(exact, abs=0.015)


def test_without_common_questions_there_is_no_difference() -> None:
    found = compare(report(case("a", "x", 1.0)), report(case("b", "x", 1.0)), "old.json")

    assert found["paired"]["f1"] == {"difference": None, "interval": None, "p": None}


@pytest.mark.parametrize(
    "content",
    [
        None,
        "{",
        "[]",
        '{"format": 0}',
        "[" * 100_000,
        '{"format": 5, "qa": null}',
        '{"format": 5, "qa": null, "run": []}',
        '{"format": 5, "qa": null, "run": {}}',
        '{"format": 5, "run": {"settings": {}}}',
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "old.json"
    if content is not None:
        path.write_text(content, "utf-8")

    with pytest.raises(CitespanError, match=r"old\.json: not a report"):
        read_report(path)


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    written = report(case("a", "x", 1.0))
    path.write_text(json.dumps(written), "utf-8")

    assert read_report(path) == written


def test_when_and_where_a_run_was_is_no_difference_and_the_rest_is() -> None:
    def told(began: str, reader: str, threshold: float) -> dict[str, Any]:
        about = About(
            "set.json",
            1,
            began=began,
            corpus=(began[:4],),
            calibration={"threshold": threshold},
            checksums={"reader": reader, "program": "p"},
        )
        return answer_report([], {}, {}, about)

    old = told("2026-03-05T14:05:00Z", "a", 0.25)

    assert compare(old, told("2027-03-06T09:00:00Z", "a", 0.25), "old.json")["run"] == {}
    assert compare(old, told("2026-03-05T14:05:00Z", "b", 0.5), "old.json")["run"] == {
        "calibration: threshold": [0.25, 0.5],
        "checksum of reader": ["a", "b"],
    }


def test_what_an_older_form_does_not_tell_is_no_difference() -> None:
    old, new = report(case("a", "x", 1.0)), report(case("a", "x", 1.0))
    old["format"] = 3
    for name in ("began", "version", "limit", "calibration", "checksums"):
        del old["run"][name]
    del old["queries"]

    assert compare(old, new, "old.json")["run"] == {}


def test_a_report_of_the_first_form_is_compared_as_far_as_it_goes(tmp_path: Path) -> None:
    new = report(case("a", "x", 1.0))
    measures = {"recall@1": 0.5, "recall@5": 0.75, "mrr@10": 0.6}
    new["retrieval"] = {**measures, "fused": {"recall@1": 0.25, "mrr@10": 0.5}}
    old = report(case("a", None, 0.0)) | {"format": 1, "retrieval": {**measures, "recall@1": 0.25}}
    del old["evidence"]
    path = tmp_path / "old.json"
    path.write_text(json.dumps(old), "utf-8")

    found = compare(read_report(path), new, "old.json")

    assert found["changed"] == {"a": None}
    assert found["figures"]["retrieval.recall@1"] == [0.25, 0.5]
    assert found["figures"]["retrieval.fused.recall@1"] == [None, 0.25]
    assert "evidence.word_f1" not in found["figures"]
