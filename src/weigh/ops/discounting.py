"""What a delay takes off the worth of money: indifference amounts, and two curves through them."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]
Curve = Literal["hyperbolic", "exponential"]
CURVES: tuple[Curve, ...] = ("hyperbolic", "exponential")

MAX_STEPS = 100
FLAT = 1e-6  #: a logistic curve that rises by less a log unit crosses ½ nowhere in particular
RATES = (1e-6, 1e3)  #: between which a curve's rate is looked for, per unit of time


class DiscountCurve(NamedTuple):
    """One curve through discount factors.

    Attributes
    ----------
    rate : float
        k of 1/(1 + kt), or r of e^(−rt), per unit of the delays.
    se : float
        Its standard error, from the curvature of the squared error; NaN with fewer than two delays above 0.
    mae : float
        Mean absolute residual over delays.
    """

    rate: float
    se: float
    mae: float


def indifference_amount(p_later: ArrayLike, amount: ArrayLike, weight: ArrayLike | None = None) -> float:
    """The later amount that is worth as much as the one now.

    A logistic curve P(later) = 1 / (1 + e^−(α + β ln X)) is fitted by maximum likelihood, and X* = e^(−α/β) is where it
    crosses ½. Where amounts separate the choices without overlap the likelihood has no maximum, and X* is the geometric
    mean of the largest amount refused and the smallest accepted.

    Parameters
    ----------
    p_later : array of float, shape (n,)
        How far the later amount is preferred, 0 to 1.
    amount : array of float, shape (n,)
        Later amounts, above 0.
    weight : array of float, shape (n,), optional
        0 or more.

    Returns
    -------
    float
        NaN where it lies outside the amounts offered, or preference does not rise with the amount.

    Raises
    ------
    InputError
        Nothing to fit, different shapes, NaN, or numbers out of range.

    Examples
    --------
    >>> round(indifference_amount([0.0, 0.0, 1.0, 1.0], [1000, 1600, 2500, 4000]))
    2000
    """
    p, x = np.asarray(p_later, dtype=float), np.asarray(amount, dtype=float)
    w = np.ones_like(p) if weight is None else np.asarray(weight, dtype=float)
    if p.ndim != 1 or not len(p) or x.shape != p.shape or w.shape != p.shape:
        raise InputError(f"an indifference amount needs as many amounts as preferences; got {p.shape} and {x.shape}")
    if not (np.all((p >= 0) & (p <= 1)) and np.all((x > 0) & (x < np.inf)) and np.all((w >= 0) & (w < np.inf))):
        raise InputError("preferences lie from 0 to 1, amounts above 0 and weights from 0, all finite; got others")
    log = np.log(x)
    below, above = log[(p < 1) & (w > 0)], log[(p > 0) & (w > 0)]
    if not len(below) or not len(above):
        return float("nan")
    if below.max() < above.min():
        return float(np.exp((below.max() + above.min()) / 2))
    alpha, beta = _logistic(p, log, w)
    if not beta > FLAT:
        return float("nan")
    found = -alpha / beta
    return float(np.exp(found)) if log.min() <= found <= log.max() else float("nan")


def discount_curve(delay: ArrayLike, factor: ArrayLike, kind: Curve) -> DiscountCurve:
    """Fit a discount curve by least squares.

    D(t) = 1 / (1 + kt), hyperbolic, or D(t) = e^(−rt), exponential.

    Parameters
    ----------
    delay : array of float, shape (n,)
        0 or more.
    factor : array of float, shape (n,)
        D(t): the amount now over the later amount that is worth as much, above 0.
    kind : {"hyperbolic", "exponential"}
        Which curve.

    Returns
    -------
    DiscountCurve

    Raises
    ------
    InputError
        No delay above 0, different shapes, NaN, or numbers out of range.

    References
    ----------
    Mazur, J. E. (1987). An adjusting procedure for studying delayed reinforcement; Samuelson, P. A. (1937). A note on
    measurement of utility. Review of Economic Studies 4, 155-161.

    Examples
    --------
    >>> t = np.arange(1.0, 13.0)
    >>> found = discount_curve(t, 1 / (1 + 0.1 * t), "hyperbolic")
    >>> round(found.rate, 6), round(found.mae, 6)
    (0.1, 0.0)
    """
    from scipy.optimize import minimize_scalar

    t, d = np.asarray(delay, dtype=float), np.asarray(factor, dtype=float)
    if t.ndim != 1 or t.shape != d.shape or not np.isfinite(t).all() or not np.isfinite(d).all():
        raise InputError(f"a discount curve needs one finite factor a delay; got shapes {t.shape} and {d.shape}")
    if kind not in CURVES:
        raise InputError(f"kind is {kind!r}; expected 'hyperbolic' or 'exponential'")
    if not np.any(t > 0) or np.any(t < 0) or not np.all(d > 0):
        raise InputError("a discount curve needs a delay above 0, none below, and factors above 0; got others")

    def curve(log_rate: float) -> Array:
        return np.asarray(discounted(t, float(np.exp(log_rate)), kind))

    low, high = np.log(RATES[0] / t.max()), np.log(RATES[1] / t.max())
    # the squared error may have more than one dip: look over a grid before descending
    grid = np.linspace(low, high, 200)
    start = int(np.argmin([((curve(x) - d) ** 2).sum() for x in grid]))
    ends = grid[max(start - 1, 0)], grid[min(start + 1, len(grid) - 1)]
    found = minimize_scalar(
        lambda x: float(((curve(x) - d) ** 2).sum()), bounds=ends, method="bounded", options={"xatol": 1e-12}
    )
    rate = float(np.exp(found.x))
    error = discounted(t, rate, kind) - d
    slope = -t / (1 + rate * t) ** 2 if kind == "hyperbolic" else -t * np.exp(-rate * t)
    dof = int(np.sum(t > 0)) - 1
    se = float(np.sqrt((error @ error) / dof / (slope @ slope))) if dof > 0 and slope @ slope > 0 else float("nan")
    return DiscountCurve(rate, se, float(np.abs(error).mean()))


def discounted(delay: ArrayLike, rate: float, kind: Curve) -> Array:
    """Discount factors: 1 / (1 + rate · t), hyperbolic, or e^(−rate · t), exponential.

    Parameters
    ----------
    delay : array of float
        0 or more.
    rate : float
        Per unit of the delays, 0 or more.
    kind : {"hyperbolic", "exponential"}
        Which curve.

    Returns
    -------
    array of float, shape of delay
    """
    t = np.asarray(delay, dtype=float)
    return 1 / (1 + rate * t) if kind == "hyperbolic" else np.exp(-rate * t)


def _logistic(p: Array, x: Array, w: Array) -> tuple[float, float]:
    """Newton's method with halved steps, on centred x; the log-likelihood is concave."""
    centre, scale = x.mean(), x.std() or 1.0
    design = np.column_stack([np.ones_like(x), (x - centre) / scale])
    theta = np.zeros(2)

    def loss(theta: Array) -> float:
        z = design @ theta
        return float(w @ (np.logaddexp(0, z) - p * z))

    for _ in range(MAX_STEPS):
        q = 1 / (1 + np.exp(-np.clip(design @ theta, -500, 500)))
        gradient = design.T @ (w * (q - p))
        hessian = (design * (w * q * (1 - q))[:, None]).T @ design + 1e-12 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        while loss(theta - size * step) > loss(theta) and size > 1e-10:
            size /= 2
        theta = theta - size * step
        if np.abs(size * step).max() < 1e-12:
            break
    return float(theta[0] - theta[1] * centre / scale), float(theta[1] / scale)
