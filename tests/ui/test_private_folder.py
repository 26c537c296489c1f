"""The folder of a process: its own while it runs, and not left behind by a killed one."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
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


@pytest.mark.parametrize("deleted", range(6))
def test_what_an_interrupted_ending_leaves_goes_with_the_next_start(
    temporary: Path, deleted: int
) -> None:
    """Ctrl+C a second time, after so many files are deleted."""
    with pytest.MonkeyPatch.context() as patch, suppress(KeyboardInterrupt):
        with private_folder() as folder:
            for name in ("visitor-a/1", "visitor-a/2", "visitor-b/3", "visitor-b/4", "5"):
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_text("private")
            patch.setattr("os.unlink", _until_interrupted(iter(range(deleted))))
        assert deleted == 5  # these are all
    with private_folder() as own:
        assert list(temporary.iterdir()) == [own]


def _until_interrupted(left: Iterator[int]) -> Callable[..., None]:
    unlink = os.unlink

    def interrupted(*place: str, dir_fd: int | None = None) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        unlink(*place, dir_fd=dir_fd)

    return interrupted


def test_old_files_in_a_folder_in_use_are_no_reason_to_delete_it(temporary: Path) -> None:
    with private_folder() as used:
        os.utime(used, (0, 0))
        with private_folder() as own:
            assert {used, own} == set(temporary.iterdir())


@pytest.mark.parametrize("seconds", [0.0, 4000.0])
def test_what_nobody_holds_goes_whatever_its_age(temporary: Path, seconds: float) -> None:
    (temporary / f"{PREFIX}left" / "visitor-a").mkdir(parents=True)
    (temporary / f"{PREFIX}left" / "visitor-a" / "note.txt").write_text("private")
    os.utime(temporary / f"{PREFIX}left", (time.time() - seconds,) * 2)
    with private_folder() as own:
        assert list(temporary.iterdir()) == [own]


def test_one_that_is_cleared_away_while_it_is_made_is_made_anew(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process starts, and finds the folder before it is locked."""
    made: list[str] = []
    make = tempfile.mkdtemp

    def met(prefix: str) -> str:
        made.append(folder := make(prefix=prefix))
        if len(made) == 1:
            with private_folder():
                assert not Path(folder).exists()
        return folder

    monkeypatch.setattr("tempfile.mkdtemp", met)
    with private_folder() as own:
        assert str(own) == made[-1]
        assert list(temporary.iterdir()) == [own]


def test_what_is_not_such_a_folder_is_left_alone(temporary: Path) -> None:
    kept = temporary / "kept"
    kept.mkdir()
    (kept / "note.txt").touch()
    (temporary / f"{PREFIX}link").symlink_to(kept)
    (temporary / "citespan-evaluated").mkdir()  # as an evaluation makes it
    (temporary / f"{PREFIX}file").touch()
    before = sorted(temporary.rglob("*"))
    with private_folder():
        pass
    assert sorted(temporary.rglob("*")) == before
