"""Start and end logits to answer spans: pure numpy, no model.

Start and end are decoded together (every pair with ``start <= end`` and a length cap is scored by
``start_logit + end_logit``), tokens of the question and special tokens are masked out.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class TokenSpan(NamedTuple):
    """First and last token (inclusive) and the sum of their logits."""

    first: int
    last: int
    score: float


def best_spans(
    start: Floats, end: Floats, allowed: NDArray[np.bool_], max_length: int, limit: int
) -> list[TokenSpan]:
    """The ``limit`` best spans of at most ``max_length`` tokens, best first.

    ``start``, ``end`` and ``allowed`` are (tokens,). Ties go to the earlier, then the shorter
    span, so that the order is deterministic. Spans never touch a token that is not allowed at
    their ends; allowed tokens are contiguous in a question-context pair.
    """
    tokens = len(start)
    low = np.float32(-np.inf)
    masked_end = np.full(tokens + max_length - 1, low, dtype=np.float32)
    masked_end[:tokens] = np.where(allowed, end, low)
    masked_start = np.where(allowed, start, low).astype(np.float32)
    # (tokens, max_length): score of the span that starts at i and has j + 1 tokens
    scores = masked_start[:, None] + np.lib.stride_tricks.sliding_window_view(
        masked_end, max_length
    )
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
