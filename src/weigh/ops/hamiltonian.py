"""Draws from a posterior density by Hamiltonian Monte Carlo, several chains in step, and what shows that they mixed.

For densities whose gradient is known and cheap, so that numpy alone will do. The step length is tuned by dual averaging
to an acceptance of 0.8 and the scale of each coordinate by its variance, both during warm-up, whose draws are dropped.
The number of leapfrog steps is drawn anew each time, as a fixed one may bring a chain back to where it was.

References
----------
Neal, R. M. (2011). MCMC using Hamiltonian dynamics. Handbook of Markov Chain Monte Carlo, ch. 5. Hoffman, M. D. &
Gelman, A. (2014). The No-U-Turn sampler. JMLR 15, 1593-1623 (dual averaging, §3.2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError

Array = NDArray[np.float64]
Density = Callable[[Array], tuple[Array, Array]]

ACCEPTANCE = 0.8
LENGTH = 2.0  # of a trajectory, in units of the coordinates' scale
MOST_LEAPS = 128
LOST = 1000.0  # an energy that has risen so far means that the trajectory has left the density


class Draws(NamedTuple):
    """What was drawn.

    Attributes
    ----------
    x : array, shape (n_draws, n_chains, n)
        Draws after warm-up.
    acceptance : float
        Mean probability with which proposals were accepted.
    lost : int
        Trajectories after warm-up that left the density; more than a few mean that the draws cannot be trusted.
    """

    x: Array
    acceptance: float
    lost: int


def hamiltonian(
    density: Density, start: ArrayLike, *, rng: np.random.Generator, n_warmup: int = 500, n_draws: int = 1000
) -> Draws:
    """Draw from a density.

    Parameters
    ----------
    density : callable
        x of shape (n_chains, n) -> (log density up to a constant, shape (n_chains,); its gradient, shape of x).
    start : array of float, shape (n_chains, n)
        Where the chains begin; the density is above 0 there.
    rng : numpy.random.Generator
        Source of chance.
    n_warmup, n_draws : int
        Steps that are dropped, 100 or more, and that are kept, 1 or more.

    Returns
    -------
    Draws

    Raises
    ------
    InputError
        Starts of another shape, a density that is 0 or NaN there, or too few steps.

    Examples
    --------
    >>> normal = lambda x: (-(x**2).sum(axis=1) / 2, -x)
    >>> draws = hamiltonian(normal, np.zeros((4, 2)), rng=np.random.default_rng(0), n_draws=500)
    >>> bool(abs(draws.x.mean()) < 0.1), bool(abs(draws.x.std() - 1) < 0.1)
    (True, True)
    """
    x = np.array(start, dtype=float)
    if x.ndim != 2 or not x.size or n_warmup < 100 or n_draws < 1:
        raise InputError(
            f"start has shape {x.shape}, with {n_warmup} steps of warm-up and {n_draws} draws; expected (n_chains, n), "
            "100 or more and 1 or more"
        )
    value, slope = density(x)
    if not (np.isfinite(value).all() and np.isfinite(slope).all()):
        raise InputError("the density has no finite logarithm or gradient where the chains begin; begin elsewhere")
    step, scale = _Step(0.1), np.ones(x.shape[1])
    seen: list[Array] = []
    kept, accepted, lost = np.empty((n_draws, *x.shape)), 0.0, 0
    for turn in range(n_warmup + n_draws):
        warm = turn < n_warmup
        length = step.now if warm else step.settled
        n_leaps = int(np.clip(np.ceil(LENGTH * rng.uniform(0.5, 1.5) / length), 1, MOST_LEAPS))
        push = rng.standard_normal(x.shape)
        new, new_value, new_slope, new_push = _leaps(density, x, slope, push, length, scale, n_leaps)
        energy = -value + (push**2).sum(axis=1) / 2
        new_energy = -new_value + (new_push**2).sum(axis=1) / 2
        with np.errstate(invalid="ignore"):
            rise = np.where(np.isfinite(new_energy), new_energy - energy, np.inf)
        p = np.exp(-np.maximum(rise, 0.0))
        taken = rng.random(len(x)) < p
        x = np.where(taken[:, None], new, x)
        slope = np.where(taken[:, None], new_slope, slope)
        value = np.where(taken, new_value, value)
        if warm:
            step.learn(float(p.mean()))
            seen.append(x)
            if turn in (n_warmup // 4, n_warmup // 2, 3 * n_warmup // 4):
                part = np.concatenate(seen[len(seen) // 3 :])
                # a little towards 1, as few draws know little
                scale = np.sqrt((len(part) * part.var(axis=0) + 5e-3) / (len(part) + 5))
                seen, step = [], _Step(step.settled)
        else:
            kept[turn - n_warmup] = x
            accepted += float(p.mean()) / n_draws
            lost += int((rise > LOST).sum())
    return Draws(kept, accepted, lost)


def split_rhat(draws: ArrayLike) -> Array:
    """How much chains, and halves of chains, differ: √(variance of all / variance within); 1 where they do not.

    Parameters
    ----------
    draws : array of float, shape (n_draws, n_chains, ...)
        Four draws or more.

    Returns
    -------
    array of float, shape (...)
        1 or a little below where nothing varies.

    Raises
    ------
    InputError
        Fewer than four draws.

    References
    ----------
    Gelman, A. and others (2013). Bayesian Data Analysis, 3rd ed., §11.4.
    """
    halves = _halves(draws)
    n = len(halves)
    within = halves.var(axis=0, ddof=1).mean(axis=0)
    between = n * halves.mean(axis=0).var(axis=0, ddof=1)
    known = within > 0
    return np.sqrt(np.where(known, ((n - 1) * within + between) / (n * np.where(known, within, 1.0)), 1.0))


def effective_draws(draws: ArrayLike) -> Array:
    """Number of independent draws that would tell as much of the mean.

    m n / (1 + 2 Σ ρ_t), summed over Geyer's initial positive and falling pairs of autocorrelations, halves of chains
    being chains.

    Parameters
    ----------
    draws
        As in `split_rhat`, with the same errors.

    Returns
    -------
    array of float, shape (...)

    References
    ----------
    Geyer, C. J. (1992). Practical Markov chain Monte Carlo. Statistical Science 7, 473-483; Gelman and others (2013),
    §11.5.
    """
    halves = _halves(draws)
    n, m = halves.shape[:2]
    apart = halves - halves.mean(axis=0)
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.fft.rfft(apart, size, axis=0)
    lagged = np.fft.irfft(np.abs(spectrum) ** 2, size, axis=0)[:n].mean(axis=1) / n
    within = lagged[0] * n / (n - 1)
    both = within * (n - 1) / n + halves.mean(axis=0).var(axis=0, ddof=1)
    known = both > 0
    rho = 1 - (within - lagged) / np.where(known, both, 1.0)
    rho[0] = 1.0
    pairs = rho[: 2 * (n // 2)].reshape(n // 2, 2, *rho.shape[1:]).sum(axis=1)
    going = np.cumprod(pairs > 0, axis=0) > 0
    falling = np.minimum.accumulate(np.where(going, pairs, 0.0), axis=0)
    time = np.maximum(2 * falling.sum(axis=0) - 1, 1 / np.log10(m * n + 10))
    return np.where(known, m * n / time, float(m * n))


class _Step:
    """Dual averaging of the step length."""

    def __init__(self, first: float) -> None:
        self.goal, self.turn, self.error = np.log(10 * first), 0, 0.0
        self.now, self._mean = first, np.log(first)

    def learn(self, acceptance: float) -> None:
        """Shorten or lengthen by how far the acceptance is off."""
        self.turn += 1
        self.error += (ACCEPTANCE - acceptance - self.error) / (self.turn + 10)
        log = self.goal - np.sqrt(self.turn) / 0.05 * self.error
        self._mean += self.turn**-0.75 * (log - self._mean)
        self.now = float(np.exp(np.clip(log, -20, 2)))

    @property
    def settled(self) -> float:
        """Mean over the steps, the later the more."""
        return float(np.exp(np.clip(self._mean, -20, 2)))


def _leaps(
    density: Density, x: Array, slope: Array, push: Array, length: float, scale: Array, n: int
) -> tuple[Array, Array, Array, Array]:
    value = np.empty(len(x))
    for _ in range(n):
        push = push + length / 2 * scale * slope
        x = x + length * scale * push
        with np.errstate(all="ignore"):
            value, slope = density(x)
        # a chain that is lost stays where it is until it is refused
        slope = np.where(np.isfinite(slope), slope, 0.0)
        push = push + length / 2 * scale * slope
    return x, value, slope, push


def _halves(draws: ArrayLike) -> Array:
    x = np.asarray(draws, dtype=float)
    if x.ndim < 2 or len(x) < 4:
        raise InputError(f"draws have shape {x.shape}; expected (n_draws, n_chains, ...) with four draws or more")
    half = len(x) // 2
    return np.concatenate([x[:half], x[-half:]], axis=1)
