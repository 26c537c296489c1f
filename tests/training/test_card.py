"""The model card says what the runs recorded."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from transformers import AutoModelForQuestionAnswering

from rag.encoder import default_model_folder, weights_id
from rag.errors import ModelError
from rag.training import card
from rag.training.card import CALIBRATION, CARD, CURVES, RUNS, WEIGHTS, Sources, write_card
from rag.training.loop import Progress
from rag.training.plan import Plan

STARTED = "Started from the weights of all-MiniLM-L6-v2"


def write_model(folder: Path, layers: int = 6, width: int = 384) -> None:
    """A model's folder as far as the card goes: 1.25 million weights."""
    folder.mkdir(exist_ok=True)
    config = {"model_type": "bert", "num_hidden_layers": layers, "hidden_size": width}
    (folder / "config.json").write_text(json.dumps(config))
    save_file({"a": torch.zeros(1000, 1000), "b": torch.zeros(250_000)}, folder / WEIGHTS)


def write_run(folder: Path, base: str | None = None) -> Path:
    """A run's folder as far as the card goes."""
    folder.mkdir()
    (folder / "progress.json").write_text(json.dumps(asdict(Progress())))
    (folder / "plan.json").write_text(json.dumps(asdict(Plan())))
    if base is not None:
        told = {"given": json.dumps({"base": base})}
        save_file({"a": torch.zeros(1)}, folder / "state.safetensors", told)
    return folder


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures take matplotlib, which need not be there."""
    monkeypatch.setattr(card, "draw_curves", lambda *_: None)


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
    write_model(model)
    before = sorted(model.iterdir())
    with pytest.raises(ImportError, match=r"pip install 'citespan\[train\]'"):
        write_card(model, Sources([run], [], {}))
    assert sorted(model.iterdir()) == before


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
    write_model(tmp_path)
    write_card(tmp_path, Sources(runs, train, {}, calibration, "## Limits\n\nEnglish only.\n"))
    told = (tmp_path / CARD).read_text("utf-8")
    assert "5 steps, 100 examples, 1 minutes." in told
    assert "5 steps, 200 examples, 2 minutes." in told
    assert "| 5 | 200 | 1.500 | 50.0 | 62.5 | 0.900 |" in told
    assert "| own | 40 | 0.031 |  |" in told
    assert "`mine.json`: given by the user" in told
    assert told.rstrip().endswith("English only.")
    later = Sources([], train, {}, calibration, "## Limits\n\nEnglish only.\n")
    write_card(tmp_path, later)  # the runs may be gone by then
    assert (tmp_path / CARD).read_text("utf-8") == told
    for picture in (CURVES, CALIBRATION):
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("no_pictures")
def test_the_card_tells_of_the_model_that_was_trained(tmp_path: Path) -> None:
    write_model(tmp_path / "model", layers=2, width=64)
    run = write_run(tmp_path / "run")

    write_card(tmp_path / "model", Sources([run], [], {}))

    told = (tmp_path / "model" / CARD).read_text("utf-8")
    assert "BERT of 2 layers, 64 wide, 1.2 M parameters, float16 weights." in told
    assert STARTED not in told
    assert "Trained by `scripts/train_reader.py`." in told


@pytest.mark.usefixtures("no_pictures")
def test_the_card_says_where_the_weights_started_if_it_was_there(tmp_path: Path) -> None:
    model = AutoModelForQuestionAnswering.from_pretrained(default_model_folder())
    shipped = weights_id(model.base_model.state_dict())  # as scripts/train_reader.py
    folder = tmp_path / "model"
    write_model(folder)
    for base, started in ((None, True), (shipped, True), ("0123456789abcdef", False)):
        run = write_run(tmp_path / str(base), base)
        for runs in ([run], []):  # the second time from what the card kept
            write_card(folder, Sources(runs, [], {}))
            assert (STARTED in (folder / CARD).read_text("utf-8")) is started


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "{}",
        "[]",
        "[1]",
        '[{"plan": {}}]',
        '[{"plan": {"x": 1}, "progress": {}}]',
        '[{"plan": {}, "progress": {"history": [{"step": 1}]}}]',
        '[{"plan": {}, "progress": {"step": "x"}}]',
        "\udcff",
    ],
)
@pytest.mark.usefixtures("no_pictures")
def test_runs_that_are_none_are_refused(tmp_path: Path, content: str) -> None:
    write_model(tmp_path)
    (tmp_path / RUNS).write_bytes(content.encode("utf-8", "surrogateescape"))

    with pytest.raises(ModelError, match=r"runs\.json: .*--run"):
        write_card(tmp_path, Sources([], [], {}))
    assert not (tmp_path / CARD).exists()


@pytest.mark.parametrize("missing", ["config.json", WEIGHTS])
@pytest.mark.parametrize("broken", [True, False])
@pytest.mark.usefixtures("no_pictures")
def test_a_card_of_no_model_is_refused(
    tmp_path: Path,
    missing: str,
    broken: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    run = write_run(tmp_path / "run")
    write_model(tmp_path)
    (tmp_path / missing).unlink()
    if broken:
        (tmp_path / missing).write_text("[]")

    with pytest.raises(ModelError, match=rf"{tmp_path}: no model .*--model"):
        write_card(tmp_path, Sources([run], [], {}))
