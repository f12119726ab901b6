"""The haulers' world: what is played agrees with what is known."""

from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.loops.team import Team
from weigh.ops.coalitions import coalitions
from weigh.testbeds.haulers import Haulers


def world():
    return Haulers([0.5, 1.5, 1.0], thresholds=[3, 2, 1], cost=0.7, bonus=3.0, n_steps=12)


@pytest.mark.parametrize("absent", ["idle", "random", "random_player"])
def test_mean_returns_are_the_exact_values(absent):
    team = Team(world, world().policies(), absent=absent)
    played = np.array([team.returns(coalitions(3), seed) for seed in range(200)])
    error = played.std(axis=0, ddof=1) / np.sqrt(len(played))
    exact = world().exact_value(absent)
    assert np.all(np.abs(played.mean(axis=0) - exact) <= 4.5 * error + 1e-12)
    assert np.any(error > 0)


def test_by_hand():
    found = Haulers([2.0, 4.0], thresholds=[2, 4], cost=1.0, bonus=8.0, n_steps=4).exact_value()
    # loads 1 to 4 once each: the first pulls three times, the second once, and once both
    assert found.tolist() == [0.0, 6.0, 4.0, 18.0]


def test_a_world_of_one_is_refused():
    with pytest.raises(InputError):
        Haulers([1.0])


def test_an_unknown_rule_for_the_absent_is_refused():
    with pytest.raises(InputError, match="idle, random, random_player"):
        world().exact_value("asleep")
