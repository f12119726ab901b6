"""Divergences of two distributions: by hand, and the inequality that links them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.divergences import kl_divergence, total_variation


def test_by_hand():
    assert kl_divergence([1, 0], [0, 1]) == math.inf
    assert kl_divergence([0.5, 0.5], [0.25, 0.75]) == pytest.approx(0.5 * math.log(2) + 0.5 * math.log(2 / 3))
    assert total_variation([[1, 0], [0.5, 0.5]], [0, 1]).tolist() == [1.0, 0.5]


@given(st.integers(0, 1000), st.integers(2, 8))
@settings(max_examples=25, deadline=None)
def test_pinskers_inequality(seed, k):
    p, q = rng(seed, "pinsker").dirichlet(np.ones(k), size=(2, 5))
    assert (total_variation(p, q) <= np.sqrt(kl_divergence(p, q) / 2) + 1e-12).all()
    np.testing.assert_array_equal(kl_divergence(p, p), 0)


@pytest.mark.parametrize("divergence", [kl_divergence, total_variation])
@pytest.mark.parametrize(("p", "q"), [([1.0], [0.5, 0.5]), (1.0, [1.0])])
def test_other_outcomes_are_refused(divergence, p, q):
    with pytest.raises(InputError, match="the same outcomes"):
        divergence(p, q)
