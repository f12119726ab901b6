"""G-Shapley: what a row changes when one pass of gradient descent meets it, averaged over random orders.

A softmax regression starts from zero; each player's rows make one step down the gradient of their mean log-loss; the
player is credited with the change of the score. The first of an order gets 0, as there is no model before it, so the
contributions of an order sum to the score at its end less that after its first step.

Source: Ghorbani, A. & Zou, J. (2019), Data Shapley, arXiv:1904.02868, algorithm 2; the rate is found as in the authors'
program. Departs: a group's step is credited whole, where the program divides it once too often; weights start from zero
and not from chance, as the objective has one optimum.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.parallel import pmap
from weigh.core.stats import rng
from weigh.credit.data_shapley.rows import Rows
from weigh.credit.data_shapley.score import FAST
from weigh.ops.orders import Orders, draw_orders

Array = NDArray[np.float64]

RATES = tuple(10.0**-i for i in np.arange(1, 5, 0.5))
TRIALS = 10
IN_A_TASK = 20


def gradient_contributions(
    rows: Rows, *, n_orders: int, metric: str = "accuracy", rate: float | None = None, seed: int, workers: int | None
) -> tuple[Array, float]:
    """Contributions of players to the score of a model that sees each of them once.

    Parameters
    ----------
    rows : Rows
        Training and valuation rows; labels of two classes or more.
    n_orders : int
        2 or more.
    metric : {"accuracy", "neg_log_loss"}
        The score.
    rate : float, optional
        Learning rate; by default that of 10⁻¹, 10⁻¹·⁵ … 10⁻⁴·⁵ whose ten one-pass models have the largest mean score
        less its standard deviation.
    seed : int
        0 or more.
    workers : int, optional
        As in `weigh.core.parallel.pmap`.

    Returns
    -------
    tuple
        Contributions, shape (n_orders, n_players), and the rate.

    Raises
    ------
    InputError
        Another metric, fewer than two orders, or a rate that is not above 0.
    """
    if metric not in FAST:
        raise InputError(f"metric is {metric!r}; a gradient pass is scored by one of {', '.join(FAST)}")
    if n_orders < 2 or (rate is not None and not rate > 0):
        raise InputError(f"n_orders is {n_orders!r} and rate {rate!r}; expected 2 or more, and a rate above 0")
    found = _best_rate(rows, metric, seed) if rate is None else rate
    task = functools.partial(_contributions, rows=rows, rate=found, metric=metric, seed=seed)
    tasks = [(start, min(IN_A_TASK, n_orders - start)) for start in range(0, n_orders, IN_A_TASK)]
    return np.concatenate(pmap(task, tasks, workers=workers)), found


def _best_rate(rows: Rows, metric: str, seed: int) -> float:
    trials = draw_orders(len(rows.players), TRIALS, sampling="plain", rng=rng(seed, "rate"))[:, 0]
    ends = {one: _scores(rows, trials, one, metric)[:, -1] for one in RATES}
    return max(RATES, key=lambda one: ends[one].mean() - ends[one].std())


def _contributions(item: tuple[int, int], *, rows: Rows, rate: float, metric: str, seed: int) -> Array:
    start, n_orders = item
    n = len(rows.players)
    orders = draw_orders(n, n_orders, sampling="plain", rng=rng(seed, "passes", start))[:, 0]
    scores = _scores(rows, orders, rate, metric)
    found = np.zeros((n_orders, n))
    found[np.arange(n_orders)[:, None], orders[:, 1:]] = np.diff(scores, axis=1)
    return found


def _scores(rows: Rows, orders: Orders, rate: float, metric: str) -> Array:
    """The score after each step of a pass in each order, shape of `orders`."""
    classes = np.unique(np.concatenate([rows.y, rows.y_test]))
    X, X_test = (np.column_stack([x, np.ones(len(x))]) for x in (rows.X, rows.X_test))
    one_hot = (rows.y[:, None] == classes[None, :]).astype(float)
    wanted = np.searchsorted(classes, rows.y_test)
    members, share = _members(rows)
    w = np.zeros((len(orders), len(classes), X.shape[1]))
    scores = np.empty(orders.shape)
    for step, who in enumerate(orders.T):
        seen = X[members[who]]
        error = _softmax(np.matmul(seen, w.transpose(0, 2, 1))) - one_hot[members[who]]
        w -= rate * np.matmul((error * share[who][:, :, None]).transpose(0, 2, 1), seen)
        logits = np.matmul(X_test, w.transpose(0, 2, 1))
        if metric == "accuracy":
            scores[:, step] = (logits.argmax(axis=2) == wanted).mean(axis=1)
        else:
            shifted = logits - logits.max(axis=2, keepdims=True)
            logs = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
            scores[:, step] = logs[:, np.arange(len(wanted)), wanted].mean(axis=1)
    return scores


def _members(rows: Rows) -> tuple[NDArray[np.int64], Array]:
    """Rows of each player, filled up to one length, and the share of each in the player's mean."""
    most = int(rows.sizes.max())
    members = np.zeros((len(rows.players), most), dtype=np.int64)
    share = np.zeros(members.shape)
    for player, n in enumerate(rows.sizes):
        members[player, :n] = np.flatnonzero(rows.place == player)
        share[player, :n] = 1 / n
    return members, share


def _softmax(logits: Array) -> Array:
    raised = np.exp(logits - logits.max(axis=2, keepdims=True))
    return raised / raised.sum(axis=2, keepdims=True)
