"""The main job end to end on judges whose values are known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from weigh.banks.bank import find_bank
from weigh.core.abilities import Chooser
from weigh.core.errors import AbilityError, InputError
from weigh.core.question import Condition
from weigh.core.values import Values
from weigh.judges.promptless import Promptless
from weigh.measure.gate import ASSOCIATION, FOLLOWS_POSITION
from weigh.pipelines.profile import measure, plan
from weigh.pipelines.record import read_record
from weigh.testbeds.planted import Planted, PlantedChooser

BANK = find_bank("pilot")
THETA = {value: float(i) for i, value in enumerate(BANK.values)}


def planted(kind=Planted, **options):
    return kind(BANK, theta=THETA, **{"effect": 0.45, "paraphrase": 0.6, "seed": 3, **options})


def test_auto_takes_forced_choice_where_it_works(tmp_path):
    record = measure(planted(), BANK, tmp_path, instrument="auto")
    assert record["instrument"] == "stated"
    assert record["trial"]["verdict"] is not None
    assert record["verdict"]["level"] in ("differences", "ranking")
    found = [row["item"] for row in sorted(record["values"]["values"], key=lambda row: row["mean"])]
    assert np.corrcoef([found.index(value) for value in BANK.values], range(10))[0, 1] > 0.8


def test_auto_falls_back_where_answers_follow_position(tmp_path):
    record = measure(planted(position=30.0), BANK, tmp_path, instrument="auto")
    assert record["instrument"] == "evaluative"
    assert record["trial"]["verdict"]["sentence"] == FOLLOWS_POSITION
    assert "order swap" in record["instrument_why"]
    assert record["verdict"]["level"] in ("differences", "ranking")


def test_a_judge_that_only_chooses_is_asked_to_choose(tmp_path):
    record = measure(planted(PlantedChooser), BANK, tmp_path, instrument="auto")
    assert record["instrument"] == "stated"
    fluency = next(finding for finding in record["findings"] if finding["name"] == "fluency")
    assert fluency["passed"] is None
    with pytest.raises(AbilityError, match="stated"):
        measure(planted(PlantedChooser), BANK, tmp_path / "b", instrument="evaluative")
    assert not (tmp_path / "b").exists()


def test_fast_asks_one_frame_and_no_primes(tmp_path):
    record = measure(planted(), BANK, tmp_path, instrument="fast")
    assert record["frames"] == ["good person"]
    assert record["cost"]["answers"] == 20 + 90 * 2 + 90 * 2


def test_an_unresponsive_judge_is_an_association(tmp_path):
    record = measure(planted(responsive=False), BANK, tmp_path, instrument="evaluative")
    assert ASSOCIATION in record["verdict"]["also"]


def test_nothing_is_asked_twice_and_nothing_changes(tmp_path):
    first = measure(planted(), BANK, tmp_path, instrument="evaluative")
    again = measure(planted(), BANK, tmp_path, instrument="evaluative")
    assert first["cost"]["reused"] == 0
    assert again["cost"]["reused"] == again["cost"]["answers"] == first["cost"]["answers"]
    for changing in ("started", "finished", "cost"):
        first.pop(changing)
        again.pop(changing)
    assert first == again


def test_a_smaller_run_is_part_of_a_larger_one(tmp_path):
    small = measure(planted(), BANK, tmp_path, instrument="fast", n_dilemmas=20)
    large = measure(planted(), BANK, tmp_path, instrument="fast", n_dilemmas=60)
    assert small["bank"]["n_dilemmas"] == 20
    assert large["cost"]["reused"] == small["cost"]["answers"]


def test_a_run_too_small_for_a_profile_says_so(tmp_path):
    record = measure(planted(), BANK, tmp_path, instrument="fast", n_dilemmas=4)
    assert record["verdict"]["level"] == "unmeasurable"
    assert record["values"] is None
    assert not (tmp_path / "values.parquet").exists()
    assert any("link" in finding["sentence"] for finding in record["findings"])


def test_another_judge_or_bank_may_not_use_the_folder(tmp_path):
    measure(planted(), BANK, tmp_path, instrument="fast", n_dilemmas=15)
    with pytest.raises(InputError, match="--fresh"):
        measure(planted(seed=4), BANK, tmp_path, instrument="fast", n_dilemmas=15)


def test_a_condition_is_kept_apart_and_judged_on_its_own(tmp_path):
    treated = planted().under(Condition(name="kind", persona="You are kind."))
    record = measure(treated, BANK, tmp_path, instrument="evaluative")
    assert record["model"]["condition"] == "kind"
    assert record["verdict"]["level"] in ("differences", "ranking")
    primed = next(finding for finding in record["findings"] if finding["name"] == "primed")
    assert primed["passed"] is True


def test_the_run_folder_holds_what_it_promises(tmp_path):
    record = measure(planted(), BANK, tmp_path, instrument="stated")
    assert {path.name for path in tmp_path.iterdir()} >= {"run.json", "answers.jsonl", "values.parquet", "bank"}
    assert read_record(tmp_path)["values"] == record["values"]
    values = Values.read_parquet(tmp_path / "values.parquet")
    assert values.items == BANK.values
    json.dumps(record, allow_nan=False)


def test_plan_counts_what_measure_asks(tmp_path):
    for instrument in ("stated", "evaluative", "fast"):
        expected = plan(planted(), BANK, instrument=instrument)
        record = measure(planted(), BANK, tmp_path / instrument, instrument=instrument)
        assert expected["answers"] == record["cost"]["answers"]
    assert plan(planted(), BANK)["answers"] > 0


class ScorerOnly(Promptless):
    """A judge that scores text and cannot be shown options."""

    def __init__(self, judge):
        self.judge, self.name, self.fingerprint = judge, judge.name, judge.fingerprint
        self.logprobs, self.describe = judge.logprobs, judge.describe


def test_a_judge_that_only_scores_is_planned_as_it_is_asked(tmp_path):
    judge = ScorerOnly(planted())
    assert not isinstance(judge, Chooser)
    record = measure(judge, BANK, tmp_path)
    assert record["instrument"] == "evaluative"
    assert plan(judge, BANK)["answers"] == record["cost"]["answers"]


def test_auto_says_that_it_could_not_try_without_controls(tmp_path):
    record = measure(planted(), replace(BANK, items=BANK.dilemmas), tmp_path, n_dilemmas=40)
    assert record["instrument"] == "evaluative"
    assert record["instrument_why"].endswith("Not checked: the bank has no controls.")
    assert "measures nothing" not in record["instrument_why"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda item: replace(item, values=()), "does not say which value each option serves"),
        (lambda item: replace(item, options=(*item.options, "Wait."), paraphrase=None, values=()), "has 3 options"),
        (lambda item: replace(item, kind="control", values=()), "holds no dilemmas"),
    ],
)
@pytest.mark.parametrize("instrument", ["auto", "stated", "evaluative"])
def test_a_bank_that_gives_no_profile_is_refused_before_it_is_asked(tmp_path, change, says, instrument):
    bank = replace(BANK, items=tuple(map(change, BANK.dilemmas)))
    for job in (lambda: measure(planted(), bank, tmp_path / "run", instrument=instrument),
                lambda: plan(planted(), bank, instrument=instrument)):  # fmt: skip
        with pytest.raises(InputError, match=says):
            job()
    assert not (tmp_path / "run").exists()


def test_unknown_instrument_is_named(tmp_path):
    with pytest.raises(InputError, match="evaluative, fast"):
        measure(planted(), BANK, tmp_path, instrument="telepathy")


class Breaking:
    """A judge's Ctrl-C after so many batches."""

    def __init__(self, judge, after):
        self.judge, self.left = judge, after

    def __getattr__(self, name):
        return getattr(self.judge, name)

    def under(self, condition):
        return self.judge.under(condition)

    def choose(self, asks):
        return self.judge.choose(asks)

    def render(self, asks):
        return self.judge.render(asks)

    def describe(self):
        return self.judge.describe()

    def logprobs(self, prompts):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return self.judge.logprobs(prompts)


@pytest.mark.parametrize("after", [0, 1, 7, 40])
def test_ctrl_c_prints_what_there_is_and_goes_on(tmp_path, after):
    whole = measure(planted(), BANK, tmp_path / "whole", instrument="evaluative")
    broken = measure(Breaking(planted(), after), BANK, tmp_path / "broken", instrument="evaluative")
    assert broken["status"] == "interrupted"
    assert read_record(tmp_path / "broken")["status"] == "interrupted"
    resumed = measure(planted(), BANK, tmp_path / "broken", instrument="evaluative")
    assert resumed["status"] == "complete"
    assert resumed["cost"]["reused"] == after * 32 if after < 5 else resumed["cost"]["reused"] > 160
    for part in ("values", "verdict", "findings", "items", "specifications"):
        assert resumed[part] == whole[part]
