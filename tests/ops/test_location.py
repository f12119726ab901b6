from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import stdtrit
from scipy.stats import ortho_group

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops import location
from weigh.ops.location import mean_location, spatial_median, weighted_median, welsch_location
from weigh.ops.location_error import bootstrap_locations, location_covariance

ALL = [mean_location, spatial_median, welsch_location]
ROBUST = [spatial_median, welsch_location]


def cloud(seed: int, k: int = 12, n: int = 3) -> np.ndarray:
    return rng(seed, "cloud").standard_normal((k, n)) @ np.diag(np.arange(1, n + 1))


@pytest.mark.parametrize("estimator", ALL)
@given(st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_it_moves_with_the_points(estimator, seed):
    x = cloud(seed)
    a = rng(seed, "weight").uniform(0.5, 2, len(x))
    found = estimator(x, a)
    shift = rng(seed, "shift").normal(0, 5, x.shape[1])
    order = rng(seed, "order").permutation(len(x))
    assert found.converged
    np.testing.assert_allclose(estimator(x + shift, a).point, found.point + shift, atol=1e-7)
    np.testing.assert_allclose(estimator(4 * x, a).point, 4 * found.point, atol=1e-7)
    np.testing.assert_allclose(estimator(x[order], a[order]).point, found.point, atol=1e-8)
    np.testing.assert_allclose(estimator(x[:, ::-1], a).point, found.point[::-1], atol=1e-8)
    np.testing.assert_allclose(estimator(x, 3 * a).point, found.point, atol=1e-8)
    np.testing.assert_allclose(estimator(np.repeat(x, 2, axis=0), np.repeat(a / 2, 2)).point, found.point, atol=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_mean_and_median_rotate(seed):
    x, turn = cloud(seed), ortho_group.rvs(3, random_state=seed)
    for estimator in (mean_location, spatial_median):
        np.testing.assert_allclose(estimator(x @ turn).point, estimator(x).point @ turn, atol=1e-7)


@pytest.mark.parametrize("seed", range(5))
def test_median_minimises_the_sum_of_distances(seed):
    x, a = cloud(seed), rng(seed, "a").uniform(0.2, 3, 12)

    def total(at):
        return a @ np.linalg.norm(x - at, axis=1)

    peer = minimize(total, x.mean(axis=0), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-13})
    found = spatial_median(x, a)
    assert total(found.point) <= peer.fun + 1e-10
    np.testing.assert_allclose(found.point, peer.x, atol=1e-6)


def test_median_on_one_of_the_points():
    # four points of a square and its middle: the middle is the median, exactly
    x = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1], [0, 0]])
    found = spatial_median(x + 3)
    assert found.converged
    np.testing.assert_allclose(found.point, 3, atol=1e-12)
    assert found.phi[4] == 0
    # more than half of the weight in one point keeps it there
    np.testing.assert_array_equal(spatial_median(cloud(0), [20] + [1] * 11).point, cloud(0)[0])


def test_of_an_even_number_on_a_line_the_middle_is_taken():
    assert spatial_median([[1.0], [2.0], [5.0], [100.0]]).point[0] == pytest.approx(3.5)
    np.testing.assert_allclose(spatial_median([[0.0, 0], [2.0, 2]]).point, 1)


@pytest.mark.parametrize("estimator", ROBUST)
def test_one_outlier_cannot_carry_it_off(estimator):
    x = cloud(3, 11)
    clean = estimator(x).point
    far = [estimator(np.vstack([x, np.full((1, 3), size)])).point for size in (1e2, 1e5)]
    assert np.linalg.norm(far[0] - clean) < 1.0
    np.testing.assert_allclose(far[0], far[1], atol=0.02)
    mean = [mean_location(np.vstack([x, np.full((1, 3), size)])).point for size in (1e2, 1e5)]
    assert np.linalg.norm(mean[1] - mean[0]) > 1e3


def test_welsch_forgets_what_is_far():
    x = np.vstack([cloud(4, 9), np.full((3, 3), 50.0)])
    found = welsch_location(x)
    assert found.phi[-3:].max() < 1e-12
    np.testing.assert_allclose(found.point, welsch_location(x[:9]).point, atol=1.0)


