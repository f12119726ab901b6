from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import spearmanr

from weigh.core.errors import InputError, MissingExtra
from weigh.core.evidence import Ratings
from weigh.core.scale import Scale
from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.pool.rank_agreement import rank_agreement

pymcdm = pytest.importorskip("pymcdm.methods", reason="pymcdm is not installed")


def said(x, who="Ada") -> Ratings:
    x = np.asarray(x, dtype=float)
    i, j = (at.ravel() for at in np.indices(x.shape))
    return Ratings(who=[who] * x.size, item=[f"a{k}" for k in i], criterion=[f"c{k}" for k in j], value=x.ravel())


def test_ranks_are_pymcdms():
    x, w, sign = rng(0, "x").lognormal(0, 1, (8, 4)), np.array([0.4, 0.3, 0.2, 0.1]), np.array([1, -1, 1, 1])
    importance = Values(
        ("c0", "c1", "c2", "c3"), ("all",), w, scale=Scale("ratio", "simplex"), method="a/b"
    )  # fmt: skip
    found = rank_agreement(said(x), cost=["c1"], importance=importance)
    from pymcdm.normalizations import minmax_normalization

    peers = {
        "TOPSIS": pymcdm.TOPSIS(), "VIKOR": pymcdm.VIKOR(), "PROMETHEE II": pymcdm.PROMETHEE_II("usual"),
        "weighted sum": pymcdm.WSM(minmax_normalization),
    }  # fmt: skip
    # rounded, as two alternatives are level by PROMETHEE but for the last bit
    ranks = {name: peer.rank(peer(x, w, sign, validation=False).round(9)) for name, peer in peers.items()}
    for name, row in zip(found.who, found.mean, strict=True):
        np.testing.assert_allclose(row, 1 - (ranks[name] - 1) / 7, err_msg=name)
    rho = found.notes["rank_correlation"]["TOPSIS"]["VIKOR"]
    assert rho == pytest.approx(spearmanr(ranks["TOPSIS"], ranks["VIKOR"]).statistic)


def test_where_methods_agree_it_says_so():
    found = rank_agreement(said(np.outer([1, 2, 3, 4], [1, 1, 1])))
    assert found.notes["told"][0] == "All four methods put a3 first."
    assert found.notes["moved_most"] == {}
    assert len(found.notes["figures"]) == 1
    np.testing.assert_allclose(found.mean, np.tile([0, 1 / 3, 2 / 3, 1], (4, 1)))


def test_where_they_do_not_it_names_what_moves():
    # an all-rounder against one that is best on average and worst in one thing
    x = np.array([[0.60, 0.60, 0.60], [1.0, 1.0, 0.0], [0.0, 0.2, 1.0], [0.55, 0.0, 0.2]])
    found = rank_agreement(said(x))
    assert found.notes["told"][0].startswith("The first place depends on the method:")
    assert set(found.notes["moved_most"]) >= {"a0", "a1"}
    moved = found.notes["figures"][1]["data"]
    assert moved["columns"] == list(found.who)
    assert moved["rows"] == list(found.notes["moved_most"])
    spans = [one["span"] for one in found.notes["moved_most"].values()]
    assert spans == sorted(spans, reverse=True)


def test_one_alternative_that_dominates_warns_nobody():
    assert rank_agreement(said([[9, 9], [1, 2], [2, 1]])).notes["first"]["VIKOR"] == ["a0"]


def test_a_method_without_a_value_ties_all_and_is_told_of():
    # two alternatives that mirror each other: VIKOR divides 0 by 0
    found = rank_agreement(said([[1, 2], [2, 1]]))
    assert "VIKOR has no value on this table, so that all are tied by it." in found.notes["told"]
    np.testing.assert_allclose(found.mean, 0.5)
    assert found.notes["rank_correlation"]["VIKOR"]["TOPSIS"] is None


def test_several_people_are_averaged_and_criteria_alike_left_out():
    x = rng(1, "x").uniform(1, 9, (4, 3))
    both = rank_agreement(Ratings.from_frame({
        name: [*getattr(said(x - 1, "Ada"), name), *getattr(said(x + 1, "Bo"), name)]
        for name in ("who", "item", "criterion", "value")
    }))  # fmt: skip
    np.testing.assert_array_equal(both.mean, rank_agreement(said(x)).mean)
    x[:, 2] = 3.0
    assert rank_agreement(said(x)).notes["left_out"] == "all alternatives are alike on c2"


def test_bad_tables_are_refused(monkeypatch):
    with pytest.raises(InputError, match="alike on every criterion"):
        rank_agreement(said(np.ones((3, 2))))
    with pytest.raises(InputError, match="one alternative"):
        rank_agreement(said(np.ones((1, 2))))
    monkeypatch.setattr("weigh.pool.rank_agreement.MOST", 2)
    with pytest.raises(InputError, match="3 alternatives"):
        rank_agreement(said(np.eye(3)))


def test_without_pymcdm_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pymcdm.methods", None)
    with pytest.raises(MissingExtra, match=r"weigh\[mcdm\]"):
        rank_agreement(said(np.eye(3)))


def test_it_comes_back_from_json():
    found = rank_agreement(said(rng(2, "x").uniform(1, 9, (5, 3))))
    assert Values.from_json(json.dumps(found.to_json())) == found
