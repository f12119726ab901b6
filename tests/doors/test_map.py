"""`--map THEIRS=OURS` on our own commands: tables that are typed as evidence, as paths, and several in one command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from weigh.core.tables import Renamed, read_table, write_table
from weigh.doors.commands import add_commands

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    app = typer.Typer(rich_markup_mode=None)
    add_commands(app)
    return lambda *given: CliRunner().invoke(app, [*map(str, given), "--json"], env={"COLUMNS": "120"})


def values(done: Result) -> dict[str, float]:
    assert done.exit_code == 0, done.output + repr(done.exception)
    return {row["item"]: row["mean"] for row in json.loads(done.stdout)["values"]}


def test_a_table_typed_as_a_path_is_renamed(run: Run, tmp_path: Path) -> None:
    file = write_table(tmp_path / "teams.csv", {"team": ["-", "ann", "bo", "ann bo"], "points": [1.0, 2.0, 4.0, 9.0]})
    assert run("credit", "collective-xai", file).exit_code == 2
    done = run("credit", "collective-xai", file, "--map", "team=coalition", "--map", "points=value")
    assert values(done) == {"ann": 3.0, "bo": 5.0}


def test_of_several_tables_each_is_renamed_where_it_has_the_column(run: Run, tmp_path: Path) -> None:
    ratings = write_table(
        tmp_path / "ratings.csv",
        {
            "voter": ["ada"] * 4 + ["bo"] * 4,
            "item": ["bench", "none", "trees", "lawn"] * 2,
            "value": [5.0, 1, 4, 2] * 2,
        },
    )
    costs = write_table(
        tmp_path / "costs.csv",
        {
            "item": ["bench", "none", "trees", "lawn"],
            "part": ["seat", "seat", "green", "green"],
            "cost": [3.0, 0, 2, 1],
        },
    )
    groups = write_table(tmp_path / "groups.csv", {"voter": ["ada", "bo"], "group": ["walkers", "drivers"]})
    given = ("pool", "negotiation", ratings, "--costs", costs, "--groups", groups, "--budget", 4, "--start", "none",
             "--start", "lawn", "--map", "voter=who")  # fmt: skip
    done = run(*given, "--map", "part=element")
    assert done.exit_code == 0, done.output + repr(done.exception)
    assert sorted(json.loads(done.stdout)["by"]) == ["drivers", "walkers"]
    failed = run(*given, "--map", "price=cost")
    assert failed.exit_code == 2
    assert "no table has the column 'price', which is to be renamed" in failed.stderr
    assert "groups.csv has voter, group" in failed.stderr


@pytest.mark.parametrize(
    ("verb", "name", "columns", "renamed"),
    [
        ("pool", "lsc-rewards", {"answer": ["a", "b", "c"], "m": [0.0, 2.0, 1.0]}, "answer=completion"),
        ("pool", "reward-ensemble", {"answer": ["a", "b", "c"], "m": [0.0, 2.0, 1.0]}, "answer=completion"),
        (
            "pool", "moral-graph",
            {"who": list("abc"), "before": ["rules"] * 3, "to": ["care"] * 3, "vote": ["upgrade"] * 3}, "before=from",
        ),
        ("fit", "bradley-terry", {"left": ["a", "b"], "right": ["b", "a"], "won": ["a", "a"]}, "won=winner"),
    ],
)  # fmt: skip
def test_every_way_in_which_methods_read_tables(run: Run, tmp_path: Path, verb, name, columns, renamed) -> None:
    file = write_table(tmp_path / "table.csv", columns)
    assert len(values(run(verb, name, file, "--map", renamed))) >= 2
    failed = run(verb, name, file, "--map", "gone=ours")
    assert failed.exit_code == 2
    assert "there is no column 'gone' to rename to 'ours'" in failed.stderr


def test_ties_and_cards_of_a_table_are_renamed(run: Run, tmp_path: Path) -> None:
    rows = {"who": ["Ada", "Bo"] * 2, "item": ["care"] * 4, "value": [0.0, 1, 0.25, 0.75]}
    file = write_table(tmp_path / "waves.csv", {**rows, "year": ["2024", "2024", "2025", "2025"]})
    ties = write_table(tmp_path / "ties.csv", {"one": ["Ada"], "other": ["Bo"]})
    given = ("--map", "year=criterion", "--map", "one=left", "--map", "other=right")
    assert json.loads(run("pool", "influence", file, ties, *given).stdout)["by"].keys() == {"Ada", "Bo"}
    votes = write_table(
        tmp_path / "votes.csv", {"who": list("abc"), "from": ["r"] * 3, "to": ["c"] * 3, "vote": ["upgrade"] * 3}
    )
    cards = write_table(tmp_path / "cards.jsonl", {"key": ["r", "c"], "title": ["Rules", "Care"]})
    assert set(values(run("pool", "moral-graph", votes, "--cards", cards, "--map", "key=id"))) == {"Rules", "Care"}
    (tmp_path / "cards.json").write_text('[{"id": "r", "title": "Rules"}]', "utf-8")
    done = run("pool", "moral-graph", votes, "--cards", tmp_path / "cards.json", "--map", "who=who")
    assert set(values(done)) == {"Rules", "c"}


def test_a_renamed_file_stands_for_its_path(tmp_path: Path) -> None:
    file = write_table(tmp_path / "a.csv", {"person": ["Ada"], "x": [1.0]})
    assert list(read_table(Renamed(file, {"person": "who"}), {"x": "value"})) == ["who", "value"]
    assert str(Renamed(file, {})) == str(file)
