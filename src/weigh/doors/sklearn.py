"""For scikit-learn: a learner that leaves out the training rows that do harm, by their exact Shapley values.

Part of the rows is set aside; each other row is valued by what it adds to the nearest neighbours' score on those, in
closed form; the learner is fitted to all rows but those of lowest value. Where labels are noisy these are mostly the
wrong ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from weigh.ops.knn_shapley import knn_shapley


class ValuedRowsClassifier(ClassifierMixin, BaseEstimator):
    """A classifier fitted without the rows of lowest data value.

    Parameters
    ----------
    learner : estimator, optional
        Any classifier; logistic regression by default.
    drop : float
        Share of the rows to leave out, from 0 and below 1. Of no class are all rows left out.
    k : int
        Neighbours by which rows are valued.
    n_folds : int
        Each fold is valued on the others' rows: a row's value is its mean over the folds that it is not in.
    random_state : int, optional
        Of the folds.

    Attributes
    ----------
    learner_ : estimator
        The fitted learner.
    values_ : array of float, shape (n_rows,)
        Value of each training row; zeros where there were too few rows of a class to set some aside.
    kept_ : array of bool, shape (n_rows,)
        Which rows the learner was fitted to.
    classes_ : array, shape (n_classes,)
        The labels.

    References
    ----------
    Jia et al. (2019), "Efficient task-specific data valuation for nearest neighbor algorithms", arXiv:1908.08619.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.vstack([np.zeros((20, 2)), np.ones((20, 2))])
    >>> y = np.repeat([0, 1], 20)
    >>> y[[3, 30]] = 1 - y[[3, 30]]
    >>> model = ValuedRowsClassifier(drop=0.05).fit(X, y)
    >>> np.flatnonzero(~model.kept_).tolist()
    [3, 30]
    """

    def __init__(
        self,
        learner: Any = None,
        *,
        drop: float = 0.1,
        k: int = 5,
        n_folds: int = 5,
        random_state: int | None = 0,
    ) -> None:
        self.learner = learner
        self.drop = drop
        self.k = k
        self.n_folds = n_folds
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> ValuedRowsClassifier:
        """Value the rows and fit the learner to those that are kept.

        Parameters
        ----------
        X : array, shape (n_rows, n_features)
            Numbers.
        y : array, shape (n_rows,)
            Labels of two classes or more.
        """
        checked: Any = validate_data(self, X, y)
        X, y = checked
        check_classification_targets(y)
        if not 0 <= self.drop < 1:
            raise ValueError(f"drop is {self.drop}; expected a share from 0 and below 1")
        self.classes_, coded = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"there is one class, {self.classes_[0]!r}; a classifier needs two classes or more")
        self.values_ = self._valued(X, coded)
        self.kept_ = self._kept(coded)
        self.learner_: Any = clone(self.learner) if self.learner is not None else LogisticRegression()
        self.learner_.fit(X[self.kept_], y[self.kept_])
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Labels of rows, shape (n_rows,)."""
        check_is_fitted(self)
        checked: Any = validate_data(self, X, reset=False)
        return self.learner_.predict(checked)

    def _valued(self, X: NDArray[np.float64], y: NDArray[np.int64]) -> NDArray[np.float64]:
        fewest = int(np.bincount(y).min())
        if fewest < 2 or self.drop == 0:
            return np.zeros(len(y))
        folds = StratifiedKFold(min(self.n_folds, fewest), shuffle=True, random_state=self.random_state)
        total, seen = np.zeros(len(y)), np.zeros(len(y))
        for rest, aside in folds.split(X, y):
            # a value is a share of the score: times the rows, so that folds of other sizes count alike
            total[rest] += len(rest) * knn_shapley(X[rest], y[rest], X[aside], y[aside], k=self.k)
            seen[rest] += 1
        return total / seen

    def _kept(self, y: NDArray[np.int64]) -> NDArray[np.bool_]:
        kept = np.ones(len(y), dtype=bool)
        if self.values_.any():
            kept[np.argsort(self.values_, kind="stable")[: int(self.drop * len(y))]] = False
        for label in range(len(self.classes_)):
            mine = np.flatnonzero(y == label)
            if not kept[mine].any():
                kept[mine[np.argmax(self.values_[mine])]] = True
        return kept
