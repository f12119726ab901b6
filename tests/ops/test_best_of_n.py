"""Best-of-n, against enumeration."""

from __future__ import annotations

from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.best_of_n import (
    best_of_n_curve,
    best_of_n_kl,
    best_of_n_policy,
    best_of_n_weights,
    n_grid,
    overoptimisation,
)
from weigh.ops.divergences import kl_divergence

few = settings(max_examples=25, deadline=None)
pool = st.lists(st.tuples(st.integers(0, 4), st.integers(-5, 5)), min_size=1, max_size=7)


def of_subset(proxy, value, chosen):
    """Value of the best of a subset; the mean of those that tie."""
    best = max(proxy[i] for i in chosen)
    return np.mean([value[i] for i in chosen if proxy[i] == best])


@given(pool)
@few
def test_curve_is_the_mean_over_all_subsets_without_ties(rows):
    value = [v for _, v in rows]
    proxy = rng(len(rows), "distinct").permutation(len(rows))
    n = range(1, len(rows) + 1)
    found = best_of_n_curve(proxy, value, list(n))
    for size, mean in zip(n, found, strict=True):
        subsets = [of_subset(proxy, value, chosen) for chosen in combinations(range(len(rows)), size)]
        assert mean == pytest.approx(np.mean(subsets), abs=1e-12)


@given(pool)
@few
def test_curve_with_ties_is_the_mean_over_ways_to_break_them(rows):
    proxy, value = np.array(rows, dtype=float).T
    n = np.arange(1, len(rows) + 1)
    found = best_of_n_curve(proxy, value, n)
    draw, again = rng(0, "ties"), []
    for _ in range(300):
        order = draw.permutation(len(rows))
        again.append(best_of_n_curve(proxy + 1e-6 * order, value, n))
    spread = np.std(again, axis=0) / np.sqrt(300)
    assert (np.abs(found - np.mean(again, axis=0)) <= 5 * spread + 1e-9).all()
    # and nothing hangs on the order of the rows
    np.testing.assert_allclose(best_of_n_curve(proxy[::-1], value[::-1], n), found, atol=1e-12)


def test_ends_of_the_curve():
    proxy, value = rng(0, "ends").standard_normal((2, 3, 4096))
    found = best_of_n_curve(proxy, value, [1, 4096])
    np.testing.assert_allclose(found[:, 0], value.mean(axis=1), atol=1e-12)
    np.testing.assert_array_equal(found[:, 1], value[np.arange(3), proxy.argmax(axis=1)])


def test_curve_of_the_proxy_itself_rises():
    x = rng(0, "rises").standard_normal((5, 50))
    assert (np.diff(best_of_n_curve(x, x, np.arange(1, 51)), axis=1) > 0).all()


@pytest.mark.parametrize(("n_answers", "n"), [(10, 3), (40, 17), (12600, 12500), (12600, 2)])
def test_weights_are_ratios_of_binomials(n_answers, n):
    found = best_of_n_weights(n_answers, n)[0]
    assert found.sum() == pytest.approx(1.0, abs=1e-12)
    for rank in {n, (n + n_answers) // 2, n_answers}:
        assert found[rank - 1] == pytest.approx(comb(rank - 1, n - 1) / comb(n_answers, n), rel=1e-9)
    assert (found[: n - 1] == 0).all()


def test_policy_is_what_enumeration_of_draws_gives():
    p, reward = np.array([0.2, 0.3, 0.1, 0.4]), np.array([1.0, 2.0, 2.0, 0.0])
    expected = np.zeros(4)
    for draws in product(range(4), repeat=3):
        top = max(reward[i] for i in draws)
        tied = np.where(reward == top, p, 0.0)
        expected += p[list(draws)].prod() * tied / tied.sum()
    np.testing.assert_allclose(best_of_n_policy(p, reward, 3), expected, atol=1e-12)


def test_policy_of_one_draw_is_the_policy():
    p = np.array([[0.2, 0.8, 0.0], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(best_of_n_policy(p, [[3.0, 1.0, 9.0], [0.0, 1.0, 2.0]], 1), p, atol=1e-15)


def test_policy_does_not_depend_on_how_arrays_lie_in_memory():
    draw = rng(0, "memory")
    p, reward = draw.dirichlet(np.ones(4), size=(2, 3)), draw.standard_normal((2, 3, 4))
    found = best_of_n_policy(np.asfortranarray(p), np.asfortranarray(reward), 3)
    np.testing.assert_array_equal(found, best_of_n_policy(p, reward, 3))


@given(st.integers(1, 200), st.integers(2, 30))
@few
def test_kl_of_best_of_n_is_at_most_its_formula(n, k):
    draw = rng(k, "kl")
    p = draw.dirichlet(np.ones(k))
    exact = kl_divergence(best_of_n_policy(p, draw.standard_normal(k), n), p)
    assert exact <= best_of_n_kl(n) + 1e-9


def test_kl_formula_is_reached_by_many_unlikely_answers():
    k = 20000
    exact = kl_divergence(best_of_n_policy(np.full(k, 1 / k), np.arange(k), 16), np.full(k, 1 / k))
    assert exact == pytest.approx(float(best_of_n_kl(16)), abs=1e-3)


def test_grid():
    assert n_grid(1) == [1]
    assert n_grid(2) == [1, 2]
    assert n_grid(4096)[-2:] == [3072, 4096]


def test_overoptimisation_of_a_curve_that_keeps_rising_is_none():
    found = overoptimisation([1, 2, 4], [0, 1, 2], [0, 1, 2])
    assert (found.drop, found.gap, found.at) == (0.0, 0.0, 4.0)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: best_of_n_curve([1.0, 2.0], [1.0, 2.0], 3), "from 1 to 2"),
        (lambda: best_of_n_curve([1.0, 2.0], [1.0, 2.0], 0), "from 1 to 2"),
        (lambda: best_of_n_curve([1.0, 2.0], [1.0, 2.0], 1.5), "whole numbers"),
        (lambda: best_of_n_curve([1.0, np.nan], [1.0, 2.0], 1), "NaN"),
        (lambda: best_of_n_curve([1.0], [1.0, 2.0], 1), "shape"),
        (lambda: best_of_n_curve([], [], 1), "shape"),
        (lambda: best_of_n_policy([0.5, 0.6], [0.0, 1.0], 2), "sum to 1"),
        (lambda: best_of_n_policy([0.5, 0.5], [0.0, 1.0], 0), "1 draw or more"),
        (lambda: best_of_n_kl(0), "1 or more"),
        (lambda: best_of_n_kl(np.inf), "an end"),
        (lambda: overoptimisation([], [], []), "expected one"),
    ],
)
def test_bad_input(call, match):
    with pytest.raises(InputError, match=match):
        call()
