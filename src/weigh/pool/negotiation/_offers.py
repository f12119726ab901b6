"""Offers: what a group is told before it makes one, and what is done with whatever it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import WeighError
from weigh.ops.packages import options_of
from weigh.pool.negotiation.agents import Agent, Move, Said, Situation
from weigh.pool.negotiation.problem import Problem

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

MENU = 24
KEPT = 300  # characters of what was said


class Offer(NamedTuple):
    """An offer that can be used.

    Attributes
    ----------
    who : str
        The group that made it.
    package : array of int, shape (n_elements,)
        The package that it would lead to.
    row : dict
        Its row of the transcript.
    """

    who: str
    package: Indices
    row: dict[str, Any]


def heard(
    problem: Problem, agent: Agent, situation: Situation, now: Indices, transcript: list[dict[str, Any]]
) -> list[Offer]:
    """The offer, if it can be used; what was said is written down in any case."""
    try:
        given = agent(situation)
    except WeighError:
        raise
    except Exception as error:  # somebody else's function: whatever it raises is told with whom it speaks for
        raise WeighError(
            f"the agent of {situation.group!r} failed in round {situation.number}: {type(error).__name__}: {error}"
        ) from error
    if isinstance(given, Said):
        said = given
    elif given is None or isinstance(given, Mapping):
        said = Said(given)
    else:
        said = Said(None, "", f"it gave {type(given).__name__}")
    package, wrong = _package(problem, said.swaps, now, situation.most)
    fault = said.fault or wrong
    row = row_of(situation.number, situation.group, "", "no offer", fault)
    transcript.append(row)
    if said.text:
        row["said"] = said.text if len(said.text) <= KEPT else said.text[: KEPT - 1] + "…"
    if fault:
        row["status"] = "not understood"
    if package is None or fault:
        return []
    row["offer"] = ", ".join(f"{k}: {v}" for k, v in problem.changed(now, package).items())
    row["status"] = "offered"
    if not problem.fits(package[None])[0]:
        row["status"], row["why"] = "over budget", "alone; it may be paired with a saving"
    return [Offer(situation.group, package, row)]


def _package(problem: Problem, swaps: Mapping[str, str] | None, now: Indices, most: int) -> tuple[Indices | None, str]:
    """The package after the swaps, or what is wrong with them."""
    if not swaps:
        return None, ""
    package = now.copy()
    for element, option in swaps.items():
        if element not in problem.elements:
            return None, f"there is no element {str(element)[:60]!r}"
        at = problem.elements.index(element)
        if option not in problem.options or problem.element[problem.options.index(option)] != at:
            return None, f"{element} has no option {str(option)[:60]!r}"
        package[at] = problem.options.index(option)
    n = int((package != now).sum())
    if n > most:
        return None, f"it changes {n} elements; {most} are allowed"
    return (package, "") if n else (None, "it changes nothing")


def situation_of(
    problem: Problem, at: int, now: Indices, near: Indices, number: int, rounds: int, most: int
) -> Situation:
    u, price = problem.worth(near), problem.price(near)
    gain = u[at] - problem.worth(now[None])[at, 0]
    gain = np.where(np.abs(gain) > problem.rounding, gain, 0.0)
    spent = float(problem.price(now[None])[0])
    # of what is equally good for the group, what is better for all, then what is cheaper
    order = np.lexsort((price, -np.round(u.sum(axis=0) / max(problem.rounding, 1e-300)), -gain))[:MENU]
    parts = options_of(problem.element)

    def by_option(numbers: Array) -> dict[str, dict[str, float]]:
        return {
            name: {problem.options[option]: float(numbers[option]) for option in part.tolist()}
            for name, part in zip(problem.elements, parts, strict=True)
        }

    offered = [Move(problem.changed(now, near[i]), float(gain[i]), float(price[i] - spent)) for i in order.tolist()]
    return Situation(
        problem.groups[at],
        number,
        rounds,
        problem.named(now),
        by_option(problem.utility[at]),
        by_option(problem.cost),
        problem.budget - spent,
        most,
        tuple(offered),
    )


def row_of(
    number: int, who: str, offer: str, status: str, why: str, problem: Problem | None = None, package: Any = None
) -> dict[str, Any]:
    row: dict[str, Any] = {"round": number, "who": who, "offer": offer, "status": status, "why": why}
    if problem is not None:
        u = problem.worth(package[None])[:, 0]
        price = float(problem.price(package[None])[0])
        row |= {"cost": price, "worst_off": float(u.min()), "total": float(u.sum())}
    return row
