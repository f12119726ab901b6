"""Utilities of time, what capped runs say of them, and the closed forms, each against an independent calculation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import expon, lognorm

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.capped_runs import capped_bounds, captime_for, par2, regret_matrix, required_runs
from weigh.ops.captimes import time_utility, with_cost
from weigh.ops.known_runtimes import expected_utility, exponential_runtime, log_normal_runtime
from weigh.ops.least_committed import least_committed

TEXTS = (
    "step(7)", "uniform(7)", "exponential(7)", "pareto(7, 0.5)", "pareto(7, 3)", "log_laplace(7, 2)",
    "generalised_log_laplace(7, 2, 3)", "log_normal(7, 1.5)", "piecewise(2, 7, 0.4)", "polynomial(7, 3)",
)  # fmt: skip
SMOOTH = [text for text in TEXTS if not text.startswith("step")]


@pytest.mark.parametrize("text", TEXTS)
def test_falls_from_one_to_nothing(text):
    u = time_utility(text)
    worth = u(np.concatenate([[0.0], np.geomspace(1e-6, 1e9, 400)]))
    assert worth[0] == 1
    assert (np.diff(worth) <= 1e-15).all()
    assert worth.min() >= 0
    assert u(np.inf) == 0
    assert str(time_utility(str(u))) == str(u)


@pytest.mark.parametrize("text", SMOOTH)
def test_survival_is_what_the_density_leaves(text):
    u = time_utility(text)
    assert u.density is not None
    for t in (0.7, 3.0, 6.5, 20.0):
        before = quad(lambda x: float(u.density(np.array(x))), 0, t, points=[p for p in (2.0, 7.0) if p < t], limit=200)
        assert before[0] == pytest.approx(1 - float(u(t)), abs=1e-7)


def test_special_cases_agree():
    t = np.geomspace(0.01, 100, 50)
    np.testing.assert_allclose(
        time_utility("generalised_log_laplace(7, 2, 2)")(t), time_utility("log_laplace(7, 2)")(t), rtol=1e-14
    )
    np.testing.assert_allclose(time_utility("polynomial(7, 1)")(t), time_utility("uniform(7)")(t), atol=1e-15)
    np.testing.assert_allclose(time_utility("piecewise(2, 8, 0.25)")(t), time_utility("uniform(8)")(t), atol=1e-15)
    assert float(time_utility("log_normal(7, 2)")(7)) == 0.5
    # an answer at once is worth all of it, however patience spreads
    assert float(time_utility("log_normal(7, 1000)")(0)) == 1


@pytest.mark.parametrize("text", [text for text in SMOOTH if text[:4] not in ("pare", "log_", "gene")])
def test_mean_worth_is_the_chance_that_the_answer_comes_in_time(text):
    u = time_utility(text)
    assert u.density is not None
    sample = np.array([0.5, 1.0, 4.0, 6.0, 30.0, np.inf])
    density = u.density

    def in_time(k):
        return float(density(np.array(k))) * float((sample < k).mean())

    joint = quad(in_time, 0, 250, points=[0.5, 1, 2, 4, 6, 7, 30], limit=500)[0]
    assert float(u(sample).mean()) == pytest.approx(joint, abs=1e-7)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20), st.lists(st.floats(0, 1e3), min_size=20, max_size=20))
@settings(max_examples=30, deadline=None)
def test_who_is_never_later_is_never_worth_less(times, delays):
    later = np.array(times) + np.array(delays[: len(times)])
    for text in TEXTS:
        u = time_utility(text)
        assert u(times).mean() >= u(later).mean() - 1e-12


@pytest.mark.parametrize("rate", [0.003, 0.2, 4.0])
@pytest.mark.parametrize("text", TEXTS)
def test_exponential_runtimes(text, rate):
    u = time_utility(text)
    truth = quad(lambda t: float(u(t)) * rate * math.exp(-rate * t), 0, 7, points=[2.0], epsabs=1e-13, limit=400)[0]
    truth += quad(lambda t: float(u(t)) * rate * math.exp(-rate * t), 7, np.inf, epsabs=1e-13, limit=400)[0]
    assert exponential_runtime(u, rate) == pytest.approx(truth, abs=1e-7)
    assert expected_utility(u, expon(scale=1 / rate).cdf) == pytest.approx(truth, abs=1e-7)


@pytest.mark.parametrize("text", ["uniform(7)", "pareto(7, 3)", "pareto(7, 0.5)", "exponential(7)", "polynomial(7, 3)"])
def test_log_normal_runtimes(text):
    u = time_utility(text)
    for mu, sigma in ((0.5, 1.0), (3.0, 0.4), (1.0, 2.5)):
        runtime = lognorm(sigma, scale=math.exp(mu))
        truth = expected_utility(u, runtime.cdf)
        assert log_normal_runtime(u, mu, sigma) == pytest.approx(truth, abs=1e-7)


def test_log_normal_runtimes_of_any_spread():
    # half of them end at once, and half never
    for text in ("uniform(7)", "pareto(7, 0.1)", "exponential(7)"):
        assert log_normal_runtime(time_utility(text), 0.0, 1e3) == pytest.approx(0.5, abs=0.02)


def test_least_committed_meets_what_is_known():
    known = {
        "uniform(20)": {"upper": 20},
        "exponential(20)": {"mean": 20},
        "pareto(5, 2)": {"lower": 5, "mean_log_excess": 0.5},
        "log_laplace(5, 4)": {"median": 5, "mean_log_spread": 0.25},
        "piecewise(2, 9, 0.5)": {"upper": 9, "quantile": (2, 0.5)},
    }
    for text, facts in known.items():
        assert str(least_committed(**facts)) == text
    u = least_committed(mean_log=1.0, var_log=4.0)
    assert u.parameters == (pytest.approx(math.e), 2.0)
    spread = quad(lambda x: float(time_utility("log_laplace(5, 4)")(5 * math.exp(x))), 0, 20)[0]
    assert 2 * spread == pytest.approx(0.25)
    with pytest.raises(InputError, match="nothing is known here for upper, mean"):
        least_committed(upper=3, mean=2)


def test_a_cost_of_waiting():
    u = with_cost(time_utility("uniform(10)"), lambda t: 0.2 * t)
    np.testing.assert_allclose(u([0, 2, 5, 9]), [1, 0.6 * 0.8, 0, 0], atol=1e-15)
    with pytest.raises(InputError, match="falls with time"):
        with_cost(u, lambda t: 1 / (1 + t))


@pytest.mark.parametrize("text", TEXTS)
def test_captime_for_inverts(text):
    u = time_utility(text)
    levels = np.array([0.9, 0.5, 0.1, 0.01])
    caps = captime_for(u, levels)
    assert (u(caps) <= levels).all()
    assert (u(caps * (1 - 1e-9)) >= levels - 1e-7).all()
    assert captime_for(u, 1.0) == 0


def test_bounds_hold_as_often_as_they_promise():
    u, draw = time_utility("log_laplace(7, 2)"), rng(0, "cover")
    truth = expected_utility(u, lognorm(1.2, scale=math.exp(2)).cdf)
    covered, widths = 0, []
    for _ in range(1000):
        t = np.exp(2 + 1.2 * draw.standard_normal(60))
        found = capped_bounds(np.minimum(t, 15), t <= 15, u, captime=15, delta=0.1)
        covered += found.low <= truth <= found.high
        widths.append(found.high - found.low)
    assert covered >= 900
    assert np.mean(widths) < 0.5


def test_bounds_by_hand():
    u = time_utility("uniform(20)")
    alpha = math.sqrt(math.log(40) / 8)
    found = capped_bounds([2, 10, 15, 3], [True, False, True, True], u, captime=10, delta=0.05)
    assert found.shown == pytest.approx((0.9 + 0 + 0 + 0.85) / 4)
    assert found.possible == pytest.approx((0.9 + 0.5 + 0.5 + 0.85) / 4)
    assert found.high == pytest.approx(min(1, found.possible + 0.5 * alpha))
    assert capped_bounds([np.inf] * 4, [True] * 4, u) == (0, 0, 0, pytest.approx(alpha))
    twice = capped_bounds([2, 10] * 2, [True, False] * 2, u)
    assert twice == pytest.approx(capped_bounds([2, 10], [True, False], u, weight=[2, 2]))


def test_required_runs_are_enough_and_cheapest():
    u = time_utility("exponential(30)")
    best = required_runs(u, 0.1, n_algorithms=5, delta=0.01)
    alpha = math.sqrt(math.log(2 * 5 / 0.01) / (2 * best.n_runs))
    assert 2 * alpha + float(u(best.captime)) <= 0.1 + 1e-12
    assert best.total == 5 * best.n_runs * best.captime
    for captime in best.captime * np.array([0.8, 0.97, 1.03, 1.3]):
        assert required_runs(u, 0.1, n_algorithms=5, delta=0.01, captime=captime).total >= best.total * 0.999
    with pytest.raises(InputError, match="not below epsilon"):
        required_runs(u, 0.1, captime=10)


def test_regret_and_par2_by_hand():
    np.testing.assert_allclose(
        regret_matrix([[2, 2, 0], [4, 1, 8], [0, 0, 0]]), [[0, 0.875, 0], [1, 0, 0], [1, 0.875, 0]]
    )
    assert par2([1, 30, 5, 9], [True, True, False, True], 10) == (1 + 20 + 20 + 9) / 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: time_utility("gamma(2)"), "no utility of time"),
        (lambda: time_utility("pareto(2)"), "expected pareto"),
        (lambda: time_utility("uniform(x)"), "cannot be used"),
        (lambda: time_utility("uniform(-1)"), "above 0"),
        (lambda: time_utility("piecewise(3, 2, 0.5)"), "κ₁ < κ₀"),
        (lambda: time_utility("uniform(2)")([-1.0]), "negative"),
        (lambda: capped_bounds([], [], time_utility("uniform(2)")), "one length"),
        (lambda: capped_bounds([1.0], [True], time_utility("uniform(2)"), delta=0), "between 0 and 1"),
        (lambda: capped_bounds([1.0], [True], time_utility("uniform(2)"), weight=[np.inf]), "finite"),
        (lambda: par2([1.0, 2.0], [True], 10), "one length"),
        (lambda: par2([1.0], [True], 10, weight=[0.0]), "not all 0"),
        (lambda: par2([np.nan], [True], 10), "NaN"),
        (lambda: par2([1.0], [True], np.inf), "above 0"),
        (lambda: regret_matrix([[-1.0]]), "0 or more"),
    ],
)
def test_what_cannot_be_used(call, message):
    with pytest.raises(InputError, match=message):
        call()
