"""What serves large stores, made to serve small ones: each equals the exact answer."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import cast

import faiss
import numpy as np
import pytest

from rag import index, index_kinds, lexical
from rag.config import Settings
from rag.filters import Filter
from rag.index import open_index
from rag.index_kinds import Kind
from rag.lexical import any_of, open_lexical
from rag.loaders import make_document
from rag.retriever import Retriever, query_words
from rag.snapshot import Snapshot
from rag.store import Store
from rag.types import Document
from tests.small_encoder import WordEncoder

WORDS = "river stone cloud ember forest harbor lantern meadow orchard signal".split()
WORDS += [f"{first}{second}" for first in "bdfgklmn" for second in ("abo", "eni", "olu", "uma")]
QUESTIONS = ["Where are the rivers?", "gabo embers", "meadow, kolu and meadows", "numa luma 7"]
INVERTED = Kind(0, "IVF8,Flat", 8, 8)  # probes every list: nothing but the store decides
PROBING = Kind(0, "IVF8,SQ8", 8, 2)


def document(name: str, rng: np.random.Generator) -> Document:
    """Three passages of words of which few are frequent, and most are not."""
    odds = 1 / np.arange(1, len(WORDS) + 1)
    texts = [
        " ".join(rng.choice(WORDS, rng.integers(40, 90), p=odds / odds.sum())) + f" {i}."
        for i in range(3)
    ]
    metadata = {"year": str(2020 + int(rng.integers(3))), "name": name}
    return make_document("\n\n".join([*texts, name]), name, name, "text/plain", metadata=metadata)


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def store(tmp_path: Path, encoder: WordEncoder) -> Iterator[Store]:
    rng = np.random.default_rng(11)
    with Store(tmp_path / "store") as opened:
        opened.add([document(f"d{n}", rng) for n in range(60)], encoder)
        yield opened


@pytest.fixture(params=["flat", "inverted"])
def large(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Kind:
    """Thresholds so low that this small store is a large one."""
    kind = Kind(0, "IDMap,Flat") if request.param == "flat" else INVERTED
    monkeypatch.setattr(index_kinds, "KINDS", (kind,))
    monkeypatch.setattr(index, "SAVE_FROM", 40)
    monkeypatch.setattr(index, "RENEW_SHARE", 0.2)
    monkeypatch.setattr(lexical, "POSTINGS_FROM", 40)
    monkeypatch.setattr(lexical, "RENEW_SHARE", 0.2)
    return kind


def products(snapshot: Snapshot, encoder: WordEncoder, question: str) -> dict[int, float]:
    """The inner product of a question and every passage."""
    parts = list(snapshot.vectors(encoder.dimension))
    query = encoder.encode_questions([question])[0]
    return {
        int(number): float(vector @ query)
        for numbers, vectors in parts
        for number, vector in zip(numbers, vectors, strict=True)
    }


def best(scores: dict[int, float], k: int) -> list[tuple[int, float]]:
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:k]


def assert_same(found: list[tuple[int, float]], expected: list[tuple[int, float]]) -> None:
    """Equal up to rounding, which may exchange neighbours of one score."""
    assert [s for _, s in found] == pytest.approx([s for _, s in expected], rel=2e-5, abs=1e-6)
    threshold = expected[-1][1] + 1e-4 if expected else 0
    assert {n for n, s in found if s > threshold} == {n for n, s in expected if s > threshold}


def check(store: Store, retriever: Retriever, encoder: WordEncoder) -> None:
    """Both searches of the retriever give what comparing everything gives."""
    retriever.retrieve(QUESTIONS[0], 5)
    with store.snapshot() as snapshot:
        near, worded = retriever.indexes(snapshot)
        for question in QUESTIONS:
            query = encoder.encode_questions([question])
            exact = products(snapshot, encoder, question)
            assert_same(near.search(snapshot, query, 20)[0], best(exact, 20))
            everything = dict(snapshot.lexical(any_of(query_words(question)), 10**6))
            found = worded.search(snapshot, [query_words(question)], 30)[0]
            expected = best(everything, 30)
            assert [number for number, _ in found] == [number for number, _ in expected]
            assert [s for _, s in found] == pytest.approx([s for _, s in expected], rel=1e-12)


@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize("size", ["small", "flat", "inverted"])
def test_questions_together_find_what_each_finds_alone(
    store: Store,
    encoder: WordEncoder,
    size: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    filtered: bool,
) -> None:
    if size != "small":
        kind = Kind(0, "IDMap,Flat") if size == "flat" else INVERTED
        monkeypatch.setattr(index_kinds, "KINDS", (kind,))
        monkeypatch.setattr(index, "SAVE_FROM", 40)
        monkeypatch.setattr(lexical, "POSTINGS_FROM", 40)
    retriever = Retriever(store, encoder, Settings())
    retriever.prepare()
    store.add([document("late", np.random.default_rng(8))], encoder)
    store.remove_source("d7")
    where = {"year": "2021"} if filtered else None
    questions = [*QUESTIONS, "?!", QUESTIONS[0], *(f"{word} numa" for word in WORDS)]
    together = retriever.retrieve_many(questions, 12, where=where)
    for question, found in zip(questions, together, strict=True):
        alone = retriever.retrieve(question, 12, where=where)
        assert [hit.score for hit in found] == pytest.approx([h.score for h in alone], abs=1e-6)
        sure = [a.score > b.score + 1e-5 for a, b in pairwise(alone)]
        if all(sure):
            assert [hit.passage for hit in found] == [hit.passage for hit in alone]
            assert [hit.lexical_rank for hit in found] == [hit.lexical_rank for hit in alone]


def test_terms_are_stems_without_accents(store: Store) -> None:
    texts = ["Rivers and the STONES", "", "naïve cafés", "snake_case 3.5"]
    with store.snapshot() as snapshot:
        found = [snapshot.terms(texts), snapshot.terms(texts[:1]), snapshot.terms([])]
    expected = ["river and the stone", "", "naiv cafe", "snake case 3 5"]
    assert found == [[text.split() for text in expected], [expected[0].split()], []]


def test_changes_are_searched_without_making_the_index_anew(
    store: Store, encoder: WordEncoder, large: Kind
) -> None:
    rng = np.random.default_rng(5)
    retriever = Retriever(store, encoder, Settings())
    retriever.prepare()
    check(store, retriever, encoder)
    with store.snapshot() as snapshot:
        first = retriever.indexes(snapshot)[0].base
    assert first is not None
    assert first.kind == large
    for step in range(4):
        store.add([document(f"new{step}", rng)], encoder)
        store.remove_source(f"d{3 * step}")
        check(store, retriever, encoder)
        with store.snapshot() as snapshot:
            assert retriever.indexes(snapshot)[0].base is first
            check_fresh = open_index(store, snapshot, encoder)
            query = encoder.encode_questions([QUESTIONS[1]])
            assert check_fresh.base is not None
            assert check_fresh.base.last == first.last
            known = retriever.indexes(snapshot)[0].search(snapshot, query, 9)
            assert check_fresh.search(snapshot, query, 9) == known


def test_many_changes_are_worked_into_the_index(
    store: Store, encoder: WordEncoder, large: Kind
) -> None:
    rng = np.random.default_rng(6)
    retriever = Retriever(store, encoder, Settings())
    retriever.prepare()
    for step in range(30):
        store.remove_source(f"d{step}")
    store.add([document(f"new{step}", rng) for step in range(20)], encoder)
    check(store, retriever, encoder)
    retriever.save_indexes()
    with store.snapshot() as snapshot:
        near, worded = retriever.indexes(snapshot)
        count = snapshot.passage_count()
        assert near.base is not None
        assert worded.base is not None
        assert (len(near.base), near.base.kind, len(worded.base)) == (count, large, count)
        again = open_index(store, snapshot, encoder)
        assert again.base is not None
        assert len(again.base) == count
    check(store, Retriever(store, encoder, Settings()), encoder)


@pytest.mark.usefixtures("large")
def test_the_same_is_found_when_the_indexes_are_made_anew(
    store: Store, encoder: WordEncoder
) -> None:
    retriever = Retriever(store, encoder, Settings())
    retriever.prepare()
    rng = np.random.default_rng(9)
    often = "\n\n".join(" ".join(rng.choice(WORDS, 90)) + " gabo ember." for _ in range(5))
    store.remove_source("d7")
    store.add([document("late", rng), make_document(often, "t", "late too", "text/plain")], encoder)
    with store.snapshot() as snapshot:
        worded = retriever.indexes(snapshot)[1]
        assert worded.base is not None
        assert worded.base.saved
    before = [retriever.retrieve(question, 40) for question in QUESTIONS]
    for path in store.folder.glob("*.cache"):
        path.unlink()
    anew = Retriever(store, encoder, Settings())
    for question, expected in zip(QUESTIONS, before, strict=True):
        found = anew.retrieve(question, 40)
        assert [hit.passage for hit in found] == [hit.passage for hit in expected]
        assert [h.lexical_rank for h in found] == [h.lexical_rank for h in expected]
        assert [h.score for h in found] == pytest.approx([h.score for h in expected], abs=1e-6)


@pytest.mark.usefixtures("large")
def test_the_files_of_two_states_are_kept(store: Store, encoder: WordEncoder) -> None:
    """The last one, and the one before, which another process may be opening."""
    retriever = Retriever(store, encoder, Settings())
    states: list[set[Path]] = []
    for step in range(3):
        rng = np.random.default_rng(step)
        store.add([document(f"new{step}.{n}", rng) for n in range(30)], encoder)
        retriever.prepare()
        found = set(store.folder.glob("*.cache"))
        new = found.difference(*states)
        assert sorted(path.name.split("-")[0] for path in new) == ["vectors", "words"]
        assert found - new == (states[-1] if states else set())
        states.append(new)


@pytest.mark.usefixtures("large")
def test_a_large_store_may_become_small_and_empty(store: Store, encoder: WordEncoder) -> None:
    retriever = Retriever(store, encoder, Settings())
    retriever.prepare()
    for step in range(60):
        store.remove_source(f"d{step}")
        if step in (51, 55):
            check(store, retriever, encoder)
    assert retriever.retrieve("river", 5) == []
    assert Retriever(store, encoder, Settings()).retrieve("river", 5) == []


@pytest.mark.usefixtures("large")
def test_an_older_snapshot_is_not_answered_from_a_newer_index(
    store: Store, encoder: WordEncoder
) -> None:
    retriever = Retriever(store, encoder, Settings())

    def change() -> None:  # in a thread of its own, whose connection sees the new state
        store.remove_source("d0")
        store.add([document("new", np.random.default_rng(1))], encoder)
        retriever.prepare()

    with store.snapshot() as snapshot:
        worker = threading.Thread(target=change)
        worker.start()
        worker.join()
        near, worded = retriever.indexes(snapshot)
        query = encoder.encode_questions([QUESTIONS[0]])
        exact = products(snapshot, encoder, QUESTIONS[0])
        assert_same(near.search(snapshot, query, len(exact))[0], best(exact, len(exact)))
        assert_same(
            worded.search(snapshot, [query_words(QUESTIONS[0])], 500)[0],
            snapshot.lexical(any_of(query_words(QUESTIONS[0])), 500),
        )
    check(store, retriever, encoder)


@pytest.mark.usefixtures("large")
def test_filters_equal_comparing_everything(store: Store, encoder: WordEncoder) -> None:
    store.remove_source("d7")
    store.add([document("late", np.random.default_rng(8))], encoder)
    retriever = Retriever(store, encoder, Settings())
    infos = {info.source: info.id for info in store.documents()}
    some = [infos[f"d{n}"] for n in (1, 4, 30, 59)] + [infos["late"], "unknown"]
    for documents, where in [
        (some, None),
        (None, {"year": "2021"}),
        (some, {"year": "2021"}),
        (None, {"year": "2021", "name": "d12"}),
        (None, {"year": "1999"}),
        ([], None),
    ]:
        with store.snapshot() as snapshot:
            kept = Filter.of(documents, where)
            assert kept is not None
            only = snapshot.numbers_of(kept)
            ids = {
                n: p.document_id for n, p in snapshot.passages(snapshot.numbers().tolist()).items()
            }
            expected = {
                number
                for number, identifier in ids.items()
                if (documents is None or identifier in documents)
                and all(
                    (d := snapshot.document(identifier)) and d.metadata.get(key) == value
                    for key, value in (where or {}).items()
                )
            }
            assert set(only.tolist()) == expected
            near, worded = retriever.indexes(snapshot)
            for question in QUESTIONS:
                query = encoder.encode_questions([question])
                exact = products(snapshot, encoder, question)
                found = near.search(snapshot, query, 20, only)[0]
                assert_same(found, best({n: exact[n] for n in expected}, 20))
                everything = dict(snapshot.lexical(any_of(query_words(question)), 10**6))
                found = worded.search(snapshot, [query_words(question)], 20, only)[0]
                assert_same(found, best({n: everything[n] for n in expected & set(everything)}, 20))
        hits = retriever.retrieve(QUESTIONS[0], 500, documents, where)
        assert len(hits) == min(len(expected), 500)


def test_probing_few_lists_never_gives_fewer_than_asked(
    store: Store, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_kinds, "KINDS", (PROBING,))
    monkeypatch.setattr(index, "SAVE_FROM", 40)
    with store.snapshot() as snapshot:
        opened = open_index(store, snapshot, encoder)
        again = open_index(store, snapshot, encoder)
        assert opened.base is not None
        assert opened.base.kind == PROBING
        query = encoder.encode_questions([QUESTIONS[0]])
        exact = products(snapshot, encoder, QUESTIONS[0])
        found = opened.search(snapshot, query, len(exact))[0]
        assert_same(found, best(exact, len(exact)))
        few = opened.search(snapshot, query, 5)[0]
        assert [score for _, score in few] == pytest.approx([exact[n] for n, _ in few], rel=1e-5)
        assert again.search(snapshot, query, 5)[0] == few  # trained alike
        monkeypatch.setattr(index_kinds, "COMPLETE_UP_TO", 5)
        only = snapshot.numbers()[::2]
        found = opened.search(snapshot, query, len(only), only)[0]
        assert_same(found, best({n: exact[n] for n in only.tolist()}, len(only)))


def test_a_filter_is_looked_for_where_its_passages_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_kinds, "COMPLETE_UP_TO", 5)
    kind = Kind(0, "IVF8,Flat", 8, 2)
    vectors = np.random.default_rng(7).standard_normal((400, 16), dtype=np.float32)
    inverted = index_kinds.new_index(kind, 16, vectors)
    numbers = np.arange(3, 803, 2, dtype=np.int64)
    inverted.add_with_ids(vectors, numbers)
    of_each = index_kinds.list_of_each(inverted, 801)
    lists = cast("faiss.IndexIVF", inverted)
    centres = lists.quantizer.reconstruct_n(0, 8)
    assert of_each[numbers].tolist() == (vectors @ centres.T).argmax(axis=1).tolist()

    queries = vectors[:2]
    nearest = np.argsort(-(queries @ centres.T), axis=1)
    for place, expected in [(0, 2), (1, 2), (2, 3), (6, 7), (7, 8)]:  # at least the usual two
        members = np.zeros(8, dtype=np.int64)
        members[nearest[0, place]] = 50
        assert index_kinds.filtered_probes(inverted, kind, queries, members)[0] == expected
    even = np.full(8, 50)  # half of the members are wanted: twice 2 of 8
    assert index_kinds.filtered_probes(inverted, kind, queries, even) == [4, 4]
    few = np.full(8, 0)
    few[0] = 5
    assert index_kinds.filtered_probes(inverted, kind, queries, few) == [8, 8]


@pytest.mark.usefixtures("large")
def test_a_damaged_file_of_postings_is_not_used(store: Store, encoder: WordEncoder) -> None:
    Retriever(store, encoder, Settings()).prepare()
    (path,) = store.folder.glob("words-*.cache")
    sound = path.read_bytes()
    rng = np.random.default_rng(2)
    with store.snapshot() as snapshot:
        expected = open_lexical(store, snapshot).search(snapshot, [["river", "ember"]], 30)
        line = snapshot.meta(lexical.MANIFEST)
    for position in rng.integers(0, len(sound), 10).tolist():
        damaged = bytearray(sound)
        damaged[position] ^= 1 << int(rng.integers(8))
        path.unlink()  # what is mapped stays as it was
        path.write_bytes(damaged)
        with store.snapshot() as snapshot:
            opened = open_lexical(store, snapshot)
            assert opened.base is not None
            assert not opened.base.saved
            assert opened.search(snapshot, [["river", "ember"]], 30) == expected
    path.unlink()
    path.write_bytes(sound)
    assert line is not None
    for field, value in [("last", 3), ("terms", 1), ("size", 9), ("store_version", 99)]:
        store.set_meta(lexical.MANIFEST, json.dumps(json.loads(line) | {field: value}))
        with store.snapshot() as snapshot:
            opened = open_lexical(store, snapshot)
            assert opened.base is not None
            assert not opened.base.saved
            assert opened.search(snapshot, [["river", "ember"]], 30) == expected


def test_a_store_of_before_the_filters_gets_their_table(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    with Store(tmp_path / "s") as opened:
        opened.add([document(f"d{n}", rng) for n in range(5)], WordEncoder())
    connection = sqlite3.connect(tmp_path / "s" / "store.sqlite")
    connection.executescript("DROP TRIGGER document_added; DROP TABLE facts;")
    connection.close()
    with Store(tmp_path / "s") as opened, opened.snapshot() as snapshot:
        only = Filter.of(where={"name": "d3"})
        assert only is not None
        found = snapshot.passages(snapshot.numbers_of(only).tolist())
        assert {p.document_id for p in found.values()} == {
            info.id for info in snapshot.documents() if info.source == "d3"
        }
