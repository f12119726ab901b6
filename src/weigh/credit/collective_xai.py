"""What each agent of a team contributes to the team's return, found by switching agents off.

v(S) is the expected return of the whole team when only the agents of S follow their policies and the absent act by a
rule: idle, at random, or as another player would. Agents are due their Shapley values in this game,

    φ_i = Σ_{S ∌ i} |S|! (n − |S| − 1)! / n! · [v(S ∪ i) − v(S)],    Σ φ_i = v(all) − v(∅),

and v(∅) need not be 0, as idle agents can be lucky.

Source: Heuillet, A., Couthouis, F. & Díaz-Rodríguez, N. (2022), Collective eXplainable AI, IEEE Computational
Intelligence Magazine, arXiv:2110.01307. Departs: the published Monte Carlo estimator draws coalitions evenly among all
that hold an agent, whatever their size, and so computes the Banzhaf index, whose sum is not v(all) − v(∅). Both are
here under their own names. Its episodes with and without an agent were independent; ours share their seed, and with it
most of their noise.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.frames import as_names
from weigh.core.game import MOST_IN_TABLE, Game
from weigh.core.method import method
from weigh.core.parallel import pmap
from weigh.core.scale import Scale
from weigh.core.stats import mean_interval, rng
from weigh.core.values import Values
from weigh.credit._stored_games import stored_games
from weigh.loops.team import Team
from weigh.ops.coalitions import coalitions, of_game
from weigh.ops.game import semivalue, size_distribution
from weigh.ops.game_sampling import sampled_semivalue
from weigh.ops.orders import draw_orders, walk
from weigh.ops.social import social_metrics

Array = NDArray[np.float64]

ADDRESS = "credit/collective_xai"
MOST_LIVE = 10
IN_A_TASK = 10
IN_A_ROUND = 10
SCALE = Scale("ratio", "real", "return")


class _Episode(NamedTuple):
    """Contributions of the players, v(∅), v(all), each player's own return, and social metrics, in one episode."""

    units: Array
    empty: float
    full: float
    own: Array
    social: Array


@method(
    slug="collective-xai",
    paper="arXiv:2110.01307",
    takes=Game,
    gives=Values,
    family="teams of agents",
    departs="Shapley by default, as the published estimator computes the Banzhaf index; episodes share their seed",
)
def collective_xai(
    game: Game | Team | Path | Mapping[str, Any],
    *,
    index: Literal["shapley", "banzhaf"] = "shapley",
    by: Sequence[str] = (),
    episodes: int = 200,
    until: float | None = None,
    permutations: int = 2000,
    seed: int = 0,
    workers: int | None = None,
) -> Values:
    """Divide a team's return among its agents.

    Parameters
    ----------
    game : Game, Team, path, mapping of columns or data frame
        A game; or agents and their world, which are played; or a table of coalitions that have been played, with the
        columns `coalition` (names parted by spaces or commas; "-" for nobody) and `value`.
    index : {"shapley", "banzhaf"}
        Shares that sum to v(all) − v(∅); or the mean contribution to an evenly drawn coalition, which is what the
        published estimator computes.
    by : list of str
        Columns of a table that tell several games of the same agents apart; each becomes one `who`.
    episodes : int
        Of a team, 2 or more. Up to 10 agents every episode plays all coalitions; above that, one pair of opposite
        orders, or for "banzhaf" one coalition and all that differ from it in one agent.
    until : float
        For a team: stop after the hundred episodes that bring the largest standard error down to this.
    permutations : int
        For a game of more than 24 agents: random orders.
    seed : int
        0 or more; of episodes and orders.
    workers : int
        As in `weigh.core.parallel.pmap`.

    Returns
    -------
    Values
        One number an agent, in the unit of the return. Of a team they have 95 % intervals over episodes, and of more
        than 24 agents over orders; a table's are exact for the table. Notes hold v(∅) and v(all), what the index leaves
        undivided, and for a team each agent's own reward, equality and sustainability.

    Raises
    ------
    InputError
        A game of one agent, a table that lacks a coalition or holds one twice, too few episodes, or a return that is
        not finite.

    Examples
    --------
    A sluggard on a team of three:

    >>> from weigh.testbeds.haulers import Haulers
    >>> make = lambda: Haulers([1.0, 1.0, 0.1], bonus=0.0)
    >>> values = collective_xai(Team(make, make().policies()), episodes=50)
    >>> values.items[int(values.mean.argmin())], values.notes["v_empty"], values.notes["absent"]
    ('hauler_2', 0.0, 'idle')
    """
    if index not in ("shapley", "banzhaf"):
        raise InputError(f"index is {index!r}; expected 'shapley' or 'banzhaf'")
    if isinstance(game, Team):
        return _played(game, index, episodes, until, seed, workers)
    if isinstance(game, Game):
        return _of_game(game, index, permutations, seed, workers)
    by = as_names(by)
    players, who, tables = stored_games(game, by)
    mean = semivalue(tables, size_distribution(index, len(players)))
    notes: dict[str, Any] = {"index": index, "by": list(by)}
    for name, part in (("v_empty", tables[:, 0]), ("v_all", tables[:, -1])):
        notes[name] = dict(zip(who, part.tolist(), strict=True))
    left = tables[:, -1] - tables[:, 0] - mean.sum(axis=1)
    notes["undivided"] = dict(zip(who, left.tolist(), strict=True))
    return Values(players, who, mean if len(who) > 1 else mean[0], scale=SCALE, method=ADDRESS, notes=notes)


