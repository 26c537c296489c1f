"""Scripts that cannot use what they are given say why in one line."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import save_file

from scripts import (
    average_readers,
    benchmark,
    make_training_questions,
    model_card,
    train_reader,
)

CARD = ["--model", ".", "--train", "squad.json"]
RUN = ["--train", "a.json", "--valid", "b.json", "--out", "out"]


@pytest.mark.parametrize(
    ("script", "options", "told"),
    [
        ("fit_calibration", ["--questions", "gone.json", "--reader", "sentence", "--out", "."], ""),
        (
            "fit_calibration",
            ["--questions", "a/dev.json", "b/dev.json", "--reader", "sentence", "--out", "."],
            "--questions dev, dev: two of one name; rename one",
        ),
        ("benchmark", ["--questions", "gone.json", "--scale", "10"], ""),
        ("model_card", ["--model", "gone", "--train", "squad.json"], "gone/runs.json: missing"),
        ("model_card", [*CARD, "--reports", "x=gone.json"], "gone.json: not a report"),
        (
            "model_card",
            [*CARD, "--reports", "gone.json"],
            "--reports gone.json: expected NAME=report.json",
        ),
        ("model_card", [*CARD, "--calibration", "gone.json"], "gone.json: No such file"),
        (
            "average_readers",
            ["--run", "gone", "--out", "mean"],
            "No such file or directory: gone/model/model.safetensors",
        ),
    ],
)
def test_a_missing_file_is_named(
    root: Path, tmp_path: Path, script: str, options: list[str], told: str
) -> None:
    command = [sys.executable, str(root / "scripts" / f"{script}.py"), *options]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ended.returncode == 2
    last = ended.stderr.splitlines()[-1]
    assert last.startswith(f"{script}: {told or 'gone.json: no such file'}")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("script", "options", "told"),
    [
        (
            make_training_questions,
            ["tables", "--out", "nodir/x.json"],
            "--out: nodir: no such folder; make it first",
        ),
        (benchmark, ["--out", "nodir/f.json"], "--out: nodir: no such folder; make it first"),
        (benchmark, ["--out", "."], "--out: .: is a folder; name a file"),
        (train_reader, [*RUN, "--base", "gone"], "--base: gone: no model there"),
        (train_reader, [*RUN, "--teacher", "gone"], "--teacher: gone: no model there"),
    ],
)
def test_what_cannot_be_written_or_read_is_told_before_the_work(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    script: ModuleType,
    options: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [f"{script.__name__}.py", *options])
    with pytest.raises(SystemExit) as ended:
        script.main()
    assert ended.value.code == 2
    assert f"error: argument {told}" in capsys.readouterr().err.splitlines()[-1]


def test_files_of_something_else_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.json").write_text("{}", "utf-8")
    monkeypatch.chdir(tmp_path)
    for option, told in (("--reports", "x=other.json"), ("--calibration", "other.json")):
        monkeypatch.setattr(sys, "argv", ["model_card.py", *CARD, option, told])
        assert model_card.main() == 2
        assert capsys.readouterr().err.startswith("model_card: other.json: not a report")


def test_runs_of_different_models_are_not_averaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, width in (("one", 2), ("two", 3)):
        folder = tmp_path / name / "model"
        folder.mkdir(parents=True)
        save_file({"weight": torch.zeros(width)}, folder / "model.safetensors")
    monkeypatch.chdir(tmp_path)
    options = ["--run", "one", "two", "--out", "mean"]
    monkeypatch.setattr(sys, "argv", ["average_readers.py", *options])
    assert average_readers.main() == 2
    told = "average_readers: two: another model than one; average runs of one model\n"
    assert capsys.readouterr().err == told


def test_help_tells_defaults_and_keeps_lines(root: Path) -> None:
    command = [sys.executable, "scripts/make_training_questions.py", "tables", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, cwd=root, check=True).stdout
    assert "questions (default: 12000)" in told
    assert "default: None" not in told


def test_an_average_goes_into_no_folder_that_holds_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The calibration and the checksums of another reader would stay beside the new weights."""
    out = tmp_path / "mean"
    out.mkdir()
    (out / "calibration.json").write_text("{}", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["average_readers.py", "--run", "one", "--out", "mean"])
    assert average_readers.main() == 2
    told = "average_readers: mean: holds files already; give a new folder with --out\n"
    assert capsys.readouterr().err == told
    assert [path.name for path in out.iterdir()] == ["calibration.json"]
