"""Why a model does worse elsewhere: exact where counts are exact, near the truth where they are learnt."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.core.tables import write_table
from weigh.credit.why_fail import why_fail
from weigh.ops.coalitions import coalitions
from weigh.ops.game import semivalue, shapley_sizes

CAUSES = "G -> Y; Y -> X1; G, Y -> X2; G, Y -> X3"


def counted(seed):
    """Two discrete tables over g -> y -> x with full support, and a score that follows from the columns."""
    chance = rng(seed, "counted")
    cells = list(itertools.product((0, 1), (0, 1), (0, 1, 2)))
    tables = []
    for _ in range(2):
        rows = np.repeat(cells, chance.integers(1, 4, len(cells)), axis=0)
        tables.append({"g": rows[:, 0], "y": rows[:, 1], "x": rows[:, 2], "z": np.cos(rows @ [1.0, 2.0, 3.0])})
    return tables


def recombined(tables):
    """The score's mean under every mixture of the two tables' conditionals, cell by cell."""

    def share(table, **fixed):
        return np.mean(np.all([table[name] == value for name, value in fixed.items()], axis=0))

    def worth(mask):
        total = 0.0
        for g, y, x in itertools.product((0, 1), (0, 1), (0, 1, 2)):
            one, two, three = (tables[int(moved)] for moved in mask)
            p = share(one, g=g) * share(two, g=g, y=y) / share(two, g=g)
            p *= share(three, y=y, x=x) / share(three, y=y)
            total += p * np.cos(g + 2.0 * y + 3.0 * x)
        return total

    return np.array([worth(mask) for mask in coalitions(3)])


@cache
def synthetic(n=5000, seed=0):
    """The published synthetic shift: only P(Y | G) changes."""

    def drawn(q, chance):
        g = chance.random(n) >= 0.5
        y = g ^ (chance.random(n) >= q)
        copies = [y ^ (chance.random(n) <= 0.25) for _ in range(3)]
        x = [chance.normal(copy + weight * g) for copy, weight in zip(copies, (0, 1, 3), strict=True)]
        return {"G": g.astype(int), "Y": y.astype(int), "X1": x[0], "X2": x[1], "X3": x[2]}

    seen, source, target = (drawn(q, rng(seed, name)) for q, name in ((0.9, "seen"), (0.9, "source"), (0.1, "target")))
    model = LogisticRegression().fit(np.column_stack([seen[k] for k in ("X1", "X2", "X3")]), seen["Y"])
    for table in (source, target):
        p = model.predict_proba(np.column_stack([table[k] for k in ("X1", "X2", "X3")]))[:, 1]
        table["p"], table["brier"] = p, (p - table["Y"]) ** 2
    return source, target


@pytest.mark.parametrize("seed", range(4))
def test_exact_counts_recombine_the_conditionals_exactly(seed):
    # the source's own rows are weighed, so the graph must hold in them
    tables = [factorised(table) for table in counted(seed)]
    values = why_fail(*tables, graph="g -> y; y -> x", score="z", ratio="counts")
    exact = semivalue(recombined(tables), shapley_sizes(3))
    np.testing.assert_allclose(values.mean, exact, atol=1e-12)
    assert values.notes["unexplained"] == pytest.approx(0, abs=1e-12)


def factorised(table):
    """Rows in which x depends on y alone, to the last count: n(g, y) · m(y, x) / m(y) of each, in whole numbers."""
    n = {(g, y): int(np.sum((table["g"] == g) & (table["y"] == y))) for g in (0, 1) for y in (0, 1)}
    m = {(y, x): int(np.sum((table["y"] == y) & (table["x"] == x))) for y in (0, 1) for x in (0, 1, 2)}
    rows = [
        (g, y, x) for (g, y), a in n.items() for (w, x), b in m.items() if w == y
        for _ in range(a * b * sum(m[1 - y, k] for k in range(3)))
    ]  # fmt: skip
    kept = np.array(rows)
    return {"g": kept[:, 0], "y": kept[:, 1], "x": kept[:, 2], "z": np.cos(kept @ [1.0, 2.0, 3.0])}


def test_the_mechanism_that_shifted_gets_the_blame():
    source, target = synthetic()
    values = why_fail(source, target, graph=CAUSES, score="brier")
    share = dict(zip(values.items, values.mean.tolist(), strict=True))
    change = values.notes["change"]
    assert change == pytest.approx(target["brier"].mean() - source["brier"].mean())
    assert share["P(Y | G)"] >= 0.9 * change
    assert max(abs(number) for name, number in share.items() if name != "P(Y | G)") <= 0.03
    assert values.mean.sum() == pytest.approx(values.notes["explained"], abs=1e-12)
    assert abs(values.notes["unexplained"]) <= 0.1 * change
    assert values.low is not None
    assert np.all(values.low <= values.mean)


def test_marginals_do_not_see_it():
    source, target = synthetic()
    values = why_fail(source, target, graph="G; Y; X1; X2; X3", score="brier")
    assert np.abs(values.mean).max() <= 0.1 * values.notes["change"]


def test_no_shift_no_blame():
    source, _ = synthetic()
    half = {name: column[:2500] for name, column in source.items()}
    values = why_fail(half, half, graph="G -> Y", score="brier", ratio="counts")
    np.testing.assert_allclose(values.mean, 0, atol=1e-12)
    rest = {name: column[2500:] for name, column in source.items()}
    learnt = why_fail(half, rest, graph="G -> Y; Y -> X1", score="brier")
    assert np.abs(learnt.mean).max() < 0.03


def test_intervals_cover_what_counting_all_rows_gives():
    whole_source, whole_target = synthetic()
    known = why_fail(whole_source, whole_target, graph="G -> Y", score="brier", ratio="counts").mean
    covered = []
    for seed in range(30):
        drawn = rng(seed, "subset").choice(5000, 400)
        part = {name: column[drawn] for name, column in whole_source.items()}
        values = why_fail(part, whole_target, graph="G -> Y", score="brier", ratio="counts")
        assert values.low is not None
        assert values.high is not None
        covered.append((values.low[1] <= known[1]) & (known[1] <= values.high[1]))
    # ratios are held fixed in the intervals, and counting them anew makes less noise, not more
    assert np.mean(covered) >= 0.85


def test_plain_and_normalised_weights_agree_where_ratios_are_exact():
    tables = [factorised(table) for table in counted(1)]
    options = {"graph": "g -> y; y -> x", "score": "z", "ratio": "counts"}
    plain = why_fail(*tables, weighting="plain", **options)
    np.testing.assert_allclose(plain.mean, why_fail(*tables, **options).mean, atol=1e-12)


def test_a_metric_that_is_no_mean():
    source, target = synthetic()

    def area(table, weights):
        return roc_auc_score(table["Y"], table["p"], sample_weight=weights)

    values = why_fail(source, target, graph="G -> Y", metric=area, ratio="counts")
    assert values.low is None
    assert values.notes["before"] == pytest.approx(roc_auc_score(source["Y"], source["p"]))
    assert values.items[int(values.mean.argmin())] == "P(Y | G)"
    options = {"graph": "G -> Y", "ratio": "counts"}
    mean = why_fail(source, target, metric=lambda t, w: float(np.average(t["brier"], weights=w)), **options)
    np.testing.assert_allclose(mean.mean, why_fail(source, target, score="brier", **options).mean, atol=1e-12)


def test_nodes_may_hold_several_columns():
    source, target = synthetic()
    values = why_fail(
        source, target, graph={"Y": ["G"], "X": ["G", "Y"]}, nodes={"X": ["X1", "X2", "X3"]}, score="brier"
    )
    assert values.items == ("P(G)", "P(Y | G)", "P(X | G, Y)")
    assert values.items[int(values.mean.argmax())] == "P(Y | G)"


def test_excluded_mechanisms_stay_the_sources():
    source, target = synthetic()
    source, target = ({**table, "H": table["G"]} for table in (source, target))
    values = why_fail(source, target, graph="G -> Y; H", score="brier", exclude=["Y"], ratio="counts")
    assert values.items == ("P(G)", "P(H)")
    assert abs(values.notes["unexplained"]) > 0.8 * values.notes["change"]
    graph = {"outcome": "G", "H": ()}
    source, target = ({**table, "outcome": table["Y"]} for table in (source, target))
    again = why_fail(source, target, graph=graph, score="brier", exclude="outcome", ratio="counts")
    np.testing.assert_allclose(again.mean, values.mean)


def test_rescaled_values_sum_to_the_change():
    source, target = synthetic()
    options = {"graph": "G -> Y", "score": "brier", "ratio": "counts"}
    plain, scaled = (why_fail(source, target, rescale=again, **options) for again in (False, True))
    assert scaled.mean.sum() == pytest.approx(scaled.notes["change"])
    np.testing.assert_allclose(scaled.mean / plain.mean, scaled.notes["rescaled_by"])
    assert scaled.cov is not None
    assert plain.cov is not None
    np.testing.assert_allclose(scaled.cov, plain.cov * scaled.notes["rescaled_by"] ** 2)


def test_more_than_twelve_mechanisms_are_sampled():
    chance = rng(5)
    source = {f"x{i}": chance.integers(0, 2, 800) for i in range(14)}
    target = {name: chance.integers(0, 2, 800) | (chance.random(800) < (name == "x3")) for name in source}
    for table in (source, target):
        table["wrong"] = (table["x3"] + table["x4"] > 1).astype(int)
    values = why_fail(
        source, target, graph=";".join(f"x{i}" for i in range(14)), score="wrong", ratio="counts", permutations=40
    )
    assert values.notes["n_permutations"] == 40
    assert values.items[int(values.mean.argmax())] == "P(x3)"
    assert values.mean.sum() == pytest.approx(values.notes["explained"])


def far():
    source = {"a": np.arange(1000.0), "b": np.zeros(1000), "wrong": np.arange(1000) % 2}
    return source, {**source, "a": np.arange(1000.0) + 995}


def test_where_hardly_a_row_is_left_there_is_no_answer():
    with pytest.raises(InputError, match=r"P\(a\).*less than 1%"):
        why_fail(*far(), graph="a; b", score="wrong", ratio="counts")
    with pytest.raises(InputError, match="less than 1%"):
        why_fail(
            *far(), graph="a; b", score="wrong", ratio=HistGradientBoostingClassifier(max_iter=300, learning_rate=0.5)
        )


def test_clipping_lets_it_through_and_says_so():
    values = why_fail(*far(), graph="a; b", score="wrong", clip_probability=0.9, ratio="logistic")
    assert values.notes["compared"]["a"]["clipped"] > 0.5
    assert values.notes["effective_share"]["P(a)"] > 0.01
    bounded = why_fail(*far(), graph="a; b", score="wrong", clip_weight=5.0, ratio="logistic")
    assert bounded.notes["clipped_weights"]["P(a)"] > 0.5
    assert bounded.notes["largest_weight"]["P(a)"] <= 5.0
    assert values.notes["compared"]["a"]["auc"] > 0.95


def test_command(tmp_path):
    files = [str(write_table(tmp_path / f"{n}.csv", factorised(table))) for n, table in enumerate(counted(2))]
    command = [sys.executable, "-m", "weigh.doors.cli", "credit", "why-fail", *files, "--graph", "g -> y; y -> x"]
    done = subprocess.run(
        [*command, "--score", "z", "--ratio", "counts", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [row["item"] for row in json.loads(done.stdout)["values"]] == ["P(g)", "P(y | g)", "P(x | y)"]


BAD = {
    "no score": ({"score": ""}, "either score"),
    "two scores": ({"metric": lambda t, w: 0.0}, "either score"),
    "unknown score": ({"score": "nothing"}, "no column 'nothing'"),
    "unknown column": ({"graph": "G -> nothing"}, "no column 'nothing'"),
    "a circle": ({"graph": "G -> Y; Y -> G"}, "circle"),
    "one mechanism": ({"graph": "G"}, "two or more"),
    "none left": ({"exclude": ["G", "Y"], "graph": "G -> Y"}, "two or more"),
    "unknown node": ({"exclude": ["Q"]}, "no node 'Q'"),
    "unknown ratio": ({"ratio": "guess"}, "guess"),
    "no classifier": ({"ratio": 3}, "classifier"),
    "one fold": ({"folds": 1}, "folds"),
    "clip": ({"clip_probability": 0.4}, "clip_probability"),
    "clip weight": ({"clip_weight": 0.4}, "clip_weight"),
    "weighting": ({"weighting": "none"}, "weighting"),
    "metric of nan": ({"score": "", "metric": lambda t, w: float("nan")}, "nan"),
    "seed": ({"seed": -1}, "seed"),
}


@pytest.mark.parametrize(("options", "says"), BAD.values(), ids=BAD)
def test_options_that_cannot_be_used_are_refused(options, says):
    source, target = ({k: v[:200] for k, v in t.items()} for t in synthetic())
    with pytest.raises(InputError, match=says):
        why_fail(source, target, **{"graph": "G -> Y", "score": "brier", "ratio": "logistic", **options})


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"brier": np.full(200, 0.3)}, "all rows"),
        ({"brier": np.full(200, np.nan)}, "row 1"),
        ({"brier": ["bad"] * 200}, "text"),
        ({"Y": [None] * 200}, "row 1"),
        ({"Y": [1]}, "one length"),
    ],
)
def test_tables_that_cannot_be_used_are_refused(changed, says):
    source, target = ({k: v[:200] for k, v in t.items()} for t in synthetic())
    with pytest.raises(InputError, match=says):
        why_fail({**source, **changed}, target, graph="G -> Y", score="brier", ratio="counts")


def test_too_few_rows_for_a_classifier_are_refused():
    source, target = ({k: v[:4] for k, v in t.items()} for t in synthetic())
    with pytest.raises(InputError, match="rows"):
        why_fail(source, target, graph="G -> Y", score="brier", folds=4)
