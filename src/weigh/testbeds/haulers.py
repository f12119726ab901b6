"""A team that hauls, as a parallel environment of a few lines whose coalition values are known exactly.

At each step a load of size 1 to 4 comes, all sizes equally likely, and everyone sees it. Whoever pulls gets its
strength if the load is 2 or more, and pays a cost if it is 1 and not worth pulling. When the load is 4 and the first
two both pull, each of them gets half of a bonus. Agent i's policy pulls from its own threshold on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.ops.coalitions import coalitions

Array = NDArray[np.float64]

SIZES = np.arange(1, 5)


class TwoActions:
    """Rest (0) or pull (1): as much of a discrete space as PettingZoo's interface needs."""

    n = 2

    def __init__(self) -> None:
        self._rng = np.random.default_rng()

    def seed(self, seed: int) -> None:
        """Begin a stream of chance."""
        self._rng = np.random.default_rng(seed)

    def sample(self) -> int:
        """One of the two, evenly."""
        return int(self._rng.integers(2))


class Haulers:
    """The world; see the module for its rules.

    Parameters
    ----------
    strengths : sequence of float
        Of each agent, two or more.
    thresholds : sequence of int
        The load from which each agent's policy pulls, 1 to 4; 2 for all by default.
    cost, bonus : float
        Of pulling at nothing; of pulling the largest load together.
    n_steps : int
        Length of an episode.

    Examples
    --------
    >>> world = Haulers([1.0, 1.0], bonus=0.0, n_steps=4)
    >>> world.exact_value().tolist()
    [0.0, 3.0, 3.0, 6.0]
    """

    def __init__(
        self,
        strengths: Sequence[float],
        *,
        thresholds: Sequence[int] | None = None,
        cost: float = 1.0,
        bonus: float = 2.0,
        n_steps: int = 25,
    ) -> None:
        self.strengths = np.array(strengths, dtype=float)
        n = len(self.strengths)
        self.thresholds = np.full(n, 2) if thresholds is None else np.array(thresholds)
        if n < 2 or self.thresholds.shape != (n,) or n_steps < 1:
            raise InputError(
                f"{n} strengths, thresholds of shape {self.thresholds.shape}, {n_steps} steps; see Haulers"
            )
        self.cost, self.bonus, self.n_steps = cost, bonus, n_steps
        self.possible_agents = [f"hauler_{i}" for i in range(n)]
        self.agents: list[str] = []
        self._spaces = {agent: TwoActions() for agent in self.possible_agents}
        self._rng, self._load, self._step = np.random.default_rng(), 0, 0

    def action_space(self, agent: str) -> TwoActions:
        """Rest or pull."""
        return self._spaces[agent]

    def reset(self, seed: int | None = None, options: Any = None) -> tuple[dict[str, int], dict[str, dict]]:
        """Begin an episode: observations, the size of the load, and empty infos."""
        self._rng, self._step = np.random.default_rng(seed), 0
        self.agents = list(self.possible_agents)
        return self._next_load(self.agents), {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, int]) -> tuple[dict[str, int], dict, dict, dict, dict]:
        """One step: observations, rewards, terminations, truncations, infos."""
        pulls = np.array([float(actions[agent]) for agent in self.possible_agents])
        won = pulls * np.where(self._load >= 2, self.strengths, -self.cost)
        won[:2] += self.bonus / 2 * (self._load == 4 and pulls[:2].all())
        self._step += 1
        over = self._step >= self.n_steps
        agents = self.agents
        self.agents = [] if over else agents
        return (
            self._next_load(agents),
            dict(zip(agents, won.tolist(), strict=True)),
            dict.fromkeys(agents, False),
            dict.fromkeys(agents, over),
            {agent: {} for agent in agents},
        )

    def policies(self) -> dict[str, Callable[[int], int]]:
        """Each agent pulls from its threshold on."""
        return {
            agent: _FromThreshold(int(threshold))
            for agent, threshold in zip(self.possible_agents, self.thresholds, strict=True)
        }

    def exact_value(self, absent: Literal["idle", "random", "random_player"] = "idle") -> Array:
        """Expected return of every coalition under a rule for the absent.

        Given the load, agents pull independently: agent i with probability 1[load ≥ threshold_i] if it is there, else
        0, one half, or the mean of the others' policies.

        Parameters
        ----------
        absent : {"idle", "random", "random_player"}
            As in `weigh.loops.team.Team`.

        Returns
        -------
        array of float, shape (2**n,)
            By bitmask.

        Raises
        ------
        InputError
            An unknown rule.
        """
        n = len(self.strengths)
        own = (SIZES[:, None] >= self.thresholds[None, :]).astype(float)
        others = (own.sum(axis=1, keepdims=True) - own) / (n - 1)
        rules = {"idle": np.zeros_like(own), "random": np.full_like(own, 0.5), "random_player": others}
        if absent not in rules:
            raise InputError(f"absent is {absent!r}; expected one of {', '.join(rules)}")
        away = rules[absent]
        p = np.where(coalitions(n)[:, None, :], own, away)
        worth = np.where(SIZES[:, None] >= 2, self.strengths, -self.cost)
        together = self.bonus * (SIZES == 4) * p[:, :, 0] * p[:, :, 1]
        return self.n_steps * ((p * worth).sum(axis=2) + together).mean(axis=1)

    def _next_load(self, agents: Sequence[str]) -> dict[str, int]:
        self._load = int(self._rng.integers(1, 5))
        return dict.fromkeys(agents, self._load)


class _FromThreshold:
    def __init__(self, threshold: int) -> None:
        self.threshold = threshold

    def __call__(self, load: int) -> int:
        return int(load >= self.threshold)
