"""Draws of people's merit from values and what is known of their errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.core.values import Values

Array = NDArray[np.float64]


def merit_draws(merit: Values, people: tuple[str, ...], n_draws: int, seed: int) -> Array:
    """Draws × people, without ties; the values themselves where nothing about them is uncertain or tied."""
    from scipy.special import ndtri

    unknown = [who for who in people if who not in merit.items]
    if unknown:
        raise InputError(f"{unknown[0]!r} ranks places and has no merit; those who have: {', '.join(merit.items[:20])}")
    merit, draw = merit.select(people), rng(seed, "merit")
    k, n = len(merit.who), len(people)
    mean = merit.mean.reshape(k, n)
    if merit.cov is not None:
        values, vectors = np.linalg.eigh(merit.cov.reshape(k, n, n))
        root = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    elif merit.low is not None and merit.high is not None:
        sd = (merit.high - merit.low).reshape(k, n) / (2 * ndtri(0.975))
        root = sd[:, :, None] * np.eye(n)
    else:
        root = np.zeros((k, n, n))
    if not root.any() and all(len(set(row)) == n for row in mean.tolist()):
        return mean
    n_draws = -(-n_draws // k) * k  # as many of each
    who = np.arange(n_draws) % k
    noise = draw.standard_normal((n_draws, n))
    drawn = mean[who] + np.einsum("dij,dj->di", root[who], noise) if root.any() else mean[who]
    # ties are broken by chance: places in order, those of equal merit shuffled
    order = np.lexsort((draw.random(drawn.shape), drawn), axis=1)
    ranks = np.empty_like(drawn)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(n, dtype=float), drawn.shape), axis=1)
    return ranks
