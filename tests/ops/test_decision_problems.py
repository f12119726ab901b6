"""The least prioritised risk and the bounds below it, on problems drawn at random and on three with a meaning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.decision_problems import DecisionProblem, bayes_bound, bayes_rule, least_prioritized_risk, risk_of
from weigh.ops.divergences import kl_divergence, total_variation
from weigh.ops.testing_bounds import (
    best_two_point,
    classic_fano,
    fano,
    mutual_information,
    two_point,
    variation_of_copies,
)
from weigh.testbeds.prior_problems import rate, slope, steering


def drawn(seed, n=4, outcomes=5, actions=4):
    draw = rng(seed, "problem")
    chance = draw.dirichlet(np.ones(outcomes), n)
    return DecisionProblem(chance, draw.exponential(3.0, (actions, n))), draw.exponential(1.0, n)


SEEDS = st.integers(0, 10**6)


@given(SEEDS)
@settings(max_examples=25, deadline=None)
def test_primal_is_dual_and_bounds_lie_below(seed):
    problem, prior = drawn(seed)
    found = least_prioritized_risk(problem, prior)
    assert abs(found.gap) <= 1e-8 * max(1.0, found.value)
    assert found.value == pytest.approx(float((prior * found.risk).max()))
    uniform = rng(seed, "q").dirichlet(np.ones(4))
    for bound in (
        best_two_point(problem, prior),
        fano(problem, prior),
        fano(problem, prior, uniform),
        bayes_bound(problem, prior, uniform),
    ):
        assert 0 <= bound <= found.value + 1e-8


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_no_rule_does_better(seed):
    problem, prior = drawn(seed)
    least = least_prioritized_risk(problem, prior).value
    rules = [rng(seed, "rule", at).dirichlet(np.ones(4), 5) for at in range(20)]
    rules += [bayes_rule(problem, prior), bayes_rule(problem, 1 / prior)]
    assert min(float((prior * risk_of(problem, rule)).max()) for rule in rules) >= least - 1e-9


def test_equal_weights_are_minimax_risk_and_scale_is_the_priors():
    problem, prior = drawn(3)
    even = least_prioritized_risk(problem, np.ones(4))
    assert 4 * least_prioritized_risk(problem, np.full(4, 0.25)).value == pytest.approx(even.value)
    assert even.value == pytest.approx(even.risk.max())
    assert least_prioritized_risk(problem, 1e6 * prior).value == pytest.approx(
        1e6 * least_prioritized_risk(problem, prior).value
    )


def test_a_truth_of_weight_zero_does_not_count():
    problem, prior = drawn(4)
    without = DecisionProblem(problem.chance[1:], problem.loss[:, 1:])
    found = least_prioritized_risk(problem, [0, *prior[1:]])
    assert found.value == pytest.approx(least_prioritized_risk(without, prior[1:]).value)


def test_two_truths_at_zero_one_loss_are_neyman_and_pearsons():
    # value = ½(1 − TV) for equal weights, by the best test
    chance = np.array([[0.6, 0.3, 0.1], [0.1, 0.3, 0.6]])
    test = DecisionProblem(chance, np.array([[0.0, 1], [1, 0]]))
    assert least_prioritized_risk(test, [1, 1]).value == pytest.approx(0.5 * (1 - total_variation(*chance)))
    assert best_two_point(test, [1, 1]) == pytest.approx(0.5 * (1 - total_variation(*chance)))
    assert best_two_point(test, [3, 1]) <= least_prioritized_risk(test, [3, 1]).value


def test_information():
    chance = rng(0, "chance").dirichlet(np.ones(6), 3)
    q = np.array([0.5, 0.3, 0.2])
    joint = q[:, None] * chance
    truth = float((joint * np.log(joint / (q[:, None] * joint.sum(axis=0)))).sum())
    assert mutual_information(chance, q) == pytest.approx(truth)
    # what cannot be true says nothing, though it might have been seen
    assert mutual_information(np.vstack([chance, np.eye(6)[0]]), [*q, 0.0]) == pytest.approx(truth)


def test_fano_with_unbounded_rate_is_at_least_the_classic_form():
    # M truths at 0–1 loss with little to see
    m = 16
    chance = np.full((m, m), 0.8 / m) + 0.2 * np.eye(m)
    test = DecisionProblem(chance, 1 - np.eye(m))
    information = mutual_information(chance, np.full(m, 1 / m))
    sharp = fano(test, np.ones(m))
    assert sharp >= classic_fano(information, m)
    assert sharp <= least_prioritized_risk(test, np.ones(m)).value + 1e-9
    assert fano(test, np.ones(m), information=10 * information) <= sharp


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_variation_of_copies_is_an_upper_bound(p, q, n):
    pair = rate([p, q], n).chance
    assert total_variation(*pair) <= variation_of_copies(float(kl_divergence([p, 1 - p], [q, 1 - q])), n) + 1e-12


@pytest.mark.parametrize(
    "problem",
    [rate(np.linspace(0, 1, 9), 6), slope(np.linspace(-2, 2, 9), [1, 2, 3], noise=3.0), steering(np.linspace(0, 2, 9))],
    ids=["rate", "slope", "steering"],
)
def test_three_problems(problem):
    assert problem.chance.sum(axis=1) == pytest.approx(1)
    assert problem.loss.min(axis=0) == pytest.approx(0, abs=1e-2)
    prior = np.exp(-(np.linspace(-2, 2, 9) ** 2))
    found = least_prioritized_risk(problem, prior)
    assert abs(found.gap) <= 1e-7
    assert max(best_two_point(problem, prior), fano(problem, prior)) <= found.value + 1e-9
    assert best_two_point(problem, prior) > 0


def test_slope_is_the_textbooks():
    # wide range, many bins: the risk of answering with what is seen is σ²/Σz²
    problem = slope(np.linspace(-3, 3, 13), [1.0, 1.0], noise=0.5, n_bins=201, n_actions=401)
    seen = np.linspace(-3 - 4 * 0.3536, 3 + 4 * 0.3536, 200)
    middle = np.concatenate([[seen[0]], (seen[1:] + seen[:-1]) / 2, [seen[-1]]])
    actions = np.linspace(-3, 3, 401)
    rule = np.eye(401)[np.abs(middle[:, None] - actions).argmin(axis=1)]
    assert risk_of(problem, rule)[6] == pytest.approx(0.25 / 2, rel=0.01)


def test_steering_by_simulation():
    theta, gain, noise, effort = 1.3, 0.65, 0.5, 0.1
    problem = steering([0.0, theta], n_gains=3, noise=noise, effort=effort, horizon=5)
    draw = rng(0, "steering")
    x, cost = np.ones(200_000), np.zeros(200_000)
    for _ in range(5):
        u = -gain * x
        cost += x**2 + effort * u**2
        x = theta * x + u + noise * draw.standard_normal(len(x))
    gains = [0.0, 0.65, 1.3]
    expected = []
    for g in gains:
        square, total = 1.0, 0.0
        for _ in range(5):
            total += square * (1 + effort * g**2)
            square = (theta - g) ** 2 * square + noise**2
        expected.append(total)
    assert expected[1] == pytest.approx(cost.mean(), rel=0.01)
    np.testing.assert_allclose(problem.loss[:, 1], np.array(expected) - min(expected))


@pytest.mark.parametrize(
    "call",
    [
        lambda: DecisionProblem([[0.5, 0.6]], [[1.0]]),
        lambda: DecisionProblem([[1.0]], [[-1.0]]),
        lambda: DecisionProblem([[1.0]], [[np.inf]]),
        lambda: DecisionProblem([[1.0]], [[1.0, 2.0]]),
        lambda: least_prioritized_risk(drawn(0)[0], [0, 0, 0, 0]),
        lambda: least_prioritized_risk(drawn(0)[0], [1, 1]),
        lambda: least_prioritized_risk(drawn(0)[0], [1, -1, 1, 1]),
        lambda: risk_of(drawn(0)[0], np.ones((5, 4))),
        lambda: two_point(1, 0, 1, 0.5),
        lambda: variation_of_copies(-1, 2),
        lambda: classic_fano(0.0, 1),
        lambda: rate([1.5], 3),
        lambda: rate([0.5], -1),
        lambda: slope([1.0, 2.0], [0.0, 0.0]),
        lambda: slope([1.0, 2.0], [1.0], noise=0.0),
        lambda: steering([]),
        lambda: steering([1.0], n=0),
    ],
)
def test_what_cannot_be_used(call):
    with pytest.raises(InputError):
        call()
