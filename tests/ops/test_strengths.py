from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_expit, log_ndtr

from weigh.core.errors import InputError
from weigh.ops.comparison_graph import linkage
from weigh.ops.strengths import by_diagonal, centred, check_prior, inverse, inverse_on_sums, laplacian, logistic, probit

Z = np.array([-45.0, -31.0, -29.0, -6.0, -0.3, 0.0, 1e-9, 2.0, 29.0, 31.0, 45.0])


@pytest.mark.parametrize(("link", "log_p"), [(logistic, log_expit), (probit, log_ndtr)])
@pytest.mark.parametrize("y", [0.0, 0.3, 0.5, 1.0])
def test_links_are_the_log_probability_and_its_derivatives_far_into_the_tails(link, log_p, y):
    for z in Z:
        at = lambda x: link(np.array([x]), np.array([y]), np.array([2.0]))  # noqa: E731
        exact = -2.0 * (y * log_p(z) + (1 - y) * log_p(-z))
        assert at(z).loss == pytest.approx(exact, rel=1e-9, abs=1e-300)
        step = 1e-5
        assert at(z).slope[0] == pytest.approx((at(z + step).loss - at(z - step).loss) / (2 * step), rel=1e-6, abs=1e-8)
        bent = (at(z + step).slope[0] - at(z - step).slope[0]) / (2 * step)
        assert at(z).curvature[0] == pytest.approx(bent, rel=1e-5, abs=1e-7)
        assert at(z).curvature[0] >= 0


@pytest.mark.parametrize("link", [logistic, probit])
def test_expected_curvature_is_the_mean_over_answers(link):
    z = np.array([-2.0, 0.0, 0.7])
    won, lost = (link(z, np.full(3, y), np.ones(3)) for y in (1.0, 0.0))
    p = np.exp((log_expit if link is logistic else log_ndtr)(z))
    np.testing.assert_allclose(won.information, p * won.curvature + (1 - p) * lost.curvature, rtol=1e-12)
    np.testing.assert_allclose(p * won.slope + (1 - p) * lost.slope, 0, atol=1e-15)


def test_covariance_without_prior_is_the_pseudo_inverse():
    draw = np.random.default_rng(0)
    a, b = np.triu_indices(6, 1)
    information = laplacian(a, b, draw.random(15), 6)
    np.testing.assert_allclose(information, information.T)
    np.testing.assert_allclose(information @ np.ones(6), 0, atol=1e-12)
    cov = inverse_on_sums(information, linkage(6, a, b), 0.0)
    np.testing.assert_allclose(cov, np.linalg.pinv(information), atol=1e-10)


def test_covariance_with_prior_is_its_inverse_within_sums_of_zero_of_each_component():
    a, b, h = np.array([0, 1, 3]), np.array([1, 2, 4]), np.array([1.0, 2.0, 3.0])
    information, linked = laplacian(a, b, h, 6), linkage(6, a, b)
    cov = inverse_on_sums(information, linked, 0.1)
    project = np.eye(6) - linked.same()
    np.testing.assert_allclose(cov, project @ np.linalg.inv(information + 0.1 * np.eye(6)) @ project, atol=1e-10)
    np.testing.assert_allclose(cov @ (np.arange(6) < 3), 0, atol=1e-10)
    assert cov[5, 5] == pytest.approx(0, abs=1e-10)


def test_inverse():
    root = np.random.default_rng(1).standard_normal((7, 7))
    matrix = root @ root.T + np.eye(7)
    np.testing.assert_allclose(inverse(matrix), np.linalg.inv(matrix), atol=1e-12)
    assert (inverse(matrix) == inverse(matrix).T).all()


def test_a_diagonal_with_a_zero_can_precondition():
    assert np.isfinite(by_diagonal(np.array([2.0, 0.0]))(np.ones(2))).all()
    np.testing.assert_allclose(by_diagonal(np.array([2.0, 4.0]))(np.ones(2)), [0.5, 0.25], rtol=1e-5)


def test_each_component_is_centred():
    linked = linkage(5, [0, 3], [1, 4])
    np.testing.assert_allclose(centred(np.array([3.0, 5.0, 9.0, 1.0, -1.0]), linked), [-1, 1, 0, 1, -1])


@pytest.mark.parametrize("prior", [-1.0, np.nan, np.inf])
def test_a_prior_is_0_or_more(prior):
    with pytest.raises(InputError, match="prior is"):
        check_prior(prior, linkage(2, [0, 1], [1, 0]))


def test_without_a_prior_wins_must_lead_everywhere():
    with pytest.raises(InputError, match="wins link 2 groups, comparisons 1"):
        check_prior(0, linkage(2, [0], [1]))
    check_prior(0, linkage(2, [0, 1], [1, 0]))
    check_prior(0.1, linkage(2, [0], [1]))
