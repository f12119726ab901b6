from __future__ import annotations

import pytest

from weigh.banks.bank import find_bank
from weigh.banks.items import Item
from weigh.banks.labels import carried, labels_of, theories
from weigh.core.errors import InputError


def item(id="q", values=(), **labels):
    return Item(id, "A friend asks.", ("Help.", "Report it."), values=values, labels=labels)


def test_an_entry_is_a_label_a_list_or_nothing():
    one = item(mft=["Care", ["Authority", None, "Fairness", "Fairness"]], wvs=["none", ""], maslow=[None, ["safety"]])
    assert labels_of(one, "mft") == (("Care",), ("Authority", "Fairness", "Fairness"))
    assert labels_of(one, "wvs") == ((), ())
    assert labels_of(one, "maslow") == ((), ("safety",))
    assert labels_of(one, "virtue") == ()


def test_occurrences_name_item_option_and_label():
    found = carried([item("p"), item("q", mft=["Care", ["Authority", "Care"]])], "mft")
    assert found.names == ("Authority", "Care")
    rows = list(zip(found.item.tolist(), found.option.tolist(), [found.names[i] for i in found.label], strict=True))
    assert rows == [(1, 0, "Care"), (1, 1, "Authority"), (1, 1, "Care")]


def test_the_value_of_each_option_is_a_theory_of_its_own():
    one = item(values=("care", "justice"))
    assert labels_of(one, "values") == (("care",), ("justice",))
    assert theories([one, item("r")]) == ("values",)
    listed = Item("s", "A friend asks.", ("Help.", "Report it."), values=("a", "b"), labels={"values": [["c"], ["d"]]})
    assert labels_of(listed, "values") == (("c",), ("d",))


def test_a_key_about_the_whole_item_is_no_theory():
    items = [item("p", mft=["Care", "none"], topic="work", tags=["a", "b", "c"]), item("q", mft=["Care", "none"])]
    assert theories(items) == ("mft",)
    # one entry an option in one item, and not in another
    assert theories([item("p", tags=["a", "b"]), item("q", tags=["a"])]) == ()
    # one entry an option, but no label in any
    assert theories([item("p", tags=[None, "none"])]) == ()


@pytest.mark.parametrize("wrong", ["work", ["Care"], [["Care"], 3], [["Care"], [3]], {"a": 1, "b": 2}])
def test_what_breaks_the_convention_is_named(wrong):
    with pytest.raises(InputError, match=r"'mft'.*item 'q'.*one entry"):
        carried([item(mft=wrong)], "mft")


def test_nothing_carries_nothing():
    found = carried([item()], "mft")
    assert found.names == ()
    assert len(found.item) == 0


def test_our_own_bank_follows_the_convention():
    core = find_bank("core")
    assert theories(core.items) == ("values", "groups", "moral_foundations")
    assert carried(core.dilemmas, "values").names == tuple(sorted(core.values))
    assert len(carried(core.dilemmas, "groups").item) == 2 * len(core.dilemmas)
    assert "none" not in carried(core.dilemmas, "moral_foundations").names
