"""A team in a shared world, of which only some members act: episodes in PettingZoo's parallel interface.

An environment is whatever has `possible_agents`, `agents`, `reset(seed=…)`, `step(actions)` and `action_space(agent)`
with PettingZoo's meanings. Those who are absent stay in the world and act by a rule. The rule decides what "without
this agent" means, so it is part of every result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.stats import rng

Array = NDArray[np.float64]
Policy = Callable[[Any], Any]
Rule = Callable[[str, Any, np.random.Generator], Any]

RULES = ("idle", "random", "random_player")
MOST_STEPS = 100_000


class Team:
    """Agents with policies, some of which may be absent.

    Parameters
    ----------
    make_env : callable
        () -> a fresh environment.
    policies : mapping of str to callable
        For every agent of the environment, opponents too: observation -> action. A policy that has chance of its own
        breaks the promise that a seed fixes the episode, and the pairing of episodes with and without an agent.
    players : sequence of str, optional
        The team: whose absence is studied and whose rewards count. All agents by default.
    absent : {"idle", "random", "random_player"} or callable
        What an absent agent does: nothing; an action drawn from its space; what the policy of another player, drawn at
        each step, does with that player's own observation. Or rule(agent, observation, rng) -> action.
    idle : mapping of str to action, optional
        What doing nothing is, where it is not action 0 of a discrete space or zeros of a box.

    Raises
    ------
    InputError
        Fewer than two players, one that stands twice or has no policy, an unknown rule, or an agent that has no known
        way to do nothing.
    """

    def __init__(
        self,
        make_env: Callable[[], Any],
        policies: Mapping[str, Policy],
        *,
        players: Sequence[str] | None = None,
        absent: Literal["idle", "random", "random_player"] | Rule = "idle",
        idle: Mapping[str, Any] | None = None,
    ) -> None:
        env = make_env()
        agents = tuple(env.possible_agents)
        self.make_env, self.policies, self.absent = make_env, dict(policies), absent
        self.players = agents if players is None else tuple(players)
        missing = [agent for agent in agents if agent not in self.policies]
        strange = [player for player in self.players if player not in agents]
        if missing or strange:
            raise InputError(
                f"{(strange or missing)[0]!r} {'is no agent' if strange else 'has no policy'}; the agents are: "
                f"{', '.join(agents)}"
            )
        if not 2 <= len(self.players) == len(set(self.players)):
            raise InputError(f"players are {list(self.players)}; a team has two or more, each once")
        if not callable(absent) and absent not in RULES:
            raise InputError(f"absent is {absent!r}; expected one of {', '.join(RULES)}, or a function")
        self.idle = dict(idle or {})
        if absent != "random" and not callable(absent):
            self.idle = {player: self.idle.get(player, _nothing(env, player)) for player in self.players}
        _close(env)

    def __len__(self) -> int:
        return len(self.players)

    def play(self, present: Sequence[bool] | NDArray[np.bool_], seed: int, env: Any = None) -> Array:
        """One episode.

        Parameters
        ----------
        present : sequence of bool, shape (n_players,)
            Who follows the own policy.
        seed : int
            Of the environment and of whatever absent agents draw, each from a stream of its own: episodes with one seed
            and different members share their chance.
        env : environment, optional
            To play in; a fresh one by default.

        Returns
        -------
        array of float, shape (n_steps, n_players)
            Rewards.

        Raises
        ------
        InputError
            A reward that is not finite, or an episode without an end.
        """
        if env is not None:
            return self._episode(env, present, seed)
        world = self.make_env()
        try:
            return self._episode(world, present, seed)
        finally:
            _close(world)

    def returns(self, masks: NDArray[np.bool_], seed: int, env: Any = None) -> Array:
        """Return of the whole team, shape (m,), for coalitions of shape (m, n_players), all on one seed."""
        return np.array([self.play(mask, seed, env).sum() for mask in masks])

    def _episode(self, world: Any, present: Sequence[bool] | NDArray[np.bool_], seed: int) -> Array:
        away = [player for player, is_there in zip(self.players, present, strict=True) if not is_there]
        chance = {player: rng(seed, "absent", player) for player in away}
        if self.absent == "random":
            for player in away:
                world.action_space(player).seed(int(chance[player].integers(2**31)))
        observations, _ = world.reset(seed=seed)
        rewards: list[list[float]] = []
        while world.agents:
            if len(rewards) >= MOST_STEPS:
                raise InputError(
                    f"the episode has not ended after {MOST_STEPS} steps; give the environment a time limit"
                )
            actions = self._actions(world, observations, chance)
            observations, won, *_ = world.step(actions)
            rewards.append([float(won.get(player, 0.0)) for player in self.players])
            if not np.isfinite(rewards[-1]).all():
                raise InputError(f"step {len(rewards)} gave the rewards {rewards[-1]}; expected finite numbers")
        if not rewards:
            raise InputError("the episode has no step; expected one at least after reset()")
        return np.array(rewards)

    def _actions(self, world: Any, observations: Any, chance: Mapping[str, np.random.Generator]) -> dict[str, Any]:
        copying = self.absent == "random_player"
        meant = {
            agent: self.policies[agent](observations[agent]) for agent in world.agents if copying or agent not in chance
        }
        actions = {agent: action for agent, action in meant.items() if agent not in chance}
        for agent, draws in chance.items():
            if agent not in world.agents:
                continue
            if callable(self.absent):
                actions[agent] = self.absent(agent, observations[agent], draws)
            elif self.absent == "random":
                actions[agent] = world.action_space(agent).sample()
            elif copying and (others := [one for one in self.players if one != agent and one in meant]):
                actions[agent] = meant[others[int(draws.integers(len(others)))]]
            else:
                actions[agent] = self.idle[agent]
        return actions


def _nothing(env: Any, agent: str) -> Any:
    space = env.action_space(agent)
    if hasattr(space, "n"):
        return int(getattr(space, "start", 0))
    if hasattr(space, "low") and hasattr(space, "high"):
        return np.clip(np.zeros(space.shape, dtype=space.dtype), space.low, space.high)
    raise InputError(f"{agent!r} acts in {space!r}, where doing nothing is not known; give idle={{{agent!r}: …}}")


def _close(env: Any) -> None:
    if hasattr(env, "close"):
        env.close()
