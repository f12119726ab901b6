"""Commands from cards: what is offered, how files and options reach the method, what is printed, and how it fails."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from weigh.core import method as registry
from weigh.core.choice import Choice
from weigh.core.errors import InputError
from weigh.core.evidence import Comparisons, Ratings
from weigh.core.method import SOURCE, Card, method
from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.doors.commands import BY_TOML, add_commands, run_or_explain

Run = Callable[..., Result]
CARD: dict[str, Any] = {"paper": "arXiv:1", "takes": Ratings, "gives": Values, "departs": "nothing"}
SCALE = Scale("interval", "real", "points")
RATINGS = "person,item,value\nAda,tea,3\nAda,rum,1\nBo,tea,2\nBo,rum,0\n"


@method(slug="mean-of-all", **CARD, verb="pool")
def averages(
    ratings: Ratings,
    *,
    bounds: Literal["spread", "none"] = "spread",
    shift: float = 0.0,
    times: int | str = 1,
    strict: bool = False,
    only: list[str] | None = None,
    prior: Values | None = None,
    seed: int = 0,
    hook: Callable[[], None] | None = None,
) -> Values:
    """Average the ratings.

    Parameters
    ----------
    ratings : Ratings
        What people said.
    bounds : {"spread", "none"}
        What the interval is.
    shift : float
        Added to all.
    times : int
        How often.
    strict : bool
        Whether to be so.
    only : list of str
        Items to keep.
    prior : Values
        Where to begin.
    seed : int
        Of nothing.
    hook : callable
        Not for a terminal.
    """
    if strict:
        raise InputError("strict:\n  nothing\x1b[31m is good enough")
    items = tuple(only or dict.fromkeys(ratings.item.tolist()))
    values = [ratings.value[ratings.item == item] for item in items]
    mean = np.array([x.mean() for x in values]) + shift + (prior.mean.sum() if prior else 0)
    low = np.array([x.min() for x in values]) + shift if bounds == "spread" else None
    high = np.array([x.max() for x in values]) + shift if bounds == "spread" else None
    notes = {"times": times, "seed": seed, "hooked": hook is not None}
    return Values(items, ("all",), mean, low, high, scale=SCALE, method="pool/averages", notes=notes)


@method(slug="many", **CARD, verb="pool")
def several(values: list[Values], costs: Ratings | None = None) -> Values:
    """Pool several."""
    who = tuple(f"\x1b[31m{i}" for i in range(len(values)))
    return Values(values[0].items, who, [v.mean for v in values], scale=SCALE, method="pool/several")


@method(slug="not-a-command", **CARD, verb="pool")
def needs_code(game: dict[str, Any], *, seed: int = 0) -> Values:
    """Cannot be a command."""
    raise AssertionError


@method(slug="pick", **CARD, verb="decide")
def pick(budget: float, comparisons: Comparisons) -> Choice:
    """Pick one."""
    return Choice(("tea",), budget, "", (("it is hot", float(len(comparisons))),))


@method(slug="agent", **CARD, verb="learn")
def agent(
    ratings: Ratings, env: str | dict, *, steps: int = 3, folder: Path | None = None, net: dict | None = None
) -> Any:
    """Learn something."""
    notes = {"env": env, "steps": steps, "folder": str(folder), "net": net or {}}
    return Values(("a",), ("all",), [ratings.value.sum()], scale=SCALE, method="learn/agent", notes=notes)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    functions = {"pool/averages": averages, "pool/several": several, "pool/needs_code": needs_code}
    functions |= {"decide/pick": pick, "learn/agent": agent}
    cards = {at: replace(f.card, address=at) for at, f in functions.items()}
    monkeypatch.setattr(registry, "built_in", lambda: cards)
    monkeypatch.setattr(registry, "extensions", lambda: ({}, {}))
    monkeypatch.setattr(registry, "load", lambda card: functions[card.address])
    app = typer.Typer(rich_markup_mode=None)
    app.command("measure")(lambda: None)
    add_commands(app)
    return lambda *given: CliRunner().invoke(app, [str(part) for part in given], env={"COLUMNS": "120"})


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    (tmp_path / "ratings.csv").write_text(RATINGS, "utf-8")
    return tmp_path / "ratings.csv"


def test_a_command_a_method_whose_inputs_fit(run: Run) -> None:
    listed = run("pool", "--help").stdout
    assert "averages" in listed
    assert "Average the ratings." in listed
    assert "several" in listed
    assert "needs-code" not in listed
    assert "No such command" in run("pool", "needs-code").stderr
    assert "No such command" in run("pool", "pick").stderr


def test_help_is_the_cards(run: Run) -> None:
    told = " ".join(run("pool", "averages", "--help").stdout.split())
    for text in (
        "Average the ratings.",
        "arXiv:1",
        "RATINGS",
        "What people said.",
        "--bounds",
        "spread|none",
        "Added to",
    ):
        assert text in told
    for text in (
        "(0.0)",
        "(spread)",
        "--strict",
        "--no-strict",
        "--only",
        "--prior",
        "--seed",
        "--map",
        "--json",
        "--report",
        "--plot",
    ):
        assert text in told
    assert "--hook" not in told


def test_table_with_intervals(run: Run, ratings: Path) -> None:
    shown = run("pool", "averages", ratings, "--map", "person=who")
    assert shown.exit_code == 0
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert lines[0] == ["who", "item", "points", "95", "%", "interval"]
    assert lines[1] == ["all", "tea", "2.5", "2", "…", "3"]
    assert lines[2] == ["all", "rum", "0.5", "0", "…", "1"]


def test_json_is_the_values(run: Run, ratings: Path) -> None:
    shown = run("pool", "averages", ratings, "--map", "person=who", "--json", "--bounds", "none", "--shift", 1)
    plain = json.loads(shown.stdout)
    assert plain["method"] == "pool/averages"
    assert plain["values"] == [
        {"item": "tea", "mean": 3.5, "low": None, "high": None},
        {"item": "rum", "mean": 1.5, "low": None, "high": None},
    ]
    assert plain["diagnostics"] == {"times": 1, "seed": 0, "hooked": False}


def test_a_page_and_a_plot_are_written_beside_the_result(run: Run, ratings: Path, tmp_path: Path) -> None:
    done = run("pool", "averages", ratings, "--map", "person=who", "--json", "--report", tmp_path / "out", "--plot",
               tmp_path / "a.svg")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["method"] == "pool/averages"
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "arXiv:1" in page
    assert "tea" in page
    assert (tmp_path / "a.svg").read_text("utf-8").startswith("<svg")
    assert str(tmp_path / "a.svg") in done.stderr


def test_options_reach_the_method_and_the_rest_is_left_to_it(run: Run, ratings: Path, tmp_path: Path) -> None:
    prior = tmp_path / "prior.json"
    prior.write_text(json.dumps(Values(("x", "y"), ("z",), [1.0, 2.0], scale=SCALE, method="m").to_json()), "utf-8")
    given = (
        "--map",
        "person=who",
        "--json",
        "--only",
        "rum",
        "--only",
        "tea",
        "--seed",
        7,
        "--bounds",
        "none",
        "--prior",
        prior,
    )
    done = run("pool", "averages", ratings, *given)
    assert done.exit_code == 0, done.output + repr(done.exception)
    plain = json.loads(done.stdout)
    assert [row["item"] for row in plain["values"]] == ["rum", "tea"]
    assert [row["mean"] for row in plain["values"]] == [3.5, 5.5]
    assert plain["diagnostics"]["seed"] == 7


def test_slug_and_underscores_are_aliases(run: Run, ratings: Path) -> None:
    for name in ("averages", "mean-of-all"):
        assert run("pool", name, ratings, "--map", "person=who").exit_code == 0


def test_several_files_and_several_people(run: Run, tmp_path: Path) -> None:
    values = Values(("x", "y"), ("z",), [1.0, 2.0], scale=SCALE, method="m")
    values.write_parquet(tmp_path / "b.parquet")
    (tmp_path / "a.json").write_text(json.dumps(values.to_json()), "utf-8")
    shown = run("pool", "several", tmp_path / "a.json", tmp_path / "b.parquet")
    assert shown.exit_code == 0, shown.output
    assert len(shown.stdout.splitlines()) == 5
    assert "\x1b" not in shown.stdout
    assert list(json.loads(run("pool", "several", tmp_path / "a.json", "--json").stdout)["who"]) == ["\x1b[31m0"]


def test_scalar_inputs_and_results_that_are_no_values(run: Run, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("left,right,winner\ntea,rum,tea\n", "utf-8")
    plain = json.loads(run("decide", "pick", "2.5", tmp_path / "c.csv").stdout)
    assert plain["picked"] == ["tea"]
    assert plain["score"] == 2.5


def test_errors_are_one_clean_sentence_and_code_2(run: Run, ratings: Path, tmp_path: Path) -> None:
    failed = run("pool", "averages", ratings, "--map", "person=who", "--strict")
    assert failed.exit_code == 2
    assert failed.stdout == ""
    assert failed.stderr.startswith("weigh: strict: nothing")
    assert failed.stderr.count("\n") == 1
    assert "\x1b" not in failed.stderr
    for given in (
        (ratings,),
        (tmp_path / "gone.csv",),
        (ratings, "--map", "person"),
        (ratings, "--prior", "gone.json"),
    ):
        failed = run("pool", "averages", *given)
        assert failed.exit_code == 2
        assert failed.stderr.startswith("weigh: ")
    assert run("pool", "averages", ratings, "--bounds", "wrong").exit_code == 2


def test_toml_holds_inputs_and_options(run: Run, ratings: Path, tmp_path: Path) -> None:
    ratings.write_text(RATINGS.replace("person", "who"), "utf-8")
    config = tmp_path / "run.toml"
    config.write_text('ratings = "ratings.csv"\nenv = "chain"\nsteps = 5\nfolder = "out"\n[net]\nwidth = 8\n', "utf-8")
    plain = json.loads(run("learn", "agent", config, "--json").stdout)
    assert plain["values"][0]["mean"] == 6
    assert plain["diagnostics"] == {"env": "chain", "steps": 5, "folder": str(tmp_path / "out"), "net": {"width": 8}}
    assert "steps (int)" in " ".join(run("learn", "agent", "--help").stdout.split())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ratings = 3\nenv = 'x'", "ratings is 3"),
        ("ratings = 'ratings.csv'", "does not set 'env'"),
        ("ratings = 'ratings.csv'\nenv = 'x'\nstepps = 3", "'stepps', which is unknown"),
        ("ratings = ", "not valid TOML"),
    ],
)
def test_toml_that_is_wrong(run: Run, ratings: Path, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "run.toml").write_text(text, "utf-8")
    failed = run("learn", "agent", tmp_path / "run.toml")
    assert failed.exit_code == 2
    assert says in failed.stderr


def test_measure_is_not_generated_and_every_other_verb_is(run: Run) -> None:
    for verb in registry.VERBS:
        assert run(verb, "--help").exit_code == 0
    assert set(BY_TOML) < set(registry.VERBS)
    assert run("measure").exit_code == 0


def test_run_or_explain_lets_other_errors_and_results_through() -> None:
    assert run_or_explain(lambda a, b: a + b, 1, b=2) == 3
    with pytest.raises(KeyError):
        run_or_explain({}.__getitem__, 1)


def test_help_imports_nothing_heavy() -> None:
    heavy = ["torch", "transformers", "scipy", "pyarrow", "sklearn", "pandas", "polars", "altair", "numpy"]
    code = (
        "import sys, time; began = time.perf_counter(); import typer; from weigh.doors.commands import add_commands; "
        "app = typer.Typer(rich_markup_mode=None); app.command('measure')(lambda: None); add_commands(app)\n"
        "for given in (['--help'], ['pool', '--help']):\n"
        "    try: app(given)\n"
        "    except SystemExit: pass\n"
        "print(time.perf_counter() - began)\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=SOURCE.parent, capture_output=True, text=True, check=True)
    *_, seconds, loaded = done.stdout.splitlines()
    print(f"weigh --help and weigh pool --help: {float(seconds):.2f} s")
    assert loaded == "[]"


def test_every_registered_method_has_a_command_or_an_input_that_no_terminal_gives() -> None:
    from weigh.doors.commands import _fits, _from_options, _from_toml

    for card in registry.built_in().values():
        if _fits(card):
            assert callable(_from_options(card))
            assert callable(_from_toml(card))
    assert isinstance(averages.card, Card)
