from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.contrasts import (
    fit_beta,
    fit_contrasts,
    missing_bounds,
    pair_design,
    pearson,
    permutation_p,
    split_half,
    true_correlation,
)

seeds = st.integers(0, 10_000)
few = settings(max_examples=40, deadline=None)


def problem(seed, n=40, k=5, n_covariates=0, noise=1.0):
    draw = rng(seed, "problem")
    pairs = [(a, b) for a in range(k) for b in range(k) if a < b]
    pairs = [pairs[i % len(pairs)] if draw.random() < 0.5 else pairs[i % len(pairs)][::-1] for i in range(n)]
    design = pair_design(pairs, k)
    covariates = draw.standard_normal((n, n_covariates)) if n_covariates else None
    theta = draw.standard_normal(k)
    theta -= theta.mean()
    y = design @ theta + noise * draw.standard_normal(n) * (1 + np.abs(design[:, 0]))
    return y, design, covariates, theta


@pytest.mark.parametrize("seed", [1, 7, 21, 37])
def test_the_shift_of_all_values_is_never_taken_for_known(seed):
    # designs whose singular value of the shift, which is rounding, is above 1e-15 of the largest
    chance = rng(seed, "design", 5, 1000)
    first = chance.integers(0, 5, 1000)
    design = pair_design(np.stack([first, (first + chance.integers(1, 5, 1000)) % 5], axis=1).tolist(), 5)
    y = design @ np.linspace(1, -1, 5) + chance.standard_normal(1000)
    fit = fit_contrasts(y, design)
    np.testing.assert_allclose(fit.theta, np.linspace(1, -1, 5), atol=0.15)
    assert (fit.high - fit.low).max() < 0.2
    assert split_half(y, design, n_splits=20, rng=rng(seed, "halves")) > 0.9
    beside = chance.standard_normal((1000, 1))
    np.testing.assert_allclose(fit_beta(y + beside[:, 0], design, beside), 1, atol=0.1)


def test_the_design_opposes_two_values_a_row():
    np.testing.assert_array_equal(pair_design([(0, 2), (1, 0)], 3), [[1, 0, -1], [-1, 1, 0]])
    assert pair_design([], 3).shape == (0, 3)
    with pytest.raises(InputError, match="row 1 opposes value 2 to itself"):
        pair_design([(0, 1), (2, 2)], 3)


@few
@given(seeds, st.integers(0, 2))
def test_values_sum_to_zero_and_without_noise_are_exact(seed, n_covariates):
    y, design, covariates, theta = problem(seed, n_covariates=n_covariates, noise=0.0)
    if covariates is not None:
        y = y + covariates @ np.arange(1, n_covariates + 1)
    fit = fit_contrasts(y, design, covariates)
    np.testing.assert_allclose(fit.theta, theta, atol=1e-9)
    assert fit.theta.sum() == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(fit.beta, np.arange(1, n_covariates + 1), atol=1e-9)
    np.testing.assert_allclose(fit.weights @ y, fit.theta, atol=1e-9)


def hc3_by_hand(y, design, covariates, level=0.95):
    """HC3 on a full-rank basis: the last value is minus the sum of the others; textbook normal equations."""
    from scipy.stats import t

    k = design.shape[1]
    basis = np.vstack([np.eye(k - 1), -np.ones(k - 1)])
    full = design @ basis
    full = full if covariates is None else np.column_stack([full, covariates])
    bread = np.linalg.inv(full.T @ full)
    beta = bread @ full.T @ y
    hat = full @ bread @ full.T
    scaled = (y - full @ beta) / (1 - np.diag(hat))
    cov = bread @ full.T @ np.diag(scaled**2) @ full @ bread
    back = basis @ cov[: k - 1, : k - 1] @ basis.T
    dof = len(y) - full.shape[1]
    return basis @ beta[: k - 1], back, t.ppf(0.5 + level / 2, dof) * np.sqrt(np.diag(back)), dof


@few
@given(seeds, st.integers(0, 2))
def test_intervals_are_those_of_the_textbook(seed, n_covariates):
    y, design, covariates, _ = problem(seed, n_covariates=n_covariates)
    fit = fit_contrasts(y, design, covariates)
    theta, cov, width, dof = hc3_by_hand(y, design, covariates)
    np.testing.assert_allclose(fit.theta, theta, atol=1e-9)
    np.testing.assert_allclose(fit.cov, cov, atol=1e-9)
    np.testing.assert_allclose(fit.high - fit.theta, width, atol=1e-9)
    assert fit.dof == dof


@few
@given(seeds)
def test_which_option_stands_first_does_not_matter(seed):
    y, design, covariates, _ = problem(seed, n_covariates=2)
    flips = rng(seed, "flips").choice([-1.0, 1.0], len(y))
    a, b = (
        fit_contrasts(y, design, covariates),
        fit_contrasts(flips * y, flips[:, None] * design, flips[:, None] * covariates),
    )
    np.testing.assert_allclose(a.theta, b.theta, atol=1e-9)
    np.testing.assert_allclose(a.cov, b.cov, atol=1e-9)
    # evidence turned round, with the options where they were, turns the values round
    np.testing.assert_allclose(fit_contrasts(-y, design, covariates).theta, -a.theta, atol=1e-9)


