"""What the methods that fit strengths share: people, groups that nothing links, notes, files and the command."""

from __future__ import annotations

import json

import numpy as np
import pytest

from weigh import Comparisons, Rankings, Values
from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.doors.cli import main
from weigh.fit.best_worst import best_worst
from weigh.fit.bradley_terry import bradley_terry
from weigh.fit.plackett_luce import plackett_luce
from weigh.fit.thurstone import thurstone

ITEMS = ["ale", "beer", "cider", "dew"]


def pairs(rows, who="", weight=1.0):
    left, right, p_left = zip(*rows, strict=True)
    return Comparisons(left=left, right=right, p_left=p_left, who=who, weight=weight)


def lists(rows, ranks=None):
    who, source, items = zip(*rows, strict=True)
    size = [len(one) for one in items]
    return Rankings(
        who=np.repeat(who, size), source=np.repeat(source, size), item=[item for one in items for item in one],
        rank=[rank for one in items for rank in (ranks or range(1, len(one) + 1))],
    )  # fmt: skip


CHAIN = [("ale", "beer", 0.8), ("beer", "cider", 0.7), ("cider", "ale", 0.3), ("dew", "ale", 0.4)]
EVIDENCE = {
    "bradley_terry": (bradley_terry, pairs(CHAIN)),
    "thurstone": (thurstone, pairs(CHAIN)),
    "plackett_luce": (plackett_luce, lists([("Ada", "", ITEMS), ("Bo", "", ITEMS[::-1]), ("Cy", "", ITEMS[1:])])),
    "best_worst": (
        best_worst,
        lists([("Ada", "1", ITEMS), ("Ada", "2", ["dew", *ITEMS[:3]]), ("Bo", "1", ITEMS)], [1, 2, 2, 3]),
    ),
}  # fmt: skip
each = pytest.mark.parametrize(("method", "evidence"), EVIDENCE.values(), ids=EVIDENCE)


@each
def test_items_stand_in_order_with_means_intervals_and_notes(method, evidence):
    values = method(evidence)
    assert values.items == tuple(ITEMS)
    assert values.who == ("all",)
    assert values.mean.sum() == pytest.approx(0, abs=1e-9)
    assert (values.low < values.mean).all()
    assert (values.high > values.mean).all()
    np.testing.assert_allclose(values.high - values.low, 2 * 1.959964 * np.sqrt(np.diag(values.cov)), rtol=1e-6)
    assert values.method == f"fit/{method.__name__}"
    assert {"log_loss", "accuracy", "rows", "distinct", "votes", "components", "converged"} <= set(values.notes)
    assert values.notes["components"] == 1
    assert values.notes["converged"]


@each
def test_the_order_of_rows_does_not_matter(method, evidence):
    one, other = method(evidence), method(evidence.select(np.arange(len(evidence))[::-1]))
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-9)


@each
def test_rows_of_weight_0_are_no_evidence(method, evidence):
    extra = {"weight": np.r_[evidence.weight, np.zeros(2)], "who": np.r_[evidence.who, ["Di", "Di"]]}
    if isinstance(evidence, Comparisons):
        rows = {"left": [*evidence.left, "mead", "mead"], "right": [*evidence.right, "ale", "rum"]}
        more = Comparisons(**rows, p_left=[*evidence.p_left, 1.0, 1.0], **extra)
    else:
        rows = {"item": [*evidence.item, "mead", "rum"], "rank": [*evidence.rank, 1, 2]}
        more = Rankings(**rows, source=[*evidence.source, "", ""], **extra)
    assert method(more) == method(evidence)
    with pytest.raises(InputError, match="weight 0"):
        method(more.select(more.weight == 0))


def test_one_person_is_named_and_several_are_all():
    assert bradley_terry(pairs(CHAIN, who="Ada")).who == ("Ada",)
    assert bradley_terry(pairs(CHAIN, who=["Ada", "Bo", "Bo", "Bo"])).who == ("all",)


@each
def test_each_persons_fit_is_that_of_their_rows_alone(method, evidence):
    parts = [evidence.select(np.arange(len(evidence)))] * 2
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(evidence)}
    columns["who"] = ["Ada"] * len(evidence) + ["Bo"] * len(evidence)
    if isinstance(evidence, Comparisons):
        columns["p_left"] = np.r_[evidence.p_left, 1 - evidence.p_left]
    else:
        columns["source"] = np.tile(evidence.who + evidence.source, 2)
        columns["rank"] = np.r_[evidence.rank, 4 - evidence.rank if method is best_worst else 9 - evidence.rank]
    both = type(evidence)(**columns)
    values = method(both, by="who")
    assert values.who == ("Ada", "Bo")
    assert values.mean.shape == (2, 4)
    for who in values.who:
        alone = method(both.select(both.who == who))
        np.testing.assert_allclose(values.for_who(who).mean, alone.mean, atol=1e-9)
        np.testing.assert_allclose(values.for_who(who).cov, alone.cov, atol=1e-9)
        assert values.notes["by"][who] == alone.notes
    assert Values.from_json(json.dumps(values.to_json())) == values


