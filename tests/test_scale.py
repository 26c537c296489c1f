"""The corpus that speed at size is measured on is a sound store, and the chart is a picture."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from rag import Answerer, Store
from rag.encoder import default_model_folder
from rag.index_kinds import KINDS, kind_for
from scripts import benchmark
from scripts.scale import corpus
from scripts.scale.chart import Line, chart
from scripts.scale.corpus import Source, chunks, fill, source
from scripts.scale.measure import MEMORY, run
from tests.small_encoder import WordEncoder

TEXTS = tuple(f"The {word} is number {n}." for n, word in enumerate("one two three four".split()))


def made_of() -> Source:
    encoder = WordEncoder()
    return Source(
        TEXTS, encoder.encode_passages(TEXTS), ("two?",), encoder.encode_questions(["two?"])
    )


def test_a_large_corpus_is_a_sound_store(tmp_path: Path) -> None:
    fill(tmp_path / "s", made_of(), 120, "words-32")
    texts, vectors = next(chunks(made_of(), 120))
    with Store(tmp_path / "s") as store, store.snapshot() as snapshot:
        store.require_encoder(WordEncoder())
        numbers, stored = next(snapshot.vectors(32))
        passages = snapshot.passages(numbers.tolist())
        assert [passages[n].text for n in numbers.tolist()] == texts
        np.testing.assert_array_equal(stored, vectors)
        for passage in passages.values():
            document = snapshot.document(passage.document_id)
            assert document is not None
            assert document.text[passage.start : passage.end] == passage.text
        assert len(snapshot.documents()) == -(-120 // corpus.PASSAGES)
        assert len(snapshot.lexical('"number"', 500)) == 120


def test_a_larger_corpus_begins_like_a_smaller_one() -> None:
    (small,) = chunks(made_of(), 50)
    large = next(chunks(made_of(), corpus.AT_ONCE + 1))
    assert large[0][:50] == small[0]
    np.testing.assert_array_equal(large[1][:50], small[1])


def test_questions_on_files_beside_them_make_a_corpus(tmp_path: Path) -> None:
    (tmp_path / "ferry.txt").write_text("The ferry leaves at nine. It is painted red.", "utf-8")
    row = {"question": "When does it leave?", "answers": ["nine"], "document": "ferry.txt"}
    (tmp_path / "set.jsonl").write_text(json.dumps(row), "utf-8")
    made = source(WordEncoder(), tmp_path / "set.jsonl", 5)
    assert made.sentences == ("The ferry leaves at nine.", "It is painted red.")
    assert made.questions == ("When does it leave?",)
    with Store(tmp_path / "s") as store:
        plain = SentenceTransformer(str(default_model_folder()), device="cpu")
        found = benchmark.recall(Answerer(store), plain, tmp_path / "set.jsonl")
    assert found == {"ours": 1.0, "plain": 1.0, "points": 0.0}


def test_memory_is_measured_as_the_corpus_grows(tmp_path: Path) -> None:
    found = run(MEMORY, tmp_path / "s", 20)
    with Store(tmp_path / "s") as store, store.snapshot() as snapshot:
        assert snapshot.passage_count() == 20
    memory = found["memory_mb"]
    assert [passages for passages, _ in memory["by_passages"]] == [20] * 10  # one batch
    assert 100 < memory["by_passages"][0][1] <= memory["peak"] < 1500


def test_the_chart_draws_every_line_at_its_place() -> None:
    lines = [Line("ours & theirs", [(1e3, 0.5), (1e6, 20.0)]), Line("flat", [(1e3, 1), (1e6, 1e3)])]
    root = ET.fromstring(chart(lines))  # noqa: S314 - ours
    drawn = [e.attrib["points"] for e in root if e.tag.endswith("polyline")]
    assert len(drawn) == 2
    ours, flat = ([tuple(map(float, p.split(","))) for p in points.split()] for points in drawn)
    assert ours[0][0] == flat[0][0] < ours[1][0] == flat[1][0]
    assert ours[0][1] > flat[0][1] > ours[1][1] > flat[1][1]  # up is more
    assert "ours & theirs: 20 ms" in "".join(root.itertext())


def test_the_kinds_follow_the_size() -> None:
    assert [kind.passages for kind in KINDS] == sorted({kind.passages for kind in KINDS})
    assert KINDS[0].passages == 0
    for kind in KINDS[1:]:
        assert kind_for(kind.passages) == kind != kind_for(kind.passages - 1)
        assert 0 < kind.probes <= kind.lists
        assert (kind.probes == kind.lists) == (kind.passages < 200_000)
