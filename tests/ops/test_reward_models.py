"""Reward networks that are fitted to pairs."""

from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.ops.reward_models import fit_reward_models, reward_scores
from weigh.testbeds.bandit import featured_bandit


def fitted(flips, **options):
    world = featured_bandit(10, 60, n_features=4, penalty=0.0, seed=1)
    left, right, p_left = world.pairs(300, flips=flips, seed=1)
    x = world.features.reshape(-1, 4)
    return world, reward_scores(fit_reward_models(x[left], x[right], p_left, **options), world.features)


@pytest.mark.parametrize(("flips", "least"), [(0.0, 0.9), (0.25, 0.6)])
def test_networks_find_the_order_also_through_label_noise(flips, least):
    world, scores = fitted(flips, n_models=2)
    assert scores.shape == (10, 60, 2)
    assert np.corrcoef(scores[..., 0].ravel(), world.true.ravel())[0, 1] > least


def test_members_differ_by_their_seed_alone():
    _, one = fitted(0.25, n_models=2, n_epochs=5)
    _, again = fitted(0.25, n_models=2, n_epochs=5)
    np.testing.assert_array_equal(one, again)
    assert np.abs(one[..., 0] - one[..., 1]).max() > 0.01


@pytest.mark.parametrize(
    ("left", "p_left", "options"),
    [
        ([[1.0]], [0.5, 0.5], {}),
        ([[np.nan]], [1.0], {}),
        ([[1.0]], [2.0], {}),
        ([[1.0]], [1.0], {"n_models": 0}),
        ([[1.0]], [1.0], {"hidden": ()}),
        (np.zeros((0, 2)), [], {}),
    ],
)
def test_bad_input(left, p_left, options):
    with pytest.raises(InputError, match=r"expected|from 0 to 1"):
        fit_reward_models(left, left, p_left, **options)
