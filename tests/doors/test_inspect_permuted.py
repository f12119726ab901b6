"""The solver for other people's tasks: the choice that is left without position, and the share that survives."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import choice
from inspect_ai.solver import system_message

sys.path.append(str(Path(__file__).parent))
from inspect_mock import by_content, model_of, run, says

from weigh.doors.inspect import permuted, permuted_choice
from weigh.pipelines.inspect_log import read_log
from weigh.pipelines.inspect_rows import ROWS

WORTH = {"Paris": 2.0, "London": 0.5, "Berlin": 0.0, "Rome": -0.5}
SAMPLES = [
    Sample("Capital of France?", choices=["London", "Berlin", "Paris", "Rome"], target="C", id="france"),
    Sample("Seat of the Louvre?", choices=["Paris", "London"], target="A", id="louvre"),
]


def task(dataset=SAMPLES, **how):
    return Task(dataset=MemoryDataset(dataset), solver=permuted_choice(**how), scorer=[choice(), permuted()])


def values(log):
    return {score.name: score.metrics[next(iter(score.metrics))].value for score in log.results.scores}


def test_a_mild_liking_for_a_place_is_taken_out(tmp_path):
    answer = by_content(lambda text: WORTH.get(text, 0.0), position=1.0)
    log = run(task(), model_of(answer), tmp_path)
    assert values(log) == {"choice": 1.0, "accuracy": 1.0, "survives": 1.0, "answered": 1.0}
    rows = log.samples[0].store[ROWS]
    assert [tuple(row["order"]) for row in rows] == [(0, 1, 2, 3), (1, 2, 3, 0), (2, 3, 0, 1), (3, 0, 1, 2)]
    assert log.samples[0].output.completion == "C. Paris"
    assert "A. London" in log.samples[0].messages[-2].text


def test_a_strong_liking_shows_in_what_survives(tmp_path):
    log = run(task(), model_of(by_content(lambda text: WORTH.get(text, 0.0), position=5.0)), tmp_path)
    found = values(log)
    # what is left when the place is averaged out is right, and hardly any single answer can be relied on
    assert (found["choice"], found["accuracy"], found["survives"]) == (1.0, 1.0, 0.0)
    blind = run(task(), model_of(by_content(lambda text: 0.0, position=5.0)), tmp_path)
    assert values(blind) == {"choice": 0.0, "accuracy": 0.0, "survives": 0.0, "answered": 1.0}
    assert blind.samples[0].output.completion == "(no choice survives)"


def test_all_orders_and_votes(tmp_path):
    answer = by_content(lambda text: WORTH.get(text, 0.0), logprobs=False)
    log = run(task(orders="all", samples=3), model_of(answer), tmp_path)
    assert [len(sample.store[ROWS]) for sample in log.samples] == [24, 2]
    assert log.samples[0].store[ROWS][0]["detail"]["samples"] == 3
    assert values(log)["choice"] == 1.0


def test_choices_that_the_dataset_shuffles_and_turns_before_the_question(tmp_path):
    seen = []
    by = by_content(lambda text: WORTH.get(text, 0.0))

    def answer(messages, *rest):
        seen.append(messages[0].text)
        return by(messages, *rest)

    dataset = MemoryDataset([sample.model_copy(deep=True) for sample in SAMPLES])
    dataset.shuffle_choices(seed=3)
    solver = [system_message("You know geography."), permuted_choice()]
    log = run(Task(dataset=dataset, solver=solver, scorer=[choice(), permuted()]), model_of(answer), tmp_path)
    assert log.samples[0].choices != SAMPLES[0].choices
    assert values(log) == {"choice": 1.0, "accuracy": 1.0, "survives": 1.0, "answered": 1.0}
    assert seen[-1] == "You know geography."


def test_without_a_target_there_is_no_accuracy(tmp_path):
    bare = [Sample("Which?", choices=["Paris", "London"], id=1)]
    log = run(Task(dataset=bare, solver=permuted_choice(), scorer=permuted()), model_of(by_content(len)), tmp_path)
    assert {score.name for score in log.results.scores if score.scored_samples} == {"survives", "answered"}


def test_the_log_says_all_orders_when_it_is_imported(tmp_path):
    log = run(task(), model_of(by_content(lambda text: WORTH.get(text, 0.0))), tmp_path)
    read = read_log(log.location)
    answers = read.answers()
    assert not read.is_ours
    assert len(answers) == 6
    assert set(answers.question) == {"france", "louvre"}
    assert answers.choice[:4].tolist() == [2, 2, 2, 2]
    assert read.bank.by_id["france"].options == ("London", "Berlin", "Paris", "Rome")


@pytest.mark.parametrize(
    ("sample", "says_so"),
    [
        (Sample("Which?", choices=["Paris"], target="A"), "has 1 choices"),
        (Sample("Which?", choices=["Paris", " Paris "], target="A"), "two or more different, non-empty options"),
        (Sample("Which?", target="A"), "has 0 choices"),
    ],
)
def test_samples_that_cannot_be_permuted_are_named(sample, says_so, tmp_path):
    with pytest.raises(AssertionError, match=says_so):
        run(task([sample]), model_of(lambda *given: says("A")), tmp_path)


def test_orders_are_named():
    with pytest.raises(ValueError, match="expected rotations or all"):
        permuted_choice(orders="some")


def test_a_sample_whose_provider_fails_is_tried_again_by_inspect(tmp_path):
    calls = []
    by = by_content(lambda text: WORTH.get(text, 0.0))

    def sometimes(*given):
        calls.append(1)
        if len(calls) == 4:
            raise RuntimeError("the line is dead")
        return by(*given)

    with pytest.raises(AssertionError, match="the line is dead"):
        run(task(), model_of(sometimes), tmp_path)
    calls.clear()
    assert values(run(task(), model_of(sometimes), tmp_path, retry_on_error=1))["choice"] == 1.0
