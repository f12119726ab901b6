"""The Jensen–Shannon centroid and the distances about it: published numbers, brute force, scipy, and what must hold."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize
import scipy.spatial.distance
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.ops.jensen_shannon import EQUAL, FLOOR, MOST, centroid, distance, distances, jensen_shannon

CASES = json.loads((Path(__file__).parents[1] / "cases" / "value_consistency.json").read_text("utf-8"))


@st.composite
def groups(draw, options=(2, 3, 4)):
    n, k = draw(st.integers(2, 6)), draw(st.sampled_from(options))
    seed, sharp = draw(st.integers(0, 10_000)), draw(st.sampled_from([0.05, 1.0, 20.0]))
    return np.random.default_rng(seed).dirichlet(np.full(k, sharp), n)


def floored(p):
    return (p + FLOOR) / (p + FLOOR).sum(axis=-1, keepdims=True)


def total(p, q):
    return float(jensen_shannon(floored(p), q).sum())


@pytest.mark.parametrize("case", CASES["notebook"], ids=["against certainty", "against half and half"])
def test_the_arrays_of_the_published_notebook(case):
    for others, (known, tolerance) in enumerate(zip(case["ratio"], CASES["tolerance"], strict=True), start=1):
        p = np.array([case["one"]] + [case["others"]] * others, dtype=float)
        ratio = distance(p, about="pairwise") / 2 / distance(p)
        assert abs(ratio - known) <= tolerance, f"N = {others}: {ratio:.9f}"


@pytest.mark.parametrize("case", CASES["distance"])
def test_known_distances(case):
    assert distance(case["p"]) == pytest.approx(case["distance"], abs=1e-12)
    if "centroid" in case:
        np.testing.assert_allclose(centroid(case["p"]), case["centroid"], atol=5e-7)


@settings(max_examples=15, deadline=None)
@given(groups(options=(2,)))
def test_the_centroid_of_two_options_is_the_brute_force_one(p):
    found = scipy.optimize.minimize_scalar(
        lambda x: total(p, np.array([x, 1 - x])), bounds=(0, 1), method="bounded", options={"xatol": 1e-10}
    )
    assert total(p, centroid(p)) <= found.fun + 1e-12


@settings(max_examples=10, deadline=None)
@given(groups(options=(3,)), st.integers(0, 1000))
def test_no_other_point_is_nearer_than_the_centroid(p, seed):
    best, others = total(p, centroid(p)), np.random.default_rng(seed).dirichlet([0.5] * 3, 300)
    assert all(best <= total(p, q) + 1e-12 for q in others)


@settings(max_examples=25, deadline=None)
@given(groups())
def test_the_divergence_is_scipys(p):
    for a, b in itertools.combinations(p, 2):
        assert np.sqrt(jensen_shannon(a, b)) == pytest.approx(scipy.spatial.distance.jensenshannon(a, b), abs=1e-7)


@settings(max_examples=25, deadline=None)
@given(groups(), st.randoms(use_true_random=False))
def test_distance_does_not_depend_on_the_order_of_members_or_options(p, dice):
    rows, columns = list(range(len(p))), list(range(p.shape[1]))
    dice.shuffle(rows)
    dice.shuffle(columns)
    for about in ("centroid", "mean", "pairwise", "radius"):
        moved = distances(p[rows][:, columns], about=about)
        np.testing.assert_allclose(moved, distances(p, about=about)[rows], atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(groups())
def test_distance_is_zero_only_where_all_are_equal(p):
    apart = np.ptp(p, axis=0).max() > EQUAL
    for about in ("centroid", "mean", "pairwise", "radius"):
        assert (distance(p, about=about) > 0) == apart
        assert distance(np.repeat(p[:1], 4, axis=0), about=about) == 0.0
    assert 0 <= distance(p) <= MOST


@settings(max_examples=40, deadline=None)
@given(groups())
def test_the_sum_about_the_centroid_is_below_that_about_every_member_and_the_mean(p):
    best = total(p, centroid(p))
    for other in (*floored(p), floored(p).mean(axis=0)):
        assert best <= total(p, other) + 1e-12


@settings(max_examples=25, deadline=None)
@given(groups())
def test_the_other_distances_are_what_they_are_called(p):
    pairs = [scipy.spatial.distance.jensenshannon(a, b) for a, b in itertools.combinations(p, 2)]
    mean = p.mean(axis=0)
    if np.ptp(p, axis=0).max() > EQUAL:
        assert distance(p, about="pairwise") == pytest.approx(np.mean(pairs), abs=1e-7)
        to_mean = [scipy.spatial.distance.jensenshannon(a, mean) for a in p]
        assert distance(p, about="mean") == pytest.approx(np.mean(to_mean), abs=1e-7)
        entropy = scipy.stats.entropy(mean) - np.mean([scipy.stats.entropy(a) for a in p])
        assert distance(p, about="radius") == pytest.approx(entropy, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.lists(groups(options=(3,)), min_size=1, max_size=5))
def test_many_groups_at_once_are_each_alone(several):
    longest = max(map(len, several))
    p, members = np.full((len(several), longest, 3), np.nan), np.zeros((len(several), longest), dtype=bool)
    for i, one in enumerate(several):
        p[i, : len(one)], members[i, : len(one)] = one, True
    for about in ("centroid", "mean", "pairwise", "radius"):
        together, each = distance(p, members, about=about), distances(p, members, about=about)
        np.testing.assert_allclose(together, [distance(one, about=about) for one in several], atol=1e-12)
        assert not each[~members].any()
    np.testing.assert_allclose(centroid(p, members), [centroid(one) for one in several], atol=1e-12)


def test_a_group_of_one_has_no_distance():
    for about in ("centroid", "mean", "pairwise", "radius"):
        assert distances([[0.3, 0.7]], about=about).tolist() == [0.0]


def test_nearly_equal_members_count_as_equal():
    assert distance([[0.5, 0.5], [0.50005, 0.49995]]) == 0.0
    assert distance([[0.5, 0.5], [0.5002, 0.4998]]) > 0.0


def test_a_centroid_that_is_not_reached_is_an_error():
    with pytest.raises(InputError, match="not reached in 2 steps"):
        centroid([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], max_steps=2)


@pytest.mark.parametrize(
    ("p", "members", "match"),
    [
        ([0.5, 0.5], None, "shape"),
        ([[0.5, np.nan], [0.5, 0.5]], None, "no distribution"),
        ([[0.5, 0.6], [0.5, 0.5]], None, "no distribution"),
        ([[1.5, -0.5], [0.5, 0.5]], None, "no distribution"),
        (np.empty((0, 2)), None, "shape"),
        ([[0.5, 0.5]], [[True]], "members have shape"),
        ([[0.5, 0.5]], [False], "no members"),
    ],
)
def test_what_is_no_group_of_distributions_is_refused(p, members, match):
    for function in (centroid, distances, distance):
        with pytest.raises(InputError, match=match):
            function(p, members)


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InputError, match="2 options and q 3"):
        jensen_shannon([0.5, 0.5], [0.2, 0.3, 0.5])
    with pytest.raises(InputError, match="shape"):
        jensen_shannon(1.0, [1.0])
    with pytest.raises(InputError, match="expected one of"):
        distances([[0.5, 0.5]], about="median")  # pyright: ignore[reportArgumentType]
