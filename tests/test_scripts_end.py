"""Scripts that cannot use what they are given say why in one line."""

import subprocess
import sys
from pathlib import Path

import pytest


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


def test_help_tells_defaults_and_keeps_lines(root: Path) -> None:
    command = [sys.executable, "scripts/make_training_questions.py", "tables", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, cwd=root, check=True).stdout
    assert "questions (default: 12000)" in told
    assert "default: None" not in told
