"""How far apart distributions are: the Jensen–Shannon divergence, its centroid, and the spread of a group about it.

Distributions lie on the last axis. A group of n of them is an array (n, k); many groups at once are (..., n, k), padded
to one length with `members` False where there is nobody. Divergences are in nats. Pure functions on numpy arrays.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]
About = Literal["centroid", "mean", "pairwise", "radius"]

FLOOR = 1e-10  #: added to every probability, so that a centroid may lie on no wall of the simplex
EQUAL = 1e-4  #: a group whose members differ by no more than this, in any probability, has no spread
MOST = float(np.sqrt(np.log(2.0)))  #: the largest distance of two distributions
TOLERANCE = 1e-14
MAX_STEPS = 100_000
SUM = 1e-6


def jensen_shannon(p: ArrayLike, q: ArrayLike) -> Array:
    """Jensen–Shannon divergence.

    JSD(p, q) = ½ KL(p ‖ m) + ½ KL(q ‖ m), m = (p + q) / 2, natural logarithm; its root is a metric.

    Parameters
    ----------
    p, q : array of float, shape (..., k), broadcast against each other
        Distributions over the same k options.

    Returns
    -------
    array of float, shape (...)
        From 0 to ln 2.

    Raises
    ------
    InputError
        Something is no distribution: NaN, below 0, or a sum other than 1.

    References
    ----------
    Lin, J. (1991). Divergence measures based on the Shannon entropy. IEEE Transactions on Information Theory 37,
    145-151. Endres, D. M. & Schindelin, J. E. (2003). A new metric for probability distributions. Ibid. 49, 1858-1860.

    Examples
    --------
    >>> jensen_shannon([[0.5, 0.5], [1.0, 0.0]], [0.0, 1.0]).round(4).tolist()
    [0.2158, 0.6931]
    """
    one, other = _distributions("p", p), _distributions("q", q)
    if one.shape[-1] != other.shape[-1]:
        raise InputError(f"p has {one.shape[-1]} options and q {other.shape[-1]}; compare distributions over the same")
    return _divergence(one, other)


def centroid(
    p: ArrayLike, members: ArrayLike | None = None, *, tolerance: float = TOLERANCE, max_steps: int = MAX_STEPS
) -> Array:
    """Jensen–Shannon centroid c = argmin_q Σ_i JSD(p_i, q) of each group.

    By the concave–convex procedure: q ← normalised Π_i ((p_i + q) / 2)^{1/n} from the arithmetic mean, which lowers the
    sum at every step. `FLOOR` is added to every probability first.

    Parameters
    ----------
    p : array of float, shape (..., n, k)
        Groups of n distributions.
    members : array of bool, shape (..., n), optional
        False where a group is shorter; every group has a member.
    tolerance : float
        Steps end where no probability moves by more.
    max_steps : int
        After so many steps it is an error; members that are nearly disjoint take some hundred.

    Returns
    -------
    array of float, shape (..., k)
        One distribution a group.

    Raises
    ------
    InputError
        As in `jensen_shannon`; also a group without members, or one whose centroid was not reached.

    References
    ----------
    Nielsen, F. (2020). On a generalization of the Jensen–Shannon divergence and the Jensen–Shannon centroid. Entropy
    22, 221.

    Examples
    --------
    >>> centroid([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]).round(6).tolist()
    [0.578972, 0.421028]
    """
    given, mask = _groups(p, members)
    found = _centroid(given.reshape(-1, *given.shape[-2:]), mask.reshape(-1, mask.shape[-1]), tolerance, max_steps)
    return found.reshape(*given.shape[:-2], given.shape[-1])


def distances(p: ArrayLike, members: ArrayLike | None = None, *, about: About = "centroid") -> Array:
    """How far each member lies from its group.

    Parameters
    ----------
    p : array of float, shape (..., n, k)
        Groups of n distributions.
    members : array of bool, shape (..., n), optional
        False where a group is shorter.
    about : {"centroid", "mean", "pairwise", "radius"}
        √JSD to the group's Jensen–Shannon centroid; √JSD to its arithmetic mean; the mean √JSD to the other members; or
        KL to the arithmetic mean, a divergence, whose mean is Sibson's information radius H(p̄) − mean H(p_i).

    Returns
    -------
    array of float, shape (..., n)
        0 to √ln 2, but for the radius, whose members can reach ln n. 0 for the only member of a group, for members of
        groups that are equal within `EQUAL`, and where there is no member.

    Raises
    ------
    InputError
        As in `centroid`.

    References
    ----------
    Moore, J., Deshpande, T. & Yang, D. (2024). Are large language models consistent over value-laden questions?
    EMNLP 2024, arXiv:2407.02996. Sibson, R. (1969). Information radius. Zeitschrift für Wahrscheinlichkeitstheorie 14,
    149-160.

    Examples
    --------
    >>> distances([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]).round(4).tolist()
    [0.266, 0.2793, 0.0151]
    """
    if about not in get_args(About):
        raise InputError(f"about is {about!r}; expected one of {', '.join(get_args(About))}")
    given, mask = _groups(p, members)
    shape = mask.shape
    given, mask = given.reshape(-1, *given.shape[-2:]), mask.reshape(-1, shape[-1])
    found = np.zeros(mask.shape)
    moving = _differ(given, mask)
    if moving.any():
        found[moving] = np.where(mask[moving], _about(given[moving], mask[moving], about), 0.0)
    return found.reshape(shape)


def distance(p: ArrayLike, members: ArrayLike | None = None, *, about: About = "centroid") -> Array:
    """Mean of `distances` over the members of each group: with the centroid, the d-dimensional distance.

    D(p_1 … p_n) = (1/n) Σ_i √JSD(p_i, c). D is 0 where all are equal, and does not depend on the order of members or
    options. Σ_i JSD(p_i, c) ≤ Σ_i JSD(p_i, q) for every q, so also for the arithmetic mean and for each member.

    Parameters
    ----------
    p, members, about
        As in `distances`.

    Returns
    -------
    array of float, shape (...)
        One number a group.

    Raises
    ------
    InputError
        As in `centroid`.

    Examples
    --------
    >>> distance([[[0, 1], [1, 0]], [[0.5, 0.5], [0.5, 0.5]]]).round(6).tolist()
    [0.464501, 0.0]
    """
    each = distances(p, members, about=about)
    counts = each.shape[-1] if members is None else np.asarray(members, dtype=bool).sum(axis=-1)
    return each.sum(axis=-1) / counts


def _about(p: Array, mask: NDArray[np.bool_], about: About) -> Array:
    from scipy.special import rel_entr

    if about == "centroid":
        middle = _centroid(p, mask, TOLERANCE, MAX_STEPS)
        return np.sqrt(_divergence(_floored(p), middle[:, None]))
    mean = np.einsum("gnk,gn->gk", p, mask) / mask.sum(axis=1, keepdims=True)
    if about == "mean":
        return np.sqrt(_divergence(p, mean[:, None]))
    if about == "radius":
        return np.where(mask, rel_entr(p, np.where(mask[..., None], mean[:, None], p)).sum(axis=-1), 0.0)
    # one member against all at a time, so that memory grows with n and not with n²
    total = np.zeros(mask.shape)
    for i in range(p.shape[1]):
        total += np.sqrt(_divergence(p, p[:, i : i + 1])) * mask[:, i : i + 1]
    return total / np.maximum(mask.sum(axis=1, keepdims=True) - 1, 1)


def _centroid(p: Array, mask: NDArray[np.bool_], tolerance: float, max_steps: int) -> Array:
    p = _floored(p)
    weight = mask / mask.sum(axis=1, keepdims=True)
    found = np.einsum("gnk,gn->gk", p, weight)
    left, q = np.arange(len(p)), found.copy()
    for _ in range(max_steps):
        new = np.exp(np.einsum("gnk,gn->gk", np.log((p + q[:, None]) / 2), weight))
        new /= new.sum(axis=1, keepdims=True)
        moved, q = np.abs(new - q).max(axis=1), new
        still = moved > tolerance
        if not still.all():
            found[left[~still]] = q[~still]
            left, p, weight, q = left[still], p[still], weight[still], q[still]
            if not len(left):
                return found
    raise InputError(f"{len(left)} centroids were not reached in {max_steps} steps; raise max_steps or tolerance")


def _divergence(p: Array, q: Array) -> Array:
    from scipy.special import rel_entr

    middle = (p + q) / 2
    # rounding takes the divergence of near equals a hair below 0
    return np.maximum((rel_entr(p, middle) + rel_entr(q, middle)).sum(axis=-1) / 2, 0.0)


def _differ(p: Array, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    there = mask[..., None]
    reach = np.where(there, p, -np.inf).max(axis=1) - np.where(there, p, np.inf).min(axis=1)
    return reach.max(axis=1) > EQUAL


def _floored(p: Array) -> Array:
    raised = p + FLOOR
    return raised / raised.sum(axis=-1, keepdims=True)


def _groups(p: ArrayLike, members: ArrayLike | None) -> tuple[Array, NDArray[np.bool_]]:
    given = np.asarray(p, dtype=float)
    if given.ndim < 2 or 0 in given.shape[-2:]:
        raise InputError(f"groups have shape {given.shape}; expected (..., n, k): n distributions over k options each")
    mask = np.ones(given.shape[:-1], dtype=bool) if members is None else np.asarray(members, dtype=bool)
    if mask.shape != given.shape[:-1]:
        raise InputError(f"members have shape {mask.shape}; expected {given.shape[:-1]}, one a distribution")
    if not mask.any(axis=-1).all():
        raise InputError("a group has no members; leave it out")
    # whatever stands where nobody is must not be looked at
    return _distributions("p", np.where(mask[..., None], given, 1.0 / given.shape[-1])), mask


def _distributions(name: str, given: ArrayLike) -> Array:
    p = np.asarray(given, dtype=float)
    if p.ndim == 0 or p.shape[-1] == 0:
        raise InputError(f"{name} has shape {p.shape}; expected one probability an option on the last axis")
    if not (np.isfinite(p).all() and (p >= 0).all() and (np.abs(p.sum(axis=-1) - 1) <= SUM).all()):
        bad = p.reshape(-1, p.shape[-1])
        wrong = ~(np.isfinite(bad).all(axis=1) & (bad >= 0).all(axis=1) & (np.abs(bad.sum(axis=1) - 1) <= SUM))
        raise InputError(f"{name} holds {bad[np.argmax(wrong)].tolist()}, which is no distribution; divide by its sum")
    return p
