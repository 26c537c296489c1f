"""The command: a question set that the evaluation reads, and a clear line for every mistake."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rag.evaluation.datasets import load_documents, read_questions, resolve

TEXT = (
    "The harbor of Lund Bay was dug in 1888 by Clara Holm. "
    "The Lund Bay Company employed 1,400 workers in 1905. "
    "The library of Denmark was closed in 1950. "
    "Two keepers lived on the island until 1961."
)


def run(root: Path, *arguments: str | Path, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, root / "scripts" / "make_questions.py", *arguments],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "harbor.txt").write_text(TEXT, "utf-8")
    return folder


def test_evaluation_reads_what_was_made(root: Path, documents: Path, tmp_path: Path) -> None:
    out = tmp_path / "set.jsonl"

    done = run(root, "--documents", documents, "--out", out, "--count", "8")

    assert done.returncode == 0, done.stderr
    given = read_questions(out)
    assert given.errors == ()
    assert done.stdout.startswith(f"{len(given.questions)} questions, 2 of them unanswerable")
    loaded, _ = load_documents([documents])
    resolved, unknown = resolve(given.questions, loaded, out.name)
    assert unknown == ()
    for question in resolved:
        assert question.document == loaded[0].id
        for gold in question.golds:
            assert gold.start is not None
            assert TEXT.startswith(gold.text, gold.start)
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert all(row["made"] and row["sentence"] in TEXT for row in rows)


def test_the_same_command_writes_the_same_bytes(
    root: Path, documents: Path, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        run(root, "--documents", documents, "--out", tmp_path / f"{name}.jsonl", "--seed", "4")

    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_review_keeps_what_a_person_keeps(root: Path, documents: Path, tmp_path: Path) -> None:
    out = tmp_path / "set.jsonl"

    done = run(root, "--documents", documents, "--out", out, "--review", typed="y\nn\ny\nq\n")

    assert done.returncode == 0, done.stderr
    assert len(read_questions(out).questions) == 2


def test_a_file_is_replaced_only_when_told_to(root: Path, documents: Path, tmp_path: Path) -> None:
    out = tmp_path / "set.jsonl"
    out.write_text("mine", "utf-8")

    refused = run(root, "--documents", documents, "--out", out)
    assert (refused.returncode, out.read_text("utf-8")) == (2, "mine")
    assert "--overwrite" in refused.stderr

    assert run(root, "--documents", documents, "--out", out, "--overwrite").returncode == 0
    assert len(read_questions(out).questions) > 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--documents", "absent", "--out", "x.jsonl"), "absent: no such file or folder"),
        (("--documents", "plain.txt", "--out", "x.jsonl"), "no sentence of the documents fits"),
        (("--documents", "plain.txt"), "--out"),
        (("--documents", "plain.txt", "--out", "nowhere/x.jsonl"), "nowhere: no such folder"),
        (("--documents", "plain.txt", "--out", "x.jsonl", "--count", "0"), "must be at least 1"),
    ],
)
def test_a_mistake_is_one_clear_line(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    (tmp_path / "plain.txt").write_text("Nothing here.", "utf-8")
    monkeypatch.chdir(tmp_path)

    done = run(root, *arguments)

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
