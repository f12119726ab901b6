from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats as peer

from weigh.core.errors import InputError
from weigh.core.stats import correlation_interval, holm, mean_interval, paired_difference, rng, spearman_brown, wilson


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_equals_scipy(kn):
    k, n = kn
    theirs = peer.binomtest(k, n).proportion_ci(0.9, method="wilson")
    assert wilson(k, n, level=0.9)[1:] == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_wilson_is_vectorised_and_open_without_trials():
    found = wilson([0, 5, 0], [10, 10, 0])
    assert found.low.shape == (3,)
    assert (found.low[2], found.high[2]) == (0, 1)
    assert np.isnan(found.estimate[2])
    with pytest.raises(InputError, match="successes"):
        wilson(3, 2)


def test_correlation_equals_scipy_and_its_edges():
    x, y = np.random.default_rng(0).normal(size=(2, 30))
    theirs = peer.pearsonr(x, y)
    ours = correlation_interval(theirs.statistic, 30)
    assert ours[1:] == pytest.approx(tuple(theirs.confidence_interval()))
    assert correlation_interval(0.3, 3)[1:] == (-1, 1)
    assert correlation_interval(1.0, 10)[1:] == (1, 1)
    with pytest.raises(InputError):
        correlation_interval(np.nan, 10)


def test_spearman_brown_is_undone_by_its_reciprocal():
    r = np.linspace(-0.3, 1, 8)
    np.testing.assert_allclose(spearman_brown(spearman_brown(r, 2), 0.5), r)
    with pytest.raises(InputError):
        spearman_brown(-1.0)


def test_mean_without_clusters_is_the_textbook_interval():
    x = np.random.default_rng(1).normal(size=12)
    found = mean_interval(x)
    theirs = peer.ttest_1samp(x, 0).confidence_interval()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    assert (found.dof, found.n, found.n_clusters) == (11, 12, 12)


@settings(max_examples=40, deadline=None)
@given(arrays(float, (8, 2), elements=st.floats(-5, 5)), st.permutations(range(8)))
def test_clusters_and_weights(x, order):
    clusters = np.array(list("aabbccdd"))
    found = mean_interval(x, clusters)
    # order is nothing, twice a row is twice its weight, equal clusters are their means
    np.testing.assert_allclose(mean_interval(x[order], clusters[list(order)]).se, found.se, atol=1e-12)
    weights = np.array([2, 1, 1, 3, 1, 1, 1, 2])
    twice = mean_interval(np.repeat(x, weights, axis=0), np.repeat(clusters, weights))
    np.testing.assert_allclose(mean_interval(x, clusters, weights).se, twice.se, atol=1e-12)
    np.testing.assert_allclose(found.se, mean_interval(x.reshape(4, 2, 2).mean(axis=1)).se, atol=1e-12)


def test_clusters_widen_what_repeats():
    x = np.repeat(np.random.default_rng(2).normal(size=10), 20)
    assert mean_interval(x, np.repeat(np.arange(10), 20)).se > 3 * mean_interval(x).se
    alone = mean_interval(x, np.zeros(200))
    assert np.isnan([alone.low, alone.high, alone.se]).all()


def test_coverage_is_what_it_says():
    draw = np.random.default_rng(3)
    x = draw.normal(size=(15, 1, 4000)) + 0.5 * draw.normal(size=(15, 4, 4000))
    found = mean_interval(x.reshape(60, 4000), np.repeat(np.arange(15), 4))
    assert ((found.low < 0) & (found.high > 0)).mean() == pytest.approx(0.95, abs=0.015)


def test_paired_difference_equals_scipy_and_has_the_power_it_claims():
    draw = np.random.default_rng(4)
    x, y = draw.normal(size=(2, 25))
    found = paired_difference(x, y)
    assert found.p == pytest.approx(peer.ttest_rel(x, y).pvalue)
    assert found.difference == pytest.approx((x - y).mean())
    reach = paired_difference(draw.normal(size=(25, 5000)), 0 * draw.normal(size=(25, 5000))).detectable.mean()
    assert (paired_difference(draw.normal(reach, 1, size=(25, 5000)), np.zeros((25, 5000))).p < 0.05).mean() == (
        pytest.approx(0.8, abs=0.03)
    )
    assert paired_difference([1, 1], [1, 1]).p == 1
    assert paired_difference([1, 1], [0, 0]).p == 0
    with pytest.raises(InputError, match="shape"):
        paired_difference([1], [1, 2])


def test_holm_by_hand():
    assert holm([0.01, 0.02, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.04, 0.04, 0.02])
    assert holm([0.9, 0.8]).tolist() == [1, 1]
    with pytest.raises(InputError):
        holm([0.1, np.nan])


def test_rng_is_stable_and_paths_differ():
    assert rng(0, "bootstrap", 1).integers(2**32) == 2814879853
    draws = {rng(0).random(), rng(0, "a").random(), rng(0, "b").random(), rng(0, "1").random(), rng(0, 1).random()}
    draws |= {rng(0, "ab").random(), rng(0, "a", "b").random(), rng(1).random()}
    assert len(draws) == 8
    with pytest.raises(InputError):
        rng(-1)
    with pytest.raises(InputError):
        rng(0, 1.5)


@pytest.mark.parametrize("x", [[], [np.nan], 3.0])
def test_no_rows_and_nan_are_refused(x):
    with pytest.raises(InputError):
        mean_interval(x)
