"""The tables of a text, and which row an answer stands in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.sentences import sentences
from rag.tables import statement_at, statements


@pytest.mark.parametrize(
    ("text", "said", "statement"),
    [
        ("Water ..... 30 euros\nGas ....... 25 euros", "30 euros", "Water ..... 30 euros"),
        (
            "rent   400 euros\nwater  30 euros\ngas    25 euros",
            "30 euros",
            "water  30 euros",
        ),
        ("| Fee | Sum |\n|---|---|\n| Late | 5 |\n| Lost | 9 |", "9", "| Lost | 9 |"),
        ("It rains. The fee is 9 euros. It snows.", "9 euros", "The fee is 9 euros."),
    ],
)
def test_a_statement_is_the_row_of_a_table_or_a_sentence(
    text: str, said: str, statement: str
) -> None:
    start = text.index(said)
    first, last = statement_at(text, start, start + len(said))
    assert text[first:last] == statement


PRICES = """Prices in 2024. They hold until May.

           Adult  Child
St. Mary   10.50  4.00
Quay Rd.   12.00  5.50
Cards are taken. Cheques are not.

| Fee | Sum |
|---|---|
| Lost. Or stolen | 9 |
The end."""


def test_statements_are_lines_of_tables_and_the_sentences_around_them() -> None:
    assert [PRICES[first:last] for first, last in statements(PRICES)] == [
        "Prices in 2024.",
        "They hold until May.",
        "Adult  Child",
        "St. Mary   10.50  4.00",
        "Quay Rd.   12.00  5.50",
        "Cards are taken.",
        "Cheques are not.",
        "| Fee | Sum |",
        "| Lost. Or stolen | 9 |",
        "The end.",
    ]


def test_without_a_table_statements_are_sentences() -> None:
    text = "It rains.\n\n- One. Two\n- Three\nIt snows, they say."
    assert statements(text) == sentences(text)


@given(st.text("Ab. \n|-`>\t7", max_size=120), st.data())
def test_the_statement_at_a_span_holds_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    first, last = statement_at(text, start, end)
    assert first <= start <= end <= last


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("3.5", "Mr. Poe, aged 3.5 years, slept!"),
        ("fell. Mr.", "Rain fell. Mr. Poe, aged 3.5 years, slept!"),
        ("Nobody", "Nobody knew."),
        ("for tea", "They come for tea:"),  # no part of the table below it
    ],
)
def test_statements_shown_are_whole_and_no_more(said: str, expected: str) -> None:
    text = "Rain fell. Mr. Poe, aged 3.5 years, slept! Why?\n\nNobody knew.\n\n"
    text += "They come for tea:\nDay      Ann   Bo\nMonday   4     5\nFriday   6     7"
    start = text.index(said)
    first, last = statement_at(text, start, start + len(said))
    assert text[first:last] == expected


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2), (0, 6)])
def test_bounds_outside_are_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="in a text of 5"):
        statement_at("Text.", start, end)


def test_code_with_a_table_in_it_ends_where_its_fence_does() -> None:
    text = "```\n$ l\nNAME   SIZE   AGE\na      1 G    3 d\nb      2 G    1 d\n```\n\n"
    text += "The server stands in the cellar below the Northern\nStairwell of the house."
    found = [text[first:last] for first, last in statements(text)]
    assert found[:2] == ["```", "$ l"]
    assert found[-1].startswith("The server stands")
    assert found[-1].endswith("of the house.")
