"""The conversation: each part of an answer is there, verbatim, and can be opened."""

import json
from dataclasses import replace

from rag.types import Alternative, Hit, Passage
from tests.ui.page import Page, read
from tests.ui.samples import TEXT, abstention, answer, cite, document
from ui import render
from ui.search import Found, Search
from ui.turns import Turn, sentence_offset

SENTENCE = "A new harbour opened in 1934, and the old pier became a market."


def shown(*turns: Turn) -> Page:
    return read(render.conversation(turns, ""))


def test_an_answer_shows_the_quote_and_marks_it_in_its_sentence() -> None:
    found = answer(cite(document(), "1934"), sentence=SENTENCE)
    page = shown(Turn("When?", found, SENTENCE.index("1934")))
    assert [e.text for e in page.find("p", "verbatim")] == ["1934"]
    assert [e.text for e in page.find("blockquote")] == [SENTENCE]
    assert [e.text for e in page.find("mark", "cited")] == ["1934"]
    assert [e.text for e in page.find("h2", "question")] == ["When?"]


def test_a_sentence_that_is_the_answer_is_shown_once() -> None:
    page = shown(Turn("When?", answer(cite(document(), SENTENCE)), 0))
    assert [e.text for e in page.find("p", "verbatim", "long")] == []
    assert not page.find("blockquote")


def test_the_mark_is_on_the_place_that_is_cited_not_on_the_first_equal_one() -> None:
    source = document("It was the pier. The pier by the pier fell.")
    start = source.text.rindex("pier")
    first = cite(source, "pier by the pier")
    citation = replace(first, start=start, end=start + 4, quote="pier")
    found = answer(citation, sentence="The pier by the pier fell.")
    assert sentence_offset(source.text, found) == 16


def test_a_sentence_that_does_not_cover_the_citation_has_no_offset() -> None:
    found = answer(cite(document(), "1931"), sentence=SENTENCE)
    assert sentence_offset(TEXT, found) is None


def test_citations_are_buttons_that_name_their_turn_and_place() -> None:
    source = document()
    found = answer(cite(source, "1934"), cite(source, "new harbour", 2))
    page = shown(Turn("a"), Turn("b", found, number=1))
    buttons = page.find("button", "citation")
    assert [(b.attributes["data-turn"], b.attributes["data-citation"]) for b in buttons] == [
        ("1", "0"),
        ("1", "1"),
    ]
    assert buttons[0].attributes["aria-label"] == "Source 1: The harbour, characters 69–73"
    assert TEXT[69:73] == "1934"


def test_alternatives_are_folded_and_count_on_after_the_citations() -> None:
    source = document()
    other = Alternative("1931", "The old harbour closed in 1931.", 0.2, cite(source, "1931", 2))
    page = shown(Turn("a", answer(cite(source, "1934"), alternatives=(other,))))
    folded = page.find("details")[0]
    assert folded.attributes["data-key"] == "0-others"
    assert "open" not in folded.attributes
    assert "1931" in folded.text
    assert "20 %" in folded.text
    assert page.find("button", "citation")[1].attributes["data-citation"] == "1"


def test_an_abstention_says_so_and_shows_the_nearest_passages_as_such() -> None:
    near = cite(document(), "The market is open on Fridays & Sundays.", supports=False)
    page = shown(Turn("Who?", abstention(near)))
    assert [e.text for e in page.find("p", "verbatim")] == ["Not in these documents"]
    assert "do not answer" in page.find("p", "why")[1].text
    assert [e.text for e in page.find("span", "preview")] == [near.quote]
    (button,) = page.find("button", "citation")
    assert str(button.attributes["aria-label"]).endswith(f": {near.quote}")
    assert not page.find("mark")


def test_judgements_tell_what_of() -> None:
    turns = [Turn(name, answer(cite(document(), "1934")), number=n) for n, name in enumerate("ab")]
    groups = shown(*turns).find("p", "judgement")
    names = [(e.attributes["role"], e.attributes["aria-label"]) for e in groups]
    assert names == [("group", "Is this right? a"), ("group", "Is this right? b")]


def test_what_is_wrong_with_a_question_is_said_in_a_sentence() -> None:
    said = ("the question is empty", "data/store.db: locked")
    page = shown(*(Turn("a", error=words) for words in said))
    assert [e.text for e in page.find("p", "error")] == ["The question is empty", said[1]]


def test_an_abstention_says_why() -> None:
    near = cite(document(), "1934", supports=False)
    reasons = [
        shown(Turn("a", replace(abstention(near), confidence=share))).find("p", "why")[0].text
        for share in (0.31, 0.0)
    ]
    assert "31 %" in reasons[0]
    assert reasons[1] == "No passage holds anything that could be the answer."


def test_without_documents_the_page_says_what_to_do() -> None:
    assert "Add files or a folder" in read(render.welcome(0)).find("section", "welcome")[0].text


def test_copies_hold_the_answer_in_three_forms() -> None:
    found = answer(cite(document(), "1934"), sentence=SENTENCE)
    buttons = [b for b in shown(Turn("a", found, 22)).find("button") if "data-copy" in b.attributes]
    plain, markdown, as_json = (b.attributes["data-copy"] or "" for b in buttons)
    assert "“1934”" in plain
    assert "The harbour, characters 69–73" in plain
    assert "> **1934**" in markdown
    assert json.loads(as_json) == found.to_dict()


def test_errors_and_waiting_take_the_place_of_an_answer() -> None:
    page = shown(Turn("a", error="the question is <empty>"), Turn("b"))
    assert [e.text for e in page.find("p", "error")] == ["The question is <empty>"]
    assert len(page.find("p", "pending")) == 1


def test_an_empty_conversation_offers_the_examples() -> None:
    page = read(render.suggestions(["Who & when?"]))
    assert [b.attributes["data-ask"] for b in page.find("button", "example")] == ["Who & when?"]


def test_previews_are_one_line_cut_at_a_word() -> None:
    assert render.shorten("a\n b  c") == "a b c"
    cut = render.shorten("word " * 100)
    assert len(cut) <= render.PREVIEW_CHARS + 1
    assert cut.endswith("word…")


def test_the_explanation_asks_for_the_ranks_and_then_shows_them() -> None:
    source = document()
    given = answer(cite(source, "1934"))
    folded = shown(Turn("a", given)).find("details")[-1]
    assert folded.attributes["data-explain"] == "0"
    assert "retrieve2.0 ms" in folded.text
    passage = Passage("p", source.id, 13, 43, "text", page=3)
    row = Found(Hit(passage, 0.7314, 1, 2, None), "The harbour", "h.txt")
    page = shown(Turn("a", given, search=Search(1, 5, given.store_version, (row,))))
    folded = page.find("details")[-1]
    assert "data-explain" not in folded.attributes
    assert "Searched 1 document, 5 passages." in folded.text
    cells = [cell.text for cell in page.find("td")][:5]
    assert cells == ["1", "0.731", "2", "–", "The harbourpage 3, characters 13–43"]


def test_an_explanation_of_other_documents_than_the_answer_had_says_so() -> None:
    given = answer(cite(document(), "1934"))
    later = Search(2, 9, given.store_version + 1, ())
    assert "have changed since" in shown(Turn("a", given, search=later)).find("details")[-1].text
