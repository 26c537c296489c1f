"""The evaluation tab of one visitor: question sets against the documents that are loaded.

Every event of a Gradio page can be called by anyone who reaches the server, with any JSON.
"""

import json
import logging
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from rag.errors import CitespanError, LoadError
from rag.evaluation.html import page
from rag.evaluation.proposals.propose import propose
from rag.evaluation.records import Question, QuestionSet
from rag.evaluation.report import Json
from rag.evaluation.rows import read_jsonl
from ui import report
from ui.chats import file
from ui.child import Child
from ui.documents import refused
from ui.feedback import as_questions
from ui.handlers import names_of, value_of
from ui.history import Turns
from ui.library import MAX_FILE_BYTES, Library
from ui.measure import Progress, measure
from ui.received import Received
from ui.suggestions import sample
from ui.update import Update

PROPOSED = 40
_PROPOSED_NAME = "questions made from the documents"
_JUDGED_NAME = "judged.jsonl"
_log = logging.getLogger(__name__)


class Evaluation:
    """Measures one question set at a time and keeps the last report."""

    def __init__(self, library: Library) -> None:
        """Measure the answers from a library, as it is when a run begins."""
        self._library = library
        self._received = Received()
        self._running = threading.Lock()
        self._stop = threading.Event()
        self._report: Json | None = None
        self._saved = 0

    def upload(self, given: object) -> Iterator[Update]:
        """Measure with the file that Gradio has received."""
        if not isinstance(given, str) or not given:
            return
        with self._received.own([Path(given)]) as (path,):

            def read() -> QuestionSet:
                try:
                    with Child(self._stop.is_set) as child:
                        return child.questions(path)
                except LoadError as error:
                    raise LoadError(str(error).replace(str(path), path.name)) from error

            yield from self._run(path.name, read)

    def refuse(self, event: object) -> Update:
        """Say that a file was not sent: ``{"names": [name]}`` where it is too large."""
        names = names_of(event)
        if names is None:
            return Update()
        lines = refused(names, MAX_FILE_BYTES) or ("give one file of questions",)
        return Update(evaluation=report.failed(" ".join(lines)))

    def propose(self) -> Iterator[Update]:
        """Measure with questions that rules make of the documents."""

        def read() -> QuestionSet:
            made = propose(sample(self._library.answerer), PROPOSED)
            if not made:
                raise LoadError("no sentence of the documents fits a rule; give a question file")
            return QuestionSet(
                tuple(
                    Question(f"{number:02}", one.question, one.golds, one.document)
                    for number, one in enumerate(made, 1)
                )
            )

        yield from self._run(_PROPOSED_NAME, read)

    def judged(self, turns: Turns) -> Iterator[Update]:
        """Measure with the answers of a chat that the visitor has judged."""

        def read() -> QuestionSet:
            lines = as_questions(turns, self._library.documents())
            if not lines:
                raise LoadError(
                    "nothing judged in this chat can be measured; say which answers are right, "
                    "or mark the right one in a source"
                )
            with tempfile.TemporaryDirectory(prefix="judged-") as folder:
                path = Path(folder) / _JUDGED_NAME
                path.write_text(lines, "utf-8")
                return read_jsonl(path)

        yield from self._run(_JUDGED_NAME, read)

    def stop(self) -> None:
        """End the run that is under way; what was asked so far is reported."""
        self._stop.set()

    def close(self) -> None:
        """Stop, and delete what was sent."""
        self.stop()
        self._received.close()

    def save(self, event: object) -> Update:
        """Offer the last report as a file: ``{"value": "html" | "json"}``."""
        kind = value_of(event)
        if self._report is None or kind not in report.SAVED:
            return Update()
        if kind == "html":
            content = page(self._report)
        else:
            content = json.dumps(self._report, ensure_ascii=False, indent=1) + "\n"
        self._saved += 1
        return Update(outbox=file(report.SAVED[kind], content, self._saved))

    def _run(self, name: str, read: Callable[[], QuestionSet]) -> Iterator[Update]:
        if not self._running.acquire(blocking=False):
            return  # the page shows the run that is under way, and how to stop it
        try:
            self._stop.clear()
            yield Update(evaluation=report.waiting(name))
            yield from self._measure(name, read())
        except CitespanError as error:
            yield Update(evaluation=report.failed(str(error)))
        except Exception:  # noqa: BLE001 - the page must not wait for ever; the log has the cause
            _log.exception("an evaluation failed")
            yield Update(evaluation=report.failed("It failed; the terminal says why."))
        finally:
            self._running.release()

    def _measure(self, name: str, questions: QuestionSet) -> Iterator[Update]:
        library = self._library
        stopped = self._stop.is_set
        for step in measure(library.answerer, questions, name, library.folder, stopped):
            if isinstance(step, Progress):
                yield Update(evaluation=report.progress(step))
            else:
                self._report = step
                yield Update(evaluation=report.finished(page(step), name, step["errors"]))
