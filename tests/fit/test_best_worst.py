from __future__ import annotations

import numpy as np
import pytest

from weigh import Comparisons, Rankings
from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.fit.best_worst import best_worst
from weigh.fit.bradley_terry import bradley_terry


def answers(sets, ranks):
    size = [len(one) for one in sets]
    return Rankings(
        who=["Ada"] * sum(size), source=np.repeat([f"set {at}" for at in range(len(sets))], size),
        item=[item for one in sets for item in one], rank=[rank for one in ranks for rank in one],
    )  # fmt: skip


def test_sets_of_two_are_comparisons():
    first, second = ["a", "b", "a", "c", "b"], ["b", "c", "c", "a", "a"]
    one = best_worst(answers(list(zip(first, second, strict=True)), [[1, 3]] * 5))
    other = bradley_terry(Comparisons(left=first, right=second, p_left=np.ones(5)))
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-9)
    np.testing.assert_allclose(one.high, other.high, atol=1e-8)


def test_any_three_numbers_in_that_order_will_do():
    sets = [["a", "b", "c", "d"], ["d", "a", "b", "e"], ["e", "c", "b", "a"]]
    usual = best_worst(answers(sets, [[1, 2, 2, 3]] * 3))
    assert best_worst(answers(sets, [[0, 5, 5, 9], [1, 2, 2, 3], [3, 4, 4, 4.5]])) == usual


def test_best_and_worst_turned_round_do_not_simply_turn_the_utilities():
    # the best is chosen among all, the worst among the rest only: the sequential model is not symmetric
    sets = [["a", "b", "c"], ["b", "c", "a"], ["a", "c", "b"]]
    one = best_worst(answers(sets, [[1, 2, 3]] * 3))
    other = best_worst(answers(sets, [[3, 2, 1]] * 3))
    assert np.abs(one.mean + other.mean).max() > 0.01
    assert one.mean.argmax() == other.mean.argmin()


def test_planted_strengths_come_back():
    draw = rng(0, "planted")
    mu = np.array([1.5, 0.5, 0.0, -0.5, -1.5])
    sets, ranks = [], []
    for _ in range(1500):
        shown = draw.permutation(5)[:4]
        best = shown[np.argmax(mu[shown] + draw.gumbel(size=4))]
        rest = shown[shown != best]
        worst = rest[np.argmax(-mu[rest] + draw.gumbel(size=3))]
        sets.append([f"item {at}" for at in shown])
        ranks.append([1 if at == best else 3 if at == worst else 2 for at in shown])
    values = best_worst(answers(sets, ranks))
    np.testing.assert_allclose(values.mean, mu, atol=0.12)
    assert (values.notes["rows"], values.notes["distinct"]) == (1500, 3000)


def test_a_set_without_one_best_is_refused():
    with pytest.raises(InputError, match="one item alone"):
        best_worst(answers([["a", "b", "c"]], [[2, 2, 2]]))
    with pytest.raises(InputError, match="Plackett"):
        best_worst(answers([["a", "b", "c", "d"]], [[1, 2, 3, 4]]))


def test_an_item_that_is_never_shown_with_the_others_is_refused():
    with pytest.raises(InputError, match="nothing links"):
        best_worst(answers([["a", "b", "c"], ["d", "e"]], [[1, 2, 3], [1, 3]]))
