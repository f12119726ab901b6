"""Prioritised risk: what a prior can buy a learner, and what it must cost where the prior was wrong.

A prior π says which truths matter, or are likely. A learner that uses it well has errors that are small where π is
large; its prioritised risk is max_θ π(θ) R(θ). The least that any learner reaches, R*, is found here exactly, by linear
programming with its proof by duality. It says what cannot be had: every learner has a truth θ at which its risk is
R*/π(θ) or more. As trust in the prior grows, from none (minimax) to full, risk falls where the prior points and rises
where it does not; that curve is the trade between the prior's accuracy and performance. Beside the exact value stand
lower bounds that need no programme and so hold for problems that are too large for one.

Source: Majumdar, A. (2023). Fundamental tradeoffs in learning with prior information. ICML, arXiv:2304.13479. Departs:
the exact solution and the forms of the bounds are derived here; the unit of R* is that of π, which need not sum to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.figure import lines
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.ops.decision_problems import DecisionProblem, bayes_rule, least_prioritized_risk, prior_weights, risk_of
from weigh.ops.testing_bounds import best_two_point, fano

Array = NDArray[np.float64]

PARTS = ("prior", "probability", "loss")


class Tradeoff(NamedTuple):
    """What trust in a prior buys and costs.

    Attributes
    ----------
    trust : array of float, shape (k,)
        Exponents t of π^t, 0 for none.
    favoured : array of float, shape (k,)
        Risk at the truth of largest weight, if that is the truth.
    expected : array of float, shape (k,)
        Mean risk under the prior, if truths are drawn from it.
    worst : array of float, shape (k,)
        Largest risk at any truth of weight above 0.
    """

    trust: Array
    favoured: Array
    expected: Array
    worst: Array


@method(
    slug="prioritized-risk",
    paper="Majumdar (2023), ICML, arXiv:2304.13479",
    takes=Ratings,
    gives=Values,
    family="utility",
    departs="solved exactly with its proof, where the paper gives bounds; the forms of the bounds are derived here",
)
def prioritized_risk(
    problem: Ratings, *, trust: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
) -> Values:  # fmt: skip
    """Risks of the learner of least prioritised risk, what no learner can do better, and what trust in the prior costs.

    Parameters
    ----------
    problem : Ratings
        Rows of three kinds, told apart by `criterion`. "prior": `value` is the weight of the truth `who` (`item` does
        not matter). "probability": that of seeing `item` if the truth is `who`; 0 where there is no row. "loss": of
        doing `item` if the truth is `who`, 0 or more, for all pairs.
    trust : sequence of float
        Exponents of the prior for the trade-off curve, 0 or more.

    Returns
    -------
    Values
        Of each truth the expected loss there, of the best rule for the prior as given: less is better. Notes: R* and
        its proof, the least risk that some learner must bear at each truth if it bears less elsewhere (R*/π), the lower
        bounds, minimax risk, the rule, and the trade-off curve.

    Raises
    ------
    InputError
        Fewer than two truths, a kind of row that is missing or unknown, chances that do not sum to 1, a negative loss.

    References
    ----------
    Majumdar, A. (2023). ICML, arXiv:2304.13479.

    Examples
    --------
    One look, right in 3 cases of 4, tells whether it is safe; the prior trusts that it is, 3 to 1:

    >>> rows = [("safe", "-", "prior", 3), ("not", "-", "prior", 1),
    ...         ("safe", "green", "probability", .75), ("safe", "red", "probability", .25),
    ...         ("not", "green", "probability", .25), ("not", "red", "probability", .75),
    ...         ("safe", "go", "loss", 0), ("safe", "stay", "loss", 1),
    ...         ("not", "go", "loss", 1), ("not", "stay", "loss", 0)]
    >>> who, item, kind, value = zip(*rows)
    >>> values = prioritized_risk(Ratings(who=who, item=item, criterion=kind, value=value))
    >>> values.items, values.mean.round(3).tolist()
    (('not', 'safe'), [0.5, 0.167])
    """
    truths, outcomes, actions, prior, finite = _read(problem)
    exact, minimax = least_prioritized_risk(finite, prior), least_prioritized_risk(finite, (prior > 0).astype(float))
    curve = tradeoff(finite, prior, trust=trust)
    counted = prior > 0
    uniform = np.where(counted, 1.0, 0.0) / counted.sum()
    inverse = np.where(counted, 1.0 / np.where(counted, prior, 1.0), 0.0)
    notes: dict[str, Any] = {
        "prioritized_risk": exact.value,
        "gap_of_the_proof": exact.gap,
        "hardest_weights": dict(zip(truths, exact.hardest.tolist(), strict=True)),
        "some_truth_has_at_least": {
            name: exact.value / w for name, w in zip(truths, prior.tolist(), strict=True) if w > 0
        },
        "lower_bounds": {
            "two points": best_two_point(finite, prior),
            "fano, even": fano(finite, prior, uniform),
            "fano, by 1/prior": fano(finite, prior, inverse / inverse.sum()),
        },
        "minimax_risk": minimax.value,
        "minimax_rule_risks": dict(zip(truths, minimax.risk.tolist(), strict=True)),
        "bayes_rule_risks": dict(zip(truths, risk_of(finite, bayes_rule(finite, prior)).tolist(), strict=True)),
        "rule": {
            seen: {do: p for do, p in zip(actions, row, strict=True) if p > 1e-9}
            for seen, row in zip(outcomes, exact.rule.tolist(), strict=True)
        },
        "figures": [tradeoff_figure(curve)],
    }
    scale = Scale("ratio", "positive", "expected loss")
    return Values(truths, ("all",), exact.risk, scale=scale, method="fit/prioritized_risk", notes=notes)


def tradeoff(
    problem: DecisionProblem,
    prior: ArrayLike,
    *,
    trust: Sequence[float] | Array = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0),
) -> Tradeoff:
    """Risks of the best rules for π^t, over t: what trust in a prior buys where it is right and costs where it is not.

    Parameters
    ----------
    problem : DecisionProblem
        What is to be learnt; `weigh.testbeds.prior_problems` has a rate, a slope and a gain.
    prior : array of float, shape (n_truths,)
        π(θ).
    trust : sequence of float
        t, 0 or more.

    Examples
    --------
    >>> from weigh.testbeds.prior_problems import rate
    >>> curve = tradeoff(rate([0.2, 0.5, 0.8], 4), [8, 4, 1], trust=[0, 1])
    >>> bool(curve.favoured[1] < curve.favoured[0]), bool(curve.worst[1] > curve.worst[0])
    (True, True)
    """
    weights, powers = prior_weights(prior, len(problem.chance)), np.asarray(trust, dtype=np.float64)
    if powers.ndim != 1 or not powers.size or not np.isfinite(powers).all() or (powers < 0).any():
        raise InputError(f"trust is {trust!r}; expected one or more numbers, 0 or more")
    counted = weights > 0
    relative = np.where(counted, weights / weights.max(), 0.0)
    risks = np.array(
        [least_prioritized_risk(problem, np.where(counted, relative**t, 0.0)).risk for t in powers.tolist()]
    )  # fmt: skip
    favoured = risks[:, int(weights.argmax())]
    return Tradeoff(powers, favoured, risks @ (weights / weights.sum()), risks[:, counted].max(axis=1))


def tradeoff_figure(curve: Tradeoff) -> dict[str, Any]:
    """The curve as a figure's data."""
    x = curve.trust.tolist()
    named = {
        "prior right: its favoured truth": curve.favoured,
        "truths drawn from the prior": curve.expected,
        "prior wrong: the worst truth": curve.worst,
    }
    curves = {name: {"x": x, "y": y.tolist()} for name, y in named.items()}
    note = "0 is no trust, the minimax rule; 1 is the prior as given."
    return lines("What trust in the prior buys and costs", curves, x="trust", y="expected loss", note=note).to_json()


