"""Lower bounds on prioritised risk, from how hard truths are to tell apart; they hold for every learner.

Any of them can be far below the truth, none is above it. Losses need no upper bound.

Source: Majumdar, A. (2023), arXiv:2304.13479, for reducing the risk to tests; the forms here are derived: the two-point
bound puts q ∝ 1/π on two truths in the dual, the Fano bound is Donsker and Varadhan's inequality.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.decision_problems import DecisionProblem, prior_weights
from weigh.ops.divergences import kl_divergence, total_variation

Array = NDArray[np.float64]

LAMBDAS = np.logspace(-6, 6, 241)


def variation_of_copies(divergence: float, n: int) -> float:
    """An upper bound on the total variation of n independent copies: the least of Pinsker's and Bretagnolle–Huber's.

    min(√(n·KL/2), √(1 − e^(−n·KL))).

    Parameters
    ----------
    divergence : float
        KL of one copy, 0 or more, in either direction.
    n : int
        Copies, 0 or more.

    Raises
    ------
    InputError
        A negative divergence or number of copies.

    Examples
    --------
    >>> variation_of_copies(0.02, 1), round(variation_of_copies(1.0, 5), 4)
    (0.1, 0.9966)
    """
    if not divergence >= 0 or n < 0:
        raise InputError(f"divergence is {divergence!r}, n {n!r}; expected 0 or more")
    return min(math.sqrt(n * divergence / 2), math.sqrt(-math.expm1(-n * divergence)))


def two_point(separation: float, pi_0: float, pi_1: float, variation: float) -> float:
    """Φ(ρ) · π₀π₁/(π₀ + π₁) · (1 − TV): the bound from two truths that no estimate is near to both of.

    Parameters
    ----------
    separation : float
        Φ(ρ): least loss on one of the two, whatever is done.
    pi_0, pi_1 : float
        Their prior weights, above 0.
    variation : float
        Total variation of what is seen under the two, or an upper bound on it; 0 to 1.

    Raises
    ------
    InputError
        A negative separation, a weight that is not above 0, or a variation outside [0, 1].

    Examples
    --------
    >>> two_point(1.0, 1.0, 1.0, 0.0)
    0.5
    """
    if not (separation >= 0 and pi_0 > 0 and pi_1 > 0 and 0 <= variation <= 1):
        raise InputError("expected a separation of 0 or more, weights above 0 and a variation from 0 to 1")
    return separation * pi_0 * pi_1 / (pi_0 + pi_1) * (1 - variation)


def best_two_point(problem: DecisionProblem, prior: ArrayLike) -> float:
    """The largest `two_point` bound over pairs of truths of a finite problem.

    The separation of a pair is min_a max(L(a, θ), L(a, θ')): one of the two losses is at least that.

    Parameters
    ----------
    problem : DecisionProblem
        What is to be learnt.
    prior : array of float, shape (n_truths,)
        π(θ).

    Raises
    ------
    InputError
        Weights that cannot be used.
    """
    weights, best = prior_weights(prior, len(problem.chance)), 0.0
    for a in range(len(weights)):
        for b in range(a + 1, len(weights)):
            if weights[a] > 0 and weights[b] > 0:
                apart = float(np.maximum(problem.loss[:, a], problem.loss[:, b]).min())
                variation = min(float(total_variation(problem.chance[a], problem.chance[b])), 1.0)
                best = max(best, two_point(apart, float(weights[a]), float(weights[b]), variation))
    return best


def mutual_information(chance: Array, q: ArrayLike) -> float:
    """I(V; X) in nats, for V ~ q and X ~ P_V.

    Parameters
    ----------
    chance : array of float, shape (n_truths, n_outcomes)
        P_θ(x).
    q : array of float, shape (n_truths,)
        A distribution.

    Examples
    --------
    >>> round(mutual_information(np.eye(2), [0.5, 0.5]), 4)
    0.6931
    """
    v = np.asarray(q, dtype=np.float64)
    likely = v > 0
    return max(0.0, float(v[likely] @ kl_divergence(chance[likely], v @ chance)))


def fano(
    problem: DecisionProblem, prior: ArrayLike, q: ArrayLike | None = None, information: float | None = None
) -> float:
    """sup_λ −(1/λ) [I(V; X) + ln max_a Σ_θ q(θ) e^(−λ π(θ) L(a, θ))], floored at 0.

    Parameters
    ----------
    problem : DecisionProblem
        What is to be learnt.
    prior : array of float, shape (n_truths,)
        π(θ).
    q : array of float, shape (n_truths,), optional
        Distribution of V; uniform by default. Any gives a bound.
    information : float, optional
        An upper bound on I(V; X), such as a mean of divergences; by default it is computed.

    Returns
    -------
    float
        The best over a logarithmic grid of λ; each λ gives a bound.

    Raises
    ------
    InputError
        Weights that cannot be used.
    """
    n = len(problem.chance)
    weights = prior_weights(prior, n)
    v = np.full(n, 1 / n) if q is None else prior_weights(q, n)
    v = v / v.sum()
    known = mutual_information(problem.chance, v) if information is None else float(information)
    scaled = problem.loss * weights
    size = float(scaled.max())
    if size <= 0:
        return 0.0
    kept = v > 0
    found = 0.0
    for rate in LAMBDAS / size:
        exponent = np.log(v[kept]) - rate * scaled[:, kept]
        top = exponent.max(axis=1, keepdims=True)
        inner = float((top[:, 0] + np.log(np.exp(exponent - top).sum(axis=1))).max())
        found = max(found, -(known + inner) / rate)
    return found


def classic_fano(information: float, n: int) -> float:
    """1 − (I + ln 2)/ln M, floored at 0: the chance of a wrong guess among M truths that are equally likely.

    Parameters
    ----------
    information : float
        I(V; X) in nats, or an upper bound.
    n : int
        M, 2 or more.

    Raises
    ------
    InputError
        Fewer than two truths.

    Examples
    --------
    >>> round(classic_fano(0.0, 16), 4)
    0.75
    """
    if n < 2:
        raise InputError(f"n is {n!r}; expected 2 truths or more")
    return max(0.0, 1 - (information + math.log(2)) / math.log(n))
