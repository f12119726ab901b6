"""Agents' contributions: on published games, in a world that is known, and in worlds of others."""

from __future__ import annotations

import csv
import importlib
from pathlib import Path

import joblib
import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.game import Game
from weigh.credit.collective_xai import collective_xai
from weigh.loops.team import Team
from weigh.ops.coalitions import coalitions
from weigh.ops.game import semivalue, size_distribution
from weigh.testbeds.haulers import Haulers

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "collective-xai"
BY = ("experiment", "model", "absent_policy")
published = pytest.mark.skipif(not DATA.is_dir(), reason="the published coalition values are not here")


def haulers():
    return Haulers([0.2, 0.6, 1.0], thresholds=[3, 2, 2], cost=0.5, bonus=0.5, n_steps=12)


def crowd():
    return Haulers(np.linspace(0.1, 1.2, 12), cost=0.5, n_steps=5)


@published
def test_published_games():
    values = collective_xai(DATA / "coalition_values.csv", by=BY)
    assert len(values.who) == 30
    with (DATA / "results" / "exact_shapley_derived.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            mean = values.for_who(", ".join(row[name] for name in BY)).mean
            np.testing.assert_allclose(mean, [float(row[f"phi{i}"]) for i in range(3)], atol=1e-4)
            assert mean.sum() == pytest.approx(float(row["v_N_minus_v_empty"]), abs=1e-4)
            if row["experiment"] == "exp2":
                assert mean.argmin() == 0
    assert max(map(abs, values.notes["undivided"].values())) < 1e-9


@published
def test_the_published_estimator_computes_the_banzhaf_index():
    shapley, banzhaf = (collective_xai(DATA / "coalition_values.csv", by=BY, index=i) for i in ("shapley", "banzhaf"))
    left = np.abs(list(banzhaf.notes["undivided"].values()))
    assert left.max() == pytest.approx(1.45, abs=0.005)
    assert left.mean() == pytest.approx(0.57, abs=0.005)
    assert np.abs(banzhaf.mean - shapley.mean).max() == pytest.approx(0.48, abs=0.005)
    # drawing coalitions as the program does, evenly among those with the agent
    one = banzhaf.for_who("exp1, 10, idle")
    with (DATA / "coalition_values.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if [row[name] for name in BY] == ["exp1", "10", "idle"]]
    worth = {frozenset(row["coalition"].replace("-", "").split()): float(row["value"]) for row in rows}
    for player, mean in zip(one.items, one.mean, strict=True):
        gains = [worth[s] - worth[s - {player}] for s in worth if player in s]
        assert mean == pytest.approx(np.mean(gains))


@pytest.mark.parametrize("absent", ["idle", "random", "random_player"])
@pytest.mark.parametrize("index", ["shapley", "banzhaf"])
def test_a_played_team_lies_about_its_exact_values(absent, index):
    values = collective_xai(Team(haulers, haulers().policies(), absent=absent), index=index, episodes=80, seed=1)
    exact = semivalue(haulers().exact_value(absent), size_distribution(index, 3))
    assert values.cov is not None
    se = np.sqrt(np.diag(values.cov))
    assert np.all(np.abs(values.mean - exact) <= 4 * se)
    assert np.all((values.low < values.mean) & (values.mean < values.high))
    assert values.notes["absent"] == absent
    if index == "shapley":
        assert values.notes["undivided"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("index", ["shapley", "banzhaf"])
def test_more_than_ten_agents_are_sampled(index):
    values = collective_xai(Team(crowd, crowd().policies(), absent="random"), index=index, episodes=40)
    exact = semivalue(crowd().exact_value("random"), size_distribution(index, 12))
    assert values.cov is not None
    assert np.all(np.abs(values.mean - exact) <= 4.5 * np.sqrt(np.diag(values.cov)))


def test_intervals_cover_as_often_as_they_say():
    exact = semivalue(haulers().exact_value("random"), size_distribution("shapley", 3))
    team = Team(haulers, haulers().policies(), absent="random")
    covered = []
    for seed in range(40):
        values = collective_xai(team, episodes=10, seed=seed)
        assert values.low is not None
        assert values.high is not None
        covered.append((values.low <= exact) & (exact <= values.high))
    assert np.mean(covered) >= 0.89


def test_shared_seeds_leave_less_noise_than_independent_episodes():
    team = Team(haulers, haulers().policies())
    ours = collective_xai(team, episodes=100)
    apart = np.array([team.returns(coalitions(3)[[7, 6]], seed) for seed in range(100)])
    independent = np.hypot(*apart.std(axis=0, ddof=1)) / 10
    assert ours.cov is not None
    assert np.sqrt(ours.cov[0, 0]) < 0.6 * independent


def test_equal_agents_are_due_the_same_to_the_last_digit():
    def twins():
        return Haulers([1.0, 1.0, 0.5])

    values = collective_xai(Team(twins, twins().policies()), episodes=20)
    assert values.mean[0] == pytest.approx(values.mean[1], abs=1e-12)


def test_own_rewards_and_social_metrics_are_told():
    values = collective_xai(Team(haulers, haulers().policies()), episodes=20)
    assert sum(values.notes["own_return"].values()) == pytest.approx(values.notes["v_all"])
    assert 0 < values.notes["equality"] < 1
    assert 0 <= values.notes["sustainability"] < 12


def test_playing_stops_at_the_error_asked_for():
    team = Team(haulers, haulers().policies())
    values = collective_xai(team, episodes=1000, until=0.7)
    assert values.notes["reached"] is True
    assert values.notes["n_episodes"] == 100
    assert collective_xai(team, episodes=100, until=1e-9).notes["reached"] is False


def test_workers_change_nothing():
    team = Team(haulers, haulers().policies(), absent="random")
    alone = collective_xai(team, episodes=20, workers=1)
    with joblib.parallel_config("threading", n_jobs=2):
        assert collective_xai(team, episodes=20) == alone


def test_a_game_of_many_agents_is_sampled():
    names = [f"agent {i}" for i in range(30)]
    game = Game(names, lambda s: float(len(s)) + 3.0 * ("agent 0" in s and "agent 1" in s))
    values = collective_xai(game, permutations=60)
    assert values.notes["n_permutations"] == 60
    np.testing.assert_allclose(values.mean[2:], 1)
    np.testing.assert_allclose(values.mean[:2], 2.5)


def test_a_table_may_list_names_in_many_ways():
    worth = {"": 1.0, "ann": 2.0, "bo": 4.0, "bo, ann": 9.0}
    values = collective_xai({"coalition": list(worth), "value": list(worth.values())})
    assert dict(zip(values.items, values.mean.tolist(), strict=True)) == {"ann": 3.0, "bo": 5.0}
    lists = {"coalition": [None, ["ann"], ["bo"], ["ann", "bo"]], "value": [1.0, 2.0, 4.0, 9.0]}
    assert collective_xai(lists).mean.tolist() == [3.0, 5.0]
    days = {"coalition": lists["coalition"] * 2, "value": lists["value"] * 2, "day": [1] * 4 + [2] * 4}
    assert collective_xai(days, by="day").who == ("1", "2")


@pytest.mark.parametrize(
    ("table", "options", "says"),
    [
        ({"coalition": ["-", "a", "b", "a b"]}, {}, "'value'"),
        ({"coalition": ["-", "a", "b"], "value": [0, 1, 2]}, {}, "lacks the coalition a b"),
        ({"coalition": ["-", "a", "b", "b", "a b"], "value": [0, 1, 2, 2, 3], "run": [1] * 5}, {}, "stands twice.*run"),
        ({"coalition": ["-", "a", "b", "a b"], "value": [0, 1, np.nan, 3]}, {}, "row 3"),
        ({"coalition": ["-", "a", "b", "a b"], "value": list("wxyz")}, {}, "text"),
        ({"coalition": ["-", "a a"], "value": [0, 1]}, {}, "twice"),
        ({"coalition": ["-", "a"], "value": [0, 1]}, {}, "1 players"),
        ({"coalition": [], "value": []}, {}, "one row"),
        ({"coalition": ["-", "a", "b", "a b"], "value": [0, 1, 2, 3]}, {"by": ["run"]}, "'run'"),
        ({"coalition": ["-", "a", "b", "a b"], "value": [0, 1, 2, 3]}, {"index": "core"}, "core"),
    ],
)
def test_tables_that_are_no_games_are_refused(table, options, says):
    with pytest.raises(InputError, match=says):
        collective_xai(table, **options)


def test_teams_that_give_no_errors_are_refused():
    team = Team(haulers, haulers().policies())
    with pytest.raises(InputError, match="episodes"):
        collective_xai(team, episodes=1)
    with pytest.raises(InputError, match="until"):
        collective_xai(team, until=-1.0)


def test_simple_spread_is_divided():
    pytest.importorskip("mpe2", reason="mpe2 is not installed: no world of PettingZoo's can be played")
    simple_spread = importlib.import_module("mpe2.simple_spread_v3")

    def make():
        return simple_spread.parallel_env(N=3, max_cycles=5)

    policies = {f"agent_{i}": (lambda observation, move=i: move + 1) for i in range(3)}
    values = collective_xai(Team(make, policies), episodes=4)
    assert values.items == ("agent_0", "agent_1", "agent_2")
    assert values.mean.sum() == pytest.approx(values.notes["v_all"] - values.notes["v_empty"])
