"""`scripts/train_reader.py` on a file of five questions: a reader comes out, faults are named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors import safe_open
from transformers import AutoTokenizer

from rag.encoder import default_model_folder
from rag.reader import SpanReader
from rag.training.examples import load
from rag.training.judge import Case, ask
from scripts import train_reader
from tests.training.samples import article

ROOT = Path(__file__).parents[2]
PASSAGES: dict[str, dict[str, str | None]] = {
    "The ferry Brenna sails to Skye at nine. Captain Munro steers it in summer.": {
        "When does the Brenna sail to Skye?": "nine",
        "Who steers the Brenna in summer?": "Captain Munro",
        "Who owns the Brenna?": None,
    },
    "The lighthouse at Neist was built in 1909. Its first lamp burned paraffin.": {
        "When was the lighthouse at Neist built?": "1909",
        "What did its first lamp burn?": "paraffin",
    },
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("squad") / "own.json"
    path.write_text(json.dumps({"data": [article(PASSAGES)]}))
    return path


def train(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the script to its end."""
    command = [sys.executable, "scripts/train_reader.py", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_a_small_file_makes_a_reader_and_the_same_command_goes_on(
    file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    options = ("--train", file, "--valid", file, "--out", out, "--token-budget", "256")
    first = train(*options, "--steps", "4", "--stop-after", "2")
    assert first.returncode == 0, first.stderr
    assert json.loads((out / "progress.json").read_text())["step"] == 2
    second = train(*options, "--steps", "4")
    assert second.returncode == 0, second.stderr
    assert "resumed at step 2" in second.stdout
    with safe_open(out / "state.safetensors", "pt") as state:
        assert json.loads(state.metadata()["progress"])["step"] == 4
    other = train(*options, "--steps", "4", "--seed", "8")
    assert other.returncode == 2
    assert "trained with another --seed; give it, or another --out" in other.stderr
    assert "Traceback" not in other.stderr
    passage = next(iter(PASSAGES))
    said = ask(SpanReader(out / "model"), [Case("asked", "Who steers it?", passage)])
    assert said[0].text in passage


def test_negatives_are_those_of_the_material(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"data": [article(dict([next(iter(PASSAGES.items()))]))]}))
    tokenizer = AutoTokenizer.from_pretrained(default_model_folder())
    small, whole = (load([path], tokenizer) for path in (other, file))
    for material in (small, whole, whole):
        mined = train_reader.mined_negatives(material, tmp_path, "cpu")
        assert len(mined) == len(material.questions)
    assert len(list(tmp_path.glob("negatives*"))) == 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "not SQuAD JSON"),
        ("{}", "not SQuAD JSON"),
        ('{"data": []}', "no question there has an answer"),
        ('{"data": ["words"]}', "data[0] is no SQuAD article"),
        ('{"data": [{"paragraphs": [{"context": "a"}]}]}', "KeyError('qas')"),
    ],
)
def test_a_file_that_cannot_be_learnt_from_is_one_line(
    file: Path,
    tmp_path: Path,
    content: str | None,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = tmp_path / "bad.json"
    if content is not None:
        bad.write_text(content)
    options = ["--train", str(bad), "--valid", str(file), "--out", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", ["train_reader.py", *options])
    assert train_reader.main() == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("train_reader: ")
    assert str(bad) in last
    assert told in last


def test_no_room_for_an_answer_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--train", "a.json", "--valid", "b.json", "--out", "c", "--max-tokens", "82"]
    monkeypatch.setattr(sys, "argv", ["train_reader.py", *options])
    assert train_reader.main() == 2
    assert capsys.readouterr().err == "train_reader: --max-tokens must be at least 83\n"


def test_a_share_above_one_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--train", "a.json", "--valid", "b.json", "--out", "c", "--distil", "1.5"]
    monkeypatch.setattr(sys, "argv", ["train_reader.py", *options])
    with pytest.raises(SystemExit):
        train_reader.main()
    assert "argument --distil: must be from 0 to 1, not 1.5" in capsys.readouterr().err
