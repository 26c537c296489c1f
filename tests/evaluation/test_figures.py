"""The README's table is what the script makes of the figures that are kept."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rag.config import Settings
from rag.errors import LoadError
from rag.evaluation.figures import BEGIN, END, figures_of, insert, load, markdown, save
from rag.evaluation.run import Options, evaluate


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], Path]:
    """A report with its content, and one on the reader alone."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "harbor.txt").write_text("The harbor was dug in 1888 by hand.", "utf-8")
    questions = folder / "village set.jsonl"
    row = {"question": "When was the harbor dug?", "answers": ["1888"], "document": "harbor.txt"}
    questions.write_text(json.dumps(row), "utf-8")
    settings = Settings(reader="sentence")
    options = Options(questions, out=folder / "all", settings=settings, progress=False)
    content = evaluate(options)
    evaluate(
        Options(
            questions, out=folder / "gold", gold_passages=True, settings=settings, progress=False
        )
    )
    return folder / "all" / "report.json", content, folder / "gold" / "report.json"


def test_the_readme_holds_the_table_of_the_kept_figures(root: Path) -> None:
    readme = (root / "README.md").read_text("utf-8")
    kept = load(root / "rag" / "models" / "figures.json")

    assert insert(readme, markdown(kept)) == readme


def test_figures_are_those_of_the_report(reports: tuple[Path, dict[str, Any], Path]) -> None:
    path, content, gold = reports
    found, alone = figures_of(path), figures_of(gold)

    assert found.name == "village set"
    assert found.command == "scripts/evaluate.py --questions 'village set.jsonl' --reader sentence"
    assert found.questions == 1
    assert found.recall_at_1 == content["retrieval"]["recall@1"] == 1.0
    assert (found.exact_match, found.f1) == (
        content["qa"]["exact_match"],
        content["qa"]["f1"],
    )
    assert found.verbatim == content["citations"]["verbatim"]
    assert found.ece == content["calibration"]["ece"]
    assert found.auroc is None
    assert alone.recall_at_1 is None
    assert alone.name == "village set (reader alone)"
    assert alone.command == f"{found.command} --gold-passages"


def test_the_command_tells_the_documents_that_were_given(
    tmp_path: Path, reports: tuple[Path, dict[str, Any], Path]
) -> None:
    path, content, _ = reports
    older, given = tmp_path / "older.json", tmp_path / "given.json"
    run = {**content["run"], "documents": ["my texts", "b.txt"]}
    given.write_text(json.dumps({**content, "run": run}), "utf-8")
    del run["documents"]
    older.write_text(json.dumps({**content, "run": run}), "utf-8")

    expected = figures_of(path).command
    assert figures_of(older).command == expected
    before, _, after = expected.partition(" --reader")
    assert figures_of(given).command == f"{before} --documents 'my texts' b.txt --reader{after}"


def test_the_script_writes_both_files_and_then_agrees_with_them(
    root: Path, tmp_path: Path, reports: tuple[Path, dict[str, Any], Path]
) -> None:
    readme, kept = tmp_path / "README.md", tmp_path / "figures.json"
    readme.write_text(f"# A\n{BEGIN}\nold\n{END}\nrest\n", "utf-8")
    command: list[str | Path] = [sys.executable, root / "scripts" / "readme_table.py"]
    places: list[str | Path] = ["--readme", readme, "--figures", kept]

    subprocess.run([*command, f"a village={reports[0]}", reports[2], *places], check=True)
    first = readme.read_text("utf-8")
    subprocess.run([*command, *places], check=True)

    assert readme.read_text("utf-8") == first
    assert first == f"# A\n{BEGIN}\n\n{markdown(load(kept))}\n{END}\nrest\n"
    header, rule, line, *_ = markdown(load(kept)).splitlines()
    assert header.count("|") == rule.count("|") == line.count("|") == 11
    assert line.startswith("| a village | 1 | 100.0 % | 100.0 % | 100.0 % | ")
    assert line.endswith(" | – |")


def test_no_figures_leave_nothing_between_the_markers() -> None:
    assert insert(f"a {BEGIN}\nold\n{END} b", markdown([])) == f"a {BEGIN}\n{END} b"


@pytest.mark.parametrize("text", ["no marker", f"only {BEGIN}", f"{END} before {BEGIN}"])
def test_a_missing_marker_is_named(text: str) -> None:
    with pytest.raises(LoadError, match="/figures"):
        insert(text, "table")


def test_what_is_saved_is_loaded(
    tmp_path: Path, reports: tuple[Path, dict[str, Any], Path]
) -> None:
    rows = [figures_of(reports[2])]
    save(tmp_path / "figures.json", rows)

    assert markdown(load(tmp_path / "figures.json")) == markdown(rows)


@pytest.mark.parametrize("content", ["", "[{}]", "[1]", "{"])
def test_a_faulty_file_of_figures_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "figures.json").write_text(content, "utf-8")

    with pytest.raises(LoadError, match=r"figures\.json"):
        load(tmp_path / "figures.json")


def test_a_mistake_is_one_line(root: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, root / "scripts" / "readme_table.py", tmp_path / "absent.json"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.startswith("readme_table: ")
    assert done.stderr.count("\n") == 1
