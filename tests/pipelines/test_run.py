"""What a measurement gives back shows itself, and is still the record that it was."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import weigh
from weigh.banks.bank import find_bank
from weigh.core.errors import InputError
from weigh.pipelines.compare import compare
from weigh.pipelines.profile import measure
from weigh.pipelines.record import read_record, write_record
from weigh.pipelines.run import Comparison, Run, Said, open_run
from weigh.pipelines.score import score
from weigh.report.page import write_report
from weigh.testbeds.planted import Planted

BANK = find_bank("pilot")
THETA = {value: float(n) for n, value in enumerate(BANK.values)}
HOSTILE = "<script>alert(1)</script>\u202e\"'&"


def planted(**other):
    return Planted(BANK, effect=0.5, paraphrase=0.6, **{"theta": THETA, "seed": 3, **other})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "planted"
    measure(planted(), BANK, folder, instrument="evaluative")
    return folder


def test_a_run_is_its_record_and_names_its_parts(folder):
    run = open_run(folder)
    assert isinstance(run, Run)
    assert run == read_record(folder) == run.record
    assert run.verdict is not None
    assert run.verdict == Said(run["verdict"]["level"], run["verdict"]["sentence"], tuple(run["verdict"]["also"]))
    assert run.values is not None
    assert run.values.items[run.values.mean.argmax()] == BANK.values[-1]
    assert [one.name for one in run.findings] == [one["name"] for one in run["findings"]]
    assert len(run.answers()) == run["cost"]["answers"]
    assert json.loads(json.dumps(run)) == run
    assert run.page is None
    assert run.verdict.sentence in repr(run)


def test_what_measure_returns_is_what_is_opened(folder):
    again = measure(planted(), BANK, folder, instrument="evaluative")
    assert isinstance(again, Run)
    assert again.folder == folder
    assert again.values is not None
    assert again.values.to_json() == open_run(folder).values.to_json()  # pyright: ignore[reportOptionalMemberAccess]


def test_a_notebook_shows_the_verdict_first_then_the_values_and_the_page(folder):
    shown = open_run(folder)._repr_html_()
    sentence, first = shown.index("A stable ranking"), shown.index("<table")
    assert sentence < first < shown.index("answers, ")
    assert "weigh report" in shown
    assert all(f">{value}<" in shown for value in BANK.values)
    page = write_report(folder)
    assert f"page: {page}" in open_run(folder)._repr_html_()


def test_values_are_shown_only_where_the_verdict_lets_them(tmp_path):
    run = measure(planted(position=30.0), BANK, tmp_path / "run", instrument="stated")
    assert run.verdict is not None
    assert run.verdict.level == "unmeasurable"
    assert run.values is None
    assert "<table" not in run._repr_html_()
    assert "No profile is shown" in run._repr_html_()
    # a record that holds numbers although its verdict hides them
    forged = Run({**run, "values": measure(planted(), BANK, tmp_path / "other", instrument="stated")["values"]})
    assert forged["values"]
    assert forged.values is None


def test_a_run_without_a_verdict_says_so(tmp_path):
    run = Run({"status": "interrupted", "verdict": None, "model": {"name": "m"}, "bank": {"name": "b"}})
    assert run.verdict is None
    assert run.values is None
    assert run.findings == ()
    assert "No verdict yet: interrupted." in run._repr_html_()
    assert repr(run) == "<Run m × b: no verdict yet (interrupted)>"


def test_recorded_answers_show_themselves_without_a_folder(folder):
    answers = open_run(folder).answers()
    verdict, run = score(answers, BANK, who="them")
    assert run.folder is None
    assert run.answers() is answers
    assert verdict.sentence in run._repr_html_()


def test_a_comparison_shows_its_pairs_and_is_plain_data(folder, tmp_path):
    measure(planted(theta={**THETA, BANK.values[0]: 12.0}), BANK, tmp_path / "moved", instrument="evaluative")
    measure(planted(position=30.0), BANK, tmp_path / "place", instrument="stated")
    found = compare([folder, tmp_path / "moved"])
    assert isinstance(found, Comparison)
    assert json.loads(json.dumps(found))["pairs"] == json.loads(json.dumps(found["pairs"]))
    shown = found._repr_html_()
    assert shown.count("<table") == 1
    assert "differs" in shown
    assert "differences>" in repr(found)
    silent = compare([tmp_path / "place", tmp_path / "place"])._repr_html_()
    assert "Nothing is compared" in silent
    assert "shows no profile" in silent


def test_hostile_text_is_shown_and_never_markup(folder, tmp_path):
    record = read_record(folder)
    record["model"]["name"] = record["bank"]["name"] = HOSTILE
    record["verdict"] = {"level": "ranking", "sentence": HOSTILE, "also": [HOSTILE]}
    record["values"] = {**record["values"], "method": HOSTILE, "who": [HOSTILE]}
    record["values"]["values"] = [{**row, "item": f"{HOSTILE}{n}"} for n, row in enumerate(record["values"]["values"])]
    (tmp_path / HOSTILE.replace("/", "")).mkdir()
    write_record(tmp_path / HOSTILE.replace("/", ""), record)
    run = open_run(tmp_path / HOSTILE.replace("/", ""))
    row = {"item": HOSTILE, "first": 0.0, "other": 1.0, "difference": 1.0, "low": 0.0, "high": 2.0, "differs": True}
    compared = Comparison(
        warnings=[HOSTILE],
        runs=[{"name": HOSTILE}, {"name": HOSTILE}],
        pairs=[
            {"first": 0, "other": 1, "measurable": True, "values": [{**row, "p_adjusted": 0.5}], "notes": [HOSTILE]},
            {"first": 0, "other": 1, "measurable": False, "why": HOSTILE, "values": []},
        ],
    )
    for shown in (run._repr_html_(), compared._repr_html_(), run.verdict._repr_html_()):  # pyright: ignore[reportOptionalMemberAccess]
        assert "<script" not in shown
        assert "&lt;script&gt;" in shown
    for told in (repr(run), repr(compared)):
        assert "\u202e" not in told


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no"):
        open_run(tmp_path)


def test_opening_a_run_loads_no_torch(folder):
    code = f"import sys, weigh; weigh.open_run({str(folder)!r})._repr_html_(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert weigh.open_run is open_run
