from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from weigh import Ratings
from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.fit.runtime_preferences import runs_from_table, runtime_preferences

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "runtime-preferences"
PARALLEL = [
    "painlessmaple", "pakis", "mallobparallel", "pmcomsps", "pmcomspscom", "abcdparascavel", "pmcomspsstrsc",
    "mergehordesatparallel", "plingeling",
]  # fmt: skip
UTILITIES = ["uniform(20)", "uniform(500)", "pareto(5, 3)", "pareto(5, 1)", "exponential(1)"]
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the SAT Competition's tables are not on this machine")


def planted(n=200, seed=0):
    draw = rng(seed, "runs")
    t = np.exp(draw.standard_normal((n, 1)) + np.array([0.0, 0.5, 1.0]) + 0.2 * draw.standard_normal((n, 3)))
    names = np.array([f"instance {at}" for at in range(n)], dtype=object)
    return names, t


def as_runs(names, t, cap):
    who, item = np.repeat(names, 3), np.tile(np.array(["a", "b", "c"], dtype=object), len(names))
    flat = t.ravel()
    ends = np.where(flat <= cap, "finished", "capped")
    return Ratings(who=who, item=item, value=np.minimum(flat, cap), criterion=ends)


@needs_data
@pytest.mark.parametrize("track", ["r_parallel", "r_cloud"])
def test_sat_competition_to_the_last_digit(track):
    with (DATA / "oracle" / "weigh_oracle_satcomp2021.csv").open() as file:
        rows = [row for row in list(csv.reader(file))[1:] if row[0] == track]
    solvers = list(dict.fromkeys(row[2] for row in rows))
    runs = runs_from_table(DATA / f"satcomp2021_{track}.csv", "hash", solvers)
    for utility in dict.fromkeys(row[1] for row in rows):
        values = runtime_preferences(runs, utility=utility)
        want = {row[2]: float(row[3]) for row in rows if row[1] == utility}
        np.testing.assert_allclose(values.mean, [want[item] for item in values.items], rtol=0, atol=1e-12)


@needs_data
def test_who_is_best_depends_on_the_utility():
    runs = runs_from_table(DATA / "satcomp2021_r_parallel.csv", "hash", PARALLEL, captime=5000)
    values = runtime_preferences(runs, utility=UTILITIES[0], others=UTILITIES[1:], captime=5000)
    assert values.notes["best_by"] == {
        "uniform(20)": ["pakis"], "uniform(500)": ["mallobparallel"], "pareto(5, 3)": ["pakis"],
        "pareto(5, 1)": ["mallobparallel"], "exponential(1)": ["mallobparallel"],
    }  # fmt: skip
    assert min(values.notes["par2"], key=values.notes["par2"].__getitem__) == "pmcomsps"
    assert values.notes["answered"]["pmcomsps"] == pytest.approx(321 / 400)
    assert values.notes["lost_by_the_best_by_par2"] == pytest.approx(0.6411, abs=1e-4)
    assert [figure["kind"] for figure in values.notes["figures"]] == ["intervals", "lines", "heatmap"]
    ranks = {u: sorted(PARALLEL, key=lambda s: -scores[s]) for u, scores in values.notes["scores"].items()}
    assert ranks["uniform(500)"].index("plingeling") == 7
    assert ranks["exponential(1)"].index("plingeling") == 1


def test_stopped_runs_widen_and_never_move_the_ends_apart():
    names, t = planted()
    whole = runtime_preferences(as_runs(names, t, np.inf), utility="log_normal(3, 1)")
    for cap in (2.0, 5.0, 20.0):
        capped = runtime_preferences(as_runs(names, t, cap), utility="log_normal(3, 1)", captime=cap)
        possible = np.array(list(capped.notes["if_capped_runs_were_about_to_answer"].values()))
        assert (capped.mean <= whole.mean + 1e-12).all()
        assert (possible >= whole.mean - 1e-12).all()
        assert (capped.low <= whole.mean).all()
        assert (whole.mean <= capped.high).all()


