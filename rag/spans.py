"""Start and end logits to answer spans: pure numpy, no model.

Start and end are decoded together (every pair with ``start <= end`` and a length cap is scored by
``start_logit + end_logit``), tokens of the question and special tokens are masked out. Since the
two are predicted apart, the best pair may begin with one answer and end with another; the ``cost``
of long spans and of spans over several sentences speaks against that.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

COST_OF_TOKEN = 0.03
COST_OF_CROSSING = 2.0
"""In logits, chosen on validation questions: see DECISIONS.md."""


class TokenSpan(NamedTuple):
    """First and last token (inclusive) and the sum of their logits, less what the span costs."""

    first: int
    last: int
    score: float


def cost(
    statement_of: NDArray[np.int64], max_length: int, piece_of: NDArray[np.int64] | None = None
) -> Floats:
    """(tokens, max_length): what is taken off the span that starts at i and has j + 1 tokens.

    ``statement_of`` numbers each token's statement, (tokens,); ``piece_of`` what no span may leave.
    """
    further = np.arange(max_length, dtype=np.float32)
    crossing = _leaving(statement_of, max_length).astype(np.float32)
    costs: Floats = np.float32(COST_OF_TOKEN) * further + np.float32(COST_OF_CROSSING) * crossing
    if piece_of is not None:
        costs[_leaving(piece_of, max_length)] = np.inf
    return costs


def _leaving(numbers: NDArray[np.int64], max_length: int) -> NDArray[np.bool_]:
    """(tokens, max_length): whether the token at i + j has another number than that at i."""
    own = numbers.astype(np.float32)
    leaving: NDArray[np.bool_] = _from_each_start(own, max_length) != own[:, None]
    return leaving


def _from_each_start(values: Floats, max_length: int) -> Floats:
    """(tokens, max_length): the value at i + j, and -inf beyond the last token."""
    beyond = np.full(max_length - 1, -np.inf, dtype=np.float32)
    return np.lib.stride_tricks.sliding_window_view(np.append(values, beyond), max_length)


def best_spans(
    start: Floats,
    end: Floats,
    allowed: NDArray[np.bool_],
    costs: Floats,
    limit: int,
) -> list[TokenSpan]:
    """The ``limit`` best spans, best first; ``costs``, (tokens, max_length), cap their length.

    ``start``, ``end`` and ``allowed`` are (tokens,). Ties go to the earlier, then the shorter
    span, so that the order is deterministic. Spans never touch a token that is not allowed at
    their ends; that none goes over such tokens is up to the costs.
    """
    max_length = costs.shape[1]
    starts, ends = (np.where(allowed, head, np.float32(-np.inf)) for head in (start, end))
    scores = starts[:, None] + _from_each_start(ends, max_length) - costs
    flat = scores.ravel()
    limit = min(limit, len(flat))
    cut = np.partition(flat, len(flat) - limit)[len(flat) - limit]
    near = np.flatnonzero(flat >= cut)
    order = near[np.lexsort((near, -flat[near]))][:limit]
    return [
        TokenSpan(int(i // max_length), int(i // max_length + i % max_length), float(flat[i]))
        for i in order
        if np.isfinite(flat[i])
    ]


def token_mass(start: Floats, end: Floats, allowed: NDArray[np.bool_]) -> Floats:
    """How much of the reader's belief lies on each token, (tokens,), at most 1 together.

    The mean of the softmax over the starts and that over the ends, both over the allowed tokens and
    the first one, which stands for "no answer" and takes its part away.
    """
    heads = np.stack([start, end]).astype(np.float64)
    heads[:, ~allowed & (np.arange(len(start)) > 0)] = -np.inf
    shares = np.exp(heads - heads.max(axis=1, keepdims=True))
    mass = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)
    return np.where(allowed, mass, 0.0).astype(np.float32)
