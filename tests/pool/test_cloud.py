from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from weigh.core.errors import InputError, ScaleError
from weigh.core.evidence import Ratings
from weigh.core.scale import Scale
from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.pool.cloud import cloud

ITEMS, CRITERIA = tuple("abcde"), ("price", "comfort", "speed", "noise")
COST = ["price", "noise"]


def said(low, high, experts=None, **more) -> Ratings:
    """Intervals of shape (n_experts, n_items, n_criteria)."""
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    who, item, criterion = (x.ravel() for x in np.indices(low.shape))
    names = experts or [f"e{i}" for i in range(len(low))]
    columns = {
        "who": [names[i] for i in who],
        "item": [ITEMS[i] for i in item],
        "criterion": [CRITERIA[j] for j in criterion],
        "low": low.ravel(),
        "high": high.ravel(),
    }
    return Ratings(**{**columns, **more})


def panel(seed: int, k: int = 4) -> tuple[np.ndarray, np.ndarray]:
    chance = rng(seed, "panel")
    middle = chance.uniform(1, 9, (1, 5, 4)) + 0.5 * chance.standard_normal((k, 5, 4))
    half = chance.uniform(0.2, 1.0, (k, 5, 4))
    return middle - half, middle + half


@pytest.mark.parametrize("seed", range(5))
def test_numbers_of_one_expert_are_pymcdms_topsis(seed):
    topsis = pytest.importorskip("pymcdm.methods", reason="pymcdm is not installed").TOPSIS()
    x = rng(seed, "x").uniform(1, 9, (5, 4))
    found = cloud(said([x], [x]), cost=COST, weights="equal")
    peer = topsis(x, np.full(4, 0.25), np.array([-1, 1, 1, -1]), validation=False)
    np.testing.assert_allclose(found.mean, peer, rtol=0, atol=1e-12)
    # and of several, where widths alone are blur
    both = cloud(said([x, x + 1], [x, x + 1]), cost=COST, weights="equal", aggregate="floating")
    np.testing.assert_allclose(both.mean, peer, rtol=0, atol=1e-12)
    spread = cloud(said([x], [x]), cost=COST, weights="spread")
    w = np.array(list(spread.notes["criterion_weights"].values()))
    np.testing.assert_allclose(spread.mean, topsis(x, w, np.array([-1, 1, 1, -1]), validation=False), atol=1e-12)


@pytest.mark.parametrize("weights", ["spread", "deviation", "equal"])
@pytest.mark.parametrize("aggregate", ["mixture", "floating"])
def test_units_of_criteria_and_order_of_rows_do_not_matter(weights, aggregate):
    low, high = panel(1)
    by = np.array([10.0, 0.5, 3.0, 100.0])
    plain = cloud(said(low, high), cost=COST, weights=weights, aggregate=aggregate)
    scaled = cloud(said(low * by + 7, high * by + 7), cost=COST, weights=weights, aggregate=aggregate)
    np.testing.assert_allclose(scaled.mean, plain.mean, atol=1e-5)
    rows = said(low, high)
    turned = cloud(rows.select(rng(0, "o").permutation(len(rows))), cost=COST, weights=weights, aggregate=aggregate)
    assert dict(zip(turned.items, turned.mean.round(5), strict=True)) == pytest.approx(
        dict(zip(plain.items, plain.mean.round(5), strict=True)), abs=1e-4
    )


def test_what_is_dominated_is_never_above():
    low, high = panel(2)
    low[:, 1], high[:, 1] = low[:, 0], high[:, 0]
    low[:, 1, 1:3] -= 0.5
    high[:, 1, 1:3] -= 0.5
    for weights in ("equal", "spread"):
        found = cloud(said(low, high), cost=COST, weights=weights)
        assert found.mean[1] <= found.mean[0]


def test_of_two_like_alternatives_the_one_that_is_surer_is_nearer():
    x = np.full((3, 3, 4), 5.0)
    x[:, 2] = 4.0
    half = np.full_like(x, 0.5)
    half[:, 1] = 2.0
    found = cloud(said(x - half, x + half), weights="equal")
    assert found.mean[0] > found.mean[1]


def test_narrow_intervals_can_be_trusted_more():
    # two experts: one sure and right, the other vague and wrong
    x = np.array([[[9.0] * 4, [1.0] * 4], [[1.0] * 4, [9.0] * 4]])
    half = np.array([0.1, 3.0])[:, None, None]
    both = said(x - half, x + half, experts=["sure", "vague"])
    narrow = cloud(both, weights="equal", trust="narrow", aggregate="floating")
    assert narrow.mean[0] > narrow.mean[1]
    with pytest.raises(InputError, match="alike on every criterion"):
        cloud(both, weights="equal")
    with pytest.raises(InputError, match="without width"):
        cloud(said(x, x), trust="narrow")


