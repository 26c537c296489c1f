"""Question in, checked answer out: on the seed document, with the shipped models."""

import json
import math
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rag import (
    Answer,
    Answerer,
    CitespanError,
    QuestionError,
    Settings,
    Store,
    StoreError,
    make_document,
)
from rag.calibration import Calibration
from rag.candidates import merge
from rag.composer import Composer
from rag.encoder import SentenceTransformerEncoder
from rag.errors import ModelError, SettingsError
from rag.reader import Reader
from rag.types import Document, Hit, Passage, Reading, Span


def without_timings(answer: Answer) -> dict[str, object]:
    return {key: value for key, value in answer.to_dict().items() if key != "timings_ms"}


@pytest.mark.parametrize(
    ("question", "text", "sentence"),
    [
        ("Who urged caution?", "China", "has urged caution"),
        ("What has Russia advocated?", "sanctions and talks", "Russia has reiterated"),
        (
            "When was the agreement between Seoul and Pyongyang outlined?",
            "2021",
            "a 2021 agreement between Seoul and Pyongyang",
        ),
    ],
)
def test_answers_in_the_documents_words(
    answerer: Answerer, seed_document: Document, question: str, text: str, sentence: str
) -> None:
    answer = answerer.ask(question)
    assert answer.text is not None
    assert text in answer.text
    assert answer.sentence is not None
    assert sentence in answer.sentence
    assert answer.citations[0].quote == answer.text
    for citation in answer.citations:
        assert citation.supports
        assert seed_document.text[citation.start : citation.end] == citation.quote
        assert citation.passage_start <= citation.start < citation.end <= citation.passage_end
        assert citation.sha256 == seed_document.sha256


LEASE = """# Lease: {place}

Tenant: {tenant}.

## Rent

The rent is {rent} a month, payable in advance.

## Deposit

A deposit of {deposit} is held by the Deposit Protection Service.
"""
LEASES = (
    {"place": "Harbour Lane 12", "tenant": "Jonas Feld", "rent": "£1,125", "deposit": "£1,298"},
    {"place": "Wharf Street 3", "tenant": "Amara Okoro", "rent": "£980", "deposit": "£1,130"},
    {"place": "Mill Road 40", "tenant": "Piet Kramer", "rent": "£1,410", "deposit": "£1,600"},
)


def test_documents_alike_are_told_apart_by_their_titles(answerer: Answerer, tmp_path: Path) -> None:
    """The passages that answer name no place: only the titles do."""
    paths = [tmp_path / f"{number}.md" for number, _ in enumerate(LEASES)]
    for path, lease in zip(paths, LEASES, strict=True):
        path.write_text(LEASE.format(**lease), "utf-8")
    with Store(tmp_path / "store") as store:
        own = answerer.over(store)
        own.add(paths)
        for lease in LEASES:
            street = lease["place"].rstrip(" 0123456789")
            for asked in ("rent", "deposit"):
                answer = own.ask(f"How much is the {asked} for {street}?")
                assert answer.text is not None
                assert lease[asked] in answer.text
                assert answer.citations[0].title == f"Lease: {lease['place']}"
        assert own.ask("How much is the rent for Elm Court?").text is None


@pytest.mark.parametrize(
    "question", ["Who won the 2018 World Cup?", "How many warheads does North Korea have?"]
)
def test_says_that_it_is_not_there(
    answerer: Answerer, seed_document: Document, question: str
) -> None:
    answer = answerer.ask(question)
    assert answer.text is None
    assert answer.sentence is None
    assert answer.citations
    for citation in answer.citations:
        assert not citation.supports
        assert seed_document.text[citation.start : citation.end] == citation.quote


@pytest.mark.parametrize("question", ["Who urged caution?", "Who won the 2018 World Cup?"])
def test_evidence_is_the_documents_own_sentences(
    answerer: Answerer, seed_document: Document, question: str
) -> None:
    answer = answerer.ask(question)
    assert answer.evidence
    scores = [evidence.score for evidence in answer.evidence]
    assert scores == sorted(scores, reverse=True)
    for evidence in answer.evidence:
        assert seed_document.text[evidence.start : evidence.end] == evidence.quote
    if answer.text is not None:
        assert answer.text in answer.evidence[0].quote


