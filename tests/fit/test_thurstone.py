from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from weigh import Comparisons
from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.fit.thurstone import thurstone


def votes(draw, mu, v, weight=200.0):
    names = np.array([f"item {at}" for at in range(len(mu))], dtype=object)
    a, b = np.triu_indices(len(mu), 1)
    p = draw.binomial(int(weight), ndtr((mu[a] - mu[b]) / np.sqrt(v[a] + v[b]))) / weight
    return Comparisons(left=names[a], right=names[b], p_left=p, weight=weight)


def test_planted_means_and_variances_come_back():
    draw = rng(0, "planted")
    mu, v = draw.standard_normal(20), 0.5 * np.exp(0.7 * draw.standard_normal(20))
    rows = votes(draw, mu, v, 1000.0)
    free, equal = thurstone(rows), thurstone(rows, variances="equal")
    order = [int(item.split()[1]) for item in free.items]
    truth = (mu - mu.mean())[order] / mu.std(ddof=1)
    assert np.sqrt(np.mean((free.mean - truth) ** 2)) < 0.5 * np.sqrt(np.mean((equal.mean - truth) ** 2))
    found = np.log([free.notes["variance"][item] for item in free.items])
    assert np.corrcoef(found, np.log(v[order]))[0, 1] > 0.95
    assert len(set(equal.notes["variance"].values())) == 1
    assert free.notes["log_loss"] < equal.notes["log_loss"]


def test_unit_is_the_standard_deviation_and_the_noise_is_noted():
    draw = rng(1, "planted")
    mu = draw.standard_normal(10)
    soft, hard = (thurstone(votes(draw, scale * mu, np.full(10, 0.5), 5000.0)) for scale in (0.3, 1.5))
    for values in (soft, hard):
        assert values.mean.std(ddof=1) == pytest.approx(1)
    np.testing.assert_allclose(soft.mean, hard.mean, atol=0.1)
    assert hard.notes["sd_in_noise"] == pytest.approx(5 * soft.notes["sd_in_noise"], rel=0.05)


def test_no_preference_is_zero_without_intervals():
    values = thurstone(Comparisons(left=["a", "b", "c"], right=["b", "c", "a"], p_left=[0.5, 0.501, 0.499]))
    assert values.mean.tolist() == [0, 0, 0]
    assert values.low is None
    assert values.notes["no_preference"]


def test_a_person_without_preference_is_named():
    rows = Comparisons(
        left=["a", "b", "c"] * 2, right=["b", "c", "a"] * 2, p_left=[0.9, 0.8, 0.3, 0.5, 0.5, 0.5],
        who=["Ada"] * 3 + ["Bo"] * 3,
    )  # fmt: skip
    with pytest.raises(InputError, match="'Bo' shows no preference"):
        thurstone(rows, by="who")
    assert thurstone(rows.select(rows.who == "Ada"), by="who").who == ("Ada",)


def test_two_items_are_too_few():
    with pytest.raises(InputError, match="2 items; it needs 3"):
        thurstone(Comparisons(left=["a"], right=["b"], p_left=[0.8]))


def test_everybody_prefers_the_same():
    rows = Comparisons(left=["a", "a", "b"], right=["b", "c", "c"], p_left=[1, 1, 1], weight=5)
    values = thurstone(rows)
    assert np.argsort(-values.mean).tolist() == [0, 1, 2]
    assert not values.notes["finite_without_prior"]
    with pytest.raises(InputError, match="always win"):
        thurstone(rows, prior=0)


def test_hundreds_of_items_that_are_always_in_order():
    draw = rng(2, "order")
    a = draw.integers(0, 200, 3000)
    b = (a + draw.integers(1, 200, 3000)) % 200
    names = np.array([f"{at:03d}" for at in range(200)], dtype=object)
    values = thurstone(Comparisons(left=names[a], right=names[b], p_left=(a < b).astype(float)), disconnected="largest")
    assert values.notes["converged"]
    assert values.notes["accuracy"] > 0.999
    from scipy.stats import spearmanr

    assert spearmanr(-values.mean, np.arange(200)).statistic > 0.99
