"""Many logistic regressions at once, beside scikit-learn's one at a time."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops import logistic
from weigh.ops.logistic import logistic_fits


def problem(n=40, d=4, m=12, seed=0):
    chance = rng(seed, "logistic")
    X = chance.normal(size=(n, d))
    y = (X @ chance.normal(size=d) + chance.normal(size=n) > 0).astype(int)
    masks = chance.random((m, n)) < 0.5
    keep = (masks @ y > 0) & (masks @ (1 - y) > 0)
    return X, y, masks[keep]


@pytest.mark.parametrize("penalty", [0.01, 1.0, 30.0])
def test_equal_to_sklearn(penalty):
    X, y, masks = problem()
    for mask, found in zip(masks, logistic_fits(X, y, masks, penalty=penalty), strict=True):
        peer = LogisticRegression(C=1 / penalty, tol=1e-12, max_iter=10_000).fit(X[mask], y[mask])
        np.testing.assert_allclose(found, np.append(peer.coef_, peer.intercept_), atol=1e-4 * (1 + np.abs(found).max()))


def test_the_gradient_is_zero_to_rounding():
    X, y, masks = problem(n=80, d=6)
    found = logistic_fits(X, y, masks)
    design = np.column_stack([X, np.ones(len(X))])
    p = 1 / (1 + np.exp(-(found @ design.T)))
    gradient = (masks * (p - y)) @ design + np.column_stack([found[:, :-1], np.zeros(len(found))])
    assert np.abs(gradient).max() < 1e-9


def test_weights_count_like_copies():
    X, y, _ = problem()
    weights = rng(1).integers(1, 4, len(X))
    copies = np.repeat(np.arange(len(X)), weights)
    found = logistic_fits(X, y, weights[None, :])[0]
    again = logistic_fits(X[copies], y[copies], np.ones((1, len(copies))))[0]
    np.testing.assert_allclose(found, again, atol=1e-9)


def test_separated_far_and_lopsided_data_settle():
    X = np.array([[-1e3], [-1e3], [-1e3], [-1e3], [-1e3], [-1e3], [1e3]])
    found = logistic_fits(X, [0] * 6 + [1], np.ones((1, 7)), penalty=1e-3)
    assert np.isfinite(found).all()


def test_hessians_one_by_one_are_the_same(monkeypatch):
    X, y, masks = problem()
    together = logistic_fits(X, y, masks)
    monkeypatch.setattr(logistic, "CELLS", 0)
    np.testing.assert_allclose(logistic_fits(X, y, masks), together, atol=1e-10)


def test_no_fits_are_no_fits():
    X, y, _ = problem()
    assert logistic_fits(X, y, np.ones((0, len(X)))).shape == (0, 5)


@pytest.mark.parametrize(
    "bad",
    [
        {"X": 1.0},
        {"X": [[np.nan], [1.0]]},
        {"y": [0, 2]},
        {"y": [1, 1]},
        {"weights": [[1, 0]]},
        {"weights": [[1, -1]]},
        {"weights": [1, 1]},
        {"penalty": 0.0},
    ],
)
def test_what_cannot_be_fitted_is_refused(bad):
    given = {"X": [[0.0], [1.0]], "y": [0, 1], "weights": [[1, 1]], "penalty": 1.0} | bad
    with pytest.raises(InputError):
        logistic_fits(given["X"], given["y"], given["weights"], penalty=given["penalty"])
