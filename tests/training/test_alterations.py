"""Altered questions ask for something that the context lacks."""

import numpy as np

from rag.training import alterations

CONTEXT = "The ferry to Skye leaves at nine. Captain Munro has steered it since 1987. It is red."
QUESTION = "Who steers the ferry to Skye?"


def altered(how: object, question: str, pool: list[str]) -> set[str | None]:
    """All that comes out under twenty seeds."""
    assert callable(how)
    return {how(question, CONTEXT, pool, np.random.default_rng(seed)) for seed in range(20)}


def test_entities_and_words_of_questions() -> None:
    asked = [QUESTION, "Since when has Captain Munro steered it?", "What burned in 1947 at Hekla?"]
    assert alterations.entities(asked) == ["1947", "Captain Munro", "Hekla", "Skye"]
    assert alterations.words(asked) == ["burned", "ferry", "steered", "steers"]


def test_a_swapped_entity_is_absent_from_the_context() -> None:
    names = ["1947", "Captain Munro", "Hekla", "Lyon", "Skye"]
    assert altered(alterations.swap_entity, QUESTION, names) == {
        "Who steers the ferry to Hekla?",
        "Who steers the ferry to Lyon?",
    }
    assert altered(alterations.swap_entity, "What is it?", names) == {None}
    assert altered(alterations.swap_entity, "Who steered it in 1990?", names) == {
        "Who steered it in 1947?"
    }


def test_an_entity_of_the_passage_takes_the_place_of_another() -> None:
    context = "Captain Munro steers the ferry to Skye, Captain Baird the one to Mull, since 1987."
    names = ["Mull", "Lyon", "Skye", "Captain Munro", "Captain Baird", "1987", "Baird"]

    def swapped(question: str, *golds: str) -> set[str | None]:
        rng = np.random.default_rng(2)
        return {alterations.swap_within(question, context, names, golds, rng) for _ in range(40)}

    assert swapped("Who steers the ferry to Skye?", "Captain Munro") == {
        "Who steers the ferry to Mull?",  # Lyon is not there, "Captain" is in the answer
        "Who steers the ferry to Baird?",
    }
    assert swapped("Since when, 1990?", "1987") == {None}
    assert swapped("who is it?", "Captain Munro") == {None}


def test_a_turned_word_changes_what_is_asked() -> None:
    words = ["paints", "orders", "steers", "stars"]  # another ending, fit, the same, a near slip
    assert altered(alterations.turn_word, QUESTION, words) == {
        "Who orders the ferry to Skye?",
        None,  # no word ends like "ferry"
    }


def test_an_opposite_is_taken_where_there_is_one() -> None:
    assert altered(alterations.turn_word, "Who was the first captain?", []) == {
        "Who was the last captain?"
    }


def test_a_negation_stands_behind_the_auxiliary() -> None:
    assert altered(alterations.turn_word, "When was it lit?", []) == {"When was not it lit?", None}