def test_the_steps_end_in_the_same_answer(answerer: Answerer) -> None:
    hits, answer = answerer.ask_steps("Who urged caution?")
    assert not isinstance(hits, Answer)
    found = {hit.passage.id for hit in answerer.search("Who urged caution?")}
    assert {hit.passage.id for hit in hits} == found
    assert isinstance(answer, Answer)
    assert without_timings(answer) == without_timings(answerer.ask("Who urged caution?"))
    assert set(answer.timings_ms) == {"retrieve", "read", "compose", "total"}


def test_between_its_steps_a_thread_may_do_other_things(
    tmp_path: Path, encoder: SentenceTransformerEncoder
) -> None:
    page, other = tmp_path / "page.txt", tmp_path / "other.txt"
    page.write_text("The lighthouse keeper was called Ada Thorne.")
    other.write_text("The ferry leaves at 7:15.")
    with Store(tmp_path / "store") as store:
        answerer = Answerer(store, encoder=encoder)
        answerer.add(page)
        steps = answerer.ask_steps("When does the ferry leave?")
        next(steps)
        answerer.add(other)
        answerer.store.remove_source(str(page))
        (answer,) = steps
        assert isinstance(answer, Answer)
        assert answer.text == "7:15"
        assert answer.verify(store) == []


def test_a_question_that_is_no_text_is_refused(answerer: Answerer) -> None:
    with pytest.raises(QuestionError, match="no valid text"):
        answerer.ask("Who urged \ud800 caution?")


def test_search_ranks_by_what_reading_finds(answerer: Answerer) -> None:
    question = "When was the agreement between Seoul and Pyongyang outlined?"
    depth = answerer.settings.top_k + 2
    hits = answerer.search(question, top_k=depth)
    assert "2021" in hits[0].passage.text
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    retrieved = answerer.retriever.retrieve(question, depth)
    assert [hit.passage.id for hit in sorted(hits, key=lambda h: h.retrieved_rank or 0)] == [
        hit.passage.id for hit in retrieved
    ]
    # What was not read stays behind, in the order of retrieval.
    assert [hit.passage.id for hit in hits[-2:]] == [hit.passage.id for hit in retrieved[-2:]]
    assert len(answerer.search(question, top_k=2)) == 2


def test_a_search_composes_no_answer(answerer: Answerer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Composer, "compose", lambda *_: pytest.fail("it was composed"))
    assert answerer.search("Why did China urge caution?")


def test_a_given_reader_brings_its_calibration(answerer: Answerer) -> None:
    own = Calibration(threshold=0.0)
    given = Answerer(
        answerer.store, encoder=answerer.encoder, reader=answerer.reader, calibration=own
    )
    assert given.calibration is own
    assert given.ask("Who won the 2018 World Cup?").text is not None  # nothing is withheld
    plain = Answerer(answerer.store, encoder=answerer.encoder, reader=answerer.reader)
    assert plain.calibration == Calibration()


def test_every_answer_fits_its_schema(answerer: Answerer, root: Path) -> None:
    schema = json.loads((root / "rag" / "answer.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for question in ("Who urged caution?", "Who won the 2018 World Cup?"):
        as_json = json.loads(json.dumps(answerer.ask(question).to_dict()))
        jsonschema.validate(as_json, schema)


def test_the_same_question_gives_the_same_answer(answerer: Answerer) -> None:
    first = without_timings(answerer.ask("Who urged caution?"))
    assert all(without_timings(answerer.ask("Who urged caution?")) == first for _ in range(3))


def test_threads_get_what_one_caller_gets(answerer: Answerer) -> None:
    questions = ["Who urged caution?", "What has Russia advocated?", "Who won the World Cup?"]
    expected = [without_timings(answerer.ask(question)) for question in questions]
    failures: list[object] = []

    def ask() -> None:
        try:
            found = [without_timings(answerer.ask(question)) for question in questions]
            failures.extend(f for f, e in zip(found, expected, strict=True) if f != e)
        except CitespanError as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_many_questions_answer_as_single_ones(answerer: Answerer) -> None:
    questions = ["Who urged caution?", "Who won the 2018 World Cup?", "Why did China do so?"]
    singles = [answerer.ask(question) for question in questions]
    for many, single in zip(answerer.ask_many(questions), singles, strict=True):
        assert many.text == single.text
        assert many.citations == single.citations
        assert many.confidence == pytest.approx(single.confidence, abs=0.01)
    assert answerer.ask_many([]) == []


@pytest.mark.parametrize(
    ("question", "message"),
    [("", "empty"), (" \n", "empty"), ("?!", "empty"), ("x" * 10_000, "10,000")],
)
def test_questions_that_cannot_be_asked(answerer: Answerer, question: str, message: str) -> None:
    with pytest.raises(QuestionError, match=message):
        answerer.ask(question)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"documents": "an-id"}, "takes ids"),
        ({"documents": [Path("notes")]}, "takes ids"),
        ({"documents": ["no-such-id"]}, "no document has the id 'no-such-id'"),
        ({"where": {"yaer": "2021"}}, "no document has metadata called 'yaer'"),
    ],
)
def test_what_cannot_be_searched_is_said(
    answerer: Answerer, arguments: dict[str, Any], message: str
) -> None:
    """It would look like "not in these documents"."""
    for _ in range(2):  # the numbers that a filter leaves are kept
        with pytest.raises(QuestionError, match=message):
            answerer.ask("Who urged caution?", **arguments)
    with pytest.raises(SettingsError, match="top_k must be at least 1"):
        answerer.search("Who urged caution?", top_k=0)
    with pytest.raises(QuestionError, match="several questions as a list"):
        answerer.ask_many("Who urged caution?")
    with pytest.raises(QuestionError, match="several questions as a list"):
        answerer.search_many("Who urged caution?", 3)


