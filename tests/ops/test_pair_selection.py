from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.comparison_graph import linkage
from weigh.ops.pair_selection import all_pairs, first_pairs, held_out_pairs, n_pairs_to_ask, next_pairs

few = settings(max_examples=30, deadline=None)
seeds = st.integers(0, 10_000)


def as_set(pairs):
    found = {tuple(sorted(pair)) for pair in pairs.tolist()}
    assert len(found) == len(pairs)
    return found


def test_all_pairs_stand_once():
    assert all_pairs(4).tolist() == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
    assert len(all_pairs(510)) == 129_795


def test_budget():
    assert n_pairs_to_ask(100, 1) == 664
    assert n_pairs_to_ask(3) == 3


@pytest.mark.parametrize(("n", "k"), [(510, 1000), (100, 247), (10, 2), (3, 0)])
def test_held_out_pairs_are_a_share_with_a_limit(n, k):
    held = held_out_pairs(n, seed=1)
    assert len(as_set(held)) == k
    assert (held[:, 0] < held[:, 1]).all() if k else held.shape == (0, 2)


@few
@given(seeds, st.integers(3, 40))
def test_first_pairs_compare_each_item_twice(seed, n):
    degree = np.bincount(first_pairs(n, seed=seed).ravel(), minlength=n)
    assert (degree == 2).all()


@few
@given(seeds, st.integers(5, 40), st.sampled_from([2, 4]))
def test_first_pairs_link_all_items_around_closed_ones(seed, n, degree):
    closed = held_out_pairs(n, share=0.2, seed=seed)
    found = first_pairs(n, degree=degree, closed=closed, seed=seed)
    assert linkage(n, *found.T).n_components == 1


@few
@given(seeds, st.integers(5, 40))
def test_closed_pairs_are_never_asked_and_are_made_up_for(seed, n):
    closed = held_out_pairs(n, share=0.4, seed=seed)
    found = as_set(first_pairs(n, closed=closed, seed=seed))
    assert not found & as_set(closed)
    assert len(found) == min(n, n * (n - 1) // 2 - len(closed))


@pytest.mark.parametrize("n", [2, 3])
def test_few_items_are_all_compared(n):
    assert as_set(first_pairs(n)) == as_set(all_pairs(n))


@few
@given(seeds, st.integers(5, 30), st.sampled_from(["active", "random"]))
def test_next_pairs_are_open_and_as_many_as_are_wanted(seed, n, how):
    closed = held_out_pairs(n, share=0.2, seed=seed)
    asked = first_pairs(n, closed=closed, seed=seed)
    mean = rng(seed, "mean").standard_normal(n)
    size = int(rng(seed, "size").integers(1, 2 * n))
    found = as_set(next_pairs(mean, asked, size, how=how, closed=closed, seed=seed))
    assert not found & (as_set(asked) | as_set(closed))
    assert len(found) == min(size, n * (n - 1) // 2 - len(asked) - len(closed))


def test_active_pairs_are_close_and_little_asked():
    n = 60
    mean = rng(0, "mean").standard_normal(n)
    asked = first_pairs(n, seed=0)
    # some items have been asked much more
    asked = np.array(sorted(as_set(asked) | as_set(all_pairs(12))))
    rest = np.array(sorted(as_set(all_pairs(n)) - as_set(asked)))
    found = next_pairs(mean, asked, 20, seed=0)
    gaps = np.abs(np.diff(mean[rest], axis=1)).ravel()
    assert np.abs(np.diff(mean[found], axis=1)).max() <= np.percentile(gaps, 10)
    degree = np.bincount(asked.ravel(), minlength=n)
    assert degree[found].sum(axis=1).max() <= np.percentile(degree[rest].sum(axis=1), 20)


def test_too_few_candidates_widen_the_percentiles_before_chance_fills_up():
    n = 30
    mean = np.arange(n, dtype=float)
    asked = first_pairs(n, seed=0)
    gap = lambda found: np.abs(np.diff(mean[found], axis=1)).ravel()  # noqa: E731
    rest = np.array(sorted(as_set(all_pairs(n)) - as_set(asked)))
    wide = next_pairs(mean, asked, 100, gap_percentile=10, degree_percentile=100, seed=0)
    assert gap(wide).max() > np.percentile(gap(rest), 10)
    assert gap(wide).max() <= np.percentile(gap(rest), 10 * 1.5**4)
    # five tries reach 51 %, and what lacks after them is drawn from all that is open
    most = next_pairs(mean, asked, 350, gap_percentile=10, degree_percentile=100, seed=0)
    assert len(most) == 350
    assert gap(most).max() > np.percentile(gap(rest), 10 * 1.5**4)


@few
@given(seeds)
def test_the_same_seed_gives_the_same_pairs_and_another_does_not(seed):
    mean = rng(seed, "mean").standard_normal(40)
    one, same, other = (held_out_pairs(40, seed=s) for s in (seed, seed, seed + 1))
    assert one.tolist() == same.tolist() != other.tolist()
    one, same, other = (first_pairs(40, seed=s) for s in (seed, seed, seed + 1))
    assert one.tolist() == same.tolist() != other.tolist()
    one, same, other = (next_pairs(mean, one, 10, seed=s) for s in (seed, seed, seed + 1))
    assert one.tolist() == same.tolist() != other.tolist()


def test_pairs_may_be_written_either_way():
    mean, asked = np.arange(8.0), first_pairs(8, seed=2)
    assert next_pairs(mean, asked[:, ::-1], 5, seed=2).tolist() == next_pairs(mean, asked, 5, seed=2).tolist()


def test_when_all_is_asked_nothing_is_left():
    assert next_pairs(np.zeros(4), all_pairs(4), 3).shape == (0, 2)


def test_no_graph_of_odd_degree_on_odd_items():
    with pytest.raises(InputError, match="even degree"):
        first_pairs(7, degree=3)
    assert (np.bincount(first_pairs(8, degree=3).ravel()) == 3).all()
    assert (np.bincount(first_pairs(8, degree=1).ravel()) == 1).all()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: all_pairs(1), "two or more"),
        (lambda: n_pairs_to_ask(1), "two or more"),
        (lambda: n_pairs_to_ask(5, 0), "above 0"),
        (lambda: held_out_pairs(5, share=1.0), "share"),
        (lambda: next_pairs([0.0, np.nan], [], 1), "finite"),
        (lambda: next_pairs([0.0, 1.0], [], 0), "1 or more"),
        (lambda: next_pairs([0.0, 1.0], [], 1, how="clever"), "'active' or 'random'"),
        (lambda: next_pairs([0.0, 1.0], [[0, 2]], 1), "an item of a pair goes from 0 to 2"),
        (lambda: next_pairs([0.0, 1.0], [[1, 1]], 1), "two different items"),
        (lambda: next_pairs([0.0, 1.0], [[0.0, 1.0]], 1), "whole numbers"),
        (lambda: next_pairs([0.0, 1.0], [0, 1, 1], 1), "two different items"),
        (lambda: next_pairs([0.0, 1.0], [], 1, gap_percentile=0), "percentiles"),
    ],
)
def test_bad_input(call, says):
    with pytest.raises(InputError, match=says):
        call()
