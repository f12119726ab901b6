"""Utilities from rankings and from best–worst choices: Luce's choice from a set, one after the other.

A ranking is a row of choices among what is left (Plackett and Luce). In a best–worst answer the best is chosen among
all that are shown by e^μ, then the worst among the rest by e^−μ: the sequential model. For two items all are Bradley
and Terry's model, so that they share its unit. The estimate maximises Σ w log P less the normal prior ½ · prior · Σ μ².
Pure functions on numpy arrays; `weigh.ops.choice_sets` has the data.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from weigh.ops.choice_sets import Choices, Lists, best_worst_choices, gather_lists, ranking_choices
from weigh.ops.comparison_graph import Linkage, linkage
from weigh.ops.newton import Operator, minimise
from weigh.ops.pairs import PairedFit
from weigh.ops.strengths import DENSE, PRIOR, by_diagonal, centred, check_prior, inverse_on_sums, sums

__all__ = [
    "Choices",
    "Lists",
    "PairedFit",
    "best_worst_choices",
    "choice_links",
    "fit_choices",
    "gather_lists",
    "ranking_choices",
]

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


def fit_choices(choices: Choices, *, prior: float = PRIOR, errors: bool = True) -> PairedFit:
    """Luce's model, P(a from S) = e^μ_a / Σ_{b in S} e^μ_b, and e^−μ where the worst is chosen.

    Parameters
    ----------
    choices : Choices
        From `ranking_choices` or `best_worst_choices`.
    prior : float
        Precision of a normal prior on each utility, in 1 / log-odds²: 0.01 is a standard deviation of 10. With 0 the
        plain maximum likelihood, where it is finite.
    errors : bool
        Whether to find the covariance: the inverse of the Fisher information, with the prior's, within sums of zero.
        It is not found for more than 3,000 items.

    Returns
    -------
    PairedFit
        Means in log-odds. Log-loss, chance and accuracy are those of a choice; an item counts as foretold if it is the
        likeliest of its set. `n_rows` counts lists, `n_pairs` choices.

    Raises
    ------
    InputError
        A negative prior; or none, where no finite optimum exists.

    References
    ----------
    Plackett, R. L. (1975). The analysis of permutations. Applied Statistics 24, 193-202. Hunter, D. R. (2004). MM
    algorithms for generalized Bradley-Terry models. Annals of Statistics 32, 384-406. Marley, A. A. J. and Louviere,
    J. J. (2005). Some probabilistic models of best, worst, and best-worst choices. Journal of Mathematical Psychology
    49, 464-480.

    Examples
    --------
    >>> lists = gather_lists([0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 2, 0, 1, 2, 2, 0, 1], [1, 2, 3, 1, 2, 3, 1, 2, 3])
    >>> fit_choices(ranking_choices(lists)).mean.argsort().tolist()
    [2, 1, 0]
    """
    n, item, start, sign, weight = choices.n_items, choices.item, choices.start, choices.sign, choices.weight
    size = np.diff(np.r_[start, len(item)])
    stage = _stages(choices)
    signs, weights = sign[stage], weight[stage]
    linked = choice_links(choices)
    check_prior(prior, linked)

    def shares(u: Array) -> tuple[Array, Array]:
        x = signs * u[item]
        top = np.maximum.reduceat(x, start)
        e = np.exp(x - top[stage])
        total = np.add.reduceat(e, start)
        return e / total[stage], top + np.log(total) - sign * u[choices.chosen]

    def objective(u: Array) -> tuple[float, Array, Operator]:
        p, loss = shares(u)
        gradient = sums(item, weights * signs * p, n) - sums(choices.chosen, weight * sign, n)

        def product(d: Array) -> Array:
            moved = signs * d[item]
            mean = np.add.reduceat(p * moved, start)
            return sums(item, weights * signs * p * (moved - mean[stage]), n) + prior * d

        return float(weight @ loss + prior / 2 * (u @ u)), gradient + prior * u, product

    def information(u: Array) -> Array:
        from scipy.sparse import csr_array

        p = shares(u)[0]
        root = csr_array((p * np.sqrt(weights), item, np.r_[start, len(item)]), shape=(len(start), n))
        return np.diag(sums(item, weights * p, n)) - (root.T @ root).toarray()

    def preconditioner(u: Array) -> Operator:
        p = shares(u)[0]
        return by_diagonal(sums(item, weights * p * (1 - p), n) + prior)

    found = minimise(objective, preconditioner, np.zeros(n))
    u = centred(found.x, linked)
    cov = inverse_on_sums(information(u), linked, prior) if errors and n <= DENSE else None
    likeliest = signs * u[item] >= np.maximum.reduceat(signs * u[item], start)[stage] - 1e-12
    hit = np.add.reduceat(likeliest & (item == choices.chosen[stage]), start) / np.add.reduceat(likeliest, start)
    return PairedFit(
        u, None, cov, linked, float(np.average(shares(u)[1], weights=weight)),
        float(np.average(np.log(size), weights=weight)), float(np.average(hit, weights=weight)), choices.n_lists,
        len(start), choices.n_votes, found.converged,
    )  # fmt: skip


def _stages(choices: Choices) -> Indices:
    """The number of the choice to which each row of the sets belongs."""
    return np.repeat(np.arange(len(choices.start)), np.diff(np.r_[choices.start, len(choices.item)]))


def choice_links(choices: Choices) -> Linkage:
    """Components of the graph of choices: what was chosen won against all else in its set, or lost where it was worst.

    Parameters
    ----------
    choices : Choices
        From `ranking_choices` or `best_worst_choices`.
    """
    stage = _stages(choices)
    chosen, other = choices.chosen[stage], choices.item
    beats = choices.sign[stage] > 0
    apart = chosen != other
    return linkage(choices.n_items, np.where(beats, chosen, other)[apart], np.where(beats, other, chosen)[apart])
