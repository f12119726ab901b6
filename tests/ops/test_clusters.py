from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops import clusters
from weigh.ops.clusters import cluster, k_means
from weigh.ops.log_ratios import clr, ilr


def camps(seed: int, *sizes: int, apart: float = 8.0, n: int = 3) -> tuple[np.ndarray, np.ndarray]:
    chance = rng(seed, "camps")
    at = apart * np.eye(n)[: len(sizes)]
    label = np.repeat(np.arange(len(sizes)), sizes)
    return at[label] + chance.standard_normal((len(label), n)), label


def same(a, b) -> bool:
    return len({*zip(a.tolist(), b.tolist(), strict=True)}) == len({*a.tolist()}) == len({*b.tolist()})


@pytest.mark.parametrize("sizes", [(12, 7), (20, 9, 6), (30, 3)])
def test_planted_camps_are_found_the_largest_first(sizes):
    x, label = camps(0, *sizes)
    found = cluster(x, rng=rng(0, "c"))
    assert same(found.label, label)
    assert np.bincount(found.label).tolist() == sorted(sizes, reverse=True)
    np.testing.assert_allclose(found.centre[0], x[found.label == 0].mean(axis=0))
    assert found.p <= 0.05


def test_one_cloud_is_one_group_nearly_always():
    single = [
        len(cluster(rng(s, "one").standard_normal((18, 3)), rng=rng(s, "c")).centre) == 1 for s in range(20)
    ]  # fmt: skip
    assert np.mean(single) >= 0.9


def test_a_long_cloud_is_not_cut_in_two():
    x = rng(1, "long").standard_normal((40, 3)) * [20, 1, 1]
    assert len(cluster(x, rng=rng(0, "c")).centre) == 1


def test_the_number_may_be_given():
    x, _ = camps(2, 10, 10)
    assert len(cluster(x, n_groups=3, rng=rng(0, "c")).centre) == 3
    one = cluster(x, n_groups=1, rng=rng(0, "c"))
    assert len(one.centre) == 1
    assert np.isnan(one.p)
    for wrong in (0, 21):
        with pytest.raises(InputError, match="groups"):
            cluster(x, n_groups=wrong, rng=rng(0, "c"))


def test_lloyd_agrees_with_scikit_learn():
    x, _ = camps(3, 15, 10, 8, apart=3.0)
    a = rng(3, "a").uniform(0.5, 2, 33)
    start = x[[0, 16, 28]]
    peer = KMeans(3, init=start, n_init=1, tol=0).fit(x, sample_weight=a)
    label, centre = k_means(x, start, a)
    assert same(label, peer.labels_)
    np.testing.assert_allclose(centre, peer.cluster_centers_, atol=1e-8)


def test_silhouette_agrees_with_scikit_learn():
    x, _ = camps(4, 9, 6, 1)
    found = cluster(x, n_groups=3, rng=rng(0, "c"))
    assert found.silhouette[3] == pytest.approx(silhouette_score(x, found.label))


def test_clr_and_ilr_give_the_same_groups():
    shares = np.exp(camps(5, 9, 8, n=4)[0] / 3)
    a, b = (cluster(coordinates(shares), rng=rng(0, "c")) for coordinates in (clr, ilr))
    assert a.label.tolist() == b.label.tolist()
    assert a.silhouette.keys() == b.silhouette.keys()


def test_large_clouds_are_cut_on_a_sample(monkeypatch):
    monkeypatch.setattr(clusters, "SAMPLE", 60)
    x, label = camps(6, 700, 300)
    assert same(cluster(x, rng=rng(0, "c")).label, label)


def test_few_or_equal_points_are_one_group():
    for x in (np.ones((6, 2)), np.zeros((1, 2)), np.array([[0.0, 1], [5.0, 1], [0.0, 9]])):
        found = cluster(x, rng=rng(0, "c"))
        assert len(found.centre) == 1
        assert not found.label.any()


def test_points_without_weight_make_no_group():
    x, _ = camps(7, 12, 4)
    found = cluster(x, [1] * 12 + [0] * 4, rng=rng(0, "c"))
    assert len(found.centre) == 1
    np.testing.assert_allclose(found.centre[0], x[:12].mean(axis=0))


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="NaN"):
        cluster([[np.nan]], rng=rng(0, "c"))
    with pytest.raises(InputError, match="centres"):
        k_means(np.zeros((3, 2)), np.zeros((2, 3)))
