"""Kendall's distance: scipy's τ without ties, a metric with them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import kendalltau

from weigh.core.errors import InputError
from weigh.ops.rank_distance import kendall_distances

TIED = arrays.arrays(float, st.tuples(st.integers(3, 4), st.integers(2, 6)), elements=st.integers(0, 3).map(float))


@given(st.permutations(range(6)), st.permutations(range(6)))
@settings(max_examples=30, deadline=None)
def test_without_ties_it_is_half_of_one_less_tau(a, b):
    tau = kendalltau(a, b).statistic
    assert kendall_distances([a], [b])[0, 0] == pytest.approx((1 - tau) / 2)


@given(TIED)
@settings(max_examples=40, deadline=None)
def test_it_is_a_distance_of_orders(scores):
    d = kendall_distances(scores)
    np.testing.assert_allclose(d, d.T)
    assert (np.diag(d) == 0).all()
    assert (d <= d[:, [0]] + d[[0], :] + 1e-12).all()
    assert (d >= 0).all()
    assert (d <= 1).all()
    i, j = np.triu_indices(scores.shape[1], 1)
    np.testing.assert_allclose(
        kendall_distances(scores, -scores).diagonal(), (scores[:, i] != scores[:, j]).mean(axis=1)
    )
    np.testing.assert_allclose(kendall_distances(np.exp(scores)), d)


def test_known_answer():
    assert kendall_distances([[1, 2, 3]], [[1, 3, 2]])[0, 0] == pytest.approx(1 / 3)
    assert kendall_distances([[1, 2]], [[2, 1]])[0, 0] == 1.0
    assert kendall_distances([[1, 1]], [[2, 1]])[0, 0] == 0.5


@pytest.mark.parametrize("bad", [[], [[1.0]], [1.0, 2.0], [[1.0, np.nan]]])
def test_what_are_no_orders_is_refused(bad):
    with pytest.raises(InputError):
        kendall_distances(bad)
    with pytest.raises(InputError):
        kendall_distances([[1, 2, 3]], [[1, 2]])
