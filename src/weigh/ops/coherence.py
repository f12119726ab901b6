"""How far pairwise preferences hang together: how decided they are, and how often they run in a circle."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.stats import Interval, MeanInterval, mean_interval, wilson

Array = NDArray[np.float64]

CHANCE_CYCLE = 0.25  #: of a triad whose three preferences are coin tosses, soft or hard


class Cycles(NamedTuple):
    """How often triads run in a circle.

    Attributes
    ----------
    probability : MeanInterval
        Mean probability of a cycle, with a 95 % interval over triads.
    circular : Interval
        Share of triads whose three majorities are a cycle, with Wilson's 95 % interval; one with ties counts as the
        share of the ways of breaking them that are.
    chance : float
        What both are where preferences are coin tosses: ¼.
    n : int
        Number of triads.
    """

    probability: MeanInterval
    circular: Interval
    chance: float
    n: int


def decisiveness(p: ArrayLike) -> MeanInterval:
    """How decided preferences are on average: mean of max(p, 1 − p) = ½ + mean |p − ½|.

    Parameters
    ----------
    p : array of float, shape (n,)
        Probability that one option of a pair is preferred, 0 to 1.

    Returns
    -------
    MeanInterval
        From ½, where nothing is preferred to anything, to 1; with its 95 % interval over pairs.

    Raises
    ------
    InputError
        No pairs, or a number outside [0, 1].

    References
    ----------
    Mazeika, M. et al. (2025). Utility engineering. arXiv:2502.08640.

    Examples
    --------
    >>> round(decisiveness([0.9, 0.4]).mean, 3)
    0.75
    """
    given = _probabilities(p)
    if given.ndim != 1 or not len(given):
        raise InputError(f"decisiveness needs one probability a pair, shape (n,); got shape {given.shape}")
    return mean_interval(np.maximum(given, 1 - given))


def cycle_probability(p_ab: ArrayLike, p_bc: ArrayLike, p_ac: ArrayLike) -> Array:
    """Probability that three independent choices among a, b and c run in a circle.

    p_ab p_bc (1 − p_ac) + (1 − p_ab)(1 − p_bc) p_ac.

    Parameters
    ----------
    p_ab, p_bc, p_ac : array of float, broadcast against each other
        Probability that the first of the two is preferred, 0 to 1.

    Returns
    -------
    array of float
        ¼ where all are ½, 0 or 1 where all are certain.

    Raises
    ------
    InputError
        A number outside [0, 1].

    References
    ----------
    Mazeika, M. et al. (2025). Utility engineering. arXiv:2502.08640.

    Examples
    --------
    >>> cycle_probability([0.5, 1.0, 1.0], [0.5, 1.0, 1.0], [0.5, 1.0, 0.0]).tolist()
    [0.25, 0.0, 1.0]
    """
    ab, bc, ac = (_probabilities(p) for p in (p_ab, p_bc, p_ac))
    return ab * bc * (1 - ac) + (1 - ab) * (1 - bc) * ac


def cycles(p_ab: ArrayLike, p_bc: ArrayLike, p_ac: ArrayLike) -> Cycles:
    """How often triads run in a circle, by probability and by majority.

    Probabilities count indecision as well: an agent with fixed utilities and noise has p_ab near ½ for outcomes of
    nearly one worth, and up to ¼ there. Majorities do not.

    Parameters
    ----------
    p_ab, p_bc, p_ac : array of float, shape (n,)
        Of each triad, as in `cycle_probability`.

    Returns
    -------
    Cycles
        Both measures and their chance line.

    Raises
    ------
    InputError
        No triads, sides of different length, or a number outside [0, 1].

    Examples
    --------
    >>> found = cycles([0.9, 0.8], [0.9, 0.8], [0.9, 0.2])
    >>> round(found.probability.mean, 3), found.circular.estimate
    (0.305, 0.5)
    """
    ab, bc, ac = (_probabilities(p) for p in (p_ab, p_bc, p_ac))
    if ab.ndim != 1 or not len(ab) or not ab.shape == bc.shape == ac.shape:
        raise InputError(
            f"cycles need one probability a triad and side, shape (n,); got shapes {ab.shape}, {bc.shape}, {ac.shape}"
        )
    # a tie is ½, which is what breaking it either way gives on average
    majority = [0.5 + 0.5 * np.sign(p - 0.5) for p in (ab, bc, ac)]
    circular = wilson(float(cycle_probability(*majority).sum()), len(ab))
    return Cycles(mean_interval(cycle_probability(ab, bc, ac)), circular, CHANCE_CYCLE, len(ab))


def _probabilities(p: ArrayLike) -> Array:
    given = np.asarray(p, dtype=float)
    if not np.all((given >= 0) & (given <= 1)):
        raise InputError("preferences are probabilities from 0 to 1, without NaN; leave out pairs without an answer")
    return given
