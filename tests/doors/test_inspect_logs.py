"""Runs as logs of inspect-ai and back, other people's logs, torn and hostile ones; and the two commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest
from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import read_eval_log, write_eval_log
from inspect_ai.scorer import choice, match
from inspect_ai.solver import generate, multiple_choice

sys.path.append(str(Path(__file__).parent))
from inspect_mock import model_of, run, says, shown_in

from weigh.banks.bank import find_bank, read_bank
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.doors.inspect_export import export_run
from weigh.pipelines.inspect_import import import_log
from weigh.pipelines.inspect_log import read_log
from weigh.pipelines.inspect_rows import ROWS, RUN
from weigh.pipelines.profile import measure
from weigh.pipelines.record import read_answers, read_record
from weigh.pipelines.score import judge_path, score
from weigh.report.page import write_report
from weigh.testbeds.planted import Planted

BANK = find_bank("pilot")
THETA = {value: float(i) for i, value in enumerate(BANK.values)}
COLUMNS = ("question", "choice", "p", "scores", "frame", "wording", "condition", "sample", "status", "mass", "raw")


def planted(**how):
    return Planted(BANK, theta=THETA, effect=0.45, paraphrase=0.6, seed=2, **how)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A run by forced choice and one by frames, with their pages."""
    folder = tmp_path_factory.mktemp("runs")
    for name, how in (("stated", {"n_dilemmas": 30}), ("evaluative", {})):
        measure(planted(position=0.5), BANK, folder / name, instrument=name, **how)
        write_report(folder / name)
    return folder


