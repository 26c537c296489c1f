"""`scripts/fit_calibration.py` on a few questions: it fits, or refuses in one line."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import rag
from rag.models import CHECKSUMS, verify_checksums, write_checksums
from scripts import fit_calibration
from tests.training.samples import article

UNANSWERED: dict[str, dict[str, str | None]] = {
    "The ferry Brenna sails to Skye at nine. Captain Munro steers it in summer.": {
        "Who owns the Brenna?": None,
        "What did the Brenna cost?": None,
    },
    "The lighthouse at Neist was built in 1909. Its first lamp burned paraffin.": {
        "Who painted the lighthouse at Neist?": None,
        "How tall is the lighthouse?": None,
    },
}

Fit = Callable[..., int]


@pytest.fixture
def fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fit:
    """Runs the script on questions that nothing answers, with some options."""
    questions = tmp_path / "own.json"
    questions.write_text(json.dumps({"data": [article(UNANSWERED)]}), "utf-8")

    def run(*options: str | Path) -> int:
        usual = ["--questions", questions, "--reader", "sentence", "--out", tmp_path / "out"]
        monkeypatch.setattr(sys, "argv", ["fit_calibration.py", *map(str, (*usual, *options))])
        return fit_calibration.main()

    return run


def no_json(name: str) -> float:
    raise AssertionError(name)


def test_a_figure_without_questions_is_null(fit: Fit, tmp_path: Path) -> None:
    assert fit("--report", tmp_path / "report.json") == 0

    told = (tmp_path / "report.json").read_text("utf-8")
    row = json.loads(told, parse_constant=no_json)["sets"]["own"]
    assert row["questions"] == 4
    assert row["F1 answerable"] is row["answered of answerable"] is None
    assert row["answered of unanswerable"] is not None


def test_too_few_questions_are_refused(fit: Fit, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit("--limit", "1") == 2
    told = "too few questions to fit on: raise --limit or give more questions"
    assert capsys.readouterr().err.splitlines()[-1] == f"fit_calibration: {told}"


def test_the_folder_of_the_report_is_looked_for_first(
    fit: Fit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        fit("--report", tmp_path / "nodir" / "report.json")
    assert "nodir: no such folder; make it first" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_report_that_cannot_be_written_leaves_a_whole_reader(
    fit: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write_checksums(out)
    before = (out / CHECKSUMS).read_text("utf-8")

    def full(_: object) -> dict[str, object]:
        raise OSError(28, "No space left on device", "report.json")

    monkeypatch.setattr(fit_calibration, "curves", full)
    assert fit("--report", tmp_path / "report.json") == 2
    verify_checksums(out)
    assert before != (out / CHECKSUMS).read_text("utf-8")


@pytest.mark.parametrize("place", ["own", "own/store"])
def test_a_store_of_a_persons_own_stays_as_it_is(fit: Fit, tmp_path: Path, place: str) -> None:
    (tmp_path / "diary.txt").write_text("It rained all day.", "utf-8")
    mine = tmp_path / "stores" / place
    with rag.open_store(mine) as store:
        rag.Answerer(store).add([tmp_path / "diary.txt"])

    fit("--stores", tmp_path / "stores")

    with rag.open_store(mine) as store:
        assert [info.title for info in store.documents()] == ["diary.txt"]


def test_kept_indexes_hold_the_documents_of_the_questions_alone(fit: Fit, tmp_path: Path) -> None:
    questions = tmp_path / "own.json"
    whole = json.loads(questions.read_text("utf-8"))
    for paragraphs in (whole["data"][0]["paragraphs"], whole["data"][0]["paragraphs"][:1]):
        questions.write_text(json.dumps({"data": [{"title": "Own", "paragraphs": paragraphs}]}))
        fit("--stores", tmp_path / "stores")  # the second time with too few to fit on
        with rag.open_store(tmp_path / "stores" / "own" / "store") as store:
            assert len(list(store.documents())) == len(paragraphs)


@pytest.mark.parametrize("slack", ["-0.1", "1.1", "nan"])
def test_a_slack_that_is_no_share_is_refused(
    fit: Fit, capsys: pytest.CaptureFixture[str], slack: str
) -> None:
    with pytest.raises(SystemExit):
        fit(f"--slack={slack}")
    assert f"must be from 0 to 1, not {slack}" in capsys.readouterr().err
