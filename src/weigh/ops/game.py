"""Exact semivalues: what each player of a game is due, from the worth of every coalition.

What a player is due is its mean marginal contribution over coalitions S of the others, where the size of S is drawn
from p and S evenly among those of its size:

    φ_i = Σ_{S ∌ i} p_{|S|} / C(n−1, |S|) · [v(S ∪ i) − v(S)],    p_0 + … + p_{n−1} = 1.

Every semivalue has this form and differs from the others in p alone: even for Shapley, binomial for Banzhaf,
beta-binomial for Beta-Shapley. Shapley's is the only one whose shares add up to v(all) − v(∅) in every game.

References: Shapley, L. S. (1953), A value for n-person games. Banzhaf, J. F. (1965), Weighted voting doesn't work.
Dubey, P., Neyman, A. & Weber, R. J. (1981), Value theory without efficiency. Kwon, Y. & Zou, J. (2022), Beta Shapley,
arXiv:2110.14049.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.game import MOST_IN_TABLE
from weigh.ops.coalitions import coalitions, count

Array = NDArray[np.float64]
Index = Literal["shapley", "banzhaf", "beta"]


def shapley_sizes(n_players: int) -> Array:
    """Shapley's distribution of coalition sizes: p_s = 1/n, shape (n,)."""
    return np.full(count(n_players), 1 / n_players)


def banzhaf_sizes(n_players: int) -> Array:
    """Banzhaf's distribution of coalition sizes: p_s = C(n−1, s) / 2^(n−1), shape (n,)."""
    return np.exp(_log_binomials(count(n_players)) - (n_players - 1) * np.log(2))


def beta_sizes(n_players: int, alpha: float, beta: float) -> Array:
    """Beta-Shapley's distribution of coalition sizes.

    p_s = C(n−1, s) B(s + β, n − 1 − s + α) / B(α, β); Beta(1, 1) is Shapley's.

    Parameters
    ----------
    n_players : int
        1 or more.
    alpha, beta : float
        Above 0. A large alpha looks at small coalitions, where single players still matter; a large beta at large ones.

    Returns
    -------
    array of float, shape (n_players,)
        Sums to 1.

    Raises
    ------
    InputError
        No players, or alpha or beta that are not above 0.

    References
    ----------
    Kwon, Y. & Zou, J. (2022). Beta Shapley. arXiv:2110.14049, eq. 3, where the weight of size s is n times this over
    C(n−1, s).

    Examples
    --------
    >>> beta_sizes(4, 1, 1).round(12).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    from scipy.special import betaln

    if not (np.isfinite(alpha) and np.isfinite(beta) and alpha > 0 and beta > 0):
        raise InputError(f"alpha is {alpha!r} and beta {beta!r}; expected numbers above 0, such as 16 and 1")
    size = np.arange(count(n_players))
    logs = betaln(size + beta, n_players - 1 - size + alpha) - betaln(alpha, beta)
    return np.exp(_log_binomials(n_players) + logs)


def size_distribution(index: Index, n_players: int, *, alpha: float = 16.0, beta: float = 1.0) -> Array:
    """The distribution of coalition sizes behind an index, by its name.

    Parameters
    ----------
    index : {"shapley", "banzhaf", "beta"}
        Which semivalue.
    n_players : int
        1 or more.
    alpha, beta : float
        For "beta"; above 0.

    Raises
    ------
    InputError
        An unknown name, no players, or alpha or beta that are not above 0.
    """
    if index == "beta":
        return beta_sizes(n_players, alpha, beta)
    if index not in ("shapley", "banzhaf"):
        raise InputError(f"index is {index!r}; expected 'shapley', 'banzhaf' or 'beta'")
    return (shapley_sizes if index == "shapley" else banzhaf_sizes)(n_players)


def checked_sizes(sizes: ArrayLike) -> Array:
    """A distribution of coalition sizes as an array, once it is known to be one.

    Parameters
    ----------
    sizes : array of float, shape (n,)
        p of the sizes 0 to n − 1, for n players.

    Raises
    ------
    InputError
        No sizes, NaN, a share below 0, or a sum that is not 1.
    """
    p = np.asarray(sizes, dtype=float)
    # the binomials of a million players sum to 1 within 1e-8
    if p.ndim != 1 or not len(p) or not (p >= 0).all() or not abs(p.sum() - 1) <= 1e-6:
        raise InputError(f"sizes have shape {p.shape} and sum to {p.sum():g}; expected n shares that sum to 1")
    return p


def semivalue(table: ArrayLike, sizes: ArrayLike) -> Array:
    """Exact semivalues of games whose every coalition has been valued.

    φ_i = Σ_{S ∌ i} p_{|S|} / C(n−1, |S|) · [v(S ∪ i) − v(S)].

    Parameters
    ----------
    table : array of float, shape (..., 2**n)
        Worth of each coalition by bitmask, bit i for player i; leading axes are further games of the same players.
    sizes : array of float, shape (n,)
        Distribution p of the sizes of S.

    Returns
    -------
    array of float, shape (..., n)
        In the unit of the table.

    Raises
    ------
    InputError
        Sizes that are no distribution, a table of another length, or NaN.

    Examples
    --------
    Who has a left glove and who has a right one:

    >>> worth = [0, 0, 0, 1, 0, 1, 0, 1]
    >>> semivalue(worth, shapley_sizes(3)).round(4).tolist()
    [0.6667, 0.1667, 0.1667]
    """
    p, v = checked_sizes(sizes), np.asarray(table, dtype=float)
    n = len(p)
    if n > MOST_IN_TABLE or v.shape[-1:] != (1 << n,):
        raise InputError(f"a table of shape {v.shape} does not hold the 2^{n} coalitions of {n} players")
    if not np.isfinite(v).all():
        raise InputError("the table holds NaN or an infinity; every coalition needs a finite worth")
    weight = (p / np.exp(_log_binomials(n)))[np.bitwise_count(np.arange(1 << (n - 1), dtype=np.uint32))]
    due = np.empty((*v.shape[:-1], n))
    for i in range(n):
        # striking bit i out of a mask leaves the others in order, so one vector of weights serves all players
        halves = v.reshape(*v.shape[:-1], 1 << (n - 1 - i), 2, 1 << i)
        due[..., i] = (halves[..., 1, :] - halves[..., 0, :]).reshape(*v.shape[:-1], len(weight)) @ weight
    return due


def semivalue_coefficients(sizes: ArrayLike) -> Array:
    """What the worth of each coalition counts in each player's semivalue, for carrying its errors over.

    φ_i = Σ_S c_{S,i} v(S), where c is p_{s−1} / C(n−1, s−1) for S with i and s members, and −p_s / C(n−1, s) without i.

    Parameters
    ----------
    sizes : array of float, shape (n,)
        Distribution p of the sizes of S, n up to 24.

    Returns
    -------
    array of float, shape (2**n, n)
        By bitmask; each column sums to 0.

    Raises
    ------
    InputError
        Sizes that are no distribution.

    Examples
    --------
    >>> semivalue_coefficients([0.5, 0.5]).tolist()
    [[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]]
    """
    p = checked_sizes(sizes)
    each = p / np.exp(_log_binomials(len(p)))
    masks = coalitions(len(p))
    size = masks.sum(axis=1)
    return np.where(masks, np.append(0.0, each)[size][:, None], -np.append(each, 0.0)[size][:, None])


def _log_binomials(n_players: int) -> Array:
    from scipy.special import gammaln

    size = np.arange(n_players)
    return gammaln(n_players) - gammaln(size + 1) - gammaln(n_players - size)
