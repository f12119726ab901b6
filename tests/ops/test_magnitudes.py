from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.magnitudes import offset_loss, rater_scales, regression_loss, weighted_loss, winsorised

LOSSES = (weighted_loss, offset_loss, regression_loss)


def pairs(n=12):
    draw = rng(0, "pairs")
    return 10 * draw.standard_normal(n), draw.exponential(size=n)


def dpo(h, beta):
    return -np.log(1 / (1 + np.exp(-beta * h)))


@pytest.mark.parametrize("loss", LOSSES)
def test_slope_is_the_derivative(loss):
    h, z = pairs()
    up, down = loss(h + 1e-5, z, beta=0.3).value, loss(h - 1e-5, z, beta=0.3).value
    np.testing.assert_allclose(loss(h, z, beta=0.3).slope, (up - down) / 2e-5, rtol=1e-6, atol=1e-9)


def test_equal_magnitudes_are_dpo():
    h, _ = pairs()
    np.testing.assert_allclose(weighted_loss(h, np.full(12, 7.3), beta=0.2).value, dpo(h, 0.2), rtol=1e-12)
    np.testing.assert_allclose(offset_loss(h, np.ones(12), beta=0.2, kappa=0).value, dpo(h, 0.2), rtol=1e-12)


@given(st.floats(1e-3, 1e3))
@settings(max_examples=20, deadline=None)
def test_unit_of_money_does_not_matter_to_weights(c):
    h, z = pairs()
    np.testing.assert_allclose(weighted_loss(h, c * z).value, weighted_loss(h, z).value, rtol=1e-9)
    rater = np.array(["a", "b", "c"] * 4)
    other = np.where(rater == "b", c * z, z)
    np.testing.assert_allclose(
        np.where(rater == "b", other / rater_scales(other, rater), 0),
        np.where(rater == "b", z / rater_scales(z, rater), 0), rtol=1e-9,
    )  # fmt: skip


def test_regression_is_least_at_the_magnitude_and_offset_asks_for_it():
    _, z = pairs()
    signed = np.where(np.arange(12) % 2, z, -z)
    assert regression_loss(signed / 0.1 * 2, signed, kappa=2).value.max() < 1e-20
    np.testing.assert_allclose(offset_loss(z / 0.1, z).value, np.log(2))
    assert weighted_loss([1e5, -1e5], [1.0, 1.0], beta=1).value.tolist() == [0, 1e5]


def test_a_magnitude_of_zero_counts_nothing():
    loss = weighted_loss([1.0, 2.0], [0.0, 3.0])
    assert loss.value[0] == loss.slope[0] == 0


def test_scales_of_raters():
    scales = rater_scales([1, -3, 0, 5, 8, 2], ["a", "a", "a", "b", "c", "c"])
    assert scales.tolist() == [2, 2, 2, 3.5, 5, 5]  # b has one gap, and gets the middle of the others
    assert rater_scales([3.0], ["a"]).tolist() == [3.0]
    assert winsorised([1, -2, 3, -100], 1).tolist() == [1, -2, 3, -100]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rater_scales([0.0, 0.0], ["a", "b"]), "nothing to weigh"),
        (lambda: rater_scales([1.0], ["a", "b"]), "expected one"),
        (lambda: winsorised([1.0], 0), "above 0"),
        (lambda: weighted_loss([1.0], [0.0]), "all 0"),
        (lambda: offset_loss([1.0], [-1.0]), "negative"),
        (lambda: regression_loss([np.nan], [1.0]), "not finite"),
        (lambda: regression_loss([], []), "one number a pair"),
    ],
)
def test_what_cannot_be_used(call, message):
    with pytest.raises(InputError, match=message):
        call()
