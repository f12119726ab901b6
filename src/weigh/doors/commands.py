"""Commands that are made from method cards: `weigh VERB METHOD FILE … --option value`.

A card becomes a command where every input is a table, a path or a scalar. Helping and completing read the catalogue
alone; a method's module is imported when its command runs. `learn`, `train` and `guide` take a TOML file instead, whose
keys are the method's inputs and options. `measure` is the command line's own.
"""

from __future__ import annotations

import ast
import inspect
import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import typer
from typer.core import TyperGroup

from weigh.core import method
from weigh.core.errors import InputError, WeighError

ABOUT = {
    "fit": "How much: values or a reward from evidence.",
    "pool": "How much for all of us together: many people's values become one.",
    "credit": "Who or what contributed.",
    "learn": "What it is worth later: a value function.",
    "train": "Make a model act by values.",
    "guide": "The same at run time, weights untouched.",
    "decide": "So what do we do: a choice with its reasons.",
}
BY_TOML = ("learn", "train", "guide")
TABLES = ("Answers", "Comparisons", "Ratings", "Rankings", "Transitions", "Passages", "Values")
SCALARS = {"int": int, "float": float, "str": str, "bool": bool, "Path": Path, "PathLike": Path}


def add_commands(app: typer.Typer) -> None:
    """Give an app one group of commands a verb, which read the catalogue when they are asked for."""
    for verb, about in ABOUT.items():
        app.add_typer(typer.Typer(cls=_Verb, no_args_is_help=True), name=verb, help=about)


def run_or_explain(call: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Call it; an error that weigh raises on purpose becomes one sentence on stderr and exit code 2."""
    try:
        return call(*given, **named)
    except WeighError as error:
        typer.echo(f"weigh: {printable(str(error))}", err=True)
        raise SystemExit(2) from None


def printable(text: str) -> str:
    """Text on one line, without the control characters by which a file could drive the terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))


def show(result: Any, *, as_json: bool) -> None:
    """Print a result: JSON, or a table where it is values."""
    plain: Any = [one.to_json() for one in result] if isinstance(result, list | tuple) else result.to_json()
    if as_json or not ("values" in plain or "by" in plain):
        typer.echo(json.dumps(plain, ensure_ascii=False, indent=None if as_json else 1))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    by = plain.get("by") or {"": plain["values"]}
    table = Table(*["who"][: "by" in plain], "item", plain.get("scale", {}).get("unit") or "value", "95 % interval")
    for who, rows in by.items():
        for row in sorted(rows, key=lambda row: -row["mean"]):
            interval = "" if row["low"] is None else f"{row['low']:.3g} to {row['high']:.3g}"
            cells = [*[who][: "by" in plain], row["item"], f"{row['mean']:.3g}", interval]
            table.add_row(*(Text(printable(cell)) for cell in cells))
    Console().print(table)


class _Verb(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        cards = [card for at, card in sorted(method.catalogue().items()) if at.startswith(f"{self.name}/")]
        return [card.address.split("/")[1].replace("_", "-") for card in cards if _fits(card)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        address = f"{self.name}/{cmd_name.replace('-', '_')}"
        card = method.built_in().get(address) or method.catalogue().get(address)
        if card is None or not _fits(card):
            return None
        app = typer.Typer(add_completion=False)
        app.command(cmd_name, help=_help(card))(_function(card))
        return typer.main.get_command(app)


def _fits(card: method.Card) -> bool:
    needed = [*card.inputs, *(option for option in card.options if option.default is None)]
    return all(_kinds(option.annotation) for option in needed)


def _help(card: method.Card) -> str:
    return f"{card.summary}\n\nSource: {card.paper}. Ours departs: {card.departs}."


def _kinds(annotation: str) -> list[Any]:
    """What a parameter may be: types, names of tables, ("is", literal) and ("many", kinds); empty for anything else."""

    def read(node: ast.expr) -> list[Any]:
        match node:
            case ast.BinOp(left=left, right=right):
                return read(left) + read(right)
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return [SCALARS.get(name, name)] if name in SCALARS or name in TABLES else []
            case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
                if name == "Literal":
                    return [("is", value.value) for value in getattr(inner, "elts", [inner])]
                kinds = read(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
                return [("many", kinds)] if name in ("list", "tuple", "Sequence", "Iterable") and kinds else []
        return []

    return read(ast.parse(annotation or "_", mode="eval").body)


def _function(card: method.Card) -> Callable[..., None]:
    """A function whose signature typer turns into the command's arguments and options."""
    by_toml = card.address.split("/")[0] in BY_TOML
    kinds = {option.name: _kinds(option.annotation) for option in (*card.inputs, *card.options)}
    rename = {"rename": typer.Option("--map", metavar="THEIRS=OURS", help="Rename a column; may be repeated.")}
    as_json = {"as_json": typer.Option("--json", help="Print JSON.")}
    if by_toml:
        keys = "; ".join(f"{option.name}: {option.doc}" for option in (*card.inputs, *card.options))
        shown: dict[str, Any] = {"file": (Path, ..., typer.Argument(exists=True, dir_okay=False, help=keys))}

    def run(**given: Any) -> None:
        as_json, renames = given.pop("as_json"), dict(map(_renaming, given.pop("rename") or ()))
        folder = Path()
        if by_toml:
            folder = given["file"].parent
            given = _read_toml(given["file"], kinds)
        inputs = {name: _read(value, kinds[name], renames, folder) for name, value in given.items() if value is not None}
        positional = [inputs.pop(option.name) for option in card.inputs if option.name in inputs]
        show(method.load(card)(*positional, **inputs), as_json=as_json)
