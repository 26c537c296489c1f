"""The model card says what the runs recorded."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from rag.errors import ModelError
from rag.training.card import CALIBRATION, CARD, CURVES, Sources, write_card
from rag.training.loop import Progress
from rag.training.plan import Plan


def test_a_card_of_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="--run"):
        write_card(tmp_path, Sources([], [], {}))


def test_without_its_pictures_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    run = tmp_path / "run"
    run.mkdir()
    (run / "progress.json").write_text(json.dumps(asdict(Progress())))
    (run / "plan.json").write_text(json.dumps(asdict(Plan())))
    model = tmp_path / "model"
    model.mkdir()
    with pytest.raises(ImportError, match=r"pip install 'citespan\[train\]'"):
        write_card(model, Sources([run], [], {}))
    assert list(model.iterdir()) == []


def test_the_card_tells_of_both_runs_and_the_calibration(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the pictures come with citespan[train]")
    runs = [tmp_path / "first", tmp_path / "second"]
    for number, run in enumerate(runs, 1):
        run.mkdir()
        row = {"step": 5, "examples": 100 * number, "loss": 1.5, "exact_match": 0.5, "f1": 0.625}
        progress = Progress(5, 60.0 * number, 100 * number, [row | {"auroc": 0.9}])
        (run / "progress.json").write_text(json.dumps(asdict(progress)))
        (run / "plan.json").write_text(json.dumps(asdict(Plan(seed=number))))
    figures = {"questions": 40, "ECE": 0.0312, "AUROC": None}
    calibration = {
        "sets": {"own": figures, "all": figures},
        "reliability": [[0.1, 0.0], [0.9, 1.0]],
        "risk_coverage": [[0.5, 0.1], [1.0, 0.3]],
    }
    train = [Path("squad11.json.gz"), Path("mine.json")]
    write_card(tmp_path, Sources(runs, train, {}, calibration, "## Limits\n\nEnglish only.\n"))
    card = (tmp_path / CARD).read_text("utf-8")
    assert "5 steps, 100 examples, 1 minutes." in card
    assert "5 steps, 200 examples, 2 minutes." in card
    assert "| 5 | 200 | 1.500 | 50.0 | 62.5 | 0.900 |" in card
    assert "| own | 40 | 0.031 |  |" in card
    assert "`mine.json`: given by the user" in card
    assert card.rstrip().endswith("English only.")
    later = Sources([], train, {}, calibration, "## Limits\n\nEnglish only.\n")
    write_card(tmp_path, later)  # the runs may be gone by then
    assert (tmp_path / CARD).read_text("utf-8") == card
    for picture in (CURVES, CALIBRATION):
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")
