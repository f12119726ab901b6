"""Bounded confidence: people move towards those friends whose opinion is not too far from theirs.

Opinions are numbers on one scale; ε is how far another may be off and still be heard, μ how much of the way one goes.
All at once (Hegselmann and Krause's timing, on a graph and with inertia) or two at a time (Deffuant's). Opinions never
leave the range that they began in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.whole_numbers import whole_numbers

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

SLACK = 1e-12
CELLS = 4_000_000  # numbers held at a time


class Ties(NamedTuple):
    """Who hears whom, sorted by who hears.

    Attributes
    ----------
    source, target : array of int, shape (n_ties,)
        `target` hears `source`; a friendship is two rows.
    weight : array, shape (n_ties,)
        How much, above 0.
    n : int
        People.
    """

    source: Indices
    target: Indices
    weight: Array
    n: int


def make_ties(left: ArrayLike, right: ArrayLike, weight: ArrayLike | None = None, *, n: int) -> Ties:
    """Friendships, in which both hear each other; the same pair twice adds its weights.

    Parameters
    ----------
    left, right : array of int, shape (m,)
        The two friends, from 0.
    weight : array of float, shape (m,), optional
        0 or more, 1 by default; ties of weight 0 are left out.
    n : int
        People, some of whom may have no tie.

    Returns
    -------
    Ties

    Raises
    ------
    InputError
        Columns of different length, a person out of range, somebody tied to themselves, or a negative weight.

    Examples
    --------
    >>> make_ties([0], [2], n=3).target.tolist()
    [0, 2]
    """
    a, b = whole_numbers("left", np.ravel(left)), whole_numbers("right", np.ravel(right))
    w = np.ones(len(a)) if weight is None else np.asarray(weight, dtype=float).ravel()
    if not len(a) == len(b) == len(w) or n < 1:
        raise InputError(f"ties have {len(a)}, {len(b)} and {len(w)} ends and weights, of {n} people; expected as many")
    if len(a) and (max(a.max(), b.max()) >= n or (a == b).any()):
        raise InputError(f"a tie joins somebody outside 0 to {n - 1}, or somebody to themselves; leave it out")
    if len(a) and not (np.isfinite(w).all() and w.min() >= 0):
        raise InputError("a tie's weight is negative or not finite; expected 0 or more")
    pair, row = np.unique(np.minimum(a, b) * n + np.maximum(a, b), return_inverse=True)
    total = np.bincount(row, weights=w, minlength=len(pair))
    pair, total = pair[total > 0], total[total > 0]
    source, target = np.r_[pair // n, pair % n], np.r_[pair % n, pair // n]
    order = np.lexsort((source, target))
    return Ties(source[order], target[order], np.r_[total, total][order], n)


def among(ties: Ties, people: NDArray[np.bool_]) -> Ties:
    """The ties between some of the people, who are numbered anew.

    Parameters
    ----------
    ties : Ties
        Of all.
    people : array of bool, shape (n,)
        Who is kept.
    """
    inside = people[ties.source] & people[ties.target]
    place = np.cumsum(people) - 1
    kept = (place[ties.source[inside]], place[ties.target[inside]], ties.weight[inside])
    return Ties(*kept, int(people.sum()))


def synchronous(x: ArrayLike, ties: Ties, epsilon: ArrayLike, mu: ArrayLike, *, steps: int = 1) -> Array:
    """All move at once.

    x_i ← x_i + μ Σ_j w_ij (x_j − x_i) / Σ_j w_ij over friends with |x_j − x_i| ≤ ε; without such friends x_i stays. At
    μ = 1 two friends may change places for ever; below it a connected graph with ε of 1 or more comes to agree.

    Parameters
    ----------
    x : array of float, shape (..., n)
        Opinions.
    ties : Ties
        Who hears whom.
    epsilon, mu : array of float, shape (...)
        0 or more; 0 to 1.
    steps : int
        How often, 0 or more.

    Returns
    -------
    array, shape (..., n)

    Raises
    ------
    InputError
        Another number of people, NaN, or parameters out of range.

    References
    ----------
    Hegselmann, R. & Krause, U. (2002). Opinion dynamics and bounded confidence. JASSS 5(3).

    Examples
    --------
    >>> pair = make_ties([0], [1], n=2)
    >>> synchronous([0.0, 1.0], pair, 1.0, 0.25).tolist(), synchronous([0.0, 1.0], pair, 0.5, 0.25).tolist()
    ([0.25, 0.75], [0.0, 1.0])
    """
    now, e, m = _checked(x, ties, epsilon, mu, steps)
    if steps and len(ties.target):
        rows = max(1, CELLS // len(ties.target))
        for start in range(0, len(now), rows):
            part = slice(start, start + rows)
            for _ in range(steps):
                mean, heard = _heard(now[part], ties, e[part])
                now[part] += m[part, None] * np.where(heard > 0, mean - now[part], 0.0)
    return now.reshape((*np.broadcast_shapes(np.shape(x)[:-1], np.shape(epsilon), np.shape(mu)), ties.n))


def pairwise(x: ArrayLike, meetings: Iterable[tuple[int, int]], epsilon: ArrayLike, mu: ArrayLike) -> Array:
    """Two meet at a time; both go the share μ of the way, if they are no more than ε apart.

    x_i, x_j ← x_i + μ (x_j − x_i), x_j + μ (x_i − x_j): the mean of all is kept.

    Parameters
    ----------
    x : array of float, shape (..., n)
        Opinions.
    meetings : iterable of (int, int)
        Who meets whom, in order; `draw_meetings` makes them.
    epsilon, mu : array of float, shape (...)
        0 or more; 0 to 1, where ½ is agreement at once and above it they overshoot.

    Returns
    -------
    array, shape (..., n)

    Raises
    ------
    InputError
        NaN, or parameters out of range.

    References
    ----------
    Deffuant, G., Neau, D., Amblard, F. & Weisbuch, G. (2000). Mixing beliefs among interacting agents. Advances in
    Complex Systems 3, 87-98.

    Examples
    --------
    >>> pairwise([0.0, 1.0], [(0, 1)], 1.0, 0.25).tolist()
    [0.25, 0.75]
    """
    n = np.shape(x)[-1] if np.ndim(x) else 0
    nobody = np.empty(0, dtype=np.int64)
    now, e, m = _checked(x, Ties(nobody, nobody, np.empty(0), n), epsilon, mu, 0)
    columns = now.T.copy()  # a person's opinions in all runs side by side
    for i, j in meetings:
        gap = columns[j] - columns[i]
        move = np.where(np.abs(gap) <= e + SLACK, m * gap, 0.0)
        columns[i] += move
        columns[j] -= move
    return columns.T.reshape((*np.broadcast_shapes(np.shape(x)[:-1], np.shape(epsilon), np.shape(mu)), n))


def draw_meetings(ties: Ties, steps: int, *, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Meetings by chance, as many a step as there are friendships, heavier ties the more often.

    Parameters
    ----------
    ties : Ties
        Friendships.
    steps : int
        0 or more.
    rng : numpy.random.Generator
        Source of chance.
    """
    once = np.flatnonzero(ties.source < ties.target)
    if not len(once) or not steps:
        return []
    share = ties.weight[once] / ties.weight[once].sum()
    drawn = once[rng.choice(len(once), size=steps * len(once), p=share)]
    return list(zip(ties.source[drawn].tolist(), ties.target[drawn].tolist(), strict=True))


