from __future__ import annotations

import json
from pathlib import Path

import choix
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, ndtr

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops import paired
from weigh.ops.paired import fit_bradley_terry, fit_thurstone, gather, p_left, score, standardised
from weigh.ops.ranked import best_worst_choices, fit_choices, gather_lists, ranking_choices

few = settings(max_examples=20, deadline=None)
seeds = st.integers(0, 10_000)
CASES = json.loads((Path(__file__).parents[1] / "cases" / "paired.json").read_text("utf-8"))["cases"]


def by_bradley_terry(votes, n):
    return fit_bradley_terry(gather(votes[:, 0], votes[:, 1], np.ones(len(votes)), votes[:, 2], n_items=n), prior=0)


def _lists(votes, n):
    rows = np.arange(len(votes)).repeat(2), votes[:, :2].ravel(), np.tile([1, 2], len(votes)), votes[:, 2].repeat(2)
    return gather_lists(*rows, n_items=n)


def by_plackett_luce(votes, n):
    return fit_choices(ranking_choices(_lists(votes, n)), prior=0)


def by_best_worst(votes, n):
    return fit_choices(best_worst_choices(_lists(votes, n)), prior=0)


METHODS = [by_bradley_terry, by_plackett_luce, by_best_worst]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_known_answers(case, method):
    fit = method(np.array(case["votes"]), case["n_items"])
    assert fit.converged
    if "strengths" in case:
        np.testing.assert_allclose(fit.mean, case["strengths"], atol=1e-9)
    else:
        # published to five digits
        np.testing.assert_allclose(fit.mean - fit.mean[0], case["against_first"], atol=6e-6)
        errors = np.sqrt(fit.cov[0, 0] + np.diag(fit.cov) - 2 * fit.cov[0])
        np.testing.assert_allclose(errors, case["errors_against_first"], atol=6e-6)


def votes_of(seed, n=7, m=90):
    draw = rng(seed, "votes")
    mu = draw.standard_normal(n)
    a = draw.integers(0, n, m)
    b = (a + draw.integers(1, n, m)) % n
    won = draw.random(m) < expit(mu[a] - mu[b])
    return np.column_stack([np.where(won, a, b), np.where(won, b, a)])


@pytest.mark.parametrize("alpha", [1e-6, 0.05, 1.0])
def test_equal_to_choix_with_its_prior(alpha):
    votes = votes_of(1)
    peer = choix.opt_pairwise(7, votes.tolist(), alpha=alpha, tol=1e-12)
    # choix adds alpha Σ μ², which is a precision of 2 alpha
    ours = fit_bradley_terry(gather(votes[:, 0], votes[:, 1], np.ones(len(votes))), prior=2 * alpha)
    np.testing.assert_allclose(ours.mean, peer - peer.mean(), atol=1e-8)


@pytest.mark.parametrize("peer", [choix.ilsr_pairwise, choix.mm_pairwise])
def test_equal_to_choix_without_prior(peer):
    votes = votes_of(2)
    ours = fit_bradley_terry(gather(votes[:, 0], votes[:, 1], np.ones(len(votes))), prior=0)
    np.testing.assert_allclose(ours.mean, peer(7, votes.tolist()), atol=1e-6)


def rows(seed, n=6, votes=10):
    """A connected set of shares of so many votes each."""
    draw = rng(seed, "rows")
    mu = draw.standard_normal(n)
    left = np.r_[np.arange(n), draw.integers(0, n, 2 * n)]
    right = (left + np.r_[np.ones(n, dtype=int), draw.integers(1, n, 2 * n)]) % n
    p = draw.binomial(votes, ndtr(mu[left] - mu[right])) / votes
    return left, right, p, np.full(3 * n, float(votes))


FITS = {
    "bradley_terry": fit_bradley_terry,
    "thurstone": fit_thurstone,
    "thurstone, equal": lambda pairs, **options: fit_thurstone(pairs, variances="equal", **options),
}
each_fit = pytest.mark.parametrize("fit", FITS.values(), ids=FITS)


def agree(one, other, order=None):
    order = slice(None) if order is None else order
    np.testing.assert_allclose(other.mean, one.mean[order], atol=1e-7)
    np.testing.assert_allclose(other.cov, one.cov[order][:, order], atol=1e-6, rtol=1e-6)
    for part in ("log_loss", "accuracy", "sd"):
        assert getattr(other, part) == pytest.approx(getattr(one, part), abs=1e-8)


@each_fit
@few
@given(seeds)
def test_the_same_evidence_from_the_other_side(fit, seed):
    left, right, p, weight = rows(seed)
    agree(fit(gather(left, right, p, weight)), fit(gather(right, left, 1 - p, weight)))


@each_fit
@few
@given(seeds)
def test_preferences_turned_round_turn_the_utilities_round(fit, seed):
    left, right, p, weight = rows(seed)
    one, other = fit(gather(left, right, p, weight)), fit(gather(left, right, 1 - p, weight))
    np.testing.assert_allclose(other.mean, -one.mean, atol=1e-7)


