from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.stats import rng
from weigh.ops.newton import NEAR, minimise


def plain(x):
    return lambda r: r


def rosenbrock(x):
    a, b = x
    value = (1 - a) ** 2 + 100 * (b - a * a) ** 2
    gradient = np.array([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)])
    hessian = np.array([[2 - 400 * (b - 3 * a * a), -400 * a], [-400 * a, 200.0]])
    return float(value), gradient, lambda p: hessian @ p


@pytest.mark.parametrize("start", [(-1.2, 1.0), (0.0, 5.0), (3.0, -4.0), (-10.0, -10.0)])
def test_a_bent_valley_that_is_not_convex(start):
    found = minimise(rosenbrock, plain, np.array(start))
    np.testing.assert_allclose(found.x, [1, 1], atol=1e-8)
    assert found.converged


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12))
def test_a_bowl_of_any_shape_in_few_steps(seed, n):
    draw = rng(seed, "bowl")
    root = draw.standard_normal((n, n))
    shape, low = root @ root.T + 0.1 * np.eye(n), draw.standard_normal(n)
    found = minimise(
        lambda x: (float((x - low) @ shape @ (x - low)) / 2, shape @ (x - low), lambda p: shape @ p),
        lambda x: lambda r: r / np.diag(shape),
        draw.standard_normal(n) * 10,
    )
    np.testing.assert_allclose(found.x, low, atol=1e-7)
    assert found.converged
    assert found.gap <= 1e-8


def test_a_region_without_numbers_is_not_entered():
    # −log x + x, which is infinite for x ≤ 0; from 9 a full Newton step would land at −63
    def barrier(x):
        if x[0] <= 0:
            return np.inf, np.zeros(1), lambda p: p
        return float(x[0] - np.log(x[0])), 1 - 1 / x, lambda p: p / x**2

    found = minimise(barrier, lambda x: lambda r: r * x**2, np.array([9.0]))
    np.testing.assert_allclose(found.x, [1.0], atol=1e-8)
    assert found.converged


def test_rounding_in_a_large_value_does_not_hide_the_optimum():
    low = np.array([0.3, -0.2])
    found = minimise(
        lambda x: (1e9 + float((x - low) @ (x - low)) / 2, x - low, lambda p: p), plain, np.array([5.0, 5.0])
    )
    np.testing.assert_allclose(found.x, low, atol=1e-8)
    assert found.converged


def test_no_bottom_is_told():
    found = minimise(lambda x: (-float(x[0]), -np.ones(1), lambda p: 0 * p), plain, np.zeros(1))
    assert not found.converged


def test_a_rough_goal_stops_early():
    rough, fine = (minimise(rosenbrock, plain, np.array([0.8, 0.5]), goal=goal) for goal in (NEAR, 1e-8))
    assert fine.gap < 1e-8 < rough.gap <= NEAR
