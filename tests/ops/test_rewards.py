"""Exact properties of the arithmetic of rewards."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.logistic import logistic_fits
from weigh.ops.rewards import (
    above_all,
    bradley_terry_temperature,
    chance_of_all,
    log_sigmoid_centred,
    uncertainty_weighted,
    within,
    worst_case,
)

few = settings(max_examples=30, deadline=None)
scores = arrays(float, (6, 3), elements=st.floats(-20, 20, width=32))


@given(scores, st.floats(-10, 10), st.floats(0.2, 5))
@few
def test_transform_keeps_the_order_of_one_reward(r, reference, temperature):
    u = log_sigmoid_centred(r, reference, temperature=temperature)
    order = np.argsort(r[:, 0])
    assert (np.diff(u[order, 0]) >= 0).all()
    assert (u < 0).all()


@given(scores, arrays(float, 3, elements=st.floats(-5, 5)), arrays(float, 3, elements=st.floats(-50, 50)))
@few
def test_transform_is_unmoved_by_a_number_added_to_reward_and_reference(r, reference, shift):
    np.testing.assert_allclose(
        log_sigmoid_centred(r + shift, reference + shift), log_sigmoid_centred(r, reference), atol=1e-9
    )


def test_slope_of_the_transform_is_one_less_the_probability():
    r, h = np.linspace(-8, 8, 33), 1e-6
    slope = (log_sigmoid_centred(r + h, 0.5) - log_sigmoid_centred(r - h, 0.5)) / (2 * h)
    np.testing.assert_allclose(slope, 1 - np.exp(log_sigmoid_centred(r, 0.5)), atol=1e-8)


def test_transform_does_not_overflow():
    assert log_sigmoid_centred([-1e6, 1e6], 0.0).tolist() == [-1e6, 0.0]


@given(scores)
@few
def test_chance_of_all_bounds_the_product(r):
    u = log_sigmoid_centred(r, 0.0)
    bounds, product = chance_of_all(u), np.exp(u.sum(axis=-1))
    assert (bounds.low <= product + 1e-12).all()
    assert (product <= bounds.high + 1e-12).all()
    # AND is no likelier than any of its parts
    assert (product <= np.exp(u).min(axis=-1) + 1e-12).all()


@given(scores, st.floats(0, 3))
@few
def test_caution_is_never_above_the_mean(r, penalty):
    mean = r.mean(axis=-1)
    assert (worst_case(r) <= mean + 1e-9).all()
    assert (uncertainty_weighted(r, penalty=penalty) <= mean + 1e-9).all()
    np.testing.assert_array_equal(uncertainty_weighted(r, penalty=0.0), mean)


def test_one_model_has_no_disagreement():
    assert uncertainty_weighted([[2.0]], ddof=1).tolist() == [2.0]
    assert worst_case([[2.0]]).tolist() == [2.0]


def test_variance_of_uncertainty_weighting_by_hand():
    # squares about 2 sum to 2: divided by 2, or by 1
    assert uncertainty_weighted([[1.0, 3.0]], penalty=1.0).tolist() == [1.0]
    assert uncertainty_weighted([[1.0, 3.0]], penalty=1.0, ddof=1).tolist() == [0.0]


@given(scores, st.floats(0.1, 10), st.integers(0, 2**32 - 1))
@few
def test_within_is_unmoved_by_prompt_levels_and_units(r, factor, seed):
    r = r + 100 * np.eye(6, 3)  # so that all models differ within groups
    group = np.array([0, 0, 0, 1, 1, 1])
    r[3:] += 100 * np.eye(3)
    level = rng(seed, "levels").uniform(-50, 50, (2, 3))
    np.testing.assert_allclose(within(factor * (r + level[group]), group), within(r, group), atol=1e-9)


def test_temperature_is_that_of_a_logistic_regression():
    draw = rng(0, "pairs")
    gap = 3.0 * draw.standard_normal(2000)
    y = (draw.random(2000) < 1 / (1 + np.exp(-gap / 2.0))).astype(float)
    found = bradley_terry_temperature(gap, y)
    assert abs(found - 2.0) < 0.25
    # both directions of each pair, so that the free intercept of the other is 0
    slope = logistic_fits(np.r_[gap, -gap][:, None], np.r_[y, 1 - y], np.ones((1, 4000)), penalty=1e-9)[0, 0]
    assert found == pytest.approx(1 / slope, rel=1e-6)


def test_above_all_is_strict():
    assert above_all([[[1.0, 1.0], [2.0, 2.0], [3.0, 1.5]]]).tolist() == [[0.0, 0.0, 0.0]]
    assert above_all([[[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]]).tolist() == [[0.0, 0.0, 1.0]]


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: log_sigmoid_centred([np.nan], 0.0), "reward holds NaN"),
        (lambda: log_sigmoid_centred([1.0], 0.0, temperature=0.0), "above 0"),
        (lambda: chance_of_all([0.5]), "0 or below"),
        (lambda: worst_case(np.zeros((3, 0))), "one model or more"),
        (lambda: worst_case(1.0), "one model or more"),
        (lambda: uncertainty_weighted([[1.0]], penalty=-1.0), "0 or more"),
        (lambda: uncertainty_weighted([[1.0]], ddof=2), "0 or 1"),
        (lambda: within([[1.0], [1.0]], [0, 0]), "alike"),
        (lambda: within([[1.0], [2.0]], [0]), "expected"),
        (lambda: within([[1.0], [2.0]], [0, -1]), "whole numbers from 0"),
        (lambda: within([[1.0], [2.0]], [0.0, 1.5]), "whole numbers"),
        (lambda: bradley_terry_temperature([1.0, 2.0], [1, 1]), "perfectly"),
        (lambda: bradley_terry_temperature([1.0, 2.0], [0, 0]), "no better than chance"),
        (lambda: bradley_terry_temperature([0.0], [1]), "no better than chance"),
        (lambda: bradley_terry_temperature([], []), "expected one row"),
        (lambda: above_all([1.0]), "expected"),
    ],
)
def test_bad_input(call, match):
    with pytest.raises(InputError, match=match):
        call()
