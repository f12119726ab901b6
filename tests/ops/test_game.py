"""Semivalues: the axioms on random games, known answers, and what they are sums of."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from weigh.core.errors import InputError
from weigh.ops.coalitions import coalitions
from weigh.ops.game import (
    banzhaf_sizes,
    beta_sizes,
    semivalue,
    semivalue_coefficients,
    shapley_sizes,
    size_distribution,
)

NUMBERS = st.floats(-100, 100, allow_nan=False)


def tables(most: int = 6) -> st.SearchStrategy[np.ndarray]:
    return st.integers(1, most).flatmap(lambda n: hnp.arrays(float, 1 << n, elements=NUMBERS))


def players_of(table: np.ndarray) -> int:
    return int(math.log2(len(table)))


def by_orders(table: np.ndarray) -> np.ndarray:
    """Shapley values as the mean over all orders, as Shapley defined them."""
    n = players_of(table)
    due = np.zeros(n)
    for order in permutations(range(n)):
        mask = 0
        for i in order:
            due[i] += table[mask | 1 << i] - table[mask]
            mask |= 1 << i
    return due / math.factorial(n)


@given(tables(5))
@settings(max_examples=25, deadline=None)
def test_shapley_is_the_mean_over_all_orders(table):
    np.testing.assert_allclose(semivalue(table, shapley_sizes(players_of(table))), by_orders(table), atol=1e-11)


@given(tables())
@settings(max_examples=40, deadline=None)
def test_shapley_shares_add_up(table):
    due = semivalue(table, shapley_sizes(players_of(table)))
    assert due.sum() == pytest.approx(table[-1] - table[0], abs=1e-11)


@given(tables(), st.sampled_from(["shapley", "banzhaf", "beta"]), st.data())
@settings(max_examples=40, deadline=None)
def test_interchangeable_players_are_due_the_same_and_who_adds_nothing_is_due_nothing(table, index, data):
    n = players_of(table)
    sizes = size_distribution(index, n, alpha=2.0, beta=3.0)
    i = data.draw(st.integers(0, n - 1))
    masks = np.arange(1 << n)
    idle = table[masks & ~(1 << i)]
    assert semivalue(idle, sizes)[i] == 0.0
    j = data.draw(st.integers(0, n - 1))
    swapped = masks & ~(1 << i) & ~(1 << j) | (masks >> i & 1) << j | (masks >> j & 1) << i
    alike = (table + table[swapped]) / 2
    due = semivalue(alike, sizes)
    assert due[i] == pytest.approx(due[j], abs=1e-11)


@given(tables(), st.sampled_from(["shapley", "banzhaf", "beta"]), NUMBERS, NUMBERS, st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_semivalues_are_linear_and_agree_with_their_coefficients(table, index, a, b, seed):
    other = np.random.default_rng(seed).normal(size=table.shape)
    sizes = size_distribution(index, players_of(table))
    both = a * semivalue(table, sizes) + b * semivalue(other, sizes)
    np.testing.assert_allclose(semivalue(a * table + b * other, sizes), both, atol=1e-9)
    np.testing.assert_allclose(table @ semivalue_coefficients(sizes), semivalue(table, sizes), atol=1e-11)


@pytest.mark.parametrize("n", [1, 2, 7, 30, 500, 3000])
def test_sizes_are_distributions(n):
    for sizes in (shapley_sizes(n), banzhaf_sizes(n), beta_sizes(n, 16, 1), beta_sizes(n, 1, 4)):
        assert sizes.shape == (n,)
        assert sizes.min() >= 0
        assert sizes.sum() == pytest.approx(1, abs=1e-10)
    np.testing.assert_allclose(beta_sizes(n, 1, 1), shapley_sizes(n), rtol=1e-10)


def test_large_alpha_looks_at_small_coalitions():
    assert beta_sizes(10, 16, 1).argmax() == 0
    assert beta_sizes(10, 1, 16).argmax() == 9


def test_known_answers():
    # the United Nations' council in small: one veto player, three others, quota of the veto and one more
    worth = [float(row[0] and row[1:].any()) for row in coalitions(4)]
    np.testing.assert_allclose(semivalue(worth, shapley_sizes(4)), [9 / 12, 1 / 12, 1 / 12, 1 / 12])
    np.testing.assert_allclose(semivalue(worth, banzhaf_sizes(4)), [7 / 8, 1 / 8, 1 / 8, 1 / 8])


def test_games_of_the_same_players_are_divided_together():
    table = np.random.default_rng(0).normal(size=(3, 2, 8))
    due = semivalue(table, shapley_sizes(3))
    assert due.shape == (3, 2, 3)
    np.testing.assert_allclose(due[1, 1], semivalue(table[1, 1], shapley_sizes(3)))
    assert semivalue(table[:0], shapley_sizes(3)).shape == (0, 2, 3)


def test_twenty_players():
    weight = np.random.default_rng(0).random(20)
    strength = np.zeros(1)
    for one in weight:
        strength = np.concatenate([strength, strength + one])
    # v(S) = (Σ w)²: each player is due w_i · Σ w
    np.testing.assert_allclose(semivalue(strength**2, shapley_sizes(20)), weight * weight.sum(), rtol=1e-9)


@pytest.mark.parametrize(
    ("table", "sizes"),
    [
        ([0.0, 1.0, 2.0], [0.5, 0.5]),
        ([0.0, 1.0, np.nan, 1.0], [0.5, 0.5]),
        ([0.0, 1.0], [0.9]),
        ([0.0, 1.0, 1.0, 1.0], [1.5, -0.5]),
        ([0.0], []),
    ],
)
def test_what_is_no_game_is_refused(table, sizes):
    with pytest.raises(InputError):
        semivalue(table, sizes)


@pytest.mark.parametrize("call", [lambda: shapley_sizes(0), lambda: banzhaf_sizes(True), lambda: beta_sizes(3, 0, 1)])
def test_no_players_or_no_weights_are_refused(call):
    with pytest.raises(InputError):
        call()


def test_unknown_index_is_refused():
    with pytest.raises(InputError, match="shapley"):
        size_distribution("core", 3)  # pyright: ignore[reportArgumentType]
