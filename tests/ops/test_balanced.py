"""Balanced shares and what is above blind choice, held against closed forms, simulation and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng, wilson
from weigh.ops.balanced import above_blind, balanced_share

SHARES = st.lists(st.floats(0, 1), min_size=2, max_size=6)


@given(SHARES, st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_a_mixture_of_reading_and_blind_choice_is_told_apart(places, q):
    places = np.array(places) + 1e-3
    blind = places / places.sum()
    right = q + (1 - q) * blind
    n = len(blind)
    share = balanced_share(1000 * np.minimum(right, 1), np.full(n, 1000.0)).estimate
    assert above_blind(share, n) == pytest.approx(q, abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_interval_holds_the_estimate_and_stays_within_bounds(counts):
    n = np.array([size for _, size in counts], dtype=float)
    s = np.minimum([k for k, _ in counts], n)
    found = balanced_share(s, n)
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    assert found.estimate == pytest.approx((s / n).mean())


def test_one_stratum_has_wilsons_interval():
    found = balanced_share([7], [23])
    assert (found.estimate, found.low, found.high) == pytest.approx(tuple(wilson(7, 23)))


def test_coverage_with_strata_of_five():
    n, p = np.array([328, 5, 13, 5]), np.array([0.9, 0.4, 0.6, 0.4])
    draw = rng(0, "coverage")
    found = [balanced_share(draw.binomial(n, p), n) for _ in range(400)]
    assert np.mean([one.low <= p.mean() <= one.high for one in found]) > 0.88


def test_equals_balanced_accuracy():
    metrics = pytest.importorskip("sklearn.metrics")
    draw = rng(1, "peer")
    key, chosen = draw.integers(0, 4, 200), draw.integers(0, 4, 200)
    right = np.bincount(key[key == chosen], minlength=4)
    share = balanced_share(right, np.bincount(key, minlength=4)).estimate
    assert share == pytest.approx(metrics.balanced_accuracy_score(key, chosen))
    adjusted = metrics.balanced_accuracy_score(key, chosen, adjusted=True)
    assert above_blind(share, 4) == pytest.approx(adjusted)


@pytest.mark.parametrize(("s", "n"), [([], []), ([1], [0]), ([2], [1]), ([1, 2], [3]), ([[1]], [[2]]), ([1], [np.nan])])
def test_bad_counts(s, n):
    with pytest.raises(InputError):
        balanced_share(s, n)


def test_a_choice_needs_two_options():
    with pytest.raises(InputError, match="two options"):
        above_blind(0.5, 1)
