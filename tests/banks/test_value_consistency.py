"""Reading ValueConsistency: its own files, and small ones with sentences of our own."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from weigh.banks import published
from weigh.banks.bank import find_bank, read_bank
from weigh.banks.items import Item
from weigh.banks.value_consistency import SET, check_labels, read
from weigh.core.errors import InputError

CASES = json.loads((Path(__file__).parents[1] / "cases" / "value_consistency.json").read_text("utf-8"))
DATA = Path(__file__).parents[2].parent / "shared" / "data" / "value-consistency"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the published files are not in {DATA}")

ROW = {
    "topic": "Tee", "topic_english": "Tea", "question": "Magst du Tee?", "original": "Magst du Tee?",
    "original_english": "Do you like tea?", "rephrase": False, "options": {"Ja": "supports", "nein": "opposes"},
}  # fmt: skip


def write(folder, name, *rows):
    folder.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def bank():
    return read(DATA)


@needs_data
def test_rows_topics_and_originals_are_those_published(bank):
    assert Counter(item.id.rpartition("-")[0] for item in bank.items) == CASES["rows"]
    questions = [item for item in bank.items if item.labels["set"] != "portraits"]
    for part, count in CASES["originals"].items():
        of = [item for item in questions if item.labels["set"] == part]
        assert len({(item.family, item.labels["original"]) for item in of}) == count
        assert len({item.family for item in of}) == CASES["topics"][part]
        assert sum(not item.labels["rephrase"] for item in of) == count
    portraits = [item for item in bank.items if item.labels["set"] == "portraits"]
    assert Counter(item.labels["value"] for item in portraits)["universalism"] == 3
    assert len({item.labels["value"] for item in portraits}) == 10


@needs_data
def test_what_yes_means(bank):
    opposes = Counter(item.labels["set"] for item in bank.items if item.labels["stances"][0] == "opposes")
    assert opposes == {"controversial": 230, "uncontroversial": 25}
    assert {item.options[0] for item in bank.items if item.labels["set"] != "portraits"} == {"yes"}
    first = bank.items[0]
    assert (first.options, first.labels["topic"], first.labels["place"]) == (("yes", "no"), "Abortion", 0)


@needs_data
def test_a_bank_copied_to_a_run_is_the_same(bank, tmp_path):
    bank.copy_to(tmp_path / "bank")
    again = read_bank(tmp_path / "bank")
    assert again.items == bank.items
    assert again.card.method == "measure/value_consistency"


@needs_data
def test_it_is_fetched_from_a_folder_and_found_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv(published.FOLDER, str(tmp_path))
    published.get(SET, DATA)
    assert len(find_bank("value-consistency").items) == 1069
    assert find_bank(DATA).version == find_bank("value_consistency").version


def test_languages_and_countries_come_from_the_names(tmp_path):
    write(tmp_path, "controversial_german_us.jsonl", ROW, {**ROW, "question": "Schmeckt dir Tee?", "rephrase": True})
    write(
        tmp_path, "controversial_english_us.jsonl",
        {"topic": "Tea", "question": "Do you like tea?", "original": "Do you like tea?",
         "options": {"yes": "supports", "no": "opposes"}},
    )  # fmt: skip
    bank = read(tmp_path)
    assert [item.language for item in bank.items] == ["en", "de", "de"]
    assert len({(item.family, item.labels["original"]) for item in bank.items}) == 1
    assert [(item.labels["place"], item.labels["rephrase"]) for item in bank.items] == [
        (0, False),
        (0, False),
        (1, True),
    ]
    assert bank.items[1].group == "Tee"
    assert bank.items[1].labels["stances"] == ["supports", "opposes"]


@pytest.mark.parametrize(
    ("row", "match"),
    [
        ("{torn", "line 2 is not valid JSON"),
        ("[1]", "line 2 holds list"),
        ({**ROW, "question": " "}, "line 2: 'question'"),
        ({**ROW, "original": None}, "line 2: 'original'"),
        ({**ROW, "options": {"Ja": "supports"}}, "line 2: 'options'"),
        ({**ROW, "options": {"Ja": "supports", "nein": "agrees"}}, "line 2: 'options'"),
        ({**ROW, "options": ["Ja", "nein"]}, "line 2: 'options'"),
    ],
)
def test_a_bad_line_is_named(tmp_path, row, match):
    write(tmp_path, "controversial_german_us.jsonl", ROW, row)
    with pytest.raises(InputError, match=match):
        read(tmp_path)


def test_a_portrait_needs_its_value(tmp_path):
    write(
        tmp_path,
        "pvq_english.jsonl",
        {"question": "She likes order.", "options": {"like me": "supports", "not": "opposes"}},
    )
    with pytest.raises(InputError, match="schwartz_value"):
        read(tmp_path)


def test_a_folder_without_files_or_with_an_unknown_language_is_refused(tmp_path):
    with pytest.raises(InputError, match="no file such as"):
        read(tmp_path)
    write(tmp_path, "controversial_klingon_us.jsonl", ROW)
    with pytest.raises(InputError, match="klingon"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ({}, "stances None; expected labels"),
        ({"stances": ["supports"]}, "for each of its 2 options"),
        ({"stances": ["supports", ["opposes"]]}, "a list with one of supports"),
        ({"stances": ["supports", "opposes"]}, "lacks the label 'set'"),
        ({"stances": ["supports", "opposes"], "set": "mine"}, "lacks the label 'topic'"),
        ({"stances": ["supports", "opposes"], "set": "portraits"}, "lacks the label 'value'"),
    ],
)
def test_items_that_lack_what_consistency_is_measured_by_are_refused(labels, says):
    with pytest.raises(InputError, match=says):
        check_labels([Item("a", "Is tea good?", ("yes", "no"), labels=labels)])
