"""Random orders, and what changes along them."""

from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.orders import draw_orders, running_change, walk


def saturating(masks):
    return np.minimum(masks.sum(axis=1), 3).astype(float)


@pytest.mark.parametrize("sampling", ["plain", "antithetic", "stratified"])
def test_every_order_holds_every_player(sampling):
    orders = draw_orders(6, 5, sampling=sampling, rng=rng(0))
    assert (np.sort(orders, axis=2) == np.arange(6)).all()


def test_units_are_what_they_are_called():
    pair = draw_orders(6, 3, sampling="antithetic", rng=rng(0))
    assert (pair[:, 0] == pair[:, 1, ::-1]).all()
    turned = draw_orders(6, 3, sampling="stratified", rng=rng(0))
    # within a unit each player stands once at every place
    assert (np.sort(turned, axis=1) == np.arange(6)[None, :, None]).all()


@pytest.mark.parametrize("n_players", [1, 2, 9])
def test_changes_along_any_order_add_up(n_players):
    weight = rng(1).normal(size=n_players)

    def value(masks):
        return np.cos(masks @ weight)

    orders = draw_orders(n_players, 20, sampling="plain", rng=rng(0))[:, 0]
    found = walk(value, orders)
    np.testing.assert_allclose(found.contributions.sum(axis=1), np.cos(weight.sum()) - 1, atol=1e-12)
    assert found.n_values == 20 * (n_players - 1)
    assert not found.left.any()


def test_cutting_only_at_exact_equality_changes_nothing_where_the_rest_adds_nothing():
    orders = draw_orders(12, 10, sampling="plain", rng=rng(0))[:, 0]
    whole = walk(saturating, orders)
    # the score stands still once three have joined; six equal values in a row cut the order
    cut = walk(saturating, orders, tolerance=1e-12)
    assert (cut.contributions == whole.contributions).all()
    assert cut.n_values == 10 * 8 < whole.n_values
    eager = walk(saturating, orders, tolerance=1e-12, patience=0)
    assert eager.n_values == 10 * 3


def test_one_value_that_is_far_sets_the_count_back():
    # near v(all) = 10 at 2, 3 and 5 members, far at 4
    worths = np.array([0, 0, 10, 10, 0, 10, 10, 10, 10.0])
    orders = np.arange(8)[None, :]
    found = walk(lambda masks: worths[masks.sum(axis=1)], orders, tolerance=0.5, patience=2)
    assert found.n_values == 7
    assert found.contributions[0].tolist() == [0, 10, 0, -10, 10, 0, 0, 0]


def test_what_is_cut_off_is_told():
    orders = draw_orders(10, 4, sampling="plain", rng=rng(0))[:, 0]
    found = walk(lambda masks: masks.sum(axis=1) / 10, orders, tolerance=0.55, patience=0)
    np.testing.assert_allclose(found.left, 0.5)
    np.testing.assert_allclose(found.contributions.sum(axis=1), 0.5)


@pytest.mark.parametrize("ahead", [2, 5, 100])
def test_looking_ahead_changes_the_cost_alone(ahead):
    orders = draw_orders(12, 10, sampling="plain", rng=rng(3))[:, 0]
    weight = rng(4).normal(size=12)

    def value(masks):
        return np.round(1 / (1 + np.exp(-(masks @ weight))), 1)

    step = walk(value, orders, tolerance=0.05, patience=1)
    found = walk(value, orders, tolerance=0.05, patience=1, ahead=ahead)
    assert (found.contributions == step.contributions).all()
    assert (found.left == step.left).all()
    assert found.n_values >= step.n_values


def test_running_change_is_the_published_one():
    given = rng(0).normal(size=(150, 4)) + 1
    means = [given[:t].mean(axis=0) for t in range(51, 151)]
    known = max(float(np.mean(np.abs(mean - means[-1]) / np.abs(means[-1]))) for mean in means)
    assert running_change(given) == pytest.approx(known)
    assert np.isnan(running_change(given[:99]))


@pytest.mark.parametrize("options", [{"tolerance": -1.0}, {"patience": -1}, {"ahead": 0}, {"tolerance": float("nan")}])
def test_options_that_mean_nothing_are_refused(options):
    with pytest.raises(InputError):
        walk(saturating, np.arange(4)[None, :], **options)


def test_unknown_sampling_is_refused():
    with pytest.raises(InputError, match="plain"):
        draw_orders(3, 2, sampling="quasi", rng=rng(0))  # pyright: ignore[reportArgumentType]
