"""Words of a text, and which of them tell something."""

import re
from unicodedata import normalize

LIGATURES = {sign: normalize("NFKC", sign) for sign in map(chr, range(0xFB00, 0xFB07))}
"""Two or three letters printed as one sign."""
_COMPOUND = (  # which a line may end behind too: "self-" and "-term" keep their hyphen
    "all|co|cross|full|half|high|long|low|mid|multi|non|one|part|self|short|single|third|two|well"
)
_KEPT = "".join(f"(?<!\\b{word})" for word in _COMPOUND.split("|"))
_SECOND = "and|based|free|like|made|only|or|owned|related|term|time|wide"
PRINTED = re.compile(  # a ligature, or the hyphen of a word that goes on in the next line
    rf"[{''.join(LIGATURES)}]"
    rf"|(?<=[^\W\d_]){_KEPT}-[ \t]*+\r?\n[ \t]*+(?=[a-zß-öø-ÿ])(?!(?:{_SECOND})\b)"
)
_WORD = re.compile(r"\w[\w\u0300-\u036f]*")  # with accents that are characters of their own
STEM = 5
"""Letters that two forms of a word must share."""
STOP_WORDS = frozenset(
    "a about an and any are as at be been being but by can could did do does for from had has have "
    "how i if in into is it its me my of on or our shall should so some such than that the their "
    "them then there these they this those to was we were what when where which who whom whose why "
    "will with would you your".split()
)


def spelled(text: str) -> str:
    """The text with its words in single letters, without the line ends in their midst."""
    return PRINTED.sub(lambda found: LIGATURES.get(found[0], ""), text)


def telling_words(text: str) -> list[str]:
    """Distinct lower-case words in order, less stop words where others remain."""
    found = (word.strip("_") for word in _WORD.findall(spelled(text).lower()))  # of emphasis
    words = [word for word in dict.fromkeys(found) if word]
    return [word for word in words if word not in STOP_WORDS] or words


ASKING = tuple("how what when where which who whom whose why".split())


def adds_to(question: str, text: str) -> bool:
    """Whether the text tells something that is not in the question."""
    known = {*telling_words(question), "not", *ASKING}
    return any(word not in known for word in telling_words(text))