def same(a: Answers, b: Answers) -> None:
    assert len(a) == len(b)
    for name in (*COLUMNS, "who", "weight", "source"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
    assert a.order.tolist() == b.order.tolist()


def inspect_log(*args):
    done = subprocess.run([sys.executable, "-m", "inspect_ai", "log", *map(str, args)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- ours, out and in


@pytest.mark.parametrize("name", ["stated", "evaluative"])
def test_a_run_comes_back_as_it_was(name, ran, tmp_path):
    log = export_run(ran / name, tmp_path / f"{name}.eval")
    record, _ = import_log(log, tmp_path / "back")
    same(read_answers(tmp_path / "back"), read_answers(ran / name))
    before = read_record(ran / name)
    assert read_record(tmp_path / "back") == before
    assert record["verdict"] == before["verdict"]
    assert (
        judge_path(log, None)[before["model"]["name"]].to_json()
        == next(iter(judge_path(ran / name, None).values())).to_json()
    )
    for file in ("bank/items.jsonl", "bank/card.toml", "values.parquet"):
        assert (tmp_path / "back" / file).read_bytes() == (ran / name / file).read_bytes(), file
    assert write_report(tmp_path / "back").read_bytes() == (ran / name / "report.html").read_bytes()


def test_recorded_answers_come_back_with_weight_and_source(tmp_path):
    rows = [(item.id, order) for item in BANK.items for order in ("0,1", "1,0")]
    ids, orders = zip(*rows, strict=True)
    n = len(rows)
    answers = Answers.from_frame({
        "question": ids, "order": orders, "choice": [i % 2 for i in range(n)], "p": [0.6 + i % 2 / 4 for i in range(n)],
        "weight": [1.0 + i % 3 for i in range(n)], "source": [f"page {i}" for i in range(n)], "model": ["m"] * n,
    })  # fmt: skip
    score(answers, BANK, who="m", folder=tmp_path / "run", source="theirs.csv")
    import_log(export_run(tmp_path / "run", tmp_path / "run.eval"), tmp_path / "back")
    same(read_answers(tmp_path / "back"), read_answers(tmp_path / "run"))
    assert read_record(tmp_path / "back") == read_record(tmp_path / "run")


def test_inspects_own_tools_open_it(ran, tmp_path):
    log = export_run(ran / "stated", tmp_path / "stated.eval")
    dumped = json.loads(inspect_log("dump", log))
    assert dumped["status"] == "success"
    assert len(dumped["samples"]) == 30 + len(BANK.controls)
    assert "stated.eval" in inspect_log("list", "--json", "--log-dir", tmp_path)
    read = read_eval_log(str(log))
    sample = read.samples[0]
    item = BANK.by_id[sample.id]
    assert (sample.input, tuple(sample.choices)) == (item.situation, item.options)
    metrics = {one.name: one.metrics for one in read.results.scores}
    values = read_record(ran / "stated")["values"]["values"]
    assert {name: metric.value for name, metric in metrics["values"].items()} == {v["item"]: v["mean"] for v in values}
    assert metrics["values"]["power"].metadata["low"] < metrics["values"]["power"].value
    assert 0 < metrics["survives"]["stderr"].value < 0.2
    assert metrics["survives"]["mean"].value == pytest.approx(
        np.nanmean([one.scores["position_free"].value["survives"] for one in read.samples])
    )


def test_an_interrupted_run_keeps_its_items_that_were_not_asked(tmp_path):
    class Tired(Planted):
        left = 40

        def choose(self, asks):
            if Tired.left <= 0:
                raise KeyboardInterrupt
            Tired.left -= len(asks)
            return super().choose(asks)

    judge = Tired(BANK, theta=THETA, seed=1)
    assert measure(judge, BANK, tmp_path / "run", instrument="stated")["status"] == "interrupted"
    import_log(export_run(tmp_path / "run", tmp_path / "run.eval"), tmp_path / "back")
    assert read_bank(tmp_path / "back" / "bank").items == BANK.items
    same(read_answers(tmp_path / "back"), read_answers(tmp_path / "run"))
    assert read_record(tmp_path / "back") == read_record(tmp_path / "run")


def test_the_commands(ran, tmp_path, weigh, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = weigh("export", ran / "stated", "--to", "inspect", "--out", "a.eval")
    assert (code, out.strip()) == (0, "a.eval")
    code, out, _ = weigh("import", "a.eval", "--json")
    assert code == 0
    assert json.loads(out)["verdict"]["level"] == read_record(ran / "stated")["verdict"]["level"]
    assert (tmp_path / "runs" / "a.eval".removesuffix(".eval") / "report.html").is_file()
    code, out, err = weigh("import", "a.eval")
    assert (code, "holds a run already" in err) == (2, True)
    code, out, _ = weigh("gate", "a.eval")
    assert code == 0
    assert "order swap" in out
    code, out, _ = weigh("score", "pilot", "a.eval", "--json")
    assert code == 0
    for kind in ("csv", "jsonl", "parquet"):
        code, out, _ = weigh("export", ran / "stated", "--to", kind, "--out", f"a.{kind}")
        assert code == 0
        same(Answers.from_file(f"a.{kind}"), read_answers(ran / "stated"))
    code, _, err = weigh("export", ran / "stated", "--to", "csv", "--out", "a.eval")
    assert (code, "ends in .csv" in err) == (2, True)
    code, _, err = weigh("export", tmp_path, "--to", "csv")
    assert (code, "run.json" in err) == (2, True)


def test_formulas_are_neutralised_in_csv(tmp_path, weigh):
    rows = [
        {"question": BANK.items[i].id, "choice": 0, "raw": "=cmd|' /C calc'!A0", "model": "@sum"} for i in range(40)
    ]
    answers = Answers.from_rows(rows)
    score(answers, BANK, who="@sum", folder=tmp_path / "run", source="x")
    weigh("export", tmp_path / "run", "--to", "csv", "--out", tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_text()
    assert ",=cmd" not in text
    assert ",@sum" not in text
    assert Answers.from_file(tmp_path / "a.csv").raw[0] == "=cmd|' /C calc'!A0"


# --- other people's


CAPITALS = [
    Sample("Capital of France?", choices=["London", "Paris", "Berlin"], target="B", id="france"),
    Sample("Capital of Peru?", choices=["Lima", "Quito"], target="A", id="peru", metadata={"family": "america"}),
    Sample("Capital of Chad?", choices=["N'Djamena", "Niamey"], target="A", id="chad"),
]


def knows(messages, tools, tool_choice, config):
    shown = shown_in(messages)
    if "Niamey" in shown.values():
        return says("I'm sorry, I cannot say.")
    letter = next(letter for letter, text in shown.items() if text in ("Paris", "Quito"))
    other = next(one for one in shown if one != letter)
    output = says("ANSWER: " + letter)
    output.choices[0].logprobs = says(letter, [(letter, -0.2), (other, -1.8)]).choices[0].logprobs
    return output


def test_a_log_of_somebody_elses_task_becomes_answers_and_a_bank(tmp_path, weigh):
    task = Task(dataset=MemoryDataset(CAPITALS), solver=multiple_choice(), scorer=choice(), name="capitals")
    log = run(task, model_of(knows), tmp_path)
    read = read_log(log.location)
    answers = read.answers()
    assert answers.question.tolist() == ["france", "peru", "chad"]
    assert answers.choice.tolist() == [1, 1, -1]
    assert answers.order.tolist() == [(0, 1, 2), (0, 1), (0, 1)]
    assert answers.status.tolist() == ["ok", "ok", "refused"]
    # a third letter, which was not listed, is bounded by the last that was
    assert answers.p.tolist()[:2] == pytest.approx([0.712, 0.832], abs=1e-3)
    assert read.bank.by_id["peru"].family == "america"
    code, out, err = weigh("import", log.location, "--out", tmp_path / "theirs")
    assert code == 0
    assert "3 answers (2 ok, 1 refused)" in out
    assert "weigh score" in err
    assert read_bank(tmp_path / "theirs" / "bank").items == read.bank.items
    assert len(Answers.from_file(tmp_path / "theirs" / "answers.jsonl")) == 3
    code, _, err = weigh("gate", log.location)
    assert (code, "name a bank with --bank" in err) == (2, True)


@pytest.mark.filterwarnings("ignore")
def test_the_order_shown_is_read_from_what_was_sent(tmp_path):
    orders = set()
    for seed in range(3):
        solver = multiple_choice(shuffle=Random(seed))
        task = Task(dataset=MemoryDataset(CAPITALS[:2]), solver=solver, scorer=choice())
        log = run(task, model_of(knows), tmp_path / str(seed))
        answers = read_log(log.location).answers()
        assert answers.choice.tolist() == [1, 1]
        (france, _) = read_eval_log(log.location, resolve_attachments=True).samples
        prompt = next(event.input[-1].text for event in france.events if event.event == "model")
        shown = [text for line in prompt.splitlines() for text in CAPITALS[0].choices if line.endswith(f") {text}")]
        assert answers.order[0] == tuple(CAPITALS[0].choices.index(text) for text in shown)
        orders.add(answers.order[0])
    assert len(orders) > 1


def test_items_that_name_their_values_are_judged(tmp_path):
    samples = [
        Sample(item.situation, choices=list(item.options), id=item.id, metadata={"values": list(item.values)})
        for item in BANK.dilemmas
    ]
    task = Task(dataset=MemoryDataset(samples), solver=multiple_choice(), scorer=choice())
    log = run(task, model_of(lambda *given: says("ANSWER: A")), tmp_path)
    (verdict,) = judge_path(log.location, None).values()
    assert not verdict.shown
    record, _ = import_log(log.location, tmp_path / "run")
    assert record["verdict"] == {"level": verdict.level, "sentence": verdict.sentence, "also": list(verdict.also)}
    # the same samples belong to our bank, whose controls were not asked
    (other,) = judge_path(log.location, "pilot").values()
    assert not other.shown


def test_tasks_that_offer_no_choices_are_named(tmp_path):
    task = Task(dataset=[Sample("Say hello.", target="hello")], solver=generate(), scorer=match())
    log = run(task, model_of(lambda *given: says("hello")), tmp_path)
    with pytest.raises(InputError, match="none of 1 samples answers a multiple-choice question"):
        read_log(log.location)


# --- what is torn, unfinished or hostile


def test_torn_and_foreign_files(ran, tmp_path):
    whole = export_run(ran / "stated", tmp_path / "a.eval").read_bytes()
    for n in (0, 10, 1000, len(whole) // 2, len(whole) - 5):
        torn = tmp_path / f"torn{n}.eval"
        torn.write_bytes(whole[:n])
        with pytest.raises(InputError, match="no log of inspect-ai, or a torn one"):
            read_log(torn)
    with pytest.raises(InputError, match="does not exist"):
        read_log(tmp_path / "gone.eval")
    (tmp_path / "x.eval").write_text("question,choice\nq,0\n")
    with pytest.raises(InputError, match="torn one"):
        judge_path(tmp_path / "x.eval", "pilot")


def changed(log, folder, change):
    read = read_eval_log(str(log))
    change(read)
    write_eval_log(read, str(folder / "changed.eval"))
    return folder / "changed.eval"


def test_unfinished_evals_say_what_is_missing(ran, tmp_path):
    log = export_run(ran / "stated", tmp_path / "a.eval")

    def break_off(read):
        read.status = "cancelled"
        read.samples = read.samples[:-5]

    found = read_log(changed(log, tmp_path, break_off))
    assert found.notes == ("the eval was cancelled", "5 of 50 samples are not in the log")

    def only_started(read):
        read.status, read.samples, read.results = "started", [], None

    with pytest.raises(InputError, match="was started and did not end; `inspect log recover`"):
        read_log(changed(log, tmp_path, only_started))


@pytest.mark.parametrize(
    ("change", "says_so"),
    [
        (lambda read: read.eval.metadata[RUN].update(schema=99), "by a newer weigh"),
        (lambda read: read.samples[0].store.update({ROWS: "x"}), "its answers are a str"),
        (lambda read: read.samples[0].store.update({ROWS: [3]}), "answer 1 is a int"),
        (lambda read: read.samples[0].store[ROWS][0].update(schema_version=2), "has schema 2"),
        (lambda read: read.samples[0].store[ROWS][0].update(p="high"), "p is 'high'"),
        (lambda read: read.samples[0].store[ROWS][0].update(status="fine"), "its status or its prompts"),
        (lambda read: read.samples[0].store[ROWS][0].update(prompts=[{"messages": [{"role": 3}]}]), "its prompts"),
        (lambda read: read.samples[0].metadata[RUN].update(item="{"), "item 0 of its bank cannot be used"),
        (lambda read: read.samples[0].metadata[RUN].update(item='{"id": "x"}'), "item 0 of its bank cannot be used"),
        (lambda read: [sample.store.clear() for sample in read.samples], "holds 50 samples and no answer"),
    ],
)
def test_logs_that_claim_to_be_ours_are_checked(change, says_so, ran, tmp_path):
    log = export_run(ran / "stated", tmp_path / "a.eval")
    with pytest.raises(InputError, match=says_so):
        read_log(changed(log, tmp_path, change))


HOSTILE = [
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "\x1b[2J\u202eevil",
    "=cmd|' /C calc'!A0",
    "{{7*7}}",
    "\ud800",
]


def test_a_record_that_was_changed_and_a_banks_name_that_is_a_path(ran, tmp_path):
    log = export_run(ran / "stated", tmp_path / "a.eval")
    record = changed(log, tmp_path, lambda read: read.eval.metadata[RUN]["record"].update(model="smol"))
    with pytest.raises(InputError, match="has no 'model' as runs have it"):
        import_log(record, tmp_path / "back")
    (tmp_path / "trap").mkdir()
    named = changed(log, tmp_path, lambda read: read.eval.metadata[RUN]["bank"].update(name=str(tmp_path / "trap")))
    import_log(named, tmp_path / "back")
    assert read_bank(tmp_path / "back" / "bank").items == BANK.balanced(30).items


def test_hostile_text_is_data(tmp_path, weigh):
    samples = [
        Sample(f"{text} which?", choices=[f"{text} left", f"{text} right"], id=f"{text}{i}", target="A")
        for i, text in enumerate(HOSTILE[:-1])
    ]
    task = Task(dataset=MemoryDataset(samples), solver=multiple_choice(), scorer=choice(), name="capitals")
    log = run(task, model_of(lambda *given: says("ANSWER: A")), tmp_path)
    code, out, err = weigh("import", log.location, "--out", tmp_path / "theirs")
    assert code == 0
    assert "\x1b[2J" not in out + err
    assert [item.id for item in read_bank(tmp_path / "theirs" / "bank").items] == [sample.id for sample in samples]
    assert sorted(path.name for path in (tmp_path / "theirs").iterdir()) == ["answers.jsonl", "bank"]


def test_what_an_import_prints_commands_no_terminal(tmp_path, weigh):
    task = Task(dataset=MemoryDataset(CAPITALS), solver=multiple_choice(), scorer=choice(), name="capitals")
    log = run(task, model_of(lambda *given: says("ANSWER: A")), tmp_path)
    folder = tmp_path / "the\u202eirs\x9b2J"
    code, out, err = weigh("import", log.location, "--out", folder, "--json")
    assert code == 0
    assert not {"\u202e", "\x9b"} & set(out + err)
    assert json.loads(out)["folder"] == str(folder)


def test_a_hostile_log_of_ours_makes_a_page_that_runs_nothing(ran, tmp_path):
    log = export_run(ran / "stated", tmp_path / "a.eval")

    def poison(read):
        for sample, text in zip(read.samples, HOSTILE * 9, strict=False):
            for row in sample.store[ROWS]:
                row["raw"] = row["model"] = text.encode("utf-8", "replace").decode()
        read.eval.metadata[RUN]["record"]["model"]["name"] = HOSTILE[0]

    import_log(changed(log, tmp_path, poison), tmp_path / "back")
    page = write_report(tmp_path / "back").read_text("utf-8")
    assert HOSTILE[0] not in page
    assert "&lt;script&gt;alert(1)" in page
