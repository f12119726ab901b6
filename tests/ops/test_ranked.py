"""Known answers that rankings share with comparisons are in test_paired."""

from __future__ import annotations

import choix
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops import ranked
from weigh.ops.paired import fit_bradley_terry, gather
from weigh.ops.ranked import best_worst_choices, fit_choices, gather_lists, ranking_choices

few = settings(max_examples=20, deadline=None)
seeds = st.integers(0, 10_000)


def rankings(draw, mu, n_lists=40, longest=None):
    """Partial rankings that the model makes, best first."""
    found = []
    for _ in range(n_lists):
        shown = draw.permutation(len(mu))[: draw.integers(2, (longest or len(mu)) + 1)]
        found.append(shown[np.argsort(-(mu[shown] + draw.gumbel(size=len(shown))))])
    return found


def columns(found):
    group = np.repeat(np.arange(len(found)), [len(one) for one in found])
    return group, np.concatenate(found), np.concatenate([np.arange(len(one)) for one in found])


def fit(found, **options):
    return fit_choices(ranking_choices(gather_lists(*columns(found))), **options)


def some(seed, n=6, n_lists=40):
    draw = rng(seed, "rankings")
    return rankings(draw, draw.standard_normal(n), n_lists)


@pytest.mark.parametrize("alpha", [1e-6, 0.1])
def test_equal_to_choix_with_its_prior(alpha):
    found = some(1)
    peer = choix.opt_rankings(6, [tuple(map(int, one)) for one in found], alpha=alpha, tol=1e-12)
    np.testing.assert_allclose(fit(found, prior=2 * alpha).mean, peer - peer.mean(), atol=1e-8)


@pytest.mark.parametrize("peer", [choix.ilsr_rankings, choix.mm_rankings])
def test_equal_to_choix_without_prior(peer):
    found = some(2)
    np.testing.assert_allclose(fit(found, prior=0).mean, peer(6, [tuple(map(int, one)) for one in found]), atol=1e-6)


def test_best_only_is_choix_top_1():
    draw = rng(3, "sets")
    data = []
    for _ in range(60):
        shown = draw.permutation(6)[:4].tolist()
        data.append((shown[0], shown[1:]))
    rows = [(at, item, 1 + (item != best)) for at, (best, rest) in enumerate(data) for item in [best, *rest]]
    lists = gather_lists(*map(list, zip(*rows, strict=True)))
    peer = choix.opt_top1(6, data, alpha=0.05, tol=1e-12)
    ours = fit_choices(best_worst_choices(lists), prior=0.1)
    np.testing.assert_allclose(ours.mean, peer - peer.mean(), atol=1e-8)


def best_worst(draw, mu, n_sets, size=4):
    """Rows of best–worst answers that the sequential model makes."""
    group, item, rank = [], [], []
    for at in range(n_sets):
        shown = draw.permutation(len(mu))[:size]
        best = shown[np.argmax(mu[shown] + draw.gumbel(size=size))]
        rest = shown[shown != best]
        worst = rest[np.argmax(-mu[rest] + draw.gumbel(size=size - 1))]
        group += [at] * size
        item += shown.tolist()
        rank += [1 if one == best else 3 if one == worst else 2 for one in shown]
    return group, item, rank


def test_best_worst_is_the_sequential_likelihood():
    draw = rng(0, "sets")
    group, item, rank = best_worst(draw, np.array([1.0, 0.3, 0.0, -0.2, -1.1]), 30)
    ours = fit_choices(best_worst_choices(gather_lists(group, item, rank)), prior=0.2)

    def minus_log_posterior(u):
        total = 0.2 / 2 * u @ u
        for at in range(30):
            rows = [i for i, g in enumerate(group) if g == at]
            best = next(item[i] for i in rows if rank[i] == 1)
            worst = next(item[i] for i in rows if rank[i] == 3)
            shown = [item[i] for i in rows]
            rest = [one for one in shown if one != best]
            total -= u[best] - np.log(np.exp(u[shown]).sum())
            total -= -u[worst] - np.log(np.exp(-u[rest]).sum())
        return total

    peer = minimize(minus_log_posterior, np.zeros(5), tol=1e-10)
    np.testing.assert_allclose(ours.mean, peer.x - peer.x.mean(), atol=1e-5)


