"""Expected utility of algorithms whose running time has a known distribution, in closed form or by quadrature.

E u(t) = ∫₀¹ F(u⁻¹(q)) dq, where F is the distribution function of the running time; the closed forms are derived from
it. They are what estimates from runs can be held against.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.ops.capped_runs import captime_for
from weigh.ops.captimes import TimeUtility

Array = NDArray[np.float64]

N_STEPS = 120  #: of the double-exponential rule, on either side


def expected_utility(utility: TimeUtility, p_finished_by: Callable[[Array], Array]) -> float:
    """E u(t) for a known distribution of running times, ∫₀¹ F(u⁻¹(q)) dq.

    Parameters
    ----------
    utility : TimeUtility
        Worth of an answer at t.
    p_finished_by : callable
        F, the distribution function of the running time, on arrays.

    Returns
    -------
    float
        By the double-exponential rule between the kinks of u, to 1e-9 where F is smooth.
    """
    from scipy.special import expit

    steps = np.arange(-N_STEPS, N_STEPS + 1) * (4.0 / N_STEPS)
    share = expit(math.pi * np.sinh(steps))
    weight = math.pi * np.cosh(steps) * share * expit(-math.pi * np.sinh(steps)) * (4.0 / N_STEPS)
    # the families have their kinks at parameters that are times; a cut elsewhere does no harm
    cuts = np.unique(np.concatenate([[0.0, 1.0], utility(np.array(utility.parameters))]))
    total = 0.0
    for low, high in itertools.pairwise(cuts.tolist()):
        finished = p_finished_by(captime_for(utility, low + (high - low) * share))
        total += (high - low) * float(weight @ finished)
    return total


def exponential_runtime(utility: TimeUtility, rate: float) -> float:
    """E u(t) for t ~ Exp(rate), in closed form where there is one and else by quadrature.

    λκ₀/(1 + λκ₀) for exponential, 1 − (1 − e^(−λκ₀))/(λκ₀) for uniform, 1 − e^(−λκ₀) + (λκ₀)^α Γ(1 − α, λκ₀) for Pareto
    utilities with α < 1.

    Parameters
    ----------
    utility : TimeUtility
        Worth of an answer at t.
    rate : float
        Inverse of the mean running time, above 0.

    Raises
    ------
    InputError
        A rate that is not above 0.
    """
    from scipy.special import gamma, gammaincc

    if not rate > 0:
        raise InputError(f"rate is {rate!r}; expected a number above 0")
    scale = rate * utility.parameters[0]
    if utility.family == "exponential":
        return scale / (1 + scale)
    if utility.family == "uniform":
        return 1 + math.expm1(-scale) / scale
    if utility.family == "pareto" and utility.parameters[1] < 1:
        a = utility.parameters[1]
        return float(-math.expm1(-scale) + scale**a * gamma(1 - a) * gammaincc(1 - a, scale))
    return expected_utility(utility, lambda t: -np.expm1(-rate * t))


def log_normal_runtime(utility: TimeUtility, mu: float, sigma: float) -> float:
    """E u(t) for ln t ~ N(μ, s²): in closed form for uniform and Pareto utilities, else by quadrature.

    With z = (ln κ₀ − μ)/s: Φ(z) − e^(μ + s²/2)/κ₀ · Φ(z − s); Φ(z) + κ₀^α e^(−αμ + α²s²/2) Φ(−z − αs).

    Parameters
    ----------
    utility : TimeUtility
        Worth of an answer at t.
    mu, sigma : float
        Mean and standard deviation of ln t, σ above 0.

    Raises
    ------
    InputError
        A standard deviation that is not above 0.
    """
    from scipy.special import log_ndtr, ndtr

    if not sigma > 0:
        raise InputError(f"sigma is {sigma!r}; expected a number above 0")
    k = utility.parameters[0]
    z = (math.log(k) - mu) / sigma
    if utility.family == "uniform":
        return float(ndtr(z) - math.exp(mu + sigma**2 / 2 - math.log(k) + log_ndtr(z - sigma)))
    if utility.family == "pareto":
        a = utility.parameters[1]
        tail = a * math.log(k) - a * mu + (a * sigma) ** 2 / 2 + log_ndtr(-z - a * sigma)
        return float(ndtr(z) + math.exp(tail))
    return expected_utility(utility, lambda t: ndtr((np.log(np.maximum(t, np.finfo(float).tiny)) - mu) / sigma))
