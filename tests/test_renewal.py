"""A large store that changes: what comes later is found, and nobody waits while it is worked in."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, cast

import faiss
import numpy as np
import pytest

from rag import index, index_kinds, lexical
from rag.config import Settings
from rag.index import VectorIndex, open_index
from rag.index_kinds import Kind, kind_for, new_index, search_parameters
from rag.lexical import LexicalIndex, any_of
from rag.loaders import make_document
from rag.retriever import Retriever, query_words
from rag.snapshot import Snapshot
from rag.store import Store
from rag.types import Document
from tests.small_encoder import WordEncoder

WORDS = "river stone cloud ember forest harbor lantern meadow orchard signal".split()
OTHERS = "quark gluon boson lepton hadron meson muon photon kaon pion".split()
QUESTION = "Where are the rivers?"


def document(name: str, words: list[str]) -> Document:
    """Three passages."""
    rng = np.random.default_rng(sum(name.encode()) + len(name))
    texts = [" ".join(rng.choice(words, 60)) + f" {name} {i}." for i in range(3)]
    return make_document("\n\n".join(texts), name, name, "text/plain")


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def store(tmp_path: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Forty documents, and thresholds so low that they are many."""
    monkeypatch.setattr(index_kinds, "KINDS", (Kind(0, "IVF8,Flat", 8, 8),))
    monkeypatch.setattr(index, "SAVE_FROM", 8)
    monkeypatch.setattr(index, "RENEW_SHARE", 0.05)
    monkeypatch.setattr(lexical, "POSTINGS_FROM", 40)
    monkeypatch.setattr(lexical, "RENEW_SHARE", 0.05)
    with Store(tmp_path / "store") as opened:
        opened.add([document(f"d{n}", WORDS) for n in range(40)], encoder)
        yield opened


@pytest.fixture
def retriever(store: Store, encoder: WordEncoder) -> Retriever:
    made = Retriever(store, encoder, Settings())
    made.prepare()
    return made


def elsewhere(*actions: Callable[[], object]) -> None:
    """Do something in a thread of its own, whose connection sees the newest state."""
    for action in actions:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(action).result()


def bases(retriever: Retriever, snapshot: Snapshot) -> list[Any]:
    return [found.base for found in retriever.indexes(snapshot)]


def sizes(retriever: Retriever, store: Store) -> list[int]:
    with store.snapshot() as snapshot:
        return [len(base) for base in bases(retriever, snapshot)]


def assert_exact(store: Store, retriever: Retriever, encoder: WordEncoder) -> None:
    """Both searches give what comparing everything gives."""
    query = encoder.encode_questions([QUESTION])
    with store.snapshot() as snapshot:
        dense, words = retriever.indexes(snapshot)
        parts = list(snapshot.vectors(encoder.dimension))
        numbers = np.concatenate([some for some, _ in parts])
        products = np.concatenate([vectors for _, vectors in parts]) @ query[0]
        best = numbers[np.argsort(-products, kind="stable")[:9]]
        assert [n for n, _ in dense.search(snapshot, query, 9)[0]] == best.tolist()
        asked = query_words(QUESTION)
        expected = snapshot.lexical(any_of(asked), 9)
        found = words.search(snapshot, [asked], 9)[0]
        assert [n for n, _ in found] == [n for n, _ in expected]


