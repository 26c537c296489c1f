"""A real report on the seed questions against figures computed anew from its predictions."""

import re
from pathlib import Path

import pytest

from rag.config import Settings
from rag.evaluation.report import figure
from rag.evaluation.run import Options, evaluate
from rag.types import Document
from tests.conftest import SeedQuestion
from tests.evaluation.recomputed import Asked, figures, predictions


def place(answer: str, text: str) -> int | None:
    """Where an answer stands, if it does once as words: as written, else whatever the case."""
    words = rf"(?<!\w){re.escape(answer)}(?!\w)"
    found = [*re.finditer(words, text)] or [*re.finditer(words, text, re.IGNORECASE)]
    return found[0].start() if len(found) == 1 else None


def test_every_figure_is_that_of_another_computation(
    seeds: Path,
    seed_document: Document,
    seed_questions: list[SeedQuestion],
    tmp_path: Path,
) -> None:
    questions, settings = seeds / "questions.jsonl", Settings(top_k=3, read_within=0.1)

    report = evaluate(Options(questions, out=tmp_path, settings=settings, progress=False))

    text = seed_document.text
    asked = {
        q.id: Asked([(a, place(a, text)) for a in q.answers], seed_document.id)
        for q in seed_questions
    }
    anew = figures(
        asked,
        predictions(tmp_path / "predictions.jsonl"),
        {seed_document.id: text},
    )
    assert len(anew) > 60
    for name, value in anew.items():
        # Predictions keep milliseconds to three places.
        assert figure(report, name) == pytest.approx(value, abs=1e-3 if "ms" in name else 1e-9)