def test_planted_strengths_come_back_from_best_worst_choices_with_intervals_that_cover():
    mu = np.array([1.0, 0.5, 0.2, 0.0, -0.7, -1.0])
    mu -= mu.mean()
    inside = []
    for seed in range(200):
        lists = gather_lists(*best_worst(rng(seed, "planted"), mu, 40))
        found = fit_choices(best_worst_choices(lists))
        inside += (np.abs(found.mean - mu) <= 1.96 * np.sqrt(np.diag(found.cov))).tolist()
    assert 0.93 <= np.mean(inside) <= 0.97


def test_intervals_of_rankings_cover():
    mu = np.array([1.0, 0.5, 0.0, -0.5, -1.0])
    inside = []
    for seed in range(200):
        found = fit(rankings(rng(seed, "cover"), mu, 25))
        inside += (np.abs(found.mean - mu) <= 1.96 * np.sqrt(np.diag(found.cov))).tolist()
    assert 0.93 <= np.mean(inside) <= 0.97


@few
@given(seeds)
def test_items_can_be_permuted(seed):
    found = some(seed)
    order = rng(seed, "order").permutation(6)
    one, other = fit(found), fit([order[ranking] for ranking in found])
    np.testing.assert_allclose(other.mean[order], one.mean, atol=1e-8)
    np.testing.assert_allclose(other.cov[order][:, order], one.cov, atol=1e-8)


@few
@given(seeds)
def test_whole_rankings_of_two_are_comparisons(seed):
    draw = rng(seed, "pairs")
    found = rankings(draw, draw.standard_normal(5), 30, longest=2)
    found += [np.array([at, (at + 1) % 5]) for at in range(5)]
    one = fit(found)
    pairs = np.array(found)
    other = fit_bradley_terry(gather(pairs[:, 0], pairs[:, 1], np.ones(len(pairs))))
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-8)
    np.testing.assert_allclose(one.cov, other.cov, atol=1e-8)
    for part in ("log_loss", "chance"):
        assert getattr(one, part) == pytest.approx(getattr(other, part), abs=1e-9)
    gaps = np.abs(one.mean[:, None] - one.mean)[np.triu_indices(5, 1)]
    # whether items that tie are told apart rightly hangs on the last digit
    assert one.accuracy == pytest.approx(other.accuracy, abs=1e-9) or gaps.min() < 1e-6


def test_log_loss_chance_and_accuracy_by_hand():
    # 0 first of three, then 1 before 2, twice; and once 1 before 0
    found = fit([np.array([0, 1, 2]), np.array([0, 1, 2]), np.array([1, 0])])
    e = np.exp(found.mean)
    first, second, third = e[0] / e.sum(), e[1] / (e[1] + e[2]), e[1] / (e[0] + e[1])
    assert found.log_loss == pytest.approx(-(2 * np.log(first) + 2 * np.log(second) + np.log(third)) / 5)
    assert found.chance == pytest.approx((2 * np.log(3) + 3 * np.log(2)) / 5)
    assert found.accuracy == pytest.approx(4 / 5)
    assert (found.n_rows, found.n_pairs, found.n_votes) == (3, 5, 3)


def test_an_item_that_is_always_first():
    found = [np.array([0, 1, 2]), np.array([0, 2, 1])]
    assert 1 < fit(found).mean[0] < 10
    with pytest.raises(InputError, match="always win"):
        fit(found, prior=0)


def test_too_many_items_for_a_covariance_are_fitted_without(monkeypatch):
    found = some(4, n=9)
    one = fit(found)
    monkeypatch.setattr(ranked, "DENSE", 3)
    assert fit(found).cov is None
    assert fit(found).mean.tolist() == one.mean.tolist()
