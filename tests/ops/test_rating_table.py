from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError, ScaleError
from weigh.core.evidence import Ratings
from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.ops.rating_table import cell_means, coded, shares_of


def ratings(value, **more) -> Ratings:
    who = ["Ada"] * 3 + ["Bo"] * 3
    return Ratings(**{"who": who, "item": ["tea", "rum", "milk"] * 2, "value": value, **more})


def test_names_keep_the_order_of_their_first_row():
    names, place = coded(np.array(["b", "a", "b", "c"], dtype=object))
    assert names == ("b", "a", "c")
    assert place.tolist() == [0, 1, 0, 2]


def test_cells_are_weighted_means_and_alike_rows_keep_their_number():
    mean, total = cell_means(np.array([0, 0, 2, 2]), [1.0, 4.0, 0.1, 0.1], [1.0, 3.0, 0.3, 0.7], 4)
    np.testing.assert_array_equal(mean, [3.25, np.nan, 0.1, np.nan])
    np.testing.assert_allclose(total, [4, 0, 1, 0])


def test_shares_sum_to_one_and_the_note_says_what_was_done():
    found = shares_of(ratings([0.5, 0.3, 0.2, 0.1, 0.2, 0.7]))
    assert found.notes == {}
    assert found.shares.tolist() == [[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]
    assert shares_of(ratings([5, 3, 2, 5, 10, 35])).notes["closed"].startswith("rows summed to 10 to 50;")


def test_intervals_of_people_are_left_aside_with_a_note():
    found = shares_of(Ratings(who=["Ada"] * 2, item=["tea", "rum"], value=[np.nan, 1], low=[2, 1], high=[4, 1]))
    assert found.shares[0, 0] == pytest.approx(0.75)
    assert "middles" in found.notes["own_intervals"]


def test_whole_ballots_twice_are_one_of_double_weight_and_averaged_as_shares_are():
    once = ratings([5, 3, 2, 1, 2, 7])
    twice = shares_of(once.select(np.tile(np.arange(6), 2)))
    np.testing.assert_array_equal(twice.weight, [2, 2])
    np.testing.assert_allclose(twice.shares, shares_of(once).shares)
    mixed = Ratings(who=["Ada"] * 4, item=["tea", "rum"] * 2, value=[1, 4, 4, 1])
    np.testing.assert_allclose(shares_of(mixed).shares, 0.5)


def test_rows_without_weight_are_left_out():
    found = shares_of(ratings([5, 3, 2, 0, 0, 0], weight=[1, 1, 1, 0, 0, 0]))
    assert found.people == ("Ada",)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (ratings([5, 3, -2, 1, 2, 7]), "'Ada' gives 'milk' -2"),
        (ratings([5, 3, 2, 1, 0, 7]), "'Bo' gives 'rum' 0, the first of 1 zeros.*detection_limit"),
        (ratings([5, 3, 2, 0, 0, 0]), "'Bo' gives every item 0"),
        (ratings([5, 3, 2, 1, 2, 7]).select([0, 1, 2, 3, 4]), "'Bo' did not rate 'milk'"),
        (ratings([5, 3, 2, 1, 2, 7]).select([0, 1, 2, 0, 3, 4, 5]), "'Ada' weigh 1 to 2 an item"),
        (ratings([5, 3, 2, 1, 2, 7], weight=[1, 2, 1, 1, 1, 1]), "'Ada' weigh 1 to 2 an item"),
        (ratings([5, 3, 2, 1, 2, 7], weight=[0] * 6), "weight 0"),
        (ratings([5, 3, 2, 1, 2, 7], criterion=["a"] * 3 + ["b"] * 3), "2 criteria"),
        (Ratings(who=["Ada", "Bo"], item=["tea"] * 2, value=[1, 2]), "one item"),
    ],
)
def test_what_is_no_share_is_named(given, words):
    with pytest.raises(InputError, match=words):
        shares_of(given)


def test_zeros_are_replaced_where_it_is_asked_for():
    found = shares_of(ratings([5, 3, 2, 1, 0, 9]), detection_limit=0.01)
    assert found.shares[1, 1] == pytest.approx(0.0065)
    assert found.notes["zeros"] == "1 zeros were replaced by 0.0065"
    doubled = ratings([5, 3, 2, 1, 0, 9]).select(np.tile(np.arange(6), 2))
    np.testing.assert_allclose(shares_of(doubled, detection_limit=0.01).shares, found.shares)


def test_values_are_taken_where_ratios_have_a_meaning():
    mean = [[0.2, 0.8], [0.5, 0.5]]
    given = Values(("tea", "rum"), ("Ada", "Bo"), mean, scale=Scale("ratio", "simplex"), method="a/b")
    np.testing.assert_allclose(shares_of(given).shares, mean)
    dollars = Values(("tea", "rum"), ("Ada",), [3.0, 1.0], scale=Scale("ratio", "positive", "USD"), method="a/b")
    found = shares_of(dollars)
    assert found.shares.tolist() == [[0.75, 0.25]]
    assert "closed" in found.notes
    with pytest.raises(ScaleError, match="ratio"):
        shares_of(Values(("tea", "rum"), ("Ada",), [3.0, 1.0], scale=Scale("interval", "real"), method="a/b"))
