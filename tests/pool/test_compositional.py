from __future__ import annotations

import csv
import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError, ScaleError
from weigh.core.evidence import Ratings
from weigh.core.scale import Scale
from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.ops.best_worst_method import geometric_weights
from weigh.ops.simplex import aitchison_distance, closure, perturb
from weigh.pool.compositional import compositional

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "compositional-mcdm" / "bayesian_bwm_example.csv"
CENTRES = ["geometric", "median", "welsch"]
ITEMS = ("care", "fairness", "loyalty", "thrift")


def said(shares, weight=None, items=ITEMS) -> Ratings:
    shares = np.asarray(shares, dtype=float)
    k, n = shares.shape
    who = [f"p{i}" for i in range(k) for _ in range(n)]
    a = np.ones(k) if weight is None else np.asarray(weight, dtype=float)
    return Ratings(who=who, item=list(items[:n]) * k, value=shares.ravel(), weight=np.repeat(a, n))


def drawn(seed: int, k: int = 9, n: int = 4, noise: float = 0.4) -> np.ndarray:
    chance = rng(seed, "shares")
    return closure(np.exp(np.linspace(0.9, -0.9, n) + noise * chance.standard_normal((k, n))))


def camps(seed: int = 0, sizes: tuple[int, int] = (11, 4)) -> np.ndarray:
    chance = rng(seed, "camps")
    at = np.repeat([[1.2, 0.4, -0.4, -1.2], [-1.2, -0.4, 0.4, 1.2]], sizes, axis=0)
    return closure(np.exp(at + 0.25 * chance.standard_normal((sum(sizes), 4))))


@pytest.mark.parametrize("centre", CENTRES)
@given(st.integers(0, 300))
@settings(max_examples=8, deadline=None)
def test_a_change_of_units_changes_the_pool_by_it_alone(centre, seed):
    w, p = drawn(seed), rng(seed, "p").dirichlet(np.ones(4))
    plain, moved = (compositional(said(x), centre=centre, opinions=1).mean for x in (w, perturb(w, p)))
    np.testing.assert_allclose(moved, perturb(plain, p), atol=1e-8)
    # which the arithmetic mean does not keep
    assert np.abs(closure(perturb(w, p).mean(axis=0)) - perturb(w.mean(axis=0), p)).max() > 1e-6


@pytest.mark.parametrize("centre", CENTRES)
def test_people_and_items_may_come_in_any_order(centre):
    w, order, turn = drawn(1), rng(0, "o").permutation(9), [2, 0, 3, 1]
    plain = compositional(said(w), centre=centre, opinions=1)
    np.testing.assert_allclose(compositional(said(w[order]), centre=centre, opinions=1).mean, plain.mean, atol=1e-9)
    turned = compositional(said(w[:, turn], items=[ITEMS[i] for i in turn]), centre=centre, opinions=1)
    for part in ("mean", "low", "high"):
        np.testing.assert_allclose(getattr(turned, part), getattr(plain, part)[turn], atol=1e-8)


def test_geometric_pool_is_coherent_in_parts():
    w = drawn(2)
    whole = compositional(said(w), opinions=1).mean
    part = compositional(said(w[:, :3]), opinions=1).mean
    np.testing.assert_allclose(part, closure(whole[:3]), atol=1e-12)


def test_geometric_pool_is_the_normalised_geometric_mean_and_minimises_distance():
    w = drawn(3)
    found = compositional(said(w)).mean
    np.testing.assert_allclose(found, closure(np.prod(w, axis=0) ** (1 / 9)), atol=1e-12)
    near = closure(np.exp(np.log(found) + 0.01 * rng(0, "near").standard_normal((200, 4))))
    least = (aitchison_distance(w, found) ** 2).sum()
    assert all((aitchison_distance(w, other) ** 2).sum() > least for other in near)


@pytest.mark.skipif(not DATA.is_file(), reason="the example of six people and eight criteria is not on this machine")
def test_known_answer_on_the_best_worst_example():
    with DATA.open() as file:
        rows = list(csv.DictReader(file))
    numbers = [[float(row[name]) for name in list(row)[2:]] for row in rows]
    w = geometric_weights(numbers[:6], numbers[6:])
    found = compositional(said(w, items=list(rows[0])[2:]))
    expected = [0.2100, 0.1743, 0.0533, 0.2282, 0.0870, 0.1308, 0.0484, 0.0680]
    np.testing.assert_allclose(found.mean, expected, atol=5e-5)
    arithmetic = [0.2050, 0.1748, 0.0579, 0.2263, 0.0891, 0.1301, 0.0500, 0.0668]
    np.testing.assert_allclose(list(found.notes["arithmetic_mean"].values()), arithmetic, atol=5e-5)


