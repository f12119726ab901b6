from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.tradeoff import Counts, content_blind, harmonic_tradeoff, tradeoff_score

CASES = json.loads((Path(__file__).parents[1] / "cases" / "managerbench.json").read_text("utf-8"))["rates"]
few = settings(max_examples=50, deadline=None)
rate = st.floats(0, 100)


@pytest.mark.parametrize("case", CASES)
def test_known_answers(case):
    found = harmonic_tradeoff(case["first"], case["second"])
    assert found.harmonic == pytest.approx(case["harmonic"], abs=1e-9)
    assert found.tilt == pytest.approx(case["tilt"], abs=1e-9)


@given(rate, rate, rate)
@few
def test_it_lies_between_the_smaller_rate_and_the_mean_is_symmetric_and_grows(a, b, more):
    found, turned = harmonic_tradeoff(a, b), harmonic_tradeoff(b, a)
    tiny = 1e-9 * (1 + a + b)
    assert min(a, b) - tiny <= found.harmonic <= (a + b) / 2 + tiny
    assert found.harmonic <= 2 * min(a, b) + tiny
    assert found.harmonic == turned.harmonic
    assert found.tilt == -turned.tilt
    assert harmonic_tradeoff(a + more, b).harmonic >= found.harmonic - tiny


@given(st.floats(0, 1))
@few
def test_what_ignores_the_content_gets_half_at_most(p):
    found = content_blind(p)
    assert found.harmonic == pytest.approx(2 * p * (1 - p))
    assert found.harmonic <= 0.5
    assert found.tilt == pytest.approx(2 * p - 1)


def test_arrays_go_in_and_come_out():
    found = harmonic_tradeoff([[0.5, 0.0]], [[0.5], [1.0]])
    np.testing.assert_allclose(found.harmonic, [[0.5, 0.0], [2 / 3, 0.0]])
    assert content_blind([0.25, 0.5]).tilt.tolist() == [-0.5, 0.0]


@pytest.mark.parametrize("bad", [-0.1, float("nan"), float("inf"), "much"])
def test_rates_that_are_none(bad):
    with pytest.raises(InputError, match="rates"):
        harmonic_tradeoff(bad, 0.5)


def test_a_probability_above_one_is_refused():
    with pytest.raises(InputError, match="probability"):
        content_blind([0.5, 1.5])


def random_counts(seed: int, m: int = 12) -> Counts:
    draw = rng(seed, "counts")
    return Counts(draw.integers(0, 6, m) + np.eye(m)[0], draw.integers(0, 6, m), draw.integers(0, 3, m))


@given(st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_intervals_hold_their_estimates_and_exchange_with_the_sets(seed):
    first, second = random_counts(seed), random_counts(seed + 1, m=7)
    score = tradeoff_score(first, second, draws=400, seed=seed)
    for part in score:
        assert part.low <= part.estimate <= part.high
    assert score.harmonic.estimate <= (score.first.estimate + score.second.estimate) / 2 + 1e-12
    turned = tradeoff_score(second, first, draws=400, seed=seed)
    assert turned.harmonic.estimate == pytest.approx(score.harmonic.estimate)
    assert turned.tilt.estimate == pytest.approx(-score.tilt.estimate)
    assert turned.informedness.estimate == pytest.approx(score.informedness.estimate)


def test_the_interval_covers_both_extremes_of_the_unknown():
    known = Counts(np.full(20, 6.0), np.full(20, 2.0) + np.arange(20) % 2)
    other = Counts(np.full(20, 5.0), np.arange(20) % 3)
    sure = tradeoff_score(known, other)
    unsure = tradeoff_score(known._replace(unknown=np.full(20, 4.0)), other)
    assert unsure.first.estimate == sure.first.estimate
    assert unsure.first.low < 120 / (120 + 50 + 80) < (120 + 80) / (120 + 50 + 80) < unsure.first.high
    assert unsure.harmonic.low < sure.harmonic.low < sure.harmonic.high < unsure.harmonic.high
    assert unsure.tilt.high > sure.tilt.high
    assert unsure.tilt.low < sure.tilt.low
    assert unsure.second == sure.second


def test_unanimity_is_not_certainty_and_more_questions_are_surer():
    other = Counts([3, 4, 5], [1, 1, 0])
    few_asked = tradeoff_score(Counts(np.full(10, 1.0), np.zeros(10)), other)
    many_asked = tradeoff_score(Counts(np.full(10, 1.0), np.zeros(10), size=20), other)
    assert few_asked.first.estimate == many_asked.first.estimate == 1.0
    assert few_asked.first.low < many_asked.first.low < 1.0
    assert many_asked.first.low > 0.97


def test_weights_have_no_unit_and_empty_clusters_do_not_count():
    first, second = random_counts(3), random_counts(4)
    size = np.full(12, 4)
    plain = tradeoff_score(first._replace(size=size), second, seed=1)
    twice = tradeoff_score(Counts(*(2 * np.asarray(part) for part in first[:3]), size=size), second, seed=1)
    padded = [np.r_[np.asarray(part), 0.0] for part in (*first[:3], size)]
    padded = tradeoff_score(Counts(*padded), second, seed=1)
    for a, b, c in zip(plain, twice, padded, strict=True):
        np.testing.assert_allclose(a, b)
        np.testing.assert_allclose(a, c)


def test_no_interval_is_narrower_than_for_independent_questions():
    # one miss in 120, and all families alike but one
    hits = np.full(10, 12.0) - np.eye(10)[0]
    score = tradeoff_score(Counts(hits, 12 - hits), Counts([3, 4, 5], [1, 1, 0]))
    assert score.first.low <= beta(119.5, 1.5).ppf(0.025)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    draw, truth, held, n = rng(0, "coverage"), (0.8, 0.6), np.zeros(3), 150
    for i in range(n):
        sets = [draw.binomial(12, draw.beta(9 * p, 9 * (1 - p), size=25)) for p in truth]
        score = tradeoff_score(*(Counts(hits, 12 - hits) for hits in sets), draws=500, seed=i)
        exact = (*truth, harmonic_tradeoff(*truth).harmonic)
        held += [part.low <= x <= part.high for part, x in zip((*score[:2], score.harmonic), exact, strict=True)]
    assert (held / n >= 0.89).all()
    assert (held / n <= 0.995).all()


@pytest.mark.parametrize(
    ("first", "draws", "told"),
    [
        (Counts([0, 0], [0, 0], [1, 1]), 500, "no hit and no miss"),
        (Counts([], []), 500, "no hit and no miss"),
        (Counts([[1]], [[1]]), 500, "n_clusters"),
        (Counts([1, 2], [1, 2, 3]), 500, "differ in shape"),
        (Counts([1, -2], [1, 2]), 500, "finite and 0 or more"),
        (Counts([1, float("nan")], [1, 2]), 500, "finite and 0 or more"),
        (Counts([1, 2], [1, 2]), 10, "100 or more"),
    ],
)
def test_counts_that_give_no_score(first, draws, told):
    with pytest.raises(InputError, match=told):
        tradeoff_score(first, Counts([1], [1]), draws=draws)
