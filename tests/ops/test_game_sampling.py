"""Sampled semivalues: unbiased, with honest errors, whatever the sampling, the index and the number of workers."""

from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.coalitions import tabulate
from weigh.ops.game import banzhaf_sizes, beta_sizes, semivalue, shapley_sizes
from weigh.ops.game_sampling import reused_banzhaf, sampled_semivalue

N = 6
TABLE = rng(7, "game").normal(size=1 << N)
SIZES = {"shapley": shapley_sizes(N), "banzhaf": banzhaf_sizes(N), "beta": beta_sizes(N, 4, 1)}


def value(masks):
    return TABLE[masks @ (1 << np.arange(N))]


@pytest.mark.parametrize("sampling", ["plain", "antithetic", "stratified"])
@pytest.mark.parametrize("index", SIZES)
def test_estimates_lie_about_the_exact_value(index, sampling):
    found = sampled_semivalue(value, SIZES[index], n_orders=3000, sampling=sampling, seed=2)
    exact = semivalue(TABLE, SIZES[index])
    assert np.all(np.abs(found.mean - exact) < 4 * found.se)
    assert np.all(found.se < 0.05)
    assert np.all((found.low <= found.mean) & (found.mean <= found.high))
    np.testing.assert_allclose(np.diag(found.cov), found.se**2)
    if index == "shapley":
        assert found.mean.sum() == pytest.approx(TABLE[-1] - TABLE[0], abs=1e-12)


@pytest.mark.parametrize("sampling", ["plain", "antithetic", "stratified"])
def test_intervals_cover_as_often_as_they_say(sampling):
    exact = semivalue(TABLE, SIZES["shapley"])
    covered, means = [], []
    for seed in range(150):
        found = sampled_semivalue(value, SIZES["shapley"], n_orders=120, sampling=sampling, seed=seed)
        covered.append((found.low <= exact) & (exact <= found.high))
        means.append(found.mean)
    # 900 intervals, six a run: the error of .95 lies between .007 and, were the six as one, .018
    assert 0.91 <= np.mean(covered) <= 0.985
    error = np.std(means, axis=0, ddof=1) / np.sqrt(len(means))
    assert np.all(np.abs(np.mean(means, axis=0) - exact) < 4 * error)


def test_reused_coalitions_cover_too():
    exact = semivalue(TABLE, SIZES["banzhaf"])
    z = []
    for seed in range(150):
        mean, se = reused_banzhaf(value, N, n_coalitions=300, rng=rng(seed))
        z.append((mean - exact) / se)
    assert abs(np.mean(z)) < 4 / np.sqrt(150 * N)
    assert 0.91 <= np.mean(np.abs(z) < 1.96) <= 0.985


@pytest.mark.parametrize("sampling", ["plain", "antithetic", "stratified"])
def test_workers_change_nothing(sampling):
    options = {"n_orders": 60, "sampling": sampling, "seed": 5}
    alone = sampled_semivalue(value, SIZES["shapley"], workers=1, **options)
    beside = sampled_semivalue(value, SIZES["shapley"], workers=2, **options)
    assert (alone.units == beside.units).all()


def test_sampling_stops_at_the_error_asked_for():
    found = sampled_semivalue(value, SIZES["shapley"], n_orders=100_000, target=0.05, seed=0)
    assert found.converged
    assert found.se.max() <= 0.05
    assert found.n_orders % 100 == 0
    assert found.n_orders < 100_000
    # it did not go on for longer than needed
    shorter = sampled_semivalue(value, SIZES["shapley"], n_orders=found.n_orders - 100, seed=0)
    assert shorter.se.max() > 0.05
    early = sampled_semivalue(value, SIZES["shapley"], n_orders=200, target=1e-6, seed=0)
    assert early.converged is False
    assert early.n_orders == 200


def test_antithetic_orders_are_worth_it_where_size_matters():
    # a player is worth more the earlier it comes: opposite orders cancel that
    def concave(masks):
        return np.sqrt(masks @ np.arange(1.0, N + 1))

    assert tabulate(concave, N)[-1] == pytest.approx(np.sqrt(21))
    plain = sampled_semivalue(concave, SIZES["shapley"], n_orders=600, seed=0)
    paired = sampled_semivalue(concave, SIZES["shapley"], n_orders=600, sampling="antithetic", seed=0)
    placed = sampled_semivalue(concave, SIZES["shapley"], n_orders=600, sampling="stratified", seed=0)
    assert paired.se.max() < 0.7 * plain.se.max()
    assert placed.se.max() < 0.7 * plain.se.max()


def test_a_single_player_gets_all():
    found = sampled_semivalue(lambda masks: masks[:, 0] * 3.0, [1.0], n_orders=5)
    assert found.mean.tolist() == [3.0]
    assert found.se.tolist() == [0.0]


@pytest.mark.parametrize(
    "options", [{"n_orders": 1}, {"n_orders": 6, "sampling": "stratified"}, {"target": 0.0}, {"tolerance": -1.0}]
)
def test_what_gives_no_error_is_refused(options):
    with pytest.raises(InputError):
        sampled_semivalue(value, SIZES["shapley"], **options)


@pytest.mark.parametrize("sizes", [[1.0, 1.0], [0.5, np.nan], [1.5, -0.5], []])
def test_what_is_no_distribution_of_sizes_is_refused(sizes):
    with pytest.raises(InputError, match="sum to 1"):
        sampled_semivalue(lambda masks: masks.sum(axis=1).astype(float), sizes)


def test_a_worth_of_nan_is_refused():
    with pytest.raises(InputError, match="finite"):
        sampled_semivalue(lambda masks: np.where(masks.all(axis=1), np.nan, 0.0), [0.5, 0.5])
