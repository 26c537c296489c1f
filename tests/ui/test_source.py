"""The source panel: the marked characters are the document's, exactly."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rag.types import Citation, Document
from tests.ui.page import read
from tests.ui.samples import TEXT, abstention, answer, bearing, cite, document
from ui import source
from ui.turns import Turn


def spot(of: Document, start: int, end: int) -> Citation:
    return replace(
        cite(of, of.text[:1]),
        start=start,
        end=end,
        quote=of.text[start:end],
        passage_start=max(0, start - 5),
        passage_end=min(len(of.text), end + 5),
    )


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=3, max_size=80
)


@given(TEXTS, st.data())
def test_the_marked_characters_equal_the_cited_ones(content: str, data: st.DataObject) -> None:
    of = document(content)
    bounds = [data.draw(st.integers(0, len(content) - 1)) for _ in range(3)]
    spots = [spot(of, b, data.draw(st.integers(b + 1, len(content)))) for b in bounds]
    page = read(source.cited(of, 0, Turn("q", answer(*spots)), 0))
    assert [e.text for e in page.find("mark", "cited")] == [spots[0].quote]
    assert page.find("div", "text")[0].text == content
    marked = sum(len(e.text) for e in page.find("mark"))
    assert marked == len({i for s in spots for i in range(s.start, s.end)})


def test_the_panel_names_title_section_page_and_characters() -> None:
    of = document()
    citation = replace(cite(of, "1934"), page=3, heading="Openings")
    page = read(source.cited(of, 2, Turn("q", answer(citation)), 0))
    header = page.find("header")[0].text
    assert "The harbour" in header
    assert "Openings" in header
    assert "page 3, characters 69–73" in header
    panel = page.find("section", "source")[0].attributes
    assert (panel["data-turn"], panel["data-citation"]) == ("2", "0")


def test_further_evidence_has_a_colour_of_its_own() -> None:
    of = document()
    found = answer(cite(of, "1934"), cite(of, "old harbour", 2))
    page = read(source.cited(of, 0, Turn("q", found), 0))
    assert [e.text for e in page.find("mark", "evidence")] == ["old harbour"]
    steps = [b.attributes["data-citation"] for b in page.find("button")[:2]]
    assert steps == ["1", "1"]


def test_evidence_is_marked_around_the_answer_and_explained() -> None:
    of = document()
    telling = (bearing(of, "A new harbour opened in 1934"), bearing(of, "the old pier became"))
    found = answer(cite(of, "1934"), evidence=telling)
    page = read(source.cited(of, 0, Turn("q", found), 0))
    assert [e.text for e in page.find("mark", "cited")] == ["1934"]
    assert [e.text for e in page.find("mark", "evidence")] == [
        "A new harbour opened in ",
        "the old pier became",
    ]
    assert [e.text for e in page.find("span", "key")] == ["answer", "evidence"]
    alone = read(source.cited(of, 0, Turn("q", answer(cite(of, "1934"))), 0))
    assert not alone.find("p", "legend")


def test_evidence_of_another_document_is_not_marked_in_this_one() -> None:
    of, other = document(), document("x" + TEXT)
    found = answer(cite(of, "1934"), evidence=(bearing(other, "old harbour"),))
    assert not read(source.cited(of, 0, Turn("q", found), 0)).find("mark", "evidence")


def test_evidence_stands_inside_a_nearest_passage() -> None:
    of = document()
    near = cite(of, "The old harbour closed in 1931.", supports=False)
    found = abstention(near, evidence=(bearing(of, "old harbour"),))
    page = read(source.cited(of, 0, Turn("q", found), 0))
    assert [e.text for e in page.find("mark", "near")] == [near.quote]
    assert [e.text for e in page.find("mark", "evidence")] == ["old harbour"]
    assert [e.text for e in page.find("span", "key")] == ["nearest passage", "closest sentences"]


def test_a_nearest_passage_is_not_marked_as_an_answer() -> None:
    of = document()
    near = cite(of, "The old harbour closed in 1931.", supports=False)
    page = read(source.cited(of, 0, Turn("q", abstention(near)), 0))
    assert not page.find("mark", "cited")
    assert [e.text for e in page.find("mark", "near")] == [near.quote]
    assert "not an answer" in page.find("header")[0].text


def test_long_documents_show_the_surroundings_only() -> None:
    of = document("x" * 10_000 + "answer" + "y" * 10_000)
    spotted = spot(of, 10_000, 10_006)
    page = read(source.cited(of, 0, Turn("q", answer(spotted)), 0))
    body = page.find("div", "text")[0].text
    assert page.find("mark", "cited")[0].text == "answer"
    assert len(page.find("span", "cut")) == 2
    assert len(body) < 2 * source.SURROUNDINGS + 100


def test_a_preview_shows_the_start_of_the_document() -> None:
    page = read(source.preview(document()))
    assert page.find("div", "text")[0].text == TEXT
    long = read(source.preview(document("z" * 20_000)))
    assert long.find("div", "text")[0].text.count("z") == source.PREVIEW_CHARS
    assert "20,000 characters, the first 12,000 shown" in long.find("p", "where")[0].text


def test_a_citation_whose_document_is_gone_says_so() -> None:
    of = document()
    turn = Turn("q", answer(cite(of, "1934"), cite(of, "1931", 2)), number=3)
    page = read(source.missing(3, turn, 1))
    assert page.find("p", "error")[0].text == "The harbour is no longer among the documents."


def test_the_source_of_a_document_that_is_gone_can_be_left_as_any_other() -> None:
    of = document()
    turn = Turn("q", answer(cite(of, "1934"), cite(of, "1931", 2)), number=3)
    gone, there = read(source.missing(3, turn, 1)), read(source.cited(of, 3, turn, 1))
    for tag in ("section", "nav", "h2"):
        assert [e.attributes for e in gone.find(tag)] == [e.attributes for e in there.find(tag)]
    buttons = [b.attributes for b in there.find("button") if "plain" not in b.classes]
    assert [b.attributes for b in gone.find("button")] == buttons
    assert gone.find("h2")[0].text == "The harbour"
    assert gone.find("p", "where")[0].text == there.find("p", "where")[0].text


def test_the_panel_says_where_its_text_starts_so_that_a_selection_can_be_placed() -> None:
    of = document("x" * 10_000 + "answer")
    spotted = spot(of, 10_000, 10_006)
    body = read(source.cited(of, 0, Turn("q", answer(spotted)), 0)).find("div")[0]
    assert body.attributes["data-start"] == str(spotted.passage_start - source.SURROUNDINGS)
    assert body.attributes["data-document"] == of.id
    whole = read(source.preview(document(), Turn("q", number=3)))
    assert whole.find("div", "text")[0].attributes["data-start"] == "0"
    button = whole.find("button", "plain")[0]
    assert (button.attributes["data-event"], button.attributes["data-turn"]) == ("mark", "3")
    assert not read(source.preview(document())).find("button", "plain")


def test_the_question_is_named_for_which_an_answer_is_marked() -> None:
    of = document()
    turn = Turn("Who built <b>it</b>?", answer(cite(of, "1934")), number=3)
    words = "Select the right answer to “Who built <b>it</b>?”, then mark it."
    for panel in (source.preview(of, turn), source.cited(of, 3, turn, 0)):
        assert read(panel).find("p", "marker")[0].text.endswith(words)
    for long in ("why " * 99, "w" * 400):
        (line,) = read(source.preview(of, Turn(long))).find("p", "marker")
        assert f"“{long[:50]}" in line.text
        assert "…”, then" in line.text
        assert len(line.text) < 200
