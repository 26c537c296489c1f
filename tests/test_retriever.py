"""Dense search equals brute force, the index is never trusted blindly, fusion is exact."""

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from rag import checked_file, index, index_file
from rag.config import Settings
from rag.errors import QuestionError, StoreError
from rag.index import SAVE_FROM, open_index
from rag.index_base import MANIFEST
from rag.index_file import Manifest, Wanted
from rag.index_kinds import KINDS
from rag.lexical import any_of
from rag.loaders import make_document
from rag.retriever import LEXICAL_WEIGHT, Retriever, query_words
from rag.store import Store
from tests.small_encoder import WordEncoder

WORDS = "river stone cloud ember forest harbor lantern meadow orchard signal".split()


def sentence(rng: np.random.Generator, length: int = 8) -> str:
    return " ".join(rng.choice(WORDS, length)) + f" {rng.integers(1000)}."


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def store(tmp_path: Path, encoder: WordEncoder) -> Iterator[Store]:
    rng = np.random.default_rng(3)
    with Store(tmp_path / "store") as opened:
        texts = [sentence(rng) for _ in range(150)]
        opened.add(
            [make_document(t, "t", f"{i}.txt", "text/plain") for i, t in enumerate(texts)], encoder
        )
        yield opened


def test_dense_search_equals_brute_force(store: Store, encoder: WordEncoder) -> None:
    queries = encoder.encode_questions(["river harbor", "ember 12", "signal signal stone"])
    with store.snapshot() as snapshot:
        index = open_index(store, snapshot, encoder)
        numbers, vectors = next(snapshot.vectors(encoder.dimension))
    exact = queries @ vectors.T
    for found, scores in zip(index.search(snapshot, queries, 20), exact, strict=True):
        order = np.argsort(-scores, kind="stable")[:20]
        np.testing.assert_allclose([s for _, s in found], scores[order], atol=1e-5)
        assert {n for n, _ in found} == set(numbers[order].tolist())


