from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp, wilcoxon

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops import credal_ranking
from weigh.ops.credal_ranking import parametric_order, signed_rank_order


def people(seed: int, k: int = 12, n: int = 4) -> np.ndarray:
    x = rng(seed, "people").standard_normal((k, n)) + np.linspace(0.6, 0, n)
    return x - x.mean(axis=1, keepdims=True)


def both(z, **more):
    parametric = parametric_order(z.mean(axis=0), np.cov(z.T) / len(z), len(z) - 1)
    return parametric, signed_rank_order(z, rng=rng(0, "draws"), **more)


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_both_orders_of_a_pair_sum_to_one_and_items_may_be_permuted(seed):
    z, turn = people(seed), rng(seed, "turn").permutation(4)
    for found, turned in zip(both(z, draws=2000), both(z[:, turn], draws=2000), strict=True):
        np.testing.assert_array_equal(found + found.T, 1)
        np.testing.assert_allclose(turned, found[np.ix_(turn, turn)], atol=1e-12)


def test_parametric_is_the_one_sided_t_test():
    z = people(1)
    found, _ = both(z, draws=10)
    p = ttest_1samp(z[:, 0] - z[:, 2], 0, alternative="greater").pvalue
    assert found[0, 2] == pytest.approx(1 - p)


@pytest.mark.parametrize("k", [30, 300])
def test_signed_rank_is_near_the_frequentist_test(k):
    # the pseudo-person and ties of a pair with itself are what is left between the two
    z = people(2, k) * 1.0
    z[:, 1] = z[:, 0] - 0.35 / np.sqrt(k / 30) * rng(3, "gap").standard_normal(k) - 0.1 / np.sqrt(k / 30)
    found = signed_rank_order(z, rng=rng(0, "draws"))
    p = wilcoxon(z[:, 0] - z[:, 1], alternative="greater").pvalue
    assert found[0, 1] == pytest.approx(1 - p, abs=0.04)


def test_normal_limit_agrees_with_draws(monkeypatch):
    z = people(4, 60)
    monkeypatch.setattr(credal_ranking, "MOST_DRAWN", 1000)
    drawn = signed_rank_order(z, rng=rng(0, "draws"))
    monkeypatch.setattr(credal_ranking, "MOST_DRAWN", 0)
    np.testing.assert_allclose(signed_rank_order(z, rng=rng(0, "draws")), drawn, atol=0.01)


@pytest.mark.parametrize("most", [0, 1000])
def test_outliers_do_not_turn_the_signed_rank(monkeypatch, most):
    monkeypatch.setattr(credal_ranking, "MOST_DRAWN", most)
    z = np.vstack([np.tile([1.0, -1.0], (14, 1)), [[-60.0, 60.0]]])
    z += 0.1 * rng(0, "noise").standard_normal((15, 1)) * [1, -1]
    parametric = parametric_order(z.mean(axis=0), np.cov(z.T) / 15, 14)
    assert parametric[0, 1] < 0.5
    assert signed_rank_order(z, rng=rng(0, "draws"), draws=5000)[0, 1] > 0.99


def test_weights_are_relative_and_a_heavy_person_is_less_evidence_than_many():
    z = people(5)
    a = np.r_[30.0, np.ones(11)]
    one = signed_rank_order(z, a, rng=rng(0, "d"), draws=4000)
    np.testing.assert_allclose(one, signed_rank_order(z, 5 * a, rng=rng(0, "d"), draws=4000), atol=1e-12)
    copies = signed_rank_order(np.vstack([np.tile(z[:1], (30, 1)), z[1:]]), rng=rng(0, "d"), draws=4000)
    assert np.abs(copies[0, 1:] - 0.5).min() >= np.abs(one[0, 1:] - 0.5).min()
    np.testing.assert_array_equal(
        signed_rank_order(z, np.r_[np.ones(6), np.zeros(6)], rng=rng(0, "d"), draws=500),
        signed_rank_order(z[:6], rng=rng(0, "d"), draws=500),
    )


def test_without_spread_it_is_a_step_and_a_tie_a_half():
    z = np.tile([0.5, 0.5, -1.0], (6, 1))
    parametric = parametric_order(z[0], np.zeros((3, 3)), 5)
    assert parametric.tolist() == [[0.5, 0.5, 1.0], [0.5, 0.5, 1.0], [0.0, 0.0, 0.5]]
    assert parametric_order(z[0], None, 0).tolist() == parametric.tolist()
    ranked = signed_rank_order(z, rng=rng(0, "d"), draws=4000)
    assert ranked[0, 1] == 0.5
    assert ranked[0, 2] > 0.99


def test_rounding_is_no_spread():
    # two items whose ratio is the same for all, to the last bits
    z = people(6, 9, 3)
    z[:, 1] = z[:, 0] + 0.1
    found = parametric_order(z.mean(axis=0), np.cov(z.T) / 9, 8)
    assert found[1, 0] == 1.0


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="centre"):
        parametric_order([np.nan, 0.0], None, 1)
    with pytest.raises(InputError, match="cov"):
        parametric_order([0.0, 1.0], np.eye(3), 1)
    with pytest.raises(InputError, match="dof"):
        parametric_order([0.0, 1.0], np.eye(2), 0)
    with pytest.raises(InputError, match="prior"):
        signed_rank_order(people(0), prior=0.0, rng=rng(0, "d"))
