"""The command line as a person uses it: what is printed where, exit codes, clear errors."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from weigh.banks.bank import find_bank
from weigh.core.visible import visible

SCRIPT = """
import time
from weigh.banks.bank import find_bank
from weigh.testbeds.planted import Planted

BANK = find_bank("pilot")
THETA = {value: float(i) for i, value in enumerate(BANK.values)}
JUDGES = {
    name: Planted(BANK, theta=THETA, effect=0.45, paraphrase=0.6, seed=2, position=position)
    for name, position in (("steady", 0.0), ("position", 40.0))
}
DELAY = 0.0

def steady(ask):
    time.sleep(DELAY)
    return JUDGES["steady"].choose([ask])[0]

def position(ask):
    return JUDGES["position"].choose([ask])[0]

def scorer(ask):
    return JUDGES["position"].choose([ask])[0]

scorer.logprobs = lambda prompt: JUDGES["position"].logprobs([prompt])[0]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "judges_of_cli_test.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    sys.modules.pop("judges_of_cli_test", None)


def test_measure_ends_in_a_page_whose_path_is_printed_last(weigh, folder):
    code, out, err = weigh("measure", "pilot", "--model", "scripted:judges_of_cli_test:steady")
    assert code == 0
    page = folder / "runs" / "pilot-scripted-judges_of_cli_test-steady" / "report.html"
    assert out.splitlines()[-1].endswith("report.html")
    assert page.is_file()
    assert "A stable ranking with intervals." in out
    assert "forced choice" in err


def test_json_is_the_only_thing_on_stdout(weigh, folder):
    args = ("measure", "pilot", "--model", "scripted:judges_of_cli_test:scorer", "--out", "run", "--json")
    code, out, _ = weigh(*args)
    found = json.loads(out)
    assert code == 0
    assert found["method"] == "evaluative"
    assert len(found["values"]) == 10
    assert set(found["values"][0]) >= {"item", "mean", "low", "high"}
    assert found["diagnostics"]["controls"]["passed"] is True
    assert (folder / "run" / "report.html").is_file()


def test_two_models_make_two_runs(weigh, folder):
    models = ("--model", "scripted:judges_of_cli_test:steady", "--model", "scripted:judges_of_cli_test:position")
    code, out, _ = weigh("measure", "pilot", *models, "--out", "both", "--json")
    found = json.loads(out)
    assert code == 0
    assert len(found) == 2
    assert [one["verdict"]["level"] for one in found.values()][1] == "unmeasurable"
    assert len(list((folder / "both").glob("*/report.html"))) == 2


def test_dry_run_asks_nothing(weigh, folder):
    judge = "scripted:judges_of_cli_test:steady"
    code, out, _ = weigh("measure", "pilot", "-m", judge, "--dry-run")
    assert code == 0
    assert json.loads(out)["answers"] > 300
    assert not (folder / "runs").exists()


def test_a_second_run_resumes_and_fresh_sets_it_aside(weigh, folder):
    args = ("measure", "pilot", "-m", "scripted:judges_of_cli_test:steady", "--out", "run", "--limit", "20")
    weigh(*args)
    before = (folder / "run" / "answers.jsonl").read_bytes()
    weigh(*args)
    assert (folder / "run" / "answers.jsonl").read_bytes() == before
    _, _, err = weigh(*args, "--fresh")
    assert "run.1" in err
    assert (folder / "run.1" / "answers.jsonl").read_bytes() == before


def test_gate_exits_with_1_where_no_profile_may_be_shown(weigh, folder):
    for name, expected in (("steady", 0), ("position", 1)):
        weigh("measure", "pilot", "-m", f"scripted:judges_of_cli_test:{name}", "--out", name)
        code, out, _ = weigh("gate", name)
        assert code == expected
        assert "order swap" in out
        code, out, _ = weigh("gate", name, "--json")
        assert code == expected
        assert len(json.loads(out)["findings"]) == 8


def test_score_and_gate_on_somebody_elses_columns(weigh, folder):
    bank = find_bank("pilot")
    lines = ["item,answer,shown,who_said"]
    lines += [f'{i.id},{o[0]},"{o[0]},{o[1]}",m{n}' for n in (1, 2) for i in bank.items for o in ((0, 1), (1, 0))]
    (folder / "theirs.csv").write_text("\n".join(lines))
    maps = [f"--map={a}" for a in ("item=question", "answer=choice", "shown=order", "who_said=model")]
    code, out, _ = weigh("score", "pilot", "theirs.csv", *maps, "--json", "--out", "scored")
    by = json.loads(out)["by"]
    assert code == 0
    assert set(by) == {"m1", "m2"}
    assert by["m1"]["position"]["first_place"] == 1.0
    assert (folder / "scored" / "m1" / "report.html").is_file()
    code, out, _ = weigh("gate", "theirs.csv", "--bank", "pilot", *maps)
    assert code == 1
    assert out.count("follow position") >= 2