def _of_game(
    game: Game, index: Literal["shapley", "banzhaf"], permutations: int, seed: int, workers: int | None
) -> Values:
    n = len(game)
    if n < 2:
        raise InputError(f"there is one agent only, {game.players[0]!r}; a return is divided among two or more")
    sizes = size_distribution(index, n)
    notes: dict[str, Any] = {"index": index, "v_empty": game.empty, "v_all": game.grand}
    spread: dict[str, Array] = {}
    if n <= MOST_IN_TABLE:
        mean = semivalue(game.table(), sizes)
    else:
        found = sampled_semivalue(
            of_game(game), sizes, n_orders=permutations, sampling="antithetic", seed=seed, workers=workers
        )
        mean, spread = found.mean, {"low": found.low, "high": found.high, "cov": found.cov}
        notes |= {"n_permutations": found.n_orders, "max_se": float(found.se.max()), "dof": found.dof}
    notes["undivided"] = game.grand - game.empty - float(mean.sum())
    return Values(game.players, ("team",), mean, scale=SCALE, method=ADDRESS, notes=notes, **spread)


def _played(
    team: Team, index: Literal["shapley", "banzhaf"], episodes: int, until: float | None, seed: int, workers: int | None
) -> Values:  # fmt: skip
    if episodes < 2 or (until is not None and not until > 0):
        raise InputError(f"episodes is {episodes!r} and until {until!r}; expected 2 or more, and a number above 0")
    task = functools.partial(_episodes, team=team, index=index, seed=seed)
    tasks = [(start, min(IN_A_TASK, episodes - start)) for start in range(0, episodes, IN_A_TASK)]
    in_a_round = len(tasks) if until is None else IN_A_ROUND
    played: list[_Episode] = []
    reached = None
    for start in range(0, len(tasks), in_a_round):
        for part in pmap(task, tasks[start : start + in_a_round], workers=workers):
            played += part
        if until is not None:
            reached = bool(np.max(mean_interval(np.stack([one.units for one in played])).se) <= until)
            if reached:
                break
    units = np.stack([one.units for one in played])
    found = mean_interval(units)
    empty, full = (float(np.mean([getattr(one, end) for one in played])) for end in ("empty", "full"))
    own = np.mean([one.own for one in played], axis=0)
    efficiency, equality, sustainability = _known_means(np.stack([one.social for one in played]))
    notes = {
        "index": index, "absent": team.absent if isinstance(team.absent, str) else "a rule of the user's", "seed": seed,
        "n_episodes": len(played), "v_empty": empty, "v_all": full, "undivided": full - empty - float(found.mean.sum()),
        "max_se": float(found.se.max()), "dof": found.dof, "reached": reached,
        "own_return": dict(zip(team.players, own.tolist(), strict=True)),
        "efficiency": efficiency, "equality": equality, "sustainability": sustainability,
    }  # fmt: skip
    cov = np.cov(units, rowvar=False) / len(units)
    return Values(
        team.players, ("team",), found.mean, found.low, found.high, cov, scale=SCALE, method=ADDRESS, notes=notes
    )


def _episodes(item: tuple[int, int], *, team: Team, index: Literal["shapley", "banzhaf"], seed: int) -> list[_Episode]:
    env = team.make_env()
    found = [_episode(team, index, number, seed, env) for number in range(item[0], item[0] + item[1])]
    if hasattr(env, "close"):
        env.close()
    return found


def _episode(team: Team, index: Literal["shapley", "banzhaf"], number: int, seed: int, env: Any) -> _Episode:
    n = len(team)
    draws = rng(seed, "episode", number)
    chance = int(draws.integers(2**31))
    rewards = team.play(np.ones(n, dtype=bool), chance, env)
    full = float(rewards.sum())
    value = functools.partial(team.returns, seed=chance, env=env)
    if n <= MOST_LIVE:
        table = np.append(value(coalitions(n)[:-1]), full)
        empty, units = float(table[0]), semivalue(table, size_distribution(index, n))
    else:
        empty = float(value(np.zeros((1, n), dtype=bool))[0])
        if index == "shapley":
            orders = draw_orders(n, 1, sampling="antithetic", rng=draws)[0]
            units = walk(value, orders, ends=(empty, full)).contributions.mean(axis=0)
        else:
            # one coalition, and for each agent the same with that agent turned
            base = draws.random(n) < 0.5
            worth = value(np.vstack([base, base ^ np.eye(n, dtype=bool)]))
            units = np.where(base, worth[0] - worth[1:], worth[1:] - worth[0])
    return _Episode(units, empty, full, rewards.sum(axis=0), np.array(social_metrics(rewards)))


def _known_means(social: Array) -> list[float]:
    known = np.isfinite(social)
    return [
        float(column[seen].mean()) if seen.any() else float("nan")
        for column, seen in zip(social.T, known.T, strict=True)
    ]
