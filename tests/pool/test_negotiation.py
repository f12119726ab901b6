"""Negotiation: nobody ends below the start, the rules are the rules, and what cannot be agreed on is said."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError, WeighError
from weigh.core.evidence import Rankings, Ratings
from weigh.core.figure import Figure
from weigh.ops.packages import all_packages, cheapest
from weigh.ops.welfare import leximin, maximin, nash
from weigh.pool.negotiation import Problem, bargain, negotiation, problem_of, yardsticks
from weigh.pool.negotiation.bargaining import RULES, scores
from weigh.pool.negotiation.optima import check_red_lines, frontier, welfare_of

ITEMS = ["bench", "no bench", "trees", "lawn"]
RATED = Ratings(who=["walkers"] * 4 + ["drivers"] * 4, item=ITEMS * 2, value=[5, 1, 4, 2, 2, 2, 3, 1])
COSTS = {"item": ITEMS, "element": ["seat", "seat", "green", "green"], "cost": [3, 0, 2, 1]}


def random_problem(seed, k=3, n_elements=4, n_options=3):
    chance = np.random.default_rng(seed)
    element = np.repeat(np.arange(n_elements), n_options)
    cost = np.sort(chance.uniform(0.2, 1.5, (n_elements, n_options)), axis=1)
    return Problem(
        groups=tuple(f"g{at}" for at in range(k)),
        elements=tuple(f"e{at}" for at in range(n_elements)),
        options=tuple(f"{e}.{o}" for e in range(n_elements) for o in range(n_options)),
        element=element,
        utility=chance.uniform(0, 5, (k, len(element))),
        cost=cost.ravel(),
        budget=float((cost[:, 0].sum() + cost[:, -1].sum()) / 2),
        floor=np.full(k, -np.inf),
    )


def start_of(problem):
    return cheapest(problem.element, problem.cost)


@given(st.integers(0, 10_000), st.sampled_from(RULES))
@settings(max_examples=25, deadline=None)
def test_without_concession_every_step_is_better_for_all_than_the_start(seed, rule):
    problem = random_problem(seed)
    start = start_of(problem)
    done = bargain(problem, start, rule=rule)
    path = np.stack(done.path)
    assert (problem.worth(path) >= problem.worth(start[None]) - 1e-9).all()
    assert problem.fits(path).all()
    first = problem.worth(start[None])[:, 0]
    by = scores(problem, path, first, rule)
    # by the rule every step is better than the one before
    for before, after in zip(range(len(path) - 1), range(1, len(path)), strict=True):
        assert tuple(score[after] for score in by) > tuple(score[before] for score in by)
    assert len(done.path) - 1 == done.rounds


@given(st.integers(0, 10_000), st.floats(0, 6))
@settings(max_examples=25, deadline=None)
def test_what_is_conceded_on_the_way_is_given_back(seed, concession):
    problem = random_problem(seed)
    start = start_of(problem)
    done = bargain(problem, start, concession=concession, rule="total")
    assert (problem.worth(done.package[None]) >= problem.worth(start[None]) - 1e-9).all()


def test_a_concession_can_reach_what_no_step_alone_can():
    # the first step hurts one group, the second makes it good again
    problem = replace(
        random_problem(0, k=2, n_elements=2, n_options=2),
        utility=np.array([[0.0, -1.0, 0.0, 2.0], [0.0, 5.0, 0.0, 0.0]]), cost=np.zeros(4), budget=0.0,
    )  # fmt: skip
    start = np.array([0, 2])
    alone = bargain(problem, start, rule="total", most_swaps=1, concession=1.0)
    assert alone.package.tolist() == [1, 3]
    assert alone.transcript[-1]["status"] != "taken back"


def test_what_is_not_given_back_is_taken_back():
    problem = replace(
        random_problem(0, k=2, n_elements=1, n_options=2),
        utility=np.array([[1.0, 0.0], [0.0, 5.0]]), cost=np.zeros(2), budget=0.0,
    )  # fmt: skip
    done = bargain(problem, np.array([0]), rule="total", concession=2.0)
    assert done.package.tolist() == [0]
    assert done.rounds == 0
    assert done.transcript[-1]["status"] == "taken back"


def test_two_offers_are_paired_where_one_pays_for_the_other():
    # the dear seat fits the budget only if the dear light goes, and each group wants one of the two
    worth = np.array([[0.0, 5.0, 0.0, 0.0], [0.0, 0.0, 0.0, 3.0]])
    cost, element = np.array([0.0, 4.0, 4.0, 0.0]), np.array([0, 0, 1, 1])
    options, no_lines = ("stone", "bench", "lamp", "dark"), np.full(2, -np.inf)
    problem = Problem(("walkers", "payers"), ("seat", "light"), options, element, worth, cost, 4.0, no_lines)
    done = bargain(problem, np.array([0, 2]), agents={"walkers": lambda _: {"seat": "bench"}}, most_swaps=1)
    assert done.package.tolist() == [1, 3]
    first = {row["who"]: row["status"] for row in done.transcript if row["round"] == 1}
    assert first == {"walkers": "adopted with another", "payers": "adopted with another", "mediator": "adopted"}


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_optima_are_what_looking_finds_and_nash_keeps_its_choice_when_a_group_rewrites_its_utility(seed):
    problem = random_problem(seed)
    start = start_of(problem)
    found = yardsticks(problem, start)
    packages = all_packages(problem.element)
    packages = packages[problem.fits(packages)]
    u = problem.worth(packages)
    here = {name: problem.worth(package[None])[:, 0] for name, package in found.packages.items()}
    assert here["utilitarian"].sum() == pytest.approx(u.sum(axis=0).max())
    assert here["leximin"].min() == pytest.approx(maximin(u).max())
    np.testing.assert_allclose(np.sort(here["leximin"]), np.sort(u[:, leximin(u).argmin()]))
    best = nash(u, start=problem.worth(start[None])[:, 0]).max()
    if np.isfinite(best):
        other = replace(
            problem, utility=problem.utility * np.array([[7.0], [1.0], [0.1]]) + np.array([[0.0], [2.0], [-3.0]])
        )
        assert yardsticks(other, start).packages["nash"].tolist() == found.packages["nash"].tolist()


def test_optima_of_too_many_packages_are_found_by_programs(monkeypatch):
    problem = random_problem(4)
    start = start_of(problem)
    listed = yardsticks(problem, start)
    monkeypatch.setattr("weigh.pool.negotiation.optima.LISTED", 10)
    solved = yardsticks(problem, start)
    assert solved.listed is None
    assert solved.proven
    assert set(solved.packages) == set(listed.packages) == {"utilitarian", "leximin", "nash"}
    for name, package in listed.packages.items():
        one, other = (np.sort(problem.worth(x[None])[:, 0]) for x in (package, solved.packages[name]))
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_welfare_and_frontier_are_of_the_packages():
    problem = random_problem(5)
    start = start_of(problem)
    found = yardsticks(problem, start)
    rows = welfare_of(problem, found.packages, start)
    assert rows["utilitarian"]["total"] >= rows["leximin"]["total"] - 1e-9
    assert rows["leximin"]["worst_off"] >= rows["utilitarian"]["worst_off"] - 1e-9
    assert all(row["budget_left"] >= -1e-9 for row in rows.values())
    edge = frontier(problem, found.listed)
    assert edge == sorted(edge)
    assert [y for _, y in edge] == sorted((y for _, y in edge), reverse=True)
    assert edge[-1][0] == pytest.approx(rows["utilitarian"]["total"])
    below = welfare_of(replace(problem, utility=problem.utility - 9), {"start": start}, start)
    assert below["start"]["gini"] is None


def test_the_result_has_what_a_reader_looks_for():
    values = negotiation(RATED, costs=COSTS, budget=4, start=["no bench", "lawn"])
    assert values.items[:2] == ("start", "agreed")
    assert values.who == ("walkers", "drivers")
    assert values.notes["packages"]["agreed"] == {"seat": "no bench", "green": "trees"}
    assert values.notes["welfare"]["agreed"]["cost"] == 2
    assert values.notes["welfare"]["agreed"]["below_start"] == []
    assert values.notes["by_group"]["walkers"]["prefers"] == ["utilitarian"]
    # 5 at the start, 9 agreed, and 9 or more possible
    assert values.notes["compared_with_optima"]["total"]["share_of_possible_gain"] == pytest.approx(1.0)
    assert [row["who"] for row in values.notes["transcript"][:3]] == ["walkers", "drivers", "mediator"]
    assert [Figure.from_json(one).kind for one in values.notes["figures"]] == ["points", "heatmap", "lines"]
    assert json.loads(json.dumps(values.to_json()))["method"] == "pool/negotiation"


def test_other_names_for_options_and_groups_change_nothing_but_the_names():
    def agreed(rename):
        rows = Ratings(
            who=[rename(who) for who in RATED.who], item=[rename(item) for item in RATED.item], value=RATED.value
        )
        costs = {**COSTS, "item": [rename(item) for item in ITEMS]}
        return negotiation(rows, costs=costs, budget=4, seed=1)

    plain, turned = agreed(str), agreed(lambda name: name[::-1])
    np.testing.assert_allclose(plain.mean, turned.mean)
    assert {k: v[::-1] for k, v in plain.notes["packages"]["agreed"].items()} == turned.notes["packages"]["agreed"]


def test_own_range_makes_the_unit_of_a_group_its_own():
    stretched = replace(RATED, value=np.where(RATED.who == "walkers", 10 * RATED.value + 3, RATED.value))
    plain = negotiation(RATED, costs=COSTS, budget=4, scale="range", start=["no bench", "lawn"])
    other = negotiation(stretched, costs=COSTS, budget=4, scale="range", start=["no bench", "lawn"])
    np.testing.assert_allclose(plain.mean, other.mean)
    assert plain.mean.min() >= 0
    assert plain.mean.max() <= 1
    assert plain.scale.unit == "share of own range"


def test_projects_may_be_left_out_and_options_need_no_costs():
    projects = negotiation(RATED, costs={"item": ITEMS, "cost": [3, 1, 2, 1]}, budget=4, start=["lawn"])
    assert projects.notes["packages"]["start"] == {
        "bench": "without bench", "no bench": "without no bench", "trees": "without trees", "lawn": "lawn"
    }  # fmt: skip
    assert projects.notes["welfare"]["agreed"]["cost"] <= 4
    one = negotiation(RATED, start=["lawn"])
    # trees are worth 4 and 3, the bench 5 and 2: the worst-off come first
    assert one.notes["packages"]["agreed"] == {"choice": "trees"}
    assert negotiation(RATED, start=["lawn"], rule="total").notes["welfare"]["agreed"]["total"] == 7


def test_people_of_a_group_speak_with_one_voice():
    people = Ratings(who=["a", "a", "b", "b", "c", "c"], item=["x", "y"] * 3, value=[1, 3, 3, 3, 5, 1])
    problem = problem_of(people, groups={"who": ["a", "b", "c"], "group": ["g", "g", "h"]})
    assert problem.groups == ("g", "h")
    np.testing.assert_allclose(problem.utility, [[2, 3], [5, 1]])
    by_criterion = Ratings(
        who=["a"] * 4, item=["x", "y"] * 2, value=[1, 3, 5, 1], criterion=["p"] * 2 + ["q"] * 2, weight=[3, 3, 1, 1]
    )
    np.testing.assert_allclose(problem_of(by_criterion).utility, [[2.0, 2.5]])


def test_overstating_is_probed_by_honest_ratings():
    values = negotiation(RATED, costs=COSTS, budget=4, start=["no bench", "lawn"])
    assert set(values.notes["misreporting"]) == {"walkers", "drivers"}
    assert values.notes["misreporting"]["walkers"]["own_gain"] == pytest.approx(0)
    assert negotiation(RATED, costs=COSTS, budget=4, probe=False).notes["misreporting"] == {}


def test_rankings_are_compared_and_move_nothing():
    ranked = Rankings(who=["walkers"] * 4 + ["drivers"] * 4, item=ITEMS * 2, rank=[4, 3, 2, 1, 1, 2, 3, 4])
    given = {"costs": COSTS, "budget": 4, "start": ["no bench", "lawn"]}
    plain, with_ranks = negotiation(RATED, **given), negotiation(RATED, rankings=ranked, **given)
    np.testing.assert_array_equal(plain.mean, with_ranks.mean)
    assert "ranking_distance" in with_ranks.notes["disagreement"]


def test_red_lines_come_first_and_conflicts_are_named():
    floors = {"who": ["drivers"], "floor": [5]}
    values = negotiation(RATED, costs=COSTS, budget=4, start=["no bench", "lawn"], red_lines=floors)
    assert values.notes["welfare"]["start"]["unmet_red_lines"] == ["drivers"]
    assert values.notes["welfare"]["agreed"]["unmet_red_lines"] == []
    for floors, words in (
        ({"who": ["walkers"], "floor": [99]}, "'walkers': it can get 7"),
        ({"who": ["walkers", "drivers"], "floor": [6.5, 5]}, "'walkers' and 'drivers' conflict"),
        ({"who": ["cyclists"], "floor": [1]}, "does not negotiate"),
    ):
        with pytest.raises(InputError, match=words):
            negotiation(RATED, costs=COSTS, budget=4, red_lines=floors)


def test_red_lines_of_three_may_conflict_where_any_two_do_not():
    problem = Problem(
        ("a", "b", "c"), ("one",), ("x", "y", "z"), np.zeros(3, dtype=int),
        np.array([[1.0, 1, 0], [1, 0, 1], [0, 1, 1]]), np.zeros(3), 0.0, np.ones(3),
    )  # fmt: skip
    with pytest.raises(InputError, match="not all of a, b, c"):
        check_red_lines(problem)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"budget": 0.5}, "the cheapest costs 1"),
        ({"budget": -1}, "budget"),
        ({"budget": None}, "come together"),
        ({"costs": None}, "come together"),
        ({"costs": {"item": ITEMS[:3], "cost": [1, 2, 3]}}, "has no cost"),
        ({"costs": {"item": [*ITEMS, "pond"], "cost": [1, 2, 3, 4, 5]}}, "did not rate 'pond'"),
        ({"costs": {"item": [*ITEMS[:3], "bench"], "cost": [1, 2, 3, 4]}}, "twice"),
        ({"costs": {"item": ITEMS, "cost": [1, 2, 3, -4]}}, "0 or more"),
        ({"costs": {"item": ITEMS, "cost": [1, 2, 3, "dear"]}}, "finite number"),
        ({"costs": {"item": ITEMS, "price": [1, 2, 3, 4]}}, "no column 'cost'"),
        ({"costs": {**COSTS, "element": list("abcd")}}, "one option only"),
        ({"start": ["bench"]}, "0 options of 'green'"),
        ({"start": ["bench", "no bench", "lawn"]}, "2 options of 'seat'"),
        ({"start": ["pond"]}, "no option"),
        ({"start": ["bench", "trees"]}, "the budget is 4"),
        ({"groups": {"who": ["walkers"], "group": ["g"]}}, "in no group"),
        ({"groups": {"who": ["walkers", "walkers"], "group": ["g", "h"]}}, "one group"),
        ({"designs": 0}, "designs"),
        ({"rounds": 0}, "rounds"),
        ({"most_swaps": 0}, "most_swaps"),
        ({"concession": -1}, "concession"),
        ({"rule": "loudest"}, "rule"),
        ({"scale": "own"}, "scale"),
        ({"agents": {"cyclists": lambda _: None}}, "does not negotiate"),
    ],
)
def test_what_cannot_be_negotiated_is_refused(changed, words):
    with pytest.raises(InputError, match=words):
        negotiation(RATED, **{"costs": COSTS, "budget": 4, **changed})


@pytest.mark.parametrize(
    "bad",
    [
        {"utility": np.zeros((3, 4))}, {"cost": np.array([1.0, 2, 3])}, {"cost": np.array([1.0, 2, 3, -1])},
        {"utility": np.full((2, 4), np.nan)}, {"floor": np.array([0.0, np.nan])}, {"budget": -1.0},
        {"element": np.array([0, 0, 0, 0])}, {"groups": ()},
    ],
)  # fmt: skip
def test_a_problem_whose_parts_do_not_fit_is_refused(bad):
    with pytest.raises(InputError):
        replace(problem_of(RATED, costs=COSTS, budget=4), **bad)
    with pytest.raises(InputError, match="package has shape"):
        bargain(problem_of(RATED, costs=COSTS, budget=4), np.array([0, 9]))


def test_ratings_that_leave_nothing_to_negotiate_are_refused():
    with pytest.raises(InputError, match="alike"):
        negotiation(replace(RATED, value=np.full(8, 3.0)))
    with pytest.raises(InputError, match="two or more"):
        negotiation(Ratings(who=["a", "b"], item=["x", "x"], value=[1, 2]))
    with pytest.raises(InputError, match="did not rate 'y'"):
        negotiation(Ratings(who=["a", "a", "b"], item=["x", "y", "x"], value=[1, 2, 3]))
    with pytest.raises(InputError, match="weight 0"):
        negotiation(replace(RATED, weight=np.zeros(8)))


def test_one_group_gets_what_it_wants():
    values = negotiation(Ratings(who=["a"] * 3, item=["x", "y", "z"], value=[1, 5, 2]), start=["x"])
    assert values.notes["packages"]["agreed"] == {"choice": "y"}
    assert dict(zip(values.items, values.mean.tolist(), strict=True)) == {
        "start": 1, "agreed": 5, "utilitarian": 5, "leximin": 5, "nash": 5
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "status", "why"),
    [
        (None, "no offer", ""),
        ({}, "no offer", ""),
        ({"seat": "bench"}, "adopted", ""),
        ({"seat": "no bench"}, "not understood", "changes nothing"),
        ({"seat": "throne"}, "not understood", "no option 'throne'"),
        ({"seat": "trees"}, "not understood", "no option 'trees'"),
        ({"moat": "deep"}, "not understood", "no element 'moat'"),
        ({3: 4}, "not understood", "no element '3'"),
        ({"seat": ["bench"]}, "not understood", "no option"),
        ("bench, please", "not understood", "it gave str"),
        ({"seat": "bench", "green": "trees"}, "not understood", "it changes 2 elements"),
    ],
)
def test_whatever_an_agent_says_is_checked_and_written_down(said, status, why):
    quiet = {"walkers": lambda _: said, "drivers": lambda _: None}
    values = negotiation(RATED, costs=COSTS, budget=4, start=["no bench", "lawn"], agents=quiet, most_swaps=1, rounds=1)
    row = values.notes["transcript"][0]
    assert (row["who"], row["status"]) == ("walkers", status)
    assert why in row["why"]


def test_an_agent_that_fails_is_named():
    def broken(situation):
        raise RuntimeError("no battery")

    with pytest.raises(WeighError, match="agent of 'walkers' failed in round 1: RuntimeError: no battery"):
        negotiation(RATED, costs=COSTS, budget=4, agents={"walkers": broken})


def test_an_offer_over_the_budget_is_kept_for_pairing_and_not_adopted_alone():
    greedy = {"walkers": lambda _: {"seat": "bench", "green": "trees"}, "drivers": lambda _: None}
    values = negotiation(RATED, costs=COSTS, budget=4, start=["no bench", "lawn"], agents=greedy)
    assert values.notes["transcript"][0]["status"] == "over budget"
    assert values.notes["packages"]["agreed"] == values.notes["packages"]["start"]
    assert "better by the rule" in values.notes["ended"]
