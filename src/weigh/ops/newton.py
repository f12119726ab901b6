"""The lowest point of a smooth function: Newton's method in a trust region, its steps by conjugate gradients.

The Hessian is only ever multiplied with a vector, so that a step costs as much as the data are long. What makes few
steps do is the preconditioner M, a matrix near the Hessian with which systems are quickly solved, such as its diagonal.
All lengths are in its norm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Operator = Callable[[Array], Array]
Objective = Callable[[Array], tuple[float, Array, Operator]]

NEAR = 1.0
STOP = 1e-8
SEEN = 1e-3
ROUNDING = 1e-13  # of a value, below which a fall cannot be told from rounding


class Optimum(NamedTuple):
    """Where a descent ended.

    Attributes
    ----------
    x : array, shape (n,)
        The point.
    value : float
        The objective there.
    gap : float
        Length of the gradient there, ‖g‖ = √(g M⁻¹ g).
    converged : bool
        Whether the gap is no more than rounding may leave.
    """

    x: Array
    value: float
    gap: float
    converged: bool


def minimise(
    objective: Objective, preconditioner: Callable[[Array], Operator], start: Array, *, goal: float = STOP
) -> Optimum:
    """Minimise a smooth function, which need not be convex.

    Steihaug's truncated conjugate gradients solve H p = −g within ‖p‖_M ≤ radius; the radius follows the ratio of the
    fall that came to the fall that was foretold. The preconditioner is made twice, at the start and near the optimum.

    Parameters
    ----------
    objective : callable
        x -> (value, gradient, product), where product(p) = H p at x. It may be infinite far from the start.
    preconditioner : callable
        x -> solve, where solve(r) = M⁻¹ r with M symmetric, positive, and near the Hessian at x.
    start : array, shape (n,)
        Where to begin; the objective is finite there.
    goal : float
        Length of the gradient at which to stop; with `NEAR` one lands close enough to begin something else.

    Returns
    -------
    Optimum

    References
    ----------
    Steihaug, T. (1983). The conjugate gradient method and trust regions in large scale optimization. SIAM Journal on
    Numerical Analysis 20, 626-637.

    Examples
    --------
    >>> bowl = lambda x: (float((x - 3) @ (x - 3)), 2 * (x - 3), lambda p: 2 * p)
    >>> minimise(bowl, lambda x: lambda r: r / 2, np.zeros(2)).x.round(6).tolist()
    [3.0, 3.0]
    """
    found = _descend(objective, preconditioner(start), start, goal=NEAR, max_steps=30)
    return found if goal >= NEAR else _descend(objective, preconditioner(found.x), found.x, goal=goal, max_steps=200)


def _descend(objective: Objective, solve: Operator, x: Array, *, goal: float, max_steps: int) -> Optimum:
    value, gradient, product = objective(x)
    gap = float(np.sqrt(gradient @ solve(gradient)))
    radius = max(1.0, gap)
    for _ in range(max_steps):
        if gap <= goal:
            break
        step, length, foretold = _step(gradient, product, solve, radius, min(0.3, gap) * gap)
        new_value, new_gradient, new_product = objective(x + step)
        fall = value - new_value
        # a fall below the rounding of the two values cannot be seen, but the gradient's can
        if foretold <= ROUNDING * abs(value):
            if not np.isfinite(new_value) or np.sqrt(new_gradient @ solve(new_gradient)) >= gap:
                break
        elif not fall >= 0.1 * foretold:
            radius = length / 4
            if radius < 1e-12:
                break
            continue
        elif fall >= 0.75 * foretold:
            radius *= 3
        x, value, gradient, product = x + step, new_value, new_gradient, new_product
        gap = float(np.sqrt(gradient @ solve(gradient)))
    hidden = min(0.1, float(np.sqrt(10 * ROUNDING * abs(value))))
    return Optimum(x, float(value), gap, gap <= max(SEEN, hidden))


def _step(
    gradient: Array, product: Operator, solve: Operator, radius: float, enough: float
) -> tuple[Array, float, float]:
    """Steihaug's step, its length, and the fall of the quadratic model over it."""
    step, rest = np.zeros_like(gradient), gradient
    solved = solve(rest)
    way, left = -solved, float(rest @ solved)
    # squared lengths of step and way, and their product, in the norm of M
    step2, cross, way2, foretold = 0.0, 0.0, left, 0.0
    for _ in range(2 * len(gradient) + 20):
        bent = product(way)
        curvature = float(way @ bent)
        alpha = left / curvature if curvature > 0 else np.inf
        if not step2 + 2 * alpha * cross + alpha**2 * way2 < radius**2:
            alpha = (np.sqrt(cross**2 + way2 * (radius**2 - step2)) - cross) / way2
            return step + alpha * way, radius, foretold + alpha * left - alpha**2 / 2 * curvature
        step = step + alpha * way
        foretold += alpha * left / 2
        step2 += 2 * alpha * cross + alpha**2 * way2
        rest = rest + alpha * bent
        solved = solve(rest)
        before, left = left, float(rest @ solved)
        if np.sqrt(max(left, 0.0)) <= enough:
            break
        cross = left / before * (cross + alpha * way2)
        way2 = left + (left / before) ** 2 * way2
        way = left / before * way - solved
    return step, float(np.sqrt(step2)), foretold
