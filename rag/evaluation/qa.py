"""Answer metrics of SQuAD 1.1 and 2.0 (Rajpurkar et al., 2016 and 2018).

Conventions: a score is the best over all gold answers. A question without gold answers is
unanswerable; there the score is 1 when nothing was answered and 0 otherwise, and on an answerable
question saying nothing scores 0. Every question counts.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence

RIGHT = 0.5

_PUNCTUATION = frozenset(string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def normalize_answer(text: str) -> str:
    """Lower case, ASCII punctuation and articles removed, white space made single."""
    bare = "".join(c for c in text.lower() if c not in _PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def exact_match(prediction: str | None, golds: Sequence[str]) -> float:
    """1.0 when the normalised prediction equals a gold answer, else 0.0."""
    if prediction is None:
        return float(not golds)
    return max(_exact(prediction, gold) for gold in golds or [""])


def f1(prediction: str | None, golds: Sequence[str]) -> float:
    """Harmonic mean of token precision and recall against the best gold answer."""
    if prediction is None:
        return float(not golds)
    return max(_overlap(prediction, gold) for gold in golds or [""])


def is_right(prediction: str | None, golds: Sequence[str]) -> bool:
    """Whether a person would take the answer: F1 of at least ``RIGHT``, or it holds a gold answer.

    The second is for whole sentences, whose F1 is low however well they answer. On a question
    without golds it is right to answer nothing.
    """
    if prediction is None or not golds:
        return prediction is None and not golds
    said = f" {normalize_answer(prediction)} "
    wanted = (normalize_answer(gold) for gold in golds)
    return f1(prediction, golds) >= RIGHT or any(f" {w} " in said for w in wanted if w)


def _exact(prediction: str, gold: str) -> float:
    return float(normalize_answer(prediction) == normalize_answer(gold))


def _overlap(prediction: str, gold: str) -> float:
    predicted = normalize_answer(prediction).split()
    expected = normalize_answer(gold).split()
    if not predicted or not expected:  # no answer: SQuAD 2.0 counts 1 only where both have none
        return float(predicted == expected)
    common = sum((Counter(predicted) & Counter(expected)).values())
    if not common:
        return 0.0
    precision, recall = common / len(predicted), common / len(expected)
    return 2 * precision * recall / (precision + recall)
