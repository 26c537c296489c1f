"""scripts/setup.sh: installs when it must, does nothing when it need not, fails in words."""

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    """A project of two files with the real script, in a folder whose name has a space."""
    folder = tmp_path / "some project"
    (folder / "scripts").mkdir(parents=True)
    for name in ("setup.sh", "python"):
        shutil.copy(root / "scripts" / name, folder / "scripts")
    (folder / "pyproject.toml").write_text('[project]\nname = "p"\nversion = "1"\n', "utf-8")
    (folder / "constraints.txt").write_text("", "utf-8")
    return folder


def bash(project: Path, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run lines of bash from another folder, after the script was sourced."""
    return subprocess.run(
        ["/bin/bash", "-eu", "-c", f'. "{project}/scripts/setup.sh"\n{script}'],
        cwd="/",
        env={"PATH": os.environ["PATH"], "PYTHON": sys.executable, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def pretend_installed(project: Path, extras: str) -> None:
    """Leave the mark of a finished installation."""
    mark = f".venv/.installed{extras and '-' + extras}"
    lines = f'cd "$SETUP_ROOT"\nmkdir -p .venv\nsetup_fingerprint "{sys.executable}" >{mark}'
    assert bash(project, lines).returncode == 0


@pytest.mark.parametrize(
    ("installed", "wanted"), [("", ""), ("test", "test"), ("test", ""), ("train", "")]
)
def test_nothing_happens_when_all_is_there(project: Path, installed: str, wanted: str) -> None:
    pretend_installed(project, installed)
    ended = bash(project, f"setup_env {wanted}\npwd")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert Path(ended.stdout.strip()) == project


@pytest.mark.parametrize("change", ["pyproject.toml", "constraints.txt", "extras"])
def test_a_change_installs_again_and_a_failure_is_said(project: Path, change: str) -> None:
    pretend_installed(project, "")
    if change != "extras":
        (project / change).write_text("changed = true\n", "utf-8")
    ended = bash(project, f"setup_env {'test' if change == 'extras' else ''}", PIP_NO_INDEX="1")
    assert ended.returncode == 1
    assert "Installing citespan" in ended.stderr
    assert ended.stderr.splitlines()[-1] == "citespan: the installation failed; see above"
    assert (project / ".venv" / "bin" / "python").exists()


def test_the_environment_of_another_project_stays_where_there_is_a_link_to_it(
    project: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other" / ".venv"
    venv.create(other)
    (project / ".venv").symlink_to(other)
    bash(project, "setup_env", PIP_NO_INDEX="1")
    assert (other / "pyvenv.cfg").exists()
    assert (project / ".venv" / "bin" / "python").exists()
    assert not (project / ".venv").is_symlink()


def test_a_script_runs_by_its_name_from_anywhere(project: Path, root: Path, tmp_path: Path) -> None:
    scripts = [
        path for path in (root / "scripts").glob("*.py") if "__main__" in path.read_text("utf-8")
    ]
    assert all(os.access(path, os.X_OK) for path in scripts)
    [launcher] = {path.read_text("utf-8").splitlines()[0] for path in scripts}
    script = project / "scripts" / "show.py"
    script.write_text(f"{launcher}\nimport sys\nprint(sys.prefix, *sys.argv[1:])\n", "utf-8")
    script.chmod(0o755)
    pretend_installed(project, "")
    venv.create(project / ".venv")
    ended = bash(project, f'cd "{tmp_path}"\n"{script}" --out "a folder"')
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"{project / '.venv'} --out a folder\n"


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_scripts_that_are_named_can_be_run(root: Path, document: str) -> None:
    named = set(re.findall(r"\bscripts/\w+(?:\.py)?\b", (root / document).read_text("utf-8")))
    assert len(named) > 3
    for name in named - {"scripts/peers"}:
        assert os.access(root / name, os.X_OK), name


@pytest.mark.parametrize("given", ["/nowhere/python3", ""])
def test_no_python_is_one_clear_line(project: Path, tmp_path: Path, given: str) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("dirname", "cat", "cksum"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    ended = bash(project, "setup_env", PATH=str(tools), PYTHON=given)
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert "needs Python 3.11 or newer" in ended.stderr


def test_a_python_that_is_named_and_not_there_is_not_replaced(project: Path) -> None:
    pretend_installed(project, "")
    ended = bash(project, "setup_env", PYTHON="/nowhere/python3")
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert "PYTHON=/nowhere/python3" in ended.stderr


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A Python that is not the one of the tests, if only by what it says."""
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("import sys\nsys.version = 'another'\n", "utf-8")
    python = folder / "python3.11"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}" exec "{sys.executable}" "$@"\n', "utf-8")
    python.chmod(0o755)
    return python


@pytest.mark.parametrize("name", ["p", "long" * 50], ids=len)
def test_an_environment_serves_where_and_with_what_it_was_made(
    project: Path, tmp_path: Path, other: Path, name: str
) -> None:
    here = project.rename(tmp_path / name)
    venv.create(here / ".venv", with_pip=True)
    asked = 'cd "$SETUP_ROOT"\nsetup_venv_works "$PYTHON"'
    assert bash(here, asked).returncode == 0
    assert bash(here, asked, PYTHON=str(other)).returncode == 1
    assert bash(here.rename(tmp_path / "elsewhere"), asked).returncode == 1


def test_a_folder_that_was_moved_gets_a_new_environment(project: Path, tmp_path: Path) -> None:
    venv.create(project / ".venv", with_pip=True)
    moved = project.rename(tmp_path / "moved")
    lines = f'setup_install() {{ :; }}\nsetup_env\n"{moved}/.venv/bin/pip" --version'
    ended = bash(moved, lines, PYTHON="")
    assert ended.returncode == 0
    assert str(moved) in ended.stdout


def test_an_environment_stays_with_its_python_where_none_is_named(
    project: Path, other: Path
) -> None:
    venv.create(project / ".venv")
    mark = 'setup_fingerprint "$SETUP_ROOT/.venv/bin/python" >.venv/.installed'
    assert bash(project, f'cd "$SETUP_ROOT"\n{mark}').returncode == 0
    path = f"{other.parent}:{os.environ['PATH']}"
    ended = bash(project, "setup_env", PYTHON="", PATH=path)
    assert (ended.returncode, ended.stderr) == (0, "")
