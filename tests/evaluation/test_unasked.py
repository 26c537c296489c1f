"""A question that was never asked is no right abstention, and is told."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from playwright.sync_api import Browser, Page

import rag.evaluation.run as module
from rag.config import Settings
from rag.evaluation.html import page
from rag.evaluation.report import figure
from rag.evaluation.run import Options, evaluate
from rag.evaluation.table import table
from tests.evaluation.recomputed import Asked, figures, predictions

SCHEMA = json.loads(Path(module.__file__).with_name("report.schema.json").read_text("utf-8"))
TEXT = "The harbor was dug in 1888. Forty ships a day called there once."
TOO_LONG = "When was the harbor dug, and by whom, and for how much money in all?"
ROWS = (
    ("right", "When was the harbor dug?", "1888"),
    ("silent", "Who sells hats?", None),
    ("refused", TOO_LONG, "1888"),
    ("refused too", f"{TOO_LONG} By whom?", None),
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def report(out: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("questions")
    (folder / "harbor.txt").write_text(TEXT, "utf-8")
    rows = [
        {"id": name, "question": asked, "answers": [a for a in [answer] if a]}
        | {"document": "harbor.txt"}
        for name, asked, answer in ROWS
    ]
    (folder / "set.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    settings = Settings(max_question_chars=40)
    return evaluate(Options(folder / "set.jsonl", out=out, settings=settings, progress=False))


def test_what_could_not_be_asked_is_named(report: dict[str, Any]) -> None:
    jsonschema.validate(report, SCHEMA)
    assert [error.split(":")[:2] for error in report["errors"]] == [
        ["set.jsonl", " refused"],
        ["set.jsonl", " refused too"],
    ]
    assert all("at most 40 are allowed" in error for error in report["errors"])
    assert report["errors"][1] in table(report)


def test_it_is_a_failure_of_its_own(report: dict[str, Any]) -> None:
    cases = {case["id"]: case for case in report["cases"]}

    assert (cases["silent"]["right"], cases["silent"]["failure"]) == (True, None)
    for name in ("refused", "refused too"):
        case = cases[name]
        assert (case["right"], case["failure"]) == (False, "not_asked")
        assert (case["exact_match"], case["f1"]) == (0.0, 0.0)
    assert report["failures"]["not_asked"] == 2
    assert sum(report["failures"].values()) == sum(not case["right"] for case in report["cases"])


def test_it_is_no_abstention_and_has_no_confidence(report: dict[str, Any]) -> None:
    assert report["qa"]["unanswerable"]["right"] == 0.5
    assert report["qa"]["abstention"] == {"precision": 1.0, "recall": 0.5, "abstained": 1}
    assert report["calibration"]["questions"] == 2
    assert report["intervals"]["qa.abstention.precision"] == [1.0, 1.0]
    assert report["retrieval"]["recall@20"] == 0.5


def test_the_figures_are_those_of_another_computation(report: dict[str, Any], out: Path) -> None:
    document = json.loads((out / "predictions.jsonl").read_text("utf-8").split("\n")[1])
    identifier = document["retrieved"][0][0]
    golds = {"right": [("1888", 22)], "refused": [("1888", 22)]}
    asked = {name: Asked(golds.get(name, []), identifier) for name, _, _ in ROWS}

    anew = figures(asked, predictions(out / "predictions.jsonl"), {identifier: TEXT})

    assert anew["failures.not_asked"] == 2
    for name, value in anew.items():
        expected = pytest.approx(value, abs=1e-3 if "ms" in name else 1e-9)
        assert figure(report, name) == expected, name


def test_the_page_tells_it(report: dict[str, Any]) -> None:
    told = "2 came out right, 0 got a wrong answer, and 0 none though there is one"

    assert f"Of 4 questions, {told}; 2 could not be asked." in page(report)


@pytest.mark.browser
def test_the_list_tells_it(report: dict[str, Any], browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(report), "utf-8")
    opened: Page = browser.new_page()
    opened.goto(file.as_uri())
    opened.locator("#outcome").select_option("not_asked")

    assert opened.locator("#list .brief").all_inner_texts() == [
        "not asked — accepted: 1888",
        "not asked — accepted: not in these documents",
    ]
    opened.close()
