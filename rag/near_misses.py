"""Near misses: whom or what a question names, against who is named around an answer.

"What is the rent on Wharf Street?" is not answered by a sentence about Harbour Lane, though the
passage has a Wharf Street further on. The reader alone hardly sees that.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from rag.sentences import Bounds
from rag.words import STOP_WORDS

_WORD = re.compile(r"\w[\w'’-]*(?:[.,]\d+)*")

SENTENCES_BEFORE = 1  # a sentence often takes up whom the one before it named


class Names:
    """The names of a question in a passage; numbers are names too."""

    def __init__(self, question: str, passage: str, sentences: Sequence[Bounds]) -> None:
        """Find them; ``sentences`` are those of the passage, and rows of its tables, in order."""
        self._passage = passage
        self._sentences = sentences
        words = _WORD.findall(question)
        self._asked = {_folded(word) for word in words}
        named = set(_capitals(words[1:]))  # the first word has a capital in any case
        named |= {word for word in self._asked if word[0].isdigit()}
        self._places: dict[str, list[int]] = {}
        self._labels = False  # whether a name asked for is one, so that other labels may be names
        for match in _WORD.finditer(passage) if named else ():
            word = _folded(match[0])
            if word in named:
                self._places.setdefault(word, []).append(match.start())
                self._labels |= passage.startswith(":", match.end())

    def stray(self, start: int, end: int) -> bool:
        """Whether ``passage[start:end]`` looks like the answer to a question about another.

        A name of the question is neither in the sentences of the answer nor in the one before,
        but elsewhere in the passage; and another of its kind, number or not, is there instead.
        """
        starts = [first for first, _ in self._sentences]
        first = max(0, bisect_right(starts, start) - 1 - SENTENCES_BEFORE)
        last = bisect_left(starts, end)
        begin, stop = starts[first], self._sentences[last - 1][1]
        lacking = {
            name[0].isdigit()
            for name, places in self._places.items()
            if not any(begin <= place < stop for place in places)
        }
        if not lacking:
            return False
        said = self._asked | {_folded(word) for word in _WORD.findall(self._passage[start:end])}
        others = (name for bounds in self._sentences[first:last] for name in self._names(*bounds))
        return any(name not in said and name[0].isdigit() in lacking for name in others)

    def _names(self, begin: int, stop: int) -> Iterator[str]:
        """Numbers, and words with a capital, the first of a sentence only as a label."""
        for match in _WORD.finditer(self._passage, begin, stop):
            word = match[0]
            label = self._labels and self._passage.startswith(":", match.end())
            if word[0].isdigit() or ((match.start() > begin or label) and _is_name(word)):
                yield _folded(word)


def _capitals(words: Sequence[str]) -> Iterator[str]:
    """The names among words; none where all have capitals, "The" too."""
    if all(word[0].isupper() for word in words) and any(_is_stop(word) for word in words):
        return
    yield from (_folded(word) for word in words if _is_name(word))


def _is_name(word: str) -> bool:
    """Whether its capital shows that it is a name: not so "I" and "I'm"."""
    return word[0].isupper() and not _is_stop(word)


def _is_stop(word: str) -> bool:
    return re.split("['’]", word.casefold())[0] in STOP_WORDS


def _folded(word: str) -> str:
    """A word as it is compared: whatever its case, without the ending of a possessive."""
    return word.casefold().removesuffix("'s").removesuffix("’s").rstrip("'’")
