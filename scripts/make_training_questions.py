#!/usr/bin/env -S sh -c 'exec "$(dirname "$0")/python" "$0" "$@"'
"""More questions to train with: a SQuAD-format file.

confused: a question's entity is swapped for another of the passage, and the reader answers as
before; unanswerable. pseudo: made by rule from a sentence, answered by the reader as it should be.
tables: about tables and lists, both made by rule. written: about whole documents. named: on
passages that are named by a hash, found in SQuAD-format files. titled: those files themselves,
with the article's title in front of most passages, as the reader is given documents.
"""

import argparse
import gzip
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rag.encoder import SentenceTransformerEncoder
from rag.evaluation.datasets import read_set
from rag.evaluation.squad import whole_articles
from rag.reader import SpanReader
from rag.training.named_passages import PARTS, on_passages
from rag.training.own_questions import Candidate, confused, pseudo, squad
from rag.training.tables_by_rule import tables
from rag.training.titles import titled
from rag.training.written import written
from scripts.arguments import Help, new_file, positive, share
from scripts.ending import attempted


def main() -> int:
    """Make the file, or say what is wrong with the arguments; returns the exit status."""
    return attempted("make_training_questions", lambda: run(arguments()))


def run(options: argparse.Namespace) -> None:
    """Read, make, pick, write."""
    if options.kind == "titled":
        made = {"data": titled(given(options), options.share, options.seed)}
    else:
        made = squad(*candidates(options))
    data = json.dumps(made).encode()
    options.out.write_bytes(gzip.compress(data, mtime=0) if options.out.suffix == ".gz" else data)
    count = sum(len(p["qas"]) for article in made["data"] for p in article["paragraphs"])
    print(f"{count:,} questions in {options.out}")


def candidates(options: argparse.Namespace) -> tuple[list[Candidate], list[str]]:
    """The questions that are made, and the titles of their articles where they have any."""
    if options.kind == "tables":
        return tables(options.count, options.seed), []
    if options.kind == "written":
        return written(read_set(options.questions), SentenceTransformerEncoder()), []
    articles = given(options)
    titles = [str(article.get("title") or "") for article in articles]
    if options.kind == "named":
        return on_passages(options.questions, options.part, articles, options.own), titles
    reader = SpanReader(options.reader)
    if options.kind == "confused":
        return confused(articles, reader, options.seed), titles
    return pseudo(articles, reader), titles


def given(options: argparse.Namespace) -> list[Any]:
    """The articles of the training files."""
    return [article for path in options.train for article in whole_articles(path)]


def arguments() -> argparse.Namespace:
    """Command-line arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=Help)
    both = argparse.ArgumentParser(add_help=False)
    both.add_argument("--out", type=new_file, required=True, help="FILE.json or FILE.json.gz")
    both.add_argument("--seed", type=int, default=5, help="of what is drawn")
    files = argparse.ArgumentParser(add_help=False)
    files.add_argument("--train", type=Path, nargs="+", required=True, help="SQuAD-format files")
    kinds = parser.add_subparsers(dest="kind", required=True)
    add = partial(kinds.add_parser, formatter_class=Help)
    for name in ("confused", "pseudo"):
        add(name, parents=[both, files]).add_argument(
            "--reader", type=Path, required=True, help="model folder that picks"
        )
    named = add("named", parents=[both, files])
    named.add_argument("--questions", type=Path, required=True, help="lines that name passages")
    named.add_argument("--part", choices=PARTS, default=PARTS[0], help="of the lines")
    named.add_argument(
        "--own", type=int, default=0, help="of each passage so many of its own questions too"
    )
    add("titled", parents=[both, files]).add_argument(
        "--share", type=share, default=0.6, help="of the passages, those with the title"
    )
    add("tables", parents=[both]).add_argument(
        "--count", type=positive, default=12_000, help="questions"
    )
    add("written", parents=[both]).add_argument(
        "--questions", type=Path, required=True, help="question set that names its documents"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
