"""Banks and published instruments as tasks of inspect-ai: what is asked, how it is scored, what becomes of the log."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.log import read_eval_log

sys.path.append(str(Path(__file__).parent))
from inspect_mock import by_content, model_of, run, says

from weigh.banks.bank import find_bank, read_bank
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.doors.inspect import TASKS
from weigh.doors.inspect_export import export_run
from weigh.doors.inspect_scoring import pooled
from weigh.doors.inspect_tasks import bank_task, planned
from weigh.judges.inspect_model import InspectModel
from weigh.loops.elicit import Interview
from weigh.measure import stated
from weigh.measure.gate import gate
from weigh.pipelines.inspect_import import import_log
from weigh.pipelines.inspect_log import read_log
from weigh.pipelines.inspect_rows import ROWS
from weigh.pipelines.record import read_answers, read_record
from weigh.pipelines.score import judge_path

pytestmark = pytest.mark.filterwarnings("ignore:The 'initial' parameter is deprecated:DeprecationWarning")

DATA = Path(__file__).parents[2].parent / "shared" / "data"
FOLDERS = {
    "daily_dilemmas": "dailydilemmas",
    "managerbench": "managerbench",
    "pacifaist": "pacifaist",
    "utility_engineering": "utility-engineering",
    "value_consistency": "value-consistency",
}


def worth(text: str) -> float:
    """A mild liking for long options, which no wording shares."""
    return len(text) / 40


def differences(answers: Answers) -> dict:
    keys = zip(answers.question, answers.wording, answers.order, answers.condition, strict=True)
    return dict(zip(keys, answers.differences().tolist(), strict=True))


def test_a_task_asks_what_a_judge_is_asked_and_gets_the_same_answers(tmp_path):
    bank = find_bank("pilot").balanced(10)
    log = run("weigh/pilot", model_of(by_content(worth, position=1.5)), tmp_path, task_args={"limit": 10})
    assert len(log.samples) == len(bank.items)
    read = read_log(log.location)
    judge = InspectModel("inspect:mockllm/model", model=model_of(by_content(worth, position=1.5)))
    interview = Interview(judge, bank.version)
    stated.ask(interview, bank)
    assert differences(read.answers()) == pytest.approx(differences(interview.answers()))
    # by the same keys as in a ledger
    assert {row["key"] for row in read.rows} == set(interview.rows)
    assert read.bank.items == bank.items


def test_scores_are_free_of_position_and_errors_are_clustered(tmp_path):
    def likes(text: str) -> float:
        return 1.0 if text in first else 0.0

    bank = find_bank("pilot")
    first = {item.question(w).options[0] for item in bank.items for w in item.wordings}
    args = {"limit": 8, "primes": False, "wordings": 1}
    steady = run("weigh/pilot", model_of(by_content(likes, position=0.4)), tmp_path, task_args=args)
    metrics = {score.name: {m.name: m.value for m in score.metrics.values()} for score in steady.results.scores}
    assert metrics["controls"] == {"mean": 1.0, "stderr": 0.0}
    assert metrics["survives"]["mean"] == metrics["answered"]["mean"] == 1.0
    sample = steady.samples[0]
    assert sample.scores["position_free"].answer == "A"
    assert sample.scores["position_free"].metadata["evidence"] == pytest.approx([0.5, -0.5])
    blind = run("weigh/pilot", model_of(by_content(lambda text: 0.0, position=3.0)), tmp_path, task_args=args)
    metrics = {score.name: score.metrics["mean"].value for score in blind.results.scores}
    # position alone: nothing is left, also where a plain average would have been right half the time
    assert metrics == {"survives": 0.0, "answered": 1.0, "controls": 0.0}


def test_one_order_alone_does_not_count():
    row = {"question": "q", "choice": 0, "scores": [2.0, 0.0], "order": [0, 1], "condition": "", "sample": 0}
    row |= {"wording": "original", "frame": "letters", "status": "ok"}
    other = {**row, "order": [1, 0], "choice": -1, "scores": [], "status": "malformed"}
    found = pooled([row, other], 2)
    assert (found.choice, found.answered) == (-1, 0.5)
    assert np.isnan(found.evidence).all()
    found = pooled([row, {**other, "choice": 0, "status": "ok"}], 2)
    # one unit of evidence where there are no probabilities
    assert found.evidence.tolist() == [0.75, -0.75]
    assert pooled([{**row, "condition": "prime:power"}], 2).choice == -1


def test_providers_without_log_probabilities_are_sampled(tmp_path):
    task = bank_task("pilot", limit=3, primes=False, wordings=1, samples=4)
    log = run(task, model_of(by_content(worth, logprobs=False)), tmp_path)
    row = log.samples[0].store[ROWS][0]
    assert row["detail"]["samples"] == 4
    assert sum(row["detail"]["counts"]) == 4
    assert row["p"] == pytest.approx(4.5 / 5)


def test_refusals_and_prose_are_counted(tmp_path):
    task = bank_task("pilot", limit=3, primes=False, wordings=1, samples=2)
    log = run(task, model_of(lambda *given: says("I'm sorry, I cannot choose.")), tmp_path)
    assert {row["status"] for sample in log.samples for row in sample.store[ROWS]} == {"refused"}
    assert log.results.scores[1].metrics["mean"].value == 0.0
    record, _ = import_log(log.location, tmp_path / "run")
    assert record["verdict"]["level"] == "unmeasurable"


def test_the_log_is_judged_and_imported(tmp_path):
    bank = find_bank("pilot")
    theta = {value: i / 4 for i, value in enumerate(bank.values)}
    worth_of = {
        text: theta[item.values[place]] if item.values else 2.0 * (place == 0)
        for item in bank.items
        for wording in item.wordings
        for place, text in enumerate(item.question(wording).options)
    }
    # the question by which a provider is tried is of no bank
    answer = by_content(lambda text: worth_of.get(text, 0.0), position=0.5)
    log = run("weigh/pilot", model_of(answer), tmp_path)
    (verdict,) = judge_path(log.location, None).values()
    assert verdict.shown
    record, read = import_log(log.location, tmp_path / "run")
    assert record["verdict"]["sentence"] == verdict.sentence == gate(read.answers(), bank).sentence
    assert [row["mean"] for row in record["values"]["values"]] == verdict.values.mean.tolist()
    assert record["model"]["name"] == "mockllm/model"
    (again,) = judge_path(tmp_path / "run", None).values()
    assert again.to_json() == verdict.to_json()
    assert len(read_answers(tmp_path / "run")) == len(read.rows)
    # the bank's own file lies in the run
    assert (tmp_path / "run" / "bank" / "items.jsonl").read_bytes() == bank.file.read_bytes()


def test_epochs_are_repetitions(tmp_path):
    task = bank_task("pilot", limit=2, primes=False, wordings=1)
    log = run(task, model_of(by_content(worth)), tmp_path, epochs=2)
    answers = read_log(log.location).answers()
    assert sorted(set(answers.sample.tolist())) == [0, 1]
    assert len(answers) == 2 * len(log.samples)


def test_every_bank_and_instrument_is_a_task():
    assert set(TASKS) >= {"core", "pilot", "outcomes", *FOLDERS, "principle_steerability"}


@pytest.mark.parametrize("name", FOLDERS)
def test_published_sets_run_and_are_scored_by_their_own_method(name, tmp_path):
    source = DATA / FOLDERS[name]
    if not source.is_dir():
        pytest.skip(f"{source} is absent")
    answer = by_content(worth, position=0.3)

    def either(messages, tools, tool_choice, config):
        try:
            return answer(messages, tools, tool_choice, config)
        except (ValueError, IndexError):
            return says("I would call for help.")

    log = run(f"weigh/{name}", model_of(either), tmp_path, task_args={"source": str(source), "limit": 8})
    with pytest.raises(InputError, match="has a verdict of its own: `weigh import"):
        judge_path(log.location, None)
    record, read = import_log(log.location, tmp_path / "run")
    assert record["method"] == f"measure/{name}"
    assert record["values"]["values"]
    assert read.notes == ()
    bank, _, put = planned(name, limit=8, source=str(source), options={})
    assert len(read.rows) == len(put)
    assert read.bank.items == bank.items
    # and a run of theirs comes back as it was
    import_log(export_run(tmp_path / "run", tmp_path / "run.eval"), tmp_path / "back")
    assert read_record(tmp_path / "back") == read_record(tmp_path / "run")
    assert (tmp_path / "back" / "answers.jsonl").read_bytes() == (tmp_path / "run" / "answers.jsonl").read_bytes()
    assert read_bank(tmp_path / "back" / "bank").items == bank.items


def test_an_instrument_that_asks_under_prompts_of_its_own(tmp_path):
    lines = [
        {"id": f"q{i}", "situation": f"A friend has lied {i} times.", "options": [f"Say so {i}.", f"Keep quiet, {i}."]}
        | {"labels": {"values": [["honesty"], ["loyalty"]]}}
        for i in range(12)
    ]
    (tmp_path / "lies.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (tmp_path / "honest.toml").write_text(
        '[principle.honesty]\nsupporting = ["honesty"]\nopposing = ["loyalty"]\n'
        'supporting_prompt = "Be honest."\nopposing_prompt = "Be loyal."\n'
    )
    args = {"source": str(tmp_path / "lies.jsonl"), "principles": str(tmp_path / "honest.toml")}

    def answer(messages, *rest):
        likes = "Say" if "honest" in messages[0].text else "Keep"
        return by_content(lambda text: 2.0 * text.startswith(likes))(messages, *rest)

    log = run("weigh/principle_steerability", model_of(answer), tmp_path, task_args=args)
    read = read_log(log.location)
    assert set(read.answers().condition.tolist()) == {"", "supporting:honesty", "opposing:honesty"}
    # the answers without a prompt alone make a sample's score
    assert log.samples[0].scores["position_free"].answer == "B"
    record, _ = import_log(log.location, tmp_path / "run")
    (row,) = record["values"]["values"]
    assert (row["item"], row["mean"]) == ("honesty", pytest.approx(48.0))


def test_free_text_is_written(tmp_path):
    source = DATA / "pacifaist"
    if not source.is_dir():
        pytest.skip(f"{source} is absent")
    put = planned("pacifaist", limit=6, source=str(source), options={"system": "safety"})[2]
    writings = [writing for _, writing in put if writing is not None]
    assert writings
    assert {(writing.max_tokens, writing.temperature) for writing in writings} == {(120, 0.0)}


@pytest.mark.parametrize(
    ("name", "args", "says_so"),
    [
        ("pacifaist", {}, "weigh banks get pacifaist"),
        ("pilot", {"nudge": True}, "bank 'pilot' has no option 'nudge'"),
        ("pilot", {"wordings": 0}, "wordings must be 1 or more"),
        ("outcomes", {"selection": "active"}, "needs each answer before the next question"),
        ("outcomes", {"colour": 1}, "has no option 'colour'; its options are"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(name, args, says_so, monkeypatch, tmp_path):
    monkeypatch.setenv("WEIGH_BANKS", str(tmp_path))
    with pytest.raises(PrerequisiteError) as refused:
        TASKS[name](**args)
    assert says_so in str(refused.value)


def test_the_entry_module_is_light():
    code = "import sys, weigh.doors.inspect; print({'torch', 'transformers'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_the_log_repeats_no_question_in_its_head(tmp_path):
    log = run("weigh/pilot", model_of(by_content(worth)), tmp_path, task_args={"limit": 5, "primes": False})
    head = read_eval_log(log.location, header_only=True).model_dump_json()
    assert len(head) < 40_000
    assert "wallet" not in head
