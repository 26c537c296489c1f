"""What a conversation is made of, between the handlers and the renderers."""

from dataclasses import dataclass

from rag.types import Answer, Citation


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what came back: an answer, an error message, or neither yet.

    ``offset`` is where the answer starts inside ``answer.sentence``, in characters.
    """

    question: str
    answer: Answer | None = None
    offset: int | None = None
    error: str | None = None

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Everything that can be opened in the source panel, in the order of the page."""
        if self.answer is None:
            return ()
        others = (alternative.citation for alternative in self.answer.alternatives)
        return (*self.answer.citations, *others)


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
