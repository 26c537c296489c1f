"""Checks of command-line arguments that several scripts share."""

import argparse
from pathlib import Path


class Help(argparse.RawDescriptionHelpFormatter):
    """Leaves the lines of a description as they are, and tells defaults that say something."""

    def _get_help_string(self, action: argparse.Action) -> str:
        told = action.help or ""
        if action.default in (None, False, "", [], argparse.SUPPRESS) or "default" in told:
            return told
        return f"{told} (default: %(default)s)".strip()


def positive(text: str) -> int:
    """A whole number of at least 1.

    Raises:
        ArgumentTypeError: it is less.
        ValueError: it is no whole number.
    """
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {value}")
    return value


def new_file(text: str) -> Path:
    """A file to write, so that a mistyped folder is told before the work and not after it.

    Raises:
        ArgumentTypeError: its folder is not there, or it is a folder itself.
    """
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{path}: is a folder; name a file")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{path.parent}: no such folder; make it first")
    return path


def model_folder(text: str) -> Path:
    """A folder with a model; none is fetched by its name.

    Raises:
        ArgumentTypeError: it has no ``config.json``.
    """
    path = Path(text)
    if not (path / "config.json").is_file():
        raise argparse.ArgumentTypeError(f"{path}: no model there (it has no config.json)")
    return path


def share(text: str) -> float:
    """A number from 0 to 1.

    Raises:
        ArgumentTypeError: it is less or more.
        ValueError: it is no number.
    """
    value = float(text)
    if not 0 <= value <= 1:  # NaN is not either
        raise argparse.ArgumentTypeError(f"must be from 0 to 1, not {text}")
    return value
