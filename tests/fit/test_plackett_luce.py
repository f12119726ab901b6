from __future__ import annotations

import numpy as np
import pytest

from weigh import Comparisons, Rankings
from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.fit.bradley_terry import bradley_terry
from weigh.fit.plackett_luce import plackett_luce


def test_rankings_of_two_are_comparisons():
    first, second = ["a", "b", "a", "c", "b"], ["b", "c", "c", "a", "a"]
    who = ["1", "2", "3", "4", "5"]
    one = plackett_luce(Rankings(who=who * 2, item=first + second, rank=[1] * 5 + [2] * 5))
    other = bradley_terry(Comparisons(left=first, right=second, p_left=np.ones(5)))
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-9)
    np.testing.assert_allclose(one.low, other.low, atol=1e-8)
    assert one.scale == other.scale


def test_partial_rankings_say_nothing_of_what_is_not_in_them():
    rows = {"who": ["1", "1", "2", "2", "3", "3"], "item": ["a", "b", "b", "c", "c", "a"], "rank": [1, 2] * 3}
    np.testing.assert_allclose(plackett_luce(Rankings(**rows)).mean, 0, atol=1e-12)


def test_several_rankings_of_one_person_are_told_apart_by_source():
    rows = {"who": ["Ada"] * 4, "item": ["a", "b", "b", "a"], "rank": [1, 2, 1, 2]}
    values = plackett_luce(Rankings(**rows, source=["May", "May", "June", "June"]))
    np.testing.assert_allclose(values.mean, 0, atol=1e-12)
    assert values.notes["rows"] == 2
    with pytest.raises(InputError, match="two ranks"):
        plackett_luce(Rankings(**rows))


def test_what_lies_below_a_top_two_is_not_ordered():
    rows = {"who": ["1"] * 4 + ["2"] * 4, "item": list("abcd") * 2, "rank": [1, 2, 3, 3, 2, 1, 3, 3]}
    with pytest.raises(InputError, match="share rank 3"):
        plackett_luce(Rankings(**rows))
    values = plackett_luce(Rankings(**rows), ties="last")
    assert values.notes["distinct"] == 4
    np.testing.assert_allclose(values.mean[0], values.mean[1], atol=1e-9)
    np.testing.assert_allclose(values.mean[2], values.mean[3], atol=1e-9)
    assert values.mean[0] > values.mean[2]


def test_all_tied_says_nothing():
    with pytest.raises(InputError, match="no list orders"):
        plackett_luce(Rankings(who=["1", "1"], item=["a", "b"], rank=[1, 1]), ties="last")


def test_planted_strengths_come_back():
    draw = rng(0, "planted")
    mu = np.array([1.5, 0.5, 0.0, -0.5, -1.5])
    ranked = [np.argsort(-(mu + draw.gumbel(size=5))) for _ in range(2000)]
    rows = Rankings(
        who=np.repeat([f"{at}" for at in range(2000)], 5), item=[f"item {at}" for one in ranked for at in one],
        rank=np.tile(np.arange(5), 2000),
    )  # fmt: skip
    values = plackett_luce(rows)
    np.testing.assert_allclose(values.mean, mu, atol=0.1)
    assert values.notes["log_loss"] < values.notes["log_loss_of_chance"]
    assert values.notes["distinct"] == 8000


def test_always_the_same_order_needs_the_prior():
    rows = Rankings(who=["1"] * 3 + ["2"] * 3, item=list("abc") * 2, rank=[1, 2, 3] * 2)
    assert np.argsort(-plackett_luce(rows).mean).tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="always win"):
        plackett_luce(rows, prior=0)
