"""Words of a text, and which of them tell something."""

import re

_WORD = re.compile(r"\w[\w\u0300-\u036f]*")  # with accents that are characters of their own
STOP_WORDS = frozenset(
    "a about an and any are as at be been being but by can could did do does for from had has have "
    "how i if in into is it its me my of on or our shall should so some such than that the their "
    "them then there these they this those to was we were what when where which who whom whose why "
    "will with would you your".split()
)

_WHETHER = re.compile(
    r"(?:(?:and|but|so|then|please)[, ]+)?"
    r"(?:am|are|can|could|did|do|does|had|has|have|is|may|might|must|shall|should|was|were|"
    r"will|would)(?:n?['’]?t)?\b",
    re.IGNORECASE,
)
_OFFERS = re.compile(r"\b(?:or|either|which of|who of)\b", re.IGNORECASE)
_ASKS = re.compile(r"\W*(?:who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE)


def asks(sentence: str) -> bool:
    """Whether it begins with the word of a question."""
    return _ASKS.match(sentence) is not None


def telling_words(text: str) -> list[str]:
    """Distinct lower-case words in order, less stop words where others remain."""
    found = (word.strip("_") for word in _WORD.findall(text.lower()))  # of emphasis
    words = [word for word in dict.fromkeys(found) if word]
    return [word for word in words if word not in STOP_WORDS] or words


def asks_whether(question: str) -> bool:
    """Whether yes or no would answer it."""
    return _WHETHER.match(question) is not None and not offers_choice(question)


def offers_choice(question: str) -> bool:
    """Whether the answer may be among the question's own words: tea or coffee, which of the two."""
    return _OFFERS.search(question) is not None


def adds_to(question: str, text: str) -> bool:
    """Whether the text tells something that is not in the question."""
    known = {*telling_words(question), "not"}
    return any(word not in known for word in telling_words(text))


def says_whether(question: str, sentence: str) -> bool:
    """Whether a sentence says the question's own words, or their denial, and nothing else.

    "Dogs are not allowed in the house." answers "Are dogs allowed in the house?"; a headline of
    those words does not: a statement has a stop or a "not".
    """
    asked, said = set(telling_words(question)), set(telling_words(sentence))
    states = sentence.rstrip()[-1:] in {".", "!"} or not said.isdisjoint({"not", "no"})
    return states and 2 * len(asked & said) > len(asked)