@pytest.mark.parametrize("estimator", ALL)
def test_points_that_are_all_alike_are_their_middle(estimator):
    found = estimator(np.full((5, 3), 0.3))
    assert found.converged
    np.testing.assert_allclose(found.point, 0.3, rtol=1e-12)
    np.testing.assert_allclose(estimator([[0.1, 0.2]]).point, [0.1, 0.2])


def test_where_most_are_alike_welsch_is_with_them():
    x = np.vstack([np.zeros((6, 2)), cloud(0, 5, 2) + 9])
    np.testing.assert_array_equal(welsch_location(x).point, 0)


def test_blocks_do_not_change_the_result(monkeypatch):
    x = cloud(5, 50)
    whole = [estimator(x).point for estimator in ALL]
    cov = location_covariance(x, welsch_location(x))
    monkeypatch.setattr(location, "CELLS", 7)
    np.testing.assert_allclose([estimator(x).point for estimator in ALL], whole, rtol=1e-12)
    np.testing.assert_allclose(location_covariance(x, welsch_location(x)), cov, rtol=1e-9)


def test_weighted_median_counts_weights_as_votes():
    x, times = np.array([3.0, 1, 8, 5]), np.array([2, 1, 3, 1])
    assert weighted_median(x, times) == np.median(np.repeat(x, times))
    assert weighted_median(x, [0, 0, 1, 0]) == 8
    for weight in ([1, 1], [0, 0, 0, 0]):
        with pytest.raises(InputError, match="weights"):
            weighted_median(x, weight)


def test_covariance_of_the_mean_is_the_textbook_one():
    x = cloud(6)
    np.testing.assert_allclose(location_covariance(x, mean_location(x)), np.cov(x.T) / len(x), rtol=1e-9)
    a = np.arange(1.0, 13)
    np.testing.assert_allclose(
        location_covariance(x, mean_location(x, a), a), location_covariance(x, mean_location(x, 2 * a), 2 * a)
    )


@pytest.mark.parametrize("estimator", ALL)
def test_intervals_cover(estimator):
    hits = 0
    for seed in range(150):
        x = cloud(seed, 25)
        found = estimator(x)
        cov = location_covariance(x, found)
        hits += (np.abs(found.point) <= stdtrit(24, 0.975) * np.sqrt(np.diag(cov))).sum()
    assert 0.91 <= hits / 450 <= 0.985


@pytest.mark.parametrize("estimator", ALL)
def test_bootstrap_agrees_with_the_sandwich_and_with_itself(estimator):
    x = cloud(8, 60)
    drawn = bootstrap_locations(x, estimator, n_resamples=160, seed=1)
    sandwich = np.sqrt(np.diag(location_covariance(x, estimator(x))))
    np.testing.assert_allclose(drawn.std(axis=0), sandwich, rtol=0.3)
    np.testing.assert_array_equal(drawn[:20], bootstrap_locations(x, estimator, n_resamples=160, seed=1)[:20])


def test_bootstrap_is_the_same_on_four_workers():
    x = cloud(9)
    one, four = (bootstrap_locations(x, mean_location, n_resamples=40, seed=2, workers=w) for w in (1, 4))
    np.testing.assert_array_equal(one, four)


def test_unknown_spread_is_none():
    assert location_covariance([[1.0, 2.0]], mean_location([[1.0, 2.0]])) is None
    assert location_covariance(cloud(0), mean_location(cloud(0), [1] + [0] * 11), [1] + [0] * 11) is None
    same = np.ones((4, 2))
    assert location_covariance(same, spatial_median(same)) is None


@pytest.mark.parametrize("estimator", ALL)
@pytest.mark.parametrize(
    ("x", "a"),
    [
        (np.empty((0, 2)), None),
        ([1.0, 2.0], None),
        ([[np.nan]], None),
        ([[1.0]], [-1.0]),
        ([[1.0]], [0.0]),
        ([[1.0]], [1.0, 1.0]),
    ],
)
def test_what_has_no_middle_is_refused(estimator, x, a):
    with pytest.raises(InputError):
        estimator(x, a)


def test_errors_are_for_the_points_of_the_middle():
    with pytest.raises(InputError, match="others"):
        location_covariance(cloud(0), mean_location(cloud(0, 5)))
    with pytest.raises(InputError, match="n_resamples"):
        bootstrap_locations(cloud(0), mean_location, n_resamples=0)
