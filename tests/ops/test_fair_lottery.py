"""Chances by merit, the decomposition into matchings and the linear programme, against other ways to find them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment, linprog

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.birkhoff import lottery
from weigh.ops.fair_lottery import Market, NoFairLottery, broken_promises, most_utility, unjustified_envy
from weigh.ops.merit_order import chance_of_more_merit, chances_by_merit, sampling_slack


def town(n=6, m=6, seed=0, share=1.0, seats=None):
    draw = rng(seed, "town")
    lists = np.argsort(draw.standard_normal((n, m)), axis=1)
    length = np.maximum(1, draw.binomial(m, share, n)) if share < 1 else np.full(n, m)
    lists[np.arange(m)[None, :] >= length[:, None]] = -1
    utility = np.where(lists >= 0, draw.standard_normal((n, m)), 0.0)
    merit = draw.standard_normal(n) + draw.standard_normal((400, n))
    return Market(lists, np.ones(m, dtype=int) if seats is None else np.array(seats), utility), merit


def by_hand(lists, seats, merit):
    """Serial dictatorship, one draw at a time."""
    counts = np.zeros(lists.shape)
    for row in merit:
        left = list(seats)
        for x in sorted(range(len(lists)), key=lambda x: -row[x]):
            for k, y in enumerate(lists[x]):
                if y >= 0 and left[y]:
                    left[y] -= 1
                    counts[x, k] += 1
                    break
    return counts / len(merit)


@pytest.mark.parametrize(("seed", "share", "seats"), [(0, 1, None), (1, 0.5, None), (2, 0.6, [2, 0, 1, 1, 3, 1])])
def test_chances_by_merit(seed, share, seats):
    market, merit = town(seed=seed, share=share, seats=seats)
    np.testing.assert_allclose(
        chances_by_merit(market.lists, market.seats, merit), by_hand(market.lists, market.seats, merit), atol=1e-12
    )


def test_chance_of_more_merit():
    _, merit = town()
    chance = chance_of_more_merit(merit)
    np.testing.assert_allclose(chance + chance.T, 1)
    assert chance[0, 3] == np.mean(merit[:, 3] > merit[:, 0])
    assert sampling_slack(8000, 36) == pytest.approx(sampling_slack(2000, 36) / 2)


@given(st.integers(0, 10**6), st.integers(1, 7), st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_matchings_sum_to_the_chances(seed, n, m):
    draw = rng(seed, "chances")
    seats = draw.integers(0, 4, m)
    p = draw.random((n, m)) * (draw.random((n, m)) < 0.6)
    p /= max(1.0, p.sum(axis=1).max())
    p *= np.minimum(1.0, seats / np.maximum(p.sum(axis=0), 1e-9))
    probability, place = lottery(p, seats)
    again = np.zeros((n, m))
    for share, row in zip(probability, place, strict=True):
        got = np.flatnonzero(row >= 0)
        np.add.at(again, (got, row[got]), share)
        assert (np.bincount(row[got], minlength=m) <= seats).all()
    np.testing.assert_allclose(again, p, atol=1e-9)
    assert probability.sum() == pytest.approx(1)
    assert (np.diff(probability) <= 0).all()


def test_birkhoffs_number_of_terms():
    draw = rng(0, "square")
    matchings = [draw.permutation(7) for _ in range(5)]
    p = np.mean([np.eye(7)[to] for to in matchings], axis=0)
    probability, place = lottery(p)
    assert len(probability) <= 6**2 + 1
    assert all(sorted(row.tolist()) == list(range(7)) for row in place)
    assert lottery(np.eye(3))[0].tolist() == [1.0]


@pytest.mark.parametrize("chances", [[[0.7, 0.7]], [[-0.1, 0.2]], [[0.9], [0.9]], [[np.nan]], np.zeros((0, 2))])
def test_what_is_no_lottery(chances):
    with pytest.raises(InputError):
        lottery(chances)


@pytest.mark.parametrize("seed", range(5))
def test_without_fairness_it_is_the_assignment(seed):
    market, _ = town(seed=seed)
    every = Market(market.lists, market.seats, market.utility, must_match=True)
    worth = market.spread(market.utility)
    rows, columns = linear_sum_assignment(-worth)
    assert (most_utility(every) * worth).sum() == pytest.approx(worth[rows, columns].sum(), abs=1e-7)
    free = linear_sum_assignment(-np.maximum(worth, 0))
    assert (most_utility(market) * worth).sum() == pytest.approx(np.maximum(worth, 0)[free].sum(), abs=1e-7)


@pytest.mark.parametrize("axiom", ["promise", "envy"])
@pytest.mark.parametrize("phi", [0.5, 1.0])
def test_the_programme_with_every_row_written_out(axiom, phi):
    market, merit = town(n=5, m=4, seed=3, share=0.8, seats=[1, 2, 1, 1])
    n, m = 5, 4
    promise = phi * np.cumsum(chances_by_merit(market.lists, market.seats, merit), axis=1)
    envy = 1 - phi * (1 - np.maximum(0, 2 * chance_of_more_merit(merit) - 1))
    worth = market.spread(market.utility)
    listed = market.spread(np.ones(market.lists.shape)) > 0
    rows, right = [], []
    for x in range(n):
        row = np.zeros((n, m))
        row[x] = 1
        rows, right = [*rows, row], [*right, 1]
    for y in range(m):
        row = np.zeros((n, m))
        row[:, y] = 1
        rows, right = [*rows, row], [*right, market.seats[y]]
    for x in range(n):
        for k in range((market.lists[x] >= 0).sum()):
            top = market.lists[x, : k + 1]
            if axiom == "promise":
                row = np.zeros((n, m))
                row[x, top] = -1
                rows, right = [*rows, row], [*right, -promise[x, k]]
                continue
            for z in set(range(n)) - {x}:
                row = np.zeros((n, m))
                row[z, top], row[x, top] = 1, -1
                rows, right = [*rows, row], [*right, envy[x, z]]
    limits = [(0, 1 if free else 0) for free in listed.ravel()]
    truth = linprog(-worth.ravel(), A_ub=np.array(rows).reshape(len(rows), -1), b_ub=right, bounds=limits)
    found = most_utility(market, **({"at_least": promise - 1e-12} if axiom == "promise" else {"envy": envy}))
    assert (found * worth).sum() == pytest.approx(-truth.fun, abs=1e-6)
    assert (found[~listed] == 0).all()
    breach = broken_promises(market, found, promise) if axiom == "promise" else unjustified_envy(market, found, envy)
    assert breach <= 1e-8


def test_the_chances_by_merit_are_always_fair():
    for seed, share in itertools.product(range(4), (0.5, 1.0)):
        market, merit = town(seed=seed, share=share)
        own = chances_by_merit(market.lists, market.seats, merit)
        assert broken_promises(market, market.spread(own), np.cumsum(own, axis=1)) <= 1e-12


def test_no_lottery_and_by_how_much_it_must_give():
    # Ada has more merit and takes what alone Bo could have
    market = Market(np.array([[0, 1], [0, -1]]), np.array([1, 1]), np.ones((2, 2)), must_match=True)
    promise = np.array([[0.6, 1.0], [0.4, 0.4]])
    with pytest.raises(NoFairLottery, match=r"slack=0\.6") as told:
        most_utility(market, at_least=promise)
    assert told.value.relaxation == pytest.approx(0.6)
    np.testing.assert_allclose(most_utility(market, at_least=promise - 0.6), [[0, 1], [1, 0]], atol=1e-9)
    narrow = Market(np.array([[0], [0]]), np.array([1]), np.ones((2, 1)), must_match=True)
    with pytest.raises(NoFairLottery, match="no matching gives everybody") as told:
        most_utility(narrow, envy=np.zeros((2, 2)))
    assert told.value.relaxation is None
