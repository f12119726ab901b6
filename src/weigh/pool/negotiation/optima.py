"""What could have been agreed: the best affordable packages by other rules, and how packages compare for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.ops.package_optimum import Optimum, Search
from weigh.ops.packages import all_packages, n_packages
from weigh.ops.welfare import (
    atkinson,
    best,
    efficient,
    gini,
    leximin,
    maximin,
    nash,
    percentile,
    utilitarian,
)
from weigh.pool.negotiation.problem import Problem

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

LISTED = 200_000  # packages up to which all are looked at


class Yardsticks(NamedTuple):
    """The best affordable packages.

    Attributes
    ----------
    packages : dict of str to array of int
        By rule: utilitarian, leximin and, where some package makes everybody gain, nash.
    proven : bool
        Whether nothing better can exist; a search that ran out of time proves nothing.
    listed : array of int, shape (m, n_elements), or None
        All affordable packages that meet the red lines, where they were looked at one by one.
    """

    packages: dict[str, Indices]
    proven: bool
    listed: Indices | None


def yardsticks(problem: Problem, start: Indices) -> Yardsticks:
    """The optima that a negotiation is held against.

    Parameters
    ----------
    problem : Problem
        Red lines are met by all optima, where any package meets them.
    start : array of int, shape (n_elements,)
        From which Nash's product counts gains.

    Returns
    -------
    Yardsticks
        By looking at all packages up to 200,000 of them, else by mixed-integer programs.
    """
    at_start = problem.worth(start[None])[:, 0]
    floor = problem.floor if feasible(problem) else np.full(len(problem.groups), -np.inf)
    if n_packages(problem.element) <= LISTED:
        packages = all_packages(problem.element)
        u = problem.worth(packages)
        meets = problem.fits(packages) & (u >= floor[:, None] - problem.rounding).all(axis=0)
        # what a search met within its tolerance may miss the red lines by a hair
        meets = meets if meets.any() else problem.fits(packages)
        packages, u = packages[meets], u[:, meets]
        found = {"utilitarian": int(best(utilitarian(u))[0]), "leximin": int(np.argmin(leximin(u)))}
        product = nash(u, start=at_start)
        if np.isfinite(product.max()):
            found["nash"] = int(best(product)[0])
        return Yardsticks({name: packages[at] for name, at in found.items()}, True, packages)
    search = _search(problem, floor)
    optima: dict[str, Optimum] = {
        "utilitarian": search.utilitarian(),
        "leximin": search.leximin(),
        "nash": search.nash(at_start),
    }
    kept = {name: one.package for name, one in optima.items() if one.package is not None}
    return Yardsticks(kept, all(one.proven for one in optima.values()), None)


def feasible(problem: Problem) -> bool:
    """Whether some affordable package meets all red lines."""
    asked = np.isfinite(problem.floor)
    return not asked.any() or _search(problem, problem.floor).utilitarian().package is not None


def check_red_lines(problem: Problem) -> None:
    """Refuse red lines that no affordable package meets, and say whose conflict.

    Raises
    ------
    InputError
        One group's red line alone, those of two groups together, or all of them together, cannot be met.
    """
    if feasible(problem):
        return
    asked = np.flatnonzero(np.isfinite(problem.floor)).tolist()

    def only(*groups: int) -> Array:
        floor = np.full(len(problem.groups), -np.inf)
        floor[list(groups)] = problem.floor[list(groups)]
        return floor

    for one in asked:
        if _search(problem, only(one)).utilitarian().package is None:
            alone = np.zeros(len(problem.groups))
            alone[one] = 1.0
            most = _search(problem, only()).utilitarian(alone).package
            got = float("nan") if most is None else float(problem.worth(most[None])[one, 0])
            raise InputError(
                f"no affordable package is worth {problem.floor[one]:g} to {problem.groups[one]!r}: it can get {got:g} "
                "at most; lower its red line, or raise the budget"
            )
    for i, one in enumerate(asked):
        for other in asked[i + 1 :]:
            if _search(problem, only(one, other)).utilitarian().package is None:
                raise InputError(
                    f"the red lines of {problem.groups[one]!r} and {problem.groups[other]!r} conflict: each can be "
                    "met, and no affordable package meets both; lower one of them, or raise the budget"
                )
    names = ", ".join(problem.groups[one] for one in asked)
    raise InputError(f"any two red lines can be met together, but not all of {names}; lower one, or raise the budget")


def welfare_of(problem: Problem, packages: Mapping[str, Indices], start: Indices) -> dict[str, dict[str, Any]]:
    """How packages compare for everybody.

    Parameters
    ----------
    problem : Problem
        Whose packages they are.
    packages : mapping of str to array of int
        By name.
    start : array of int, shape (n_elements,)
        From which gains are counted.

    Returns
    -------
    dict
        By package: total, worst_off, twentieth percentile, Gini's and Atkinson's index (None where a utility is below
        0), product of gains (geometric mean; None where somebody does not gain), groups below the start, unmet red
        lines, cost, budget left.
    """
    chosen = np.stack(list(packages.values()))
    u, price = problem.worth(chosen), problem.price(chosen)
    at_start = problem.worth(start[None])[:, 0]
    logs = nash(u, start=at_start) / len(u)
    uneven = [None, None] if u.min() < 0 else [gini(u), atkinson(u)]
    total, worst, low = utilitarian(u), maximin(u), percentile(u, share=0.2)
    below = u < at_start[:, None] - problem.rounding
    unmet = u < problem.floor[:, None] - problem.rounding
    rows = {}
    for at, name in enumerate(packages):
        rows[name] = {
            "total": total[at],
            "worst_off": worst[at],
            "twentieth_percentile": low[at],
            "gini": None if uneven[0] is None else uneven[0][at],
            "atkinson": None if uneven[1] is None else uneven[1][at],
            "mean_gain": float(np.exp(logs[at])) if np.isfinite(logs[at]) else None,
            "below_start": [problem.groups[i] for i in np.flatnonzero(below[:, at])],
            "unmet_red_lines": [problem.groups[i] for i in np.flatnonzero(unmet[:, at])],
            "cost": price[at],
            "budget_left": problem.budget - price[at] if np.isfinite(problem.budget) else None,
        }
    return rows


def frontier(problem: Problem, listed: Indices, most: int = 40) -> list[tuple[float, float]]:
    """Total and worst-off of the packages for which no other has more of both, by rising total.

    Parameters
    ----------
    problem : Problem
        Whose packages they are.
    listed : array of int, shape (m, n_elements)
        Which packages.
    most : int
        Points at most; of more, every so-manieth is kept.
    """
    u = problem.worth(listed)
    both = np.stack([utilitarian(u), maximin(u)]).round(12)
    points = np.unique(both[:, efficient(both)], axis=1)
    kept = np.unique(np.linspace(0, points.shape[1] - 1, min(most, points.shape[1])).round().astype(int))
    return [(float(x), float(y)) for x, y in points[:, kept].T]


def _search(problem: Problem, floor: Array) -> Search:
    return Search(problem.element, problem.cost, min(problem.budget, float(problem.cost.sum())), problem.utility, floor)
