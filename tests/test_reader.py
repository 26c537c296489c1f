"""The span reader against a plain double loop over the model's own logits."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModelForQuestionAnswering,
    AutoTokenizer,
    BertConfig,
    BertForQuestionAnswering,
    DistilBertConfig,
    DistilBertForQuestionAnswering,
)

from rag.answerer import Answerer
from rag.encoder import SentenceTransformerEncoder, default_model_folder
from rag.errors import ModelError
from rag.models import SHIPPED, load_reader, verify_checksums
from rag.reader import MAX_ANSWER_TOKENS, SpanReader
from rag.sentence_reader import SentenceReader
from rag.spans import COST_OF_TOKEN
from rag.types import Hit, Passage, Reading, Span
from tests.conftest import SeedQuestion


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small untrained model: what the reader makes of its logits is what is tested."""
    torch.manual_seed(11)
    place = tmp_path_factory.mktemp("reader")
    config = BertConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        initializer_range=0.5,
    )  # fmt: skip
    BertForQuestionAnswering(config).save_pretrained(place)
    AutoTokenizer.from_pretrained(default_model_folder()).save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def reader(folder: Path) -> SpanReader:
    return SpanReader(folder, exact=True)


def hits(*texts: str, start: int = 100) -> list[Hit]:
    return [
        Hit(Passage(f"d{i}:{start}", f"d{i}", start, start + len(text), text), 1.0, i + 1)
        for i, text in enumerate(texts)
    ]


def text_of(span: Span) -> str:
    passage = span.hit.passage
    return passage.text[span.start - passage.start : span.end - passage.start]


def test_best_span_equals_a_plain_double_loop(reader: SpanReader, folder: Path) -> None:
    question, text = "Who found the comet?", "In 1811 Honoré found a great comet near Viviers."
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoded = tokenizer(question, text, return_tensors="pt", return_offsets_mapping=True)
    offsets = encoded.pop("offset_mapping")[0].tolist()
    model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    with torch.inference_mode():
        output = model(**encoded)
    start, end = output.start_logits[0].tolist(), output.end_logits[0].tolist()
    context = [i for i, s in enumerate(encoded.sequence_ids(0)) if s == 1]
    score, first, last = max(  # all in one sentence
        (start[i] + end[j] - COST_OF_TOKEN * (j - i), i, j)
        for i in context
        for j in context
        if i <= j < i + 48
    )
    found = reader.read([question], [hits(text)])[0].spans[0]
    assert found.score == pytest.approx(score, abs=1e-4)
    assert found.no_answer_score == pytest.approx(start[0] + end[0], abs=1e-4)
    assert text_of(found) in text
    assert text[offsets[first][0] : offsets[last][1]].strip(" .") in text_of(found)


def test_offsets_are_the_documents(reader: SpanReader) -> None:
    texts = ["Straße 5 – “Ünïcode” 東京 and 🙂 emoji.", "word " * 700 + "end."]
    for span in reader.read(["Where is it?"], [hits(*texts)])[0].spans:
        passage = span.hit.passage
        assert passage.start <= span.start < span.end <= passage.end
        inside = text_of(span)
        assert inside
        assert inside == inside.strip()
        assert len(inside.split()) <= MAX_ANSWER_TOKENS


def test_long_passages_are_read_to_their_end(reader: SpanReader) -> None:
    long = " ".join(f"w{i}" for i in range(2000))
    windows = reader._windows(0, "Where?", hits(long))  # noqa: SLF001 - coverage of the windows
    covered = {int(o) for w in windows for o in w.offsets[w.context, 0]}
    assert {long.index(f" w{i} ") + 1 for i in range(1, 1999)} <= covered


def test_a_batch_reads_as_its_members_do(reader: SpanReader) -> None:
    texts = ["A short one.", "A passage that is rather longer than the first, by far.", "Third."]
    question = "Which one?"
    together = reader.read([question], [hits(*texts)])[0].spans
    alone: Sequence[Span] = [
        s for h in hits(*texts) for s in reader.read([question], [[h]])[0].spans
    ]
    assert [(s.hit.passage.id, s.start, s.end) for s in together] == [
        (s.hit.passage.id, s.start, s.end) for s in alone
    ]


def test_several_questions_read_as_one_by_one(reader: SpanReader) -> None:
    questions = ["Which one?", "Who was it, and where did they go that night?"]
    own = [hits("A short one.", "One that is longer than the first."), hits("They went to Rome.")]
    together = reader.read(questions, own)
    alone = [reader.read([q], [h])[0] for q, h in zip(questions, own, strict=True)]
    for several, single in zip(together, alone, strict=True):
        assert [(s.start, s.end) for s in several.spans] == [(s.start, s.end) for s in single.spans]
        assert [b.score for b in several.bearings] == pytest.approx(
            [b.score for b in single.bearings], abs=1e-5
        )