def test_a_person_who_did_not_compare_all_is_named():
    some = pairs([*CHAIN, ("ale", "beer", 0.5)], who=["Ada"] * 4 + ["Bo"])
    with pytest.raises(InputError, match=r"'Bo' said does not link all 4 items \(3 groups\)"):
        bradley_terry(some, by="who")


def test_by_who_needs_names_and_all_items():
    with pytest.raises(InputError, match="names nobody"):
        bradley_terry(pairs(CHAIN), by="who")
    with pytest.raises(InputError, match="'largest' is for all"):
        bradley_terry(pairs(CHAIN, who="Ada"), by="who", disconnected="largest")


APART = [*CHAIN, ("mead", "rum", 0.8)]


def test_groups_that_nothing_links_are_refused():
    with pytest.raises(InputError, match=r"2 groups of 4, 2 items that nothing links \(such as 'ale' and 'mead'\)"):
        bradley_terry(pairs(APART))
    with pytest.raises(InputError, match="3 groups"):
        plackett_luce(lists([("Ada", "", ["a", "b"]), ("Bo", "", ["c", "d"]), ("Cy", "", ["e", "f"])]))


@pytest.mark.parametrize("method", [bradley_terry, thurstone])
def test_the_largest_group_may_be_kept_and_the_rest_is_named(method):
    values = method(pairs(APART), disconnected="largest")
    alone = method(pairs(CHAIN))
    np.testing.assert_allclose(values.mean, alone.mean, atol=1e-12)
    assert values.items == alone.items
    assert values.notes["left_out"] == ["mead", "rum"]
    assert values.notes["components"] == 2


def test_the_largest_group_of_rankings_may_be_kept():
    values = plackett_luce(lists([("Ada", "", ITEMS), ("Bo", "", ["x", "y"])]), disconnected="largest")
    assert values.items == tuple(ITEMS)


def test_two_groups_of_one_size_are_refused_in_any_case():
    with pytest.raises(InputError, match="the two largest of which are equal"):
        bradley_terry(pairs([("a", "b", 0.7), ("c", "d", 0.7)]), disconnected="largest")


@pytest.mark.parametrize("bad", [{"by": "none"}, {"disconnected": "join"}])
def test_bad_options(bad):
    with pytest.raises(InputError, match="expected all or who"):
        bradley_terry(pairs(CHAIN), **bad)


@pytest.mark.parametrize("method", [bradley_terry, thurstone])
def test_a_difference_of_two_items_is_surer_than_their_intervals_say(method):
    draw = rng(0, "votes")
    left, right = np.triu_indices(8, 1)
    names = np.array(list("abcdefgh"), dtype=object)
    rows = pairs(zip(names[left], names[right], draw.random(28), strict=True), weight=20)
    values = method(rows)
    contrast = values.contrast("a", "b")
    assert contrast.high - contrast.low < (values.high - values.low)[:2].sum()


def test_command_prints_values_and_diagnostics(tmp_path, monkeypatch, capsys):
    file = tmp_path / "PAIRS.csv"
    file.write_text("left,right,winner\ntea,rum,tea\ntea,rum,rum\nrum,milk,rum\nmilk,tea,tea\n", "utf-8")
    monkeypatch.setattr("sys.argv", ["weigh", "fit", "thurstone", str(file), "--variances", "equal", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    printed = json.loads(capsys.readouterr().out)
    assert printed["method"] == "fit/thurstone"
    assert [set(row) for row in printed["values"]] == [{"item", "mean", "low", "high"}] * 3
    assert printed["diagnostics"]["rows"] == 4


def test_what_is_left_out_cannot_keep_the_largest_group_from_a_fit():
    # rum never beats mead, which without a prior has no finite strengths; the largest group has
    values = bradley_terry(pairs([*CHAIN, ("mead", "rum", 1.0)]), prior=0, disconnected="largest")
    np.testing.assert_allclose(values.mean, bradley_terry(pairs(CHAIN), prior=0).mean, atol=1e-12)
    assert values.notes["left_out"] == ["mead", "rum"]