@each_fit
@few
@given(seeds)
def test_items_can_be_permuted(fit, seed):
    left, right, p, weight = rows(seed)
    order = rng(seed, "order").permutation(6)
    agree(fit(gather(left, right, p, weight)), fit(gather(order[left], order[right], p, weight)), order.argsort())


@each_fit
@few
@given(seeds)
def test_rows_twice_are_weights_doubled(fit, seed):
    left, right, p, weight = rows(seed)
    twice = fit(gather(*(np.tile(column, 2) for column in (left, right, p, weight))))
    agree(fit(gather(left, right, p, 2 * weight)), twice)


@each_fit
def test_a_share_is_worth_its_votes(fit):
    shares = gather([0, 1, 2], [1, 2, 0], [0.75, 0.5, 0.25], [4, 2, 4])
    votes = gather([0] * 4 + [1] * 2 + [2] * 4, [1] * 4 + [2] * 2 + [0] * 4, [1, 1, 1, 0, 1, 0, 1, 0, 0, 0])
    one, other = fit(shares), fit(votes)
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-9)
    np.testing.assert_allclose(one.cov, other.cov, atol=1e-9)
    assert one.log_loss == pytest.approx(other.log_loss)


@each_fit
def test_rows_of_the_covariance_sum_to_zero_and_it_is_one(fit):
    cov = fit(gather(*rows(4))).cov
    np.testing.assert_allclose(cov.sum(axis=0), 0, atol=1e-9)
    assert np.linalg.eigvalsh(cov).min() > -1e-10


@each_fit
def test_more_votes_make_smaller_errors(fit):
    left, right, p, weight = rows(3)
    errors = [np.diag(fit(gather(left, right, p, weight * factor)).cov).mean() for factor in (1, 4, 16)]
    assert errors[0] > 2 * errors[1] > 4 * errors[2]


def test_thurstone_is_standardised_and_foretells_as_before():
    pairs = gather(*rows(8))
    fit = fit_thurstone(pairs)
    assert fit.mean.mean() == pytest.approx(0, abs=1e-12)
    assert fit.mean.std(ddof=1) == pytest.approx(1)
    assert np.exp(np.log(fit.variance).mean()) == pytest.approx(0.5 / fit.sd**2)
    assert score(pairs, fit.mean, fit.variance) == (fit.log_loss, fit.accuracy)


def test_equal_variances_known_answer():
    # Φ(0.8) and Φ(0.5) of a chain, without a prior: utilities 1.3, 0.5, 0 before they are standardised
    fit = fit_thurstone(gather([0, 1], [1, 2], ndtr([0.8, 0.5])), variances="equal", prior=0)
    exact, sd, _ = standardised(np.array([1.3, 0.5, 0.0]))
    np.testing.assert_allclose(fit.mean, exact, atol=1e-8)
    assert fit.sd == pytest.approx(sd)
    np.testing.assert_allclose(p_left(fit.mean, fit.variance, [0], [2]), ndtr(1.3), atol=1e-8)


def test_exact_shares_of_unequal_variances_come_back():
    draw = rng(0, "truth")
    mu, v = draw.standard_normal(9), 0.5 * np.exp(0.5 * draw.standard_normal(9))
    a, b = np.triu_indices(9, 1)
    p = ndtr((mu[a] - mu[b]) / np.sqrt(v[a] + v[b]))
    fit = fit_thurstone(gather(a, b, p, np.full(36, 1e6)), prior=0, prior_variance=1e-6)
    exact, sd, _ = standardised(mu)
    np.testing.assert_allclose(fit.mean, exact, atol=1e-6)
    np.testing.assert_allclose(fit.variance, v / sd**2, atol=1e-6)


def test_an_item_that_always_wins_stays_finite_by_the_prior():
    pairs = gather([0, 0, 1, 2], [1, 2, 2, 1], [1, 1, 1, 1], [10, 10, 10, 10])
    fit = fit_bradley_terry(pairs)
    assert 3 < fit.mean[0] < 10
    assert fit.cov[0, 0] > 4
    assert not fit.linkage.bounded
    for refused in (fit_bradley_terry, fit_thurstone):
        with pytest.raises(InputError, match="always win"):
            refused(pairs, prior=0)


def test_no_preference():
    even = gather([0, 1, 2], [1, 2, 0], [0.505, 0.5, 0.495])
    fit = fit_thurstone(even)
    assert fit.no_preference
    assert fit.mean.tolist() == [0, 0, 0]
    assert fit.cov is None
    assert fit.log_loss == pytest.approx(np.log(2))
    logistic = fit_bradley_terry(even)
    assert logistic.no_preference
    assert np.abs(logistic.mean).max() < 0.02
    assert logistic.cov is not None


