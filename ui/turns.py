"""What a conversation is made of, between the handlers and the renderers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from rag.types import Answer, Citation
from ui import wording
from ui.search import Found, Search


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visitor found the right answer: ``quote`` starts at character ``start``."""

    document_id: str
    title: str
    source: str
    start: int
    quote: str

    @property
    def end(self) -> int:
        """The character after the last."""
        return self.start + len(self.quote)

    @property
    def line(self) -> str:
        """The quote and its place in words."""
        opened, closed = "\N{LEFT DOUBLE QUOTATION MARK}", "\N{RIGHT DOUBLE QUOTATION MARK}"
        where = wording.place(None, self.start, self.end)
        return f"{opened}{self.quote}{closed} ({self.title}, {where})"


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what came back: an answer, an error message, or neither yet.

    Until then ``reading`` are the passages found, best first; None: still searching.
    ``offset`` is where the answer starts inside ``answer.sentence``, in characters; ``search``
    is there once someone has asked how the answer was found. ``rating`` and ``right`` are the
    visitor's: whether the answer is right, and where the right one stands. ``asked`` are the
    ids of the documents that were searched; None: all. The page names the turn by ``number``,
    which no other of the visitor's has. ``own`` says that documents were asked which are the
    visitor's alone, so that a link would ask others.
    """

    question: str
    answer: Answer | None = None
    offset: int | None = None
    error: str | None = None
    reading: tuple[Found, ...] | None = None
    search: Search | None = None
    rating: bool | None = None
    right: Place | None = None
    asked: Collection[str] | None = None
    number: int = 0
    own: bool = False

    @property
    def pending(self) -> bool:
        """Whether the answer is still to come."""
        return self.answer is None and self.error is None

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Everything that can be opened in the source panel, in the order of the page."""
        if self.answer is None:
            return ()
        others = (alternative.citation for alternative in self.answer.alternatives)
        return (*self.answer.citations, *others)


def place_of(turns: Sequence[Turn], number: int | None) -> int | None:
    """Where the turn of a number stands among others, or None."""
    numbers = [turn.number for turn in turns]
    return numbers.index(number) if number in numbers else None


def sentence_offset(document_text: str, answer: Answer) -> int | None:
    """Where the answer starts inside its sentence, or None when the sentence does not hold it.

    The sentence may quote the same words twice, so the document decides, not ``str.find``.
    """
    if answer.text is None or not answer.sentence or not answer.citations:
        return None
    cited = answer.citations[0]
    earliest = max(0, cited.end - len(answer.sentence))
    start = document_text.find(answer.sentence, earliest, cited.start + len(answer.sentence))
    return None if start < 0 else cited.start - start


def with_changes(
    held: Sequence[Turn], before: Sequence[Turn], after: Sequence[Turn]
) -> tuple[Turn, ...]:
    """The turns ``held`` by now, with what ``after`` says otherwise than ``before`` of an answer.

    Meanwhile answers may have come in, oldest turns gone, and others been judged.
    """
    both = zip(before, after, strict=True)
    changed = [(old, new) for old, new in both if old is not new and old.answer]
    return tuple(
        next((_taken_over(turn, *pair) for pair in changed if pair[0].answer is turn.answer), turn)
        for turn in held
    )


def _taken_over(turn: Turn, old: Turn, new: Turn) -> Turn:
    if new.search is not old.search:
        turn = replace(turn, search=new.search)
    if (new.rating, new.right) != (old.rating, old.right):
        turn = replace(turn, rating=new.rating, right=new.right)
    return turn
