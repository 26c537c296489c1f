"""One fresh process that indexes: how much memory it holds as the corpus grows.

    memory.py STORE PASSAGES|FOLDER

Adds so many made-up passages, or the files of a folder, to a store, models included, and makes its
indexes; with 0 passages the indexes alone. Prints JSON: seconds for the indexes, resident megabytes
after each tenth of the documents, beside the passages stored by then, and with the indexes, and the
most there were.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from rag import Answerer, Store
from rag.ingest import add_files
from rag.loaders import make_document
from rag.types import Document
from scripts.scale.corpus import recombined
from scripts.scale.probe import memory

PARTS = 10


def main() -> None:
    """Measure and print."""
    corpus = sys.argv[2]
    resident: list[tuple[int, int]] = []

    def watch(done: int, count: int) -> None:
        if done * PARTS % count < PARTS:
            with store.snapshot() as snapshot:
                resident.append((snapshot.passage_count(), memory()["resident"]))

    with Store(Path(sys.argv[1])) as store:
        answerer = Answerer(store)
        if corpus.isdigit():
            made = documents(int(corpus))
            store.add(made, answerer.encoder, lambda d: watch(int(d.source) + 1, int(corpus)))
        else:
            add_files(
                store, answerer.encoder, [Path(corpus)], lambda _, done, count: watch(done, count)
            )
        began, used = time.perf_counter(), time.process_time()
        answerer.retriever.prepare()
        figures: dict[str, Any] = {
            "indexes_s": round(time.perf_counter() - began, 2),
            "indexes_s_cpu": round(time.process_time() - used, 2),
        }
    now = memory()
    figures["memory_mb"] = {
        "by_passages": resident,
        "with_indexes": now["resident"],
        "peak": now["peak"],
    }
    print(json.dumps(figures))


def documents(count: int) -> Iterator[Document]:
    """One document a passage, made as they are taken."""
    for number, text in enumerate(recombined(count)):
        yield make_document(text, "", str(number), "text/plain")


if __name__ == "__main__":
    main()
