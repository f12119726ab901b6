from __future__ import annotations

import json

import numpy as np
import pytest

from weigh import Rankings, Ratings, Values
from weigh.core.choice import Choice
from weigh.core.errors import InputError
from weigh.core.scale import Scale
from weigh.core.stats import rng
from weigh.decide.fair_matching import fair_matching

PEOPLE = ("Ada", "Bo", "Cy", "Di", "Ed", "Flo")
PLACES = ("amber", "blue", "coral", "denim", "ebony", "fawn")
SCALE = Scale("interval", "real", "points")


def wishes(seed=0, keep=6):
    draw = rng(seed, "wishes")
    rows = [(who, place, k) for who in PEOPLE for k, place in enumerate(draw.permutation(PLACES)[:keep])]
    who, item, rank = map(list, zip(*rows, strict=True))
    return Rankings.from_frame({"who": who, "item": item, "rank": rank})


def merit(sd, seed=0):
    mean = rng(seed, "merit").standard_normal(6)
    return Values(PEOPLE, ("test",), mean, mean - 1.96 * sd, mean + 1.96 * sd, scale=SCALE, method="example")


def utilities(seed=0):
    value = rng(seed, "utilities").standard_normal(36)
    columns = {"who": np.repeat(PEOPLE, 6).tolist(), "item": list(PLACES) * 6, "value": value}
    return Ratings.from_frame(columns)


@pytest.mark.parametrize("axiom", ["promise", "envy"])
@pytest.mark.parametrize("seed", range(3))
def test_more_fairness_costs_more_and_more(axiom, seed):
    given = {"utility": utilities(seed), "axiom": axiom, "n_draws": 500, "must_match": True}
    levels = [0.0, 0.25, 0.5, 0.75, 1.0]
    found = [fair_matching(wishes(seed), merit(0.5, seed), fairness=phi, **given) for phi in levels]
    total = np.array([one.score for one in found])
    assert (np.diff(total) <= 1e-7).all()
    assert (np.diff(total, 2) <= 1e-6).all()
    assert all(one.notes["breach"] <= 1e-8 for one in found)
    if axiom == "promise":
        assert found[-1].notes["breach_of_most_utility"] > 0.1


def test_known_merit_and_full_fairness_is_the_order_of_merit():
    mean = dict(zip(PEOPLE, rng(5, "merit").standard_normal(6), strict=True))
    sure = Values(PEOPLE, ("test",), list(mean.values()), scale=SCALE, method="example")
    rankings = wishes(5)
    found = fair_matching(rankings, sure, utility=utilities(5))
    left, expected = set(PLACES), {}
    for who in sorted(PEOPLE, key=lambda who: -mean[who]):
        mine = sorted((r, p) for w, p, r in zip(rankings.who, rankings.item, rankings.rank, strict=True) if w == who)
        expected[who] = next(place for _, place in mine if place in left)
        left.remove(expected[who])
    assert set(found.picked) == {f"{who}: {place}" for who, place in expected.items()}
    assert len(found.matchings) == 1


def test_those_who_list_little_may_go_without():
    found = fair_matching(wishes(1, keep=2), merit(1.0, 1), n_draws=400)
    assert found.notes["go_without"]
    assert found.chances.sum(axis=0).max() <= 1 + 1e-9
    with pytest.raises(InputError, match="gives everybody"):
        fair_matching(
            Rankings(who=["Ada", "Bo"], item=["amber", "amber"], rank=[1, 1]), merit(1.0), must_match=True, n_draws=50
        )


def test_seats():
    seats = Ratings(who=["all"] * 6, item=PLACES, value=[6, 0, 0, 0, 0, 0])
    found = fair_matching(wishes(), merit(1.0), seats=seats, n_draws=50)
    assert all(pick.endswith("amber") for pick in found.picked)
    assert len(found.picked) == 6


def test_assessors_are_equally_likely_to_be_right():
    mean = [[3.0, 2, 1], [1, 3, 2]]
    judged = Values(("Ada", "Bo", "Cy"), ("one", "two"), mean, scale=SCALE, method="example")
    same = Rankings(who=["Ada", "Bo", "Cy"], item=["amber"] * 3, rank=[1] * 3)
    found = fair_matching(same, judged)
    np.testing.assert_allclose(found.chances[:, 0], [0.5, 0.5, 0], atol=1e-9)


def test_merit_that_moves_a_little_moves_the_promise_a_little():
    # total variation 0.1: one assessor of ten is another
    base = rng(7, "merit").standard_normal((10, 6))
    moved = base.copy()
    moved[0] = -base[0]
    who = tuple(f"assessor {at}" for at in range(10))
    first, second = (Values(PEOPLE, who, mean, scale=SCALE, method="example") for mean in (base, moved))
    fair = fair_matching(wishes(7), first, utility=utilities(7))
    eased = fair_matching(wishes(7), second, utility=utilities(7), slack=0.1)
    strict = fair_matching(wishes(7), second, utility=utilities(7))
    assert eased.score >= fair.score - 1e-7
    assert eased.score >= strict.score - 1e-7


def test_the_draw_and_the_record():
    given = {"utility": utilities(), "n_draws": 300}
    one, again, other = (fair_matching(wishes(), merit(1.0), seed=seed, **given) for seed in (1, 1, 2))
    assert isinstance(one, Choice)
    assert one.to_json() == again.to_json()
    assert one.to_json() != other.to_json()
    written = json.loads(json.dumps(one.to_json()))
    assert sum(row["p"] for row in written["lottery"]) == pytest.approx(1)
    assert [figure["kind"] for figure in one.notes["figures"]] == ["heatmap", "lines"]
    assert min(weight for reason, weight in one.reasons if reason.startswith("what fairness takes")) < 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fairness": 1.5}, "0–1"),
        ({"axiom": "justice"}, "promise or envy"),
        ({"merit": Values(("Ada",), ("test",), [1.0], scale=SCALE, method="x")}, "has no merit|ranks places"),
        ({"utility": Ratings(who=["Ada"], item=["amber"], value=[1.0])}, "no utility for"),
        ({"seats": Ratings(who=["all"], item=["amber"], value=[1.5])}, "whole number"),
        ({"seats": Ratings(who=["all"] * 2, item=["amber"] * 2, value=[1, 2])}, "as 1 and as 2; keep one"),
        ({"utility": Ratings(who=["Ada"] * 2, item=["amber"] * 2, value=[1, 2])}, "as 1 and as 2; keep one"),
        ({"preferences": Rankings(who=["Ada"] * 2, item=["amber", "blue"], rank=[1, 1])}, "has ties"),
        ({"preferences": Rankings(who=["Ada"] * 2, item=["amber"] * 2, rank=[1, 2])}, "twice"),
        ({"preferences": Rankings(who=["Ada"], item=["amber"], rank=[1], weight=[0.0])}, "weight 0"),
    ],
)
def test_what_cannot_be_used(options, message):
    given = {"preferences": wishes(), "merit": merit(1.0), "n_draws": 20, **options}
    with pytest.raises(InputError, match=message):
        fair_matching(given.pop("preferences"), given.pop("merit"), **given)