def _read(problem: Ratings) -> tuple[tuple[str, ...], list[str], list[str], Array, DecisionProblem]:
    kinds = [kind.strip().lower() for kind in problem.criterion.tolist()]
    cells: dict[str, dict[tuple[str, str], list[float]]] = {part: {} for part in PARTS}
    rows = (kinds, problem.who.tolist(), problem.item.tolist(), problem.value.tolist(), problem.weight.tolist())
    for kind, who, item, value, weight in zip(*rows, strict=True):
        if kind not in cells:
            raise InputError(f"criterion is {kind!r}; expected one of {', '.join(PARTS)}")
        sums = cells[kind].setdefault((who, "" if kind == "prior" else item), [0.0, 0.0])
        sums[0], sums[1] = sums[0] + weight * value, sums[1] + weight
    found = {
        part: {key: total / weight for key, (total, weight) in given.items() if weight > 0}
        for part, given in cells.items()
    }
    for part in PARTS:
        if not found[part]:
            raise InputError(f"there is no row of criterion {part!r}; a problem needs {', '.join(PARTS)}")
    truths = tuple(sorted({who for who, _ in found["prior"]}))
    if len(truths) < 2:
        raise InputError(f"the prior is on {len(truths)} truth; expected two or more, as there is nothing to learn")
    unknown = {who for part in PARTS for who, _ in found[part]} - set(truths)
    if unknown:
        raise InputError(f"{sorted(unknown)[0]!r} has no prior; give a row of criterion prior for every truth")
    outcomes, actions = (sorted({item for _, item in found[part]}) for part in PARTS[1:])
    missing = [(a, who) for a in actions for who in truths if (who, a) not in found["loss"]]
    if missing:
        raise InputError(f"there is no loss of {missing[0][0]!r} if the truth is {missing[0][1]!r}; give all")
    chance = np.array([[found["probability"].get((who, x), 0.0) for x in outcomes] for who in truths])
    loss = np.array([[found["loss"][who, a] for who in truths] for a in actions])
    prior = prior_weights([found["prior"][who, ""] for who in truths], len(truths))
    return truths, outcomes, actions, prior, DecisionProblem(chance, loss)
