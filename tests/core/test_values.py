from __future__ import annotations

import itertools
import json
import pickle

import narwhals as nw
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from weigh.core.errors import InputError, ScaleError
from weigh.core.scale import Scale
from weigh.core.values import Values

ODDS = Scale("interval", "real", "log-odds")
NASTY = "<script>alert(1)</script>\"'&\ud800"


def some(mean=(0.5, 0.0, -0.5), items=("a", "b", "c"), who=("Ada",), scale=ODDS, **rest):
    return Values(items, who, np.array(mean), scale=scale, method="fit/test", **rest)


def test_contrast_uses_the_covariance():
    cov = np.array([[0.04, 0.03, 0], [0.03, 0.04, 0], [0, 0, 0.04]])
    found = some(cov=cov).contrast("a", "b")
    assert found.difference == 0.5
    assert found.high - 0.5 == pytest.approx(1.959964 * np.sqrt(0.02), abs=1e-6)
    wider = some(cov=cov, notes={"dof": 4}).contrast("a", "b")
    assert wider.high - 0.5 == pytest.approx(2.776445 * np.sqrt(0.02), abs=1e-6)


def test_contrast_without_covariance_is_conservative_and_absent_without_intervals():
    bounded = some(low=[0.4, -0.1, -0.9], high=[0.6, 0.1, -0.1])
    assert bounded.contrast("a", "b") == pytest.approx((0.5, 0.3, 0.7))
    assert some().contrast("a", "b") == (0.5, None, None)


def test_contrast_is_refused_on_ordinal_scales_for_several_and_for_unknown_items():
    with pytest.raises(ScaleError, match="ordinal"):
        some(scale=Scale("ordinal")).contrast("a", "b")
    with pytest.raises(InputError, match="for_who"):
        some(mean=[[1, 2, 3], [1, 2, 3]], who=("Ada", "Bo")).contrast("a", "b")
    with pytest.raises(InputError, match=r"no item 'z'.*a, b, c"):
        some().contrast("a", "z")


def test_ranking_orders_only_what_the_intervals_bear_out():
    ranking = some(low=[0.3, -0.2, -0.9], high=[0.7, 0.2, -0.1]).ranking()
    assert ranking.tiers == [("a",), ("b", "c")]
    assert ranking.beats("a", "b")
    assert not ranking.beats("b", "a")
    assert ranking.incomparable("b", "c")
    assert not ranking.tied("b", "c")


def test_ranking_without_intervals_follows_means_and_knows_ties():
    ranking = some(mean=[1.0, 2.0, 1.0]).ranking()
    assert ranking.tiers == [("b",), ("a", "c")]
    assert ranking.tied("a", "c")
    assert not ranking.incomparable("a", "c")
    assert some(mean=[1.0, 2.0, 3.0], scale=Scale("ordinal")).ranking().tiers == [("c",), ("b",), ("a",)]


@settings(max_examples=40, deadline=None)
@given(
    arrays(float, 6, elements=st.floats(-3, 3)),
    arrays(float, (6, 6), elements=st.floats(-1, 1)),
    st.permutations(range(6)),
)
def test_ranking_agrees_with_contrasts_is_transitive_and_follows_relabelling(mean, root, order):
    items = tuple("abcdef")
    values = some(mean, items, cov=root @ root.T)
    ranking = values.ranking()
    above = ranking.above
    assert not (above & above.T).any()
    assert not (((above.astype(int) @ above.astype(int)) > 0) & ~above).any()
    for a in items:
        for b in items:
            low = values.contrast(a, b).low
            if abs(low) > 1e-9:
                assert ranking.beats(a, b) == (low > 0)
    tiers = ranking.tiers
    assert sorted(item for tier in tiers for item in tier) == list(items)
    for upper, lower in itertools.pairwise(tiers):
        assert all(any(ranking.beats(a, b) for a in upper) for b in lower)
        assert not any(ranking.beats(a, b) for a in lower for b in upper)
    shuffled = values.select(items[i] for i in order).ranking()
    assert [set(tier) for tier in shuffled.tiers] == [set(tier) for tier in tiers]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean": [1.0, 2.0]}, "shape"),
        ({"mean": [1.0, np.nan, 2.0]}, "finite"),
        ({"items": ("a", "a", "b")}, "'a' twice"),
        ({"items": ()}, "items is empty"),
        ({"items": ("a", "b", 3)}, "use str"),
        ({"who": ()}, "who is empty"),
        ({"low": [0, 0, 0]}, "both or neither"),
        ({"low": [1, 0, -1], "high": [2, 1, 0]}, "leaves out its mean"),
        ({"cov": np.eye(2)}, "cov has shape"),
        ({"cov": [[1, 1, 0], [0, 1, 0], [0, 0, 1]]}, "symmetric"),
        ({"cov": -np.eye(3)}, "negative variance"),
        ({"scale": Scale("ratio", "simplex")}, "0 or more"),
        ({"mean": [0.2, 0.2, 0.2], "scale": Scale("ratio", "simplex")}, "sum to"),
        ({"mean": [0.2, 2.0, 0.2], "scale": Scale("ratio", "unit")}, "1 or less"),
        ({"scale": "USD"}, "expected a Scale"),
        ({"notes": {"x": object()}}, "no form in JSON"),
    ],
)
def test_what_cannot_be_values_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        some(**change)