def test_no_answer_only_repeats_the_question(reader: SpanReader) -> None:
    text = "Boats are stored. They are not sold."
    (asked,) = reader.read(["Which boats are stored here?"], [hits(text)])
    (choice,) = reader.read(["Are boats stored or not sold?"], [hits(text)])
    (whether,) = reader.read(["Are boats sold?"], [hits(text)])
    assert {span.text for span in asked.spans}.isdisjoint({"Boats", "Boats are stored", "stored"})
    assert len(choice.spans) == 4
    assert {"Boats", "not", "sold"}.isdisjoint(span.text for span in whether.spans)
    (whole,) = reader.read(["Are boats sold?"], [hits("Boats: not sold")])
    assert {span.text for span in whole.spans} == {"Boats: not sold"}  # it denies what is asked
    (headline,) = reader.read(["Are boats sold?"], [hits("Boats sold")])
    assert not headline.spans
    (same,) = reader.read(["Are boats sold?"], [hits("**Q: Are boats sold?**")])
    assert {"Are boats sold", "**Q: Are boats sold?**"}.isdisjoint(s.text for s in same.spans)


def test_nothing_is_answered_by_a_question(reader: SpanReader) -> None:
    asked = "Why is the printer slow?"
    for text, expected in (
        ("How is the boiler?", 0),
        ("How, is the boiler.", 1),
        ("It is May, okay?", 1),
        ("Is it May?", 0),
        ("## Q: Is it May?", 0),
    ):
        spans = reader.read([asked], [hits(text)])[0].spans
        assert bool(spans) == expected


def test_no_answer_goes_over_a_question(reader: SpanReader) -> None:
    for between in ("\n", " "):
        text = between.join(["Rules of the house.", "Are dogs allowed?", "Only guide dogs."])
        begin, end = text.index("Are"), text.index("Only")
        for asked in ("Where are cats kept?", "Who may come in?", "What is ruled?", "When is it?"):
            spans = reader.read([asked], [hits(text, start=0)])[0].spans
            assert spans
            assert all(span.end <= begin or span.start >= end for span in spans)


def test_the_end_of_a_lead_in_comes_with_it(reader: SpanReader) -> None:
    leaflet = "Do not take it:\n- with milk\n- at night\n\nKeep it dry."
    (read,) = reader.read(["Can I take it?"], [hits(leaflet)])
    whole = {text_of(span) for span in read.spans if "Do not" in text_of(span)}
    assert whole == {"Do not take it:\n- with milk\n- at night"}


def test_rows_that_name_their_columns_again_are_read(reader: SpanReader) -> None:
    row = "Sunday    shut      by appointment\n"
    text = row + "Week 2    open      all day\n" + row + "Week 3    open      all day\n"
    passage = Passage("p", "d", 0, len(text), text, header="")
    (found,) = reader.read(["Is it shut on Sunday? Is it?"], [[Hit(passage, 1.0, 1)]])
    assert found.bearings


def test_belief_is_shared_out_over_the_sentences(reader: SpanReader, folder: Path) -> None:
    question, text = "Who found the comet?", "Honoré was up. In 1811 he found a comet. Rain fell."
    tokenizer = AutoTokenizer.from_pretrained(folder)
    encoded = tokenizer(question, text, return_tensors="pt", return_offsets_mapping=True)
    offsets = encoded.pop("offset_mapping")[0].tolist()
    with torch.inference_mode():
        output = AutoModelForQuestionAnswering.from_pretrained(folder).eval()(**encoded)
    open_to = [0] + [i for i, s in enumerate(encoded.sequence_ids(0)) if s == 1]
    shares = [
        torch.softmax(logits[0, open_to].double(), 0).tolist()
        for logits in (output.start_logits, output.end_logits)
    ]
    sentences = ["Honoré was up.", "In 1811 he found a comet.", "Rain fell."]
    for sentence, bearing in zip(
        sentences, reader.read([question], [hits(text)])[0].bearings, strict=True
    ):
        first = text.index(sentence)
        inside = [
            row
            for row, token in enumerate(open_to[1:], 1)
            if first <= offsets[token][0] < first + len(sentence)
        ]
        expected = sum(share[row] for share in shares for row in inside) / 2
        assert (bearing.start, bearing.end) == (100 + first, 100 + first + len(sentence))
        assert bearing.score == pytest.approx(expected, abs=1e-4)


