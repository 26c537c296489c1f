"""``predictions.jsonl``: what was predicted so far, so that an interrupted run goes on."""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rag.errors import CitespanError
from rag.evaluation.records import Cited, Place, Prediction, Retrieved

_FORM = 3  # of a line; files of another form are replaced
_FINISHED = b'{"finished":true}\n'


class Journal:
    """A file with one line that names the run, then one line a question.

    A file of another run, or of one that was finished, is replaced. A last line that an
    interruption cut short is dropped.
    """

    def __init__(self, path: Path, run: Mapping[str, str], began: str = "") -> None:
        """Open the journal of the run that ``run`` describes (data, models, settings).

        ``began`` is when; of a run that goes on it is as it was.

        Raises:
            CitespanError: the file cannot be read or written.
        """
        self.path = path
        self.done: dict[str, Prediction] = {}
        self.began = began
        about = {"form": _FORM, "run": dict(run)}
        try:
            kept = self._read(about) if path.is_file() else 0
            with path.open("ab") as file:
                file.truncate(kept)
                if not kept:
                    file.write(_line({**about, "began": self.began}))
        except OSError as error:
            raise CitespanError(f"{path}: cannot be used ({error.strerror})") from error

    def append(self, predictions: Iterable[Prediction]) -> None:
        """Add predictions; they are on disk when this returns."""
        added = list(predictions)
        with self.path.open("ab") as file:
            file.writelines(_line(to_json(prediction)) for prediction in added)
            file.flush()
            os.fsync(file.fileno())
        self.done.update((prediction.question_id, prediction) for prediction in added)

    def finish(self) -> None:
        """Mark the run as finished, so that the same command starts a new one."""
        with self.path.open("ab") as file:
            file.write(_FINISHED)

    def _read(self, about: Mapping[str, Any]) -> int:
        """Load the predictions of this run; returns the length of the sound part, in bytes."""
        with self.path.open("rb") as file:
            header = file.readline()
            began = _began(header, about)
            if began is None:
                return 0
            kept, done = len(header), {}
            for raw in file:
                if raw == _FINISHED:
                    return 0
                try:
                    prediction = from_json(json.loads(raw))
                except (ValueError, KeyError, TypeError):
                    break
                if not raw.endswith(b"\n"):
                    break
                done[prediction.question_id] = prediction
                kept += len(raw)
        self.began, self.done = began, done
        return kept


def _began(header: bytes, about: Mapping[str, Any]) -> str | None:
    """When the run of a first line began; None: it is of another run, or cut short."""
    try:
        told = json.loads(header) if header.endswith(b"\n") else None
    except ValueError:
        return None
    if not isinstance(told, dict) or {k: v for k, v in told.items() if k != "began"} != about:
        return None
    began = told.get("began")
    return began if isinstance(began, str) else None


def to_json(prediction: Prediction) -> dict[str, Any]:
    """The prediction as plain JSON types; citations and passages as lists of their fields."""
    return {
        "question_id": prediction.question_id,
        "text": prediction.text,
        "candidate": prediction.candidate,
        "confidence": prediction.confidence,
        "citations": [list(cited) for cited in prediction.citations],
        "retrieved": [list(hit) for hit in prediction.retrieved],
        "timings_ms": {name: round(ms, 3) for name, ms in prediction.timings_ms.items()},
        "evidence": [list(place) for place in prediction.evidence],
        "read": prediction.read,
        "error": prediction.error,
    }


def from_json(row: Mapping[str, Any]) -> Prediction:
    """The prediction that ``to_json`` wrote."""
    return Prediction(
        question_id=row["question_id"],
        text=row["text"],
        candidate=row["candidate"],
        confidence=row["confidence"],
        citations=tuple(Cited(*fields) for fields in row["citations"]),
        # Few documents, many passages: one string for each id keeps a long run small in memory.
        retrieved=tuple(
            Retrieved(sys.intern(document_id), *rest) for document_id, *rest in row["retrieved"]
        ),
        timings_ms=row["timings_ms"],
        evidence=tuple(Place(*fields) for fields in row["evidence"]),
        read=row["read"],
        error=row["error"],
    )


def _line(value: Mapping[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode() + b"\n"
