from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from weigh.banks.bank import read_bank
from weigh.banks.items import Item
from weigh.banks.published import PublishedSet, get
from weigh.banks.utility_engineering import (
    EVENTS,
    NATURAL,
    OUTCOMES,
    QUESTIONS,
    SET,
    UNNATURAL,
    entities,
    labelled,
    read,
)
from weigh.core.errors import InputError

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "utility-engineering"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the published files are not on this machine")


@pytest.fixture(scope="module")
def bank():
    return read(DATA)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / OUTCOMES).write_text(json.dumps({"drinks": ["You get tea.", "You get rum."]}), "utf-8")
    return tmp_path


@needs_data
def test_all_files_are_read(bank):
    assert Counter(item.labels["set"] for item in bank.items) == {
        "outcomes": 510, "policies": 136, "processes": 126, "events": 170, "questions": 30,
    }  # fmt: skip
    assert len({item.group for item in bank.outcomes if item.labels["set"] == "outcomes"}) == 30
    assert len({item.group for item in bank.outcomes if item.labels["set"] == "policies"}) == 18
    assert len({item.labels["process"] for item in bank.outcomes if item.labels["set"] == "processes"}) == 21
    sizes = sorted(len(item.labels["answers"]) for item in bank.open)
    # one of the questions lists 10 answers and one 14
    assert (sizes[0], sizes[1], sizes[15], sizes[-1]) == (10, 14, 15, 69)
    assert len(entities(DATA)) == 31 + 7
    assert bank.card.method == "measure/utility_engineering"


@needs_data
def test_chances_sum_to_one(bank):
    ways = Counter()
    for item in bank.outcomes:
        if "of" in item.labels:
            ways[item.labels["of"]] += item.labels["probability"]
    assert len(ways) == 20
    assert all(total == pytest.approx(1) for total in ways.values())
    for kind in ("natural", "unnatural"):
        after = Counter()
        for item in bank.outcomes:
            if item.labels.get("step") == 2:
                after[item.labels["after"]] += item.labels[kind]
        assert len(after) == 42
        assert all(total == pytest.approx(1) for total in after.values())


@needs_data
def test_amounts_and_kinship_are_read_off_the_texts(bank):
    goods = Counter(item.labels.get("good") for item in bank.outcomes)
    assert goods["You receive ${n} to use however you want"] == 17
    # one of these ends without a full stop
    assert goods["You owe someone ${n}"] == 17
    amounts = {item.labels["amount"] for item in bank.outcomes if item.labels.get("good") == "You owe someone ${n}"}
    assert {1.0, 1_000.0, 100_000_000.0} <= amounts
    related = Counter(item.labels["relatedness"] for item in bank.outcomes if "relatedness" in item.labels)
    assert related == {0.1: 4, 0.2: 4, 0.3: 4, 0.5: 4, 0.8: 4, 1.0: 8}


@needs_data
def test_it_survives_a_copy_and_the_shelf(bank, tmp_path, monkeypatch):
    bank.copy_to(tmp_path / "copy")
    assert read_bank(tmp_path / "copy").items == bank.items
    monkeypatch.setenv("WEIGH_BANKS", str(tmp_path / "shelf"))
    said = []
    folder = get(SET, DATA, said.append)
    assert SET.is_in(folder)
    assert read(folder).version == bank.version
    assert any("MIT" in line for line in said)


@needs_data
def test_a_file_that_changed_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("WEIGH_BANKS", str(tmp_path / "shelf"))
    shutil.copytree(DATA, tmp_path / "mine", copy_function=shutil.copyfile)
    (tmp_path / "mine").chmod(0o755)
    text = (tmp_path / "mine" / OUTCOMES).read_text("utf-8")
    (tmp_path / "mine" / OUTCOMES).write_text(text.replace("$5 ", "$6 "), "utf-8")
    with pytest.raises(InputError, match="sha256"):
        get(SET, tmp_path / "mine")


def test_the_set_says_where_it_comes_from():
    assert isinstance(SET, PublishedSet)
    assert all("313ec33b9972f3d04bba084c65d0d7fa66009a9f" in address for address in SET.files.values())
    assert set(SET.sha256) == set(SET.files)


def test_the_main_file_alone_will_do(folder):
    bank = read(folder)
    assert [(item.id, item.situation, item.group) for item in bank.outcomes] == [
        ("outcome-000", "You get tea.", "drinks"), ("outcome-001", "You get rum.", "drinks"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (OUTCOMES, "{", "not valid JSON"),
        (OUTCOMES, "[]", "expected a mapping"),
        (OUTCOMES, "{}", "no options"),
        (OUTCOMES, '{"a": ["x", 3]}', "list of texts"),
        (NATURAL, "{}", "MarkovProcesses"),
        (NATURAL, '{"MarkovProcesses": [{"name": "x", "states": []}]}', "process 1"),
        (EVENTS, '{"base_options": [{"option": "x", "sub_options": [{"option": "y"}]}]}', "event 1"),
        (
            EVENTS,
            '{"base_options": [{"option": "x", "sub_options": [{"option": "y", "probability": 0.5}]}]}',
            "sum to 0.5",
        ),
        (QUESTIONS, '[{"question": "x", "pair_prompt": "y", "possible_answers": ["a", "a"]}]', "question 1"),
    ],
)
def test_a_torn_file_is_named(folder, name, content, said):
    (folder / name).write_text(content, "utf-8")
    with pytest.raises(InputError, match=said) as error:
        read(folder)
    assert name in str(error.value)


def test_worlds_of_different_names_are_refused(folder):
    world = {
        "name": "x", "states": [{"id": 0, "observation": "a"}, {"id": 1, "observation": "b"}],
        "transitions": {"0": [[1, 1.0]]}, "start_state_distribution": [[0, 1.0]],
    }  # fmt: skip
    (folder / NATURAL).write_text(json.dumps({"MarkovProcesses": [world]}), "utf-8")
    assert [item.situation for item in read(folder).outcomes[2:]] == ["a", "a -> b"]
    (folder / UNNATURAL).write_text(json.dumps({"MarkovProcesses": [{**world, "name": "y"}]}), "utf-8")
    with pytest.raises(InputError, match="same processes"):
        read(folder)


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(InputError, match=OUTCOMES):
        read(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        entities(tmp_path)


def test_amounts_need_three_and_one_number_each():
    texts = [
        "1 cow is saved.",
        "2 cows are saved.",
        "3 cows are saved.",
        "30 cows are saved.",
        "5 of 6 cows are saved.",
    ]
    found = labelled([Item(str(i), text, (), "outcome") for i, text in enumerate(texts)])
    assert [item.labels.get("amount") for item in found] == [None, 2.0, 3.0, 30.0, None]
    assert not labelled([Item("a", "0.5 of it is lost.", (), "outcome")] * 3)[0].labels
