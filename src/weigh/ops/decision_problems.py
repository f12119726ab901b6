"""Learning with prior weights on what the truth may be: the best guarantee there is, exactly, for finite problems.

A learner sees x ~ P_θ, acts by δ(a|x) and loses L(a, θ). Its prioritised risk is max_θ π(θ) R_δ(θ), with R_δ(θ) =
Σ_x P_θ(x) Σ_a δ(a|x) L(a, θ): errors on θ count in proportion to π(θ). The least prioritised risk R* is the value of a
linear programme, and of its dual max_q Σ_x min_a Σ_θ q(θ) π(θ) P_θ(x) L(a, θ) over distributions q. So every learner
has a θ on which its risk is R*/π(θ) or more. Equal weights π give minimax risk times that weight.

Source: Majumdar, A. (2023). Fundamental tradeoffs in learning with prior information. ICML, arXiv:2304.13479.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]

MOST_VARIABLES = 200_000


@dataclass(frozen=True, eq=False)
class DecisionProblem:
    """A finite problem of learning.

    Parameters
    ----------
    chance : array of float, shape (n_truths, n_outcomes)
        P_θ(x); rows sum to 1.
    loss : array of float, shape (n_actions, n_truths)
        L(a, θ), 0 or more.

    Raises
    ------
    InputError
        Shapes that do not fit, rows that are no distributions, or losses that are negative or not finite.
    """

    chance: Array
    loss: Array

    def __post_init__(self) -> None:
        chance, loss = np.array(self.chance, dtype=np.float64), np.array(self.loss, dtype=np.float64)
        if chance.ndim != 2 or loss.ndim != 2 or not chance.size or loss.shape[1:] != chance.shape[:1] or not len(loss):
            raise InputError(f"chances have shape {chance.shape}, losses {loss.shape}; expected (θ, x) and (a, θ)")
        if not np.isfinite(chance).all() or (chance < 0).any() or not np.allclose(chance.sum(axis=1), 1, atol=1e-8):
            raise InputError("a truth's chances are negative or do not sum to 1; divide each row by its sum")
        if not np.isfinite(loss).all() or (loss < 0).any():
            raise InputError("a loss is negative or not finite; expected 0 or more: add a constant to all if need be")
        object.__setattr__(self, "chance", chance / chance.sum(axis=1, keepdims=True))
        object.__setattr__(self, "loss", loss)


class LeastRisk(NamedTuple):
    """The best guarantee and its proof.

    Attributes
    ----------
    value : float
        R*.
    rule : array of float, shape (n_outcomes, n_actions)
        δ(a|x) that reaches it.
    risk : array of float, shape (n_truths,)
        R_δ(θ) of that rule.
    hardest : array of float, shape (n_truths,)
        q(θ) that no learner can beat; sums to 1.
    gap : float
        Value less what q proves; 0 but for rounding.
    """

    value: float
    rule: Array
    risk: Array
    hardest: Array
    gap: float


def prior_weights(prior: ArrayLike, n: int) -> Array:
    """Weights as an array, once it is known that they can be used: n of them, 0 or more, not all 0.

    Parameters
    ----------
    prior : array of float, shape (n,)
        π(θ); of any sum, as only their ratios and the unit of the prioritised risk depend on it.
    n : int
        Truths.

    Raises
    ------
    InputError
        Another number of weights, one that is negative or not finite, or none above 0.
    """
    weights = np.asarray(prior, dtype=np.float64)
    if weights.shape != (n,) or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise InputError(f"prior weights have shape {weights.shape}; expected ({n},), 0 or more and not all 0")
    return weights


def risk_of(problem: DecisionProblem, rule: ArrayLike) -> Array:
    """R_δ(θ), the expected loss of a rule under each truth.

    Parameters
    ----------
    problem : DecisionProblem
        What is to be learnt.
    rule : array of float, shape (n_outcomes, n_actions)
        δ(a|x); rows sum to 1.

    Raises
    ------
    InputError
        A rule of another shape, or rows that do not sum to 1.

    Examples
    --------
    >>> problem = DecisionProblem(np.eye(2), np.array([[0.0, 1], [1, 0]]))
    >>> risk_of(problem, [[0.5, 0.5], [0, 1]]).tolist()
    [0.5, 0.0]
    """
    delta = np.asarray(rule, dtype=np.float64)
    if delta.shape != (problem.chance.shape[1], len(problem.loss)) or not np.allclose(delta.sum(axis=1), 1, atol=1e-6):
        raise InputError(f"the rule has shape {delta.shape}; expected (outcomes, actions), rows that sum to 1")
    return np.einsum("tx,xa,at->t", problem.chance, delta, problem.loss)


def least_prioritized_risk(problem: DecisionProblem, prior: ArrayLike) -> LeastRisk:
    """The least prioritised risk, by linear programming, with its proof by duality.

    Parameters
    ----------
    problem : DecisionProblem
        What is to be learnt.
    prior : array of float, shape (n_truths,)
        π(θ); a truth of weight 0 does not count.

    Returns
    -------
    LeastRisk
        Value, rule, its risks, the hardest distribution, and the gap between both proofs.

    Raises
    ------
    InputError
        Weights that cannot be used, or a problem that is too large.

    Examples
    --------
    Nothing is seen, and both truths count alike: guessing by a coin is best.

    >>> blind = DecisionProblem([[1.0], [1.0]], np.array([[0.0, 1], [1, 0]]))
    >>> least_prioritized_risk(blind, [1, 1]).value
    0.5
    >>> least_prioritized_risk(blind, [3, 1]).risk.round(9).tolist()
    [0.25, 0.75]
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, hstack, kron

    weights = prior_weights(prior, len(problem.chance))
    (n, outcomes), actions = problem.chance.shape, len(problem.loss)
    if outcomes * actions > MOST_VARIABLES:
        raise InputError(f"{outcomes} outcomes × {actions} actions are too many; expected {MOST_VARIABLES} at most")
    # the unit is what the best action reaches unseen, so that the solver's tolerances are small beside R*
    size = float((weights * problem.loss).max(axis=1).min()) or 1.0
    table = (weights / size)[:, None, None] * problem.chance[:, :, None] * problem.loss.T[:, None, :]
    above = hstack([csr_array(table.reshape(n, -1)), csr_array(-np.ones((n, 1)))], format="csr")
    once = hstack([kron(np.eye(outcomes), np.ones((1, actions))), csr_array((outcomes, 1))], format="csr")
    cost = np.append(np.zeros(outcomes * actions), 1.0)
    options = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    found = linprog(
        cost, A_ub=above, b_ub=np.zeros(n), A_eq=once, b_eq=np.ones(outcomes), bounds=(0, None), method="highs",
        options=options,
    )  # fmt: skip
    if found.status != 0:
        raise InputError(f"the solver ended without a rule ({found.message}); give a smaller problem")
    rule = np.maximum(found.x[:-1].reshape(outcomes, actions), 0.0)
    rule /= rule.sum(axis=1, keepdims=True)
    hardest = np.maximum(-found.ineqlin.marginals, 0.0)
    hardest = hardest / hardest.sum() if hardest.any() else weights / weights.sum()
    risk = risk_of(problem, rule)
    value = float((weights * risk).max())
    return LeastRisk(value, rule, risk, hardest, value - bayes_bound(problem, weights, hardest))