def test_a_small_store_is_searched_by_the_thread_that_asks(root: Path) -> None:
    """Threads that a search wakes go on spinning, and take the cores from the reader."""
    code = """
        import time
        import numpy as np
        from rag.index import SAVE_FROM, Recent, VectorIndex

        vectors = np.random.default_rng(3).standard_normal((SAVE_FROM - 1, 384), dtype=np.float32)
        recent = Recent(np.arange(1, SAVE_FROM), vectors)
        index = VectorIndex(None, recent, 1, SAVE_FROM - 1)
        everywhere, here = time.process_time(), time.thread_time()
        for row in range(400):
            index.search(None, vectors[row : row + 1], 50)
        everywhere, here = time.process_time() - everywhere, time.thread_time() - here
        print(here / everywhere)
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(run.stdout) > 0.9


def test_a_restricted_search_equals_brute_force(store: Store, encoder: WordEncoder) -> None:
    query = encoder.encode_questions(["river harbor"])
    with store.snapshot() as snapshot:
        index = open_index(store, snapshot, encoder)
        numbers, vectors = next(snapshot.vectors(encoder.dimension))
        some = numbers[5::7]
        expected = some[np.argsort(-(vectors[5::7] @ query[0]), kind="stable")].tolist()
        found = index.search(snapshot, query, 500, some)[0]
    assert [n for n, _ in found] == expected


@pytest.mark.parametrize("saved_from", [SAVE_FROM, 1])
def test_of_equal_passages_the_first_are_found(
    tmp_path: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch, saved_from: int
) -> None:
    monkeypatch.setattr(index, "SAVE_FROM", saved_from)
    texts = ["harbor lantern"] * 120 + ["river"] * 20
    documents = [
        make_document("\n".join([t, "#" * n]), "", f"{n:03}", "text/plain")
        for n, t in enumerate(texts, 1)
    ]
    with Store(tmp_path / "store") as store:
        store.add(documents, encoder)
        with store.snapshot() as snapshot:
            opened = open_index(store, snapshot, encoder)
            assert (opened.base is None) == (saved_from > 1)
            query = encoder.encode_questions(["river"])
            order = [*range(121, 141), *range(1, 121)]
            for k in (20, 21, 50, 139, 140):
                assert [n for n, _ in opened.search(snapshot, query, k)[0]] == order[:k]
            some = np.arange(3, 130, dtype=np.int64)
            found = [n for n, _ in opened.search(snapshot, query, 30, some)[0]]
            assert found == [*range(121, 130), *range(3, 24)]


def test_fused_scores_are_cosine_plus_a_share_of_the_best_bm25(
    store: Store, encoder: WordEncoder
) -> None:
    question = "Where is the river with the lantern?"
    hits = Retriever(store, encoder, Settings()).retrieve(question, 200)
    with store.snapshot() as snapshot:
        numbers, vectors = next(snapshot.vectors(encoder.dimension))
        lexical = dict(snapshot.lexical('"river" OR "lantern"', 200))
        ids = {n: p.id for n, p in snapshot.passages(numbers.tolist()).items()}
    cosines = vectors @ encoder.encode_questions([question])[0]
    most = max(lexical.values())
    expected = {
        ids[n]: float(c) + LEXICAL_WEIGHT * lexical.get(n, 0.0) / most
        for n, c in zip(numbers.tolist(), cosines, strict=True)
    }
    assert len(hits) == 150
    for hit in hits:
        assert hit.score == pytest.approx(expected[hit.passage.id], abs=1e-5)
    assert [h.rank for h in hits] == list(range(1, 151))
    assert all(a.score >= b.score for a, b in pairwise(hits))


def test_only_some_documents(store: Store, encoder: WordEncoder) -> None:
    some = [d.id for d in store.documents()][:4]
    hits = Retriever(store, encoder, Settings()).retrieve("river lantern", 10, some)
    assert {h.passage.document_id for h in hits} == set(some)
    assert Retriever(store, encoder, Settings()).retrieve("river", 10, []) == []


@pytest.mark.parametrize(
    ("documents", "where", "said"),
    [
        ((id_ for id_ in ["one"]), None, r"takes ids, such as \["),
        (5, None, "takes ids"),
        (None, "year", "takes keys and values"),
        (None, "", "takes keys and values"),
        (["one"], [("year", "2021")], "takes keys and values"),
    ],
)
def test_a_filter_of_another_kind_is_refused(
    store: Store, encoder: WordEncoder, documents: Any, where: Any, said: str
) -> None:
    with pytest.raises(QuestionError, match=said):
        Retriever(store, encoder, Settings()).retrieve("river", 10, documents, where)


def test_an_empty_store_gives_nothing(tmp_path: Path, encoder: WordEncoder) -> None:
    with Store(tmp_path / "empty") as empty:
        assert Retriever(empty, encoder, Settings()).retrieve("river", 5) == []


def test_new_documents_are_found_at_once(store: Store, encoder: WordEncoder) -> None:
    retriever = Retriever(store, encoder, Settings())
    retriever.retrieve("river", 5)
    added = make_document("A zeppelin over the river.", "z", "z.txt", "text/plain")
    store.add([added], encoder)
    assert retriever.retrieve("zeppelin", 1)[0].passage.document_id == added.id
    store.remove(added.id)
    assert added.id not in {h.passage.document_id for h in retriever.retrieve("zeppelin", 200)}


def test_questions_are_never_read_as_query_syntax(store: Store, encoder: WordEncoder) -> None:
    retriever = Retriever(store, encoder, Settings())
    for question in ['" OR *', "text:river", "NEAR(a b)", "river AND NOT", "(((", "a-b^2 'x'"]:
        retriever.retrieve(question, 5)
    assert any_of(query_words('the "river" OR')) == '"river"'
    assert any_of(query_words("what is it")) == '"what" OR "is" OR "it"'
    assert any_of(query_words("?!")) == ""


@pytest.mark.parametrize(
    "queries",
    [np.ones((1, 16), np.float32), np.ones(32, np.float32), np.full((1, 32), np.nan, np.float32)],
)
def test_unfit_queries_are_refused(store: Store, encoder: WordEncoder, queries: np.ndarray) -> None:
    with store.snapshot() as snapshot:
        index = open_index(store, snapshot, encoder)
        with pytest.raises(StoreError):
            index.search(snapshot, queries, 3)


def index_path(store: Store) -> Path:
    with store.snapshot() as snapshot:
        manifest = Manifest.from_json(snapshot.meta(MANIFEST))
    assert manifest is not None
    return manifest.path(store.folder)


class TestIndexFile:
    """The file beside the store is a cache: sound, or not used."""

    @pytest.fixture(scope="class")
    @classmethod
    def saved(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, WordEncoder]]:
        encoder = WordEncoder(dimension=8)
        rng = np.random.default_rng(5)
        with Store(tmp_path_factory.mktemp("index") / "store") as store:
            text = "\n\n".join(sentence(rng, 70) for _ in range(SAVE_FROM + 20))
            store.add([make_document(text, "t", "t.txt", "text/plain")], encoder)
            retriever = Retriever(store, encoder, Settings())
            retriever.retrieve("river", 5)
            retriever.save_indexes()
            yield store, encoder

    def test_is_written_and_read_back(self, saved: tuple[Store, WordEncoder]) -> None:
        store, encoder = saved
        assert index_path(store).is_file()
        with store.snapshot() as snapshot:
            index = open_index(store, snapshot, encoder)
            assert index.base is not None
            assert index.base.saved
            assert len(index.base) == snapshot.passage_count()
            assert json.loads(snapshot.meta(MANIFEST) or "")["passages"] == len(index.base)

    def test_any_flipped_bit_is_noticed(self, saved: tuple[Store, WordEncoder]) -> None:
        store, encoder = saved
        path = index_path(store)
        sound = path.read_bytes()
        query = encoder.encode_questions(["river lantern stone"])
        with store.snapshot() as snapshot:
            expected = open_index(store, snapshot, encoder).search(snapshot, query, 50)
            rng = np.random.default_rng(1)
            for position in rng.integers(0, len(sound), 40).tolist():
                damaged = bytearray(sound)
                damaged[position] ^= 1 << int(rng.integers(8))
                path.write_bytes(damaged)
                again = open_index(store, snapshot, encoder)
                assert again.base is not None
                assert not again.base.saved
                assert again.search(snapshot, query, 50) == expected
        path.write_bytes(sound)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("sha256", "0" * 64),
            ("size", 1),
            ("kind", "IndexHNSW"),
            ("kind", "IVF256,SQ8"),
            ("dimension", 9),
            ("metric", "L2"),
            ("encoder", "another"),
            ("passages", 3),
            ("last", 5),
            ("last", SAVE_FROM + 19),
            ("size", "large"),
            ("store_version", 99),
        ],
    )
    def test_a_manifest_that_differs_leads_to_a_rebuild(
        self, saved: tuple[Store, WordEncoder], field: str, value: object
    ) -> None:
        store, encoder = saved
        with store.snapshot() as snapshot:
            sound = snapshot.meta(MANIFEST) or ""
        store.set_meta(MANIFEST, json.dumps(json.loads(sound) | {field: value}))
        with store.snapshot() as snapshot:
            index = open_index(store, snapshot, encoder)
        store.set_meta(MANIFEST, sound)
        assert index.base is not None
        assert not index.base.saved
        assert (len(index.base), index.base.kind) == (len(index), KINDS[0])

    @pytest.mark.parametrize("wrong", ["dimension", "metric"])
    def test_a_file_that_is_not_what_its_manifest_says_is_not_read(
        self, tmp_path: Path, wrong: str
    ) -> None:
        metric = faiss.METRIC_L2 if wrong == "metric" else faiss.METRIC_INNER_PRODUCT
        flat = faiss.index_factory(8 if wrong == "dimension" else 9, "IDMap,Flat", metric)
        flat.add_with_ids(np.ones((3, flat.d), np.float32), np.arange(1, 4))
        wanted = Wanted(9, "words", 1)
        manifest = index_file.write(tmp_path, flat, KINDS[0], 3, wanted)
        assert index_file.read(tmp_path, manifest, wanted) is None

    def test_no_temporary_file_stays(self, saved: tuple[Store, WordEncoder]) -> None:
        assert not list(saved[0].folder.glob("*.tmp"))

    def test_what_a_killed_process_was_writing_goes_with_the_next_file(
        self, root: Path, tmp_path: Path
    ) -> None:
        code = """
            import os, signal, sys
            from pathlib import Path
            from rag import checked_file

            def produce(take):
                take(b"half of it")
                os.kill(os.getpid(), signal.SIGKILL)

            checked_file.write(Path(sys.argv[1]), "vectors", produce)
        """
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)], cwd=root, check=False
        )
        assert len(list(tmp_path.glob("vectors-*.tmp"))) == 1

        def produce(take: checked_file.Take) -> None:
            take(b"all")
            checked_file.remove_others(tmp_path, "vectors", set())  # as another process might
            take(b" of it")

        written = checked_file.write(tmp_path, "vectors", produce)
        path = checked_file.path_of(tmp_path, "vectors", written.sha256)
        assert list(tmp_path.iterdir()) == [path]
        assert path.read_bytes() == b"all of it"
