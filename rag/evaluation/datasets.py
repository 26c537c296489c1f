"""Question sets by their format, and the corpus that their questions are asked of."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from os.path import normpath
from pathlib import Path
from textwrap import shorten

from rag.errors import LoadError
from rag.evaluation.fields import RowErrors, readable
from rag.evaluation.records import Gold, Marked, Question, QuestionSet, RowError
from rag.evaluation.relevance import only_place
from rag.evaluation.rows import read_csv, read_jsonl
from rag.evaluation.squad import read_squad
from rag.loaders import find_files, load_file, source_of
from rag.types import Document

_Find = Callable[[str], set[str]]
_Folders = Sequence[Sequence[Path]]

READERS: Mapping[str, Callable[[Path], QuestionSet]] = {
    ".json": read_squad,
    ".json.gz": read_squad,
    ".jsonl": read_jsonl,
    ".jsonl.gz": read_jsonl,
    ".csv": read_csv,
    ".tsv": read_csv,
}
"""File name ending -> reader."""


def read_questions(path: Path) -> QuestionSet:
    """The question set in a file; its format follows from the ending of the name.

    Raises:
        LoadError: no such file, an unknown format, or nothing in it that can be asked.
    """
    if not path.is_file():
        raise LoadError(f"{path}: no such file; give the questions as a file, or a BEIR folder")
    reader = next((READERS[end] for end in READERS if path.name.lower().endswith(end)), None)
    if reader is None:
        raise LoadError(f"{path}: unknown format of questions; known are {', '.join(READERS)}")
    found = reader(path)
    if not found.questions:
        reason = f" ({found.errors[0]})" if found.errors else ""
        raise LoadError(f"{path}: holds no question that can be used{reason}")
    return found


def read_set(path: Path, documents: Sequence[Path] = (), limit: int | None = None) -> QuestionSet:
    """The first questions of a file with their corpus, their gold documents and evidence found.

    The corpus are the ``documents``, else those in the file, else those it names in its folder.

    Raises:
        LoadError: as ``read_questions``, or there are no documents.
    """
    given = read_questions(path)
    corpus = given.documents
    faults: tuple[RowError, ...] = ()
    if documents:
        corpus, faults = load_documents(documents)
    elif not corpus:
        corpus, faults = named_documents(path.parent, given.questions)
    near = ((path.parent, path.parent.resolve()), documents)  # what is named there is read resolved
    questions, unknown = resolve(given.questions[:limit], corpus, path.name, near)
    return QuestionSet(questions, distinct(corpus), (*given.errors, *faults, *unknown))


def load_documents(paths: Sequence[Path]) -> tuple[tuple[Document, ...], tuple[RowError, ...]]:
    """A document for each file, whatever its text; a file that cannot be loaded is reported.

    Raises:
        LoadError: a path is missing, or nothing could be loaded.
    """
    documents = []
    errors = []
    for file in find_files(paths):
        try:
            documents.append(load_file(file))
        except LoadError as error:
            errors.append(RowError(readable(file.name), "document", str(error)))
    if not documents:
        reason = errors[0].reason if errors else "they hold no file of a known format"
        raise LoadError(f"no document in {', '.join(map(str, paths))}: {reason}")
    return tuple(documents), tuple(errors)


def distinct(documents: Sequence[Document]) -> tuple[Document, ...]:
    """The first document of each text, in order."""
    return tuple({document.id: document for document in reversed(documents)}.values())[::-1]


def named_documents(
    folder: Path, questions: Sequence[Question]
) -> tuple[tuple[Document, ...], tuple[RowError, ...]]:
    """The documents that questions and their evidence name, from the folder of the set.

    Raises:
        LoadError: none is named, or none is there.
    """
    named = (name for q in questions for name in (q.document, *(m.document for m in q.evidence)))
    names = [name for name in dict.fromkeys(named) if name]
    base = folder.resolve()
    inside = [path for name in names if (path := _file_below(base, name))]
    if not inside:
        raise LoadError(
            f"{folder}: holds no document that the questions name; "
            "give the documents with --documents"
        )
    return load_documents(inside)


def _file_below(base: Path, name: str) -> Path | None:
    try:
        path = (base / name).resolve()
        return path if path.is_file() and path.is_relative_to(base) else None
    except (OSError, ValueError):  # too long, or with a NUL: a text, and no name
        return None


def resolve(
    questions: Sequence[Question],
    documents: Sequence[Document],
    file: str,
    near: _Folders = (),
) -> tuple[tuple[Question, ...], tuple[RowError, ...]]:
    """The questions, with names of documents replaced by ids and their evidence found.

    A name is an id, a source, a path from folders ``near`` (the first of these lists that has it),
    the end of a source or a title, tried in this order. Where it fits no document, or several,
    the gold document is not known: a passage then counts as relevant when it holds a gold answer.
    Evidence that is not found leaves its question without any.
    """
    find = _lookup(documents, near)
    texts = {document.id: document.text for document in documents}
    resolved, unknown, errors = [], [], RowErrors(file)
    for question in questions:
        evidence = _evidence(question, find, texts, errors)
        found = find(question.document) if question.document else set()
        if len(found) == 1:
            (only,) = found
            golds = tuple(_placed(gold, texts[only]) for gold in question.golds)
            resolved.append(replace(question, document=only, golds=golds, evidence=evidence))
        else:
            bare = tuple(Gold(gold.text) for gold in question.golds)
            resolved.append(replace(question, document=None, golds=bare, evidence=evidence))
            if question.document:
                unknown.append(question)
    if unknown:
        errors.add(
            "questions",
            f"{len(unknown)} name a document that is not, or not once, in the corpus "
            f'("{shorten(unknown[0].document or "", 60)}"); for these any passage with a gold '
            "answer counts as relevant",
        )
    return tuple(resolved), tuple(errors.found)


def _evidence(
    question: Question, find: _Find, texts: Mapping[str, str], errors: RowErrors
) -> tuple[Marked, ...]:
    try:
        return tuple(_found(mark, find, texts) for mark in question.evidence)
    except ValueError as error:
        errors.add(f"question {question.id}", f"its evidence is left out: {error}")
        return ()


def _found(mark: Marked, find: _Find, texts: Mapping[str, str]) -> Marked:
    """The marked run with its document's id and its offsets."""
    ids = find(mark.document or "")
    if len(ids) != 1:
        named = shorten(mark.document or "", 60)
        raise ValueError(f'the document "{named}" is not, or not once, in the corpus')
    (only,) = ids
    text = texts[only]
    if mark.start is None or mark.end is None:
        wanted = mark.text or ""
        place = only_place(text, wanted)
        if place is None:
            quoted = shorten(wanted, 60)
            raise ValueError(f'"{quoted}" does not stand in {mark.document}, or not once')
        return Marked(only, text[slice(*place)], *place)
    own = text[mark.start : mark.end]
    if mark.end > len(text) or mark.text not in (None, own):
        raise ValueError(f"characters {mark.start} to {mark.end} of {mark.document} are not it")
    return Marked(only, own, mark.start, mark.end)


