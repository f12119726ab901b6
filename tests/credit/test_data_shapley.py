"""What rows are worth: against enumeration, between algorithms, and on what cannot be valued."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.neighbors import KNeighborsClassifier

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.core.tables import write_table
from weigh.core.values import Values
from weigh.credit.data_shapley import (
    Rows,
    Score,
    data_shapley,
    expected_values,
    noise_recall,
    removal_curve,
    rows_of,
)
from weigh.credit.data_shapley.gradient import RATES, _scores, gradient_contributions
from weigh.ops.coalitions import coalitions, tabulate
from weigh.ops.game import semivalue, shapley_sizes
from weigh.ops.orders import draw_orders


@cache
def small(n=8, n_test=40, seed=0, n_classes=2):
    chance = rng(seed, "rows")
    X = chance.normal(size=(n + n_test, 2))
    y = (X[:, 0] + 0.5 * chance.normal(size=n + n_test) > 0).astype(int) + (n_classes > 2) * (X[:, 1] > 0.5)
    y[:n_classes] = np.arange(n_classes)
    return Rows(X[:n], y[:n], X[n:], y[n:])


def noisy(n=60, seed=0):
    chance = rng(seed, "noisy")
    X = chance.normal(size=(n + 200, 3))
    y = (X[:, 0] - X[:, 1] > 0).astype(int)
    flipped = chance.permutation(n)[: n // 5]
    label = y[:n].copy()
    label[flipped] = 1 - label[flipped]
    return Rows(X[:n], label, X[n : n + 100], y[n : n + 100]), flipped, (X[n + 100 :], y[n + 100 :])


LEARNERS = {
    "logistic": {},
    "logistic, log-loss": {"metric": "neg_log_loss"},
    "sklearn's logistic": {"learner": LogisticRegression()},
    "neighbours": {"learner": KNeighborsClassifier(3), "fewest": 3},
    "tree, area": {"learner": "tree", "metric": "roc_auc"},
}


@pytest.mark.parametrize("options", LEARNERS.values(), ids=LEARNERS)
def test_exact_values_are_the_semivalues_of_the_enumerated_game(options):
    rows = small(6)
    values = data_shapley(rows, algorithm="exact", **options)
    table = tabulate(Score(rows, **options), 6)
    np.testing.assert_allclose(values.mean, semivalue(table, shapley_sizes(6)), atol=1e-12)
    assert values.mean.sum() == pytest.approx(values.notes["v_all"] - values.notes["v_empty"], abs=1e-12)
    assert values.low is None


def test_many_fits_at_once_score_as_sklearn_does():
    rows = small(6)
    masks = coalitions(6)
    for metric in ("accuracy", "neg_log_loss"):
        fast = Score(rows, metric=metric)
        slow = Score(rows, LogisticRegression(tol=1e-10, max_iter=10_000), metric=metric)
        assert fast.fast
        assert not slow.fast
        np.testing.assert_allclose(fast(masks), slow(masks), atol=1e-6)


def test_coalitions_that_lack_a_class_or_rows_are_worth_as_much_as_none():
    rows = small(8, n_classes=3)
    score = Score(rows, fewest=4)
    majority = np.bincount(rows.y_test).max() / len(rows.y_test)
    assert score.empty == pytest.approx(majority)
    for mask, worth in zip(coalitions(8), score(coalitions(8)), strict=True):
        if mask.sum() < 4 or len(set(rows.y[mask])) < 3:
            assert worth == score.empty


def test_constant_predictions():
    rows = small()
    share = rows.y_test.mean()
    assert Score(rows, metric="roc_auc").empty == 0.5
    entropy = share * np.log(share) + (1 - share) * np.log(1 - share)
    assert Score(rows, metric="neg_log_loss").empty == pytest.approx(entropy)
    assert Score(rows, metric="f1").empty in (0.0, pytest.approx(2 * share / (1 + share)))
    numbers = Rows(rows.X, rows.X[:, 0], rows.X_test, rows.X_test[:, 0])
    assert Score(numbers, "ridge").empty == 0.0
    assert Score(rows, empty=-3.0)(np.zeros((1, 8), dtype=bool)).tolist() == [-3.0]


@pytest.mark.parametrize("sampling", ["plain", "antithetic", "stratified"])
def test_sampled_values_lie_about_the_exact_ones(sampling):
    rows = small()
    exact = data_shapley(rows, algorithm="exact").mean
    values = data_shapley(rows, algorithm="truncated", permutations=600, tolerance=0.0, sampling=sampling, seed=4)
    assert values.cov is not None
    assert np.all(np.abs(values.mean - exact) <= 4 * np.sqrt(np.diag(values.cov)))
    assert values.mean.sum() == pytest.approx(values.notes["v_all"] - values.notes["v_empty"], abs=1e-12)


@pytest.mark.parametrize("index", ["banzhaf", "beta"])
def test_other_indices_are_sampled_without_bias_too(index):
    rows = small()
    exact = data_shapley(rows, algorithm="exact", index=index, alpha=4, beta=1)
    values = data_shapley(rows, algorithm="truncated", permutations=800, tolerance=0.0, index=index, alpha=4, beta=1)
    assert values.cov is not None
    assert np.all(np.abs(values.mean - exact.mean) <= 4 * np.sqrt(np.diag(values.cov)))
    assert values.notes["index"] == exact.notes["index"] == ("beta(4, 1)" if index == "beta" else "banzhaf")


def test_beta_with_one_and_one_is_shapley():
    beta = data_shapley(small(), algorithm="exact", index="beta", alpha=1, beta=1)
    np.testing.assert_allclose(beta.mean, data_shapley(small(), algorithm="exact").mean, atol=1e-12)


def test_truncation_saves_fits_and_leaves_little():
    rows, _, _ = noisy(40)
    whole = data_shapley(rows, permutations=6, tolerance=0.0, learner="tree")
    cut = data_shapley(rows, permutations=6, tolerance=0.2, learner="tree")
    worth = whole.notes["v_all"] - whole.notes["v_empty"]
    assert cut.notes["n_fits"] < 0.8 * whole.notes["n_fits"]
    assert 0 < abs(cut.notes["left_undivided"]) <= 0.2 * worth
    assert cut.mean.sum() == pytest.approx(worth - cut.notes["left_undivided"], abs=1e-12)
    assert whole.notes["left_undivided"] == 0.0


def test_a_constant_added_to_the_score_changes_nothing():
    def shifted(model, X, y):
        return accuracy_score(y, model.predict(X)) - 7.0

    rows, _, _ = noisy(30)
    options = {"learner": "tree", "permutations": 5, "tolerance": 0.1}
    plain = data_shapley(rows, metric="accuracy", **options)
    moved = data_shapley(rows, metric=lambda model, X, y: shifted(model, X, y), **options)
    assert plain.notes["n_fits"] == moved.notes["n_fits"]
    np.testing.assert_allclose(plain.mean, moved.mean, atol=1e-12)


def test_equal_rows_are_worth_the_same():
    rows = small(5)
    twice = Rows(np.vstack([rows.X, rows.X[:2]]), np.append(rows.y, rows.y[:2]), rows.X_test, rows.y_test)
    exact = data_shapley(twice, algorithm="exact").mean
    np.testing.assert_allclose(exact[:2], exact[5:], atol=1e-12)
    closed = data_shapley(twice, algorithm="knn").mean
    np.testing.assert_allclose(closed[:2], closed[5:], atol=1e-15)


def test_random_learners_are_seeded_and_fitted_anew():
    forest = RandomForestClassifier(3)
    values = [data_shapley(small(5), algorithm="exact", learner=forest, seed=seed) for seed in (1, 1, 2)]
    assert values[0] == values[1]
    assert values[0].mean.tolist() != values[2].mean.tolist()
    assert not hasattr(forest, "classes_")


def test_leave_one_out():
    rows = small()
    score = Score(rows)
    without = [float(score((np.arange(8) != i)[None, :])[0]) for i in range(8)]
    values = data_shapley(rows, algorithm="leave-one-out")
    np.testing.assert_allclose(values.mean, values.notes["v_all"] - np.array(without), atol=1e-12)


def test_the_first_of_a_gradient_pass_gets_nothing():
    rows = small(6)
    units, rate = gradient_contributions(rows, n_orders=30, metric="neg_log_loss", rate=0.3, seed=0, workers=1)
    assert rate == 0.3
    assert ((units == 0).sum(axis=1) == 1).all()
    orders = draw_orders(6, 20, sampling="plain", rng=rng(0, "passes", 0))[:, 0]
    scores = _scores(rows, orders, 0.3, "neg_log_loss")
    np.testing.assert_allclose(units[:20].sum(axis=1), scores[:, -1] - scores[:, 0], atol=1e-12)
    assert gradient_contributions(rows, n_orders=2, metric="accuracy", seed=0, workers=1)[1] in RATES


@pytest.mark.parametrize("metric", ["accuracy", "neg_log_loss"])
def test_gradient_contributions_sum_to_what_a_plain_pass_ends_with(metric):
    rows = small(6, n_classes=3)
    order = np.array([3, 1, 5, 0, 2, 4])
    W = np.zeros((3, 3))
    one = np.column_stack([rows.X, np.ones(6)])
    test = np.column_stack([rows.X_test, np.ones(len(rows.X_test))])
    scores = []
    for i in order:
        p = np.exp(W @ one[i])
        p /= p.sum()
        W += 0.3 * np.outer((np.arange(3) == rows.y[i]) - p, one[i])
        logits = test @ W.T
        logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        scores.append(
            np.mean(logits.argmax(axis=1) == rows.y_test)
            if metric == "accuracy"
            else logs[np.arange(len(test)), rows.y_test].mean()
        )
    np.testing.assert_allclose(_scores(rows, order[None, :], 0.3, metric)[0], scores, atol=1e-12)


@pytest.mark.parametrize("algorithm", ["truncated", "knn", "gradient"])
def test_flipped_labels_are_found(algorithm):
    rows, flipped, _ = noisy()
    values = data_shapley(rows, algorithm=algorithm, permutations=150)
    found = noise_recall(values, [rows.players[i] for i in flipped])
    assert found.score[round(0.2 * 60) - 1] >= 0.5


def test_owners_are_players():
    rows = small(9)
    owned = Rows(rows.X, rows.y, rows.X_test, rows.y_test, ["ann", "bo", "cy"] * 3)
    values = data_shapley(owned, algorithm="exact")
    assert values.items == ("ann", "bo", "cy")
    assert values.notes["rows_of_each"] == {"ann": 3, "bo": 3, "cy": 3}
    single = Score(rows)
    table = [float(single(np.tile(mask, 3)[None, :])[0]) for mask in coalitions(3)]
    np.testing.assert_allclose(values.mean, semivalue(table, shapley_sizes(3)), atol=1e-12)
    knn = data_shapley(owned, algorithm="knn", k=2)
    each = data_shapley(rows, algorithm="knn", k=2).mean
    np.testing.assert_allclose(knn.mean, each.reshape(3, 3).sum(axis=0), atol=1e-12)


def test_few_players_are_enumerated_where_that_is_cheaper():
    assert data_shapley(small()).notes["algorithm"] == "exact"
    assert data_shapley(small(), permutations=10).notes["algorithm"] == "truncated"


def test_a_player_that_never_moved_the_score_is_not_known_to_be_worth_nothing():
    rows = small()
    values = data_shapley(rows, algorithm="truncated", learner="tree", permutations=2, tolerance=0.0)
    assert values.low is not None
    assert values.high is not None
    assert values.notes["never_moved_the_score"] > 0
    assert np.sum((values.mean == 0) & (values.low < 0) & (values.high > 0)) >= values.notes["never_moved_the_score"]
    flat = data_shapley(rows, permutations=4, metric=lambda model, X, y: 0.5, learner="tree", empty=0.5, tolerance=0.0)
    assert flat.notes["never_moved_the_score"] == 8
    assert not flat.mean.any()


def test_sampling_stops_at_the_error_asked_for():
    values = data_shapley(small(), algorithm="truncated", permutations=5000, until=0.02)
    assert values.notes["reached"] is True
    assert values.notes["max_se"] <= 0.02
    assert values.notes["n_permutations"] < 5000
    assert values.notes["running_change"] is not None


def test_many_players_have_intervals_without_their_covariance():
    rows, _, _ = noisy(120)
    values = data_shapley(rows, permutations=4)
    assert values.cov is None
    assert values.low is not None


# removing, finding, buying


def test_removing_the_best_hurts_and_removing_the_worst_does_not():
    rows, _, held_out = noisy()
    values = data_shapley(rows, permutations=150)
    best, worst, chance = (
        removal_curve(rows, values, held_out, order=order, shares=(0.0, 0.4))
        for order in ("highest", "lowest", "random")
    )
    assert best.score[0] == worst.score[0] == chance.score[0]
    assert best.score[1] < chance.score[1] < worst.score[1]
    assert worst.score[1] > worst.score[0]


def test_recall_by_hand_and_with_ties():
    values = Values(("a", "b", "c", "d"), ("x",), [0.3, -1.0, 0.3, 2.0], scale=data_shapley(small()).scale, method="m")
    assert noise_recall(values, ["b", "a"]).score.tolist() == [0.5, 0.75, 1.0, 1.0]
    assert noise_recall(values, ["d"]).score.tolist() == [0, 0, 0, 1]


def test_rows_on_offer_are_ranked_by_what_is_known():
    rows, _, _ = noisy(80)
    values = data_shapley(rows, algorithm="knn")
    offered = rng(9).normal(size=(60, 3))
    right = (offered[:, 0] - offered[:, 1] > 0).astype(int)
    good = expected_values(rows, values, offered, y_new=right)
    bad = expected_values(rows, values, offered, y_new=1 - right)
    assert good.mean() > bad.mean()
    assert expected_values(rows, values, offered).shape == (60,)


# tables


def table(n=60, seed=0):
    chance = rng(seed, "table")
    x = chance.normal(size=n)
    colour = np.where(chance.random(n) < 0.5, "red", "blue")
    y = np.where(x + (colour == "red") - 0.5 + 0.3 * chance.normal(size=n) > 0, "yes", "no")
    return {"x": x, "colour": colour.tolist(), "label": y.tolist(), "shop": (np.arange(n) % 4).astype(float)}


def test_a_table_is_standardised_split_and_named():
    rows = rows_of(table(), target="label", ignore=["shop"], valuation_share=0.25)
    assert len(rows.X) == 45
    assert len(rows.X_test) == 15
    np.testing.assert_allclose(rows.X.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(rows.X.std(axis=0), 1)
    assert rows.X.shape[1] == 3  # one number, two colours
    shares = [np.mean(part == "yes") for part in (rows.y, rows.y_test)]
    assert abs(shares[0] - shares[1]) < 0.07
    kept = [int(name) - 1 for name in rows.players]
    assert [table()["label"][i] for i in kept] == rows.y.tolist()
    alone = rows_of(table(), target="label", ignore="shop", valuation_share=0.25)
    np.testing.assert_array_equal(alone.X, rows.X)


def test_a_valuation_table_is_on_the_training_rows_scale():
    rows = rows_of(table(), target="label", group="shop", valuation=table(20, seed=1))
    assert len(rows.X) == 60
    assert len(rows.X_test) == 20
    assert rows.players == ("0", "1", "2", "3")
    x = table()["x"]
    np.testing.assert_allclose(rows.X_test[:, 0], (table(20, seed=1)["x"] - x.mean()) / x.std())


def test_files_frames_and_mappings_are_the_same(tmp_path):
    import pandas as pd

    options = {"target": "label", "group": "shop", "algorithm": "exact"}
    values = data_shapley(table(), **options)
    file = write_table(tmp_path / "rows.csv", table())
    assert data_shapley(file, **options) == values
    assert data_shapley(pd.DataFrame(table()), **options) == values  # pyright: ignore[reportArgumentType]


def test_numbers_are_learnt_by_ridge():
    given = table()
    values = data_shapley({**given, "price": given["x"] * 2 + 1}, target="price", learner="ridge", permutations=4)
    assert values.scale.unit == "r2"


def test_command(tmp_path):
    file = write_table(tmp_path / "rows.csv", table())
    command = [sys.executable, "-m", "weigh.doors.cli", "credit", "data-shapley", str(file), "--target", "label"]
    command += ["--group", "shop", "--algorithm", "exact", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [row["item"] for row in found["values"]] == ["0", "1", "2", "3"]
    values = data_shapley(file, target="label", group="shop", algorithm="exact")
    assert [row["mean"] for row in found["values"]] == values.mean.tolist()


# what cannot be valued


BAD = {
    "unknown target": ({"target": "nothing"}, "no column 'nothing'"),
    "no target": ({"target": ""}, "names no column"),
    "unknown group": ({"group": "nothing"}, "no column 'nothing'"),
    "nothing to learn from": ({"ignore": ["x", "colour", "shop"]}, "left to learn"),
    "text for numbers": ({"learner": "ridge"}, "needs numbers"),
    "unknown learner": ({"learner": "oracle"}, "oracle"),
    "no estimator": ({"learner": 3}, "estimator"),
    "unknown metric": ({"metric": "beauty"}, "beauty"),
    "unknown algorithm": ({"algorithm": "guess"}, "guess"),
    "unknown index": ({"index": "core"}, "core"),
    "an index that cannot be": ({"index": "banzhaf", "algorithm": "knn"}, "cannot give"),
    "too many for exact": ({"algorithm": "exact"}, "at most"),
    "one permutation": ({"permutations": 1}, "standard errors need 2"),
    "no share": ({"valuation_share": 1.0}, "between 0 and 1"),
    "gradient metric": ({"algorithm": "gradient", "metric": "roc_auc"}, "gradient"),
    "too few for the learner": ({"learner": KNeighborsClassifier(5), "permutations": 2}, "fewest="),
    "tolerance": ({"tolerance": -0.1}, "tolerance"),
    "seed": ({"seed": -1}, "seed"),
}


@pytest.mark.parametrize(("options", "says"), BAD.values(), ids=BAD)
def test_options_that_cannot_be_used_are_refused(options, says):
    with pytest.raises(InputError, match=says):
        data_shapley(table(), **{"target": "label", **options})


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"label": ["yes"] * 60}, "classes"),
        ({"label": [None, *["yes", "no"] * 29, "yes"]}, "row 1"),
        ({"x": np.full(60, np.nan)}, "row 1"),
        ({"x": np.append(np.zeros(59), np.inf)}, "row 60"),
        ({"colour": [str(i) for i in range(59)] + ["a"]}, "different texts"),
        ({"colour": ["red"]}, "one length"),
    ],
)
def test_tables_that_cannot_be_used_are_refused(changed, says):
    given = {**table(), **changed}
    if "colour" in changed and len(changed["colour"]) == 60:
        given["colour"] = [f"c{i}" for i in range(60)]
    with pytest.raises(InputError, match=says):
        data_shapley(given, target="label")


def test_an_unowned_row_or_a_single_owner_is_refused():
    given = table()
    with pytest.raises(InputError, match="empty cell"):
        data_shapley({**given, "shop": [None, *["a"] * 59]}, target="label", group="shop")
    with pytest.raises(InputError, match="one player"):
        data_shapley({**given, "shop": ["a"] * 60}, target="label", group="shop")


@pytest.mark.parametrize(
    "bad",
    [
        {"X": np.zeros((0, 2)), "y": np.zeros(0)},
        {"X": [[np.nan, 0], [1, 1]]},
        {"y": [0]},
        {"y": [0, np.nan]},
        {"X_test": [[1.0]]},
        {"owner": ["ann"]},
    ],
)
def test_rows_that_do_not_fit_are_refused(bad):
    given = {"X": [[0.0, 1], [1, 1]], "y": [0, 1], "X_test": [[0.0, 1]], "y_test": [1]} | bad
    with pytest.raises(InputError):
        Rows(**given)


def test_uses_refuse_values_of_others():
    rows = small()
    others = data_shapley(Rows(rows.X, rows.y, rows.X_test, rows.y_test, list("abcdefgh")), algorithm="leave-one-out")
    mine = data_shapley(rows, algorithm="leave-one-out")
    held_out = (rows.X_test, rows.y_test)
    with pytest.raises(InputError, match="same players"):
        removal_curve(rows, others, held_out)
    with pytest.raises(InputError, match="shares"):
        removal_curve(rows, mine, held_out, shares=(1.0,))
    with pytest.raises(InputError, match="noisy"):
        noise_recall(mine, ["nobody"])
    with pytest.raises(InputError, match="X_new"):
        expected_values(rows, mine, [[1.0]])


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_efficiency_on_random_data(seed):
    rows = small(5, 12, seed)
    assume(len(set(rows.y)) == len(set(rows.y_test)) == 2)
    values = data_shapley(rows, algorithm="exact")
    assert values.mean.sum() == pytest.approx(values.notes["v_all"] - values.notes["v_empty"], abs=1e-12)
