"""Recorded answers: what the gate says of them, whoever gave them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from weigh.banks.bank import find_bank
from weigh.core.errors import InputError
from weigh.measure.gate import FOLLOWS_POSITION, UNVERIFIED
from weigh.pipelines.profile import measure
from weigh.pipelines.record import folder_name, read_record, write_record
from weigh.pipelines.score import judge_path, read_recorded, score
from weigh.testbeds.planted import Planted

BANK = find_bank("pilot")
THETA = {value: float(i) for i, value in enumerate(BANK.values)}


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def both_orders(choose):
    """Rows of a judge that is asked every dilemma and control in both orders."""
    return [
        {"question": item.id, "order": order, "choice": choose(item, order), "model": "m", "wording": wording}
        for item in BANK.items
        for wording in item.wordings
        for order in ([0, 1], [1, 0])
    ]


def test_always_a_is_refused(tmp_path):
    path = write(tmp_path / "a.jsonl", both_orders(lambda item, order: "A"))
    (verdict,) = judge_path(path, "pilot").values()
    assert verdict.sentence == FOLLOWS_POSITION
    assert not verdict.shown


def test_always_a_in_one_order_is_not_mistaken_for_perfect_controls(tmp_path):
    path = write(tmp_path / "a.jsonl", [{"question": item.id, "choice": "A"} for item in BANK.items])
    answers = read_recorded(path, BANK)["a"]
    controls = {finding.name: finding for finding in score(answers, BANK, who="a")[0].findings}["controls"]
    assert controls.passed is None
    assert "always answering A" in controls.sentence


def test_unrotated_answers_are_never_verified(tmp_path):
    draw = np.random.default_rng(0)
    rows = [
        {
            "question": item.id,
            "choice": int(BANK.values.index(item.values[0]) < BANK.values.index(item.values[1])),
            "p": 0.9,
        }
        if item.values
        else {"question": item.id, "choice": int(draw.integers(2))}
        for item in BANK.items
    ]
    (verdict,) = judge_path(write(tmp_path / "u.jsonl", rows), "pilot").values()
    assert verdict.level == "unverified"
    assert verdict.sentence == UNVERIFIED


def test_option_text_and_letters_and_indices_are_the_same_choice(tmp_path):
    rows = [
        [{"question": i.id, "choice": i.options[1]} for i in BANK.items],
        [{"question": i.id, "choice": "B"} for i in BANK.items],
        [{"question": i.id, "choice": 1} for i in BANK.items],
    ]
    choices = [
        next(iter(read_recorded(write(tmp_path / f"{n}.jsonl", r), BANK).values())).choice.tolist()
        for n, r in enumerate(rows)
    ]
    assert choices[0] == choices[1] == choices[2] == [1] * len(BANK.items)


def test_a_run_is_judged_where_it_lies_and_a_recorded_one_too(tmp_path):
    judge = Planted(BANK, theta=THETA, effect=0.45, paraphrase=0.6, seed=1)
    record = measure(judge, BANK, tmp_path / "run", instrument="evaluative")
    (verdict,) = judge_path(tmp_path / "run", None).values()
    assert verdict.to_json()["values"] == record["values"]
    path = write(tmp_path / "a.jsonl", both_orders(lambda item, order: 0))
    answers = read_recorded(path, BANK)["m"]
    first, again = score(answers, BANK, who="m", folder=tmp_path / "scored"), judge_path(tmp_path / "scored", None)
    assert again["m"].to_json() == first[0].to_json()
    with pytest.raises(InputError, match="already"):
        score(answers, BANK, who="m", folder=tmp_path / "scored")


def test_position_audit_tells_places_from_options(tmp_path):
    answers = read_recorded(write(tmp_path / "a.jsonl", both_orders(lambda item, order: "A")), BANK)["m"]
    _, record = score(answers, BANK, who="m")
    assert record["position"]["first_place"] == 1.0
    assert record["position"]["commonest_option"] == 0.5


def test_answers_need_a_bank_and_a_matching_one(tmp_path):
    path = write(tmp_path / "a.jsonl", [{"question": "nowhere", "choice": "A"}])
    with pytest.raises(InputError, match="--bank"):
        judge_path(path, None)
    with pytest.raises(InputError, match="none of the 1 answers"):
        judge_path(path, "pilot")


def test_a_torn_or_foreign_record_is_named(tmp_path):
    with pytest.raises(InputError, match="holds no run"):
        read_record(tmp_path)
    (tmp_path / "run.json").write_text('{"schema_version": 1, "mod')
    with pytest.raises(InputError, match="torn"):
        read_record(tmp_path)
    write_record(tmp_path, {"model": {"name": "m"}})
    assert read_record(tmp_path)["model"]["name"] == "m"
    (tmp_path / "run.json").write_text('{"schema_version": 99}')
    with pytest.raises(InputError, match="upgrade"):
        read_record(tmp_path)


@pytest.mark.parametrize("name", ["../../etc", "/abs", "a/b\\c", "CON", "nul.txt", "..", "", "a\0b", "é😀", "x" * 500])
def test_folder_names_are_harmless(name, tmp_path):
    safe = folder_name(name)
    assert (tmp_path / safe).resolve().parent == tmp_path.resolve()
    assert safe.isascii()
    assert len(safe) <= 101
    assert safe.upper().split(".")[0] not in ("CON", "NUL")
