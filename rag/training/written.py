"""Questions that were written about whole documents, on the passages that a reader is given."""

from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np

from rag.encoder import Encoder
from rag.errors import LoadError
from rag.evaluation.records import Question, QuestionSet
from rag.passages import split
from rag.prose import PUT_IN, Ints, prose
from rag.training.own_questions import Candidate
from rag.types import Document, Passage


def written(given: QuestionSet, encoder: Encoder) -> list[Candidate]:
    """Every question, on the passage that answers it as it is read, title and all.

    One that nothing answers is asked of the passage of its document that is nearest to it; one
    whose answer no passage holds whole is left out.

    Raises:
        LoadError: a question names no document, or an answer has no place in it.
    """
    documents = {document.id: document for document in given.documents}
    numbers = {document.id: number for number, document in enumerate(given.documents)}
    passages = {document.id: split(document) for document in given.documents}
    nearest = _nearest(given.questions, passages, encoder)
    made = []
    for question in given.questions:
        if question.document is None:
            raise LoadError(f"question {question.id} names no document that is there; name one")
        own = passages[question.document]
        number = numbers[question.document]
        if question.golds:
            one = _answered(question, number, documents[question.document], own)
            made += [one] if one else []
        else:
            read, _ = as_read(nearest[question.id])
            made.append(Candidate(number, read, question.text, ()))
    return made


def _answered(
    question: Question, number: int, document: Document, passages: Sequence[Passage]
) -> Candidate | None:
    gold = question.golds[0]
    if gold.start is None:
        raise LoadError(f"question {question.id}: {gold.text!r} has no place in {document.title}")
    first, last = gold.start, gold.start + len(gold.text)
    for passage in passages:
        if passage.start <= first and last <= passage.end:
            text, origins = as_read(passage)
            own = origins + passage.start
            places = np.flatnonzero((origins != PUT_IN) & (first <= own) & (own < last))
            start, stop = int(places[0]), int(places[-1]) + 1
            return Candidate(number, text, question.text, ((text[start:stop], start),))
    return None


def as_read(passage: Passage) -> tuple[str, Ints]:
    """What the reader is given, and where each character of it is in the passage, or ``PUT_IN``."""
    told = prose(passage.text, passage.header, passage.about)
    if told is None:
        return passage.text, np.arange(len(passage.text))
    return told.text, told.origins


def _nearest(
    questions: Sequence[Question], passages: Mapping[str, Sequence[Passage]], encoder: Encoder
) -> dict[str, Passage]:
    """For each unanswerable question, by id, the passage of its document nearest to it."""
    searched = [passage.searched for own in passages.values() for passage in own]
    encoded = iter(encoder.encode_passages(searched))
    vectors = {name: np.stack(list(islice(encoded, len(own)))) for name, own in passages.items()}
    unanswered = [question for question in questions if not question.golds]
    asked = encoder.encode_questions([question.text for question in unanswered])
    return {
        question.id: passages[question.document][int(np.argmax(vectors[question.document] @ own))]
        for question, own in zip(unanswered, asked, strict=True)
        if question.document
    }
