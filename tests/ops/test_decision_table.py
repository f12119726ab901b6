from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError, ScaleError
from weigh.core.evidence import Ratings
from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.ops.decision_table import decision_table, importance_of, middles

WHO, ITEM, CRITERION = ["Ada", "Ada", "Ada", "Ada", "Bo"], ["bus", "bus", "car", "car", "bus"], ["price", "comfort"] * 2


def said(**more) -> Ratings:
    given = {"who": WHO, "item": ITEM, "criterion": [*CRITERION, "price"], "value": [2.0, 5, 8, 7, 4], **more}
    return Ratings(**given)


def weights(mean, level="ratio", who=("all",)) -> Values:
    return Values(("comfort", "price"), who, mean, scale=Scale(level, "positive"), method="a/b")


def test_it_holds_what_was_said():
    table = decision_table(said(), ["price"])
    assert (table.items, table.criteria, table.experts) == (("bus", "car"), ("price", "comfort"), ("Ada", "Bo"))
    assert table.is_cost.tolist() == [True, False]
    assert middles(table).tolist() == [[3.0, 5.0], [8.0, 7.0]]
    assert not table.spread.any()


def test_intervals_have_a_middle_and_a_sixth_of_their_width():
    table = decision_table(said(value=[np.nan] * 5, low=[1.0, 2, 3, 4, 5], high=[4.0, 2, 9, 4, 5]))
    assert table.middle.tolist() == [2.5, 2, 6, 4, 5]
    assert table.spread.tolist() == [0.5, 0, 1, 0, 0]
    # a value that is not in the middle gives way to the interval
    assert decision_table(said(low=[1.0, 4, 7, 6, 3], high=[9.0, 6, 9, 8, 5])).middle[0] == 5


@pytest.mark.parametrize(
    ("given", "cost", "words"),
    [
        (said().select([0, 1, 2]), (), "nobody says anything of 'car' on 'comfort'"),
        (said(), ["speed"], "'speed', which is no criterion"),
        (said().select([0, 1]), (), "one alternative"),
        (said(weight=[0] * 5), (), "weight 0"),
    ],
)
def test_a_table_with_holes_is_refused(given, cost, words):
    with pytest.raises(InputError, match=words):
        decision_table(given, cost)


def test_an_interval_that_ends_before_it_begins_is_refused_where_it_is_made():
    with pytest.raises(InputError, match="high not below low"):
        said(value=[np.nan] * 5, low=[5.0, 2, 3, 4, 5], high=[4.0, 2, 9, 4, 5])


def test_weights_are_taken_by_name_and_divided_by_their_sum():
    w, note = importance_of(["price", "comfort"], weights([1.0, 3.0]))
    assert w.tolist() == [0.75, 0.25]
    assert "summed to 4" in note
    assert importance_of(["price"], weights([0.4, 0.6]))[0].tolist() == [1.0]
    assert importance_of(["a", "b"], None)[0].tolist() == [0.5, 0.5]


def test_weights_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="no weight for 'speed'"):
        importance_of(["price", "speed"], weights([1, 1]))
    with pytest.raises(InputError, match="2 people"):
        importance_of(["price"], weights([[1, 1], [1, 2]], who=("Ada", "Bo")))
    with pytest.raises(InputError, match="above 0"):
        importance_of(["price", "comfort"], weights([0.0, 1.0]))
    with pytest.raises(ScaleError, match="ratio"):
        importance_of(["price"], weights([1, 1], level="interval"))
