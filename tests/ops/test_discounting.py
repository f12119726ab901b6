from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.discounting import discount_curve, discounted, indifference_amount

AMOUNTS = np.round(np.geomspace(500, 30_000, 30))
MONTHS = np.arange(1.0, 61.0)


def preferred(amount, star, slope=3.0):
    return 1 / (1 + np.exp(-slope * (np.log(amount) - np.log(star))))


@given(st.floats(600, 25_000), st.floats(0.5, 20))
@settings(max_examples=30, deadline=None)
def test_indifference_is_found_where_the_preference_crosses_a_half(star, slope):
    assert indifference_amount(preferred(AMOUNTS, star, slope), AMOUNTS) == pytest.approx(star, rel=1e-6)


@given(st.floats(600, 25_000), st.floats(2, 50))
@settings(max_examples=20, deadline=None)
def test_it_is_in_the_unit_of_the_amounts(star, unit):
    p = preferred(AMOUNTS, star)
    assert indifference_amount(p, unit * AMOUNTS) == pytest.approx(unit * indifference_amount(p, AMOUNTS), rel=1e-6)


def test_choices_without_overlap_leave_it_between_the_two():
    assert indifference_amount([0, 0, 1, 1], [1, 2, 8, 16]) == pytest.approx(4)


def test_repeating_rows_is_weighing_them():
    p, x = np.array([0.1, 0.2, 0.6, 0.9, 0.7]), np.array([1.0, 2, 3, 4, 5])
    twice = indifference_amount(np.tile(p, 2), np.tile(x, 2))
    assert indifference_amount(p, x, 2 * np.ones(5)) == pytest.approx(twice)
    some = indifference_amount(p, x, [1, 1, 1, 1, 0])
    assert some == pytest.approx(indifference_amount(p[:4], x[:4]))


@pytest.mark.parametrize("p", [[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [0.9, 0.5, 0.1], [0.01, 0.02, 0.03]])
def test_there_is_none_where_nothing_offered_is_as_good(p):
    assert np.isnan(indifference_amount(p, [1, 2, 3]))


@given(st.floats(0.005, 1.0))
@settings(max_examples=20, deadline=None)
def test_both_curves_recover_their_rate(rate):
    for kind, other in (("hyperbolic", "exponential"), ("exponential", "hyperbolic")):
        found = discount_curve(MONTHS, discounted(MONTHS, rate, kind), kind)
        assert found.rate == pytest.approx(rate, rel=1e-5)
        assert found.mae < 1e-6
        assert discount_curve(MONTHS, discounted(MONTHS, rate, kind), other).mae > 10 * found.mae


def test_the_rate_is_per_unit_of_time():
    d = discounted(MONTHS, 0.1, "hyperbolic")
    assert discount_curve(MONTHS / 12, d, "hyperbolic").rate == pytest.approx(1.2, rel=1e-5)


def test_the_standard_error_is_that_of_a_simulation():
    draw, sd = rng(0, "noise"), 0.02
    exact = discounted(MONTHS, 0.08, "hyperbolic")
    fits = [discount_curve(MONTHS, exact + sd * draw.standard_normal(60), "hyperbolic") for _ in range(200)]
    assert np.mean([fit.se for fit in fits]) == pytest.approx(np.std([fit.rate for fit in fits]), rel=0.15)


def test_one_delay_gives_a_rate_without_an_error():
    found = discount_curve([12.0], [0.5], "hyperbolic")
    assert found.rate == pytest.approx(1 / 12)
    assert np.isnan(found.se)


@pytest.mark.parametrize(
    ("p", "x"), [([], []), ([0.5], [1, 2]), ([1.5], [1]), ([np.nan], [1]), ([0.5], [0]), ([0.5], [np.inf])]
)
def test_what_is_no_preference_between_amounts_is_refused(p, x):
    with pytest.raises(InputError):
        indifference_amount(p, x)
    with pytest.raises(InputError, match="finite"):
        indifference_amount([0.4, 0.6], [1, 2], [1, np.inf])


@pytest.mark.parametrize(
    ("t", "d", "kind"),
    [([0.0], [1.0], "hyperbolic"), ([1.0, 2.0], [0.5], "hyperbolic"), ([1.0], [0.0], "exponential"),
     ([-1.0, 1.0], [1.0, 1.0], "exponential"), ([1.0], [0.5], "linear"), ([np.nan, 1], [0.5, 1], "hyperbolic")],
)  # fmt: skip
def test_what_is_no_curve_is_refused(t, d, kind):
    with pytest.raises(InputError):
        discount_curve(t, d, kind)
