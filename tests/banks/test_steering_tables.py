from __future__ import annotations

from pathlib import Path

import pytest
from tests.fuzz.seeds import STEERING as COLUMNS

from weigh.banks.labels import labels_of
from weigh.banks.principles import conflicts, read_principles
from weigh.banks.published_csv import csv_rows, literal
from weigh.banks.steering_tables import is_steering_table, read_steering
from weigh.core.errors import InputError

RESULTS = Path(__file__).parents[2].parent / "shared" / "data" / "dailydilemmas" / "results"
STEERING = RESULTS / "principle_openai_gpt4_eval_with_system_prompt_system_prompt_sup_value.csv"
needs_data = pytest.mark.skipif(not STEERING.is_file(), reason="the steering tables of DailyDilemmas are not here")

AFTER = "system_prompt_sup_value_system_prompt_dilemma_{}_values_data_dict_idx"


def test_actions_and_earlier_decisions_follow_from_what_was_selected_when():
    answers, bank = read_steering(COLUMNS)
    assert {item.id: labels_of(item, "values") for item in bank.items} == {
        "4": (("tact",), ("honesty",)), "9": (("honesty",), ("tact",)),
    }  # fmt: skip
    rows = zip(answers.condition, answers.question, answers.choice.tolist(), answers.status, strict=True)
    assert {(condition, id): (choice, status) for condition, id, choice, status in rows} == {
        ("", "4"): (1, "ok"), ("", "9"): (1, "ok"),
        ("supporting:p", "4"): (1, "ok"), ("supporting:p", "9"): (0, "ok"),
        ("opposing:p", "4"): (-1, "malformed"), ("opposing:p", "9"): (0, "ok"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"principle": None}, "expected columns principle"),
        ({"sup_value_prob_dict_clean": ["honesty"]}, "row 1.*no list or dict"),
        ({AFTER.format("sup"): ["[4]"]}, "row 1, column .*expected a dict"),
        ({"dilemma_sup_values_data_dict_idx": ["{'honesty': {'selected': [4], 'neglected': [4]}}"]}, "dilemma 4 both"),
    ],
)
def test_a_torn_table_is_refused(change, said):
    columns = {name: cells for name, cells in {**COLUMNS, **change}.items() if cells is not None}
    with pytest.raises(InputError, match=said):
        read_steering(columns)


def test_two_decisions_on_one_dilemma_are_refused():
    twice = {name: cells * 2 for name, cells in COLUMNS.items()} | {"principle": ["p", "q"]}
    assert len(read_steering(twice)[0]) == 10
    turned = "{'honesty': {'selected': [9], 'neglected': [4]}}"
    twice["dilemma_sup_values_data_dict_idx"] = [COLUMNS["dilemma_sup_values_data_dict_idx"][0], turned]
    twice["dilemma_opp_values_data_dict_idx"] = [COLUMNS["dilemma_opp_values_data_dict_idx"][0], "{}"]
    with pytest.raises(InputError, match="row 2: dilemma 4 is decided in two ways"):
        read_steering(twice)


def test_other_tables_are_none():
    assert is_steering_table(COLUMNS)
    assert not is_steering_table({"principle": [], "question": []})


@pytest.fixture(scope="module")
def rows():
    return [row for _, row in csv_rows(STEERING)]


@needs_data
def test_every_published_decision_comes_out_again(rows):
    answers, bank = read_steering({name: [row[name] for row in rows] for name in rows[0]})
    found = dict(zip(zip(answers.condition, answers.question, strict=True), answers.choice.tolist(), strict=True))
    n = 0
    for row in rows:
        for prompt, side in (("sup", "supporting"), ("opp", "opposing")):
            given = literal(row[f"system_prompt_{prompt}_value_dilemma_model_resp_action_clean"], "")
            for id, action in given.items():
                assert found[f"{side}:{row['principle'].strip()}", str(id)] == ("to_do", "not_to_do").index(action)
                n += 1
    assert n == 328
    assert set(answers.status) == {"ok"}
    assert all(map(any, (labels_of(item, "values") for item in bank.items)))


@needs_data
def test_conflict_sets_are_the_published_ones(rows):
    """Sixteen of sixteen, from the lists of dilemmas in which each value occurs at all."""
    from weigh.banks.items import Item

    for row, principle in zip(rows, read_principles(STEERING), strict=True):
        carries: dict[int, list[str]] = {}
        for side in ("sup", "opp"):
            for value, states in literal(row[f"{side}_values_data_dict_idx"], "").items():
                for id in {id for ids in states.values() for id in ids}:
                    carries.setdefault(id, []).append(value)
        items = [Item(str(id), "?", ("Do.", "Do not."), labels={"values": [v, []]}) for id, v in carries.items()]
        wanted = literal(row["conflict_values_idx_intercept"], "")
        assert {item.id for item in conflicts(principle, items, match="substring").sharing} == set(map(str, wanted))
