"""Indexing takes documents as a stream, and an interrupted run goes on where it was."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.document_rows import EMBED_AT_ONCE
from rag.loaders import make_document
from rag.store import Store
from rag.types import Document
from tests.small_encoder import WordEncoder

COUNT = 1_000

INDEXER = """
import sys
from rag.store import Store
from tests.small_encoder import WordEncoder
from tests.test_resume import documents

with Store(sys.argv[1]) as store:
    store.add(documents(), WordEncoder(), lambda document: print(document.source, flush=True))
"""


def documents() -> Iterator[Document]:
    return (make_document(f"Line {n}.", "t", str(n), "text/plain") for n in range(COUNT))


@pytest.mark.parametrize("stored_before", [False, True])
def test_documents_are_taken_as_they_are_stored(tmp_path: Path, *, stored_before: bool) -> None:
    taken, stored, ahead = 0, 0, []

    def watched() -> Iterator[Document]:
        nonlocal taken
        for document in documents():
            taken += 1
            ahead.append(taken - stored)
            yield document

    def count(_: Document) -> None:
        nonlocal stored
        stored += 1

    with Store(tmp_path / "store") as store:
        if stored_before:
            store.add(documents(), WordEncoder())
        new = store.add(watched(), WordEncoder(), count)
    assert len(new) == (0 if stored_before else COUNT)
    assert taken == stored == COUNT
    assert max(ahead) <= EMBED_AT_ONCE


def test_a_killed_indexing_goes_on_where_it_was(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", INDEXER, str(tmp_path / "store")]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    said = {line.strip() for line in (first + rest).splitlines(keepends=True) if line[-1:] == "\n"}

    encoder = WordEncoder()
    with Store(tmp_path / "store") as store:
        stored = {info.source for info in store.documents()}
        assert said <= stored
        assert 0 < len(stored) < COUNT
        new = store.add(documents(), encoder)
        assert len(new) == len(encoder.encoded) == COUNT - len(stored)
        assert len(store.documents()) == COUNT
        with store.snapshot() as snapshot:
            assert snapshot.passage_count() == COUNT