def test_no_hits_no_spans(reader: SpanReader) -> None:
    assert reader.read(["Anything?"], [[]]) == [Reading()]


def test_an_endless_question_still_leaves_room(reader: SpanReader) -> None:
    assert reader.read(["why " * 500], [hits("Because it is.")])[0].spans


def test_of_a_long_question_what_it_asks_is_read(reader: SpanReader) -> None:
    passage = hits("The deposit is paid back on 4 May. The keys are with Ann. It rained in March.")
    asked = "When is the deposit paid back?"
    story = "We moved in last year and it was a long way from the old house to the new one. " * 8
    for question in (story + asked, f"{asked} {story}"):
        assert reader.read([question], [passage]) == reader.read([asked], [passage])


def test_a_script_with_more_tokens_than_characters_is_read(reader: SpanReader) -> None:
    assert reader.read(["값" * 384], [hits("Because it is.")])[0].spans


def test_what_is_no_reader_is_refused(tmp_path: Path, encoder: SentenceTransformerEncoder) -> None:
    with pytest.raises(ModelError, match=r"config\.json"):
        SpanReader(tmp_path)
    with pytest.raises(ModelError, match="not trained for question answering"):
        SpanReader(default_model_folder())
    with pytest.raises(ModelError, match="no-such-reader"):
        load_reader("no-such-reader", encoder)


def test_a_shipped_reader_that_is_missing_is_not_replaced_in_silence(
    tmp_path: Path, encoder: SentenceTransformerEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.models.SHIPPED", tmp_path / "reader")
    with pytest.raises(ModelError, match="reader: no such reader"):
        load_reader("", encoder)


def test_checksums_are_checked(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    (tmp_path / "SHA256SUMS").write_text(f"{digest}  weights\n")
    verify_checksums(tmp_path)
    (tmp_path / "weights").write_bytes(b"abd")
    with pytest.raises(ModelError, match="damaged"):
        verify_checksums(tmp_path)


def test_sentences_are_scored_by_cosine_and_shared_words(
    encoder: SentenceTransformerEncoder,
) -> None:
    text = "Geese fly south since lakes freeze. They follow the coast. A red van stood there."
    question = "Why do geese fly south?"
    found = SentenceReader(encoder).read([question], [hits(text)])[0].spans
    sentences = text.replace(". ", ".|").split("|")
    cosines = encoder.encode_passages(sentences) @ encoder.encode_questions([question])[0]
    assert text_of(found[0]) == sentences[0]
    assert found[0].score == pytest.approx(float(cosines[0]) + 1.0, abs=1e-4)
    assert SentenceReader(encoder).read([question], [[]]) == [Reading()]


@pytest.mark.slow
def test_the_fast_precision_reads_as_float32_does(
    answerer: Answerer, seed_questions: list[SeedQuestion]
) -> None:
    """Its best span is float32's best, or one that float32 puts within a tenth of it.

    Margins reach from -20 to 20. Of 500 validation questions 99.6 % have the very same span.
    """
    exact = SpanReader(SHIPPED, exact=True)
    same = []
    for asked in (question for question in seed_questions if question.answers):
        hits = answerer.search(asked.question, top_k=3)
        fast, slow = (
            {(s.start, s.end): s.score - s.no_answer_score for s in reading.spans}
            for reading in (
                reader.read([asked.question], [hits])[0] for reader in (answerer.reader, exact)
            )
        )
        chosen = max(fast, key=lambda span: fast[span])
        same.append(chosen == max(slow, key=lambda span: slow[span]))
        assert slow[chosen] > max(slow.values()) - 0.1
    assert sum(same) >= 0.95 * len(same)


def test_other_models_read_in_padded_batches_as_one_by_one(tmp_path: Path) -> None:
    torch.manual_seed(5)
    config = DistilBertConfig(dim=32, n_layers=2, n_heads=2, hidden_dim=64, initializer_range=0.5)
    DistilBertForQuestionAnswering(config).save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(default_model_folder()).save_pretrained(tmp_path)
    reader = SpanReader(tmp_path, exact=True)
    texts = ["A short one.", "One of more words. " * 30, "Third.", "word " * 700]
    together = reader.read(["Which one?"], [hits(*texts)])[0].spans
    alone = [s for h in hits(*texts) for s in reader.read(["Which one?"], [[h]])[0].spans]
    assert [(s.start, s.end) for s in together] == [(s.start, s.end) for s in alone]
    assert [s.score for s in together] == pytest.approx([s.score for s in alone], abs=1e-4)
