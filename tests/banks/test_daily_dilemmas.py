from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from weigh.banks.bank import find_bank, read_bank
from weigh.banks.daily_dilemmas import BARE, FULL, NEEDED, SAMPLE, SET, THEORIES, read
from weigh.banks.labels import labels_of, theories
from weigh.banks.published import kind_of
from weigh.core.errors import InputError

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "dailydilemmas"
needs_data = pytest.mark.skipif(not (DATA / SAMPLE).is_file(), reason="the sample of DailyDilemmas is not here")

ROWS = [
    {
        "idx": "7", "dilemma_situation": "A friend lies. Do you say so?", "action_type": "to_do", "action": "Say so",
        "values_names": "['honesty', 'trust']", "wvs": "[nan, 'Survival']", "mft": "['Fairness', 'Loyalty']",
        "virtue": "['Truthfulness', nan]", "emotion": "['trust', 'trust']", "maslow": "['self-esteem', nan]",
        "topic_group": "friends",
    },
    {
        "idx": "7", "dilemma_situation": "A friend lies. Do you say so?", "action_type": "not_to_do",
        "action": "Keep quiet", "values_names": "['loyalty']", "wvs": "['Traditional']", "mft": "['Loyalty']",
        "virtue": "[nan]", "emotion": "[nan]", "maslow": "['safety']", "topic_group": "friends",
    },
]  # fmt: skip


def write(folder, rows, name=FULL):
    with (folder / name).open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(ROWS[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


def test_two_rows_make_an_item(tmp_path):
    # the action to do comes first, whichever row does
    bank = read(write(tmp_path, ROWS[::-1]))
    (item,) = bank.items
    assert item.id == "7"
    assert item.options == ("Say so", "Keep quiet")
    assert item.group == "friends"
    assert item.labels["values"] == [["honesty", "trust"], ["loyalty"]]
    assert item.labels["virtue"] == [["Truthfulness", None], [None]]
    assert labels_of(item, "virtue") == (("Truthfulness",), ())
    assert bank.card.method == "measure/daily_dilemmas"
    assert bank.card.licence == "CC BY 4.0"


def test_a_folder_is_known_by_its_files_and_read_again_from_a_run(tmp_path):
    write(tmp_path, ROWS)
    assert kind_of(tmp_path) is SET
    bank = find_bank(tmp_path)
    bank.copy_to(tmp_path / "run")
    again = read_bank(tmp_path / "run")
    assert again.items[0].labels == json.loads(json.dumps(bank.items[0].labels))
    assert theories(again.items) == theories(bank.items) == ("values", *THEORIES)


def test_the_full_table_is_taken_before_the_sample(tmp_path):
    write(tmp_path, ROWS)
    write(tmp_path, [{**row, "idx": "8"} for row in ROWS], SAMPLE)
    assert [item.id for item in read(tmp_path).items] == ["7"]


def test_the_list_of_dilemmas_alone_cannot_be_scored_and_says_so(tmp_path):
    (tmp_path / BARE).write_text("idx,dilemma_situation\n7,A friend lies.\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"neither actions nor values.*fetch"):
        find_bank(tmp_path)
    with pytest.raises(InputError, match=rf"lacks {FULL}"):
        read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"action_type": "maybe"}, "line 2.*'maybe'"),
        ({"idx": " "}, "line 2.*idx is ''"),
        ({"idx": "9"}, "line 2.*dilemma 9 has to_do only"),
        ({"action_type": "not_to_do"}, "line 3.*dilemma 7 has not_to_do twice"),
        ({"action": "Keep quiet"}, "line 2.*two different actions"),
        ({"dilemma_situation": ""}, "line 2.*needs a situation"),
        ({"values_names": "honesty"}, "line 2.*'honesty' is no list"),
        ({"values_names": "{'honesty': 1}"}, "line 2.*expected a list of texts"),
        ({"mft": "['Fairness']"}, "line 2.*1 labels in mft for 2 values"),
        ({"mft": "['Fairness', 3]"}, "line 2.*mft is .*expected a list of texts"),
        ({"mft": "[__import__('os'), 'a']"}, "line 2.*no list or dict"),
    ],
)
def test_what_is_torn_is_named_with_its_line(tmp_path, change, said):
    write(tmp_path, [{**ROWS[0], **change}, ROWS[1]])
    with pytest.raises(InputError, match=said):
        read(tmp_path)


@pytest.mark.parametrize("column", NEEDED)
def test_a_missing_column_is_named(tmp_path, column):
    write(tmp_path, ROWS)
    head, rows = (tmp_path / FULL).read_text("utf-8").split("\n", 1)
    names = [f"{name}_" if name == column else name for name in head.strip().split(",")]
    (tmp_path / FULL).write_text(",".join(names) + "\n" + rows, "utf-8")
    with pytest.raises(InputError, match=f"lacks column '{column}'"):
        read(tmp_path)


def test_an_empty_table_lacks_its_columns(tmp_path):
    write(tmp_path, [])
    with pytest.raises(InputError, match="lacks column 'idx'"):
        read(tmp_path)


@needs_data
def test_the_published_sample_has_four_dilemmas():
    bank = find_bank(DATA)
    assert [item.id for item in bank.items] == ["55", "107", "176", "257"]
    assert bank.items[0].options == ("Report the colleague", "Not report the colleague")
    assert theories(bank.items) == ("values", *THEORIES)
    assert sum(len(labels) for item in bank.items for labels in labels_of(item, "values")) == sum(
        len(labels) for item in bank.items for labels in item.labels["wvs"]
    )


@needs_data
def test_published_files_are_those_whose_hash_we_know(tmp_path, monkeypatch):
    from weigh.banks import published

    monkeypatch.setenv(published.FOLDER, str(tmp_path / "shelf"))
    shutil.copyfile(DATA / SAMPLE, tmp_path / SAMPLE)
    for file in (DATA / "results").glob("*.csv"):
        shutil.copyfile(file, tmp_path / file.name)
    folder = published.get(SET, tmp_path)
    assert {path.name for path in folder.iterdir()} >= {SAMPLE, "principle_openai_gpt-4_with_system_prompt.csv"}
    assert len(find_bank("daily_dilemmas").items) == 4
