#!/usr/bin/env -S sh -c 'exec "$(dirname "$0")/python" "$0" "$@"'
"""More questions to train with: a SQuAD-format file.

confused: a question's entity is swapped for another of the passage, and the reader answers as
before; unanswerable. pseudo: made by rule from a sentence, answered by the reader as it should be.
tables: about tables and lists, both made by rule. written: about whole documents.
"""

import argparse
import gzip
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rag.encoder import SentenceTransformerEncoder
from rag.errors import CitespanError
from rag.evaluation.datasets import read_set
from rag.evaluation.squad import whole_articles
from rag.reader import SpanReader
from rag.training.own_questions import confused, pseudo, squad
from rag.training.tables_by_rule import tables
from rag.training.written import written
from scripts.arguments import positive
from scripts.ending import refused


def main() -> int:
    """Make the file, or say what is wrong with the arguments; returns the exit status."""
    try:
        run(arguments())
    except CitespanError as error:
        return refused("make_training_questions", error)
    return 0


def run(options: argparse.Namespace) -> None:
    """Read, make, pick, write."""
    if options.kind == "tables":
        kept = tables(options.count, options.seed)
    elif options.kind == "written":
        kept = written(read_set(options.questions), SentenceTransformerEncoder())
    else:
        given = [article for path in options.train for article in whole_articles(path)]
        reader = SpanReader(options.reader)
        if options.kind == "confused":
            kept = confused(given, reader, options.seed)
        else:
            kept = pseudo(given, reader)
    data = json.dumps(squad(kept)).encode()
    options.out.write_bytes(gzip.compress(data, mtime=0) if options.out.suffix == ".gz" else data)
    print(f"{len(kept):,} questions in {options.out}")


def arguments() -> argparse.Namespace:
    """Command-line arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    both = argparse.ArgumentParser(add_help=False)
    both.add_argument("--out", type=Path, required=True, help="FILE.json or FILE.json.gz")
    both.add_argument("--seed", type=int, default=5)
    kinds = parser.add_subparsers(dest="kind", required=True)
    for name in ("confused", "pseudo"):
        kind = kinds.add_parser(name, parents=[both])
        kind.add_argument("--train", type=Path, nargs="+", required=True, help="SQuAD-format files")
        kind.add_argument("--reader", type=Path, required=True, help="model folder that picks")
    kinds.add_parser("tables", parents=[both]).add_argument(
        "--count", type=positive, default=12_000, help="questions (12,000)"
    )
    kinds.add_parser("written", parents=[both]).add_argument(
        "--questions", type=Path, required=True, help="question set that names its documents"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