def test_no_documents_chosen_is_no_mistake(answerer: Answerer) -> None:
    assert answerer.ask("Who urged caution?", documents=[]).text is None


def over_one(answerer: Answerer, folder: Path, text: str) -> Answerer:
    one = answerer.over(Store(folder))
    document = make_document(text, title="note", source="note", media_type="text/plain")
    one.store.add([document], one.encoder)
    return one


def test_a_lone_sentence_is_no_answer_to_everything(answerer: Answerer, tmp_path: Path) -> None:
    one = over_one(answerer, tmp_path, "The gym opens at 7:00 and closes at 22:00.")
    for question in ("Why is the sky blue?", "How do I cancel my membership?"):
        assert one.ask(question).text is None
    sentences = Answerer(one.store, Settings(reader="sentence"), encoder=one.encoder)
    assert sentences.ask("Who won the world cup?").text is None


def test_a_yes_or_no_in_the_questions_own_words_is_given(
    answerer: Answerer, tmp_path: Path
) -> None:
    text = "Dogs are not allowed in the house. Smoking is allowed on the balcony."
    one = over_one(answerer, tmp_path, text)
    for question in ("Are dogs allowed in the house?", "Aren't dogs allowed in the house?"):
        assert one.ask(question).text == "Dogs are not allowed in the house."


def test_the_same_value_in_another_row_is_no_support(answerer: Answerer, tmp_path: Path) -> None:
    table = (
        "| Name | Joined | Room |\n|---|---|---|\n| Anna Berg | 2019 | 12 |\n"
        "| Ben Olsen | 2019 | 14 |\n| Carla Moe | 2020 | 12 |"
    )
    answer = over_one(answerer, tmp_path, table).ask("When did Anna Berg join?")
    assert answer.text == "2019"
    assert [table[: c.start].count("\n") for c in answer.citations] == [2]


def test_the_last_question_of_a_long_text_is_read(answerer: Answerer, tmp_path: Path) -> None:
    one = over_one(
        answerer, tmp_path, "The annual fee is due on 4 May. Boats are kept in the shed."
    )
    before = "I have been a member for some years and like it here, but I forget things. " * 5
    for asked in ("When is the annual fee due", "When is the annual fee due? Thanks, okay?"):
        assert one.ask(before + asked).text == "4 May"


def test_what_is_told_before_a_question_may_be_its_answer(
    answerer: Answerer, tmp_path: Path
) -> None:
    one = over_one(
        answerer, tmp_path, "The annual fee is due on 4 May. Boats are kept in the shed."
    )
    told = "The letter says 4 May, the mail says 9 May. When is the annual fee due?"
    answer = one.ask(told)
    assert any(
        "4 May" in (said or "") for said in (answer.text, *(a.text for a in answer.alternatives))
    )


