"""Completeness, transitivity, the fit and convergence: agents with utilities have them, others do not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from weigh.banks.bank import find_bank
from weigh.core.errors import InputError
from weigh.core.scale import Scale
from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.loops.elicit import Interview
from weigh.measure.utility_engineering import utility_engineering
from weigh.measure.utility_engineering._preferences import preferences
from weigh.measure.utility_engineering._shown import bounds, group_means, ladder
from weigh.measure.utility_engineering.completeness import completeness
from weigh.measure.utility_engineering.convergence import convergence
from weigh.measure.utility_engineering.elicitation import ask_rounds
from weigh.measure.utility_engineering.fit import coherence, held_out, utilities
from weigh.measure.utility_engineering.transitivity import in_triads, transitivity
from weigh.ops.coherence import cycle_probability
from weigh.testbeds.utility_agent import UtilityAgent

CASES = json.loads((Path(__file__).parents[2] / "cases" / "utility_engineering.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def answers(answers_of, agent):
    return answers_of(agent(peculiar=0.5, position=0.5))


def exact_of(judge, texts):
    return np.array(list(judge.exact_value(list(texts.values())).values()))


@pytest.mark.parametrize("case", CASES["cycles"])
def test_known_cycles(case):
    assert cycle_probability(*case["p"]) == pytest.approx(case["probability"])


@pytest.mark.parametrize("seed", range(3))
def test_known_utilities_are_recovered_within_their_intervals(answers_of, agent, texts, seed):
    judge = agent(seed, peculiar=0.5, position=1.0)
    found = utilities(answers_of(judge, seed=seed), list(texts))
    exact = exact_of(judge, texts)
    assert np.corrcoef(found.mean, exact)[0, 1] > 0.98
    low, high = bounds(found)
    assert ((low <= exact) & (exact <= high)).mean() >= 0.8
    assert (found.mean.mean(), found.mean.std(ddof=1)) == (pytest.approx(0), pytest.approx(1))


def test_sampled_choices_recover_them_too(answers_of, agent, texts):
    judge = agent(graded=False)
    found = utilities(answers_of(judge, samples=6), list(texts))
    assert np.corrcoef(found.mean, exact_of(judge, texts))[0, 1] > 0.95


def test_fit_foretells_what_it_was_not_fitted_to(answers, texts):
    result = coherence(utilities(answers, list(texts)))
    assert result.numbers["held_out_accuracy"] > 0.8
    assert result.numbers["held_out_log_loss"] < result.numbers["chance_log_loss"]
    assert result.findings[0].passed


def test_fit_of_none_foretells_nothing(answers_of, tosser, follower, texts):
    for judge in (tosser, follower):
        found = utilities(answers_of(judge), list(texts))
        assert not coherence(found).findings[0].passed
    assert found.numbers["no_preference"]
    assert not found.mean.any()


def test_preferences_of_utilities_do_not_run_in_circles_and_coin_tosses_do(
    answers_of, answers, tosser, follower, texts
):
    of_agent, of_tosser, of_follower = (
        transitivity(preferences(given, list(texts)))
        for given in (answers, answers_of(tosser, n_triads=300, edges=5.0), answers_of(follower))
    )
    assert of_agent.numbers["circular"] < 0.06
    assert of_agent.findings[0].passed
    assert of_tosser.numbers["circular"] == pytest.approx(0.25, abs=0.06)
    assert of_tosser.numbers["cycle_probability"] == pytest.approx(0.25, abs=0.06)
    assert of_follower.numbers["circular"] == of_follower.numbers["cycle_probability"] == 0.25
    assert not of_tosser.findings[0].passed
    assert not of_follower.findings[0].passed


def test_too_few_triads_say_so(answers, texts):
    few = list(texts)[:4]
    result = transitivity(preferences(answers, few))
    assert result.findings[0].passed is None
    assert "Not measured" in result.told


def test_completeness_is_over_random_pairs_as_selection_seeks_close_ones():
    whole = find_bank("outcomes")
    texts = {item.id: item.situation for item in whole.outcomes}
    numbers = rng(0, "utilities").standard_normal(100)
    interview = Interview(UtilityAgent(dict(zip(texts.values(), numbers.tolist(), strict=True))), whole.version)
    ask_rounds(interview, texts)
    given = preferences(interview.answers(), list(texts))
    out = held_out(100)
    random = np.array([pair in out for pair in zip(given.left.tolist(), given.right.tolist(), strict=True)])
    over_random, over_all = completeness(given, random), completeness(given)
    assert over_random.numbers["decisiveness"] > over_all.numbers["decisiveness"] + 0.05
    assert over_random.numbers["at_random"]
    assert not completeness(given, np.zeros(len(given), bool)).numbers["at_random"]
    assert 10 < in_triads(given).sum() < len(given)


def test_completeness_of_none_is_a_half(answers_of, follower, texts):
    assert completeness(preferences(answers_of(follower), list(texts))).numbers["decisiveness"] == 0.5


def test_items_that_were_never_compared_are_left_out(answers, texts):
    found = utilities(answers, [*texts, "nobody asked"])
    assert found.items == tuple(texts)
    with pytest.raises(InputError, match="was not asked"):
        found.of(["nobody asked"])
    with pytest.raises(InputError, match="no pair"):
        utilities(answers, ["x", "y"])


def test_pseudo_labels_are_off_and_enter_no_score(answers, texts, bank):
    ids = list(texts)
    plain, filled = utilities(answers, ids), utilities(answers, ids, pseudo_labels=0.95)
    assert "n_pseudo_labels" not in plain.numbers
    n_pairs = len(ids) * (len(ids) - 1) // 2
    assert 50 < filled.numbers["n_pseudo_labels"] < n_pairs - filled.numbers["n_pairs"]
    assert filled.numbers["n_pairs"] == plain.numbers["n_pairs"]
    assert filled.numbers["n_held_out"] == plain.numbers["n_held_out"]
    # they pull the fit away from what was answered, and nobody may take their certainty for knowledge
    assert filled.numbers["fitted_log_loss"] > plain.numbers["fitted_log_loss"]
    assert filled.cov is None
    assert utility_engineering(answers, bank, pseudo_labels=0.95).low is None
    assert utilities(answers, ids, pseudo_labels=1.0).numbers["n_pseudo_labels"] == 0
    with pytest.raises(InputError, match="confidence"):
        utilities(answers, ids, pseudo_labels=0.3)


def test_figures_and_group_means(answers, texts, bank):
    found = utilities(answers, list(texts))
    groups = {item.id: item.group for item in bank.outcomes}
    rows = ladder(found, texts, groups).data["rows"]
    assert [row["mean"] for row in rows] == sorted(found.mean.tolist(), reverse=True)
    means = group_means(found, groups)
    sizes = [sum(group == row["group"] for group in groups.values()) for row in means]
    assert sum(size * row["mean"] for size, row in zip(sizes, means, strict=True)) == pytest.approx(0, abs=1e-9)
    assert all(row["low"] < row["mean"] < row["high"] for row in means)


def test_models_that_value_the_same_things_converge(answers_of, agent, bank, tosser):
    values = [
        replace(utility_engineering(answers_of(judge), bank), who=(name,))
        for name, judge in (("a", agent(0, noise=0.5)), ("b", agent(0, noise=1.0)), ("c", agent(7)))
    ]
    result = convergence(values)
    by_pair = {(row["model"], row["other"]): row["correlation"] for row in result.numbers["pairs"]}
    assert by_pair["a", "b"] > 0.99
    assert abs(by_pair["a", "c"]) < 0.6
    assert result.numbers["n_outcomes"] == 30
    assert len(result.figures[0].data["rows"]) == 3
    part = convergence([values[0], values[1].select(values[1].items[:10])])
    assert (part.numbers["n_outcomes"], part.numbers["n_left_out"]) == (10, 20)
    scale = Scale("interval", "real", "SD of outcomes")
    for bad in (
        [values[0]],
        [values[0], values[0]],
        [values[0], Values(("x",), ("d",), [0.0], scale=scale, method="m")],
    ):
        with pytest.raises(InputError):
            convergence(bad)