def test_given_weights_are_used_and_closed_with_a_note():
    low, high = panel(3)
    importance = Values(CRITERIA, ("all",), [4.0, 3.0, 2.0, 1.0], scale=Scale("ratio", "positive"), method="a/b")
    found = cloud(said(low, high), cost=COST, importance=importance)
    assert list(found.notes["criterion_weights"].values()) == [0.4, 0.3, 0.2, 0.1]
    assert "summed to 10" in found.notes["weights_closed"]
    with pytest.raises(InputError, match="no weight for 'noise'"):
        cloud(said(low, high), importance=importance.select(CRITERIA[:3]))
    with pytest.raises(ScaleError):
        cloud(said(low, high), importance=replace(importance, scale=Scale("interval")))


def test_least_weight_is_kept():
    low, high = panel(4)
    assert min(cloud(said(low, high), weights="spread").notes["criterion_weights"].values()) >= 0.125 - 1e-9
    loose = cloud(said(low, high), weights="spread", least_weight=0.0).notes["criterion_weights"]
    assert min(loose.values()) < 0.125


def test_intervals_are_over_experts():
    low, high = panel(5, k=6)
    found = cloud(said(low, high), cost=COST, seed=1)
    assert (found.low <= found.mean).all()
    assert (found.mean <= found.high).all()
    assert (found.high - found.low).max() > 0.01
    assert found == cloud(said(low, high), cost=COST, seed=1)
    alone = cloud(said(low[:1], high[:1]), cost=COST)
    assert alone.low is None
    assert alone.notes["without_each_expert"] == {}
    assert set(found.notes["without_each_expert"]) == {f"e{i}" for i in range(6)}


def test_an_expert_may_leave_cells_out_if_somebody_fills_them():
    low, high = panel(6)
    rows = said(low, high)
    kept = ~((rows.who == "e1") & (rows.item == "a"))
    assert cloud(rows.select(kept)).items == ITEMS
    alone = (rows.who == "e0") | (rows.item != "a")
    found = cloud(rows.select(alone))
    # without the one who alone knows a cell there is no answer
    assert found.notes["without_each_expert"]["e0"] == "unknown"
    with pytest.raises(InputError, match="nobody says anything of 'a' on 'price'"):
        cloud(rows.select((rows.item != "a") | (rows.criterion != "price")))


def test_the_same_said_twice_changes_nothing():
    low, high = panel(7)
    rows = said(low, high)
    np.testing.assert_allclose(cloud(rows.select(np.tile(np.arange(len(rows)), 2))).mean, cloud(rows).mean, atol=1e-7)


def test_criteria_on_which_all_are_alike_are_left_out_with_a_note():
    low, high = panel(8)
    low[..., 3] = high[..., 3] = 2.0
    found = cloud(said(low, high))
    assert found.notes["left_out"] == "all alternatives are alike on noise"
    assert "noise" not in found.notes["criterion_weights"]
    with pytest.raises(InputError, match="alike on every criterion"):
        cloud(said(np.ones((2, 3, 4)), np.ones((2, 3, 4)) + 1))


def test_ties_stay_ties():
    x = np.array([[[1.0, 2, 3, 4], [1.0, 2, 3, 4], [5, 6, 7, 8]]])
    found = cloud(said(x - 0.1, x + 0.1), weights="equal")
    assert found.mean[0] == found.mean[1]
    assert found.ranking().tied("a", "b")


def test_flat_mixtures_are_told_of():
    x = np.array([[[1.0] * 4, [5.0] * 4], [[3.0] * 4, [9.0] * 4]])
    assert cloud(said(x, x)).notes["flat_clouds"].startswith("8 of 8 cells")


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": "entropy"},
        {"aggregate": "sum"},
        {"trust": "all"},
        {"n_resamples": -1},
        {"weights": "spread", "least_weight": 0.5},
        {"cost": ["taste"]},
    ],
)
def test_options_that_are_none_are_refused(wrong):
    low, high = panel(9)
    with pytest.raises(InputError):
        cloud(said(low, high), **wrong)


def test_its_scale_is_ordinal_and_it_comes_back_from_json():
    low, high = panel(10)
    found = cloud(said(low, high), cost=COST)
    with pytest.raises(ScaleError):
        found.contrast("a", "b")
    assert Values.from_json(json.dumps(found.to_json())) == found
    assert found.notes["figures"][0]["kind"] == "heatmap"