@pytest.mark.parametrize("variances", ["free", "equal"])
def test_a_circle_of_wins_is_no_preference_between_items(variances):
    fit = fit_thurstone(gather([0, 1, 2], [1, 2, 0], [1, 1, 1], [5, 5, 5]), variances=variances)
    assert fit.no_preference
    assert fit.mean.tolist() == [0, 0, 0]


def test_each_component_is_at_zero_and_uncorrelated_with_the_others():
    pairs = gather([0, 1, 2, 3], [1, 0, 3, 2], [0.8, 0.3, 0.6, 0.4], n_items=5)
    for prior in (0.0, 0.1):
        fit = fit_bradley_terry(pairs, prior=prior)
        assert fit.linkage.n_components == 3
        np.testing.assert_allclose([fit.mean[:2].sum(), fit.mean[2:4].sum(), fit.mean[4]], 0, atol=1e-9)
        np.testing.assert_allclose(fit.cov[:2, 2:], 0, atol=1e-9)


def test_variances_that_nothing_determines_are_refused():
    with pytest.raises(InputError, match="each item's variance"):
        fit_thurstone(gather([0, 1, 0], [1, 2, 2], [0.8, 0.7, 0.9]), prior=0, prior_variance=0)


@pytest.mark.parametrize("bad", [{"prior": -1}, {"prior": np.nan}, {"prior_variance": -1}, {"variances": "some"}])
def test_bad_options(bad):
    with pytest.raises(InputError, match=next(iter(bad))):
        fit_thurstone(gather([0, 1], [1, 2], [0.8, 0.7]), **bad)


def test_without_errors_there_is_no_covariance():
    pairs = gather(*rows(0))
    assert fit_bradley_terry(pairs, errors=False).cov is None
    assert fit_thurstone(pairs, errors=False).cov is None
    assert fit_thurstone(gather([0], [1], [0.8])).cov is None


@each_fit
def test_too_many_items_for_a_covariance_are_fitted_without(fit, monkeypatch):
    pairs = gather(*rows(6, n=12))
    one = fit(pairs)
    monkeypatch.setattr(paired, "DENSE", 3)
    assert fit(pairs).cov is None
    assert fit(pairs).mean.tolist() == one.mean.tolist()


@pytest.mark.parametrize("n", [30, 2000])
def test_a_long_chain_whose_ends_are_far_apart_is_fitted_exactly(n):
    steps = rng(n, "chain").standard_normal(n - 1)
    fit = fit_bradley_terry(gather(np.arange(n - 1), np.arange(1, n), expit(steps)), prior=0, errors=False)
    np.testing.assert_allclose(fit.mean[:-1] - fit.mean[1:], steps, atol=1e-8)
    assert fit.converged


def shares(draw, n, votes, p_of):
    a, b = np.triu_indices(n, 1)
    return gather(a, b, draw.binomial(votes, p_of(a, b)) / votes, np.full(len(a), float(votes)))


def covered(one_fit, n_fits=200):
    """Share of means inside their interval, and of differences of the first two inside theirs."""
    means, differences = [], []
    for seed in range(n_fits):
        fit, truth = one_fit(rng(seed, "coverage"))
        errors = np.sqrt(np.diag(fit.cov))
        means += (np.abs(fit.mean - truth) <= 1.96 * errors).tolist()
        off = (fit.mean[0] - fit.mean[1]) - (truth[0] - truth[1])
        differences.append(abs(off) <= 1.96 * np.sqrt(fit.cov[0, 0] + fit.cov[1, 1] - 2 * fit.cov[0, 1]))
    return np.mean(means), np.mean(differences)


def test_intervals_of_bradley_terry_cover():
    def one(draw):
        mu = draw.standard_normal(8)
        mu -= mu.mean()
        return fit_bradley_terry(shares(draw, 8, 10, lambda a, b: expit(mu[a] - mu[b]))), mu

    means, differences = covered(one)
    assert 0.93 <= means <= 0.97
    assert 0.91 <= differences <= 0.99  # 200 draws alone


@pytest.mark.parametrize(("n", "votes"), [(3, 20), (5, 20), (10, 10)])
def test_intervals_of_standardised_utilities_cover_even_with_three_items(n, votes):
    def one(draw):
        mu = draw.standard_normal(n)
        fit = fit_thurstone(shares(draw, n, votes, lambda a, b: ndtr(mu[a] - mu[b])), variances="equal")
        return fit, standardised(mu)[0]

    means, differences = covered(one)
    assert 0.93 <= means <= 0.97
    assert 0.91 <= differences <= 0.99


def test_intervals_with_free_variances_cover_where_the_prior_is_right():
    def one(draw):
        mu, v = draw.standard_normal(10), 0.5 * np.exp(draw.standard_normal(10) / np.sqrt(2))
        p_of = lambda a, b: ndtr((mu[a] - mu[b]) / np.sqrt(v[a] + v[b]))  # noqa: E731
        return fit_thurstone(shares(draw, 10, 30, p_of)), standardised(mu)[0]

    means, differences = covered(one)
    assert 0.93 <= means <= 0.98
    assert 0.91 <= differences <= 1.0