def test_arrays_are_copies_and_read_only():
    mean = np.array([1.0, 2.0, 3.0])
    values = some(mean)
    mean[0] = 9
    assert values.mean[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        values.mean[0] = 2


def several():
    mean = np.array([[0.1, 1 / 3, 0.5], [1, 2, 3]])
    cov = np.stack([np.eye(3) * 0.1, np.eye(3) * 0.2])
    return some(
        mean, ("a", "b", NASTY), ("Ada", NASTY), low=mean - 0.1, high=mean + 0.1, cov=cov, notes={"n": np.int64(3)}
    )


@pytest.mark.parametrize("values", [some(), some(cov=np.eye(3), low=[0, -1, -2], high=[1, 1, 1]), several()])
def test_files_lose_nothing(values, tmp_path):
    assert Values.from_json(json.dumps(values.to_json(), allow_nan=False)) == values
    assert Values.from_json(values.to_json()) == values
    assert Values.read_parquet(values.write_parquet(tmp_path / "values.parquet")) == values
    assert pickle.loads(pickle.dumps(values)) == values  # noqa: S301 - joblib's workers send them so


def test_json_has_the_shape_that_the_command_line_prints():
    told = some(low=[0, -1, -2], high=[1, 1, 1], notes={"calls": 3}).to_json()
    assert told["values"][0] == {"item": "a", "mean": 0.5, "low": 0.0, "high": 1.0}
    assert told["diagnostics"] == {"calls": 3}
    assert set(several().to_json()["by"]) == {"Ada", NASTY}
    assert "values" not in several().to_json()


@pytest.mark.parametrize("given", ["{", "[]", "{}", '{"by": {}}', '{"values": [{"item": "a"}], "who": ["x"]}'])
def test_broken_json_is_refused(given):
    with pytest.raises(InputError, match="expected"):
        Values.from_json(given)


def test_foreign_and_torn_parquet_is_refused(tmp_path):
    file = some().write_parquet(tmp_path / "v.parquet")
    torn = tmp_path / "torn.parquet"
    torn.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"torn.parquet.*not a whole Parquet"):
        Values.read_parquet(torn)
    with pytest.raises(InputError, match="no such file"):
        Values.read_parquet(tmp_path / "nothing.parquet")


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_frames_are_long(backend):
    values = several()
    frame = nw.from_native(values.select(["b", "a"]).to_frame(backend))
    assert frame.columns == ["who", "item", "value", "low", "high"]
    assert frame["item"].to_list() == ["b", "a"] * 2
    assert frame["value"].to_list() == [1 / 3, 0.1, 2.0, 1.0]


def test_one_of_several_and_parts_of_items():
    values = several()
    one = values.for_who("Ada")
    assert one.mean.tolist() == [0.1, 1 / 3, 0.5]
    assert one.cov[0, 0] == 0.1
    assert values.relabel({"a": "A"}).items == ("A", "b", NASTY)
    with pytest.raises(InputError, match="'b' twice"):
        values.relabel({"a": "b"})
    with pytest.raises(InputError, match="no 'Bo'"):
        values.for_who("Bo")
    cov = np.array([[1.0, 0.1, 0.2], [0.1, 2.0, 0.3], [0.2, 0.3, 3.0]])
    assert some(cov=cov).select(["c", "a"]).cov.tolist() == [[3.0, 0.2], [0.2, 1.0]]
    shares = some([0.5, 0.3, 0.2], scale=Scale("ratio", "simplex", "%"))
    assert shares.select(list("cba")).scale.support == "simplex"
    assert shares.select(list("ab")).scale.support == "unit"


def test_the_notebook_view_escapes_everything():
    page = several()._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page
    page.encode("utf-8")
    assert some([1e-9, 1e-9, 1e-9])._repr_html_().count("<svg") == 3


def test_values_are_not_added():
    with pytest.raises(TypeError):
        some() + some()
