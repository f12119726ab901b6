"""Whether what comes first is worth what follows from it: two-step worlds, fitted in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]

DISCOUNT = 0.99
ANCHOR = 0.1


class ValueFit(NamedTuple):
    """Rewards and values that explain the utilities of a two-step world.

    Attributes
    ----------
    error : float
        Mean |U − V_new| over first and last steps: near 0 where first steps are worth what follows from them.
    first, last : array of float, shape (n_first,) and (n_last,)
        V_new of the first steps, γ Σ p V, and of the last ones, R.
    loss : float
        The least loss.
    """

    error: float
    first: Array
    last: Array
    loss: float


def instrumental_fit(
    first: ArrayLike, last: ArrayLike, transition: ArrayLike, *, discount: float = DISCOUNT, anchor: float = ANCHOR
) -> ValueFit:
    """Fit rewards and values to the utilities of a two-step world; only its ends may be rewarding in themselves.

    With U the utilities of first steps s and last steps l, P the transitions, and unknown R_l, V_l, V_s:
    V_new(l) = R_l, V_new(s) = γ Σ_l P_sl V_l, and the loss is mean (V_new − V)² + λ mean (V_new − U)² over all steps.
    V_s is free, so its term is 0 and the rest is linear least squares in (R, V_l), solved at once:
    Σ_l (R_l − V_l)² + λ Σ_l (R_l − U_l)² + λ Σ_s (γ Σ_l P_sl V_l − U_s)².

    The source descends this loss by Adam, 1,000 steps at a rate of .01 from zero, with R of the first steps set back
    to 0 after each; on its own worlds that ends at the same least, with errors equal to four digits.

    Parameters
    ----------
    first : array of float, shape (n_first,)
        Utilities of the first steps.
    last : array of float, shape (n_last,)
        Utilities of the last steps, each together with what led to it.
    transition : array of float, shape (n_first, n_last)
        Probability of each last step after each first one; rows sum to 1.
    discount : float
        γ, 0 to 1.
    anchor : float
        λ, above 0: how much it counts that values are the utilities.

    Returns
    -------
    ValueFit

    Raises
    ------
    InputError
        Shapes that do not fit, NaN, or rows that do not sum to 1.

    References
    ----------
    Mazeika, M. et al. (2025). Utility engineering. arXiv:2502.08640.

    Examples
    --------
    >>> natural = instrumental_fit([0.8, 0.2], [1.0, 0.0], [[0.8, 0.2], [0.2, 0.8]], discount=1.0)
    >>> turned = instrumental_fit([0.2, 0.8], [1.0, 0.0], [[0.8, 0.2], [0.2, 0.8]], discount=1.0)
    >>> round(natural.error, 6), turned.error > 0.1
    (0.0, True)
    """
    u_first, u_last, p = (np.asarray(x, dtype=float) for x in (first, last, transition))
    if u_first.ndim != 1 or u_last.ndim != 1 or p.shape != (len(u_first), len(u_last)) or p.size == 0:
        raise InputError(f"utilities of shapes {u_first.shape}, {u_last.shape} do not fit transitions of {p.shape}")
    finite = np.isfinite(u_first).all() and np.isfinite(u_last).all()
    if not finite or not np.all(p >= 0) or not np.allclose(p.sum(axis=1), 1.0, rtol=0, atol=1e-6):
        raise InputError("transitions are 0 or more and each row sums to 1, and utilities are finite; got others")
    if not (0 <= discount <= 1 and anchor > 0):
        raise InputError(f"discount lies from 0 to 1 and anchor above 0; got {discount} and {anchor}")
    n, weight = len(u_last), np.sqrt(anchor)
    eye, none = np.eye(n), np.zeros((n, n))
    design = np.block([[eye, -eye], [weight * eye, none], [np.zeros((len(u_first), n)), weight * discount * p]])
    target = np.concatenate([np.zeros(n), weight * u_last, weight * u_first])
    solution = np.linalg.lstsq(design, target, rcond=None)[0]
    reward, value = solution[:n].astype(float), solution[n:]
    new = discount * p @ value
    steps = len(u_first) + n
    error = float((np.abs(new - u_first).sum() + np.abs(reward - u_last).sum()) / steps)
    return ValueFit(error, new, reward, float(((design @ solution - target) ** 2).sum() / steps))


def mean_error(fits: Sequence[ValueFit]) -> float:
    """Mean error over worlds: lower where values look instrumental.

    Raises
    ------
    InputError
        There are no worlds.
    """
    if not fits:
        raise InputError("there are no worlds to average over; fit at least one")
    return float(np.mean([fit.error for fit in fits]))
