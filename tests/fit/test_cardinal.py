from __future__ import annotations

import json

import numpy as np
import pytest

from weigh import Comparisons, Ratings
from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.fit.cardinal import cardinal, from_payments, order_only, same_order


def rated(values, who=None):
    """Rows of prompts × items."""
    n, k = np.shape(values)
    who = np.repeat(["Ada"] * n if who is None else who, k)
    prompts = np.repeat([f"p{at}" for at in range(n)], k)
    return Ratings.from_frame(
        {"who": who, "item": list("ABCD"[:k]) * n, "criterion": prompts, "value": np.ravel(values)}
    )


@pytest.mark.parametrize(("n", "share", "large"), [(20, 0.6, 8.0), (5, 0.6, 2.0), (100, 0.9, 50.0)])
def test_choices_cannot_tell_what_payments_can(n, share, large):
    first, second = same_order(n_prompts=n, share=share, large=large)
    one, other = (json.dumps(order_only(data).to_frame("pyarrow").to_pydict()) for data in (first, second))
    assert one == other
    a, b = cardinal(first, winsorise=1), cardinal(second, winsorise=1)
    assert a.notes["win_rate"] == b.notes["win_rate"]
    assert (a.mean[0] - a.mean[1]) * (b.mean[0] - b.mean[1]) < 0
    assert a.notes["orders_disagree_on"] == [["A", "B"]]
    raw = cardinal(first, unit="raw", winsorise=1)
    wins = round(share * n)
    assert raw.mean[0] - raw.mean[1] == pytest.approx((wins - (n - wins) * large) / n)


def test_whole_blocks_give_the_mean_above_the_prompts_mean():
    values = rng(0, "ratings").standard_normal((30, 4))
    found = cardinal(rated(values), unit="raw", winsorise=1)
    centred = values - values.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(found.mean, centred.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(np.diag(found.cov), centred.var(axis=0, ddof=1) / 30, rtol=1e-9)


def test_who_has_more_money_does_not_rule():
    draw = rng(1, "ratings")
    values = draw.standard_normal((40, 3)) + np.array([0, 0.5, 1])
    who = ["Ada", "Bo"] * 20
    rich = values * np.where(np.arange(40) % 2, 1000.0, 1.0)[:, None]
    plain, scaled = cardinal(rated(values, who)), cardinal(rated(rich, who))
    np.testing.assert_allclose(scaled.mean, plain.mean, atol=1e-9)
    assert not np.allclose(cardinal(rated(rich, who), unit="raw").mean, cardinal(rated(values, who), unit="raw").mean)


def test_intervals_hold_as_often_as_they_promise():
    held = 0
    for seed in range(200):
        values = rng(seed, "cover").standard_normal((25, 2)) * [1, 2] + [0.0, 0.4]
        found = cardinal(rated(values), unit="raw", winsorise=1).contrast("B", "A")
        held += found.low <= 0.4 <= found.high
    assert held >= 180


def test_payments():
    pairs = Comparisons(left=["A", "A", "B"], right=["B", "C", "C"], p_left=[1, 0, 0.5], prompt=["p", "p", "q"])
    found = cardinal(from_payments(pairs, np.array([2.0, 3.0, 0.0])), unit="raw", winsorise=1)
    # normal equations by hand: A−B = 2, A−C = −3, B−C = 0
    np.testing.assert_allclose(found.mean, [-1 / 3, -2 / 3, 1], atol=1e-12)
    with pytest.raises(InputError, match=r"row 2: p_left is 0 and -3 was paid"):
        from_payments(pairs, np.array([2.0, -3.0, 0.0]))
    with pytest.raises(InputError, match=r"row 3"):
        from_payments(pairs, np.array([2.0, 3.0, 1.0]))


def test_payments_of_several_people_for_one_prompt_are_one_cluster():
    rows = {"left": ["A", "A", "B", "A"], "right": ["B", "B", "A", "C"], "prompt": ["p", "q", "p", "p"]}
    pairs = Comparisons(**rows, p_left=[1, 0, 0, 1], who=["Ada", "Ada", "Bo", "Bo"])
    paid = from_payments(pairs, np.array([2.0, 3.0, 4.0, 1.0]))
    # Ada's and Bo's payments between A and B on p are about one thing; Bo's for A in place of C is another
    assert paid.criterion[:4].tolist() == ["p [1]", "q [1]", "p [1]", "p [2]"]
    assert cardinal(paid).notes["clusters"] == 3
    twice = Comparisons(left=["A", "B"], right=["B", "A"], p_left=[1, 1], prompt=["p", "p"], who=["Ada", "Ada"])
    found = cardinal(from_payments(twice, np.array([5.0, 3.0])), unit="raw", winsorise=1)
    np.testing.assert_allclose(found.mean, [0.5, -0.5])


def test_what_is_at_stake_is_told():
    values = np.zeros((20, 2))
    values[:, 0] = 1
    values[:2] = [0, 20]
    found = cardinal(rated(values), winsorise=1)
    assert found.notes["share_at_stake_in_the_top_tenth"] == pytest.approx(40 / 58)
    assert found.notes["order_by_choices"] == ["A", "B"]


@pytest.mark.parametrize(
    ("ratings", "options", "message"),
    [
        (rated(np.ones((4, 2))), {}, "nothing to weigh"),
        (rated(np.ones((4, 1))), {}, "two items on one prompt"),
        (rated([[1, 2]]), {"unit": "money"}, "expected rater or raw"),
        (rated([[1, 2]]), {"winsorise": 0}, "above 0"),
        (
            Ratings(who=["a"] * 4, item=["A", "B", "C", "D"], criterion=["p", "p", "q", "q"], value=[1, 2, 3, 4]),
            {}, "2 groups",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_used(ratings, options, message):
    with pytest.raises(InputError, match=message):
        cardinal(ratings, **options)


@pytest.mark.parametrize("options", [{"share": 1.0}, {"small": 3, "large": 2}, {"share": 0.6, "large": 1.2}])
def test_no_impossible_example_of_what_is_possible(options):
    with pytest.raises(InputError):
        same_order(**options)


def test_many_prompts_and_items_keep_their_intervals():
    # the shift of all values is unknown, and must not be taken for known in the inverse
    values = rng(0, "many").standard_normal((300, 20))
    rows = {
        "item": [f"m{at:02d}" for at in range(20)] * 300,
        "criterion": np.repeat([f"p{at}" for at in range(300)], 20),
    }
    found = cardinal(Ratings(who=["Ada"] * 6000, value=values.ravel(), **rows), unit="raw", winsorise=1)
    centred = values - values.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(found.mean, centred.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(np.diag(found.cov), centred.var(axis=0, ddof=1) / 300, rtol=1e-9)