@pytest.mark.parametrize(
    ("texts", "each"),
    [
        (("4 May", "4th of May", "May 4", "5 May"), [3, 1]),
        (("30 Sept. 2024", "September 30, 2024", "30 September"), [2, 1]),
        (("March 2020", "Mar 2020", "March 2021"), [2, 1]),
        (("from March 2020 to April 2021", "from April 2020 to March 2021"), [1, 1]),
        (("dogs may bite cats", "cats may bite dogs"), [1, 1]),
    ],
)
def test_a_date_written_in_another_way_is_the_same_answer(
    texts: tuple[str, ...], each: list[int]
) -> None:
    text = "; ".join(texts)
    places = [(text.index(said), text.index(said) + len(said)) for said in texts]
    passage = Passage("p", "d", 0, len(text), text)
    found = merge([Span(Hit(passage, 1.0, 1), a, b, 2.0, 0.0) for a, b in places], Calibration())
    assert [len(candidate.spans) for candidate in found] == each


def test_min_confidence_moves_the_threshold(
    answerer: Answerer, encoder: SentenceTransformerEncoder
) -> None:
    def ask(value: float) -> Answer:
        settings = Settings(min_confidence=value)
        strict = Answerer(
            answerer.store,
            settings,
            encoder=encoder,
            reader=answerer.reader,
            calibration=answerer.calibration,
        )
        return strict.ask("Who urged caution?")

    assert ask(0.0).text is not None
    assert ask(1.0).text is None


def test_settings_refuse_what_they_do_not_know(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="top_kk"):
        Settings.from_mapping({"top_kk": 3})
    with pytest.raises(SettingsError, match="top_k"):
        Settings(top_k=0)
    with pytest.raises(SettingsError, match="min_confidence"):
        Settings(min_confidence=2.0)
    with pytest.raises(SettingsError, match="max_alternatives must be at least 0, not -1"):
        Settings(max_alternatives=-1)
    (tmp_path / "settings.toml").write_text("top_k = 3\n")
    assert Settings.from_file(tmp_path / "settings.toml").top_k == 3
    with pytest.raises(SettingsError, match=r"missing\.toml"):
        Settings.from_file(tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('top_k = "8"', "top_k must be a whole number, not '8'"),
        ("top_k = 2.5", "top_k must be a whole number, not 2.5"),
        ("top_k = true", "top_k must be a whole number, not True"),
        ('min_confidence = "0.5"', "min_confidence must be a number, not '0.5'"),
        ("read_within = [1]", r"read_within must be a number, not \[1\]"),
        ("encoder = 3", "encoder must be text, not 3"),
    ],
)
def test_settings_of_the_wrong_kind_are_named(tmp_path: Path, line: str, told: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(line)
    with pytest.raises(SettingsError, match=told):
        Settings.from_file(file)
    file.write_text("read_until = 1\nmin_confidence = 0")
    assert Settings.from_file(file) == Settings(read_until=1.0, min_confidence=0.0)


def test_a_changed_text_in_the_store_is_never_quoted(
    tmp_path: Path, encoder: SentenceTransformerEncoder
) -> None:
    page = tmp_path / "page.txt"
    page.write_text("The lighthouse keeper was called Ada Thorne. She lived on Gull Rock.")
    with Store(tmp_path / "store") as store:
        answerer = Answerer(store, encoder=encoder)
        answerer.add([page])
        answer = answerer.ask("Who was the lighthouse keeper?")
        assert answer.verify(store) == []
        assert answerer.add(str(page)).unchanged == (str(page),)
        with sqlite3.connect(tmp_path / "store" / "store.sqlite") as other:
            other.execute("UPDATE documents SET text = replace(text, 'Ada', 'Eva')")
        other.close()
        assert answer.verify(store)
        with pytest.raises(StoreError, match=r"page\.txt"):
            answerer.ask("Who was the lighthouse keeper?")
        page.write_text("Nothing is left of it.")
        answerer.add([page])
        assert "no longer in the store" in answer.verify(store)[0]


def test_add_reports_each_file(tmp_path: Path, encoder: SentenceTransformerEncoder) -> None:
    (tmp_path / "good.txt").write_text("A good file about tea.")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 8)
    seen: list[tuple[str, int, int]] = []
    with Store(tmp_path / "store") as store:
        answerer = Answerer(store, encoder=encoder)
        report = answerer.add([tmp_path], lambda path, n, of: seen.append((path.name, n, of)))
        assert report.added == (str(tmp_path / "good.txt"),)
        assert sorted(str(e).split(":")[0] for e in report.errors) == [
            str(tmp_path / "binary.txt"),
            str(tmp_path / "empty.txt"),
        ]
        assert seen == [("binary.txt", 1, 3), ("empty.txt", 2, 3), ("good.txt", 3, 3)]
        assert answerer.add([tmp_path]).unchanged == report.added
        assert "tea" in (answerer.ask("What is the good file about?").citations[0].quote)


