"""Conversations of one visitor: begun, opened, named, deleted."""

from ui.history import MAX_CHATS, MAX_NAME_CHARS, MAX_TURNS, History
from ui.turns import Turn


def asked(history: History, question: str) -> int:
    """Ask in the open conversation; returns its number."""
    number = history.current.number
    history.change(number, lambda turns: (*turns, Turn(question, error="none")))
    return number


def test_a_new_conversation_keeps_the_old_one() -> None:
    history = History()
    first = asked(history, "one")
    history.start()
    assert history.current.title == "New chat"
    history.start()
    second = asked(history, "two")
    assert [chat.title for chat in history.all()] == ["two", "one"]
    history.open(first)
    assert history.current.title == "one"
    assert second == first + 1


def test_an_answer_goes_where_its_question_was_asked() -> None:
    history = History()
    first = asked(history, "one")
    history.start()
    history.change(first, lambda turns: (*turns, Turn("later", error="none")))
    assert history.current.title == "New chat"
    history.open(first)
    assert [turn.question for turn in history.current.turns] == ["one", "later"]


def test_names_are_one_short_line_and_can_be_taken_back() -> None:
    history = History()
    number = asked(history, "one")
    history.rename(number, " a \n b " + "x" * 200)
    assert history.current.title.startswith("a b x")
    assert len(history.current.title) == MAX_NAME_CHARS
    history.rename(number, "  ")
    assert history.current.title == "one"


def test_deleting_forgets_also_what_is_still_being_answered() -> None:
    history = History()
    number = asked(history, "one")
    history.delete(number)
    history.change(number, lambda turns: (*turns, Turn("late", error="none")))
    assert [chat.title for chat in history.all()] == ["New chat"]
    history.delete(99)
    history.delete(None)
    history.open(99)
    history.rename(None, "x")
    assert history.current.title == "New chat"


def test_the_chat_deleted_last_can_be_put_back_where_it_was() -> None:
    history = History()
    for question in ("one", "two", "three"):
        asked(history, question)
        history.start()
    history.open(3)
    deleted = [history.deleted]
    for number in (1, 2):
        history.delete(number)
        deleted.append(history.deleted)
    history.restore()
    history.restore()
    assert [chat.title for chat in history.all()] == ["three", "two"]
    assert history.current.title == "three"
    assert [*deleted, history.deleted] == [None, "one", "two", None]


def test_a_chat_that_was_open_is_open_again_with_what_was_answered_meanwhile() -> None:
    history = History()
    number = asked(history, "one")
    history.rename(number, "Named")
    history.delete(number)
    history.change(number, lambda turns: (*turns, Turn("late", error="none")))
    history.restore()
    assert [turn.question for turn in history.current.turns] == ["one", "late"]
    assert [chat.title for chat in history.all()] == ["Named"]


def test_a_chat_without_questions_takes_no_place_among_the_deleted() -> None:
    history = History()
    number = asked(history, "one")
    history.delete(number)
    history.delete(history.current.number)
    assert history.deleted == "one"


def test_the_oldest_chat_is_put_back_though_there_are_as_many_as_are_kept() -> None:
    history = History()
    first = asked(history, "the first")
    for number in range(MAX_CHATS):
        if number == MAX_CHATS - 1:
            history.delete(first)
        history.start()
        asked(history, f"question {number}")
    history.restore()
    titles = [chat.title for chat in history.all()]
    assert len(titles) == MAX_CHATS
    assert titles[-1] == "the first"


def test_what_is_put_back_is_within_the_limits() -> None:
    history = History()
    for number in range(MAX_CHATS):
        asked(history, f"question {number}")
        if number < MAX_CHATS - 1:
            history.start()
    history.delete(history.current.number)
    asked(history, "in its place")
    history.restore()
    titles = [chat.title for chat in history.all()]
    assert len(titles) == MAX_CHATS
    assert titles[:2] == ["in its place", f"question {MAX_CHATS - 1}"]
    assert titles[-1] == "question 1"


def test_the_oldest_are_forgotten() -> None:
    history = History()
    for number in range(MAX_CHATS + 3):
        asked(history, f"question {number}")
        history.start()
    titles = [chat.title for chat in history.all()]
    assert len(titles) <= MAX_CHATS
    assert titles[-1] == "question 4"


def test_chats_in_which_nothing_was_asked_push_none_out() -> None:
    history = History()
    first = asked(history, "one")
    for _ in range(MAX_CHATS + 3):
        history.start()
        history.open(first)
    assert history.current.title == "one"
    assert [chat.number for chat in history.all()] == [first]


def test_of_too_many_questions_the_first_of_the_oldest_chat_are_forgotten() -> None:
    history = History()
    for question in ("one", "two"):
        asked(history, question)
    history.start()
    many = tuple(Turn(f"question {number}", error="none") for number in range(MAX_TURNS - 1))
    history.change(history.current.number, lambda turns: (*turns, *many))
    assert [chat.title for chat in history.all()] == ["question 0", "two"]
    for question in ("more", "still more"):
        asked(history, question)
    (only,) = history.all()
    assert [turn.question for turn in only.turns[:: MAX_TURNS - 1]] == ["question 1", "still more"]
