"""Density ratios and what weights leave of a sample."""

from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.density_ratio import conditional_ratio, effective_sample_size, ratio_of_counts, ratio_of_probability


def test_weights_by_counts_turn_the_source_into_the_target():
    chance = rng(0)
    source, target = chance.integers(0, 3, (200, 2)), chance.integers(0, 3, (90, 2)) // 2
    ratio = ratio_of_counts(source, target)
    assert ratio.sum() == pytest.approx(200)
    for kind in np.unique(source, axis=0):
        share = ratio[(source == kind).all(axis=1)].sum() / 200
        assert share == pytest.approx((target == kind).all(axis=1).mean())


def test_a_true_probability_gives_the_true_ratio():
    r = np.array([0.2, 1.0, 5.0])
    p = 300 * r / (300 * r + 100)
    np.testing.assert_allclose(ratio_of_probability(p, 100, 300), r)
    assert np.isfinite(ratio_of_probability([0.0, 1.0], 1, 1)).all()


def test_what_is_never_seen_is_left_as_it_is():
    assert conditional_ratio([0.5, 0.0, 0.0], [0.25, 2.0, 0.0]).tolist() == [2.0, 0.0, 1.0]


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_effective_sample_size(scale):
    w = np.array([[1.0, 1.0, 1.0, 1.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [3.0, 1.0, 0.0, 0.0]])
    np.testing.assert_allclose(effective_sample_size(w * scale), [4, 1, 0, 1.6])


@pytest.mark.parametrize(
    "call",
    [
        lambda: ratio_of_probability([1.2], 1, 1),
        lambda: ratio_of_probability([np.nan], 1, 1),
        lambda: ratio_of_probability([0.5], 0, 1),
        lambda: ratio_of_counts(np.zeros((0, 1)), np.zeros((1, 1))),
        lambda: ratio_of_counts(np.zeros((2, 1)), np.zeros((2, 2))),
        lambda: conditional_ratio([1.0, 2.0], [1.0]),
        lambda: conditional_ratio([1.0, np.nan], [1.0, 1.0]),
        lambda: effective_sample_size([]),
        lambda: effective_sample_size([1.0, -1.0]),
        lambda: effective_sample_size([1.0, np.nan]),
    ],
)
def test_what_is_no_ratio_or_weight_is_refused(call):
    with pytest.raises(InputError):
        call()
