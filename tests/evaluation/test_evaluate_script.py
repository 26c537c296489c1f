"""The command: one clear line for every mistake, and its exit status."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from rag.config import Settings
from rag.evaluation.figures import figures_of
from scripts import evaluate


def run(root: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, root / "scripts" / "evaluate.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def trec(tmp_path: Path) -> tuple[str | Path, ...]:
    (tmp_path / "qrels").write_text("1 0 a 1\n", "utf-8")
    (tmp_path / "run").write_text("1 Q0 b 1 2.0 x\n1 Q0 a 2 1.0 x\n", "utf-8")
    return "--questions", tmp_path / "qrels", "--run", tmp_path / "run"


def test_figures_are_printed(root: Path, trec: tuple[str | Path, ...]) -> None:
    done = run(root, *trec, "--fail-under", "retrieval.mrr@10=0.5")

    assert done.returncode == 0, done.stderr
    assert "mrr@10                    0.500" in done.stdout


def test_a_figure_under_its_bar_fails(root: Path, trec: tuple[str | Path, ...]) -> None:
    bars = ("--fail-under", "retrieval.mrr@10=0.6", "--fail-under", "retrieval.recall@5=1")

    done = run(root, *trec, *bars)

    assert done.returncode == 1
    assert done.stderr == "evaluate: retrieval.mrr@10 is 0.5, under 0.6\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--questions", "absent.json"), "evaluate: absent.json: no such file"),
        (("--questions", "absent.json", "--reader", "absent"), "evaluate: absent.json"),
        (("--questions", "x.json", "--fail-under", "qa.f1"), "--fail-under qa.f1: expected"),
        (("--questions", "x.json", "--fail-under", "qa.f1=nan"), "qa.f1=nan: expected FIGURE"),
        (("--questions", "x.json", "--fail-under", "qa.F1=0.8"), "evaluate: no figure qa.F1"),
        (("--questions", "x.json", "--limit", "0"), "must be at least 1"),
        (("--questions", "x.json", "--settings", "absent.toml"), "evaluate: absent.toml: "),
        ((), "--questions"),
    ],
)
def test_a_mistake_is_one_clear_line(root: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run(root, *arguments)

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--limit", "1"),
        ("--gold-passages",),
        ("--reader", "sentence"),
        ("--documents", "."),
        ("--settings", "absent.toml"),
        ("--encoder", "absent"),
        ("--top-k", "3"),
    ],
)
def test_what_a_run_file_has_no_use_for_is_refused(
    trec: tuple[str | Path, ...], options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main([*map(str, trec), *options]) == 2
    told = f"evaluate: {options[0]}: not used with --run; leave it out\n"
    assert capsys.readouterr().err == told


def test_settings_come_from_a_file_and_options_go_first(root: Path, tmp_path: Path) -> None:
    (tmp_path / "town.txt").write_text("The mill closed in 1911.", "utf-8")
    row = {"question": "When did the mill close?", "answers": ["1911"], "document": "town.txt"}
    (tmp_path / "set.jsonl").write_text(json.dumps(row), "utf-8")
    (tmp_path / "set.toml").write_text(
        "reader = 'sentence'\ntop_k = 5\nread_within = 0.5\n", "utf-8"
    )
    files = ("--questions", tmp_path / "set.jsonl", "--settings", tmp_path / "set.toml")

    done = run(root, *files, "--top-k", "2", "--out", tmp_path / "out")

    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    expected = Settings(reader="sentence", top_k=2, read_within=0.5)
    assert report["run"]["settings"] == asdict(expected)
    command = "scripts/evaluate.py --questions set.jsonl --reader sentence --top-k 2"
    assert figures_of(tmp_path / "out" / "report.json").command == (
        f"{command}  # --settings with read_within = 0.5"
    )


def test_an_unknown_figure_is_a_mistake(root: Path, trec: tuple[str | Path, ...]) -> None:
    done = run(root, *trec, "--fail-under", "retrieval.recall=1")

    assert done.returncode == 2
    assert "no figure retrieval.recall in the report" in done.stderr
    assert done.stderr.count("\n") == 1
