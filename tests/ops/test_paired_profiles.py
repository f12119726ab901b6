"""Differences of profiles: exact identities, and what is left of a correlation once noise is taken out."""

from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.contrasts import fit_contrasts, pair_design
from weigh.ops.paired_profiles import pooled_spread, profile_correlation, profile_difference

K = 6
PAIRS = [(a, b) for a in range(K) for b in range(K) if a != b] * 3
DESIGN = pair_design(PAIRS, K)
DRAW = rng(0, "test")
FIRST, OTHER = DRAW.standard_normal((2, len(PAIRS)))
COVARIATES = DRAW.standard_normal((len(PAIRS), 2))


def difference(first, other, covariates=None, **options):
    return profile_difference(first, other, DESIGN, covariates, rng=rng(0, "x"), **options)


def test_the_difference_is_that_of_the_profiles_and_its_interval_that_of_the_differences():
    found = difference(FIRST, OTHER, COVARIATES)
    np.testing.assert_allclose(found.difference, found.other - found.first, atol=1e-12)
    fit = fit_contrasts(OTHER - FIRST, DESIGN, COVARIATES)
    np.testing.assert_allclose(found.low, fit.low)
    np.testing.assert_allclose(found.high, fit.high)
    assert abs(found.difference.sum()) < 1e-12
    assert np.all((found.p < 0.05) == ((found.low > 0) | (found.high < 0)))
    assert np.all(found.p_adjusted >= found.p)
    assert np.all(found.detectable > found.detectable_alone)


def test_what_both_share_does_not_matter():
    shared = 100 * rng(1, "shared").standard_normal(len(PAIRS))
    a, b = difference(FIRST, OTHER), difference(FIRST + shared, OTHER + shared)
    np.testing.assert_allclose(a.difference, b.difference, atol=1e-10)
    np.testing.assert_allclose(a.detectable, b.detectable, atol=1e-10)


def test_exchanging_the_two_turns_the_signs_and_scaling_scales():
    a, b = difference(FIRST, OTHER), difference(OTHER, FIRST)
    np.testing.assert_allclose(a.difference, -b.difference)
    np.testing.assert_allclose(a.low, -b.high)
    np.testing.assert_allclose(a.p_adjusted, b.p_adjusted)
    np.testing.assert_allclose(difference(3 * FIRST, 3 * OTHER).detectable, 3 * a.detectable)


def test_the_same_evidence_twice_differs_in_nothing():
    found = difference(FIRST, FIRST + 1e-13)
    assert np.all(found.difference == 0)
    assert np.all(found.p == 1)
    assert np.all(found.influence == 0)


def test_influence_adds_up_to_the_difference():
    fit = fit_contrasts(OTHER - FIRST, DESIGN)
    pushes = fit.weights * (OTHER - FIRST)
    found = difference(FIRST, OTHER)
    np.testing.assert_allclose(pushes.sum(axis=1), found.difference)
    np.testing.assert_allclose(np.linalg.norm(pushes, axis=0), found.influence)


@pytest.mark.parametrize("shared", [0.0, 0.8])
def test_correlation_is_corrected_for_noise_that_the_two_share(shared):
    theta = np.linspace(-1, 1, K) * 0.6
    other = theta[[1, 0, 3, 2, 5, 4]]
    truth = float(np.corrcoef(theta, other)[0, 1])
    found = []
    for seed in range(60):
        draw = rng(seed, "noise")
        common, a, b = draw.standard_normal((3, len(PAIRS)))
        noise = [np.sqrt(shared) * common + np.sqrt(1 - shared) * own for own in (a, b)]
        first, second = (DESIGN @ t + n for t, n in zip((theta, other), noise, strict=True))
        found.append(profile_correlation(first, second, DESIGN, n_draws=200, rng=draw))
    assert np.mean([one.estimate for one in found]) == pytest.approx(truth, abs=0.05)
    assert np.mean([one.low <= truth <= one.high for one in found]) >= 0.85


def test_pooled_spread_and_faults():
    assert pooled_spread(np.array([0.0, 2.0]), np.array([5.0, 5.0, np.nan])) == pytest.approx(np.sqrt(0.5))
    with pytest.raises(InputError, match="same dilemmas"):
        difference(FIRST, OTHER[1:])
    with pytest.raises(InputError, match="NaN"):
        difference(np.full(len(PAIRS), np.nan), OTHER)
