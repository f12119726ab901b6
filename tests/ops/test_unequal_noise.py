from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_ndtr, ndtr

from weigh.core.stats import rng
from weigh.ops.newton import minimise
from weigh.ops.pairs import gather, links
from weigh.ops.unequal_noise import UnequalNoise

few = settings(max_examples=15, deadline=None)


def problem(seed, n=6, votes=12.0, spread=0.7):
    draw = rng(seed, "problem")
    mu, v = draw.standard_normal(n), 0.5 * np.exp(spread * draw.standard_normal(n))
    a, b = np.triu_indices(n, 1)
    p = ndtr((mu[a] - mu[b]) / np.sqrt(v[a] + v[b]))
    return gather(a, b, draw.binomial(int(votes), p) / votes, np.full(len(a), votes), n_items=n)


def model(pairs, prior=0.05, prior_variance=0.7):
    return UnequalNoise(pairs, links(pairs), prior, prior_variance)


@few
@given(st.integers(0, 10_000))
def test_value_is_the_log_posterior(seed):
    pairs = problem(seed)
    x = rng(seed, "x").standard_normal(12)
    u, c = x[:6], x[6:] - x[6:].mean()
    v = np.exp(c) / 2
    z = (u[pairs.left] - u[pairs.right]) / np.sqrt(v[pairs.left] + v[pairs.right])
    told = np.sum(pairs.weight * (pairs.p_left * log_ndtr(z) + (1 - pairs.p_left) * log_ndtr(-z)))
    exact = -told + 0.05 / 2 * u @ u + 0.7 / 2 * c @ c
    assert model(pairs).objective(x)[0] == pytest.approx(exact, rel=1e-12)


@few
@given(st.integers(0, 10_000))
def test_gradient_and_curvature_are_those_of_finite_differences(seed):
    objective = model(problem(seed)).objective
    draw = rng(seed, "x")
    x, way, step = draw.standard_normal(12), draw.standard_normal(12), 1e-5
    _, gradient, product = objective(x)
    ahead, behind = objective(x + step * way), objective(x - step * way)
    assert gradient @ way == pytest.approx((ahead[0] - behind[0]) / (2 * step), rel=1e-6, abs=1e-5)
    np.testing.assert_allclose(product(way), (ahead[1] - behind[1]) / (2 * step), rtol=1e-5, atol=1e-4)


def test_a_common_factor_of_all_variances_is_no_parameter():
    pairs = problem(3)
    x = rng(3, "x").standard_normal(12)
    moved = x + np.repeat([0.0, 1.3], 6)
    one, other = model(pairs).objective(x), model(pairs).objective(moved)
    assert one[0] == pytest.approx(other[0], rel=1e-12)
    np.testing.assert_allclose(one[1], other[1], atol=1e-10)


def test_optimum_is_that_of_scipy_and_no_start_finds_a_lower_one():
    for seed in range(4):
        pairs = problem(seed, n=7, votes=20.0)
        posterior = model(pairs, 0.01, 1.0)
        found = minimise(posterior.objective, posterior.preconditioner, np.zeros(14))
        assert found.converged
        draw = rng(seed, "starts")
        starts = [np.zeros(14), *draw.standard_normal((4, 14)) * 1.5]
        falls = [lowest(posterior, start) for start in starts]
        assert found.value <= min(falls) + 1e-8
        assert found.value == pytest.approx(min(falls), abs=1e-6)


def lowest(posterior, start):
    return minimize(lambda x: posterior.objective(x)[:2], start, jac=True, method="BFGS", options={"gtol": 1e-7}).fun


def test_covariance_is_the_block_of_the_inverse_of_the_whole_information():
    pairs = problem(5, n=5)
    posterior = model(pairs, 0.02, 0.5)
    x = minimise(posterior.objective, posterior.preconditioner, np.zeros(10)).x

    # expected information by its definition: J' i J, with J by finite differences of z
    def z_of(x):
        c = x[5:] - x[5:].mean()
        v = np.exp(c) / 2
        return (x[:5][pairs.left] - x[:5][pairs.right]) / np.sqrt(v[pairs.left] + v[pairs.right])

    steps = 1e-6 * np.eye(10)
    jacobian = np.stack([(z_of(x + s) - z_of(x - s)) / 2e-6 for s in steps], axis=1)
    z = z_of(x)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    information = jacobian.T @ (jacobian * (pairs.weight * density**2 / (ndtr(z) * ndtr(-z)))[:, None])
    level = np.eye(5) - 1 / 5
    information[:5, :5] += 0.02 * np.eye(5)
    information[5:, 5:] += 0.5 * level
    inverse = np.linalg.pinv(information, rcond=1e-9)[:5, :5]
    np.testing.assert_allclose(posterior.cov(x), level @ inverse @ level, rtol=1e-4, atol=1e-6)


def test_whether_variances_are_identified():
    def at(pairs):
        posterior = model(pairs, 0.0, 0.0)
        found = minimise(posterior.objective, posterior.preconditioner, np.zeros(2 * pairs.n_items))
        return posterior.is_identified(found.x)

    assert at(problem(1, n=8, votes=100.0))
    assert not at(gather([0, 1, 0], [1, 2, 2], [0.8, 0.7, 0.9]))


def test_far_variances_are_a_cliff():
    value, gradient, _ = model(problem(0)).objective(np.repeat([0.0, 1.0], 6) * 1e4 * np.arange(12))
    assert value == np.inf
    assert np.isfinite(gradient).all()