def bayes_bound(problem: DecisionProblem, prior: ArrayLike, q: ArrayLike) -> float:
    """Σ_x min_a Σ_θ q(θ) π(θ) P_θ(x) L(a, θ): below the prioritised risk of every learner, for every distribution q.

    Parameters
    ----------
    problem : DecisionProblem
        What is to be learnt.
    prior, q : array of float, shape (n_truths,)
        π, and a distribution over truths.

    Raises
    ------
    InputError
        Weights that cannot be used.
    """
    weights = prior_weights(prior, len(problem.chance)) * prior_weights(q, len(problem.chance))
    return float((problem.loss @ (weights[:, None] * problem.chance)).min(axis=0).sum())


def bayes_rule(problem: DecisionProblem, prior: ArrayLike) -> Array:
    """The rule of least mean loss under a distribution: for each outcome the action of least posterior loss.

    Parameters
    ----------
    problem : DecisionProblem
        What is to be learnt.
    prior : array of float, shape (n_truths,)
        Weights of truths; divided by their sum they are probabilities.

    Raises
    ------
    InputError
        Weights that cannot be used.
    """
    weights = prior_weights(prior, len(problem.chance))
    best = (problem.loss @ (weights[:, None] * problem.chance)).argmin(axis=0)
    return np.eye(len(problem.loss))[best]