@pytest.mark.parametrize("centre", ["median", "welsch"])
def test_one_who_turns_everything_round_moves_robust_pools_little(centre):
    w = drawn(4, k=12, noise=0.2)
    out = np.vstack([w, [[1e-6, 1e-3, 1e-1, 0.9]]])
    moved = {
        name: float(aitchison_distance(*(compositional(said(x), centre=name, opinions=1).mean for x in (w, out))))
        for name in ("geometric", centre)
    }
    assert moved[centre] < 0.25 * moved["geometric"]


def test_arithmetic_mean_that_turns_the_order_round_is_told_of():
    # one enthusiast outvotes the ratios of both others in the arithmetic mean
    w = [[0.30, 0.20, 0.50], [0.30, 0.20, 0.50], [0.05, 0.60, 0.35]]
    assert np.mean(w, axis=0)[0] < np.mean(w, axis=0)[1]
    one = compositional(said(w), centre="median", opinions=1)
    assert one.mean[0] > one.mean[1]
    assert "The arithmetic mean would put 'fairness' above 'care'; ratios do not." in one.notes["told"]


def test_two_camps_are_two_opinions_with_their_people():
    found = compositional(said(camps()))
    held = found.notes["opinions"]
    assert [one["people"] for one in held] == [11, 4]
    assert held[1]["who"] == ["p11", "p12", "p13", "p14"]
    assert held[0]["mean"]["care"] > 0.4 > held[1]["mean"]["care"]
    assert found.notes["told"][0] == "People fall into 2 opinions, of 11 and 4; no one pool speaks for all of them."
    assert len({row["series"] for row in found.notes["figures"][0]["data"]["rows"]}) == 3
    alone = compositional(said(camps()), opinions=1).notes["opinions"]
    assert [one["people"] for one in alone] == [15]
    assert len(compositional(said(drawn(5, k=15))).notes["opinions"]) == 1


@pytest.mark.parametrize("centre", CENTRES)
@pytest.mark.parametrize("interval", ["delta", "bootstrap"])
def test_intervals_hold_their_mean_and_narrow_with_people(centre, interval):
    widths = []
    for k in (12, 48):
        found = compositional(said(drawn(6, k=k)), centre=centre, interval=interval, opinions=1, n_resamples=120)
        assert (found.low < found.mean).all()
        assert (found.mean < found.high).all()
        assert found.low.min() > 0
        np.testing.assert_allclose(found.cov.sum(axis=0), 0, atol=1e-12)  # shares sum to 1 whatever happens
        widths.append((found.high - found.low).mean())
    assert 0.3 < widths[1] / widths[0] < 0.75


def test_delta_intervals_cover():
    truth = closure(np.exp(np.linspace(0.9, -0.9, 4)))
    hits = sum(
        ((found.low <= truth) & (truth <= found.high)).sum()
        for seed in range(120)
        for found in [compositional(said(drawn(seed, k=12)), opinions=1)]
    )
    assert 0.91 <= hits / 480 <= 0.985


def test_ranking_is_credal():
    found = compositional(said(drawn(7, k=20)))
    p = found.notes["p_above"]
    assert p["care"]["thrift"] > 0.999
    assert p["care"]["thrift"] + p["thrift"]["care"] == 1
    ranked = compositional(said(drawn(7, k=20)), ranking="signed-rank").notes["p_above"]
    assert ranked["care"]["thrift"] > 0.99
    graph = found.notes["figures"][1]
    assert graph["kind"] == "graph"
    assert [node["name"] for node in graph["data"]["nodes"]] == list(ITEMS)
    assert {(edge["source"], edge["target"]) for edge in graph["data"]["edges"]} >= set(itertools.pairwise(ITEMS))


def test_total_variance_is_that_of_the_variation_matrix():
    found = compositional(said(drawn(8)))
    tau = np.array([list(row.values()) for row in found.notes["variation"].values()])
    assert found.notes["total_variance"] == pytest.approx(tau.sum() / 8)
    w = drawn(8)
    assert found.notes["total_variance"] == pytest.approx((aitchison_distance(w, found.mean) ** 2).mean())


