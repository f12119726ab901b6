"""What an answer at time t is worth, for someone whose patience ends at a random time: utilities of running times.

Someone stops waiting at κ ~ K, which does not depend on the run. An answer before κ is worth 1 and none is worth 0, so
that a run of t seconds is worth u(t) = P(κ > t), the survival function of K. Where an answer also loses worth while it
is awaited, u(t) = max(0, 1 − cost(t)) · P(κ > t). Every u falls from 1 at most to 0, and u(∞) = 0.

Source: Graham, D. R., Leyton-Brown, K. and Roughgarden, T. (2023). Formalizing preferences over runtime distributions.
ICML, arXiv:2205.13028. The families are theirs; which knowledge of K leads to which family is the textbooks' principle
of maximum entropy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]
Curve = Callable[[Array], Array]


@dataclass(frozen=True)
class TimeUtility:
    """A utility of running times; `utility(t)` gives it.

    Parameters
    ----------
    family : str
        Name of the captime's family.
    parameters : tuple of float
        Of the family, as its function takes them; times in seconds or whatever unit the runs have.
    survival : callable
        P(κ > t), for finite t of 0 or more.
    density : callable or None
        Of κ; None where it has none, as for a deadline that is known.
    """

    family: str
    parameters: tuple[float, ...]
    survival: Curve = field(repr=False, compare=False)
    density: Curve | None = field(default=None, repr=False, compare=False)

    def __call__(self, t: ArrayLike) -> Array:
        """Worth of answers at times t of 0 or more, shape of t; ∞, which is no answer, is worth 0."""
        times = np.asarray(t, dtype=np.float64)
        if np.isnan(times).any() or (times < 0).any():
            raise InputError("a running time is negative or NaN; expected 0 or more, and infinity for no answer")
        finite = np.isfinite(times)
        return np.where(finite, self.survival(np.where(finite, times, 0.0)), 0.0)

    def __str__(self) -> str:
        return f"{self.family}({', '.join(f'{x:g}' for x in self.parameters)})"


def step(deadline: float) -> TimeUtility:
    """A deadline that is known: 1 before it, 0 from it on. InputError unless it is finite and above 0."""
    (d,) = _positive("step", deadline)
    return TimeUtility("step", (d,), lambda t: (t < d).astype(float))


def uniform(upper: float) -> TimeUtility:
    """κ is anywhere up to a bound: max(0, 1 − t/κ₀). InputError unless it is finite and above 0."""
    (k,) = _positive("uniform", upper)
    return TimeUtility("uniform", (k,), lambda t: np.maximum(0.0, 1 - t / k), lambda t: (t < k) / k)


def exponential(mean: float) -> TimeUtility:
    """κ has a mean and no memory: e^(−t/κ₀). InputError unless it is finite and above 0."""
    (k,) = _positive("exponential", mean)
    return TimeUtility("exponential", (k,), lambda t: np.exp(-t / k), lambda t: np.exp(-t / k) / k)


def pareto(lower: float, alpha: float) -> TimeUtility:
    """κ is κ₀ at least, with a heavy tail: 1 before κ₀, (κ₀/t)^α after.

    Parameters
    ----------
    lower : float
        κ₀, above 0.
    alpha : float
        How fast patience ends after it, above 0.

    Raises
    ------
    InputError
        A parameter that is not a finite number above 0.
    """
    k, a = _positive("pareto", lower, alpha)
    return TimeUtility(
        "pareto",
        (k, a),
        lambda t: (k / np.maximum(t, k)) ** a,
        lambda t: np.where(t < k, 0.0, a / np.maximum(t, k) * (k / np.maximum(t, k)) ** a),
    )


def log_laplace(median: float, alpha: float) -> TimeUtility:
    """κ spreads about a median by factors: 1 − ½(t/κ₀)^α before it, ½(κ₀/t)^α after.

    Parameters
    ----------
    median : float
        κ₀, above 0.
    alpha : float
        Inverse of the mean of |ln(κ/κ₀)|, above 0.

    Raises
    ------
    InputError
        A parameter that is not a finite number above 0.
    """
    k, a = _positive("log_laplace", median, alpha)
    return TimeUtility("log_laplace", (k, a), *_two_sided(k, a, a))


def generalised_log_laplace(mode: float, alpha: float, beta: float) -> TimeUtility:
    """As `log_laplace` with two spreads: 1 − α/(α+β)·(t/κ₀)^β before κ₀, β/(α+β)·(κ₀/t)^α after.

    Parameters
    ----------
    mode : float
        κ₀, above 0; not the median unless α = β.
    alpha, beta : float
        Rates above and below it, above 0.

    Raises
    ------
    InputError
        A parameter that is not a finite number above 0.
    """
    k, a, b = _positive("generalised_log_laplace", mode, alpha, beta)
    return TimeUtility("generalised_log_laplace", (k, a, b), *_two_sided(k, a, b))


def log_normal(median: float, sigma: float) -> TimeUtility:
    """ln κ is normal: 1 − Φ(ln(t/κ₀)/σ).

    Parameters
    ----------
    median : float
        κ₀, above 0.
    sigma : float
        Standard deviation of ln κ, above 0.

    Raises
    ------
    InputError
        A parameter that is not a finite number above 0.
    """
    from scipy.special import ndtr

    k, s = _positive("log_normal", median, sigma)
    tiny = np.finfo(float).tiny

    def score(t: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.log(t / k) / s

    return TimeUtility(
        "log_normal",
        (k, s),
        lambda t: ndtr(-score(t)),
        lambda t: np.exp(-(score(t) ** 2) / 2) / (np.maximum(t, tiny) * s * math.sqrt(2 * math.pi)),
    )


def piecewise(quantile: float, upper: float, delta: float) -> TimeUtility:
    """κ is before κ₁ with probability δ, and before κ₀ surely; even within both parts.

    Parameters
    ----------
    quantile, upper : float
        κ₁ and κ₀, 0 < κ₁ < κ₀.
    delta : float
        P(κ ≤ κ₁), from 0 to 1.

    Raises
    ------
    InputError
        Times that are not finite or not 0 < κ₁ < κ₀, or a probability that is none.
    """
    first, last = _positive("piecewise", quantile, upper)
    if not (first < last and 0 <= delta <= 1):
        raise InputError(f"piecewise got {quantile!r}, {upper!r}, {delta!r}; expected 0 < κ₁ < κ₀ and 0 ≤ δ ≤ 1")
    d = float(delta)
    times, worth = [0.0, first, last], [1.0, 1 - d, 0.0]
    early, late = d / first, (1 - d) / (last - first)
    return TimeUtility(
        "piecewise",
        (first, last, d),
        lambda t: np.interp(t, times, worth),
        lambda t: np.where(t < first, early, np.where(t < last, late, 0.0)),
    )


def polynomial(upper: float, power: float) -> TimeUtility:
    """Patience ends at a bound, late for powers above 1: max(0, 1 − (t/κ₀)^a).

    Parameters
    ----------
    upper : float
        κ₀, above 0.
    power : float
        a, above 0.

    Raises
    ------
    InputError
        A parameter that is not a finite number above 0.
    """
    k, a = _positive("polynomial", upper, power)
    return TimeUtility(
        "polynomial",
        (k, a),
        lambda t: 1 - np.minimum(t / k, 1.0) ** a,
        lambda t: np.where((t > 0) & (t < k), a / k * (np.clip(t, np.finfo(float).tiny, k) / k) ** (a - 1), 0.0),
    )


FAMILIES: dict[str, Callable[..., TimeUtility]] = {
    "step": step, "uniform": uniform, "exponential": exponential, "exp": exponential, "pareto": pareto,
    "log_laplace": log_laplace, "generalised_log_laplace": generalised_log_laplace, "log_normal": log_normal,
    "piecewise": piecewise, "polynomial": polynomial,
}  # fmt: skip


def time_utility(text: str) -> TimeUtility:
    """A utility from its name and parameters, such as "uniform(20)" or "pareto(5, 3)".

    Raises
    ------
    InputError
        An unknown family, or parameters that it does not take.

    Examples
    --------
    >>> time_utility("pareto(5, 1)")([1, 10]).tolist()
    [1.0, 0.5]
    """
    found = re.fullmatch(r"\s*(\w+)\s*\(([^()]*)\)\s*", text) if isinstance(text, str) else None
    family = FAMILIES.get(found[1].lower()) if found else None
    if found is None or family is None:
        raise InputError(f"{text!r} is no utility of time; expected one of {', '.join(FAMILIES)}, as in 'uniform(20)'")
    try:
        return family(*map(float, found[2].split(",")))
    except (TypeError, ValueError) as error:
        wanted = ", ".join(family.__code__.co_varnames[: family.__code__.co_argcount])
        raise InputError(f"{text!r} cannot be used ({error}); expected {found[1]}({wanted})") from error


def with_cost(utility: TimeUtility, cost: Curve) -> TimeUtility:
    """The same patience, for an answer that loses worth while it is awaited: max(0, 1 − cost(t)) · u(t).

    Parameters
    ----------
    utility : TimeUtility
        Whose survival function is kept.
    cost : callable
        0 or more and not falling, such as `lambda t: 0.1 * np.log1p(t)`.

    Raises
    ------
    InputError
        The cost is negative or falls, where it is tried.
    """
    tried = cost(np.concatenate([[0.0], np.logspace(-6, 9, 200)]))
    if (tried < 0).any() or (np.diff(tried) < 0).any():
        raise InputError("the cost of waiting is negative or falls with time; expected 0 or more, and never less later")
    worth = utility.survival
    return TimeUtility(
        f"{utility.family}, less a cost", utility.parameters, lambda t: np.maximum(0.0, 1 - cost(t)) * worth(t)
    )


def _two_sided(k: float, a: float, b: float) -> tuple[Curve, Curve]:
    def survival(t: Array) -> Array:
        below, above = np.minimum(t, k) / k, k / np.maximum(t, k)
        return np.where(t < k, 1 - a / (a + b) * below**b, b / (a + b) * above**a)

    def density(t: Array) -> Array:
        below, above = np.clip(t, np.finfo(float).tiny, k) / k, k / np.maximum(t, k)
        return a * b / (a + b) / k * np.where(t < k, below ** (b - 1), above ** (a + 1))

    return survival, density


def _positive(name: str, *given: float) -> tuple[float, ...]:
    numbers = tuple(map(float, given))
    if not all(math.isfinite(x) and x > 0 for x in numbers):
        raise InputError(f"{name} got {', '.join(map(repr, given))}; expected finite numbers above 0")
    return numbers
