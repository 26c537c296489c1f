"""Raw scores to the probability that an answer is right.

A logistic model (Platt, 1999) over the reader's margin, the retriever's score and near misses.
Its numbers are fitted on validation questions by ``scripts/fit_calibration.py`` and stored beside
the reader.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from rag.errors import ModelError
from rag.types import Span

FILE = "calibration.json"
LEAD_CAP = 8.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """The log-odds that an answer is right; ``threshold`` is the probability to answer from.

    Of one span: ``bias + margin * (score - no_answer_score) + retrieval * hit.score``.
    Of an answer: the log-odds of its best span, plus ``lead`` times their distance from those of
    the best other answer (at most ``LEAD_CAP``), plus ``agreement`` times the log of its spans'
    probabilities added up in units of the best one's (1 span: nothing is added), plus ``stray`` if
    its best span is a near miss. ``alone`` is the lead of an answer without any other.
    """

    bias: float = 0.0
    margin: float = 1.0
    retrieval: float = 0.0
    lead: float = 0.0
    agreement: float = 0.0
    stray: float = 0.0
    alone: float = LEAD_CAP
    threshold: float = 0.5

    def log_odds(self, span: Span) -> float:
        """Log-odds that the span answers the question, by itself."""
        return (
            self.bias
            + self.margin * (span.score - span.no_answer_score)
            + self.retrieval * span.hit.score
        )

    def standing(self, log_odds: Sequence[float], lead: float) -> float:
        """What answers are ordered by, from their spans' log-odds, best first."""
        return log_odds[0] + self.lead * lead + self.agreement * support(log_odds)

    def probability(self, standing: float, *, stray: bool) -> float:
        """Probability in 0..1 that an answer is right."""
        return sigmoid(standing + self.stray * stray)

    def save(self, folder: Path) -> None:
        """Write the numbers beside the model."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Calibration":
        """The numbers beside a model; without any, the reader's own log-odds are believed.

        Raises:
            ModelError: the file is there but is not a calibration.
        """
        path = folder / FILE
        if not path.exists():
            return cls()
        try:
            values = json.loads(path.read_text("utf-8"))
            return cls(**{field.name: float(values[field.name]) for field in fields(cls)})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{path}: not a calibration ({error}); fit it again") from error


def support(log_odds: Sequence[float]) -> float:
    """Log of how many spans, each in proportion to the best one, say the same; 0 for one."""
    return math.log(sum(sigmoid(each) for each in log_odds) / sigmoid(log_odds[0]))


def sigmoid(log_odds: float) -> float:
    """Log-odds to probability."""
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, log_odds))))
