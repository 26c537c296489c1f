#!/usr/bin/env -S sh -c 'exec "$(dirname "$0")/python" "$0" "$@"'
"""Write the README's table of figures: ``scripts/readme_table.py [NAME=]report.json ...``.

A set is named as its file unless a NAME is given. The figures are kept in
``rag/models/figures.json``; without reports the table is made from those.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rag.errors import CitespanError
from rag.evaluation.figures import Figures, figures_of, insert, load, markdown, save
from scripts.ending import refused

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/readme_table.py", description=__doc__)
    parser.add_argument("reports", nargs="*", metavar="[NAME=]report.json")
    parser.add_argument("--readme", type=Path, default=ROOT / "README.md")
    parser.add_argument("--figures", type=Path, default=ROOT / "rag" / "models" / "figures.json")
    asked = parser.parse_args(arguments)
    try:
        made = [_figures(told) for told in asked.reports]
        readme = asked.readme.read_text("utf-8")
        insert(readme, "")  # nothing is kept where the table has no place
        if made:
            save(asked.figures, made)
        text = insert(readme, markdown(load(asked.figures)))  # as kept: rounded once
        asked.readme.write_text(text, "utf-8")
    except (CitespanError, OSError) as error:
        return refused("readme_table", error)
    return 0


def _figures(told: str) -> Figures:
    name, _, path = ("", "", told) if Path(told).exists() else told.rpartition("=")
    return figures_of(Path(path), name)


if __name__ == "__main__":
    sys.exit(main())
