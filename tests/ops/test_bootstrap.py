"""The clustered BCa bootstrap: scipy's where clusters are single members, and its conventions."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from weigh.core.errors import InputError
from weigh.ops.bootstrap import bca_mean


@pytest.fixture
def x():
    return np.random.default_rng(1).gamma(0.5, size=40)


def test_single_members_give_scipys_interval(x):
    ours = bca_mean(x, np.ones(40), rng=np.random.default_rng(3))
    theirs = scipy.stats.bootstrap((x,), np.mean, rng=np.random.default_rng(4)).confidence_interval
    assert ours.estimate == pytest.approx(x.mean())
    # other draws, the same interval up to their noise
    assert ours.low == pytest.approx(theirs.low, abs=0.02)
    assert ours.high == pytest.approx(theirs.high, abs=0.02)


def test_clusters_that_differ_make_a_wider_interval_than_their_members_would(x):
    shifted = x + np.repeat(np.arange(8), 5)
    whole = bca_mean(shifted.reshape(8, 5).sum(axis=1), np.full(8, 5), rng=np.random.default_rng(0))
    apart = bca_mean(shifted, np.ones(40), rng=np.random.default_rng(0))
    assert whole.estimate == pytest.approx(apart.estimate)
    assert whole.high - whole.low > 1.3 * (apart.high - apart.low)


def test_the_unit_goes_through(x):
    one, ten = (bca_mean(c * x, np.ones(40), rng=np.random.default_rng(0)) for c in (1.0, 10.0))
    np.testing.assert_allclose(np.multiply(10, one), ten)


def test_larger_clusters_weigh_more():
    assert bca_mean([1.0, 9.0], [1, 3], rng=np.random.default_rng(0)).estimate == pytest.approx(2.5)


def test_one_cluster_has_no_interval():
    found = bca_mean([3.0], [2], rng=np.random.default_rng(0))
    assert found.estimate == 1.5
    assert np.isnan([found.low, found.high]).all()


def test_equal_clusters_leave_no_doubt():
    assert bca_mean([0.0, 0.0, 0.0], [1, 2, 3], rng=np.random.default_rng(0)) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("n_resamples", [2, 9, 999])
def test_the_interval_holds_the_mean_however_few_the_draws(x, n_resamples):
    for n in (2, 3, 40):
        found = bca_mean(x[:n], np.ones(n), rng=np.random.default_rng(0), n_resamples=n_resamples)
        assert found.low <= found.estimate <= found.high


@pytest.mark.parametrize(
    ("sums", "sizes", "rest", "match"),
    [
        ([], [], {}, "shape"),
        ([1.0, 2.0], [1], {}, "shape"),
        ([1.0, np.nan], [1, 1], {}, "finite"),
        ([1.0, 2.0], [1, 0], {}, "above 0"),
        ([1.0, 2.0], [1, 1], {"level": 1.0}, "level"),
        ([1.0, 2.0], [1, 1], {"n_resamples": 1}, "n_resamples"),
    ],
)
def test_what_cannot_be_drawn_is_refused(sums, sizes, rest, match):
    with pytest.raises(InputError, match=match):
        bca_mean(sums, sizes, rng=np.random.default_rng(0), **rest)
