from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.pairs import gather, indifferent, links, p_left, score

few = settings(max_examples=30, deadline=None)
seeds = st.integers(0, 10_000)


def rows(seed, n=6, m=40):
    draw = rng(seed, "rows")
    left = draw.integers(0, n, m)
    right = (left + draw.integers(1, n, m)) % n
    return left, right, draw.choice([0.0, 0.25, 0.5, 0.8, 1.0], m), draw.choice([0.0, 0.5, 1.0, 3.0], m)


def test_rows_of_a_pair_are_summed_whichever_way_they_are_written():
    pairs = gather([2, 0, 2, 1], [0, 2, 0, 2], [1.0, 0.5, 0.25, 0.75], [1, 2, 1, 4])
    assert pairs.left.tolist() == [0, 1]
    assert pairs.right.tolist() == [2, 2]
    np.testing.assert_allclose(pairs.p_left, [(0 + 2 * 0.5 + 0.75) / 4, 0.75])
    assert pairs.weight.tolist() == [4, 4]
    assert pairs.for_left.tolist() == [1, 4]
    assert pairs.for_right.tolist() == [1, 0]
    assert (pairs.n_items, pairs.n_rows) == (3, 4)


@few
@given(seeds)
def test_turning_rows_round_changes_nothing(seed):
    left, right, p, weight = rows(seed)
    turned = rng(seed, "turned").random(len(left)) < 0.5
    one = gather(left, right, p, weight)
    other = gather(np.where(turned, right, left), np.where(turned, left, right), np.where(turned, 1 - p, p), weight)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


@few
@given(seeds)
def test_rows_twice_are_weights_doubled(seed):
    left, right, p, weight = rows(seed)
    twice = gather(*(np.tile(column, 2) for column in (left, right, p, weight)))
    double = gather(left, right, p, 2 * weight)
    for a, b in zip(twice[:6], double[:6], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (([], [], []), "shapes"),
        ((np.array([], dtype=int), np.array([], dtype=int), []), "at least one"),
        (([0], [0], [0.5]), "two different items"),
        (([0], [1], [np.nan]), "finite"),
        (([0], [1], [1.2]), "from 0 to 1"),
        (([0], [-1], [0.5]), "items go from -1"),
        (([0, 1], [1], [0.5]), "one length"),
        (([0.0], [1.0], [0.5]), "whole numbers"),
        (([0], [1], [0.5], [-1.0]), "weights of 0 or more"),
        (([0], [1], [0.5], [0.0]), "not all 0"),
        (([0], [1], [0.5], [np.inf]), "finite"),
    ],
)
def test_bad_rows_are_refused(columns, says):
    with pytest.raises(InputError, match=says):
        gather(*columns)


def test_too_few_items_are_refused():
    with pytest.raises(InputError, match="expected 0 to 1"):
        gather([0], [5], [0.5], n_items=2)


def test_probability_by_both_links():
    mean = np.array([1.0, 0.0])
    np.testing.assert_allclose(p_left(mean, None, [0, 1], [1, 0]), [1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1))])
    from scipy.stats import norm

    np.testing.assert_allclose(p_left(mean, np.array([0.2, 0.3]), [0], [1]), norm.cdf(1 / np.sqrt(0.5)))


def test_score_by_hand():
    # one vote of three for item 1, and a tie, which has no side to foretell
    pairs = gather([0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 0, 0.5])
    mean = np.array([np.log(3), 0.0])
    log_loss, accuracy = score(pairs, mean)
    assert log_loss == pytest.approx(-(2.5 * np.log(0.75) + 1.5 * np.log(0.25)) / 4)
    assert accuracy == pytest.approx(2 / 3)
    assert score(pairs, np.zeros(2))[1] == 0.5
    assert np.isnan(score(gather([0], [1], [0.5]), mean)[1])


def test_a_certainty_that_was_wrong_costs_infinitely_unless_clipped():
    pairs = gather([0], [1], [0.0])
    mean, variance = np.array([100.0, 0.0]), np.array([0.1, 0.1])
    assert score(pairs, mean, variance)[0] == np.inf
    assert score(pairs, mean, variance, clip=1e-5)[0] == pytest.approx(-np.log(1e-5))


@few
@given(seeds)
def test_score_does_not_depend_on_the_side_that_pairs_are_written_from(seed):
    left, right, p, weight = rows(seed)
    weight = weight + 0.1
    order = rng(seed, "order").permutation(6)
    mean = rng(seed, "mean").standard_normal(6).round(1)
    renamed = gather(order[left], order[right], p, weight)
    np.testing.assert_allclose(score(gather(left, right, p, weight), mean), score(renamed, mean[order.argsort()]))


def test_indifference_is_about_one_half_and_not_about_being_alike():
    assert indifferent(gather([0, 1], [1, 2], [0.505, 0.5]))
    assert indifferent(gather([0, 1], [1, 0], [1.0, 1.0]))
    assert not indifferent(gather([0, 0], [1, 2], [1.0, 1.0]))
    assert not indifferent(gather([0, 1], [1, 2], [0.53, 0.5]))


def test_a_share_is_a_win_each_way():
    assert links(gather([0], [1], [0.9])).bounded
    assert not links(gather([0], [1], [1.0])).bounded