@few
@given(seeds)
def test_rows_and_values_can_be_permuted(seed):
    y, design, covariates, _ = problem(seed, n_covariates=1)
    rows, columns = rng(seed, "rows").permutation(len(y)), rng(seed, "columns").permutation(design.shape[1])
    a = fit_contrasts(y, design, covariates)
    b = fit_contrasts(y[rows], design[rows][:, columns], covariates[rows])
    np.testing.assert_allclose(a.theta[columns], b.theta, atol=1e-9)
    np.testing.assert_allclose(a.high[columns], b.high, atol=1e-9)


@few
@given(seeds, st.floats(-3, 3), st.floats(0.1, 10))
def test_what_a_covariate_explains_is_no_value(seed, slope, scale):
    y, design, covariates, _ = problem(seed, n_covariates=2)
    a = fit_contrasts(y, design, covariates)
    b = fit_contrasts(y + slope * covariates[:, 0], design, covariates * scale)
    np.testing.assert_allclose(a.theta, b.theta, atol=1e-7)
    np.testing.assert_allclose(fit_beta(y, design, covariates), a.beta, atol=1e-9)


def test_values_that_no_dilemma_links_still_sum_to_zero_in_each_part():
    fit = fit_contrasts(np.array([1.0, 2.0, 1.5, 1.0]), pair_design([(0, 1), (0, 1), (2, 3), (2, 3)], 4))
    assert fit.theta[:2].sum() == pytest.approx(0, abs=1e-12)
    assert fit.theta[2:].sum() == pytest.approx(0, abs=1e-12)
    assert fit.dof == 2


@pytest.mark.parametrize(
    ("y", "pairs", "message"),
    [
        ([], [], "no answered dilemmas"),
        ([1.0], [(0, 1)], "cannot carry 1 parameters"),
        ([1.0, np.nan, 2.0], [(0, 1)] * 3, "NaN or infinity"),
        ([1.0, 2.0], [(0, 1)] * 3, "must match"),
    ],
)
def test_what_cannot_be_fitted_is_named(y, pairs, message):
    with pytest.raises(InputError, match=message):
        fit_contrasts(np.array(y), pair_design(pairs, 2))


def test_permutation_p_is_uniform_under_the_null():
    # 400 draws: the share below .05 has SE .011, the mean of the ps SE .014; the bounds are three SEs away
    found = []
    for seed in range(400):
        draw = rng(seed, "null")
        _, design, covariates, _ = problem(seed, n_covariates=1)
        y = draw.standard_normal(len(design)) + 0.8 * covariates[:, 0]
        found.append(permutation_p(y, design, covariates, n_permutations=99, rng=draw))
    assert 0.017 <= np.mean(np.array(found) <= 0.05) <= 0.083
    assert 0.457 <= np.mean(found) <= 0.543


def test_permutation_p_sees_a_profile_and_never_is_zero():
    y, design, covariates, _ = problem(1, n=60, n_covariates=1, noise=0.2)
    p = permutation_p(y, design, covariates, n_permutations=199, rng=rng(0))
    assert p == pytest.approx(1 / 200)
    assert p == permutation_p(y, design, covariates, n_permutations=199, rng=rng(0))


def test_halves_of_a_strong_profile_agree_and_those_of_noise_do_not():
    y, design, _, _ = problem(2, n=80, noise=0.1)
    assert split_half(y, design, rng=rng(0)) > 0.95
    noise = np.mean([split_half(rng(s).standard_normal(80), design, n_splits=20, rng=rng(s)) for s in range(40)])
    assert abs(noise) < 0.35
    assert np.isnan(split_half(y[:3], design[:3], rng=rng(0)))


@few
@given(seeds, st.sets(st.integers(0, 39), min_size=1, max_size=5))
def test_bounds_hold_whatever_the_missing_rows_say(seed, missing):
    y, design, _, _ = problem(seed)
    missing, largest = sorted(missing), 2.5
    filled = y.copy()
    filled[missing] = 0.0
    fit = fit_contrasts(filled, design)
    low, high = missing_bounds(fit.theta, fit.weights, missing, largest)
    filled[missing] = rng(seed, "unkind").uniform(-largest, largest, len(missing))
    theta = fit_contrasts(filled, design).theta
    assert np.all((low - 1e-9 <= theta) & (theta <= high + 1e-9))
    # and they are reached
    filled[missing] = largest * np.sign(fit.weights[0, missing])
    assert fit_contrasts(filled, design).theta[0] == pytest.approx(high[0])


def test_correlations():
    a = np.array([1.0, 2.0, 3.0])
    assert pearson(a, 2 * a + 1) == pytest.approx(1)
    assert np.isnan(pearson(a, np.ones(3)))
    profile, noise = np.array([1.0, 0.0, -1.0]), 0.1 * np.eye(3)
    # shared 2/3, true (2 − .3)/3
    weaker = np.array([1.0, -1.0, 0.0])
    assert true_correlation([profile, weaker], [noise, noise]) == pytest.approx(1 / 1.7)
    assert true_correlation([profile, -weaker], [noise, noise]) == pytest.approx(-1 / 1.7)
    # 2 / 1.7 would be more than agreement
    assert true_correlation([profile, profile], [noise, noise]) == 1.0
    assert true_correlation([profile, profile], [np.eye(3), np.eye(3)]) == 1.0
    assert np.isnan(true_correlation([profile], [noise]))
    assert np.isnan(true_correlation([profile, -profile], [np.eye(3), np.eye(3)]))
