"""How far people listen and how far they go: ε and μ of bounded confidence from opinions at two times or more.

The mean squared error is a step function of ε, which changes only where a gap between two friends comes within reach,
so it is searched without slopes. Where no gap lies near ε the data cannot tell values of it apart: the range of ε and
of μ that fit as well says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.ops.opinion_dynamics import Ties
from weigh.ops.swarm import particle_swarm

Array = NDArray[np.float64]
Search = Literal["swarm", "evolution"]
Move = Callable[[Array, Ties, Array, Array, int], Array]

GRID = (61, 41)
NEAR = 5.991  # χ² with two degrees of freedom, 95 %
EXACT = 1e-24  # a mean squared error below it is rounding


class Panel(NamedTuple):
    """Opinions of the same people at one time and the next.

    Attributes
    ----------
    before, after : array, shape (n,)
        Opinions; what is not known afterwards may hold any number.
    weight : array, shape (n,)
        How much each person's error counts; 0 where `after` is not known.
    ties : Ties
        Who hears whom among them.
    """

    before: Array
    after: Array
    weight: Array
    ties: Ties


class Confidence(NamedTuple):
    """What was found.

    Attributes
    ----------
    epsilon, mu : float
        0 to 1.
    steps : int
        Moves between two times.
    mse : float
        Mean squared error at the best fit.
    epsilon_range, mu_range : (float, float)
        Over all pairs of a grid that fit nearly as well, by the likelihood ratio of normal errors at 95 %.
    curve : array, shape (61, 2)
        ε, and the least mean squared error there.
    """

    epsilon: float
    mu: float
    steps: int
    mse: float
    epsilon_range: tuple[float, float]
    mu_range: tuple[float, float]
    curve: Array


def mean_squared_error(panels: Sequence[Panel], move: Move, epsilon: Array, mu: Array, steps: int) -> Array:
    """Weighted mean squared error of what bounded confidence foretells.

    Parameters
    ----------
    panels : sequence of Panel
        All are foretold with the same parameters.
    move : callable
        (opinions (n,), ties, epsilon (p,), mu (p,), steps) -> opinions (p, n).
    epsilon, mu : array, shape (p,)
        What is tried.
    steps : int
        Moves between two times.

    Returns
    -------
    array, shape (p,)
    """
    total, count = np.zeros(len(epsilon)), 0.0
    for panel in panels:
        known = panel.weight > 0
        off = move(panel.before, panel.ties, epsilon, mu, steps)[:, known] - panel.after[known]
        total += off**2 @ panel.weight[known]
        count += float(panel.weight[known].sum())
    return total / count


def fit_confidence(
    panels: Sequence[Panel],
    move: Move,
    *,
    steps: Sequence[int] = (1,),
    search: Search = "swarm",
    rng: np.random.Generator,
) -> Confidence:
    """Find ε and μ, and the number of moves among those that are given.

    Parameters
    ----------
    panels : sequence of Panel
        Whose errors count together.
    move : callable
        As in `mean_squared_error`; `synchronous` of `weigh.ops.opinion_dynamics` is one.
    steps : sequence of int
        Numbers of moves to try, each 1 or more; the one that fits best is kept.
    search : {"swarm", "evolution"}
        20 particles in 60 steps, or scipy's differential evolution.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    Confidence

    Raises
    ------
    InputError
        Nobody is known at both times, no two friends differ, or no numbers of moves.
    """
    if not steps or min(steps) < 1:
        raise InputError(f"steps is {list(steps)}; expected one number of moves or more, each 1 or more")
    if not any((panel.weight > 0).any() for panel in panels):
        raise InputError("nobody is known at two times in a row, so that there is no change to explain")
    apart = [np.abs(p.before[p.ties.source] - p.before[p.ties.target]) for p in panels]
    if not any((gap > 0).any() for gap in apart):
        raise InputError("no two friends differ at first, so that influence cannot show; check the ties")
    found = [_fit(panels, move, step, search, rng) for step in steps]
    return min(found, key=lambda one: one.mse)


def _fit(panels: Sequence[Panel], move: Move, steps: int, search: Search, rng: np.random.Generator) -> Confidence:
    def objective(x: Array) -> Array:
        return mean_squared_error(panels, move, x[:, 0], x[:, 1], steps)

    if search == "swarm":
        best, value, _ = particle_swarm(objective, [0, 0], [1, 1], rng=rng)
    else:
        from scipy.optimize import differential_evolution

        done = differential_evolution(
            lambda x: objective(np.clip(np.atleast_2d(x.T), 0, 1)), [(0, 1), (0, 1)], rng=rng, vectorized=True,
            updating="deferred", polish=False, popsize=20, maxiter=60, tol=1e-10,
        )  # fmt: skip
        best, value = np.asarray(done.x), float(np.ravel(done.fun)[0])
    grid = np.stack(np.meshgrid(*(np.linspace(0, 1, n) for n in GRID), indexing="ij"), axis=-1)
    errors = objective(grid.reshape(-1, 2)).reshape(GRID)
    curve = np.column_stack([grid[:, 0, 0], errors.min(axis=1)])
    n = sum(int((panel.weight > 0).sum()) for panel in panels)
    floor = max(min(value, float(errors.min())), EXACT)
    near = errors <= max(floor * np.exp(NEAR / n), value)
    ranges = []
    for axis, at in enumerate(best.tolist()):
        as_good = np.r_[grid[..., axis][near], at]
        ranges.append((float(as_good.min()), float(as_good.max())))
    return Confidence(float(best[0]), float(best[1]), steps, float(value), ranges[0], ranges[1], curve)
