"""What a learner reaches on the valuation rows when it has seen some players' rows only: the game that is divided."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.credit.data_shapley.rows import Rows
from weigh.ops.coalitions import Masks
from weigh.ops.logistic import logistic_fits

Array = NDArray[np.float64]
Metric = str | Callable[[Any, Array, NDArray[Any]], float]

FAST = ("accuracy", "neg_log_loss")  # of the logistic learner, many coalitions at a time
CELLS = 1 << 21


class Score:
    """The worth of coalitions of players: fit the learner to their rows, score it on the valuation rows.

    A coalition whose rows have fewer classes than the valuation rows, or are fewer than `fewest`, is worth as much as
    none: v(∅), what a constant prediction reaches that knows the valuation labels' shares (their mean, for numbers) and
    nothing else. For accuracy that is the share of the largest class, for the area under the curve one half.

    Parameters
    ----------
    rows : Rows
        Training and valuation rows.
    learner : {"logistic", "ridge", "tree"} or estimator
        Any scikit-learn estimator. "logistic" is `LogisticRegression()`, fitted many at a time where there are two
        classes and the metric is accuracy or the log-loss.
    metric : str or callable
        A name that scikit-learn knows, such as "accuracy", "roc_auc", "neg_log_loss" or "r2", or
        metric(model, X_test, y_test); more is better. By default accuracy, and r2 for numbers.
    empty : float, optional
        v(∅), instead of a constant prediction's.
    fewest : int
        Rows below which nothing is learnt, such as the K of K neighbours.
    seed : int
        Put into every fit whose randomness is not fixed, without which the values would be noise.

    Raises
    ------
    InputError
        Fewer than two classes, classes among the valuation rows that training rows lack, an unknown learner or metric,
        or a learner that cannot be fitted.
    """

    def __init__(
        self,
        rows: Rows,
        learner: Any = "logistic",
        *,
        metric: Metric = "",
        empty: float | None = None,
        fewest: int = 1,
        seed: int = 0,
    ) -> None:
        from sklearn.base import is_classifier

        self.rows, self.fewest, self.n_players = rows, fewest, len(rows.players)
        self.learner = _seeded(_learner(learner), seed)
        self.classifies = bool(is_classifier(self.learner))
        if not self.classifies and rows.y.dtype.kind not in "biuf":
            raise InputError(f"the target holds text such as {str(rows.y[0])!r}; {self.learner!r} needs numbers")
        self.metric: Metric = metric or ("accuracy" if self.classifies else "r2")
        self.classes = np.unique(np.concatenate([rows.y, rows.y_test])) if self.classifies else np.array([])
        self._holds = (rows.y[:, None] == self.classes[None, :]).astype(float)
        self._needed = len(np.unique(rows.y_test)) if self.classifies else 0
        self._check_classes()
        self.fast = learner == "logistic" if isinstance(learner, str) else False
        self.fast = self.fast and len(self.classes) == 2 and self.metric in FAST
        self._scored = _scorer(self.metric)
        self.empty = self._constant() if empty is None else float(empty)

    @property
    def name(self) -> str:
        """Name of the metric."""
        return self.metric if isinstance(self.metric, str) else getattr(self.metric, "__name__", "score")

    def __call__(self, masks: Masks) -> Array:
        """Worth of coalitions of players, bool of shape (m, n_players) to float of shape (m,)."""
        seen = np.asarray(masks, dtype=bool)[:, self.rows.place]
        found = np.full(len(seen), self.empty)
        usable = seen.sum(axis=1) >= max(1, self.fewest)
        if self.classifies:
            usable &= ((seen @ self._holds) > 0).sum(axis=1) >= self._needed
        at = np.flatnonzero(usable)
        if not self.fast:
            found[at] = [self.fitted(seen[i]) for i in at]
            return found
        step = max(1, CELLS // max(len(self.rows.X), len(self.rows.X_test)))
        for start in range(0, len(at), step):
            block = at[start : start + step]
            found[block] = self._logistic(seen[block])
        return found

    def fitted(self, seen: NDArray[np.bool_]) -> float:
        """The score after a fit to the training rows that `seen`, shape (n,), marks."""
        from sklearn.base import clone

        try:
            model: Any = clone(self.learner)
            model.fit(self.rows.X[seen], self.rows.y[seen])
            return float(self._scored(model, self.rows.X_test, self.rows.y_test))
        except ValueError as error:
            raise InputError(
                f"{self.learner!r} cannot be fitted to {int(seen.sum())} rows and scored by {self.name} ({error}); if "
                "they are too few, say from how many it learns: fewest="
            ) from error

    def _logistic(self, seen: NDArray[np.bool_]) -> Array:
        fits = logistic_fits(self.rows.X, self._holds[:, 1], seen)
        z = fits[:, :-1] @ self.rows.X_test.T + fits[:, -1:]
        wanted = self.rows.y_test == self.classes[1]
        if self.metric == "accuracy":
            return ((z > 0) == wanted).mean(axis=1)
        return -np.logaddexp(0, np.where(wanted, -z, z)).mean(axis=1)

    def _check_classes(self) -> None:
        if not self.classifies:
            return
        here, there = set(self.rows.y.tolist()), set(self.rows.y_test.tolist())
        if len(here) < 2 or len(there) < 2 or there - here:
            raise InputError(
                f"training rows have the classes {sorted(here)[:10]} and valuation rows {sorted(there)[:10]}; expected "
                "two or more in both, and none in the valuation rows alone"
            )

    def _constant(self) -> float:
        from sklearn.dummy import DummyClassifier, DummyRegressor

        dummy: Any = DummyClassifier(strategy="prior") if self.classifies else DummyRegressor()
        with warnings.catch_warnings():
            # a constant prediction has no precision in some classes, which is no news here
            warnings.simplefilter("ignore")
            try:
                worth = float(
                    self._scored(dummy.fit(self.rows.X_test, self.rows.y_test), self.rows.X_test, self.rows.y_test)
                )
            except (ValueError, AttributeError) as error:
                raise InputError(
                    f"{self.name} has no value for a constant prediction ({error}); give empty="
                ) from error
        if not np.isfinite(worth):
            raise InputError(f"{self.name} is {worth} for a constant prediction; give empty=")
        return worth


def _learner(learner: Any) -> Any:
    if not isinstance(learner, str):
        if not (hasattr(learner, "fit") and hasattr(learner, "get_params")):
            raise InputError(
                f"learner is {learner!r}; expected a scikit-learn estimator, or 'logistic', 'ridge', 'tree'"
            )
        return learner
    if learner == "logistic":
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(max_iter=1000)
    if learner == "ridge":
        from sklearn.linear_model import Ridge

        return Ridge()
    if learner == "tree":
        from sklearn.tree import DecisionTreeClassifier

        return DecisionTreeClassifier()
    raise InputError(f"learner is {learner!r}; expected 'logistic', 'ridge', 'tree', or a scikit-learn estimator")


def _seeded(learner: Any, seed: int) -> Any:
    from sklearn.base import clone

    loose = [
        name for name, held in learner.get_params().items() if name.split("__")[-1] == "random_state" and held is None
    ]
    seeded: Any = clone(learner)
    return seeded.set_params(**dict.fromkeys(loose, seed % 2**32))


def _scorer(metric: Metric) -> Callable[..., float]:
    if not isinstance(metric, str):
        return metric
    from sklearn.metrics import get_scorer

    try:
        return get_scorer(metric)
    except ValueError as error:
        raise InputError(
            f"metric is {metric!r}, which scikit-learn does not know; expected such as 'accuracy'"
        ) from error
