"""Joint decoding against every pair, tried one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rag.spans import COST_OF_CROSSING, COST_OF_TOKEN, TokenSpan, best_spans, cost, token_mass


@given(st.integers(1, 12), st.integers(1, 6), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_equals_brute_force(tokens: int, longest: int, limit: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Few distinct values, so that ties happen.
    start = rng.integers(-3, 4, tokens).astype(np.float32)
    end = rng.integers(-3, 4, tokens).astype(np.float32)
    allowed = rng.random(tokens) < 0.7
    costs = rng.integers(0, 3, (tokens, longest)).astype(np.float32)
    every = [
        TokenSpan(i, j, float(start[i] + end[j] - costs[i, j - i]))
        for i in range(tokens)
        for j in range(i, min(tokens, i + longest))
        if allowed[i] and allowed[j]
    ]
    expected = sorted(every, key=lambda s: (-s.score, s.first, s.last))[:limit]
    assert best_spans(start, end, allowed, costs, limit) == expected


def test_never_pairs_an_end_before_its_start() -> None:
    start = np.array([0, 0, 9], dtype=np.float32)
    end = np.array([9, 0, 0], dtype=np.float32)
    free = np.zeros((3, 3), dtype=np.float32)
    assert best_spans(start, end, np.ones(3, dtype=bool), free, 1) == [TokenSpan(0, 0, 9.0)]


def test_long_spans_and_those_over_two_sentences_cost() -> None:
    token, crossing = COST_OF_TOKEN, COST_OF_CROSSING
    costs = cost(np.array([0, 0, 1]), max_length=3)
    np.testing.assert_allclose(costs[0], [0, token, 2 * token + crossing], rtol=1e-6)
    np.testing.assert_allclose(costs[1, :2], [0, token + crossing], rtol=1e-6)
    # Start and end predicted apart: of two answers the one inside a sentence, not all between.
    start = np.array([5, 0, 4.9], dtype=np.float32)
    end = np.array([4, 0, 5], dtype=np.float32)
    best = best_spans(start, end, np.ones(3, dtype=bool), costs, 2)
    assert [(span.first, span.last) for span in best] == [(2, 2), (0, 0)]


def test_no_span_leaves_its_piece() -> None:
    costs = cost(np.array([0, 0, 0, 0]), max_length=3, piece_of=np.array([4, 4, 5, 5]))
    assert np.isfinite(costs[0]).tolist() == [True, True, False]
    assert np.isfinite(costs[1, :2]).tolist() == [True, False]
    assert np.isfinite(costs[2, :2]).tolist() == [True, True]


def test_token_mass_is_what_no_answer_leaves() -> None:
    start = np.log(np.array([2, 9, 1, 1], dtype=np.float32))  # token 1 is the question's
    end = np.log(np.array([1, 9, 1, 2], dtype=np.float32))
    mass = token_mass(start, end, np.array([False, False, True, True]))
    # Starts: 2 to 1 to 1 over [CLS] and the two; ends: 1 to 1 to 2.
    np.testing.assert_allclose(mass, [0, 0, (1 / 4 + 1 / 4) / 2, (1 / 4 + 2 / 4) / 2], atol=1e-6)
