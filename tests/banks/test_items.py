from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.banks.bank import Bank, BankCard, find_bank, read_bank
from weigh.banks.items import KINDS, Item, item_of
from weigh.core.errors import InputError

TEXT = st.text(min_size=1, max_size=12).filter(str.strip)


@st.composite
def items(draw):
    kind = draw(st.sampled_from(KINDS))
    options = tuple(draw(st.lists(TEXT, min_size=2, max_size=4, unique_by=str.strip)))
    options = options if kind in ("choice", "control") else ()
    values = draw(st.sampled_from([(), tuple(f"v{i}" for i in range(len(options)))]))
    labels = draw(st.dictionaries(TEXT, st.one_of(st.integers(), TEXT, st.lists(TEXT, max_size=2)), max_size=2))
    paraphrase = draw(st.sampled_from([None, ("other words", tuple(f"{option} too" for option in options))]))
    id = draw(TEXT)
    return Item(
        id, draw(TEXT), options, kind, values, labels, paraphrase, "me", id, "de", draw(st.sampled_from(["", "g"]))
    )


@given(items())
@settings(max_examples=60, deadline=None)
def test_a_line_is_read_back(item):
    assert item_of(json.loads(item.line())) == item


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"id": "a", "situation": "s", "kind": "maze"}, "kind is 'maze'"),
        ({"id": "a", "situation": "s"}, "'options' is missing"),
        ({"id": "a", "kind": "outcome"}, "'situation' is missing"),
        ({"id": "a", "situation": "s", "kind": "outcome", "options": ["x", "y"]}, "has no options"),
        ({"id": "a", "situation": "s", "kind": "open", "values": ["x"]}, "0 options but 1 values"),
        ({"id": "a", "situation": "s", "kind": "open", "paraphrase": {"situation": ""}}, "paraphrase"),
        ([], "expected an object"),
        ({"id": ["a"], "situation": "s", "kind": "open"}, "'id' is"),
        ({"id": "a", "situation": {"text": "s"}, "kind": "open"}, "'situation' is"),
        ({"id": "a", "situation": "s", "kind": "open", "labels": ["x"]}, "'labels' is .*expected an object"),
        ({"id": "a", "situation": "s", "kind": "open", "paraphrase": {"situation": ["s"]}}, "paraphrase"),
    ],
)
def test_bad_lines_are_our_errors(given, says):
    with pytest.raises(InputError, match=says):
        item_of(given)


def test_numbers_are_ids_from_zero():
    assert item_of({"id": 0, "situation": "s", "kind": "open"}).id == "0"


def test_a_bank_made_of_items_is_copied_and_read_back(tmp_path):
    items = [
        Item("a", "Ä state.", kind="outcome", group="g"),
        Item("b", "Why?", kind="open"),
        Item("c", "S", ("x", "y")),
    ]
    bank = Bank.of(BankCard("made", licence="MIT", canary="abc", method="measure/gate", authors=("A", "B")), items)
    assert [len(part) for part in (bank.outcomes, bank.open, bank.dilemmas, bank.controls)] == [1, 1, 1, 0]
    bank.copy_to(tmp_path / "bank")
    again = read_bank(tmp_path / "bank")
    assert (again.items, again.version) == (bank.items, bank.version)
    assert (again.card.canary, again.card.method, again.card.authors) == ("abc", "measure/gate", ("A", "B"))


def test_a_part_is_spread_over_the_file():
    bank = Bank.of(BankCard("made"), [Item(f"i{i}", "s", kind="open") for i in range(10)])
    assert [item.id for item in bank.spread(4).items] == ["i0", "i2", "i5", "i7"]
    assert bank.spread(10) is bank
    with pytest.raises(InputError, match="measures nothing"):
        bank.spread(0)


def test_outcomes_are_a_hundred_states_of_the_world_in_ten_groups():
    bank = find_bank("outcomes")
    assert len(bank.outcomes) == len(bank.items) == 100
    groups = [item.group for item in bank.outcomes]
    assert {group: groups.count(group) for group in groups} == dict.fromkeys(groups, 10)
    assert len(set(groups)) == 10
    texts = [item.situation for item in bank.outcomes]
    assert len(set(texts)) == 100
    # one sentence of like length each, so that no outcome is chosen for its bulk
    assert all(text.endswith(".") and text.count(". ") == 0 and 4 <= len(text.split()) <= 16 for text in texts)
    assert {item.labels["valence"] for item in bank.outcomes} == {"gain", "loss", "open"}
    assert not bank.dilemmas
    assert bank.card.drafting
