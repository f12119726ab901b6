"""Arithmetic of rewards: what is done to one model's scores, and how several models' scores become one.

A reward that was fitted to comparisons (Bradley and Terry) is known up to a number for each prompt: adding c(x) to all
answers to prompt x foretells the same comparisons. What is computed here says which of its results that leaves alone.
The last axis is the reward model wherever there are several.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.ops.whole_numbers import whole_numbers

Array = NDArray[np.float64]

ROUNDING = 1e-12  # a spread, as a share of the largest score, that is taken for none
STEEPEST = 1e3  # log-odds a unit of reward beyond which pairs are taken as perfectly ordered


class Bounds(NamedTuple):
    """Smallest and largest probability that is possible, whatever the dependence."""

    low: Array
    high: Array


def log_sigmoid_centred(reward: ArrayLike, reference: ArrayLike, *, temperature: ArrayLike = 1.0) -> Array:
    """The log of the probability that an answer beats a reference, log σ((r − r_ref) / T) = −log(1 + e^−(r − r_ref)/T).

    It rises with the reward with slope (1 − σ)/T: linear far below the reference, flat far above it. Sums of it over
    reward models are the log-probability of being better than the reference in all of them, if they err independently.
    A number added to both reward and reference changes nothing.

    Parameters
    ----------
    reward : array of float
        In log-odds of being preferred, times `temperature`.
    reference : array of float, broadcast against reward
        Reward of an answer that is just good enough.
    temperature : array of float, broadcast against reward
        Above 0: what a reward must be divided by to be in log-odds.

    Returns
    -------
    array of float
        0 or below, of the shape of all three together.

    Raises
    ------
    InputError
        NaN, infinity, or a temperature that is not above 0.

    References
    ----------
    Wang, Z. and others (2024). Transforming and combining rewards for aligning large language models. arXiv:2402.00742.

    Examples
    --------
    >>> log_sigmoid_centred([-50.0, 0.0, 50.0], 0.0).round(6).tolist()
    [-50.0, -0.693147, -0.0]
    """
    r, ref, t = _finite("reward", reward), _finite("reference", reference), _finite("temperature", temperature)
    if not (t > 0).all():
        raise InputError(f"temperature is {t.min():g}; expected a number above 0")
    return -np.logaddexp(0.0, -(r - ref) / t)


def chance_of_all(log_p: ArrayLike) -> Bounds:
    """Bounds on the probability that all of several things hold, without a word on how they depend on each other.

    max(0, Σ p − (m − 1)) ≤ P(all) ≤ min p. The product, which independence gives, lies between.

    Parameters
    ----------
    log_p : array of float, shape (..., m)
        Logs of the m probabilities, 0 or below.

    Returns
    -------
    Bounds
        Each of shape (...).

    Raises
    ------
    InputError
        A log-probability above 0, or NaN.

    References
    ----------
    Fréchet, M. (1935). Généralisation du théorème des probabilités totales. Fundamenta Mathematicae 25, 379-387.

    Examples
    --------
    >>> bounds = chance_of_all(np.log([0.9, 0.8]))
    >>> float(bounds.low.round(6)), float(bounds.high.round(6))
    (0.7, 0.8)
    """
    given = np.asarray(log_p, dtype=float)
    if given.ndim == 0 or not given.shape[-1] or not (given <= 0).all():
        raise InputError(f"log_p has shape {given.shape}; expected logs of one probability or more, 0 or below")
    p = np.exp(given)
    return Bounds(np.maximum(p.sum(axis=-1) - (p.shape[-1] - 1), 0.0), p.min(axis=-1))


def bradley_terry_temperature(gap: ArrayLike, p_left: ArrayLike) -> float:
    """What rewards must be divided by so that σ(gap / T) foretells comparisons best: a logistic regression through 0.

    Parameters
    ----------
    gap : array of float, shape (n,)
        Reward of left less that of right, on pairs that the reward model was not fitted to.
    p_left : array of float, shape (n,)
        How far left was preferred, 0 to 1.

    Returns
    -------
    float
        T above 0.

    Raises
    ------
    InputError
        No pairs, NaN, pairs that the reward orders perfectly (T would be 0) or no better than chance (T has no value).

    Examples
    --------
    >>> round(bradley_terry_temperature([2.0, 2.0, 2.0, 2.0], [1, 1, 1, 0]), 3)
    1.82
    """
    from scipy.optimize import brentq
    from scipy.special import expit

    x, y = _finite("gap", gap), _finite("p_left", p_left)
    if x.ndim != 1 or x.shape != y.shape or not len(x) or not ((y >= 0) & (y <= 1)).all():
        raise InputError(f"gap has shape {x.shape} and p_left {y.shape}; expected one row of each, p_left from 0 to 1")
    size = np.abs(x).max()

    def slope(steepness: float) -> float:
        return float(x @ (y - expit(steepness * x)))

    if size == 0 or slope(0.0) <= 0:
        raise InputError("the reward orders these pairs no better than chance; no temperature makes it log-odds")
    if slope(STEEPEST / size) >= 0:
        raise InputError("the reward orders these pairs perfectly; give more pairs, as its temperature would be 0")
    return 1.0 / float(brentq(slope, 0.0, STEEPEST / size))  # pyright: ignore[reportArgumentType]


def worst_case(scores: ArrayLike) -> Array:
    """The least that any model says, min_m r_m: an answer counts for what its severest judge gives it.

    Parameters
    ----------
    scores : array of float, shape (..., m)
        Of m models on one scale: the minimum of unequal scales is that of the lowest.

    Returns
    -------
    array of float, shape (...)
        At most the mean.

    Raises
    ------
    InputError
        No model, NaN, or an infinity.

    References
    ----------
    Coste, T. and others (2024). Reward model ensembles help mitigate overoptimization. arXiv:2310.02743.

    Examples
    --------
    >>> worst_case([[1.0, 3.0], [2.0, 2.0]]).tolist()
    [1.0, 2.0]
    """
    return _models(scores).min(axis=-1)


def uncertainty_weighted(scores: ArrayLike, *, penalty: float = 0.5, ddof: int = 0) -> Array:
    """The mean less a penalty on disagreement, mean_m r_m − λ var_m r_m.

    Parameters
    ----------
    scores : array of float, shape (..., m)
        Of m models on one scale.
    penalty : float
        λ, 0 or more, in 1 / unit of the scores; 0 gives the mean.
    ddof : {0, 1}
        Divide squares by m or by m − 1; with one model the variance is 0.

    Returns
    -------
    array of float, shape (...)

    Raises
    ------
    InputError
        As in `worst_case`; also a negative penalty, or another ddof.

    References
    ----------
    As `worst_case`.

    Examples
    --------
    >>> uncertainty_weighted([[1.0, 3.0], [2.0, 2.0]], penalty=0.5).tolist()
    [1.5, 2.0]
    """
    given = _models(scores)
    if not (np.isfinite(penalty) and penalty >= 0) or ddof not in (0, 1):
        raise InputError(f"penalty is {penalty!r} and ddof {ddof!r}; expected 0 or more, and 0 or 1")
    spread = given.var(axis=-1, ddof=ddof) if given.shape[-1] > 1 else 0.0
    return given.mean(axis=-1) - penalty * spread


def within(scores: ArrayLike, group: ArrayLike, *, scaled: bool = True) -> Array:
    """Scores less their group's mean and, if wanted, divided by the standard deviation within groups.

    z = (r − r̄_g) / s, s² = Σ (r − r̄_g)² / n, one s for all groups of a model.

    Parameters
    ----------
    scores : array of float, shape (n, m)
        Of m models.
    group : array of int, shape (n,)
        Which prompt each row answers, from 0.
    scaled : bool
        Whether to divide.

    Returns
    -------
    array of float, shape (n, m)
        Unchanged by a number added to all of a group's scores by one model and, if scaled, by a positive factor.

    Raises
    ------
    InputError
        Shapes that do not fit, groups that are not numbered from 0, or scores of one model that do not differ within
        any group.

    Examples
    --------
    >>> within([[1.0], [3.0], [10.0], [12.0]], [0, 0, 1, 1]).ravel().tolist()
    [-1.0, 1.0, -1.0, 1.0]
    """
    given, label = _models(scores), whole_numbers("group", group)
    if given.ndim != 2 or label.shape != (len(given),):
        raise InputError(f"scores have shape {given.shape} and group {label.shape}; expected (n, m) and (n,)")
    counts = np.bincount(label)
    means = (
        np.stack([np.bincount(label, weights=column) for column in given.T], axis=1) / np.maximum(counts, 1)[:, None]
    )
    away = given - means[label]
    if not scaled:
        return away
    spread = np.sqrt((away**2).mean(axis=0))
    if not (spread > ROUNDING * np.abs(given).max(axis=0)).all():
        raise InputError(
            f"model {int(spread.argmin()) + 1} of {len(spread)} scores all answers to each prompt alike; it says "
            "nothing of which is better: leave it out"
        )
    return away / spread


def above_all(rewards: ArrayLike) -> Array:
    """Which answers are above the median of their prompt in every reward.

    Parameters
    ----------
    rewards : array of float, shape (..., K, m)
        Of K answers by m models.

    Returns
    -------
    array of float, shape (..., K)
        1 or 0.

    Raises
    ------
    InputError
        As in `worst_case`; also scores without an axis of answers.

    Examples
    --------
    >>> above_all([[1.0, 3.0], [2.0, 1.0], [3.0, 4.0]]).tolist()
    [0.0, 0.0, 1.0]
    """
    given = _models(rewards)
    if given.ndim < 2:
        raise InputError(f"rewards have shape {given.shape}; expected (..., K, m)")
    return (given > np.median(given, axis=-2, keepdims=True)).all(axis=-1).astype(float)


def _models(scores: ArrayLike) -> Array:
    given = _finite("scores", scores)
    if given.ndim == 0 or 0 in given.shape:
        raise InputError(f"scores have shape {given.shape}; expected (..., m), with one model or more")
    return given


def _finite(name: str, given: ArrayLike) -> Array:
    numbers = np.asarray(given, dtype=float)
    if not np.isfinite(numbers).all():
        raise InputError(f"{name} holds NaN or an infinity; leave such rows out")
    return numbers
