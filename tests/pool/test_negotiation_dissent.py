"""Where people differ: in ratings and in rankings, between groups and within."""

from __future__ import annotations

import json

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.evidence import Rankings, Ratings
from weigh.pool.negotiation import disagreement

GROUPS = {"who": list("abcd"), "group": ["g", "g", "h", "h"]}


def rated(values, **rest):
    """Four people on three things."""
    return Ratings(who=[who for who in "abcd" for _ in "xyz"], item=list("xyz") * 4, value=np.ravel(values), **rest)


def ranked(ranks):
    return Rankings(who=[who for who in "abcd" for _ in "xyz"], item=list("xyz") * 4, rank=np.ravel(ranks))


def test_ratings_may_differ_where_rankings_agree():
    # the same order for all, on two parts of the scale
    found = disagreement(rated([[1, 2, 3], [1, 2, 3], [7, 8, 9], [7, 8, 9]]), groups=GROUPS)
    assert found["eta_squared"] == pytest.approx(1.0)
    assert found["order_distance"]["between"] == found["order_distance"]["within"] == 0.0
    assert found["p"] <= 0.5
    assert found["eta_squared_by_chance"] == pytest.approx(1 / 3, abs=0.1)


def test_rankings_may_differ_where_ratings_hardly_do():
    ratings = rated([[5.0, 5.1, 5.2], [5.0, 5.1, 5.2], [5.2, 5.1, 5.0], [5.2, 5.1, 5.0]])
    found = disagreement(ratings, rankings=ranked([[3, 2, 1]] * 2 + [[1, 2, 3]] * 2), groups=GROUPS)
    assert found["ranking_distance"]["between"] == 1.0
    assert found["ranking_distance"]["within"] == 0.0
    assert found["ranking_distance"]["by_group"]["g"]["h"] == 1.0
    assert found["ratings_against_rankings"]["mean"] == 0.0
    assert found["by_item"]["x"]["spread"] < 0.2


def test_a_person_whose_two_orders_differ_is_told():
    ratings = rated([[1, 2, 3]] * 4)
    found = disagreement(ratings, rankings=ranked([[3, 2, 1]] * 3 + [[1, 2, 3]]))
    assert found["ratings_against_rankings"]["by_person"] == {"a": 0.0, "b": 0.0, "c": 0.0, "d": 1.0}
    assert "eta_squared" not in found
    assert found["within_groups"]["a"] == {"people": 1, "icc": None}


def test_within_a_group_raters_may_agree():
    found = disagreement(rated([[1, 2, 3], [1, 2, 3], [1, 2, 3], [3, 2, 1]]), groups=GROUPS)
    assert found["within_groups"]["g"] == {"people": 2, "icc": pytest.approx(1.0)}
    assert found["within_groups"]["h"]["icc"] < 0


def test_criteria_are_told_apart():
    value = [[1, 1, 1], [1, 1, 1], [5, 5, 5], [5, 5, 5]]
    both = Ratings(
        who=[who for who in "abcd" for _ in "xyz"] * 2,
        item=list("xyz") * 8,
        value=[*np.ravel(value), *np.ravel([[1, 2, 3], [3, 2, 1]] * 2)],
        criterion=["safety"] * 12 + ["beauty"] * 12,
    )
    found = disagreement(both, groups=GROUPS)
    assert found["by_criterion"]["safety"]["eta_squared"] == pytest.approx(1.0)
    assert found["by_criterion"]["beauty"]["eta_squared"] == pytest.approx(0.0)
    json.dumps(found)


def test_gaps_are_left_out_and_one_person_or_thing_is_no_disagreement():
    part = Ratings(who=["a", "a", "b"], item=["x", "y", "x"], value=[1, 2, 3])
    found = disagreement(part, groups={"who": ["a", "b"], "group": ["g", "g"]})
    assert found["by_item"]["y"]["eta_squared"] is None
    assert found["order_distance"] == {"between": None, "within": None, "by_group": {"g": {"g": None}}}
    alone = disagreement(Ratings(who=["a"], item=["x"], value=[1]))
    assert np.isnan(alone["by_item"]["x"]["spread"])
    same = disagreement(rated([[2, 2, 2]] * 4), groups=GROUPS)
    assert same["eta_squared"] is None


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InputError, match="in no group"):
        disagreement(rated([[1, 2, 3]] * 4), groups={"who": ["a"], "group": ["g"]})
    with pytest.raises(InputError, match="weight 0"):
        disagreement(rated([[1, 2, 3]] * 4, weight=0.0))
    with pytest.raises(InputError, match="no ranking"):
        disagreement(rated([[1, 2, 3]] * 4), rankings=Rankings(who=["z"], item=["x"], rank=[1]))
