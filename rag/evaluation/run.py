"""One evaluation from end to end: read, index, ask, score, report."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from rag.answerer import Answerer
from rag.config import Settings
from rag.encoder import Encoder, SentenceTransformerEncoder
from rag.errors import SettingsError
from rag.evaluation import datasets, queries, report
from rag.evaluation.about import About, about, now
from rag.evaluation.cases import Judging, judge
from rag.evaluation.compare import read_report
from rag.evaluation.fields import readable
from rag.evaluation.journal import Journal
from rag.evaluation.kept_store import forget_others, kept_store
from rag.evaluation.output import finish, folder_for
from rag.evaluation.predict import ask_all, rank_all, read_all
from rag.evaluation.records import Prediction, Question, RetrievalSet, RowError, Run
from rag.evaluation.relevance import (
    RANKINGS,
    RERANKED,
    GoldPlaces,
    document_runs,
    gold_qrels,
    runs,
)
from rag.evaluation.remembering import RememberingEncoder
from rag.evaluation.trec import read_beir, read_qrels, read_run
from rag.store import Store
from rag.types import Document

PREDICTIONS = "predictions.jsonl"


@dataclass(frozen=True, slots=True)
class Options:
    """What to evaluate. ``documents`` empty: the corpus that comes with the questions.

    ``out`` keeps the index, the predictions and the report; None: nothing is kept.
    ``limit`` takes the first questions only, of the whole corpus. ``against`` is an older
    ``report.json`` to compare with.
    """

    questions: Path
    documents: tuple[Path, ...] = ()
    out: Path | None = None
    limit: int | None = None
    gold_passages: bool = False
    settings: Settings = Settings()
    against: Path | None = None
    progress: bool = True


def evaluate(options: Options) -> report.Json:
    """Evaluate as asked; the report is returned and, with ``out``, written there.

    Raises:
        LoadError: the questions or all of the documents cannot be read.
        SettingsError: an option that a BEIR folder has no use for, or ``out`` has a store that no
            evaluation made.
        CitespanError: any other error of the tree, with its remedy.
    """
    _require_used(options)
    old = read_report(options.against) if options.against else None
    with folder_for(options.out) as folder:
        if options.questions.is_dir():
            result = _evaluate_retrieval(options, folder)
            return finish(result, options.out, old, options.against)
        result, journal = _evaluate_answers(options, folder)
        result = finish(result, options.out, old, options.against)
        journal.finish()  # until the report is there, the same command goes on from the answers
        return result


def evaluate_run(
    run: Path, qrels: Path, out: Path | None = None, against: Path | None = None
) -> report.Json:
    """Score a TREC run file against TREC qrels: retrieval measures alone.

    ``out`` and ``against`` are as those of ``Options``.

    Raises:
        LoadError: a file cannot be read.
    """
    old = read_report(against) if against else None
    ranked, faults = read_run(run)
    judged, more = read_qrels(qrels)
    errors = tuple(map(str, (*faults, *more)))
    told = About(questions=readable(run.name), documents=None, errors=errors, began=now())
    result = report.retrieval_report({RERANKED: ranked}, judged, told)
    with folder_for(out):
        return finish(result, out, old, against)


def empty_report(options: Options) -> report.Json:
    """What ``evaluate`` would report on no question: it has the same figures, without values.

    Only the stages of ``latency_ms`` are not there, which follow from the answers.
    """
    told = About(questions=readable(options.questions.name), documents=None)
    rankings: dict[str, Run] = {kind: {} for kind in RANKINGS}
    if options.questions.is_dir():
        return report.retrieval_report(rankings, {}, told)
    return report.answer_report([], {} if options.gold_passages else rankings, {}, told)


def _require_used(options: Options) -> None:
    """A test collection is its own corpus, and has no passages that hold an answer."""
    unused = {"--documents": options.documents, "--gold-passages": options.gold_passages}
    given = [name for name, value in unused.items() if value]
    if given and options.questions.is_dir():
        raise SettingsError(
            f"{', '.join(given)}: not used with the folder of a test collection, "
            f"{options.questions}; leave it out"
        )


def _evaluate_answers(options: Options, folder: Path) -> tuple[report.Json, Journal]:
    given = datasets.read_set(options.questions, options.documents, options.limit)
    questions, documents = given.questions, given.documents
    gold = GoldPlaces({document.id: document.text for document in documents})
    name = readable(options.questions.name)
    with kept_store(folder, options.settings.encoder) as store:
        answerer = Answerer(store, options.settings, encoder=_encoder(options))
        told = about(answerer, name, questions, documents, given.errors)
        journal = Journal(folder / PREDICTIONS, _describe(told, options), began=now())
        todo = [question for question in questions if question.id not in journal.done]
        if options.gold_passages:
            found = read_all(answerer, todo, documents, gold)
        else:
            _index(store, answerer.encoder, documents, options)
            found = ask_all(answerer, todo)
        _collect(found, journal, len(questions), len(todo), options)
    predictions = {question.id: journal.done[question.id] for question in questions}
    told = replace(
        told,
        began=journal.began,
        limit=options.limit,
        gold_passages=options.gold_passages,
        corpus=tuple(readable(path.resolve().name) for path in options.documents),
        errors=(*told.errors, *_unread(predictions, options)),
    )
    return judged(questions, predictions, documents, told), journal


def judged(
    questions: Sequence[Question],
    predictions: Mapping[str, Prediction],
    documents: Sequence[Document],
    told: About,
) -> report.Json:
    """The report on predictions, by question id, for the questions of a corpus.

    Its errors are those ``told`` and the questions that could not be asked.
    """
    gold = GoldPlaces({document.id: document.text for document in documents})
    rankings = {} if told.gold_passages else runs(questions, predictions, gold)
    by = Judging({document.id: document for document in documents}, gold, rankings)
    cases = judge(questions, predictions, by)
    unasked = map(str, _unasked(told.questions, (case.prediction for case in cases)))
    told = replace(told, errors=(*told.errors, *unasked))
    return report.answer_report(cases, by.rankings, gold_qrels(questions), told)


def _evaluate_retrieval(options: Options, folder: Path) -> report.Json:
    began, collection = now(), read_beir(options.questions)
    questions = collection.questions[: options.limit]
    options = replace(options, settings=_long_enough(options.settings, questions))
    with kept_store(folder, options.settings.encoder) as store:
        answerer = Answerer(store, options.settings, encoder=_encoder(options))
        _index(store, answerer.encoder, collection.documents, options)
        predictions: list[Prediction] = []
        with _bar(len(questions), "asking", options) as bar:
            for chunk in rank_all(answerer, questions):
                predictions += chunk
                bar.update(len(chunk))
    name = readable(options.questions.resolve().name)
    qrels = {question.id: collection.qrels[question.id] for question in questions}
    errors = (*collection.errors, *_unasked(name, predictions))
    told = about(answerer, name, questions, collection.documents, errors, qrels)
    told = replace(told, began=began, limit=options.limit)
    rankings = document_runs(predictions, collection.own)
    return report.retrieval_report(rankings, qrels, told, _known(collection))


def _long_enough(settings: Settings, questions: Sequence[Question]) -> Settings:
    """Settings that refuse no question for its length: a test collection is ranked whole."""
    longest = max((len(question.text) for question in questions), default=0)
    return replace(settings, max_question_chars=max(settings.max_question_chars, longest))


def _encoder(options: Options) -> RememberingEncoder:
    return RememberingEncoder(SentenceTransformerEncoder(options.settings.encoder))


def _index(store: Store, encoder: Encoder, documents: Sequence[Document], options: Options) -> None:
    """Make the store hold these documents and no others."""
    forget_others(store, documents)
    with _bar(len(documents), "indexing", options) as bar:

        def stored(_: Document) -> None:
            bar.update()

        store.add(documents, encoder, stored)


def _collect(
    found: Iterator[list[Prediction]], journal: Journal, total: int, todo: int, options: Options
) -> None:
    with _bar(total, "asking", options, done=total - todo) as bar:
        for predictions in found:
            journal.append(predictions)
            bar.update(len(predictions))


def _unasked(name: str, predictions: Iterable[Prediction]) -> list[RowError]:
    return [RowError(name, one.question_id, one.error) for one in predictions if one.error]


def _unread(predictions: Mapping[str, Prediction], options: Options) -> list[str]:
    """With gold passages, how many questions have none, where there are such."""
    number = sum(prediction.read == 0 for prediction in predictions.values())
    if not options.gold_passages or not number:
        return []
    reason = f"{number} have no gold passages, so the reader was given nothing"
    return [str(RowError(readable(options.questions.name), "questions", reason))]


def _bar(total: int, label: str, options: Options, done: int = 0) -> "tqdm[NoReturn]":
    every = 0.2 if sys.stderr.isatty() else 15.0  # seconds; a log file gets a line now and then
    return tqdm(
        total=total, initial=done, desc=label, disable=not options.progress, mininterval=every
    )


def _describe(told: About, options: Options) -> Mapping[str, str]:
    """What must be equal for predictions of an interrupted run to count in this one."""
    return {
        **{name: str(value) for name, value in told.checksums.items()},
        "models": f"{told.encoder} {told.reader}",
        "calibration": repr(told.calibration),
        "settings": repr(told.settings),
        "gold_passages": str(options.gold_passages),
    }


def _known(collection: RetrievalSet) -> queries.Collection:
    """The collection's own words; a document is called as in its corpus, not by its checksum."""
    names = {}
    for document in collection.documents:
        name = document.source.partition("#")[2]
        names[document.id] = queries.Name(
            name, document.title if document.title not in ("", name) else None
        )
    return queries.Collection({one.id: one.text for one in collection.questions}, names)
