"""Packages: all are listed once, sums are sums, and optima by programs are the optima by looking."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.ops.package_optimum import Search
from weigh.ops.packages import (
    affordable,
    all_packages,
    cheapest,
    moves,
    n_packages,
    options_of,
    random_package,
    totals,
)  # fmt: skip
from weigh.ops.welfare import leximin, nash

ELEMENT = np.array([0, 1, 0, 1, 2, 1])


def test_every_package_stands_once_and_has_one_option_of_each_element():
    found = all_packages(ELEMENT)
    assert n_packages(ELEMENT) == len(found) == 2 * 3 * 1
    assert {tuple(one) for one in found.tolist()} == set(itertools.product([0, 2], [1, 3, 5], [4]))


def test_packages_may_have_more_elements_than_arrays_have_axes():
    element = np.repeat(np.arange(100), [2, *[1] * 98, 3])
    assert len(all_packages(element)) == len(np.unique(all_packages(element), axis=0)) == n_packages(element) == 6


def test_totals_are_sums_over_the_options():
    worth = np.random.default_rng(0).normal(size=(2, 3, 6))
    packages = all_packages(ELEMENT)
    np.testing.assert_allclose(totals(worth, packages), worth[..., packages].sum(axis=-1))


@given(st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=12, deadline=None)
def test_moves_are_the_packages_at_that_distance(n_elements, most):
    element = np.repeat(np.arange(n_elements), 3)
    here = np.arange(n_elements) * 3 + 1
    every = all_packages(element)
    far = (every != here).sum(axis=1)
    wanted = {tuple(one) for one in every[(far > 0) & (far <= most)].tolist()}
    found = [tuple(one) for one in moves(element, here, most).tolist()]
    assert len(found) == len(set(found))
    assert set(found) == wanted


def test_an_element_with_one_option_cannot_change():
    assert moves([0], [0], 2).shape == (0, 1)


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_random_packages_are_affordable_also_where_hardly_any_is(seed):
    chance = np.random.default_rng(seed)
    cost = chance.uniform(0, 1, 6)
    low = cost[cheapest(ELEMENT, cost)].sum()
    for budget in (low, low + 0.05, 9.0):
        package = random_package(ELEMENT, cost, budget, chance)
        assert [ELEMENT[one] for one in package] == [0, 1, 2]
        assert affordable(cost[package].sum(), budget)
    with pytest.raises(InputError, match="cheapest"):
        random_package(ELEMENT, cost, low - 0.01, chance)


@pytest.mark.parametrize("seed", range(8))
def test_programs_find_what_looking_finds(seed):
    chance = np.random.default_rng(seed)
    k, element = 3, np.repeat(np.arange(4), 3)
    cost = chance.uniform(0.2, 1.5, 12)
    u = chance.uniform(-2, 5, (k, 12)) if seed % 2 else chance.integers(0, 4, (k, 12)).astype(float)
    budget = 0.6 * cost.reshape(4, 3).max(axis=1).sum() + 0.4 * cost.reshape(4, 3).min(axis=1).sum()
    every = all_packages(element)
    every = every[affordable(totals(cost, every), budget)]
    worth = totals(u, every)
    start = totals(u, cheapest(element, cost)[None])[:, 0]
    floor = np.full(k, -np.inf)
    if seed >= 4:
        floor[0] = np.quantile(worth[0], 0.6)
        worth = worth[:, worth[0] >= floor[0]]
    search = Search(element, cost, float(budget), u, floor)
    found = search.utilitarian()
    assert found.proven
    assert totals(u, found.package[None]).sum() == pytest.approx(worth.sum(axis=0).max())
    found = search.leximin()
    assert found.proven
    lowest = np.sort(worth[:, leximin(worth).argmin()])
    np.testing.assert_allclose(np.sort(totals(u, found.package[None])[:, 0]), lowest, atol=1e-5)
    product = nash(worth, start=start)
    found = search.nash(start)
    if np.isinf(product.max()):
        assert found.package is None
    else:
        assert nash(totals(u, found.package[None]), start=start)[0] == pytest.approx(product.max(), abs=1e-5)


def test_programs_say_where_no_package_will_do():
    nothing = Search(np.array([0, 0]), np.zeros(2), 1.0, np.array([[1.0, 2.0]]), np.array([3.0]))
    for found in (nothing.utilitarian(), nothing.leximin(), nothing.nash(np.zeros(1))):
        assert found == (None, True)


@pytest.mark.parametrize("element", [[], [0, 2], [-1, 0], [0.5], [[0]]])
def test_what_are_no_elements_is_refused(element):
    with pytest.raises(InputError):
        options_of(element)


def test_what_is_no_package_is_refused():
    with pytest.raises(InputError):
        moves([0, 0, 1], [2, 0])
    with pytest.raises(InputError):
        moves([0, 0, 1], [0, 2], 0)
