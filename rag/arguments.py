"""What callers give, checked: questions and other texts, and how many of something they want."""

import operator
from collections.abc import Sequence
from typing import Any

from rag.errors import QuestionError, SettingsError

MOST = 10**9
"""Of what is counted: more than a store holds, and no more than its indexes can count."""


def count(name: str, value: Any) -> int:
    """A whole number of at least 1, of any library's type.

    Raises:
        SettingsError: ``value`` is something else; the message begins with ``name``.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise SettingsError(f"{name} must be a whole number, not {value!r}")
    if number < 1:
        raise SettingsError(f"{name} must be at least 1, not {number}")
    if number > MOST:
        raise SettingsError(f"{name} must be at most {MOST:,}, not {number}")
    return number


def questions(given: Sequence[str], most: int) -> list[str]:
    """Several questions, each as ``question`` gives it.

    Raises:
        QuestionError: one of them cannot be asked, or they are none but a text.
    """
    if isinstance(given, str):
        raise QuestionError("give several questions as a list, or use ask or search for one")
    return [question(one, most) for one in given]


def question(given: str, most: int) -> str:
    """A question of at most ``most`` characters, with single spaces.

    Raises:
        QuestionError: it is no text, empty or too long.
    """
    if not isinstance(given, str):
        raise QuestionError(f"a question is text, not {given!r}")
    asked = " ".join(given.split())
    require_text("the question", asked)
    if not any(character.isalnum() for character in asked):
        raise QuestionError("the question is empty; ask something in words")
    if len(asked) > most:
        raise QuestionError(
            f"the question has {len(asked):,} characters, at most {most:,} are allowed; "
            "make it shorter"
        )
    return asked


def require_text(name: str, text: str) -> None:
    """Refuse halves of characters, which no store can hold.

    Raises:
        QuestionError: there is one in ``text``; the message begins with ``name``.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise QuestionError(f"{name} is no valid text ({error}); type it anew") from error