def _placed(gold: Gold, text: str) -> Gold:
    """The gold answer with its offset, where that is right or follows from the document."""
    if gold.start is not None and gold.start >= 0 and text.startswith(gold.text, gold.start):
        return gold
    start, end = only_place(text, gold.text) or (0, 0)
    same = end - start == len(gold.text)  # not where it is set in other white space
    return Gold(gold.text, start if same else None)


def _lookup(documents: Sequence[Document], near: _Folders) -> _Find:
    """Finds the ids for a name: those of the first kind of name that fits any document."""
    ids, sources, ends, titles = (defaultdict[str, set[str]](set) for _ in range(4))
    for document in documents:
        parts = Path(document.source).parts
        ids[document.id].add(document.id)
        sources[document.source].add(document.id)
        titles[document.title].add(document.id)
        for begin in range(len(parts)):
            ends["/".join(parts[begin:])].add(document.id)

    def from_folders(folders: Sequence[Path], name: str) -> set[str]:
        paths = {source_of(folder / name) for folder in folders}
        return set().union(*(sources.get(path, ()) for path in paths))

    def find(name: str) -> set[str]:
        exact = ids.get(name) or sources.get(name)
        beside = next(filter(None, (from_folders(folders, name) for folders in near)), None)
        return exact or beside or ends.get(normpath(name)) or titles.get(name) or set()

    return find
