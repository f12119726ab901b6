"""The policy that maximises E[r] − β KL(π ‖ π₀), exactly: π(y) ∝ π₀(y) e^{r(y)/β}.

It is what training with a KL penalty would reach without limits to capacity, so that reward rules can be compared
without a trainer between them. With r = log P(good | y) and β = 1 it is Bayes' posterior π₀(y | good).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.divergences import kl_divergence

Array = NDArray[np.float64]

REACH = 1e6  # how far β is sought either side of the spread of the rewards


def tilted_policy(p0: ArrayLike, reward: ArrayLike, beta: float) -> Array:
    """The optimum of E[r] − β KL(π ‖ π₀).

    Parameters
    ----------
    p0 : array of float, shape (..., K)
        The policy that it starts from, 0 or more, each row sums to 1.
    reward : array of float, shape (..., K)
        Finite; where p0 is 0 it does not count.
    beta : float
        Price of a nat, above 0.

    Returns
    -------
    array of float, shape (..., K)
        Where r − β log(π/π₀) is one number along each row.

    Raises
    ------
    InputError
        Shapes that differ, NaN, rows that do not sum to 1, or a β that is not above 0.

    References
    ----------
    Korbak, T., Perez, E. and Buckley, C. (2022). RL with KL penalties is better viewed as Bayesian inference. Findings
    of EMNLP, 1083-1091.

    Examples
    --------
    >>> tilted_policy([0.5, 0.5], [0.0, np.log(3)], 1.0).round(6).tolist()
    [0.25, 0.75]
    """
    base, r = checked_policy(p0, reward)
    if not (np.isfinite(beta) and beta > 0):
        raise InputError(f"beta is {beta!r}; expected a number above 0")
    return _tilted(base, r, beta)


def beta_at_kl(p0: ArrayLike, reward: ArrayLike, kl: float) -> float:
    """The β at which the optimum lies a given KL from where it starts, on average over rows.

    One β serves all rows, as one penalty serves all prompts in training, so that rows differ in how far they move.

    Parameters
    ----------
    p0, reward : array of float, shape (..., K)
        As in `tilted_policy`.
    kl : float
        Mean KL in nats, above 0 and below that of always taking the best.

    Raises
    ------
    InputError
        As in `tilted_policy`; also a KL that no β reaches.

    Examples
    --------
    >>> beta = beta_at_kl([0.5, 0.5], [0.0, 1.0], 0.3)
    >>> round(float(kl_divergence(tilted_policy([0.5, 0.5], [0.0, 1.0], beta), [0.5, 0.5])), 6)
    0.3
    """
    from scipy.optimize import brentq

    base, r = checked_policy(p0, reward)
    there = base > 0
    most = np.where(there, r, -np.inf).max(axis=-1, keepdims=True)
    spread = float((most - np.where(there, r, np.inf).min(axis=-1, keepdims=True)).max())
    farthest = float(-np.log(np.where(there & (r == most), base, 0.0).sum(axis=-1)).mean())
    if not 0 < kl < farthest:
        raise InputError(f"kl is {kl!r}; these rewards reach above 0 and below {farthest:.4g} nats a row")

    def excess(log_beta: float) -> float:
        return float(kl_divergence(_tilted(base, r, spread * np.exp(log_beta)), base).mean()) - kl

    low, high = -float(np.log(REACH)), float(np.log(REACH))
    if excess(low) <= 0 or excess(high) >= 0:
        raise InputError(f"kl is {kl!r}, too near an end of 0 to {farthest:.4g} to find its beta; give one further in")
    return spread * float(np.exp(np.float64(brentq(excess, low, high, xtol=1e-13))))  # pyright: ignore[reportArgumentType]


def checked_policy(p0: ArrayLike, reward: ArrayLike) -> tuple[Array, Array]:
    """A policy and a reward of the same answers as arrays, once it is known that they can be used.

    Parameters
    ----------
    p0 : array of float, shape (..., K)
        Probabilities of the answers.
    reward : array of float, shape (..., K)
        Of each.

    Raises
    ------
    InputError
        Shapes that differ, NaN, or rows that do not sum to 1.
    """
    base, r = np.asarray(p0, dtype=float), np.asarray(reward, dtype=float)
    if base.shape != r.shape or base.ndim == 0 or 0 in base.shape:
        raise InputError(f"the policy has shape {base.shape} and the reward {r.shape}; expected one shape, (..., K)")
    if not (np.isfinite(r).all() and np.isfinite(base).all()):
        raise InputError("the policy or the reward holds NaN or an infinity; leave such answers out")
    if not ((base >= 0).all() and np.allclose(base.sum(axis=-1), 1.0, rtol=0, atol=1e-9)):
        raise InputError("a policy must be 0 or more and sum to 1 over the last axis; divide each row by its sum")
    return base, r


def _tilted(base: Array, r: Array, beta: float) -> Array:
    # less the row's largest first: a reward may be far larger than β
    top = np.where(base > 0, r, -np.inf).max(axis=-1, keepdims=True)
    with np.errstate(over="ignore"):  # and beyond all floats that is a probability of 0
        mass = base * np.exp(np.minimum((r - top) / beta, 0.0))
    return mass / mass.sum(axis=-1, keepdims=True)
