"""What is negotiated: groups, the elements of a package with their options, what each option is worth and costs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.ops.packages import affordable, options_of, totals

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

TINY = 1e-9  # of the largest utility; less than that is rounding


@dataclass(frozen=True)
class Problem:
    """Packages that groups negotiate about.

    Parameters
    ----------
    groups : tuple of str, length k
        Who negotiates.
    elements : tuple of str
        What a package has one option of each of.
    options : tuple of str, length n
        Names of all options.
    element : array of int, shape (n,)
        The element of each.
    utility : array, shape (k, n)
        What each option is worth to each group; a package is worth the sum.
    cost : array, shape (n,)
        0 or more.
    budget : float
        What may be spent; infinite for no limit.
    floor : array, shape (k,)
        Red lines: the least that a package must be worth to each group; −inf for none.

    Raises
    ------
    InputError
        Parts that do not fit each other, numbers that are not finite, or a cost or budget below 0.
    """

    groups: tuple[str, ...]
    elements: tuple[str, ...]
    options: tuple[str, ...]
    element: Indices
    utility: Array
    cost: Array
    budget: float
    floor: Array

    def __post_init__(self) -> None:
        k, n = len(self.groups), len(self.options)
        shapes = {"element": (n,), "utility": (k, n), "cost": (n,), "floor": (k,)}
        for name, shape in shapes.items():
            if np.shape(getattr(self, name)) != shape or not k or not n:
                raise InputError(
                    f"{name} has shape {np.shape(getattr(self, name))}; expected {shape}, one option or more"
                )
        if len(options_of(self.element)) != len(self.elements):
            raise InputError(
                f"there are options of {int(self.element.max()) + 1} elements; expected {len(self.elements)}"
            )
        if not (np.isfinite(self.utility).all() and np.isfinite(self.cost).all() and (self.floor < np.inf).all()):
            raise InputError(
                "a utility, a cost or a red line is not finite; expected numbers, and −inf for no red line"
            )
        if self.cost.min() < 0 or not self.budget >= 0:
            raise InputError(
                f"the smallest cost is {self.cost.min():g}, the budget {self.budget:g}; expected 0 or more"
            )

    def worth(self, packages: Indices) -> Array:
        """What packages are worth to each group, shape (k, m)."""
        return totals(self.utility, packages)

    def price(self, packages: Indices) -> Array:
        """What packages cost, shape (m,)."""
        return totals(self.cost, packages)

    def fits(self, packages: Indices) -> NDArray[np.bool_]:
        """Which packages are within the budget, shape (m,)."""
        return affordable(self.price(packages), self.budget)

    def named(self, package: Indices) -> dict[str, str]:
        """A package by the names of its elements and options."""
        return {name: self.options[at] for name, at in zip(self.elements, package.tolist(), strict=True)}

    def changed(self, before: Indices, after: Indices) -> dict[str, str]:
        """The elements in which two packages differ, with the options of the second."""
        named = self.named(after)
        return {self.elements[at]: named[self.elements[at]] for at in np.flatnonzero(before != after).tolist()}

    @property
    def rounding(self) -> float:
        """Differences of utility that are no more than this are rounding."""
        return TINY * float(np.abs(self.utility).max()) * len(self.elements)


def misreported(problem: Problem, group: int) -> Problem:
    """The problem in which a group doubles what it says of the element that matters most to it.

    Parameters
    ----------
    problem : Problem
        With honest utilities.
    group : int
        Place of the group that overstates.
    """
    parts = options_of(problem.element)
    most = max(parts, key=lambda part: float(np.ptp(problem.utility[group, part])))
    utility = problem.utility.copy()
    utility[group, most] *= 2
    return replace(problem, utility=utility)
