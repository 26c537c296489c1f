"""The folder of a process: its own while it runs, and not left behind by a killed one."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ui.private_folder import PREFIX, private_folder

HOLDING = """
import sys
from ui.private_folder import private_folder
with private_folder() as folder:
    (folder / "note.txt").write_text("private")
    print(folder, flush=True)
    sys.stdin.read()
"""


@contextmanager
def holding() -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """A process that has a private folder until its input ends."""
    command = [sys.executable, "-c", HOLDING]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        yield process, Path(process.stdout.readline().strip())


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where private folders are made."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def test_it_is_private_and_gone_at_the_end(temporary: Path) -> None:
    with private_folder() as folder:
        assert folder.parent == temporary
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(temporary.iterdir()) == []


def test_that_of_a_killed_process_goes_with_the_next_start_and_no_other() -> None:
    with ExitStack() as stack:
        (killed, left), (_, used) = (stack.enter_context(holding()) for _ in range(2))
        killed.kill()
        killed.wait()
        assert (left / "note.txt").exists()
        with private_folder() as own:
            assert not left.exists()
            assert (used / "note.txt").exists()
            with private_folder():
                assert own.exists()


def test_what_is_not_such_a_folder_is_left_alone(temporary: Path) -> None:
    kept = temporary / "kept"
    kept.mkdir()
    (kept / "lock").touch()
    (temporary / f"{PREFIX}link").symlink_to(kept)
    (temporary / f"{PREFIX}folder").mkdir()
    (temporary / f"{PREFIX}file").touch()
    before = sorted(temporary.rglob("*"))
    with private_folder():
        pass
    assert sorted(temporary.rglob("*")) == before
