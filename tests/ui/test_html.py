"""Escaping: what a document says is what a browser shows, and never markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.page import read
from ui.html import attributes, escape, tag, text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_text_and_attributes_come_back_unchanged(content: str) -> None:
    page = read(text("p", content, title=content))
    assert [(e.tag, e.text) for e in page.elements] == [("p", content)]
    assert page.elements[0].attributes == {"title": content}


def test_carriage_returns_survive_as_references() -> None:
    assert escape("a\r\nb") == "a&#13;\nb"


def test_nul_is_shown_as_its_symbol() -> None:
    assert escape("a\0b") == "a\N{SYMBOL FOR NULL}b"


def test_a_lone_surrogate_is_shown_as_the_replacement_character() -> None:
    assert escape("a\ud800b\udfff") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onmouseover='alert(1)",
        "</mark></div><form action=//example.org>",
    ],
)
def test_markup_in_text_stays_text(payload: str) -> None:
    page = read(tag("div", text("mark", payload, data_copy=payload)))
    assert [e.tag for e in page.elements] == ["div", "mark"]
    assert page.elements[1].text == payload
    assert set(page.elements[1].attributes) == {"data-copy"}


def test_attribute_names_and_flags() -> None:
    written = attributes(class_="a b", data_turn=0, hidden=True, title=None, disabled=False)
    assert written == ' class="a b" data-turn="0" hidden'
