"""Words of a text, and which of them tell something."""

import re

_WORD = re.compile(r"\w+")
_STOP_WORDS = frozenset(
    "a about an and any are as at be been being but by can could did do does for from had has have "
    "how i if in into is it its me my of on or our shall should so some such than that the their "
    "them then there these they this those to was we were what when where which who whom whose why "
    "will with would you your".split()
)


def telling_words(text: str) -> list[str]:
    """Distinct lower-case words in order, less stop words where others remain."""
    words = list(dict.fromkeys(_WORD.findall(text.lower())))
    return [word for word in words if word not in _STOP_WORDS] or words
