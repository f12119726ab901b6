"""The core bank: 360 dilemmas by four authors, fair to every value."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from weigh.banks.balance import balance
from weigh.banks.bank import find_bank
from weigh.banks.taxonomies import SCHWARTZ

BANK = find_bank("core")
AUTHORS = ("a1", "a2", "a3", "a4")
FLUENCY = Path(__file__).parents[1] / "cases" / "core_fluency.json"


def test_every_author_wrote_every_pair_twice_once_in_each_order():
    count = Counter((item.author, item.values) for item in BANK.dilemmas)
    for author in AUTHORS:
        for a, b in combinations(SCHWARTZ.values, 2):
            assert count[author, (a, b)] == count[author, (b, a)] == 1
    assert len(BANK.dilemmas) == 360


def test_the_default_takes_one_an_author_and_pair():
    assert BANK.card.default == 180
    part = BANK.balanced(180).dilemmas
    assert set(Counter((item.author, tuple(sorted(item.values))) for item in part).values()) == {1}
    first = Counter(item.values[0] for item in part)
    assert max(first.values()) - min(first.values()) <= 4


def test_controls_are_ten_an_author():
    ids = [item.id for item in BANK.controls]
    assert len(ids) == 40
    assert {author: sum(id.startswith(author) for id in ids) for author in AUTHORS} == dict.fromkeys(AUTHORS, 10)


def test_labels_are_complete():
    group_of = {value: group for group, members in SCHWARTZ.groups.items() for value in members}
    domains = Counter()
    for item in BANK.dilemmas:
        assert item.labels["groups"] == [group_of[value] for value in item.values]
        assert len(item.labels["moral_foundations"]) == 2
        domains[item.labels["domain"]] += 1
        assert item.paraphrase is not None
    assert sum(count >= 12 for count in domains.values()) >= 6


@pytest.mark.parametrize("part", [180, 360])
def test_no_value_is_longer_first_or_more_fluent(part):
    known = json.loads(FLUENCY.read_text())
    assert known["sha256"] == BANK.sha256, "the bank has changed: score its options again (see the file's own words)"
    findings = balance(BANK.balanced(part), known["scores"])
    assert {finding.name for finding in findings} >= {"pairs", "authors", "length", "fluency", "near-duplicates"}
    assert [finding.name for finding in findings if not finding.passed] == []


def test_no_option_names_its_value():
    for item in BANK.dilemmas:
        for wording in item.wordings:
            for value, option in zip(item.values, item.question(wording).options, strict=True):
                assert not re.search(rf"\b{value}\b", option.lower())


def test_the_card_says_how_it_was_written():
    assert "language model" in BANK.card.drafting
    assert BANK.card.licence == "MIT"
