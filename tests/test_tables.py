"""The tables of a text, and which row an answer stands in."""

import pytest

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
