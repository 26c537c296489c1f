"""Raw scores to the probability that an answer is right.

A logistic model (Platt, 1999) over the reader's margin and the retriever's score. Its numbers are
fitted on validation questions by ``scripts/fit_calibration.py`` and stored beside the reader.
"""

import json
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from rag.errors import ModelError
from rag.types import Span

FILE = "calibration.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """``P(right) = sigmoid(bias + margin * (score - no_answer_score) + retrieval * hit.score)``.

    ``threshold`` is the probability below which the answer is "not in these documents".
    """

    bias: float = 0.0
    margin: float = 1.0
    retrieval: float = 0.0
    threshold: float = 0.5

    def probability(self, span: Span) -> float:
        """Probability in 0..1 that the span answers the question."""
        logit = (
            self.bias
            + self.margin * (span.score - span.no_answer_score)
            + self.retrieval * span.hit.score
        )
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))

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
