"""The built wheel is whole: installed elsewhere, it answers from its own seeds and models."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ASK = """
import json, rag, ui
answer = rag.ask("Who urged caution?")
print(json.dumps({"rag": rag.__file__, "ui": ui.__file__, "answer": answer.to_dict()}))
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment with nothing of the checkout in it."""

    python: Path
    folder: Path


def run(*command: str | Path, folder: Path, **variables: str) -> str:
    finished = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = ("build", "--wheel", "--no-isolation", "--outdir", str(folder))
    run(sys.executable, "-m", *build, folder=root)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    install = ("install", "--quiet", "--no-deps", "--no-index", str(wheel))
    run(sys.executable, "-m", "pip", "--python", python, *install, folder=folder)
    # The dependencies come from the running environment. A folder that a .pth file adds has its
    # own .pth files left unread, so an editable installation of the checkout stays out.
    purelib = run(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=folder
    )
    Path(purelib.strip(), "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(python, folder)


def test_the_wheel_holds_every_file_of_the_packages_and_the_seeds(root: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}

    expected = {
        path.relative_to(root).as_posix()
        for package in ("rag", "ui")
        for path in (root / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    expected = {name for name in expected if not name.startswith("ui/assets/screenshot")}
    expected.discard("rag/training/written.tar.xz")  # what to train with is in the checkout
    expected |= {f"rag/seeds/{path.name}" for path in (root / "seeds").iterdir()}
    assert packed == expected


def test_the_wheel_carries_its_license_and_pins_nothing_private(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        (license_file,) = (name for name in archive.namelist() if name.endswith("/LICENSE"))
        lines = archive.read(metadata).decode("utf-8").splitlines()
        terms = archive.read(license_file).decode("utf-8")

    assert "Name: citespan" in lines
    assert "License-Expression: Apache-2.0" in lines
    assert "Requires-Python: >=3.11" in lines
    assert not any(line.startswith("Requires-Dist") and "@" in line for line in lines)
    assert "Version 2.0, January 2004" in terms


def test_the_installed_wheel_answers_from_its_own_seeds(root: Path, installed: Installed) -> None:
    home = str(installed.folder / "home")
    output = run(
        installed.python, "-c", ASK, folder=installed.folder, CITESPAN_HOME=home, PYTHONPATH=""
    )

    result = json.loads(output)
    assert Path(result["rag"]).is_relative_to(installed.folder)
    assert Path(result["ui"]).is_relative_to(installed.folder)
    answer = result["answer"]
    assert "China" in answer["sentence"]
    citation = answer["citations"][0]
    assert Path(citation["source"]).is_relative_to(installed.folder)
    text = (root / "seeds" / Path(citation["source"]).name).read_bytes().decode("utf-8")
    assert text[citation["start"] : citation["end"]] == citation["quote"] == answer["text"]