@pytest.mark.parametrize("passages", [50_000, 199_999])
def test_a_topic_of_so_few_passages_that_no_list_is_theirs_is_found(passages: int) -> None:
    """They lie in any list, so all are probed."""
    rng = np.random.default_rng(2)
    kind = kind_for(passages)

    def around(centre: int, count: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        vectors = rng.standard_normal((count, 32), dtype=np.float32)
        vectors[:, centre] += 2
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    vectors, asked = np.concatenate([around(0, 10_500), around(1, 40)]), around(1, 40)
    made = new_index(kind, 32, vectors)
    made.add_with_ids(vectors, np.arange(len(vectors)))
    _, found = made.search(asked, 26, params=search_parameters(kind, None, kind.probes))
    exact = np.argsort(-(asked @ vectors.T), axis=1)[:, :10]
    for best, near in zip(exact.tolist(), found.tolist(), strict=True):
        assert set(best) <= set(near)


def test_lists_are_learnt_from_what_came_later_too(
    store: Store, encoder: WordEncoder, retriever: Retriever
) -> None:
    store.add([document(f"new{n}", OTHERS) for n in range(8)], encoder)
    retriever.prepare()
    with store.snapshot() as snapshot:
        renewed = retriever.indexes(snapshot)[0].base
        for path in store.folder.glob("*.cache"):
            path.unlink()
        anew = open_index(store, snapshot, encoder).base
    assert renewed is not None
    assert anew is not None
    assert len(renewed) == 48 * 3
    centres = [
        cast("faiss.IndexIVF", base.index).quantizer.reconstruct_n(0, 8) for base in (renewed, anew)
    ]
    np.testing.assert_array_equal(*centres)


def test_a_long_batch_keeps_its_indexes_while_others_renew_them(
    store: Store, encoder: WordEncoder, retriever: Retriever
) -> None:
    def renew(step: int) -> None:
        with Store(store.folder) as other:
            other.add([document(f"new{step}.{n}", OTHERS) for n in range(8)], encoder)
            Retriever(other, encoder, Settings()).prepare()

    with store.snapshot() as snapshot:
        held = retriever.indexes(snapshot)
        for step in range(3):
            elsewhere(partial(renew, step), partial(retriever.retrieve, QUESTION, 5))
            again = retriever.indexes(snapshot)
            assert all(a is b for a, b in zip(again, held, strict=True))
    assert sizes(retriever, store) == [(40 + 3 * 8) * 3] * 2


def test_an_older_state_shares_what_a_newer_one_is_made_of(
    store: Store, encoder: WordEncoder, retriever: Retriever
) -> None:
    """However many states others ask for between two questions of a batch."""

    def change(step: int) -> None:
        store.add([document(f"new{step}", OTHERS)], encoder)
        retriever.retrieve(QUESTION, 5)

    with store.snapshot() as snapshot:
        held = bases(retriever, snapshot)
        elsewhere(*(partial(change, step) for step in range(3)))
        again = bases(retriever, snapshot)
        assert all(a is b for a, b in zip(again, held, strict=True))
        assert_exact(store, retriever, encoder)


@pytest.mark.parametrize(("module", "name"), [(index, "build"), (lexical, "_build")])
def test_questions_are_answered_while_an_index_is_renewed(
    store: Store,
    encoder: WordEncoder,
    retriever: Retriever,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    name: str,
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    build = getattr(module, name)

    def slow(*arguments: Any) -> Any:
        begun.set()
        assert go_on.wait(20)
        return build(*arguments)

    monkeypatch.setattr(module, name, slow)
    store.add([document(f"new{n}", OTHERS) for n in range(8)], encoder)
    assert_exact(store, retriever, encoder)  # from the former index, and what is new beside it
    assert sizes(retriever, store) == [40 * 3] * 2
    with ThreadPoolExecutor(2) as pool:
        try:
            preparing = pool.submit(retriever.prepare)
            assert begun.wait(20)
            pool.submit(assert_exact, store, retriever, encoder).result(5)
        finally:
            go_on.set()
        preparing.result()
    assert sizes(retriever, store) == [48 * 3] * 2
    assert_exact(store, retriever, encoder)


def test_so_many_changes_that_the_former_index_is_of_little_use_are_worked_in_at_once(
    store: Store, encoder: WordEncoder, retriever: Retriever
) -> None:
    """Also where nobody ever calls ``prepare``."""
    store.add([document(f"new{n}", OTHERS) for n in range(30)], encoder)
    assert_exact(store, retriever, encoder)
    assert sizes(retriever, store) == [70 * 3] * 2


def test_what_is_left_of_an_index_is_read_once(
    store: Store,
    encoder: WordEncoder,
    retriever: Retriever,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Questions about a topic that was removed find its passages first, however often."""
    monkeypatch.setattr(index, "URGENT_SHARE", 1.0)
    monkeypatch.setattr(lexical, "URGENT_SHARE", 1.0)
    query = encoder.encode_questions([QUESTION])
    with store.snapshot() as snapshot:
        nearest = retriever.indexes(snapshot)[0].search(snapshot, query, 30)[0]
        gone = {p.document_id for p in snapshot.passages([n for n, _ in nearest]).values()}
    for name in gone:
        store.remove(name)
    reads: list[int] = []
    read = Snapshot.numbers

    def counted(snapshot: Snapshot, after: int = 0) -> Any:
        reads.extend([1] * (not after))
        return read(snapshot, after)

    monkeypatch.setattr(Snapshot, "numbers", counted)
    with store.snapshot() as snapshot:
        dense, words = retriever.indexes(snapshot)
        assert isinstance(dense, VectorIndex)
        assert isinstance(words, LexicalIndex)
        assert dense.base is not None
        assert dense.removed > 15
        found = [dense.search(snapshot, query, 15)[0] for _ in range(3)]
        worded = [words.search(snapshot, [WORDS], 15)[0] for _ in range(3)]
        left = set(read(snapshot).tolist())
        assert {n for n, _ in found[0]} <= left
        assert [n for n, _ in worded[0]] == [n for n, _ in snapshot.lexical(any_of(WORDS), 15)]
    assert found[0] == found[2]
    assert len(reads) <= 2
    assert_exact(store, retriever, encoder)
