"""Packages: one option for each element, as a street has one pavement, one kind of bench and one kind of light.

Options are numbered from 0 in one row, and `element` says which element each is an option of. A package is an array of
n_elements option numbers. What a package costs, or is worth to somebody, is the sum over its options.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.whole_numbers import whole_numbers

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

SLACK = 1e-9  # of the budget; what is over by less is rounding


def options_of(element: ArrayLike) -> list[Indices]:
    """Numbers of the options of each element.

    Parameters
    ----------
    element : array of int, shape (n,)
        Element of each option, from 0 without gaps.

    Raises
    ------
    InputError
        No options, or an element without one.
    """
    of = whole_numbers("element", element)
    if not of.size:
        raise InputError("there are no options; expected the element of one option or more")
    groups = [np.flatnonzero(of == one) for one in range(int(of.max()) + 1)]
    if not all(len(group) for group in groups):
        raise InputError("an element has no options; number elements from 0 without gaps")
    return groups


def n_packages(element: ArrayLike) -> int:
    """How many packages there are, affordable or not; errors as in `options_of`."""
    return math.prod(len(group) for group in options_of(element))


def all_packages(element: ArrayLike) -> Indices:
    """Every package, shape (n_packages, n_elements); errors as in `options_of`."""
    return _combined(options_of(element))


def totals(each: ArrayLike, packages: ArrayLike) -> Array:
    """Sums over the options of each package.

    Parameters
    ----------
    each : array of float, shape (..., n)
        What each option costs, or is worth to each of several people.
    packages : array of int, shape (m, n_elements)
        Option numbers.

    Returns
    -------
    array, shape (..., m)

    Examples
    --------
    >>> totals([[1.0, 2.0, 5.0], [0.0, 3.0, 1.0]], [[0, 2], [1, 2]]).tolist()
    [[6.0, 7.0], [1.0, 4.0]]
    """
    worth, chosen = np.asarray(each, dtype=float), np.asarray(packages, dtype=np.int64)
    total = np.zeros((*worth.shape[:-1], len(chosen)))
    # one element after the other, as all at once would need n_elements times the room
    for column in chosen.T:
        total += worth[..., column]
    return total


def affordable(cost: ArrayLike, budget: float) -> NDArray[np.bool_]:
    """Whether each cost is within the budget, but for rounding.

    Parameters
    ----------
    cost : array of float
        Of packages.
    budget : float
        What may be spent.
    """
    return np.asarray(cost, dtype=float) <= budget + SLACK * (1 + abs(budget))


def cheapest(element: ArrayLike, cost: ArrayLike) -> Indices:
    """The package that costs least, shape (n_elements,); the first option where two cost the same.

    Parameters
    ----------
    element : array of int, shape (n,)
        Element of each option.
    cost : array of float, shape (n,)
        Of each option.

    Raises
    ------
    InputError
        As in `options_of`; also costs that are not one an option, or not finite.
    """
    groups, price = _priced(element, cost)
    return np.array([group[np.argmin(price[group])] for group in groups], dtype=np.int64)


def random_package(element: ArrayLike, cost: ArrayLike, budget: float, rng: np.random.Generator) -> Indices:
    """A random affordable package: elements in random order, each with any option that leaves enough for the rest.

    Nothing is drawn and thrown away, so that it ends also where hardly any package is affordable. Packages are not
    equally likely: what comes early in the order has more to spend.

    Parameters
    ----------
    element : array of int, shape (n,)
        Element of each option.
    cost : array of float, shape (n,)
        Of each option.
    budget : float
        What may be spent.
    rng : numpy.random.Generator
        Source of the draws.

    Raises
    ------
    InputError
        As in `cheapest`; also where not even the cheapest package is affordable.
    """
    groups, price = _priced(element, cost)
    package = cheapest(element, price)
    if not affordable(price[package].sum(), budget):
        raise InputError(f"the cheapest package costs {price[package].sum():g}; the budget is {budget:g}")
    for at in rng.permutation(len(groups)).tolist():
        others = price[package].sum() - price[package[at]]
        package[at] = rng.choice(groups[at][affordable(others + price[groups[at]], budget)])
    return package


def moves(element: ArrayLike, package: ArrayLike, most: int = 2) -> Indices:
    """All packages that differ from one in 1 to `most` elements, shape (m, n_elements).

    Parameters
    ----------
    element : array of int, shape (n,)
        Element of each option.
    package : array of int, shape (n_elements,)
        Where to start.
    most : int
        1 or more.

    Raises
    ------
    InputError
        As in `options_of`; also a package that is none, or fewer than one element that may change.

    Examples
    --------
    >>> moves([0, 0, 1, 1], [0, 2], 1).tolist()
    [[1, 2], [0, 3]]
    """
    groups, here = options_of(element), whole_numbers("package", package)
    if here.shape != (len(groups),) or any(one not in group for one, group in zip(here, groups, strict=True)):
        raise InputError(f"the package has shape {here.shape}; expected one option of each of {len(groups)} elements")
    if most < 1:
        raise InputError(f"{most} elements may change; expected 1 or more")
    others = [group[group != one] for one, group in zip(here, groups, strict=True)]
    found = [here[None][:0]]
    for n in range(1, min(most, len(groups)) + 1):
        for places in itertools.combinations(range(len(groups)), n):
            swaps = _combined([others[at] for at in places])
            block = np.tile(here, (len(swaps), 1))
            block[:, places] = swaps
            found.append(block)
    return np.concatenate(found)


def _priced(element: ArrayLike, cost: ArrayLike) -> tuple[list[Indices], Array]:
    groups, price = options_of(element), np.asarray(cost, dtype=float)
    n = sum(map(len, groups))
    if price.shape != (n,) or not np.isfinite(price).all():
        raise InputError(f"costs have shape {price.shape}; expected ({n},), one finite cost an option")
    return groups, price


def _combined(groups: list[Indices]) -> Indices:
    """Every way to take one number of each group, the last group running fastest."""
    n = math.prod(len(group) for group in groups)
    found, alike = np.empty((n, len(groups)), dtype=np.int64), n
    for column, group in zip(found.T, groups, strict=True):
        alike //= max(len(group), 1)
        column[:] = np.resize(np.repeat(group, alike), n)
    return found
