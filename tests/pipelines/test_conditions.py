"""Treatments of judges whose response is known: paired, in one ledger, resumed, and refused where they cannot be."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from weigh.banks.bank import find_bank
from weigh.core.errors import AbilityError, InputError
from weigh.core.question import Ask, Condition
from weigh.judges.server_limits import LimitReached
from weigh.pipelines.arms import Arms
from weigh.pipelines.conditions import measure_conditions, plan_conditions, read_conditions
from weigh.pipelines.profile import measure
from weigh.testbeds.planted import Planted, PlantedChooser

BANK = find_bank("pilot")
THETA = {value: float(i) for i, value in enumerate(BANK.values)}
JOY = Condition(name="joy", prime=f"Nothing is more important than {BANK.taxonomy.phrases['hedonism']}.")
CHEESE = Condition(name="cheese", persona="You like cheese.")


def planted(kind=Planted, **options):
    return kind(BANK, theta=THETA, **{"effect": 0.5, "paraphrase": 0.6, "seed": 3, **options})


class Restless(Planted):
    """Answers a little otherwise under each condition, without any of its values moving."""

    def _reply(self, ask):
        reply = super()._reply(ask)
        text = f"{ask.condition.name}{ask.question.id}{ask.wording}{ask.order}"
        move = 0.4 * np.random.default_rng(list(text.encode())).standard_normal()
        return type(reply).from_scores([reply.scores[0] + move, reply.scores[1] - move], mass=reply.mass)


def write(folder, text):
    path = folder / "conditions.toml"
    path.write_text(text, encoding="utf-8")
    return path


def differences(found):
    return {row["item"]: row for row in found["values"]}


@pytest.mark.parametrize("instrument", ["stated", "fast"])
def test_a_prime_moves_its_value_and_an_idle_persona_moves_nothing(tmp_path, instrument):
    record = measure_conditions(planted(), BANK, [JOY, CHEESE], tmp_path, instrument=instrument)
    joy, cheese = record["comparison"]["pairs"]
    assert joy["values"][0]["item"] == "hedonism"
    assert joy["values"][0]["differs"]
    assert joy["values"][0]["difference"] > 1
    assert not any(row["differs"] for row in cheese["values"])
    assert [run["name"] for run in record["comparison"]["runs"]] == ["untreated", "joy", "cheese"]
    assert all(run["verdict"]["level"] in ("differences", "ranking") for run in record["comparison"]["runs"])
    json.dumps(record, allow_nan=False)


def test_nothing_is_found_on_a_judge_that_does_not_respond(tmp_path):
    found = measure_conditions(Restless(BANK, theta=THETA, effect=0.5, paraphrase=0.6, seed=3, responsive=False), BANK,
                               [JOY], tmp_path, instrument="stated")["comparison"]["pairs"][0]  # fmt: skip
    assert found["measurable"]
    assert not any(row["differs"] for row in found["values"])
    assert all(0 < row["detectable"] < 0.7 for row in found["values"])


def test_the_untreated_arm_is_the_plain_run(tmp_path):
    alone = measure(planted(), BANK, tmp_path / "alone", instrument="auto")
    beside = measure_conditions(planted(), BANK, [JOY], tmp_path / "beside")
    for part in ("instrument", "values", "verdict", "findings", "items", "specifications"):
        assert alone[part] == beside[part]
    assert beside["trial"] is not None


def test_every_dilemma_is_asked_in_all_arms_and_no_arm_comes_first():
    asks = [Ask(item.question(), "letters", order=(0, 1)) for item in BANK.dilemmas]
    mixed = Arms(planted(), BANK.version, conditions=(JOY, CHEESE))._shuffled(asks, "x")
    assert Counter(ask.condition.name for ask in mixed) == {"": 90, "joy": 90, "cheese": 90}
    assert mixed == Arms(planted(), BANK.version, conditions=(JOY, CHEESE))._shuffled(asks, "x")
    places = {name: np.mean([i for i, ask in enumerate(mixed) if ask.condition.name == name]) for name in ("", "joy")}
    assert abs(places[""] - places["joy"]) < 20
    for start in range(0, 80 * 3, 48):
        block = mixed[start : start + 48]
        assert set(Counter(ask.condition.name for ask in block).values()) == {16}
    first = {mixed[start].condition.name for start in range(0, 240, 48)}
    assert len(first) > 1


class Breaking(Planted):
    left = 10**9

    def choose(self, asks):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().choose(asks)


@pytest.mark.parametrize("after", [0, 5, 13, 25])
def test_an_interrupted_experiment_goes_on_and_ends_alike(tmp_path, after):
    whole = measure_conditions(planted(Breaking), BANK, [JOY], tmp_path / "whole")
    judge = planted(Breaking)
    judge.left = after
    broken = measure_conditions(judge, BANK, [JOY], tmp_path / "broken")
    assert broken["status"] == "interrupted"
    resumed = measure_conditions(planted(Breaking), BANK, [JOY], tmp_path / "broken")
    assert resumed["status"] == "complete"
    assert resumed["cost"]["answers"] == whole["cost"]["answers"]
    assert bool(resumed["cost"]["reused"]) == bool(after)
    folders = [one["comparison"].pop("runs") for one in (whole, resumed)]
    assert len(folders[0]) == len(folders[1])
    assert whole["comparison"] == resumed["comparison"]
    assert whole["values"] == resumed["values"]


def test_a_limit_of_the_runs_own_is_named(tmp_path):
    class Limited(Breaking):
        def choose(self, asks):
            try:
                return super().choose(asks)
            except KeyboardInterrupt:
                raise LimitReached("--max-calls 3 is reached") from None

    judge, told = planted(Limited), []
    judge.left = 3
    record = measure_conditions(judge, BANK, [JOY], tmp_path, instrument="stated", say=told.append)
    assert record["status"] == "interrupted"
    assert told == ["--max-calls 3 is reached"]


def test_a_new_treatment_asks_nothing_twice_and_an_older_run_is_told_of(tmp_path):
    measure(planted(), BANK, tmp_path, instrument="stated")
    record = measure_conditions(planted(), BANK, [JOY], tmp_path, instrument="stated")
    assert record["cost"]["reused"] > 400
    assert "earlier run" in record["notes"][0]
    again = measure_conditions(planted(), BANK, [JOY, CHEESE], tmp_path, instrument="stated")
    assert again["notes"] == []
    assert again["cost"]["reused"] == record["cost"]["answers"]


def test_a_treatment_that_breaks_the_measurement_has_no_numbers(tmp_path):
    class Lost(Planted):
        def _reply(self, ask):
            reply = super()._reply(ask)
            push = 40.0 if ask.condition.persona and ask.order == (0, 1) else 0.0
            push = -40.0 if ask.condition.persona and ask.order == (1, 0) else push
            return type(reply).from_scores([reply.scores[0] + push, reply.scores[1] - push])

    comparison = measure_conditions(planted(Lost), BANK, [CHEESE], tmp_path, instrument="stated")["comparison"]
    assert comparison["runs"][1]["verdict"]["level"] == "unmeasurable"
    assert not comparison["pairs"][0]["measurable"]
    assert "cheese" in comparison["warnings"][0]


def test_a_plan_counts_all_arms(tmp_path):
    judges = (
        (planted(PlantedChooser), "auto"), (planted(), "fast"), (planted(), "stated"), (planted(position=30.0), "auto"),
    )  # fmt: skip
    for judge, instrument in judges:
        folder = tmp_path / f"{instrument}{type(judge).__name__}"
        expected = plan_conditions(judge, BANK, [JOY, CHEESE], instrument=instrument)
        record = measure_conditions(judge, BANK, [JOY, CHEESE], folder, instrument=instrument)
        assert expected["answers"] == record["cost"]["answers"]


def test_a_file_of_conditions_is_read(tmp_path):
    path = write(
        tmp_path, '[condition.kind]\npersona = "You are kind."\n[condition."two words"]\nsystem = "Be brief."\n'
    )
    kind, other = read_conditions(path)
    assert (kind.name, kind.persona) == ("kind", "You are kind.")
    assert (other.name, other.system) == ("two words", "Be brief.")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[condition.a]\nsytem = "x"\n',
            "'sytem', which is unknown; the keys are system, persona, nudge, prime, langu",
        ),
        ("[condition.a]\n", "sets nothing"),
        ('[condition.a]\nsystem = ""\n', "'system' is not a text"),
        ("[condition.a]\nsystem = 3\n", "'system' is not a text"),
        ("condition = 3\n", "one or more tables"),
        ('condition.a = "x"\n', "must be a table"),
        ("", "one or more tables"),
        ('[other]\nx = 1\n[condition.a]\nsystem = "x"\n', "'other'"),
        ('[condition.""]\nsystem = "x"\n', "no name"),
        ("[condition", "not valid TOML"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path, text, told):
    with pytest.raises(InputError, match=told):
        read_conditions(write(tmp_path, text))
    with pytest.raises(InputError, match="cannot be read"):
        read_conditions(tmp_path / "nothing.toml")


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ([], "no condition"),
        ([JOY, JOY], "two conditions are named 'joy'"),
        ([Condition(name="a+b", system="x")], "without"),
        ([Condition(name="prime:power", system="x")], "without"),
        ([Condition(name="untreated", system="x")], "untreated"),
        ([Condition(name="de", language="de")], "no translations"),
    ],
)
def test_what_cannot_be_given_is_said_before_the_first_question(tmp_path, conditions, told):
    with pytest.raises(InputError, match=told):
        measure_conditions(planted(), BANK, conditions, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_steering_is_refused_by_a_judge_that_cannot(tmp_path):
    steered = [Condition(name="s", steer="vectors")]
    with pytest.raises(AbilityError, match="hidden"):
        measure_conditions(planted(), BANK, steered, tmp_path / "run")

    class Open(Planted):
        def hidden(self, texts):
            return np.zeros((len(texts), 1, 1), dtype=np.float32)

    with pytest.raises(InputError, match="steers"):
        measure_conditions(planted(Open), BANK, steered, tmp_path / "run")
