from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.instrumentality import instrumental_fit, mean_error


def world(seed):
    draw = rng(seed, "world")
    p = draw.dirichlet(np.ones(4), 2)
    return draw.standard_normal(2), draw.standard_normal(4), p


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_the_closed_form_is_the_least_of_the_published_loss(seed):
    first, last, p = world(seed)
    discount, anchor = 0.99, 0.1

    def loss(x):
        reward, v_last, v_first = x[:4], x[4:8], x[8:]
        new_first = discount * p @ v_last
        gap = np.concatenate([reward - v_last, new_first - v_first])
        miss = np.concatenate([reward - last, new_first - first])
        return (gap**2).mean() + anchor * (miss**2).mean()

    found = minimize(loss, np.zeros(10), method="BFGS", options={"gtol": 1e-10})
    ours = instrumental_fit(first, last, p)
    assert ours.loss == pytest.approx(found.fun, abs=1e-8)
    np.testing.assert_allclose(ours.last, found.x[:4], atol=1e-3)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_utilities_that_follow_from_their_ends_leave_no_error(seed):
    _, last, p = world(seed)
    assert instrumental_fit(p @ last, last, p, discount=1.0).error < 1e-9
    assert instrumental_fit(0.9 * p @ last, last, p, discount=0.9).error < 1e-9


@given(st.integers(0, 10_000), st.floats(0.1, 10))
@settings(max_examples=20, deadline=None)
def test_the_error_is_in_the_unit_of_the_utilities(seed, unit):
    first, last, p = world(seed)
    whole = instrumental_fit(first, last, p)
    assert instrumental_fit(unit * first, unit * last, p).error == pytest.approx(unit * whole.error, rel=1e-6)


def test_turned_transitions_leave_more():
    last, p = np.array([1.0, -1.0]), np.array([[0.9, 0.1], [0.1, 0.9]])
    natural, turned = (instrumental_fit(p @ last, last, q) for q in (p, p[::-1]))
    assert natural.error < 0.02 < 0.3 < turned.error
    assert mean_error([natural, turned]) == pytest.approx((natural.error + turned.error) / 2)


@pytest.mark.parametrize(
    ("first", "last", "p"),
    [([1.0], [1.0], [[0.5]]), ([1.0], [1.0, 2.0], [[1.0]]), ([np.nan], [1.0], [[1.0]]), ([], [], np.zeros((0, 0)))],
)
def test_what_is_no_world_is_refused(first, last, p):
    with pytest.raises(InputError):
        instrumental_fit(first, last, p)


def test_options_out_of_range_are_refused():
    with pytest.raises(InputError, match="discount"):
        instrumental_fit([1.0], [1.0], [[1.0]], discount=2.0)
    with pytest.raises(InputError, match="no worlds"):
        mean_error([])
