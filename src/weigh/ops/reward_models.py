"""Small reward networks from comparisons of answers that are points in space: an ensemble that differs in its seed.

Each answer of a pair is a row, with its share of the votes as target, and a network is fitted by least squares. What it
learns is the chance of beating a random opponent, which under Bradley and Terry's model with random opponents rises
with the reward; turning round a share f of the labels shrinks it towards ½ by 1 − 2f and leaves the order alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.stats import rng

Array = NDArray[np.float64]

BATCH = 32


def fit_reward_models(
    left: ArrayLike,
    right: ArrayLike,
    p_left: ArrayLike,
    *,
    n_models: int = 5,
    hidden: Sequence[int] = (32,),
    penalty: float = 1e-3,
    n_epochs: int = 60,
    seed: int = 0,
) -> list[Any]:
    """Fit networks of one kind to the same pairs, each from a start and in an order of its own.

    Parameters
    ----------
    left, right : array of float, shape (n, d)
        Features of the two answers of each pair.
    p_left : array of float, shape (n,)
        How far left is preferred, 0 to 1.
    n_models : int
        1 or more.
    hidden : sequence of int
        Units of each hidden layer.
    penalty : float
        On squared weights.
    n_epochs : int
        Passes over the pairs; all are made, as a held-out set would cost pairs.
    seed : int
        Of the starts and orders.

    Returns
    -------
    list of sklearn.neural_network.MLPRegressor
        Their `predict` is the reward, in chances of being preferred.

    Raises
    ------
    InputError
        Shapes that do not fit, NaN, or numbers out of range.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 20)[:, None]
    >>> model, = fit_reward_models(x, -x, (x > 0).ravel(), n_models=1)
    >>> bool(np.diff(model.predict([[-1.0], [1.0]]))[0] > 0)
    True
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    one, other, y = (np.asarray(x, dtype=float) for x in (left, right, p_left))
    if one.ndim != 2 or one.shape != other.shape or y.shape != (len(one),) or not one.size:
        raise InputError(f"left has shape {one.shape}, right {other.shape}, p_left {y.shape}; expected (n, d) and (n,)")
    if not (np.isfinite(one).all() and np.isfinite(other).all() and ((y >= 0) & (y <= 1)).all()):
        raise InputError("features must be finite, and p_left from 0 to 1")
    if n_models < 1 or n_epochs < 1 or not hidden:
        raise InputError(
            f"n_models is {n_models!r}, n_epochs {n_epochs!r}, hidden {hidden!r}; expected 1 or more of each"
        )
    rows, target = np.concatenate([one, other]), np.concatenate([y, 1 - y])
    models = []
    for start in rng(seed, "reward models").integers(2**31, size=n_models).tolist():
        model = MLPRegressor(
            hidden_layer_sizes=tuple(hidden),
            alpha=penalty,
            batch_size=min(BATCH, len(rows)),  # pyright: ignore[reportArgumentType]
            max_iter=n_epochs,
            random_state=start,
        )
        with warnings.catch_warnings():
            # a fixed number of passes is what was asked for
            warnings.simplefilter("ignore", ConvergenceWarning)
            models.append(model.fit(rows, target))
    return models


def reward_scores(models: Sequence[Any], features: ArrayLike) -> Array:
    """What each model says of each answer.

    Parameters
    ----------
    models : sequence of regressors
        As `fit_reward_models` gives them, or any others with a `predict`.
    features : array of float, shape (..., d)

    Returns
    -------
    array of float, shape (..., m)
        The last axis is the model.
    """
    x = np.asarray(features, dtype=float)
    flat = x.reshape(-1, x.shape[-1])
    return np.stack([model.predict(flat) for model in models], axis=-1).reshape(*x.shape[:-1], len(models))
