"""Many ridge-penalised logistic regressions at once: one design, and one set of row weights a fit.

    minimise  Σ_i m_i [log(1 + e^{z_i}) − y_i z_i] + λ/2 ‖w‖²,    z_i = x_i·w + b,

with a free intercept b: scikit-learn's `LogisticRegression(C=1/λ)` for two classes. Newton steps are shortened to
t = log(1 + d)/d, d being the largest change of a z_i. Along a step the curvature changes by a factor e^{td} at most, so
that the sum falls at every step, from any start; near the optimum t is 1 and digits double.

References: Bach, F. (2010), Self-concordant analysis for logistic regression, EJS 4, 384-414.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]

MOST_STEPS = 200
CELLS = 1 << 22  # entries of the products x_i x_iᵀ beyond which Hessians are made one by one


def logistic_fits(X: ArrayLike, y: ArrayLike, weights: ArrayLike, *, penalty: float = 1.0, near: float = 1e-7) -> Array:
    """Fit a logistic regression for each row of weights.

    Parameters
    ----------
    X : array of float, shape (n, d)
        Rows that all fits share.
    y : array, shape (n,)
        0 or 1.
    weights : array, shape (m, n)
        0 or more, or false and true: which rows each fit sees. Each needs both classes.
    penalty : float
        λ above 0.
    near : float
        Stop once no z has changed by more than this; what is left then is about its square.

    Returns
    -------
    array of float, shape (m, d + 1)
        w and, last, b.

    Raises
    ------
    InputError
        Shapes that do not fit, NaN, other classes than 0 and 1, a fit with one class only, or a penalty of 0 or less.

    Examples
    --------
    >>> X, y = [[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1]
    >>> logistic_fits(X, y, [[1, 1, 1, 1], [0, 1, 1, 0]])[:, 0].round(3).tolist()
    [1.007, 0.675]
    """
    rows, label, seen = np.asarray(X, dtype=float), np.asarray(y, dtype=float), np.asarray(weights, dtype=float)
    n = rows.shape[0] if rows.ndim else 0
    if rows.ndim != 2 or label.shape != (n,) or seen.ndim != 2 or seen.shape[1] != n:
        raise InputError(
            f"X has shape {rows.shape}, y {label.shape} and weights {seen.shape}; expected (n, d), (n,) and (m, n)"
        )
    if not (np.isfinite(rows).all() and np.isfinite(seen).all() and (seen >= 0).all() and np.isin(label, (0, 1)).all()):
        raise InputError("X must be finite, weights 0 or more, and y 0 or 1")
    if not penalty > 0:
        raise InputError(f"penalty is {penalty!r}; expected a number above 0, as without one a fit may have no end")
    if len(seen) and min((seen @ label).min(), (seen @ (1 - label)).min()) <= 0:
        raise InputError("a fit sees rows of one class only; give each fit both")
    design = np.column_stack([rows, np.ones(n)])
    size = design.shape[1]
    ridge = penalty * np.append(np.ones(size - 1), 0.0)
    squares = (design[:, :, None] * design[:, None, :]).reshape(n, -1) if n * size**2 <= CELLS else None
    found = np.zeros((len(seen), size))
    active = np.arange(len(seen))
    for _ in range(MOST_STEPS):  # a few are enough, unless columns differ in scale by many orders
        if not len(active):
            return found
        m, w = seen[active], found[active]
        p = _expit(w @ design.T)
        gradient = (m * (p - label)) @ design + ridge * w
        bent = _hessians(design, squares, m * p * (1 - p)) + np.diag(ridge)
        try:
            step = np.linalg.solve(bent, gradient[:, :, None])[:, :, 0]
        except np.linalg.LinAlgError as error:
            raise InputError("a logistic fit is flat to rounding; scale the columns of X or raise penalty") from error
        d = np.where(m > 0, np.abs(step @ design.T), 0.0).max(axis=1)
        found[active] = w - (np.log1p(d) / np.maximum(d, 1e-300))[:, None] * step
        active = active[d > near]
    raise InputError(f"{len(active)} logistic fits did not settle in {MOST_STEPS} steps; scale the columns of X")


def _expit(z: Array) -> Array:
    from scipy.special import expit

    return expit(z)


def _hessians(design: Array, squares: Array | None, curvature: Array) -> Array:
    size = design.shape[1]
    if squares is not None:
        return (curvature @ squares).reshape(-1, size, size)
    return np.stack([(design * row[:, None]).T @ design for row in curvature])
