from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from weigh import Comparisons
from weigh.core.errors import InputError, ScaleError
from weigh.fit.bradley_terry import bradley_terry

CASES = json.loads((Path(__file__).parents[1] / "cases" / "paired.json").read_text("utf-8"))["cases"]


def test_citations_among_journals_with_their_errors():
    """Votes, estimates and errors that are published: see the case's source."""
    case = CASES[-1]
    votes = np.array(case["votes"])
    names = np.array(["Biometrika", "Comm. Statist.", "JASA", "JRSS-B"], dtype=object)
    values = bradley_terry(
        Comparisons(left=names[votes[:, 0]], right=names[votes[:, 1]], p_left=np.ones(12), weight=votes[:, 2]), prior=0
    )
    for name, difference, error in zip(names, case["against_first"], case["errors_against_first"], strict=True):
        contrast = values.contrast(name, "Biometrika")
        assert contrast.difference == pytest.approx(difference, abs=6e-6)
        assert (contrast.high - contrast.low) / 2 == pytest.approx(1.959964 * error, abs=2e-5)
    assert values.ranking().tiers == [("JRSS-B",), ("Biometrika",), ("JASA",), ("Comm. Statist.",)]
    assert values.notes["finite_without_prior"]


def test_an_item_that_always_wins_leads_by_the_prior_and_says_so():
    votes = Comparisons(left=["a", "a", "b", "c"], right=["b", "c", "c", "b"], p_left=[1, 1, 1, 1])
    values = bradley_terry(votes)
    assert values.items[values.mean.argmax()] == "a"
    assert not values.notes["finite_without_prior"]
    strong, weak = (bradley_terry(votes, prior=prior).contrast("a", "b").difference for prior in (1.0, 0.001))
    assert 0 < strong < 1 < 5 < weak
    with pytest.raises(InputError, match="always win"):
        bradley_terry(votes, prior=0)


def test_even_pairs_are_worth_the_same_and_it_is_noted():
    values = bradley_terry(Comparisons(left=["a", "b"], right=["b", "c"], p_left=[0.5, 0.5]))
    assert values.mean.tolist() == [0, 0, 0]
    assert values.notes["no_preference"]
    assert values.ranking().tiers == [("a", "b", "c")]


def test_log_odds_are_of_their_own_scale():
    values = bradley_terry(Comparisons(left=["a"], right=["b"], p_left=[0.7]))
    assert str(values.scale) == "interval scale, real, in log-odds"
    with pytest.raises(ScaleError):
        values.scale.at_least("ratio", "a ratio")
