"""Test collections for retrieval alone: BEIR folders, TREC qrels and run files."""

import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rag.errors import LoadError
from rag.evaluation.fields import RowErrors, mapping, string
from rag.evaluation.records import Qrels, Question, RetrievalSet, RowError, Run
from rag.loaders import make_document
from rag.types import Document

_QRELS_FIELDS = 4
_BEIR_FIELDS = 3
_RUN_FIELDS = 6


def read_beir(folder: Path) -> RetrievalSet:
    """A folder of ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/test.tsv``.

    A document's text is its title and its text. Documents with equal text are one; a judged
    document that the corpus lacks stays judged, so it counts against recall. A document of the
    query's own id is the query itself, as in ArguAna and Quora, and stays out of its run, as in
    BEIR (``EvaluateRetrieval.evaluate``, ``ignore_identical_ids``). It stays in where it is
    another: judged for that query, or of one text with another id.

    Raises:
        LoadError: one of the files is missing or cannot be read.
    """
    faults: list[RowError] = []
    ids: dict[str, str] = {}
    documents: dict[str, Document] = {}
    for name, document in _corpus(folder / "corpus.jsonl", faults):
        documents.setdefault(document.id, document)
        ids[name] = document.id
    given, more = read_qrels(_qrels_file(folder))
    qrels: dict[str, dict[str, int]] = {}
    for query, judged in given.items():
        merged = qrels.setdefault(query, {})
        for name, value in judged.items():
            key = ids.get(name, name)
            merged[key] = max(value, merged.get(key, value))
    questions = tuple(
        question
        for question in _queries(folder / "queries.jsonl", faults)
        if any(value > 0 for value in qrels.get(question.id, {}).values())
    )
    named = Counter(ids.values())
    own = {
        one.id: ids[one.id]
        for one in questions
        if named[ids.get(one.id, "")] == 1 and ids[one.id] not in qrels[one.id]
    }
    return RetrievalSet(questions, tuple(documents.values()), qrels, (*faults, *more), own)


def read_qrels(path: Path) -> tuple[Qrels, tuple[RowError, ...]]:
    """Judgements: ``query 0 document relevance`` (TREC) or ``query document relevance`` (BEIR).

    In a line with tabs they stand between the fields, and spaces are part of an id.
    """
    errors = RowErrors(path.name)
    qrels: dict[str, dict[str, int]] = {}
    for number, line in _text_lines(path, errors):
        fields = [field.strip() for field in line.split("\t")] if "\t" in line else line.split()
        if number == 1 and fields[0].lower() in ("query-id", "query_id"):
            continue
        if len(fields) not in (_BEIR_FIELDS, _QRELS_FIELDS) or not all(fields):
            errors.add(f"line {number}", "expected: query 0 document relevance, or without the 0")
            continue
        try:
            qrels.setdefault(fields[0], {})[fields[-2]] = int(fields[-1])
        except ValueError:
            errors.add(f"line {number}", f"relevance must be a whole number, not {fields[-1]}")
    return qrels, tuple(errors.found)


def read_run(path: Path) -> tuple[Run, tuple[RowError, ...]]:
    """Rankings: ``query Q0 document rank score tag``.

    As in trec_eval the score decides, not the rank; equal scores go by document id, backwards.
    """
    errors = RowErrors(path.name)
    scored: dict[str, dict[str, float]] = {}
    for number, line in _text_lines(path, errors):
        fields = line.split()
        if len(fields) != _RUN_FIELDS:
            errors.add(f"line {number}", "expected: query Q0 document rank score tag")
            continue
        try:
            score = float(fields[4])
        except ValueError:
            score = math.nan
        if math.isnan(score):
            errors.add(f"line {number}", f"the score must be a number, not {fields[4]}")
        else:
            scored.setdefault(fields[0], {})[fields[2]] = score
    ranked = {
        query: [name for name, _ in sorted(names.items(), key=lambda n: n[::-1], reverse=True)]
        for query, names in scored.items()
    }
    return ranked, tuple(errors.found)


def _corpus(path: Path, faults: list[RowError]) -> Iterator[tuple[str, Document]]:
    errors = RowErrors(path.name)
    seen: set[str] = set()
    for number, line in _text_lines(path, errors):
        try:
            row = mapping(json.loads(line))
            name, title = string(row, "_id"), str(row.get("title") or "").strip()
            body = row.get("text")
            text = "\n\n".join(part for part in (title, body) if isinstance(part, str) and part)
            text = string({"text": text}, "text")
            if name in seen:
                raise ValueError(f'the id "{name}" is taken by an earlier document')
            document = make_document(text, title, f"{path.name}#{name}", "text/plain")
            seen.add(name)
            yield name, document
        except (ValueError, LoadError) as error:
            errors.add(f"line {number}", error)
    faults.extend(errors.found)


def _queries(path: Path, faults: list[RowError]) -> list[Question]:
    errors = RowErrors(path.name)
    found: dict[str, Question] = {}
    for number, line in _text_lines(path, errors):
        try:
            row = mapping(json.loads(line))
            name = string(row, "_id")
            if name in found:
                raise ValueError(f'the id "{name}" is taken by an earlier query')
            found[name] = Question(name, string(row, "text"), ())
        except ValueError as error:
            errors.add(f"line {number}", error)
    faults.extend(errors.found)
    return list(found.values())


def _qrels_file(folder: Path) -> Path:
    test = folder / "qrels" / "test.tsv"
    others = sorted((folder / "qrels").glob("*.tsv"))
    if not test.is_file() and len(others) == 1:
        return others[0]
    return test


def _text_lines(path: Path, errors: RowErrors) -> Iterator[tuple[int, str]]:
    """Numbered lines that hold anything; one that is not UTF-8 is noted and left out."""
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                try:
                    line = raw.decode("utf-8-sig").strip()
                except UnicodeDecodeError as error:
                    errors.add(f"line {number}", error)
                    continue
                if line:
                    yield number, line
    except OSError as error:
        raise LoadError(f"{path}: cannot be read ({error.strerror})") from error
