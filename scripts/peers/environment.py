"""The peers' environment: made when it is missing, made anew when the pinned versions change."""

import hashlib
import subprocess
import sys
from pathlib import Path

from rag.errors import SettingsError

REQUIREMENTS = Path(__file__).parent / "requirements.txt"
MARK = ".installed"


def python_of(folder: Path) -> Path:
    """The interpreter of the environment in ``folder``, which holds the pinned versions.

    Raises:
        SettingsError: the folder holds something else, or the installation fails.
    """
    python = folder / "bin" / "python"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    mark = folder / MARK
    if python.exists() and mark.is_file() and mark.read_text("utf-8") == wanted:
        return python
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").is_file():
        raise SettingsError(f"{folder}: not a Python environment; name a new or empty folder")
    print(f"Installing the peers into {folder} (a few minutes the first time) ...", file=sys.stderr)
    _run([sys.executable, "-m", "venv", "--clear", str(folder)])
    _run([str(python), "-m", "pip", "install", "--quiet", "--requirement", str(REQUIREMENTS)])
    mark.write_text(wanted, "utf-8")
    return python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=sys.stderr, check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise SettingsError(f"{' '.join(command)} failed; see its message above")
