from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.cloud_weights import deviation_weights, spread_weights
from weigh.ops.clouds import Clouds, closeness, floating_clouds, mixture_clouds, normalised


def one_cloud(middle, spread, weight=None):
    n = len(middle)
    return mixture_clouds([0] * n, middle, spread, np.ones(n) if weight is None else weight, 1)


def table(seed: int, n: int = 7, m: int = 4) -> Clouds:
    chance = rng(seed, "table")
    return Clouds(chance.random((n, m)), 0.2 * chance.random((n, m)), 0.1 * chance.random((n, m)))


@given(st.floats(-50, 50), st.floats(0, 9), st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_intervals_that_are_alike_are_their_own_cloud(m, e, k):
    (ex, en, he), flat = one_cloud([m] * k, [e] * k)
    assert ex[0] == pytest.approx(m, abs=1e-12)
    assert en[0] == pytest.approx(e, rel=1e-12, abs=1e-12)
    assert he[0] == pytest.approx(0, abs=1e-6 * (1 + e))
    assert flat == 0


def test_cloud_is_the_backward_transform_of_the_mixture():
    m, e, a = np.array([1.0, 2.0, 4.0]), np.array([0.5, 0.1, 2.0]), np.array([1.0, 2.0, 1.0])
    chance = rng(0, "drops")
    which = chance.choice(3, p=a / a.sum(), size=2_000_000)
    x = m[which] + e[which] * chance.standard_normal(len(which))
    en = np.sqrt(np.pi / 2) * np.abs(x - x.mean()).mean()
    (ex, found, he), _ = one_cloud(m, e, a)
    assert ex[0] == pytest.approx(x.mean(), abs=5e-3)
    assert found[0] == pytest.approx(en, abs=5e-3)
    assert he[0] == pytest.approx(np.sqrt(x.var() - en**2), abs=2e-2)


def test_width_is_in_en_and_disagreement_on_width_in_he():
    same, _ = one_cloud([5.0] * 4, [1.0] * 4)
    shifted, _ = one_cloud([8.0] * 4, [1.0] * 4)
    wider, _ = one_cloud([5.0] * 4, [2.0] * 4)
    unlike, _ = one_cloud([5.0] * 4, [0.2, 0.5, 1.5, 3.0])
    assert shifted.ex[0] - same.ex[0] == pytest.approx(3)
    assert wider.en[0] == pytest.approx(2 * same.en[0])
    assert unlike.he[0] > 0.5
    assert same.he[0] == shifted.he[0] == 0


def test_no_width_is_the_limit_of_little_width():
    exact, flat = one_cloud([1.0, 3.0], [0.0, 0.0])
    near, _ = one_cloud([1.0, 3.0], [1e-7, 1e-7])
    np.testing.assert_allclose(np.ravel(exact), np.ravel(near), atol=1e-6)
    # two points lie flatter than any normal curve, so that their hyper-entropy has no value
    assert exact.he[0] == 0
    assert exact.en[0] == pytest.approx(np.sqrt(np.pi / 2))
    assert flat == 1


def test_floating_clouds_see_widths_alone():
    (ex, en, he), flat = floating_clouds([0, 0], [1.0, 9.0], [1.0, 3.0], [1, 1], 1)
    assert (ex[0], en[0], he[0], flat) == (5.0, pytest.approx(np.sqrt(5)), 1.0, 0)
    np.testing.assert_array_equal(floating_clouds([0, 0], [1.0, 9.0], [0.0, 0.0], [1, 1], 1)[0].en, 0)


@pytest.mark.parametrize("seed", range(6))
def test_without_width_it_is_pymcdms_topsis(seed):
    pymcdm = pytest.importorskip("pymcdm.methods", reason="pymcdm is not installed")
    chance = rng(seed, "matrix")
    raw, w = chance.lognormal(0, 1, (9, 5)), chance.dirichlet(np.ones(5))
    sign = np.array([1, -1, 1, -1, 1])
    zero = np.zeros_like(raw)
    clouds, kept = normalised(Clouds(raw, zero, zero), sign < 0)
    assert kept.all()
    peer = pymcdm.TOPSIS()(raw, w, sign, validation=False)
    np.testing.assert_allclose(closeness(clouds, w), peer, rtol=0, atol=1e-12)
    np.testing.assert_allclose(closeness(Clouds(raw, zero, zero), w, sign < 0), peer, rtol=0, atol=1e-12)


def test_blocks_and_units_do_not_change_it(monkeypatch):
    raw, cost, w = table(3, n=50), np.array([True, False, False, True]), [0.1, 0.2, 0.3, 0.4]
    plain = closeness(raw, w, cost)
    np.testing.assert_allclose(closeness(normalised(raw, cost)[0], w), plain, atol=1e-12)
    monkeypatch.setattr("weigh.ops.clouds.CACHED", 20)
    np.testing.assert_allclose(closeness(raw, w, cost), plain, atol=1e-12)
    with pytest.raises(InputError, match="shapes"):
        closeness(raw, [0.5, 0.5])


@pytest.mark.parametrize("seed", range(4))
def test_units_of_criteria_do_not_matter(seed):
    raw = table(seed)
    cost = np.array([True, False, False, True])
    by, shift = np.array([2.0, 0.5, 100.0, 7.0]), np.array([0.0, 3.0, -9.0, 1e3])
    scaled = Clouds(raw.ex * by + shift, raw.en * by, raw.he * by)
    for one, other in zip(normalised(raw, cost)[0], normalised(scaled, cost)[0], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)


@given(st.integers(0, 500))
@settings(max_examples=30, deadline=None)
def test_what_is_dominated_is_never_above(seed):
    clouds = table(seed)
    clouds.ex[1], clouds.en[1], clouds.he[1] = clouds.ex[0] - 0.1, clouds.en[0] + 0.1, clouds.he[0] + 0.05
    near = closeness(normalised(clouds, np.zeros(4, bool))[0], rng(seed, "w").dirichlet(np.ones(4)))
    assert near[1] <= near[0]


def test_less_blur_is_nearer_and_all_alike_are_half_way():
    clouds = Clouds(np.array([[0.5], [0.5], [0.0], [1.0]]), np.array([[0.1], [0.4], [0.2], [0.2]]), np.zeros((4, 1)))
    near = closeness(clouds, [1.0])
    assert near[0] > near[1]
    assert closeness(Clouds(*[np.zeros((3, 2))] * 3), [0.5, 0.5]).tolist() == [0.5] * 3


def test_criteria_on_which_all_are_alike_are_left_out():
    raw = Clouds(np.array([[1.0, 5.0], [2.0, 5.0]]), np.zeros((2, 2)), np.zeros((2, 2)))
    clouds, kept = normalised(raw, [False, False])
    assert kept.tolist() == [True, False]
    assert clouds.ex.tolist() == [[0.0], [1.0]]
    with pytest.raises(InputError, match="alike on every criterion"):
        normalised(Clouds(*[np.ones((2, 2))] * 3), [False, False])


@pytest.mark.parametrize("seed", range(3))
def test_spread_weights_beat_a_thousand_random_ones(seed):
    clouds = normalised(table(seed), np.zeros(4, bool))[0]
    w = spread_weights(clouds, least=0.1, rng=rng(0, "w"))
    assert w.sum() == pytest.approx(1)
    assert w.min() >= 0.1 - 1e-9
    best = closeness(clouds, w).var()
    tried = 0.1 + 0.6 * rng(seed, "tried").dirichlet(np.ones(4), 1000)
    assert max(closeness(clouds, one).var() for one in tried) <= best + 1e-9


def test_weights_have_their_limits():
    clouds = normalised(table(1), np.zeros(4, bool))[0]
    np.testing.assert_allclose(spread_weights(clouds, least=0.25, rng=rng(0, "w")), 0.25)
    alone = Clouds(*(part[:, :1] for part in clouds))
    assert spread_weights(alone, least=0.5, rng=rng(0, "w")).tolist() == [1.0]
    for least in (-0.1, 0.3):
        with pytest.raises(InputError, match="least"):
            spread_weights(clouds, least=least, rng=rng(0, "w"))


def test_deviation_weights_are_what_their_formula_says(monkeypatch):
    clouds = table(2)
    apart = np.sqrt(sum((part[:, None] - part[None]) ** 2 for part in clouds)).sum(axis=(0, 1))
    exact = deviation_weights(clouds, rng=rng(0, "w"))
    np.testing.assert_allclose(exact, apart / apart.sum())
    monkeypatch.setattr("weigh.ops.cloud_weights.PAIRS", 20_000)
    many = Clouds(*(np.tile(part, (60, 1)) for part in clouds))
    np.testing.assert_allclose(deviation_weights(many, rng=rng(0, "w")), exact, atol=0.01)


@pytest.mark.parametrize(
    ("cell", "m", "e", "a"),
    [
        ([0], [np.nan], [0.0], [1.0]),
        ([0], [1.0], [-1.0], [1.0]),
        ([0], [1.0], [1.0], [0.0]),
        ([1], [1.0], [1.0], [1.0]),
        ([], [], [], []),
    ],
)
@pytest.mark.parametrize("make", [mixture_clouds, floating_clouds])
def test_what_is_no_interval_is_refused(make, cell, m, e, a):
    with pytest.raises(InputError):
        make(cell, m, e, a, 2)