def heard_friends(x: ArrayLike, ties: Ties, epsilon: float) -> tuple[Array, Array]:
    """What each person hears: the weighted mean of friends within ε, and how many these are.

    Parameters
    ----------
    x : array of float, shape (n,)
        Opinions.
    ties : Ties
        Who hears whom.
    epsilon : float
        0 or more.

    Returns
    -------
    mean : array, shape (n,)
        The person's own opinion where nobody is heard.
    count : array, shape (n,)

    Raises
    ------
    InputError
        As in `synchronous`.
    """
    now, e, _ = _checked(x, ties, epsilon, 0.0, 0)
    if not len(ties.target):
        return now[0], np.zeros(ties.n)
    mean, heard = _heard(now, ties, e)
    near = np.abs(now[0][ties.source] - now[0][ties.target]) <= e[0] + SLACK
    count = np.bincount(ties.target[near], minlength=ties.n).astype(float)
    return np.where(heard[0] > 0, mean[0], now[0]), count


def _heard(now: Array, ties: Ties, e: Array) -> tuple[Array, Array]:
    """Weighted mean of the friends that each person hears, and their weight; shapes (p, n)."""
    starts = np.flatnonzero(np.r_[True, np.diff(ties.target) != 0])
    gap = now[:, ties.source] - now[:, ties.target]
    near = np.where(np.abs(gap) <= e[:, None] + SLACK, ties.weight, 0.0)
    mean, heard = now.copy(), np.zeros_like(now)
    who = ties.target[starts]
    heard[:, who] = np.add.reduceat(near, starts, axis=1)
    pull = np.add.reduceat(near * gap, starts, axis=1)
    mean[:, who] += pull / np.where(heard[:, who] > 0, heard[:, who], 1.0)
    return mean, heard


def _checked(x: ArrayLike, ties: Ties, epsilon: ArrayLike, mu: ArrayLike, steps: int) -> tuple[Array, Array, Array]:
    now, e, m = (np.asarray(part, dtype=float) for part in (x, epsilon, mu))
    if now.ndim == 0 or now.shape[-1] != ties.n or not np.isfinite(now).all():
        raise InputError(f"opinions have shape {now.shape}; expected (..., {ties.n}), finite")
    if not (np.isfinite(e).all() and e.min() >= 0 and np.isfinite(m).all() and 0 <= m.min() <= m.max() <= 1):
        raise InputError(f"epsilon is {epsilon!r} and mu {mu!r}; expected 0 or more, and 0 to 1")
    if steps < 0:
        raise InputError(f"steps is {steps}; expected 0 or more")
    shape = np.broadcast_shapes(now.shape[:-1], e.shape, m.shape)
    runs = np.array(np.broadcast_to(now, (*shape, ties.n))).reshape(-1, ties.n)
    return runs, np.broadcast_to(e, shape).ravel(), np.broadcast_to(m, shape).ravel()
