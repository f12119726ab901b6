"""How far one distribution is from another: Kullback and Leibler's divergence, and total variation.

Distributions lie on the last axis. What is symmetric, and how a group spreads, is in `weigh.ops.jensen_shannon`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]


def kl_divergence(p: ArrayLike, q: ArrayLike) -> Array:
    """KL(p ‖ q) = Σ p ln(p/q), in nats.

    Parameters
    ----------
    p, q : array of float, shape (..., k), broadcast against each other
        Distributions over the same k outcomes.

    Returns
    -------
    array of float, shape (...)
        Infinity where p goes where q does not.

    Raises
    ------
    InputError
        Numbers of outcomes that differ.

    References
    ----------
    Kullback, S. & Leibler, R. A. (1951). On information and sufficiency. Annals of Mathematical Statistics 22, 79-86.

    Examples
    --------
    >>> float(kl_divergence([1.0, 0.0], [0.5, 0.5]).round(6))
    0.693147
    """
    from scipy.special import rel_entr

    return rel_entr(*_over_the_same(p, q)).sum(axis=-1)


def total_variation(p: ArrayLike, q: ArrayLike) -> Array:
    """½ Σ |p − q|: the most by which two distributions differ in the probability of anything.

    Parameters
    ----------
    p, q
        As in `kl_divergence`, with the same errors.

    Returns
    -------
    array of float, shape (...)
        From 0 to 1.

    Examples
    --------
    >>> float(total_variation([0.75, 0.25], [0.25, 0.75]))
    0.5
    """
    one, other = _over_the_same(p, q)
    return np.abs(one - other).sum(axis=-1) / 2


def _over_the_same(p: ArrayLike, q: ArrayLike) -> tuple[Array, Array]:
    one, other = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    if one.ndim == 0 or other.ndim == 0 or one.shape[-1] != other.shape[-1]:
        raise InputError(f"p has shape {one.shape} and q {other.shape}; expected distributions over the same outcomes")
    return one, other
