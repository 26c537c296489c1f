"""Calibration against scikit-learn and against probabilities that are known."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from rag.answerer import Answerer
from rag.calibration import Calibration
from rag.config import Settings
from rag.encoder import SentenceTransformerEncoder
from rag.evaluation.records import Gold, Question
from rag.loaders import make_document
from rag.store import Store
from rag.training.calibrate import (
    Alterer,
    Sample,
    best_threshold,
    fit,
    holds,
    logistic,
    samples,
    scores,
)
from rag.types import Document, Hit, Passage, Span

TEXT = "right wrong"


def reading(
    margin: float, retrieval: float, *, right: bool, answerable: bool = True, stray: bool = False
) -> Sample:
    hit = Hit(Passage("d:0", "d", 0, len(TEXT), TEXT), retrieval, 1)
    start, end = (0, 5) if right else (6, 11)
    span = Span(hit, start, end, margin, 0.0, stray)
    return Sample(("right",) if answerable else (), (span,))


def simulated(count: int, seed: int) -> list[Sample]:
    """Right with probability sigmoid(margin + 2 retrieval - 1)."""
    rng = np.random.default_rng(seed)
    margins, retrievals = rng.normal(0, 2, count), rng.uniform(0, 1, count)
    chance = 1 / (1 + np.exp(-(margins + 2 * retrievals - 1)))
    rows = zip(margins, retrievals, rng.random(count) < chance, strict=True)
    return [reading(float(m), float(r), right=bool(ok)) for m, r, ok in rows]


def test_logistic_equals_scikit_learn() -> None:
    rng = np.random.default_rng(8)
    features = rng.normal(size=(2000, 2))
    right = (rng.random(2000) < 1 / (1 + np.exp(-(features @ [1.5, -0.5] + 0.3)))).astype(float)
    reference = LogisticRegression(C=np.inf).fit(features, right)
    expected = [reference.intercept_[0], *reference.coef_[0]]
    assert logistic(features, right) == pytest.approx(expected, abs=0.02)


def test_logistic_stays_finite_on_separable_data() -> None:
    features = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    assert np.isfinite(logistic(features, np.array([0.0, 0.0, 1.0, 1.0]))).all()


def test_fit_finds_the_weights_that_made_the_data() -> None:
    fitted = fit(simulated(20_000, 1))
    assert fitted.bias == pytest.approx(-1, abs=0.15)
    assert fitted.margin == pytest.approx(1, abs=0.1)
    assert fitted.retrieval == pytest.approx(2, abs=0.25)


@pytest.mark.parametrize("weight", [-1.5, 1.5])
def test_near_misses_speak_against_an_answer_or_not_at_all(weight: float) -> None:
    rng = np.random.default_rng(4)
    margins, stray = rng.normal(0, 2, 20_000), rng.random(20_000) < 0.3
    right = rng.random(20_000) < 1 / (1 + np.exp(-(margins + weight * stray)))
    rows = zip(margins.tolist(), stray.tolist(), right.tolist(), strict=True)
    found = [reading(margin, 0.0, right=ok, stray=away) for margin, away, ok in rows]
    fitted = fit(found)
    assert fitted.stray == pytest.approx(min(weight, 0.0), abs=0.15)
    assert fitted.margin == pytest.approx(1, abs=0.1)


def test_threshold_is_the_best_of_all() -> None:
    found = simulated(200, 2) + [
        reading(m, 0.5, right=False, answerable=False) for m in np.linspace(-4, 2, 100).tolist()
    ]
    calibration = Calibration(bias=-1, margin=1, retrieval=2)
    confidence, given, withheld = scores(found, calibration)

    def total(threshold: float) -> float:
        return float(np.where(confidence >= threshold, given, withheld).sum())

    best = max(total(t) for t in [0.0, *confidence.tolist(), 1.01])
    assert total(best_threshold(found, calibration)) == best
    lower = best_threshold(found, calibration, slack=0.02)
    assert best - 0.02 * len(found) <= total(lower)
    below = [t for t in confidence.tolist() if t < lower]
    assert all(total(t) < best - 0.02 * len(found) for t in below)


def test_altered_are_entities_from_elsewhere_or_the_passage_and_words() -> None:
    text = "The ferry to Skye was designed by Ada Lum, the one to Mull by Olaf Berg."
    document = Document("d", "Ferries", "ferries.txt", text, "0", "text/plain")
    asked = ("Who designed the ferry to Skye?", "Where is the pier of Mull?", "What repaired Oban?")
    questions = [
        Question(str(number), words, (Gold("Ada Lum"),), "d") for number, words in enumerate(asked)
    ]
    alter, rng = Alterer(questions, [document]), np.random.default_rng(3)
    made = {alter(questions[0], rng) for _ in range(60)}
    assert made == {
        "Who designed the ferry to Oban?",
        "Who designed the ferry to Mull?",
        "Who repaired the ferry to Skye?",
    }
    assert alter(Question("1", "why so?", (), "d"), rng) is None


def test_what_is_hidden_is_as_good_as_never_there(
    tmp_path: Path, encoder: SentenceTransformerEncoder
) -> None:
    """And where another document holds the answer, that document cannot be called without it."""
    texts = (
        "The ferry to Skye was built by Ada Lum.",
        "Ada Lum built the ferry that goes to Skye.",
        "The ferry to Mull was built by Olaf Berg.",
    )
    documents = [make_document(t, t, t, "text/plain") for t in texts]
    asked = [
        Question(str(number), text, (Gold(gold),), documents[place].id)
        for number in range(8)
        for text, gold, place in (
            ("Who built the ferry to Skye?", "Ada Lum", 0),
            ("Who built the ferry to Mull?", "Olaf Berg", 2),
        )
    ]
    with Store(tmp_path / "all") as store, Store(tmp_path / "less") as less:
        store.add(documents, encoder)
        less.add(documents[:2], encoder)
        answerer = Answerer(store, Settings(reader="sentence"), encoder=encoder)
        never = answerer.over(less).retriever.retrieve(asked[1].text, 8)
        found = list(samples(answerer, asked, lambda *_: None, 1, holds))
    hidden = [sample for sample in found if not sample.golds]
    assert 0 < len(hidden) < len(asked) - sum(bool(sample.golds) for sample in found)
    for sample in hidden:
        scores = {span.hit.passage.document_id: span.hit.score for span in sample.spans}
        assert scores == pytest.approx({hit.passage.document_id: hit.score for hit in never})


def test_a_sentence_is_right_when_it_holds_the_answer() -> None:
    assert holds("The ferry leaves at nine.", ["nine"]) == 1.0
    assert holds("The ferry leaves at ninety.", ["nine"]) == 0.0
    assert holds(None, ["nine"]) == 0.0
    assert holds(None, []) == 1.0
    assert holds("The ferry leaves.", []) == 0.0
