"""A long document is read part by part: nothing is left out, nothing is shown twice."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.types import Citation, Document
from tests.ui.page import read
from tests.ui.samples import answer, bearing, cite, document
from ui import source
from ui.turns import Turn

LINES = "".join(f"Clause {n}: the tenant pays on day {n % 28 + 1}.\n" for n in range(1500))


def step(panel: str, name: str) -> tuple[int | None, int | None] | None:
    """Where a press on "Earlier" or "Later" leads; None where there is no such button."""
    buttons = [b for b in read(panel).find("button", "plain") if b.text == name]
    if not buttons:
        return None
    (attributes,) = (button.attributes for button in buttons)
    return _number(attributes, "data-start"), _number(attributes, "data-end")


def _number(attributes: dict[str, str | None], name: str) -> int | None:
    value = attributes.get(name)
    return None if value is None else int(value)


def shown(panel: str) -> tuple[int, str]:
    """Where the text of a panel starts in its document, and the text without the buttons."""
    page = read(panel)
    (body,) = page.find("div", "text")
    words = body.text
    for cut in page.find("span", "cut"):
        words = words.removeprefix(cut.text) if cut.text == "Earlier" else words
        words = words.removesuffix(cut.text) if cut.text == "Later" else words
    return int(body.attributes["data-start"] or ""), words


def walk(of: Document, first: str, name: str) -> list[tuple[int, str]]:
    """The parts from a panel on in one direction."""
    parts = [shown(first)]
    panel = first
    while wanted := step(panel, name):
        panel = source.preview(of, part=source.part(of.text, *wanted))
        parts.append(shown(panel))
    return parts


def spot(of: Document, start: int, end: int) -> Citation:
    first = cite(of, of.text[:6])
    around = replace(first, passage_start=start, passage_end=end)
    return replace(around, start=start, end=end, quote=of.text[start:end])


@pytest.mark.parametrize("text", [LINES, "x" * 50_000, "word " * 9_000, "字" * 30_000])
def test_later_and_earlier_lead_through_the_whole_document(text: str) -> None:
    of = document(text)
    parts = walk(of, source.preview(of), "Later")
    assert len(parts) > 2
    assert "".join(words for _, words in parts) == text
    assert all(text[start : start + len(words)] == words for start, words in parts)
    final = source.preview(of, part=source.part(text, None, len(text)))
    assert "".join(words for _, words in reversed(walk(of, final, "Earlier"))) == text


@given(st.text(st.sampled_from("ab \n"), max_size=60), st.integers(0, 40_000))
def test_the_parts_of_any_text_are_the_text(words: str, at: int) -> None:
    text = f"a{words}" * 700
    of = document(text)
    panel = source.preview(of, part=source.part(text, at, None))
    earlier, later = walk(of, panel, "Earlier"), walk(of, panel, "Later")
    assert "".join([*(w for _, w in reversed(earlier)), *(w for _, w in later[1:])]) == text


def test_a_part_ends_with_a_line_else_with_a_word() -> None:
    for text, end in ((LINES, "\n"), ("word " * 9_000, " ")):
        parts = walk(document(text), source.preview(document(text)), "Later")
        assert {words[-1] for _, words in parts[:-1]} == {end}


@pytest.mark.parametrize(
    "wanted", [(None, None), (-1, None), (len(LINES), None), (None, 0), (None, len(LINES) + 1)]
)
def test_a_part_that_is_none_is_not_shown(wanted: tuple[int | None, int | None]) -> None:
    assert source.part(LINES, *wanted) is None


def test_from_a_source_the_neighbours_are_shown_and_the_answer_again() -> None:
    of = document(LINES)
    at = LINES.index("Clause 700")
    far = bearing(of, "Clause 1000:")
    turn = Turn("q", answer(spot(of, at, at + 10), evidence=(far,)), number=3)
    panel = source.cited(of, 3, turn, 0)
    low, words = shown(panel)
    assert LINES[low : low + len(words)] == words
    assert LINES[low - 1] == words[-1] == "\n"
    wanted = step(panel, "Later")
    assert wanted == (low + len(words), None)
    later = source.cited(of, 3, turn, 0, source.part(LINES, *wanted))
    assert shown(later)[0] == low + len(words)
    assert not read(later).find("mark", "cited")
    assert [e.text for e in read(later).find("mark", "evidence")] == ["Clause 1000:"]
    section = read(later).find("section", "source")[0].attributes
    assert (section["data-turn"], section["data-citation"]) == ("3", "0")
    assert read(later).find("p", "marker")
    back = step(later, "Earlier")
    assert back == (None, low + len(words))
    again = source.cited(of, 3, turn, 0, source.part(LINES, *back))
    start, before = shown(again)
    assert start + len(before) == low + len(words)
    assert [e.text for e in read(again).find("mark", "cited")] == ["Clause 700"]
    assert [e.text for e in read(again).find("span", "passage")] == ["Clause 700"]


def test_a_button_names_the_citation_or_the_document() -> None:
    of = document(LINES)
    turn = Turn("q", answer(spot(of, 20_000, 20_010)), number=3)
    named = {"data-document", "data-turn", "data-citation"}
    for panel, expected in (
        (source.preview(of), {"data-document": of.id}),
        (source.cited(of, 3, turn, 0), {"data-turn": "3", "data-citation": "0"}),
    ):
        (later,) = (b.attributes for b in read(panel).find("button", "plain") if b.text == "Later")
        assert {name: later[name] for name in named & set(later)} == expected


def test_what_is_shown_is_said_of_a_part_alone() -> None:
    of = document(LINES)
    (line,) = read(source.preview(of)).find("p", "where")
    assert f"{len(LINES):,} characters, the first " in line.text
    panel = source.preview(of, None, source.part(LINES, 12_345, None))
    (line,) = read(panel).find("p", "where")
    assert f"{len(LINES):,} characters, 12,345\N{EN DASH}" in line.text
    label = read(panel).find("div", "text")[0].attributes["aria-label"]
    assert label is not None
    assert label.startswith("Characters 12,345\N{EN DASH}")
    whole = read(source.preview(document())).find("div", "text")[0]
    assert "aria-label" not in whole.attributes