def test_report_writes_the_page_anew(weigh, folder):
    weigh("measure", "pilot", "-m", "scripted:judges_of_cli_test:steady", "--out", "run")
    page = folder / "run" / "report.html"
    before = page.read_bytes()
    page.unlink()
    code, out, _ = weigh("report", "run")
    assert code == 0
    assert out.strip().endswith("report.html")
    assert page.read_bytes() == before


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["measure", "pilot", "--model", "smoll"], "smol"),
        (["measure", "nobank", "--model", "scripted:judges_of_cli_test:steady"], "pilot"),
        (["measure", "pilot", "-m", "scripted:judges_of_cli_test:steady", "--instrument", "evaluative"], "logprobs"),
        (["measure", "pilot", "-m", "scripted:judges_of_cli_test:steady", "--limit", "3", "--all"], "one of them"),
        (["measure", "pilot", "-m", "recorded:gone.csv"], "gone.csv"),
        (["gate", "gone"], "gone"),
        (["report", "."], "run.json"),
        (["score", "pilot", "judges_of_cli_test.py"], "judges_of_cli_test.py"),
        (["methods", "evaluativ"], "evaluative"),
    ],
)
def test_errors_are_one_sentence_and_exit_code_2(weigh, args, says):
    code, out, err = weigh(*args)
    assert code == 2
    assert says in err
    assert "Traceback" not in out + err


def test_lists(weigh):
    assert "pilot" in weigh("banks")[1]
    assert json.loads(weigh("banks", "pilot", "--json")[1])["n_dilemmas"] == 90
    assert "measure/stated" in weigh("methods")[1]
    assert json.loads(weigh("methods", "gate", "--json")[1])["address"] == "measure/gate"
    assert "90" in weigh("banks", "pilot")[1]
    assert "this project" in weigh("methods", "stated")[1]


def test_doctor_knows_what_can_run(weigh):
    code, out, _ = weigh("doctor", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["judges"]["recorded:FILE"] == "ready"
    assert found["processor"]["cores"] >= 1
    assert "processor" in weigh("doctor")[1]


def test_hostile_names_do_not_reach_the_terminal(weigh, folder):
    rows = [{"question": i.id, "choice": "A", "model": "\x1b[2J\u202eevil[bold]"} for i in find_bank("pilot").items]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    _, out, _ = weigh("gate", "a.jsonl", "--bank", "pilot")
    assert "\x1b[2J" not in out
    assert "\u202e" not in out
    assert "⟦U+001B⟧[2J⟦U+202E⟧evil[bold]" in out
    assert visible("a\tb\nc") == "a\tb\nc"


def start(folder, *args):
    code = "from weigh.doors.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code, *args], cwd=folder, env=environment, stdout=pipe, stderr=pipe)


def wait_for(condition, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.02)


def test_ctrl_c_and_two_runs_on_one_folder(weigh, folder):
    script = (folder / "judges_of_cli_test.py").read_text()
    (folder / "judges_of_cli_test.py").write_text(script.replace("DELAY = 0.0", "DELAY = 0.01"))
    args = ("measure", "pilot", "-m", "scripted:judges_of_cli_test:steady", "--out", "run")
    child = start(folder, *args)
    ledger = folder / "run" / "answers.jsonl"
    wait_for(lambda: ledger.exists() and ledger.read_bytes().count(b"\n") >= 64)
    code, _, err = weigh(*args)
    assert code == 2
    assert "run" in err
    assert str(child.pid) in err
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert b"Traceback" not in err
    assert out.decode().splitlines()[-1].endswith("report.html")
    assert "every answer so far is kept" in err.decode()
    (folder / "judges_of_cli_test.py").write_text(script)
    kept = ledger.read_bytes()
    assert kept.count(b"\n") >= 64
    # the script's text is part of its fingerprint, so the changed judge is another one
    code, _, err = weigh(*args)
    assert code == 2
    assert "--fresh" in err
    assert ledger.read_bytes() == kept


def packages_after(code: str, **env: str) -> set[str]:
    """The top-level modules that a new Python holds at the end of some code."""
    code += "\nimport sys; print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    given = {**os.environ, **env}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=given)
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("given", "env"),
    [
        (["--help"], {}),
        (["--version"], {}),
        (["measure", "--help"], {}),
        (["gate", "--help"], {}),
        (["fit", "--help"], {}),
        (["fit", "thurstone", "--help"], {}),
        ([], {"_WEIGH_COMPLETE": "complete_bash", "COMP_WORDS": "weigh fit thur", "COMP_CWORD": "2"}),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else None,
)
def test_help_and_completion_load_typer_and_nothing_else(given: list[str], env: dict[str, str]) -> None:
    bare = "import typer\napp = typer.Typer(rich_markup_mode=None)\n@app.command()\ndef run(n: int = 1): pass\n"
    call = "try: {}\nexcept SystemExit: pass\n"
    typers = packages_after(bare + call.format("app(['--n', '2'])"))
    start = f"import sys; sys.argv = ['weigh', *{given}]\nfrom weigh.doors.cli import main\n"
    loaded = packages_after(start + call.format("main()"), **env) - typers
    assert loaded <= sys.stdlib_module_names | {"weigh"}


def test_importing_the_package_loads_no_other() -> None:
    assert packages_after("import weigh") - packages_after("pass") <= sys.stdlib_module_names | {"weigh"}
