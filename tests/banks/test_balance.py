"""A bank that leans to a value is found out; the pilot does not lean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from weigh.banks.balance import MAX_T, balance
from weigh.banks.bank import find_bank
from weigh.core.errors import AbilityError, InputError
from weigh.pipelines.bank_check import check_bank, fluency_of
from weigh.testbeds.planted import Planted, PlantedChooser

BANK = find_bank("pilot")
THETA = {value: float(i) for i, value in enumerate(BANK.values)}


def named(bank, fluency=None):
    return {finding.name: finding for finding in balance(bank, fluency)}


def bent(change):
    return replace(BANK, items=tuple(change(item) for item in BANK.dilemmas))


def test_the_pilot_is_balanced():
    found = named(BANK)
    assert set(found) == {"pairs", "authors", "order", "length", "near-duplicates"}
    assert all(finding.passed for finding in found.values())


def test_a_missing_pair_is_found():
    assert not named(replace(BANK, items=BANK.dilemmas[1:]))["pairs"].passed


def test_a_pair_that_nobody_opposes_is_found():
    without = tuple(item for item in BANK.dilemmas if set(item.values) != {"power", "security"})
    found = named(replace(BANK, items=without))
    assert not found["pairs"].passed
    assert not found["authors"].passed


def test_a_value_that_always_stands_first_is_found():
    def first(item):
        if item.values[1] != "power":
            return item
        flipped = tuple(reversed(item.paraphrase[1]))
        return replace(
            item,
            values=item.values[::-1],
            options=item.options[::-1],
            paraphrase=(item.paraphrase[0], flipped),
        )

    finding = named(bent(first))["order"]
    assert not finding.passed
    assert finding.evidence["by"]["power"] == 18


def test_a_value_with_longer_options_is_found():
    def longer(item):
        options = [
            o.rstrip(".") + " again and again." if v == "power" else o
            for v, o in zip(item.values, item.options, strict=False)
        ]
        return replace(item, options=tuple(options))

    assert not named(bent(longer))["length"].passed


def test_two_dilemmas_with_one_story_are_found():
    twin = replace(BANK.dilemmas[0], id="twin")
    finding = named(replace(BANK, items=(*BANK.dilemmas, twin)))["near-duplicates"]
    assert finding.value == 1.0
    assert finding.evidence["by"] == ["d000", "twin"]


def test_a_value_that_comes_easily_is_found():
    texts = {
        o: v for i in BANK.dilemmas for w in i.wordings for o, v in zip(i.question(w).options, i.values, strict=False)
    }
    draw = np.random.default_rng(0)
    even = dict.fromkeys(texts, -20.0)
    easy = {option: float(draw.normal()) + 2.0 * (value == "power") for option, value in texts.items()}
    assert named(BANK, even)["fluency"].passed
    finding = named(BANK, easy)["fluency"]
    assert not finding.passed
    assert max(finding.evidence["by"], key=finding.evidence["by"].get) == "power"
    assert finding.value > MAX_T


def test_fluency_comes_from_a_judge_that_scores_text():
    judge = Planted(BANK, theta=THETA, fluency=1.0, seed=1)
    scores = fluency_of(BANK, judge)
    assert len(scores) == 360
    assert {finding.name for finding in check_bank(BANK, judge)} >= {"fluency"}
    with pytest.raises(AbilityError, match="fluency"):
        check_bank(BANK, PlantedChooser(BANK, theta=THETA))


def test_a_bank_that_names_values_of_some_items_cannot_be_checked():
    first, *others = BANK.dilemmas
    nameless = replace(BANK, items=(replace(first, values=()), *others))
    with pytest.raises(InputError, match="d000"):
        check_bank(nameless)
    with pytest.raises(InputError, match="no dilemmas"):
        check_bank(replace(BANK, items=BANK.controls))
