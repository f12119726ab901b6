"""What values of data are good for: which rows to drop, where to look for wrong labels, what to buy.

After Ghorbani & Zou (2019), arXiv:1904.02868, §4. Scores are taken on held-out rows that had no part in the values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.credit.data_shapley.rows import Rows
from weigh.credit.data_shapley.score import Metric, Score

Array = NDArray[np.float64]


class Curve(NamedTuple):
    """A curve over shares of the players.

    Attributes
    ----------
    share : array, shape (n,)
        Of the players removed, or inspected.
    score : array, shape (n,)
        The held-out score without them, or the share of what was looked for that is among them.
    """

    share: Array
    score: Array


def removal_curve(
    rows: Rows,
    values: Values,
    held_out: tuple[ArrayLike, ArrayLike],
    *,
    order: Literal["highest", "lowest", "random"] = "highest",
    shares: Sequence[float] = (0.0, 0.1, 0.2, 0.3, 0.4),
    learner: Any = "logistic",
    metric: Metric = "",
    fewest: int = 1,
    seed: int = 0,
) -> Curve:
    """The score on held-out rows after removing players in the order of their values.

    Parameters
    ----------
    rows : Rows
        Training rows; their valuation rows are not used.
    values : Values
        Of the players of `rows`, such as `data_shapley` gives.
    held_out : pair of array
        X and y of rows that had no part in the values.
    order : {"highest", "lowest", "random"}
        Whom to remove first.
    shares : sequence of float
        Shares of the players to remove, from 0 and below 1.
    learner, metric, fewest
        As in `Score`.
    seed : int
        For the learner, and for "random".

    Returns
    -------
    Curve

    Raises
    ------
    InputError
        Values of other players, shares out of range, or whatever `Score` refuses.
    """
    mean = _means(rows, values)
    if order not in ("highest", "lowest", "random") or not all(0 <= share < 1 for share in shares):
        raise InputError(
            f"order is {order!r} and shares {list(shares)}; expected highest, lowest or random, and shares from 0 to 1"
        )
    n = len(mean)
    ranked = np.argsort(-mean if order == "highest" else mean, kind="stable")
    if order == "random":
        ranked = rng(seed, "removal").permutation(n)
    place = np.argsort(ranked)
    score = Score(rows.on(*held_out), learner, metric=metric, fewest=fewest, seed=seed)
    kept = np.array([place >= round(share * n) for share in shares])
    return Curve(np.array(shares, dtype=float), score(kept))


def noise_recall(values: Values, noisy: Iterable[str]) -> Curve:
    """How many wrong rows are found by looking at the lowest values first.

    Parameters
    ----------
    values : Values
        Of the rows.
    noisy : iterable of str
        Names of those that are wrong.

    Returns
    -------
    Curve
        Share inspected, and share of the wrong ones among them; rows of equal value count as inspected in random order.

    Raises
    ------
    InputError
        No wrong row, or one that has no value.
    """
    wrong = set(noisy)
    if not wrong or wrong - set(values.items):
        raise InputError(f"noisy names {sorted(wrong)[:10]}; expected one or more of the rows that have values")
    hit = np.array([item in wrong for item in values.items], dtype=float)
    order = np.argsort(values.mean, kind="stable")
    levels, starts, sizes = np.unique(values.mean[order], return_index=True, return_counts=True)
    mean_hit = np.repeat(np.add.reduceat(hit[order], starts) / sizes, sizes) if len(levels) else hit
    share = np.arange(1, len(hit) + 1) / len(hit)
    return Curve(share, np.cumsum(mean_hit) / len(wrong))


def expected_values(
    rows: Rows, values: Values, X_new: ArrayLike, *, y_new: ArrayLike | None = None, model: Any = None, seed: int = 0
) -> Array:
    """What rows that nobody has bought yet may be worth: a regression of values on rows.

    Parameters
    ----------
    rows : Rows
        The valued rows, one a player.
    values : Values
        Theirs.
    X_new : array of float, shape (m, d)
        Rows on offer, on the scale of `rows`.
    y_new : array, shape (m,), optional
        Their labels where they are known; then the regression sees labels too.
    model : scikit-learn regressor, optional
        A random forest by default.
    seed : int
        For the default model.

    Returns
    -------
    array of float, shape (m,)
        Expected value of each, in the values' unit.

    Raises
    ------
    InputError
        Values of owners of several rows, other players, or columns that do not fit.
    """
    mean = _means(rows, values)
    if len(mean) != len(rows.X):
        raise InputError("these are values of owners of several rows; expected values are for single rows")
    new = np.asarray(X_new, dtype=float)
    if new.ndim != 2 or new.shape[1] != rows.X.shape[1] or not np.isfinite(new).all():
        raise InputError(f"X_new has shape {new.shape}; expected finite numbers of shape (m, {rows.X.shape[1]})")
    known = rows.X
    if y_new is not None:
        classes = np.unique(rows.y)
        known = np.column_stack([known, rows.y[:, None] == classes[None, :]])
        new = np.column_stack([new, np.asarray(y_new)[:, None] == classes[None, :]])
    if model is None:
        from sklearn.ensemble import RandomForestRegressor

        model = RandomForestRegressor(min_samples_leaf=3, random_state=seed % 2**32)
    return np.asarray(model.fit(known, mean).predict(new), dtype=float)


def _means(rows: Rows, values: Values) -> Array:
    if values.items != rows.players or len(values.who) != 1:
        raise InputError("values and rows are not of the same players in the same order")
    return values.mean