def test_pairing_by_instance_tells_more_apart():
    names, t = planted()
    runs = as_runs(names, t, np.inf)
    hoeffding = runtime_preferences(runs, utility="uniform(9)")
    normal = runtime_preferences(runs, utility="uniform(9)", interval="normal")
    assert normal.ranking().tiers == [("a",), ("b",), ("c",)]
    assert len(hoeffding.ranking().tiers) < 3
    worth = np.maximum(0, 1 - t / 9)
    np.testing.assert_allclose(normal.cov, np.cov(worth.T) / len(t), rtol=1e-12)
    stopped = runtime_preferences(as_runs(names, t, 4.0), utility="uniform(9)", interval="normal", captime=4.0)
    assert stopped.cov is None


def test_the_same_order_of_times_is_kept_by_every_utility():
    names, t = planted(50)
    better = np.stack([t.min(axis=1), t[:, 1], t.max(axis=1)], axis=1)
    for utility in [*UTILITIES, "log_laplace(2, 3)", "step(2)", "polynomial(9, 2)"]:
        a, b, c = runtime_preferences(as_runs(names, better, np.inf), utility=utility).mean
        assert a >= b - 1e-12 >= c - 2e-12


def test_all_failed_is_worth_nothing_and_ties_are_told():
    runs = Ratings(who=["i", "j"] * 2, item=["A", "A", "B", "B"], value=[0.0] * 4, criterion=["never"] * 4)
    values = runtime_preferences(runs, utility="uniform(3)", captime=9)
    assert values.mean.tolist() == [0, 0]
    assert values.notes["best"] == ["A", "B"]
    assert values.notes["par2"] == {"A": 18, "B": 18}


def test_one_other_utility_may_be_given_as_a_text():
    rows = {"who": ["i", "j", "i", "j"], "item": ["A", "A", "B", "B"], "value": [1.0, 2, 3, 4]}
    values = runtime_preferences(Ratings.from_frame(rows), utility="uniform(3)", others="uniform(9)")
    assert list(values.notes["best_by"]) == ["uniform(3)", "uniform(9)"]


def test_wide_table(tmp_path):
    file = tmp_path / "wide.csv"
    file.write_text("hash,x,y\nh1,3.5,timeout\nh2,memout,2\n")
    runs = runs_from_table(file, "hash", ["x", "y"], captime=10)
    assert list(zip(runs.value.tolist(), runs.criterion.tolist(), strict=True)) == [
        (3.5, ""), (0.0, "never"), (10.0, "capped"), (2.0, ""),
    ]  # fmt: skip
    with pytest.raises(InputError, match="no column 'z'"):
        runs_from_table(file, "hash", ["z"])
    file.write_text("number,x\n1,3.5\n2,\n")
    with pytest.raises(InputError, match="'x' on '2': the cell is empty"):
        runs_from_table(file, "number", ["x"])
    file.write_text("number,x\n1,3.5\n2,4\n")
    assert runs_from_table(file, "number", ["x"]).who.tolist() == ["1", "2"]


@pytest.mark.parametrize(
    ("changed", "options", "message"),
    [
        ({"value": [-1.0, 1, 1, 1]}, {}, "expected 0 or more"),
        ({"criterion": ["slow"] * 4}, {}, "criterion is 'slow'"),
        ({}, {"utility": "soon(3)"}, "no utility of time"),
        ({}, {"interval": "exact"}, "expected hoeffding or normal"),
        ({}, {"level": 1.0}, "between 0 and 1"),
        ({"who": ["i", "j", "i", "k"]}, {"interval": "normal"}, "did not run on all"),
        ({"weight": [0.0] * 4}, {}, "weight"),
    ],
)
def test_what_cannot_be_used(changed, options, message):
    rows = {"who": ["i", "j", "i", "j"], "item": ["A", "A", "B", "B"], "value": [1.0, 2, 3, 4], **changed}
    with pytest.raises(InputError, match=message):
        runtime_preferences(Ratings.from_frame(rows), **{"utility": "uniform(3)", **options})