def test_weights_of_people_are_votes_in_the_mean():
    w, a = drawn(9, k=4), [1, 2, 1, 3]
    votes = compositional(said(np.repeat(w, a, axis=0)), opinions=1)
    weighed = compositional(said(w, a), opinions=1)
    np.testing.assert_allclose(weighed.mean, votes.mean, atol=1e-12)
    # and remain four people
    assert weighed.notes["dof"] == 3
    assert compositional(said(w, [1, 1, 1, 0]), opinions=1).notes["people"] == 3


def test_one_person_is_their_own_pool_without_an_interval():
    found = compositional(said([[0.4, 0.3, 0.2, 0.1]]))
    np.testing.assert_allclose(found.mean, [0.4, 0.3, 0.2, 0.1])
    assert found.low is None
    assert found.notes["p_above"]["care"] == {"care": 0.5, "fairness": 1.0, "loyalty": 1.0, "thrift": 1.0}
    assert any("interval" in words for words in found.notes["told"])
    assert compositional(said([[0.4, 0.3, 0.2, 0.1]]), interval="bootstrap").low is None


@pytest.mark.parametrize("centre", CENTRES)
def test_people_who_all_agree_are_certain(centre):
    found = compositional(said([[0.4, 0.3, 0.2, 0.1]] * 5), centre=centre)
    np.testing.assert_allclose(found.mean, [0.4, 0.3, 0.2, 0.1], atol=1e-12)
    assert found.notes["p_above"]["care"]["fairness"] == 1.0
    assert found.notes["total_variance"] == pytest.approx(0, abs=1e-20)
    equal = compositional(said([[0.25] * 4] * 5), centre=centre, ranking="signed-rank")
    assert equal.notes["p_above"]["care"]["thrift"] == 0.5


def test_robust_pools_say_whom_they_count():
    found = compositional(said(np.vstack([drawn(10, k=10, noise=0.2), [[1e-5, 1e-3, 1e-1, 0.9]]])), centre="welsch")
    people = found.notes["each_person"]
    assert people["p10"]["counted"] < 1e-6
    assert sum(one["counted"] for one in people.values()) == pytest.approx(1)
    assert people["p10"]["distance"] == max(one["distance"] for one in people.values())


def test_same_seed_same_result_on_any_number_of_workers():
    given = said(drawn(11))
    one, four = (
        compositional(given, interval="bootstrap", n_resamples=64, seed=5, workers=w) for w in (1, 4)
    )  # fmt: skip
    assert one == four
    other = compositional(given, interval="bootstrap", n_resamples=64, seed=6)
    assert one != other


def test_values_of_several_are_pooled_where_their_scale_has_ratios():
    w = drawn(12, k=3)
    scale = Scale("ratio", "simplex", "share")
    given = Values(ITEMS, ("a", "b", "c"), w, scale=scale, method="x/y")
    np.testing.assert_allclose(compositional(given).mean, compositional(said(w)).mean)
    with pytest.raises(ScaleError, match="ratio"):
        compositional(replace(given, scale=Scale("interval", "real", "log-odds")))


def test_zeros_need_a_detection_limit():
    w = [[0.5, 0.5, 0.0], [0.3, 0.3, 0.4]]
    with pytest.raises(InputError, match="detection_limit"):
        compositional(said(w))
    found = compositional(said(w), detection_limit=0.01)
    assert found.notes["zeros"] == "1 zeros were replaced by 0.0065"


@pytest.mark.parametrize(
    "wrong", [{"centre": "mean"}, {"interval": "normal"}, {"ranking": "borda"}, {"opinions": 0}, {"opinions": 99}]
)
def test_options_that_are_none_are_refused(wrong):
    with pytest.raises(InputError):
        compositional(said(drawn(13)), **wrong)


def test_it_comes_back_from_json_and_its_figures_are_figures():
    from weigh.core.figure import Figure

    found = compositional(said(camps()), centre="welsch")
    assert Values.from_json(json.dumps(found.to_json())) == found
    kinds = [Figure.from_json(one).kind for one in found.notes["figures"]]
    assert kinds == ["intervals", "graph", "heatmap", "heatmap"]


def test_many_items_and_people_go_through():
    w = np.exp(rng(0, "many").standard_normal((300, 50)))
    items = [f"item {i}" for i in range(50)]
    found = compositional(said(w, items=items), centre="median")
    assert "each_person" not in found.notes
    assert len(found.notes["figures"][1]["data"]["edges"]) <= 49
    assert found.mean.sum() == pytest.approx(1)
