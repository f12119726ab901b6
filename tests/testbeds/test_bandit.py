"""The bandit says what it says exactly."""

from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.best_of_n import best_of_n_curve
from weigh.testbeds.bandit import Bandit, featured_bandit, noisy_bandit, two_virtues

SMALL = Bandit([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]], p0=[[0.5, 0.25, 0.25], [0.2, 0.4, 0.4]])


def test_value_by_hand():
    assert SMALL.exact_value() == pytest.approx((0.75 + 0.6) / 2)
    assert SMALL.exact_value([[0, 0, 1], [1, 0, 0]]) == 2.5


def test_best_of_n_by_simulation():
    draw, n = rng(0, "simulation"), 3
    total = 0.0
    for p, r in zip(SMALL.p0, SMALL.true, strict=True):
        total += r[draw.choice(3, size=(40000, n), p=p)].max(axis=1).mean()
    assert SMALL.exact_value(SMALL.best_of(n, SMALL.true)) == pytest.approx(total / 2, abs=0.02)


def test_curve_from_samples_is_unbiased_for_the_exact_value():
    world = noisy_bandit(4, 6, 1, seed=3)
    proxy, draw, n = world.proxies[..., 0], rng(1, "samples"), 4
    exact = world.exact_value(world.best_of(n, proxy))
    found = []
    for _ in range(1500):
        # twelve answers drawn from the policy; the same answer may come twice, and ties with itself
        at = draw.integers(6, size=(4, 12))
        rows = np.arange(4)[:, None]
        found.append(best_of_n_curve(proxy[rows, at], world.true[rows, at], n).mean())
    assert np.mean(found) == pytest.approx(exact, abs=4 * np.std(found) / np.sqrt(1500))


def test_optimum_beats_every_policy_at_its_kl():
    world = noisy_bandit(3, 5, 1, seed=0)
    best = world.optimum_at(world.true, 0.4)
    assert world.kl(best) == pytest.approx(0.4, abs=1e-9)
    draw, tried = rng(0, "policies"), 0
    for _ in range(2000):
        other = draw.dirichlet(np.ones(5), size=3)
        if world.kl(other) <= 0.4:
            tried += 1
            assert world.exact_value(other) <= world.exact_value(best) + 1e-12
    assert tried > 50


def test_optimum_goes_from_the_start_to_the_best():
    np.testing.assert_allclose(SMALL.optimum(SMALL.true, 1e9), SMALL.p0, atol=1e-6)
    assert SMALL.exact_value(SMALL.optimum(SMALL.true, 1e-3)) == pytest.approx(2.5)


def test_selection_by_a_noisy_proxy_overpromises():
    world = noisy_bandit(50, 64, 1, noise=1.0, seed=0)
    proxy = world.proxies[..., 0]
    policy = world.best_of(16, proxy)
    assert (policy * proxy).sum(axis=1).mean() > world.exact_value(policy) + 0.3


def test_shared_error_is_shared():
    z = noisy_bandit(20, 200, 3, noise=0.1, shared=1.0, seed=0)
    error = (z.proxies - z.true[..., None]).reshape(-1, 3)
    assert np.corrcoef(error.T)[0, 1] > 0.95


def test_two_virtues_pull_apart():
    world = two_virtues(100, 64, seed=0)
    r = world.proxies - world.proxies.mean(axis=1, keepdims=True)
    r = r / r.std(axis=1, keepdims=True)
    assert (r[..., 0] * r[..., 1]).mean() == pytest.approx(-0.5, abs=0.05)
    assert set(np.unique(world.true)) == {0.0, 1.0}


def test_pairs_are_right_but_for_the_flips():
    world = featured_bandit(5, 40, seed=0)
    truth = world.true.ravel()
    for flips in (0.0, 0.25):
        left, right, p_left = world.pairs(4000, flips=flips, seed=2)
        assert (left // 40 == right // 40).all()
        assert (left != right).all()
        wrong = ((truth[left] > truth[right]) != (p_left == 1)).mean()
        assert wrong == pytest.approx(flips, abs=0.03)


def test_evidence_names_what_it_holds():
    world = noisy_bandit(2, 3, 2, seed=0)
    ratings = world.ratings()
    row = (ratings.who == "m1") & (ratings.item == "p1a2")
    assert ratings.value[row].tolist() == [world.proxies[1, 2, 1]]
    assert ratings.criterion[row].tolist() == ["p1"]
    assert set(world.comparisons(20).left) <= set(ratings.item)


def test_same_seed_same_world():
    for make in (noisy_bandit, two_virtues):
        np.testing.assert_array_equal(make(3, 4, seed=1).proxies, make(3, 4, seed=1).proxies)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Bandit([1.0, 2.0]),
        lambda: Bandit([[1.0, np.nan]]),
        lambda: Bandit([[1.0, 2.0]], proxies=[[1.0, 2.0]]),
        lambda: Bandit([[1.0, 2.0]], p0=[[0.5, 0.6]]),
        lambda: Bandit([[1.0, 2.0]], features=[[1.0]]),
        lambda: Bandit([[1.0]]).pairs(3),
        lambda: SMALL.pairs(0),
        lambda: SMALL.pairs(3, flips=2.0),
        lambda: two_virtues(correlation=2.0),
        lambda: featured_bandit(2, 3, tail="long"),
    ],
)
def test_bad_input(make):
    with pytest.raises(InputError):
        make()
