"""The closed form for nearest neighbours, beside the enumeration of all coalitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops import knn_shapley as module
from weigh.ops.coalitions import coalitions
from weigh.ops.game import semivalue, shapley_sizes
from weigh.ops.knn_shapley import knn_shapley


def score(rows, X, y, x, label, k):
    """The share of the k nearest that match, the mean over the orders of those equally far."""
    far = np.round(((X[rows] - x) ** 2).sum(axis=1), 9)
    total, left = 0.0, k
    for distance in np.unique(far):
        match = (y[rows] == label)[far == distance]
        taken = min(left, len(match))
        total, left = total + taken * match.mean(), left - taken
    return total / k


def enumerated(X, y, X_test, y_test, k):
    table = np.zeros(1 << len(X))
    for mask, row in enumerate(coalitions(len(X))):
        rows = np.flatnonzero(row)
        if len(rows):
            table[mask] = np.mean([score(rows, X, y, x, label, k) for x, label in zip(X_test, y_test, strict=True)])
    return semivalue(table, shapley_sizes(len(X)))


@pytest.mark.parametrize(("n", "k"), [(7, 3), (7, 1), (4, 6), (8, 5), (1, 3), (5, 5), (6, 100)])
def test_equal_to_enumeration_for_k_below_and_above_n(n, k):
    chance = rng(n, k)
    X, X_test = chance.normal(size=(n, 2)), chance.normal(size=(4, 2))
    y, y_test = chance.integers(0, 3, n), chance.integers(0, 3, 4)
    np.testing.assert_allclose(knn_shapley(X, y, X_test, y_test, k=k), enumerated(X, y, X_test, y_test, k), atol=1e-14)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=7),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=3),
    st.integers(1, 9),
)
@settings(max_examples=40, deadline=None)
def test_equal_distances_count_as_the_mean_over_their_orders(train, test, k):
    X, X_test = (np.array([[float(x)] for x, _ in rows]) for rows in (train, test))
    y, y_test = (np.array([label for _, label in rows]) for rows in (train, test))
    found = knn_shapley(X, y, X_test, y_test, k=k)
    np.testing.assert_allclose(found, enumerated(X, y, X_test, y_test, k), atol=1e-13)
    back = knn_shapley(X[::-1], y[::-1], X_test, y_test, k=k)
    np.testing.assert_allclose(back[::-1], found, atol=1e-13)


def test_values_sum_to_the_score_and_blocks_change_nothing(monkeypatch):
    chance = rng(3)
    X, X_test = chance.normal(size=(60, 3)), chance.normal(size=(25, 3))
    y, y_test = chance.choice(["a", "b"], 60), chance.choice(["a", "b"], 25)
    found = knn_shapley(X, y, X_test, y_test, k=7)
    whole = np.mean([score(np.arange(60), X, y, x, label, 7) for x, label in zip(X_test, y_test, strict=True)])
    assert found.sum() == pytest.approx(whole, abs=1e-12)
    monkeypatch.setattr(module, "CELLS", 1)
    np.testing.assert_allclose(knn_shapley(X, y, X_test, y_test, k=7), found, atol=1e-15)


def test_far_from_the_origin_equal_rows_are_still_equal():
    X = np.repeat(rng(0).normal(size=(5, 2)), 2, axis=0) + 1e6
    y = np.repeat([0, 1, 0, 1, 0], 2)
    found = knn_shapley(X, y, rng(1).normal(size=(9, 2)) + 1e6, rng(2).integers(0, 2, 9), k=3)
    np.testing.assert_allclose(found[::2], found[1::2], atol=1e-15)


@pytest.mark.parametrize(
    "bad",
    [
        {"X": np.zeros((0, 1)), "y": []},
        {"X": 1.0},
        {"X": [[np.nan], [0.0]]},
        {"X_test": [[1.0, 2.0]]},
        {"y": [0]},
        {"y_test": [0, 1]},
        {"k": 0},
        {"k": 1.5},
    ],
)
def test_what_has_no_neighbours_is_refused(bad):
    given_ = {"X": [[0.0], [1.0]], "y": [0, 1], "X_test": [[0.5]], "y_test": [1], "k": 1} | bad
    with pytest.raises(InputError):
        knn_shapley(given_["X"], given_["y"], given_["X_test"], given_["y_test"], k=given_["k"])
