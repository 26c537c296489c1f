"""Readers side by side: what is asked of them, and figures worked out by hand."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from transformers import AutoTokenizer

from rag.calibration import sigmoid
from rag.encoder import default_model_folder
from rag.models import SHIPPED
from rag.training.examples import Material, load
from rag.training.judge import (
    ASKED,
    CUT,
    KINDS,
    OTHER,
    SWAPPED,
    TURNED,
    WITHIN,
    Case,
    Said,
    ask,
    cases,
    f1_half_answerable,
    judge,
)
from rag.types import Hit, Reading, Span
from scripts import judge_readers
from tests.training.samples import article

ROOT = Path(__file__).parents[2]
PASSAGES = {
    "The ferry Brenna first sailed to Skye in 1987. Captain Munro steers it in summer. "
    "The crossing from Oban takes two hours.": {
        "When did the ferry Brenna first sail to Skye?": "1987",
        "Who steers the Brenna in summer?": "Captain Munro",
        "How long does the crossing from Oban take?": "two hours",
    },
    "The lighthouse at Neist was built in 1909. Its oldest lamp burned paraffin.": {
        "When was the lighthouse at Neist built?": "1909",
        "What did the oldest lamp of the lighthouse burn?": "paraffin",
    },
}
SKYE = json.dumps({"data": [article(PASSAGES)]})


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("judge") / "skye.json"
    path.write_text(SKYE)
    return path


@pytest.fixture(scope="module")
def material(file: Path) -> Material:
    return load([file], AutoTokenizer.from_pretrained(default_model_folder()))


def test_unanswerable_cases_do_not_hold_the_answer(material: Material) -> None:
    answers = {question: answer for own in PASSAGES.values() for question, answer in own.items()}
    made = cases(material, 5, seed=1)
    assert [case for case in made if case.kind == ASKED] != []
    assert {case.question for case in made if case.kind == ASKED} == set(answers)
    assert {case.kind for case in made} == {ASKED, *KINDS}
    for case in made:
        if case.kind == ASKED:
            assert case.golds == (answers[case.question],)
            assert answers[case.question] in case.passage
            continue
        assert case.golds == ()
        if case.kind in {OTHER, CUT}:
            assert answers[case.question] not in case.passage
        if case.kind in {SWAPPED, TURNED, WITHIN}:
            assert case.question not in answers
            assert case.passage in PASSAGES


class Echo:
    """Says the words of a table, with its margin."""

    fingerprint = "echo"

    def __init__(self, table: dict[str, tuple[str, float]]) -> None:
        self._table = table

    def read(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]]) -> list[Reading]:
        readings = []
        for question, (hit,) in zip(questions, hits, strict=True):
            text, margin = self._table[question]
            begin = hit.passage.text.index(text)
            spans = (Span(hit, begin, begin + len(text), margin + 2, 2.0),) if text else ()
            readings.append(Reading(spans, ()))
        return readings


def test_figures_by_hand() -> None:
    asked = [
        Case(ASKED, "a", "red boats", ("red boats",)),
        Case(ASKED, "b", "red boats", ("boats",)),
        Case(SWAPPED, "c", "red boats"),
        Case(SWAPPED, "d", "red boats"),
        Case(TURNED, "e", "red boats"),
    ]
    reader = Echo(
        {
            "a": ("red boats", 3.0),
            "b": ("red boats", 1.0),
            "c": ("red", 2.0),
            "d": ("", 0.0),
            "e": ("red", -1.0),
        }
    )
    said = ask(reader, asked)
    assert said[0] == Said("red boats", sigmoid(3.0))
    assert said[3] == Said("", 0.0)
    found = judge(asked, said)
    assert (found.questions, found.exact_match) == (2, 0.5)
    assert found.f1 == pytest.approx((1 + 2 / 3) / 2)  # of "red boats" one word in two is right
    expected = roc_auc_score([1, 1, 0, 0], [3.0, 1.0, 2.0, -9.0])
    assert found.auroc == {OTHER: None, CUT: None, SWAPPED: expected, TURNED: 1.0, WITHIN: None}


def test_f1_of_squad_2_by_hand() -> None:
    """From the even cases a threshold of 4, from the odd ones of 3; each judged on the others.

    At 4 the odd questions give half of 1.0 and both odd altered ones are withheld: 0.75. At 3 the
    even ones give 1.0, and of the altered ones one in two is withheld: 0.75.
    """
    believed, worth = np.array([4.0, 5.0, 4.0, 3.0]), np.array([1.0, 1.0, 1.0, 1.0])
    altered = np.array([3.5, 2.0, 1.0, 2.0])
    assert f1_half_answerable(believed, worth, altered) == pytest.approx(0.75)


def test_too_few_cases_have_no_f1_of_squad_2() -> None:
    """A threshold is fitted on one half and judged on the other: each needs one case of both."""
    one, two = np.array([4.0]), np.array([4.0, 3.0])
    assert f1_half_answerable(one, one, two) is None
    assert f1_half_answerable(two, two, one) is None
    assert f1_half_answerable(two, two, np.array([])) is None
    found = judge([Case(ASKED, "a", "red", ("red",))], [Said("red", 0.9)])
    assert (found.f1, found.f1_altered) == (1.0, None)


def test_the_script_tells_readers_apart(file: Path) -> None:
    """The shipped reader beside itself: equal columns, and nearly all of this is easy for it."""
    folder = SHIPPED
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "judge_readers.py", "--reader", folder, folder,
         "--questions", file, "--count", "5"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in done.stdout.splitlines()
    ]
    assert all(row[1] == row[2] for row in rows)
    f1, em = map(float, rows[2][1].split(" / "))
    assert min(f1, em) >= 80
    assert rows[3][0].startswith("skye.json, AUROC, another passage")
    assert float(rows[3][1]) >= 80


@pytest.mark.parametrize(
    ("reader", "content", "named"),
    [
        (SHIPPED, None, "skye.json"),
        (SHIPPED, "{}", "skye.json"),
        (SHIPPED, '{"data": []}', "skye.json"),
        (Path("no/reader"), SKYE, "no/reader"),
    ],
)
def test_bad_arguments_are_one_clear_line(
    tmp_path: Path,
    reader: Path,
    content: str | None,
    named: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    questions = tmp_path / "skye.json"
    if content is not None:
        questions.write_text(content)
    options = ["--reader", str(reader), "--questions", str(questions)]
    monkeypatch.setattr(sys, "argv", ["judge_readers.py", *options])
    assert judge_readers.main() == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("judge_readers: ")
    assert named in line
