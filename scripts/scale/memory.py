"""One fresh process that indexes: how much memory it holds as the corpus grows.

    memory.py STORE PASSAGES

Adds so many passages to a store, models included, and makes its indexes; with 0 passages the
indexes alone. Prints JSON: seconds for the indexes, resident megabytes after each tenth of the
passages and with the indexes, and the most there were.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from rag import Answerer, Store
from rag.loaders import make_document
from rag.types import Document
from scripts.scale.corpus import recombined
from scripts.scale.probe import memory

PARTS = 10


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[2])
    resident = []

    def watch(document: Document) -> None:
        if (int(document.source) + 1) * PARTS % count < PARTS:
            resident.append(memory()["resident"])

    with Store(Path(sys.argv[1])) as store:
        answerer = Answerer(store)
        store.add(documents(count), answerer.encoder, watch)
        began, used = time.perf_counter(), time.process_time()
        answerer.retriever.prepare()
        figures: dict[str, Any] = {
            "indexes_s": round(time.perf_counter() - began, 2),
            "indexes_s_cpu": round(time.process_time() - used, 2),
        }
    now = memory()
    figures["memory_mb"] = {
        "by_tenth": resident,
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
