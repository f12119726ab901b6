from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.ops.choice_sets import best_worst_choices, gather_lists, ranking_choices


def sets(choices):
    """(chosen, sign, set, weight) of each choice."""
    stops = [*choices.start[1:].tolist(), len(choices.item)]
    return [
        (int(chosen), int(sign), sorted(choices.item[start:stop].tolist()), float(weight))
        for chosen, sign, start, stop, weight in zip(
            choices.chosen, choices.sign, choices.start, stops, choices.weight, strict=True
        )
    ]


def test_a_ranking_is_a_row_of_choices_among_what_is_left():
    lists = gather_lists([7, 7, 7, 3, 3], [2, 0, 1, 1, 2], [30, 10, 20, 1, 2], [1, 1, 1, 4, 4])
    assert sets(ranking_choices(lists)) == [
        (1, 1, [1, 2], 4.0),
        (0, 1, [0, 1, 2], 1.0),
        (1, 1, [1, 2], 1.0),
    ]
    assert (lists.n_items, len(lists.start)) == (3, 2)


def test_items_at_the_last_rank_may_be_left_unordered():
    lists = gather_lists([0] * 4, [0, 1, 2, 3], [1, 2, 9, 9])
    with pytest.raises(InputError, match="share rank 9"):
        ranking_choices(lists)
    assert sets(ranking_choices(lists, ties_last=True)) == [(0, 1, [0, 1, 2, 3], 1.0), (1, 1, [1, 2, 3], 1.0)]


def test_ties_elsewhere_are_refused_in_any_case():
    lists = gather_lists([0] * 4, [0, 1, 2, 3], [1, 1, 9, 9])
    with pytest.raises(InputError, match="share rank 1"):
        ranking_choices(lists, ties_last=True)


def test_equal_ranks_of_two_lists_are_no_tie():
    lists = gather_lists([0, 0, 1, 1], [0, 1, 1, 2], [1, 2, 2, 3])
    assert len(ranking_choices(lists).chosen) == 2


@pytest.mark.parametrize("ties_last", [False, True])
def test_lists_that_order_nothing_are_refused(ties_last):
    with pytest.raises(InputError, match="no list orders two items"):
        ranking_choices(gather_lists([0, 1], [0, 1], [1, 1]), ties_last=ties_last)


def test_all_tied_at_the_last_rank_orders_nothing():
    with pytest.raises(InputError, match="no list orders two items"):
        ranking_choices(gather_lists([0, 0], [0, 1], [1, 1]), ties_last=True)


def test_best_then_worst_of_the_rest():
    lists = gather_lists([0] * 4, [5, 2, 0, 3], [2, 1, 2, 3], n_items=6)
    assert sets(best_worst_choices(lists)) == [(2, 1, [0, 2, 3, 5], 1.0), (3, -1, [0, 3, 5], 1.0)]


def test_only_the_best_or_only_the_worst():
    lists = gather_lists([0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2], [1, 2, 2, 1, 1, 2])
    assert sets(best_worst_choices(lists)) == [(0, 1, [0, 1, 2], 1.0), (2, -1, [0, 1, 2], 1.0)]


def test_a_set_of_two_is_one_choice():
    assert sets(best_worst_choices(gather_lists([0, 0], [0, 1], [1, 3]))) == [(0, 1, [0, 1], 1.0)]


@pytest.mark.parametrize(
    ("ranks", "says"),
    [
        ([1, 1, 1], "ranks 1, 1, 1"),
        ([1, 2, 3, 4], "whole rankings"),
        ([1, 1, 2, 2], "one item alone"),
        ([1], "one item only"),
    ],
)
def test_sets_that_are_no_best_worst_answers(ranks, says):
    with pytest.raises(InputError, match=says):
        best_worst_choices(gather_lists([0] * len(ranks), list(range(len(ranks))), ranks, n_items=5))


def test_a_row_that_stands_twice_adds_its_weight():
    twice = gather_lists([0, 0, 0, 0], [0, 1, 1, 0], [1, 2, 2, 1])
    assert twice.item.tolist() == [0, 1]
    assert twice.weight.tolist() == [2]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (([0, 0, 0], [0, 0, 1], [1, 2, 3]), "two ranks"),
        (([0, 0], [0, 1], [1, np.nan]), "finite ranks"),
        (([0, 0], [0, 1], [1, 2], [1, 2]), "differ in weight"),
        (([0, 0], [0, 1], [1, 2], [0, 0]), "not all 0"),
        (([0, 0], [0, 0], [1, 1]), "two or more"),
        (([0, 0], [0, -1], [1, 2]), "items go from -1"),
        (([0, 0], [0, 1], [1]), "one length"),
        (([0.5, 0], [0, 1], [1, 2]), "whole numbers"),
        ((np.array([], int), np.array([], int), []), "at least one row"),
    ],
)
def test_bad_rows_are_refused(columns, says):
    with pytest.raises(InputError, match=says):
        gather_lists(*columns)


def test_rows_of_weight_0_are_left_out():
    lists = gather_lists([0, 0, 1, 1], [0, 1, 1, 0], [1, 2, 1, 2], [1, 1, 0, 0])
    assert len(lists.start) == 1
