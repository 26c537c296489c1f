"""Near misses, on sentences in which one can see whom an answer is about."""

import pytest

from rag.answerer import Answerer
from rag.near_misses import Names
from rag.sentences import sentences
from rag.types import Hit, Passage

LETTERS = """The flat in Harbour Lane has two rooms. Its rent is €900. Ask Olaf Berg for the keys. \
The flat in Wharf Street was painted in 2019. Its rent is €700, and Ada Lum has the keys. \
She is there on Mondays. The lift was mended in 2021."""


@pytest.mark.parametrize(
    ("question", "answer", "stray"),
    [
        ("What is the rent in Harbour Lane?", "€900", False),  # named in the sentence before
        ("What is the rent in Wharf Street?", "€700", False),
        ("What is the rent in Wharf Street?", "€900", True),
        ("What is the rent in Harbour Lane?", "€700", True),
        ("what is the rent in wharf street?", "€900", False),  # not written as a name
        ("What is the rent in Elm Row?", "€900", False),  # nowhere in the passage: not near it
        ("Who has the keys in Harbour Lane?", "Ada Lum", True),
        ("Who has the keys of Ada Lum's flat?", "Olaf Berg", False),  # no other but the answer
        ("Who has the keys of Olaf Berg’s flat?", "Ada Lum", True),
        ("What was painted in 2019?", "The flat in Wharf Street", False),
        ("What was painted in 2021?", "The flat in Wharf Street", True),  # another year there
        ("What was mended in 2019?", "The lift", True),
        ("Wharf is where?", "Harbour Lane", False),  # a first word may be any word
        ("", "€900", False),
        ("WHAT IS THE RENT IN WHARF STREET?", "€900", False),  # nothing is written as a name
        ("What Is The Rent In Wharf Street?", "€900", False),
        ("What's Wharf Street’s rent?", "€900", True),
    ],
)
def test_a_name_elsewhere_and_another_here(question: str, answer: str, *, stray: bool) -> None:
    names = Names(question, LETTERS, sentences(LETTERS))
    start = LETTERS.index(answer)
    assert names.stray(start, start + len(answer)) is stray


def test_the_one_who_asks_is_no_name() -> None:
    text = "I wrote this in May. Read it first. The keys can be had on Monday, as I think, of Ann."
    answer = text.index("Monday")
    for question in ("When can I have the keys?", "When is it that I'm to have the keys?"):
        assert not Names(question, text, sentences(text)).stray(answer, answer + 6)
    text = "The rent in Elm Row is due. It is late. I owe €900, as I said."
    answer = text.index("€900")
    assert not Names("Is Elm Row cheap?", text, sentences(text)).stray(answer + 1, answer + 4)


def test_the_label_of_a_line_is_a_name() -> None:
    text = "Graz: open on Mondays, 9 to 12\nLinz: open on Fridays\nSteyr: shut"
    names = Names("When is Linz open?", text, sentences(text))
    for day, stray in (("Mondays", True), ("Fridays", False)):
        start = text.index(day)
        assert names.stray(start, start + len(day)) is stray


def test_labels_are_no_names_where_what_is_asked_for_is_none() -> None:
    text = "The Aurora has ten rooms.\nCheck-in: from 3 p.m.\nPrice: 90 euros a night\n"
    names = Names("How much is a night at the Aurora?", text, sentences(text))
    assert len(sentences(text)) == 3
    assert not names.stray(text.index("90"), text.index(" a night"))


def test_coming_back_without_a_name_is_no_near_miss() -> None:
    """Long texts speak of one thing; its name is far away, but no other is nearer."""
    text = "Beyoncé Knowles grew up in Houston. She sang. She won there. Her sister came too."
    names = Names("Who came to see Beyoncé Knowles?", text, sentences(text))
    start = text.index("Her sister")
    assert not names.stray(start, start + len("Her sister"))


def test_the_reader_says_which_of_its_spans_are_near_misses(answerer: Answerer) -> None:
    prefix = "Two flats are free. "  # places are those of the document
    passage = Passage("d:1", "d", len(prefix), len(prefix) + len(LETTERS), LETTERS)
    asked = ["What is the rent in Wharf Street?", "When was the flat in Harbour Lane painted?"]
    rent, painted = answerer.reader.read(asked, [[Hit(passage, 1.0, 1)]] * 2)
    assert {span.text: span.stray for span in rent.spans}["€700"] is False
    assert {span.text: span.stray for span in painted.spans}["2019"] is True
