"""Written questions: their answers where the reader is given them."""

import subprocess
import sys
from pathlib import Path

import pytest

from rag.errors import LoadError
from rag.evaluation.squad import whole_articles
from rag.training.own_questions import Candidate
from rag.training.written import written
from tests.small_encoder import WordEncoder

ROOT = Path(__file__).parents[2]
PRICES = """# Berths

| Length | Price |
|---|---|
| up to 6 m | **£190** |
| up to 9 m | £260 |

## Winter

Boats are lifted
out on 4 October. The crane costs £45, the trailer £45.
"""
LINES = (
    "prices.md\tHow much for a short boat?\t£190\tup to 6 m | **£190**",
    "prices.md\tWhen are they out?\tlifted out on 4 October\tBoats are lifted out on 4 October",
    "prices.md\tWhat is the trailer?\t£45\tthe trailer £45",
    "prices.md\tWhat did the crane cost last winter?\t-\t-",
    "note.txt\tWho keeps the keys?\tMoira\tMoira has the keys",
)


def folder(place: Path, *lines: str) -> Path:
    (place / "docs").mkdir()
    (place / "docs" / "prices.md").write_text(PRICES, "utf-8")
    (place / "docs" / "note.txt").write_text("Moira has the keys.\n", "utf-8")
    (place / "questions.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    return place


def test_answers_stand_where_the_reader_is_given_them(tmp_path: Path) -> None:
    short, lifted, trailer, crane, keys = written(folder(tmp_path, *LINES), WordEncoder())
    assert short.passage.split("\n")[2] == "up to 6 m: the Price is £190."
    assert answered(short) == ("up to 6 m: the Price is ", "£190")
    assert answered(lifted) == ("Boats are ", "lifted\nout on 4 October")
    assert answered(trailer) == ("out on 4 October. The crane costs £45, the trailer ", "£45")
    assert (crane.answers, crane.passage) == ((), lifted.passage)
    assert answered(keys) == ("", "Moira")
    assert keys.passage == "note.\nMoira has the keys."
    assert [one.article for one in (short, lifted, trailer, crane, keys)] == [0, 0, 0, 0, 1]


def answered(one: Candidate) -> tuple[str, str]:
    """What is before the answer in its line, and the answer."""
    ((text, start),) = one.answers
    assert one.passage[start : start + len(text)] == text
    return one.passage[:start].split("\n")[-1], text


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("prices.md\tHow much?\t£45", "3 columns"),
        ("prices.md\tHow much?\t£45\t£45", "is there 2 times"),
        ("prices.md\tHow much?\t£46\tthe trailer £45", "'£46' is not in"),
        ("absent.md\tHow much?\t£45\tthe trailer £45", "no such file"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, line: str, reason: str) -> None:
    place = folder(tmp_path, LINES[0], "", line)
    with pytest.raises(LoadError, match=f"questions.tsv:3: .*{reason}"):
        written(place, WordEncoder())


def test_the_script_writes_a_training_file(tmp_path: Path) -> None:
    out = tmp_path / "written.json.gz"
    command = [
        sys.executable, "scripts/make_training_questions.py", "written",
        "--folder", str(folder(tmp_path, *LINES)), "--out", str(out),
    ]  # fmt: skip
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stderr
    assert [len(a["paragraphs"]) for a in whole_articles(out)] == [2, 1]
