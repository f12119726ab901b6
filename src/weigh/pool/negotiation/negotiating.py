"""Negotiation: a package that opposed groups can all accept, within a budget, and what each of them gave up.

Groups rate options; a package has one option of each element. From a start that holds if nobody agrees, groups make
offers in rounds, and a mediator adopts by a stated rule what leaves nobody below the start (`bargaining`). Beside the
agreed package stand the best affordable ones by other rules, so that its price is seen: the utilitarian package, the
one that the worst-off would choose (leximin), and the one of the largest product of gains (Nash). First of all comes
where people disagree, in ratings and in rankings, side by side (`dissent`).

Source: Mushkani, R. and others (2025), Negotiative Alignment: Embracing Disagreement to Achieve Fairer Outcomes,
arXiv:2503.12613. Departs: the paper's formal steps are not known to us, and the procedure is ours. Groups are spoken
for by functions of their public ratings, by default, and by language models only where they are given; a model can make
offers, and cannot accept for anybody: what an offer is worth to a group always comes from the group's own ratings.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Rankings, Ratings
from weigh.core.frames import as_names
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.ops.packages import random_package
from weigh.ops.welfare import best, utilitarian
from weigh.pool.negotiation._notes import compared, figures, gains_by_misreporting, told
from weigh.pool.negotiation.agents import Agent
from weigh.pool.negotiation.bargaining import bargain
from weigh.pool.negotiation.dissent import disagreement
from weigh.pool.negotiation.optima import check_red_lines, welfare_of, yardsticks
from weigh.pool.negotiation.problem import Problem
from weigh.pool.negotiation.table import LEFT_OUT, problem_of

Indices = NDArray[np.int64]

UNITS = {"rated": "rating points", "range": "share of own range"}


@method(
    slug="negotiation",
    paper="arXiv:2503.12613",
    takes=Ratings,
    gives=Values,
    family="bargaining",
    departs="the paper's formal steps are not known, the procedure is ours; language models make offers at most, and "
    "what an offer is worth to a group comes from its ratings",
)
def negotiation(
    ratings: Ratings,
    *,
    costs: Path | Mapping[str, Any] | None = None,
    budget: float | None = None,
    groups: Path | Mapping[str, Any] | None = None,
    red_lines: Path | Mapping[str, Any] | None = None,
    rankings: Path | Rankings | None = None,
    start: Sequence[str] = (),
    designs: int = 5,
    rule: Literal["worst-off", "nash", "total"] = "worst-off",
    scale: Literal["rated", "range"] = "rated",
    rounds: int = 10,
    most_swaps: int = 2,
    concession: float = 0.0,
    agents: Mapping[str, Agent] | None = None,
    probe: bool = True,
    seed: int = 0,
) -> Values:
    """Negotiate a package that nobody is worse off with.

    Parameters
    ----------
    ratings : Ratings
        What each option is worth to each group, on one scale for all; several rows of one person on one option, such as
        one a criterion, are averaged by weight. A package is worth the sum of its options.
    costs : path or mapping, optional
        Columns item,cost [,element]: what each option costs and what it is an option of. An item without an element is
        a project that may be left out and is then worth 0. Without costs all items are options of one element.
    budget : float, optional
        What may be spent; comes with costs.
    groups : path or mapping, optional
        Columns who,group: who speaks with one voice, the mean of theirs. Otherwise everybody for themselves.
    red_lines : path or mapping, optional
        Columns who,floor: the least that a package must be worth to a group, in the unit of the ratings.
    rankings : path or Rankings, optional
        Of the same options by the same people, to compare disagreement in both; they do not move the negotiation.
    start : sequence of str
        The options that hold if nobody agrees, one for each element (of projects, those that are done).
    designs : int
        Without a start: it is the best by total of this many random affordable packages.
    rule : {"worst-off", "nash", "total"}
        What the mediator looks at first.
    scale : {"rated", "range"}
        Ratings as given, which takes them to be comparable between groups; or each group's own range as 0 to 1.
    rounds : int
        At most.
    most_swaps : int
        Elements that one offer may change.
    concession : float
        How far below the start a group may be pushed on the way, in the unit of utility; it gets it back by the end.
    agents : mapping of str to callable, optional
        Who speaks for a group (`agents.by_choosing`, `agents.by_writing`, or a function); best_for_itself otherwise.
    probe : bool
        Whether to find out what each group would gain by overstating; only where no agents are given.
    seed : int
        Of the random packages, and of the groups drawn at random in the analysis of disagreement.

    Returns
    -------
    Values
        What each package is worth to each group: those called start, agreed, utilitarian, leximin and, where some
        package makes everybody gain, nash. Notes: the packages, their welfare, the transcript, what each group gave up,
        dissent, disagreement, and what misreporting would gain.

    Raises
    ------
    InputError
        No affordable package, red lines that conflict, an option that a group did not rate, one option only, or
        ratings that make all packages alike for everybody.

    Examples
    --------
    Two elements, and a budget that pays for one of the two dear options:

    >>> ratings = Ratings(who=["walkers"] * 4 + ["drivers"] * 4, item=["bench", "no bench", "trees", "lawn"] * 2,
    ...                   value=[5, 1, 4, 2, 2, 2, 3, 1])
    >>> costs = {"item": ["bench", "no bench", "trees", "lawn"], "element": ["seat", "seat", "green", "green"],
    ...          "cost": [3, 0, 2, 1]}
    >>> values = negotiation(ratings, costs=costs, budget=4, start=["no bench", "lawn"])
    >>> values.notes["packages"]["agreed"]
    {'seat': 'no bench', 'green': 'trees'}
    """
    if designs < 1:
        raise InputError(f"designs is {designs}; expected 1 or more")
    problem = problem_of(ratings, costs=costs, budget=budget, groups=groups, floors=red_lines, scale=scale)
    check_red_lines(problem)
    first = _start(problem, start) if start else _best_design(problem, designs, seed)
    how: dict[str, Any] = {"rule": rule, "rounds": rounds, "most_swaps": most_swaps, "concession": concession}
    done = bargain(problem, first, agents=agents, **how)
    known = yardsticks(problem, first)
    packages = {"start": first, "agreed": done.package, **known.packages}
    welfare = welfare_of(problem, packages, first)
    u = problem.worth(np.stack(list(packages.values())))
    ranked = Rankings.from_file(rankings) if isinstance(rankings, str | os.PathLike) else rankings
    notes = {
        "rule": rule,
        "start_from": "given" if start else f"the best by total of {designs} random affordable packages",
        "ended": done.ended,
        "changes": done.rounds,
        "told": told(problem, packages, u, welfare, done, known.proven),
        "packages": {name: problem.named(package) for name, package in packages.items()},
        "welfare": welfare,
        "compared_with_optima": compared(welfare),
        "by_group": _by_group(problem, packages, u),
        "misreporting": gains_by_misreporting(problem, first, done.package, how) if probe and not agents else {},
        "optima_proven": known.proven,
        "transcript": done.transcript,
        "disagreement": disagreement(ratings, rankings=ranked, groups=groups, seed=seed),
        "figures": [one.to_json() for one in figures(problem, packages, u, done, known.listed)],
    }
    return Values(
        tuple(packages),
        problem.groups,
        u if len(u) > 1 else u[0],
        scale=Scale("interval", "real", UNITS[scale]),
        method="pool/negotiation",
        notes=notes,
    )


def _start(problem: Problem, given: Sequence[str]) -> Indices:
    items = as_names(given)
    for item in items:
        if item not in problem.options:
            raise InputError(
                f"the start has {item!r}, which is no option; the options are: {', '.join(problem.options[:20])}"
            )
    package = []
    for at, element in enumerate(problem.elements):
        options = [name for name, of in zip(problem.options, problem.element, strict=True) if of == at]
        chosen = [name for name in options if name in items] or [name for name in options if name == LEFT_OUT + element]
        if len(chosen) != 1:
            raise InputError(
                f"the start has {len(chosen)} options of {element!r}; expected one of: {', '.join(options)}"
            )
        package.append(problem.options.index(chosen[0]))
    return np.array(package, dtype=np.int64)


def _best_design(problem: Problem, n: int, seed: int) -> Indices:
    chance = rng(seed, "negotiation", "designs")
    budget = min(problem.budget, float(problem.cost.sum()))
    drawn = np.stack([random_package(problem.element, problem.cost, budget, chance) for _ in range(n)])
    return drawn[int(best(utilitarian(problem.worth(drawn)))[0])]


def _by_group(problem: Problem, packages: Mapping[str, Indices], u: Any) -> dict[str, dict[str, Any]]:
    """What each group has at the start and by agreement, and what the best package for it alone would be worth."""
    names = list(packages)
    start, agreed = u[:, names.index("start")], u[:, names.index("agreed")]
    highest = u.max(axis=1)
    return {
        group: {
            "start": start[at],
            "agreed": agreed[at],
            "gain": agreed[at] - start[at],
            "most_in_any_shown": highest[at],
            "prefers": [name for name in names if u[at, names.index(name)] > agreed[at] + problem.rounding],
        }
        for at, group in enumerate(problem.groups)
    }
