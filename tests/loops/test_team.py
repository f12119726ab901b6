"""Teams of which only some members act: what absence means, and what a seed fixes."""

from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.loops.team import Team
from weigh.testbeds.haulers import Haulers


class Echo:
    """Two agents, one step; rewards are the actions."""

    def __init__(self, space=None, rewards=None, steps=1):
        self.possible_agents, self.agents = ["a", "b"], []
        self.space, self.rewards, self.steps, self.closed = space, rewards, steps, 0

    def action_space(self, agent):
        return self.space

    def reset(self, seed=None, options=None):
        self.agents, self.left = ["a", "b"], self.steps
        return {"a": 3.0, "b": 5.0}, {}

    def step(self, actions):
        self.left -= 1
        self.agents = [] if self.left <= 0 else self.agents
        return {"a": 3.0, "b": 5.0}, self.rewards or actions, {}, {}, {}

    def close(self):
        self.closed += 1


class Box:
    low, high, shape, dtype = np.array([1.0]), np.array([2.0]), (1,), float


class Discrete:
    n, start = 4, 7


def own(observation):
    return observation


def test_each_follows_its_policy_or_the_rule():
    policies = {"a": own, "b": own}

    def play(absent, **options):
        team = Team(lambda: Echo(Discrete()), policies, absent=absent, **options)
        return team.play([False, True], 0).tolist()

    assert play("idle") == [[7.0, 5.0]]
    assert play("idle", idle={"a": -1.0}) == [[-1.0, 5.0]]
    assert play("random_player") == [[5.0, 5.0]]
    assert play(lambda agent, observation, chance: 10 * observation) == [[30.0, 5.0]]


def test_doing_nothing_in_a_box_is_what_is_nearest_to_zero():
    team = Team(lambda: Echo(Box()), {"a": own, "b": own})
    assert team.idle["a"].tolist() == [1.0]


def test_a_seed_fixes_an_episode_and_coalitions_share_its_chance():
    def make():
        return Haulers([1.0, 1.0, 1.0], bonus=0.0)

    team = Team(make, make().policies(), absent="random")
    for present in ([True, False, True], [False, False, False]):
        assert (team.play(present, 5) == team.play(present, 5, make())).all()
    assert (team.play([True, False, True], 5) != team.play([True, False, True], 6)).any()
    # who is there does not change what the others meet and draw
    assert (team.play([True, False, True], 5)[:, 1] == team.play([False, False, False], 5)[:, 1]).all()


def test_only_players_rewards_count():
    team = Team(lambda: Echo(Discrete()), {"a": own, "b": own, "c": own}, players=["b", "a"])
    assert team.play([True, True], 0).tolist() == [[5.0, 3.0]]
    assert team.returns(np.array([[True, True], [False, True]]), 0).tolist() == [8.0, 10.0]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"policies": {"a": own}}, "'b' has no policy"),
        ({"players": ["a", "z"]}, "'z' is no agent"),
        ({"players": ["a"]}, "two or more"),
        ({"players": ["a", "b", "a"]}, "each once"),
        ({"absent": "gone"}, "gone"),
        ({"make_env": lambda: Echo(object())}, "give idle="),
    ],
)
def test_a_team_that_cannot_play_is_refused(options, says):
    given = {"make_env": lambda: Echo(Discrete()), "policies": {"a": own, "b": own}} | options
    with pytest.raises(InputError, match=says):
        Team(given.pop("make_env"), given.pop("policies"), **given)


def test_an_episode_that_cannot_be_scored_is_refused(monkeypatch):
    policies = {"a": own, "b": own}
    with pytest.raises(InputError, match="finite"):
        Team(lambda: Echo(Discrete(), {"a": np.nan}), policies).play([True, True], 0)
    monkeypatch.setattr("weigh.loops.team.MOST_STEPS", 10)
    with pytest.raises(InputError, match="not ended"):
        Team(lambda: Echo(Discrete(), steps=100), policies).play([True, True], 0)


def test_what_was_made_for_an_episode_is_closed_whatever_happens():
    made = []

    def make():
        made.append(Echo(Discrete(), {"a": np.nan} if made else None))
        return made[-1]

    team = Team(make, {"a": own, "b": own})
    with pytest.raises(InputError, match="finite"):
        team.play([True, True], 0)
    assert [world.closed for world in made] == [1, 1]
    mine = Echo(Discrete())
    team.play([True, True], 0, mine)
    assert (len(made), mine.closed) == (2, 0)


def test_simple_spread_is_played():
    mpe2 = pytest.importorskip("mpe2", reason="mpe2 is not installed: no world of PettingZoo's can be played")
    import importlib

    simple_spread = importlib.import_module(f"{mpe2.__name__}.simple_spread_v3")

    def make():
        return simple_spread.parallel_env(N=3, max_cycles=5)

    team = Team(make, dict.fromkeys(("agent_0", "agent_1", "agent_2"), lambda observation: 2), absent="random")
    there, gone = team.play([True] * 3, 1), team.play([False] * 3, 1)
    assert there.shape == gone.shape == (5, 3)
    assert (there == team.play([True] * 3, 1)).all()
    assert (gone == team.play([False] * 3, 1)).all()
    assert there.sum() != gone.sum()
