"""What kind of answer a question wants, as far as its words tell."""

import re

from rag.dates import CALENDAR
from rag.sentences import sentences
from rag.words import ASKING, STEM, adds_to, telling_words

_WHETHER = re.compile(
    r"(?:(?:and|but|so|then|please)[, ]+)?"
    r"(?:am|are|can|could|did|do|does|had|has|have|is|may|might|must|shall|should|was|were|"
    r"will|would)(?:n?['’]?t)?\b",
    re.IGNORECASE,
)
_OFFERS = re.compile(r"\b(?:or|either|which of|who of)\b", re.IGNORECASE)
_ASKS = re.compile(rf"\W*(?:{'|'.join(ASKING)})\b", re.IGNORECASE)
_ASKED = re.compile(  # behind the marks and the number of a heading, or "Q: "
    rf"[\W\d_]*+(?:Q[\W\d_]++)?(?:(?:{'|'.join(ASKING)})\b|{_WHETHER.pattern})", re.IGNORECASE
)
_ASKED_WHY = re.compile(r"\b(?:ask|demand|doubt|know|quer|wonder)\w* why\b", re.IGNORECASE)
_REASON = re.compile(  # what a word of reason or manner follows
    r"\b(?:as|because|by|due|for|from|since|through|to|using|via|with)\b", re.IGNORECASE
)
_FOR_SENTENCE = re.compile(  # not "how hot": a measure is no sentence
    r"\b(?:why|explain|describe|in what way|for what reason|"
    r"how(?: exactly)? (?:am|are|can|come|could|did|do|does|had|has|have|is|may|might|must|shall|"
    r"should|to|was|were|will|would))\b",
    re.IGNORECASE,
)


def last_asked(question: str) -> str:
    """The last sentence that asks, of several."""
    said = [question[slice(*bounds)] for bounds in sentences(question)]
    return ([each for each in said if asks(each)] or [s for s in said if s[-1] == "?"] or said)[-1]


def asks(sentence: str) -> bool:
    """Whether it begins with the word of a question."""
    return _ASKS.match(sentence) is not None


def asks_for_sentence(question: str) -> bool:
    """Whether the answer is likely a reason or a manner, told in a whole sentence."""
    return _FOR_SENTENCE.search(question) is not None


def asks_whether(question: str) -> bool:
    """Whether yes or no would answer it."""
    return _WHETHER.match(question) is not None and not offers_choice(question)


def offers_choice(question: str) -> bool:
    """Whether the answer may be among the question's own words: tea or coffee, which of the two."""
    return _OFFERS.search(question) is not None


def says_whether(question: str, sentence: str) -> bool:
    """Whether a sentence says the question's own words, or their denial, and nothing else.

    "Dogs are not allowed in the house." answers "Are dogs allowed in the house?"; a headline of
    those words does not: a statement has a stop or a "not".
    """
    asked, said = set(telling_words(question)), set(telling_words(sentence))
    states = sentence.rstrip()[-1:] in {".", "!"} or not said.isdisjoint({"not", "no"})
    return states and 2 * len(asked & said) > len(asked)


def is_question(sentence: str) -> bool:
    """Whether it ends in a question mark, or in marks behind one."""
    return "?" in sentence.rstrip()[-3:]


def is_asked(statement: str) -> bool:
    """Whether a text asks it, as the headings of frequent questions do."""
    return is_question(statement) and _ASKED.match(statement) is not None


def may_answer(question: str, sentence: str) -> bool:
    """Whether a whole sentence can be the answer: it asks nothing, and says more than is asked."""
    if is_question(sentence):
        return False
    if asks_for_sentence(question):
        return _may_explain(question, sentence)
    whether = asks_whether(question) and says_whether(question, sentence)
    return whether or adds_to(question, sentence)


def _may_explain(question: str, sentence: str) -> bool:
    """Whether a sentence can tell why or how; when something was is neither.

    "The lift was repaired in May." says all that "Why was the lift repaired?" does and a date; one
    that says so much has to tell two things more. "Bo asked why the lift was repaired." tells none.
    """
    if _ASKED_WHY.search(sentence):
        return False
    asked, said = ({word[:STEM]: word for word in telling_words(t)} for t in (question, sentence))
    told = [word for stem, word in said.items() if stem not in asked]
    beside = [word for word in told if not word.isdigit() and word not in CALENDAR]
    repeats = asked.keys() <= said.keys() and not _REASON.search(sentence)
    return len(beside) > (1 if repeats else 0)