def spans(*found: tuple[int, int, float], text: str = "Ada met Bo. Ada left.") -> list[Span]:
    hit = Hit(Passage("d:0", "d", 0, len(text), text), 1.0, 1)
    return [Span(hit, start, end, score, 0.0) for start, end, score in found]


def test_overlapping_spans_are_one_candidate_and_equal_texts_share_one() -> None:
    candidates = merge(spans((0, 3, 2.0), (0, 10, 1.0), (8, 10, 0.5), (12, 15, 1.5)), Calibration())
    assert [[(s.start, s.end) for s in c.spans] for c in candidates] == [
        [(0, 3), (12, 15)],
        [(8, 10)],
    ]
    assert candidates[0].confidence == pytest.approx(1 / (1 + math.exp(-2.0)))


def test_passages_that_agree_raise_the_confidence() -> None:
    # sigmoid(2) = 0.8808 and sigmoid(1.5) = 0.8176: ln((0.8808 + 0.8176) / 0.8808) = 0.6566
    found = merge(spans((0, 3, 2.0), (12, 15, 1.5)), Calibration(agreement=0.5))
    assert found[0].confidence == pytest.approx(1 / (1 + math.exp(-2 - 0.5 * 0.6566)), abs=1e-4)


def test_rivals_lower_the_confidence() -> None:
    candidates = merge(spans((0, 3, 2.0), (8, 10, 0.5)), Calibration(lead=0.4))
    assert [c.confidence for c in candidates] == pytest.approx(
        [1 / (1 + math.exp(-2 - 0.4 * 1.5)), 1 / (1 + math.exp(-0.5 + 0.4 * 1.5))]
    )
    (alone,) = merge(spans((0, 3, 2.0)), Calibration(lead=0.4))
    assert alone.confidence == pytest.approx(1 / (1 + math.exp(-2 - 0.4 * 8)))
    (alone,) = merge(spans((0, 3, 2.0)), Calibration(lead=0.4, alone=0.0))
    assert alone.confidence == pytest.approx(1 / (1 + math.exp(-2)))


def test_a_near_miss_is_less_probable_but_stays_in_its_place() -> None:
    near, other = spans((0, 3, 2.0), (8, 10, 1.5))
    found = merge([replace(near, stray=True), other], Calibration(stray=-1.0))
    assert [c.spans[0].start for c in found] == [0, 8]
    assert [c.confidence for c in found] == pytest.approx(
        [1 / (1 + math.exp(-2 + 1)), 1 / (1 + math.exp(-1.5))]
    )


class Wary:
    """As a reader, but its best span is a near miss."""

    def __init__(self, reader: Reader) -> None:
        self.fingerprint, self._read = reader.fingerprint, reader.read

    def read(self, questions: Sequence[str], hits: Sequence[Sequence[Hit]]) -> list[Reading]:
        readings = self._read(questions, hits)
        best = [max(r.spans, key=lambda s: s.score - s.no_answer_score) for r in readings]
        return [
            replace(r, spans=tuple(replace(span, stray=span.text == b.text) for span in r.spans))
            for r, b in zip(readings, best, strict=True)
        ]


def test_nothing_is_given_in_place_of_a_near_miss(answerer: Answerer) -> None:
    def asked(stray: float) -> Answer:
        return Answerer(
            answerer.store,
            Settings(min_confidence=0.05),
            encoder=answerer.encoder,
            reader=Wary(answerer.reader),
            calibration=replace(answerer.calibration, stray=stray),
        ).ask("What did South Korea say?")

    given, withheld = asked(0.0), asked(-20.0)
    assert given.text is not None
    assert given.alternatives, "that could take its place"
    assert withheld.text is None
    assert withheld.confidence < 0.05


def test_calibration_is_kept_beside_the_model(tmp_path: Path) -> None:
    assert Calibration.load(tmp_path) == Calibration()
    fitted = Calibration(-1.5, 0.4, 2.0, lead=0.1, agreement=0.3, stray=-0.7, threshold=0.2)
    fitted.save(tmp_path)
    assert Calibration.load(tmp_path) == fitted
    (tmp_path / "calibration.json").write_text("{}")
    with pytest.raises(ModelError, match="calibration"):
        Calibration.load(tmp_path)
