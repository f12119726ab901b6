from __future__ import annotations

import numpy as np
import pytest

from weigh import Ratings
from weigh.core.errors import InputError
from weigh.fit.prioritized_risk import prioritized_risk, tradeoff
from weigh.ops.decision_problems import least_prioritized_risk
from weigh.testbeds.prior_problems import rate, slope, steering

COLUMNS = ("who", "item", "criterion", "value")


def as_table(problem, prior):
    rows = [(f"t{t}", "-", "prior", w) for t, w in enumerate(prior)]
    rows += [(f"t{t}", f"x{x}", "probability", p) for t, row in enumerate(problem.chance) for x, p in enumerate(row)]
    rows += [(f"t{t}", f"a{a:03d}", "loss", c) for a, row in enumerate(problem.loss) for t, c in enumerate(row)]
    return rows


def ratings(rows):
    return Ratings.from_frame(dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True)))


def test_a_table_is_the_problem():
    problem, prior = rate(np.linspace(0.1, 0.9, 5), 4, np.linspace(0, 1, 21)), np.array([1.0, 3, 5, 3, 1])
    values = prioritized_risk(ratings(as_table(problem, prior)))
    exact = least_prioritized_risk(problem, prior)
    assert values.notes["prioritized_risk"] == pytest.approx(exact.value, abs=1e-9)
    assert abs(values.notes["gap_of_the_proof"]) < 1e-8
    assert (prior * values.mean).max() == pytest.approx(exact.value, abs=1e-9)
    assert values.notes["some_truth_has_at_least"]["t0"] == pytest.approx(exact.value)
    assert max(values.notes["lower_bounds"].values()) <= exact.value + 1e-9
    assert values.notes["figures"][0]["kind"] == "lines"
    assert values.notes["minimax_risk"] <= values.mean.max() + 1e-9


@pytest.mark.parametrize(
    ("problem", "centre"),
    [
        (rate(np.linspace(0.05, 0.95, 11), 8), 2),
        (slope(np.linspace(-2, 2, 11), [1, 1, 1], noise=2.0), 3),
        (steering(np.linspace(0, 2, 11)), 2),
    ],
    ids=["rate", "slope", "steering"],
)
def test_trust_buys_where_the_prior_points_and_costs_elsewhere(problem, centre):
    prior = np.exp(-((np.arange(11) - centre) ** 2) / 6)
    curve = tradeoff(problem, prior, trust=[0, 0.5, 1, 2])
    assert curve.favoured[2] < curve.favoured[0]
    assert (np.diff(curve.worst) >= -1e-7).all()
    assert curve.worst[2] > 1.05 * curve.worst[0]


def test_no_curve_lies_below_what_no_learner_can_beat():
    problem, prior = rate(np.linspace(0.05, 0.95, 11), 8), np.exp(-((np.arange(11) - 2) ** 2) / 6)
    least = least_prioritized_risk(problem, prior).value
    for t in (0.0, 0.3, 1.0, 3.0):
        assert (prior * least_prioritized_risk(problem, prior**t).risk).max() >= least - 1e-9


def test_what_cannot_be_used():
    problem, prior = rate([0.2, 0.8], 2, [0.2, 0.8]), [1.0, 1.0]
    rows = as_table(problem, prior)
    for changed, message in (
        ([row for row in rows if row[2] != "loss"], "no row of criterion 'loss'"),
        ([*rows, ("t9", "x0", "probability", 1.0)], "'t9' has no prior"),
        ([row for row in rows if row[0] == "t0"], "two or more"),
        ([row for row in rows if row[:3] != ("t1", "a001", "loss")], "no loss of 'a001'"),
        ([*rows, ("t0", "x", "belief", 1.0)], "criterion is 'belief'"),
        ([*rows, ("t0", "x9", "probability", 0.5)], "do not sum to 1"),
        ([*rows[2:], ("t0", "-", "prior", 0.0), ("t1", "-", "prior", 0.0)], "not all 0"),
    ):
        with pytest.raises(InputError, match=message):
            prioritized_risk(ratings(changed))
    with pytest.raises(InputError, match="trust"):
        prioritized_risk(ratings(rows), trust=[-1.0])
