"""Welfare functions: the axioms that name them, what weights mean, and known answers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from weigh.core.errors import InputError
from weigh.ops.welfare import (
    atkinson,
    best,
    efficient,
    gini,
    leximin,
    maximin,
    most_gainers,
    nash,
    percentile,
    utilitarian,
)  # fmt: skip

FEW = settings(max_examples=25, deadline=None)
# whole numbers, so that ties are ties
WHOLE = arrays.arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 6)), elements=st.integers(0, 6).map(float))
ABOVE = arrays.arrays(float, st.tuples(st.integers(2, 5), st.integers(1, 5)), elements=st.floats(0.5, 9))
COUNTS = st.lists(st.integers(1, 3), min_size=5, max_size=5)
ALL = (utilitarian, maximin, leximin, nash, percentile, gini, atkinson)


def close(one, other):
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("function", ALL)
@given(WHOLE, st.randoms(use_true_random=False))
@FEW
def test_who_is_who_does_not_matter(function, u, random):
    order = list(range(len(u)))
    random.shuffle(order)
    close(function(u), function(u[order]))


@pytest.mark.parametrize("function", ALL)
@given(WHOLE, COUNTS)
@FEW
def test_weights_are_multiplicities(function, u, counts):
    weights = counts[: len(u)]
    close(function(u, weights), function(np.repeat(u, weights, axis=0)))


@pytest.mark.parametrize("function", ALL)
@given(WHOLE)
@FEW
def test_who_weighs_nothing_is_not_there(function, u):
    ghost = np.vstack([u, np.arange(u.shape[1])])
    close(function(ghost, [1.0] * len(u) + [0.0]), function(u))


@given(WHOLE)
@FEW
def test_what_is_better_for_some_and_worse_for_none_is_better(u):
    for a, b in itertools.permutations(range(u.shape[1]), 2):
        if (u[:, a] >= u[:, b]).all() and (u[:, a] > u[:, b]).any():
            assert utilitarian(u)[a] > utilitarian(u)[b]
            assert leximin(u)[a] < leximin(u)[b]
            assert maximin(u)[a] >= maximin(u)[b]
            assert percentile(u)[a] >= percentile(u)[b]
            assert not efficient(u)[b]
            more = nash(u + 1)
            assert more[a] > more[b]


@given(WHOLE)
@FEW
def test_efficient_is_what_nothing_dominates(u):
    dominated = [
        any((u[:, a] >= u[:, b]).all() and (u[:, a] > u[:, b]).any() for a in range(u.shape[1]))
        for b in range(u.shape[1])
    ]
    assert efficient(u).tolist() == [not one for one in dominated]


@given(WHOLE)
@FEW
def test_leximin_compares_sorted_utilities_like_a_dictionary(u):
    rising = [tuple(np.sort(column)) for column in u.T]
    place = {key: at for at, key in enumerate(sorted(set(rising), reverse=True))}
    assert leximin(u).tolist() == [place[key] for key in rising]


@given(ABOVE, st.data())
@FEW
def test_nash_keeps_its_order_when_somebody_rewrites_their_utility(u, data):
    who = data.draw(st.integers(0, len(u) - 1))
    unit, zero = data.draw(st.floats(0.1, 9)), data.draw(st.floats(-9, 9))
    moved, start = u.copy(), np.zeros(len(u))
    moved[who], start[who] = unit * u[who] + zero, zero
    # a change of unit adds one constant to all alternatives
    close(nash(moved, start=start), nash(u) + np.log(unit))


def test_a_sum_does_not_keep_its_order_when_somebody_rewrites_their_utility():
    u = np.array([[1.0, 2.0], [3.0, 1.0]])
    assert best(utilitarian(u)).tolist() == [0]
    assert best(utilitarian(u * [[9], [1]])).tolist() == [1]


@given(ABOVE, st.floats(0.1, 1.0), st.data())
@FEW
def test_who_gives_to_a_poorer_one_makes_it_more_even(u, share, data):
    before = u[:, :1]
    rich, poor = int(before.argmax()), int(before.argmin())
    gap = float(before[rich, 0] - before[poor, 0])
    assume(gap > 1e-3)
    after = before.copy()
    # at most half of the gap: the two do not change places
    after[rich] -= share * gap / 2
    after[poor] += share * gap / 2
    both = np.hstack([before, after])
    for index in (gini(both), atkinson(both), atkinson(both, aversion=0.5), atkinson(both, aversion=2.0)):
        assert index[1] < index[0]
    assert leximin(both).tolist() == [1, 0]
    assert utilitarian(both)[0] == pytest.approx(utilitarian(both)[1])


@given(ABOVE, st.floats(0.1, 9))
@FEW
def test_inequality_does_not_depend_on_the_unit(u, unit):
    close(gini(u * unit), gini(u))
    close(atkinson(u * unit), atkinson(u))


@given(ABOVE)
@FEW
def test_gini_is_half_the_mean_difference_by_the_mean(u):
    for at, column in enumerate(u.T):
        apart = np.abs(column[:, None] - column[None, :]).mean()
        assert gini(u)[at] == pytest.approx(apart / (2 * column.mean()), abs=1e-12)


def test_known_answers():
    u = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 4.0], [1.0, 1.0, 2.0]])
    assert gini(u).round(4).tolist() == [0.0, 0.6667, 0.4444]
    assert gini(np.zeros((3, 1))).tolist() == [0.0]
    assert atkinson(u).tolist() == [0.0, 1.0, 1.0]
    assert atkinson(np.zeros((3, 1))).tolist() == [0.0]
    assert maximin(u).tolist() == [1.0, 0.0, 0.0]
    assert nash(u).tolist() == [0.0, -np.inf, -np.inf]
    assert percentile([[5.0], [1.0], [4.0], [2.0], [3.0]]).tolist() == [1.0]
    assert percentile([[5.0], [1.0], [4.0], [2.0], [3.0]], share=1.0).tolist() == [5.0]


@pytest.mark.parametrize("unit", [1e-200, 1.0, 1e200])
def test_a_strong_aversion_looks_at_the_worst_off_alone(unit):
    u = unit * np.array([[0.3], [1.7]])
    # the mean of order 1 − ε over two is at most 2^(1/(ε − 1)) times the smaller
    for aversion in (1e2, 1e3, 1e6):
        assert atkinson(u, aversion=aversion)[0] == pytest.approx(1 - 0.3 * 2 ** (1 / (aversion - 1)), abs=1e-12)


def test_one_person_decides_alone():
    u = [[3.0, 1.0, 2.0]]
    for function in (utilitarian, maximin, nash, percentile):
        assert best(function(u)).tolist() == [0]
    assert leximin(u).tolist() == [0, 2, 1]
    assert gini(u).tolist() == [0.0, 0.0, 0.0]


def test_most_gainers_ranks_as_nash_where_all_gain_and_needs_no_small_number_where_not():
    u = np.array([[2.0, 5.0, 9.0], [2.0, 3.0, 0.0], [0.0, 0.0, 0.0]])
    assert best(nash(u)).tolist() == [0, 1, 2]
    assert best(*most_gainers(u)).tolist() == [1]
    assert best(*most_gainers(u * [[1e9], [1e-9], [1]])).tolist() == [1]
    full = np.array([[2.0, 5.0], [2.0, 3.0]])
    close(most_gainers(full)[1], nash(full))


def test_best_names_all_that_tie_and_looks_on_only_among_these():
    assert best([1.0, 1.0 + 1e-13, 0.5], [0.0, 0.0, 9.0]).tolist() == [0, 1]
    assert best([1.0, 1.0, 0.5], [2.0, 3.0, 9.0]).tolist() == [1]
    assert best([-np.inf, -np.inf]).tolist() == [0, 1]


@pytest.mark.parametrize("function", ALL)
@pytest.mark.parametrize(
    ("u", "weights"),
    [([], None), ([[]], None), ([1.0], None), ([[np.nan]], None), ([[1.0]], [0]), ([[1.0]], [-1]), ([[1.0]], [1, 1])],
)
def test_what_are_no_utilities_is_refused(function, u, weights):
    with pytest.raises(InputError):
        function(u, weights)


def test_what_has_no_meaning_is_refused():
    for index in (gini, atkinson):
        with pytest.raises(InputError, match="shift the scale"):
            index([[-1.0]])
    for call in (
        lambda: percentile([[1.0]], share=0.0),
        lambda: atkinson([[1.0]], aversion=0.0),
        lambda: nash([[1.0]], start=[1.0, 2.0]),
        lambda: best(),
        lambda: best([np.nan]),
        lambda: best([1.0], [1.0, 2.0]),
    ):
        with pytest.raises(InputError):
            call()
