from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.expected_utility import expected_utilities, lottery_fit


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_expectation_is_linear_and_within_its_outcomes(seed):
    draw = rng(seed, "lotteries")
    p = draw.dirichlet(np.ones(4), 6)
    u, v = draw.standard_normal((2, 4))
    np.testing.assert_allclose(
        expected_utilities(p, 2 * u + v), 2 * expected_utilities(p, u) + expected_utilities(p, v), atol=1e-12
    )
    assert (expected_utilities(p, u) >= u.min() - 1e-12).all()
    np.testing.assert_allclose(expected_utilities(np.eye(4), u), u)


def test_an_agent_of_expected_utility_fits_without_error():
    e = rng(0, "expected").standard_normal(30)
    found = lottery_fit(e, e)
    assert found.slope == pytest.approx(1)
    assert found.intercept == pytest.approx(0, abs=1e-12)
    assert (found.mae, found.same_order) == (0, 1)
    assert found.mae_standardised == pytest.approx(0)


def test_standardising_hides_a_slope_which_stands_beside():
    e = rng(0, "expected").standard_normal(30)
    found = lottery_fit(0.01 * e + 5, e)
    assert found.mae_standardised == pytest.approx(0, abs=1e-9)
    assert found.slope == pytest.approx(0.01)
    assert found.mae > 1


def test_order_counts_all_pairs_and_ties():
    assert lottery_fit([0.0, 1.0, 2.0], [0.0, 2.0, 1.0]).same_order == pytest.approx(2 / 3)
    assert lottery_fit([0.0, 0.0], [0.0, 5e-7]).same_order == 1


def test_utilities_that_do_not_vary_have_no_correlation():
    found = lottery_fit([1.0, 1.0, 1.0], [0.0, 1.0, 2.0])
    assert np.isnan(found.correlation.estimate)
    assert found.slope == 0


@pytest.mark.parametrize("constant", [1.0, 0.1])
def test_expected_utilities_that_do_not_vary_have_no_slope(constant):
    # the variance of three times 0.1 is a rounding error above 0
    found = lottery_fit([0.0, 1.0, 2.0], [constant] * 3)
    assert np.isnan([found.correlation.estimate, found.slope, found.intercept, found.mae_standardised]).all()
    assert np.isnan(lottery_fit([constant] * 3, [0.0, 1.0, 2.0]).mae_standardised)


@pytest.mark.parametrize(
    ("p", "u"),
    [
        ([[0.5, 0.6]], [0, 1]),
        ([[0.5, 0.5]], [0, 1, 2]),
        ([[-0.5, 1.5]], [0, 1]),
        ([[0.5, 0.5]], [0, np.nan]),
        ([0.5], [1]),
    ],
)
def test_what_is_no_lottery_is_refused(p, u):
    with pytest.raises(InputError):
        expected_utilities(p, u)


@pytest.mark.parametrize(("u", "e"), [([1.0], [1.0]), ([1.0, 2.0], [1.0]), ([1.0, np.nan], [1.0, 2.0])])
def test_too_few_lotteries_are_refused(u, e):
    with pytest.raises(InputError):
        lottery_fit(u, e)
