"""Log-ratios of shares: coordinates in which they may be added and averaged like any other numbers.

Centred (clr), isometric (ilr) and additive (alr) ones, and back. Pure functions on numpy arrays, whose last axis holds
the parts of one whole.

References
----------
Aitchison, J. (1986). The Statistical Analysis of Compositional Data. Chapman & Hall. Egozcue, J. J., Pawlowsky-Glahn,
V., Mateu-Figueras, G. & Barceló-Vidal, C. (2003). Isometric logratio transformations for compositional data analysis.
Mathematical Geology 35, 279-300.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]


def clr(x: ArrayLike) -> Array:
    """Centred log-ratios.

    clr(x) = log x − mean log x; they sum to 0.

    Parameters
    ----------
    x : array of float, shape (..., n)
        Above 0; it need not sum to 1.

    Returns
    -------
    array of float, shape (..., n)

    Raises
    ------
    InputError
        Fewer than two parts, NaN, an infinity, or a part of 0 or less.

    Examples
    --------
    >>> clr([1.0, np.e**2]).round(12).tolist()
    [-1.0, 1.0]
    """
    logs = _logs(x)
    return logs - logs.mean(axis=-1, keepdims=True)


def clr_inverse(z: ArrayLike) -> Array:
    """Shares from log-ratios, C(exp z); a constant added to all coordinates changes nothing.

    Parameters
    ----------
    z : array of float, shape (..., n)
        Finite.

    Returns
    -------
    array of float, shape (..., n)
        Shares that sum to 1; parts more than 745 nats below the largest are 0.

    Raises
    ------
    InputError
        Fewer than two coordinates, NaN, or an infinity.
    """
    coordinates = finite_parts(z)
    x = np.exp(coordinates - coordinates.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


def ilr(x: ArrayLike) -> Array:
    """Isometric log-ratios: coordinates in an orthonormal basis.

    ilr(x) = clr(x) V with V of `ilr_basis`. Euclid's distance between them is Aitchison's.

    Parameters
    ----------
    x : array of float, shape (..., n)
        Above 0.

    Returns
    -------
    array of float, shape (..., n − 1)

    Raises
    ------
    InputError
        As in `clr`.
    """
    logs = _logs(x)
    return logs @ ilr_basis(logs.shape[-1])


def ilr_inverse(z: ArrayLike) -> Array:
    """Shares from isometric log-ratios, C(exp(z Vᵀ)).

    Parameters
    ----------
    z : array of float, shape (..., n − 1)
        Finite.

    Returns
    -------
    array of float, shape (..., n)

    Raises
    ------
    InputError
        No coordinates, NaN, or an infinity.
    """
    coordinates = finite_parts(z, fewest=1)
    return clr_inverse(coordinates @ ilr_basis(coordinates.shape[-1] + 1).T)


@functools.lru_cache(maxsize=64)
def ilr_basis(n: int) -> Array:
    """Helmert's basis of the log-ratios of n parts.

    Column j opposes the mean of the first j + 1 parts to part j + 2; columns have length 1, are orthogonal, and sum to
    0.

    Parameters
    ----------
    n : int
        Parts, 2 or more.

    Returns
    -------
    array of float, shape (n, n − 1)
        Read-only.

    Raises
    ------
    InputError
        Fewer than two parts.
    """
    if n < 2:
        raise InputError(f"there is {n} part; shares need two or more")
    size = np.arange(1, n)
    basis = np.triu(np.ones((n, n - 1))) / size
    basis[size, size - 1] = -1.0
    basis *= np.sqrt(size / (size + 1))
    basis.flags.writeable = False
    return basis


def alr(x: ArrayLike, *, reference: int = -1) -> Array:
    """Additive log-ratios: each part against one of them.

    alr(x)ᵢ = log(xᵢ / x_ref), without the reference. They are not isometric; use them to read, not to measure.

    Parameters
    ----------
    x : array of float, shape (..., n)
        Above 0.
    reference : int
        Place of the part that the others are held against.

    Returns
    -------
    array of float, shape (..., n − 1)

    Raises
    ------
    InputError
        As in `clr`; also a reference out of range.

    Examples
    --------
    >>> alr([1.0, np.e, 1.0]).round(12).tolist()
    [0.0, 1.0]
    """
    logs = _logs(x)
    at = _place(reference, logs.shape[-1])
    return np.delete(logs - logs[..., at : at + 1], at, axis=-1)


def alr_inverse(z: ArrayLike, *, reference: int = -1) -> Array:
    """Shares from additive log-ratios.

    Parameters
    ----------
    z : array of float, shape (..., n − 1)
        Finite.
    reference : int
        Place of the reference among the n parts.

    Returns
    -------
    array of float, shape (..., n)

    Raises
    ------
    InputError
        No coordinates, NaN, an infinity, or a reference out of range.
    """
    coordinates = finite_parts(z, fewest=1)
    return clr_inverse(np.insert(coordinates, _place(reference, coordinates.shape[-1] + 1), 0.0, axis=-1))


def finite_parts(x: ArrayLike, fewest: int = 2) -> Array:
    """The parts as an array, once it is known that they are finite and enough.

    Parameters
    ----------
    x : array of float, shape (..., n)
        Parts.
    fewest : int
        How many there must be at least.

    Raises
    ------
    InputError
        Too few parts, NaN, or an infinity.
    """
    parts = np.asarray(x, dtype=float)
    if parts.ndim == 0 or parts.shape[-1] < fewest:
        raise InputError(f"shares have shape {parts.shape}; expected (..., n) with n of {fewest} or more")
    if not np.isfinite(parts).all():
        raise at_fault(parts, ~np.isfinite(parts), "is not finite; leave that row out")
    return parts


def _logs(x: ArrayLike) -> Array:
    parts = finite_parts(x)
    if parts.size and parts.min() <= 0:
        raise at_fault(
            parts,
            parts <= 0,
            "has no logarithm; shares must be above 0: leave that row out or, where a 0 means 'too little to say', "
            "give the smallest share that could have been said to replace_zeros (detection_limit)",
        )
    return np.log(parts)


def _place(reference: int, n: int) -> int:
    if not -n <= reference < n:
        raise InputError(f"reference is {reference}; expected a place among {n} parts")
    return reference % n


def at_fault(parts: Array, bad: NDArray[np.bool_], what: str) -> InputError:
    """The error that names the first bad part.

    Parameters
    ----------
    parts : array, shape (..., n)
        All parts.
    bad : array of bool, same shape
        Which are bad.
    what : str
        What is wrong, and what to do.
    """
    at = tuple(int(i) for i in np.argwhere(bad)[0])
    return InputError(f"the part {parts[at]:g} at {list(at)} {what}")
