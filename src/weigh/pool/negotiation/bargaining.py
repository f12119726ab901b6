"""Rounds of offers under a budget, and a mediator who adopts by a stated rule.

In each round every group makes one offer: a change of a few elements. The mediator scores each offer, and each pair of
offers of two groups that touch different elements, so that what one wants can be paid by what another can spare. It
adopts the best by the rule, if that is better than what there is. No group may fall below

    max(red line, utility at the start − concession · (T − t) / (T − 1)),   t = 1 … T,

so that what is conceded is given back by the last round. What would break that at the end is taken back.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.ops.packages import moves
from weigh.ops.welfare import best, maximin, most_gainers, utilitarian
from weigh.pool.negotiation._offers import Offer, heard, row_of, situation_of
from weigh.pool.negotiation.agents import Agent, best_for_itself
from weigh.pool.negotiation.problem import Problem

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Rule = Literal["worst-off", "nash", "total"]

RULES: tuple[Rule, ...] = ("worst-off", "nash", "total")


class Bargain(NamedTuple):
    """What was agreed, and how.

    Attributes
    ----------
    package : array of int, shape (n_elements,)
        The package agreed on.
    path : list of array of int
        The package after each round, from the start on.
    transcript : list of dict
        One row an offer, and one a decision of the mediator, in order: round, who, offer, status, why, and for what was
        adopted cost, worst-off and total.
    rounds : int
        Rounds in which something was adopted and not taken back.
    ended : str
        Why it ended, in words.
    """

    package: Indices
    path: list[Indices]
    transcript: list[dict[str, Any]]
    rounds: int
    ended: str


def bargain(
    problem: Problem,
    start: Indices,
    *,
    agents: Mapping[str, Agent] | None = None,
    rule: Rule = "worst-off",
    rounds: int = 10,
    most_swaps: int = 2,
    concession: float = 0.0,
) -> Bargain:
    """Negotiate from a package.

    Parameters
    ----------
    problem : Problem
        Groups, options, costs, budget and red lines.
    start : array of int, shape (n_elements,)
        What holds if nobody agrees; within the budget.
    agents : mapping of str to callable, optional
        Who speaks for a group; a function that offers what is best for itself where none is given.
    rule : {"worst-off", "nash", "total"}
        What the mediator looks at first; the others break ties in this order. Unmet red lines come before all.
    rounds : int
        At most, 1 or more.
    most_swaps : int
        Elements that one offer may change, 1 or more.
    concession : float
        How far below the start a group may be pushed in the first round, in the unit of utility; none in the last.

    Returns
    -------
    Bargain
        At concession 0 every package on the path is at least as good as the start for every group. At any concession
        the package agreed on is.

    Raises
    ------
    InputError
        A start that is over the budget, or an option out of range.
    WeighError
        An agent's own function failed; the message names the group and the round.
    """
    if rule not in RULES or rounds < 1 or most_swaps < 1 or not (np.isfinite(concession) and concession >= 0):
        raise InputError(
            f"rule is {rule!r}, rounds {rounds}, most_swaps {most_swaps}, concession {concession!r}; expected one of "
            f"{', '.join(RULES)}, 1 or more, 1 or more, and 0 or more"
        )
    unknown = sorted(set(agents or {}) - set(problem.groups))
    if unknown:
        raise InputError(f"there is an agent for {unknown[0]!r}, who does not negotiate: {', '.join(problem.groups)}")
    start = np.asarray(start, dtype=np.int64)
    # which also checks that it is a package
    moves(problem.element, start, 1)
    if not problem.fits(start[None])[0]:
        raise InputError(f"the start costs {problem.price(start[None])[0]:g}; the budget is {problem.budget:g}")
    at_start = problem.worth(start[None])[:, 0]
    path, transcript = [start], []
    ended = f"all {rounds} rounds were used"
    for number in range(1, rounds + 1):
        now = path[-1]
        left = (rounds - number) / max(rounds - 1, 1)
        bound = np.minimum(np.maximum(problem.floor, at_start - concession * left), problem.worth(now[None])[:, 0])
        near = moves(problem.element, now, most_swaps)
        near = near[_allowed(problem, near, bound)]
        offers = []
        for at, who in enumerate(problem.groups):
            agent = (agents or {}).get(who, best_for_itself)
            situation = situation_of(problem, at, now, near, number, rounds, most_swaps)
            offers += heard(problem, agent, situation, now, transcript)
        chosen, makers = _decide(problem, offers, now, bound, at_start, rule, transcript, number)
        if chosen is None:
            ended = "nobody made an offer" if not offers else "no offer, and no pair of offers, is better by the rule"
            break
        path.append(chosen)
        said = ", ".join(f"{k}: {v}" for k, v in problem.changed(now, chosen).items())
        transcript.append(
            row_of(number, "mediator", said, "adopted", f"offered by {' and '.join(makers)}", problem, chosen)
        )
    settled = _taken_back(problem, path, at_start, transcript)
    return Bargain(path[settled], path[: settled + 1], transcript, settled, ended)


def scores(problem: Problem, packages: Indices, at_start: Array, rule: Rule) -> list[Array]:
    """What the mediator compares packages by, the most important first; more is better.

    Parameters
    ----------
    problem : Problem
        Whose packages they are.
    packages : array of int, shape (m, n_elements)
        What is compared.
    at_start : array, shape (k,)
        Utilities at the start, from which gains are counted.
    rule : {"worst-off", "nash", "total"}
        What comes first after unmet red lines.
    """
    u = problem.worth(packages)
    short = np.where(np.isfinite(problem.floor)[:, None], problem.floor[:, None] - u, 0.0)
    by = {"worst-off": [maximin(u)], "nash": list(most_gainers(u, start=at_start)), "total": [utilitarian(u)]}
    order = [rule, *(one for one in RULES if one != rule)]
    missing = np.maximum(short, 0.0).sum(axis=0)
    return [-np.where(missing > problem.rounding, missing, 0.0), *(score for one in order for score in by[one])]


def _decide(
    problem: Problem,
    offers: list[Offer],
    now: Indices,
    bound: Array,
    at_start: Array,
    rule: Rule,
    transcript: list[dict[str, Any]],
    number: int,
) -> tuple[Indices | None, tuple[str, ...]]:
    packages: list[Indices] = [now]
    makers: list[tuple[str, ...]] = [()]
    for offer in offers:
        packages.append(offer.package)
        makers.append((offer.who,))
    for one, other in itertools.combinations(offers, 2):
        mine, theirs = one.package != now, other.package != now
        if not (mine & theirs).any():
            packages.append(np.where(mine, one.package, np.where(theirs, other.package, now)))
            makers.append((one.who, other.who))
    among = np.stack(packages)
    allowed = _allowed(problem, among, bound)
    allowed[0] = True
    kept = np.flatnonzero(allowed)
    top = kept[best(*scores(problem, among[kept], at_start, rule))]
    if top[0] == 0:
        return None, ()
    # of packages that are equally good the cheapest
    chosen = int(top[np.argmin(problem.price(among[top]))])
    adopted = among[chosen]
    for offer in offers:
        if (offer.package == adopted).all():
            offer.row["status"] = "adopted"
        elif offer.who in makers[chosen]:
            offer.row["status"] = "adopted with another"
    alike = tuple(offer.who for offer in offers if offer.row["status"] == "adopted")
    return adopted, alike or makers[chosen]


def _allowed(problem: Problem, packages: Indices, bound: Array) -> NDArray[np.bool_]:
    above = (problem.worth(packages) >= bound[:, None] - problem.rounding).all(axis=0)
    return problem.fits(packages) & above


def _taken_back(problem: Problem, path: list[Indices], at_start: Array, transcript: list[dict[str, Any]]) -> int:
    """Place on the path of the last package that leaves nobody below the start."""
    sound = (problem.worth(np.stack(path)) >= at_start[:, None] - problem.rounding).all(axis=0)
    last = int(np.flatnonzero(sound)[-1])
    if last < len(path) - 1:
        why = f"{len(path) - 1 - last} rounds left somebody below the start"
        transcript.append(row_of(0, "mediator", "", "taken back", why, problem, path[last]))
    return last
