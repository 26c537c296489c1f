"""A store survives what processes do to it: killed writers, many writers, a full disk."""

import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from rag.errors import StoreError
from rag.loaders import make_document
from rag.passages import split
from rag.store import Store
from tests.small_encoder import WordEncoder

WRITER = """
import sys
from pathlib import Path
from rag.loaders import make_document
from rag.store import Store
from tests.small_encoder import WordEncoder

folder, name = sys.argv[1:]
encoder = WordEncoder()
with Store(Path(folder)) as store:
    for number in range(10_000):
        text = f"Writer {name} wrote line {number}. " * 40
        store.add([make_document(text, "t", f"{name}/{number}", "text/plain")], encoder)
        print(f"{name}/{number}", flush=True)
"""


def writer(root: Path, folder: Path, name: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WRITER, str(folder), name]
    return subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)


def acknowledged(process: "subprocess.Popen[str]") -> set[str]:
    """Sources whose ``add`` returned before the process was killed."""
    process.send_signal(signal.SIGKILL)
    output, _ = process.communicate()
    return {line for line in output.split("\n")[:-1] if line}


def check(folder: Path, expected: set[str]) -> None:
    """Everything acknowledged is whole; anything more is whole as well."""
    with Store(folder) as store:
        infos = store.documents()
        assert expected <= {info.source for info in infos}
        with store.snapshot() as snapshot:
            assert snapshot.passage_count() == sum(info.passages for info in infos)
            numbers = [n for some, _ in snapshot.vectors(32) for n in some.tolist()]
            for passage in snapshot.passages(numbers).values():
                document = snapshot.document(passage.document_id)
                assert document is not None
                assert document.text[passage.start : passage.end] == passage.text
            assert len(snapshot.lexical('"wrote"', 10**6)) == len(numbers)


def test_a_killed_writer_loses_nothing_it_acknowledged(root: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    expected: set[str] = set()
    for attempt in range(8):
        process = writer(root, tmp_path / "store", f"w{attempt}")
        assert process.stdout is not None
        first = process.stdout.readline().strip()
        time.sleep(rng.uniform(0.0, 0.15))
        expected |= {first} | acknowledged(process)
        check(tmp_path / "store", expected)
    assert len(expected) > 8


def test_an_interrupted_indexing_goes_on_where_it_was(root: Path, tmp_path: Path) -> None:
    process = writer(root, tmp_path / "store", "w")
    assert process.stdout is not None
    for _ in range(20):
        process.stdout.readline()
    acknowledged(process)
    with Store(tmp_path / "store") as store:
        kept = {info.source for info in store.documents()}
        assert len(kept) >= 20
        documents = [
            make_document(f"Writer w wrote line {n}. " * 40, "t", f"w/{n}", "text/plain")
            for n in range(len(kept) + 10)
        ]
        encoder = WordEncoder()
        assert len(store.add(documents, encoder)) == 10
        stored = {p.searched for d in documents for p in split(d) if d.source in kept}
        assert encoder.encoded
        assert stored.isdisjoint(encoder.encoded)
    check(tmp_path / "store", {document.source for document in documents})


def test_writers_side_by_side_store_the_union(root: Path, tmp_path: Path) -> None:
    processes = [writer(root, tmp_path / "store", f"p{n}") for n in range(3)]
    firsts = set()
    for process in processes:
        assert process.stdout is not None
        firsts |= {process.stdout.readline().strip() for _ in range(3)}
    check(tmp_path / "store", firsts.union(*map(acknowledged, processes)))


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """A limit on the size of files fails writes the way a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_an_error_and_the_store_goes_on(tmp_path: Path) -> None:
    encoder = WordEncoder()
    small = make_document("A small text.", "t", "small", "text/plain")
    large = make_document("A large text. " * 20_000, "t", "large", "text/plain")
    with Store(tmp_path / "store") as store:
        store.add([small], encoder)
        with full_disk(300_000), pytest.raises(StoreError, match="free space"):
            store.add([large], encoder)
        assert [d.source for d in store.documents()] == ["small"]
        store.add([large], encoder)
        assert [d.source for d in store.documents()] == ["large", "small"]


def test_a_copy_is_whole_or_not_there(tmp_path: Path) -> None:
    large = make_document("They wrote a text. " * 20_000, "t", "large", "text/plain")
    copied = tmp_path / "copy"
    with Store(tmp_path / "store") as store:
        store.add([large], WordEncoder())
        with (
            full_disk(300_000),
            pytest.raises(StoreError, match=r"copy/store\.sqlite .*free space"),
        ):
            store.copy(copied)
        assert list(copied.iterdir()) == []
        with store.copy(copied) as whole:
            assert whole.document(large.id) == large
    check(copied, {"large"})
