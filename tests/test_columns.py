"""Tables that white space sets in columns, against tables worked by hand."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.qa import exact_match
from rag.models import SHIPPED
from rag.passages import split
from rag.prose import prose
from rag.reader import SpanReader
from rag.tables import tables
from rag.types import Document, Hit, Passage
from tests.test_prose import ASKED


def laid_out(text: str) -> list[list[list[str]]]:
    """The cells of each table; the first row of each is that of its names, [] without."""
    return [
        [[text[slice(*cell)] for cell in row] for row in (table.names, *table.cells)]
        for table in tables(text)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (  # words above numbers
            "Ferry        Leaves   Berth\nSea Wren     07:40    2\nOld Maria    11:15    10",
            [
                ["Ferry", "Leaves", "Berth"],
                ["Sea Wren", "07:40", "2"],
                ["Old Maria", "11:15", "10"],
            ],
        ),
        (  # nothing above the labels, numbers to the right, a cell that is empty
            "\n            2023     2024\n  Ewes        118      131\n  Rams                   4",
            [
                ["", "2023", "2024"],
                ["Ewes", "118", "131"],
                ["Rams", "", "4"],
            ],
        ),
        (  # one value in each row
            "e\n           Mon    Tue\nAnn        x\nBob               x\nCid        x",
            [["", "Mon", "Tue"], ["Ann", "x", ""], ["Bob", "", "x"], ["Cid", "x", ""]],
        ),
        (  # one tab a cell, the group named in its first row only
            "Office\tName\tRoom\tCall\nTaxes\tDi\t21\t4421\n\tEd\t22\t4422\n\tFe\t23\t4423",
            [
                ["Office", "Name", "Room", "Call"],
                ["Taxes", "Di", "21", "4421"],
                ["", "Ed", "22", "4422"],
                ["", "Fe", "23", "4423"],
            ],
        ),
        (  # tabs that line up
            "Item\t\tPrice\tQty\nTea\t\t£2\t1\nMilk\t\t£3\t2\nChocolate\t\t3",
            [
                ["Item", "Price", "Qty"],
                ["Tea", "£2", "1"],
                ["Milk", "£3", "2"],
                ["Chocolate", "", "3"],
            ],
        ),
        (  # the names again, on a new page
            "Month   Rain   Sun\nJan.    34     22\nMonth   Rain   Sun\nFeb.    31     25",
            [["Month", "Rain", "Sun"], ["Jan.", "34", "22"], ["Feb.", "31", "25"]],
        ),
        (  # dashes below the names
            "Tool      Shelf\n-----     -----\nRasp      top\nGouge     low",
            [["Tool", "Shelf"], ["Rasp", "top"], ["Gouge", "low"]],
        ),
        (  # one name above a number and what has it
            "Class        First  Second\n 1   Plums    £4     £2\n 12  Bread    £6     £3",
            [
                ["Class", "", "First", "Second"],
                ["1", "Plums", "£4", "£2"],
                ["12", "Bread", "£6", "£3"],
            ],
        ),
        (  # dots that lead to a value
            "Deck chair .......... €3\nParasol ............. €5\nBoat . . . . . . . .  €40",
            [[], ["Deck chair", "€3"], ["Parasol", "€5"], ["Boat", "€40"]],
        ),
        (  # no names: dates are values themselves
            "3 May    boat out of the shed\n9 May    keel painted",
            [[], ["3 May", "boat out of the shed"], ["9 May", "keel painted"]],
        ),
        (  # labels
            "Owner:     R. Halloran\nRent:      €640\nTerm:      to 2031",
            [[], ["Owner:", "R. Halloran"], ["Rent:", "€640"], ["Term:", "to 2031"]],
        ),
        (  # a cell that goes on below itself
            "Mon    Pump replaced, the old one\n       goes to the museum.\nTue    Rain.",
            [
                [],
                ["Mon", "Pump replaced, the old one\n       goes to the museum."],
                ["Tue", "Rain."],
            ],
        ),
        (  # tabs, with an empty cell that no white space shows
            "Name\tDesk\tPhone\nIda of Saltmere\t14\t221\nBo\t\t230",
            [["Name", "Desk", "Phone"], ["Ida of Saltmere", "14", "221"], ["Bo", "", "230"]],
        ),
        (  # three spaces behind the first word, then none: not before the first row of a passage
            "Small   £3\n      Medium   £4\n      Large    £5",
            [[], ["Small", "£3"], ["Medium", "£4"], ["Large", "£5"]],
        ),
    ],
)
def test_columns_are_seen(text: str, expected: list[list[str]]) -> None:
    assert laid_out(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "He left.  She stayed on.\nThe ship sailed.  Nobody waved.",  # a typist's two spaces
        "The  harbour was  built of oak\nand stood for  a hundred years\nuntil the  ice took it",
        "-   bread\n-   salt\n-   candles",  # items of a list
        "1.   Open the valve.\n2.   Wait.",
        "    indented\n    lines",
        "Name    Desk",  # a single line
        "Name    Desk\n\nIda     14",  # in two paragraphs
        "He went to the . . . harbour and slept\nwhile all the . . . others sailed on",
        "e\na  b\ncccccccccccc  d",  # gaps in different places
    ],
)
def test_what_is_not_in_columns(text: str) -> None:
    assert laid_out(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "CPU       AMD EPYC\nMemory    64 GB\nDisk      2 TB",
        "TO:    ANN\nFrom:  Bob",
        "Monday     closed    closed\nTuesday    9-12      14-18\nWednesday  9-12      14-18",
        "INFO   server   starting up\nINFO   server   listening on 8080\nWARN   disk     90% full",
        "Alice   Smith   Rome\nBob     Jones   Via Po 3\nCid     Brown   Via Po 5",
        "Tea          £2.00\n------------------\nTotal        £2.00",
        "e\n              09:00   Arrival\nDay 1         10:00   Talk\nDay 2         11:00   Walk",
        "Anna     Rome     unknown\nBob      Paris    34\nCid      Berlin   28",
        "Founded      1984\n-----------------\nMembers      230\nStaff        12",
    ],
)
def test_values_are_no_names(text: str) -> None:
    (table,) = tables(text)
    assert table.header is None
    said = prose(text)
    assert said is not None
    assert [word.strip(":,.") for word in said.text.split() if word != "the"] == [
        word.strip(":,.") for word in text.split() if word.strip("-")
    ]


def test_names_go_with_the_right_cells_where_some_lack() -> None:
    text = (
        "No.   Item    Qty   Price\n1     Tea     2     £2\n"
        "2     Milk          £3\n3     Bread   1     £1"
    )
    said = prose(text)
    assert said is not None
    assert said.text.splitlines() == [
        "1: the Item is Tea, the Qty is 2, the Price is £2.",
        "2: the Item is Milk, the Price is £3.",
        "3: the Item is Bread, the Qty is 1, the Price is £1.",
    ]


def test_a_rule_of_short_runs_is_no_row() -> None:
    text = "Id  Name    Owner\n--  ----    -----\n1   disk    ann\n2   net     bob"
    assert laid_out(text) == [[["Id", "Name", "Owner"], ["1", "disk", "ann"], ["2", "net", "bob"]]]


def test_a_cell_that_lacks_costs_a_later_passage_no_names() -> None:
    rows = [f"Item {n:03} of it     {'' if n % 9 == 5 else n:<8}shelf {n}" for n in range(120)]
    text = "\n".join(["Item               Price   Place", *rows])
    passages = split(Document("d", "t", "s", text, "x", "text/plain"))
    told = [prose(passage.text, passage.header) for passage in passages[1:]]
    lines = "".join(said.text for said in told if said).splitlines()
    assert len(lines) > 60
    for line in lines:
        assert "the Place is shelf " in line
        assert ("the Price is" in line) == (int(line.split()[1]) % 9 != 5)


def test_rows_without_names_find_none_in_a_later_passage() -> None:
    rows = [f"Room {number}    closed   closed" for number in range(100, 160)]
    rows[40:] = [f"Room {number}    9:46     10:30" for number in range(140, 160)]
    passages = split(Document("d", "t", "s", "\n".join(rows), "x", "text/plain"))
    assert len(passages) > 2
    for passage in passages[1:]:
        assert passage.header == ""
        said = prose(passage.text, passage.header)
        assert said is not None
        assert said.text.startswith(passage.text[:8] + ": ")
        assert "the " not in said.text


def test_markdown_is_told_by_its_marks_however_it_is_padded() -> None:
    text = "| Meal     | Limit |\n|----------|-------|\n| Dinner   | €28   |\n| Lunch    | €16   |"
    assert laid_out(text) == [[["Meal", "Limit"], ["Dinner", "€28"], ["Lunch", "€16"]]]


def test_rows_are_read_in_words() -> None:
    text = "Ferry        Leaves   Berth\nSea Wren     07:40    2\nOld Maria    11:15    10"
    said = prose(text)
    assert said is not None
    assert said.text == (
        "Sea Wren: the Leaves is 07:40, the Berth is 2.\n"
        "Old Maria: the Leaves is 11:15, the Berth is 10.\n"
    )
    said = prose("3 May:   boat out of the shed\n9 May:   keel painted   twice")
    assert said is not None
    assert said.text == "3 May: boat out of the shed.\n9 May: keel painted, twice.\n"
    said = prose("Name: Ida      Desk: 14\nBoss: Bo       Desk: 2")
    assert said is not None
    assert said.text == "Name: Ida, Desk: 14.\nBoss: Bo, Desk: 2.\n"


def test_a_long_table_keeps_its_rows_whole_and_its_names_with_them() -> None:
    rows = [f"{f'Item {number} of the list':<28}€{number:<8}shelf {number}" for number in range(90)]
    text = "\n".join(["Prices of this year:", "", f"{'Item':<28}{'Price':<9}Place", *rows])
    passages = split(Document("d", "t", "s", text, "x", "text/plain"))
    assert len(passages) > 2
    assert passages[0].header is None  # it holds the names itself
    for passage in passages[1:]:
        assert set(passage.text.splitlines()) <= set(rows)
        assert passage.header == "| Item | Price | Place |"
        said = prose(passage.text, passage.header)
        assert said is not None
        number = passage.text.split()[1]
        line = f"Item {number} of the list: the Price is €{number}, the Place is shelf {number}.\n"
        assert said.text.startswith(line)
        assert said.text.count(": the Price is €") == len(passage.text.splitlines())


@given(st.text(alphabet="ab1 .:\t\n-", max_size=120))
def test_cells_are_in_order_and_hold_all_words(text: str) -> None:
    for table in tables(text):
        for row, cells in zip(table.rows, table.cells, strict=True):
            filled = [cell for cell in cells if cell[0] < cell[1]]
            assert filled == sorted(filled)
            assert (filled[0][0], filled[-1][1]) == row
            between = [a[1] for a in filled[:-1]], [b[0] for b in filled[1:]]
            assert all(text[a:b].isspace() for a, b in zip(*between, strict=True))
        if table.header:
            assert {len(cells) for cells in table.cells} == {len(table.names)}


def test_time_grows_with_the_text() -> None:
    def seconds(text: str) -> float:
        begun = time.process_time()
        list(tables(text))
        return time.process_time() - begun

    for line in ("a  b\n", "a\tb\t", "a" + " " * 50 + "b\n"):
        short, long = (min(seconds(line * n) for _ in range(3)) for n in (2_000, 16_000))
        assert long < 30 * max(short, 0.01)  # eight times the text


def in_columns(text: str) -> str:
    """The text with its Markdown tables set in columns."""
    (table,) = tables(text)
    rows = [[text[slice(*cell)] for cell in row] for row in (table.names, *table.cells)]
    widths = [max(map(len, column)) + 3 for column in zip(*rows, strict=True)]
    lines = ["".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return text[: table.start] + "\n".join(lines) + text[table.end :]


def test_questions_about_columns_are_answered_with_cells() -> None:
    """The tables of ``test_prose``: as many questions right as in Markdown."""
    reader = SpanReader(SHIPPED)
    right = 0
    for markdown, questions in ASKED.items():
        text = in_columns(markdown)
        hit = Hit(Passage("p", "d", 0, len(text), text), 1.0, 1)
        for question, answer in questions.items():
            best = reader.read([question], [[hit]])[0].spans[0]
            assert best.text in text
            assert "   " not in best.text
            right += bool(exact_match(best.text, [answer]))
    assert right >= 20
