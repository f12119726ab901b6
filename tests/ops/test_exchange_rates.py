from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.exchange_rates import amount_lines, exchange_rates

GRID = np.array([1.0, 2, 3, 5, 10, 50, 100, 1000])


def lines_of(a, b, grids=None):
    grids = [GRID] * len(a) if grids is None else grids
    utility = np.concatenate([b[k] + a[k] * np.log(grid) for k, grid in enumerate(grids)])
    goods = [f"good {k}" for k, grid in enumerate(grids) for _ in grid]
    return amount_lines(utility, np.concatenate(grids), goods)


def averaged(a, b, grids, i, j):
    """The source's form: solve for the other good at each amount of one, both ways, and take the geometric mean."""
    there = [np.log(np.exp((b[j] + a[j] * np.log(n) - b[i]) / a[i]) / n) for n in grids[j]]
    back = [np.log(n / np.exp((b[i] + a[i] * np.log(n) - b[j]) / a[j])) for n in grids[i]]
    return 0.5 * (np.mean(there) + np.mean(back))


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=30, deadline=None)
def test_closed_form_is_the_averaged_form(seed, same_grid):
    draw = rng(seed, "goods")
    a, b = draw.uniform(0.2, 2, 3), draw.standard_normal(3)
    grids = [GRID] * 3 if same_grid else [GRID[: 3 + k] for k in range(3)]
    found = exchange_rates(lines_of(a, b, grids)).log_rate
    for i in range(3):
        for j in range(3):
            assert found[i, j] == pytest.approx(averaged(a, b, grids, i, j), abs=1e-9)


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_a_rate_times_its_inverse_is_one(seed):
    draw = rng(seed, "goods")
    log_rate = exchange_rates(lines_of(draw.uniform(0.2, 2, 4), draw.standard_normal(4))).log_rate
    np.testing.assert_allclose(log_rate, -log_rate.T, atol=1e-12)


@given(st.integers(0, 10_000), st.floats(0.1, 3))
@settings(max_examples=30, deadline=None)
def test_equal_slopes_give_transitive_rates_that_no_grid_changes(seed, slope):
    b = rng(seed, "goods").standard_normal(3)
    a = np.full(3, slope)
    whole = exchange_rates(lines_of(a, b)).log_rate
    part = exchange_rates(lines_of(a, b, [GRID[:3], GRID[2:], GRID[::2]])).log_rate
    np.testing.assert_allclose(whole, part, atol=1e-8)
    np.testing.assert_allclose(whole, (b[None, :] - b[:, None]) / slope, atol=1e-8)
    assert whole[0, 1] + whole[1, 2] == pytest.approx(whole[0, 2], abs=1e-8)


def test_unequal_slopes_are_not_transitive_in_general():
    found = exchange_rates(lines_of(np.array([0.5, 1.0, 2.0]), np.array([0.0, 1.0, -1.0]))).log_rate
    assert abs(found[0, 1] + found[1, 2] - found[0, 2]) > 0.1


def test_rates_do_not_depend_on_the_zero_and_unit_of_utility():
    a, b = np.array([0.4, 0.9]), np.array([0.3, -0.2])
    one = exchange_rates(lines_of(a, b)).log_rate
    np.testing.assert_allclose(exchange_rates(lines_of(3 * a, 3 * b + 7)).log_rate, one, atol=1e-9)


def test_the_interval_is_that_of_a_simulation():
    a, b, sd = np.array([0.8, 1.1]), np.array([0.0, 0.7]), 0.05
    goods = ["tea"] * len(GRID) + ["rum"] * len(GRID)
    amounts = np.tile(GRID, 2)
    exact = np.concatenate([b[k] + a[k] * np.log(GRID) for k in range(2)])
    found = exchange_rates(amount_lines(exact, amounts, goods, cov=sd**2 * np.eye(len(exact))))
    draw = rng(0, "noise")
    drawn = [
        exchange_rates(amount_lines(exact + sd * draw.standard_normal(len(exact)), amounts, goods)).log_rate[0, 1]
        for _ in range(1000)
    ]
    assert found.se[0, 1] == pytest.approx(np.std(drawn), rel=0.1)
    # errors that move all utilities alike move no rate
    shifted = exchange_rates(amount_lines(exact, amounts, goods, cov=np.ones((len(exact), len(exact)))))
    assert shifted.se[0, 1] == pytest.approx(0, abs=1e-6)


def test_without_a_covariance_the_residuals_say_how_sure_it_is():
    draw = rng(1, "noise")
    amounts = np.tile(GRID, 2)
    utility = np.log(amounts) + 0.2 * draw.standard_normal(16)
    found = exchange_rates(amount_lines(utility, amounts, ["tea"] * 8 + ["rum"] * 8))
    assert 0.02 < found.se[0, 1] < 1
    assert found.low[0, 1] < 0 < found.high[0, 1]
    two = exchange_rates(amount_lines([0.0, 1.0, 0.0, 1.0], [1, 2, 1, 2], ["tea", "tea", "rum", "rum"]))
    assert np.isnan(two.se[0, 1])


def test_a_good_of_which_more_is_not_worth_more_has_no_rate():
    found = exchange_rates(lines_of(np.array([0.5, -0.5, 0.0, 0.5]), np.zeros(4)))
    assert found.why_not[1] == found.why_not[2] == "more of it is not worth more"
    assert np.isnan(found.log_rate[1]).all()
    assert np.isnan(found.log_rate[:, 2]).all()
    assert found.log_rate[0, 3] == pytest.approx(0)
    one = exchange_rates(amount_lines([1.0, 2.0, 3.0], [1, 2, 2], ["tea", "tea", "rum"]))
    assert one.why_not == ("", "it has fewer than two different amounts")


def test_a_good_that_is_no_line_can_be_left_out():
    utility = np.concatenate([np.log(GRID), np.log(GRID) + np.tile([1.0, -1.0], 4)])
    lines = amount_lines(utility, np.tile(GRID, 2), ["tea"] * 8 + ["rum"] * 8)
    assert lines.residual[0] == pytest.approx(0, abs=1e-12)
    assert "no line" in exchange_rates(lines, max_residual=0.1).why_not[1]


@pytest.mark.parametrize(
    ("utility", "amount", "good"),
    [([], [], []), ([1.0], [1.0, 2.0], ["tea"]), ([1.0, np.nan], [1, 2], ["tea"] * 2), ([1.0, 2.0], [0, 2], ["a"] * 2)],
)
def test_what_is_no_amount_is_refused(utility, amount, good):
    with pytest.raises(InputError):
        amount_lines(utility, amount, good)


def test_a_covariance_of_another_shape_is_refused():
    with pytest.raises(InputError, match="cov has shape"):
        amount_lines([1.0, 2.0], [1, 2], ["tea"] * 2, cov=np.eye(3))
    with pytest.raises(InputError, match="level"):
        exchange_rates(lines_of(np.ones(2), np.ones(2)), level=2.0)
