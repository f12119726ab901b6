"""From what is known of someone's patience to a utility of time, by maximum entropy: nothing is assumed beyond it."""

from __future__ import annotations

import math
from collections.abc import Callable

from weigh.core.errors import InputError
from weigh.ops.captimes import TimeUtility, exponential, log_laplace, log_normal, pareto, piecewise, uniform


def least_committed(
    *,
    upper: float | None = None,
    mean: float | None = None,
    lower: float | None = None,
    mean_log_excess: float | None = None,
    median: float | None = None,
    mean_log_spread: float | None = None,
    mean_log: float | None = None,
    var_log: float | None = None,
    quantile: tuple[float, float] | None = None,
) -> TimeUtility:
    """The captime of largest entropy among those that agree with what is known.

    A bound leads to `uniform`; a mean to `exponential`; a lower bound and E ln(κ/κ₀) to `pareto`; a median and
    E|ln(κ/κ₀)| to `log_laplace`; mean and variance of ln κ to `log_normal`; a bound and a quantile to `piecewise`.
    Entropy is that of κ for the bounds, the mean and the quantile, and that of ln κ for the others.

    Parameters
    ----------
    upper, lower, mean, median : float, optional
        Of κ.
    mean_log_excess : float, optional
        E ln(κ/κ₀) above the lower bound κ₀.
    mean_log_spread : float, optional
        E|ln(κ/κ₀)| about the median κ₀.
    mean_log, var_log : float, optional
        Of ln κ.
    quantile : (float, float), optional
        κ₁ and P(κ ≤ κ₁).

    Raises
    ------
    InputError
        What is known is none of these sets.

    Examples
    --------
    >>> str(least_committed(lower=5, mean_log_excess=0.5))
    'pareto(5, 2)'
    """
    known = {name: value for name, value in locals().items() if value is not None}
    made: dict[frozenset[str], Callable[..., TimeUtility]] = {
        frozenset(["upper"]): uniform,
        frozenset(["mean"]): exponential,
        frozenset(["lower", "mean_log_excess"]): lambda lower, mean_log_excess: pareto(
            lower, 1 / _above("mean_log_excess", mean_log_excess)
        ),
        frozenset(["median", "mean_log_spread"]): lambda median, mean_log_spread: log_laplace(
            median, 1 / _above("mean_log_spread", mean_log_spread)
        ),
        frozenset(["mean_log", "var_log"]): lambda mean_log, var_log: log_normal(
            math.exp(mean_log), math.sqrt(_above("var_log", var_log))
        ),
        frozenset(["upper", "quantile"]): lambda upper, quantile: piecewise(quantile[0], upper, quantile[1]),
    }
    family = made.get(frozenset(known))
    if family is None:
        sets = "; ".join(" and ".join(sorted(names)) for names in made)
        raise InputError(f"nothing is known here for {', '.join(known) or 'nothing'}; expected one of: {sets}")
    return family(**known)


def _above(name: str, given: float) -> float:
    if not (math.isfinite(given) and given > 0):
        raise InputError(f"{name} is {given!r}; expected a finite number above 0")
    return given
