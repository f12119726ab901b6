"""Commands that are made from method cards: `weigh VERB METHOD FILE … --option value`.

A card becomes a command where every input is a table, a path or a scalar. Helping and completing read the catalogue
alone; a method's module is imported when its command runs. `learn`, `train` and `guide` take a TOML file instead, whose
keys are the method's inputs and options. `measure` is the command line's own.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
from typer.core import TyperGroup

from weigh.core import method
from weigh.core.documents import read_json, read_toml
from weigh.core.errors import InputError, WeighError
from weigh.doors.giving import SHOWN, give

ABOUT = {
    "fit": "How much: values or a reward from evidence.",
    "pool": "How much for all of us together: the values of many become one.",
    "credit": "Who or what contributed.",
    "learn": "What it is worth later: a value function.",
    "train": "Make a model act by values.",
    "guide": "The same at run time, weights untouched.",
    "decide": "So what do we do: a choice with its reasons.",
}
BY_TOML = ("learn", "train", "guide")
TABLES = ("Answers", "Comparisons", "Ratings", "Rankings", "Transitions", "Passages", "Votes", "Values")
SCALARS = {"int": int, "float": float, "str": str, "bool": bool, "Path": Path, "PathLike": Path}


def add_commands(app: typer.Typer) -> None:
    """Give an app one group of commands a verb; a group reads the catalogue when it is asked for."""
    # a verb without methods is not shown; looking into extensions would import them, so any of them shows all verbs
    shown = ABOUT if method.is_extended() else {address.split("/")[0] for address in method.built_in()}
    for verb, about in ABOUT.items():
        group = typer.Typer(cls=_Verb, no_args_is_help=True, rich_markup_mode=None)
        app.add_typer(group, name=verb, help=about, hidden=verb not in shown)


def run_or_explain(call: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Call it; what weigh raises on purpose, or the system says of a file, is a sentence on stderr and exit code 2."""
    try:
        return call(*given, **named)
    except BrokenPipeError:
        raise
    except (WeighError, OSError) as error:
        from weigh.core.visible import visible

        # without a file's name it is no answer to what was asked for, but a fault
        if not isinstance(error, WeighError) and error.filename is None:
            raise
        typer.echo(f"weigh: {visible(' '.join(str(error).split()))}", err=True)
        raise SystemExit(2) from None


class _Verb(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        cards = [card for at, card in sorted(method.catalogue().items()) if at.startswith(f"{self.name}/")]
        return [card.address.split("/")[1].replace("_", "-") for card in cards if _fits(card)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        for name in (f"{self.name}/{cmd_name}", cmd_name):
            with contextlib.suppress(InputError):
                card = method.find(name)
                if card.address.startswith(f"{self.name}/") and _fits(card):
                    app = typer.Typer(add_completion=False, rich_markup_mode=None)
                    about = f"{card.summary}\n\nSource: {card.paper}. Departs: {card.departs}."
                    app.command(cmd_name, help=about)(_from_toml(card) if self.name in BY_TOML else _from_options(card))
                    return typer.main.get_command(app)
        return None


def _fits(card: method.Card) -> bool:
    needed = [*card.inputs, *(option for option in card.options if option.default is None)]
    return all(_hint(one.annotation) for one in needed)


def _from_options(card: method.Card) -> Callable[..., None]:
    def run(*, weigh_map: list[str] | None = None, **given: Any) -> None:
        shown = {name: given.pop(name) for name, _, _ in SHOWN}
        # an option that is not given is left to the method
        given = {name: value for name, value in given.items() if value not in (None, [])}
        _run(card, given, dict(map(renaming, weigh_map or ())), Path(), **shown)

    rows: list[tuple[str, Any, Any]] = []
    hints = {one: hint for one in (*card.inputs, *card.options) if (hint := _hint(one.annotation))}
    for one, (kind, _) in hints.items():
        if one in card.inputs and one.default is None:
            rows.append((one.name, typer.Argument(..., metavar=one.name.upper(), help=one.doc), kind))
            continue
        default, told = (... if one.default is None else None), one.default not in (None, "None", "''")
        shown = typer.Option(default, help=one.doc, show_default=str(one.default).strip("'") if told else False)
        rows.append((one.name, shown, kind | None))
    if any(table for _, table in hints.values()):
        about = "Rename a column; may be repeated."
        rows.append(("weigh_map", typer.Option(None, "--map", metavar="THEIRS=OURS", help=about), list[str] | None))
    return _signed(run, rows)


def _from_toml(card: method.Card) -> Callable[..., None]:
    known = {one.name: one for one in (*card.inputs, *card.options)}

    def run(*, config: Path, **shown: Any) -> None:
        given = read_toml(config, f"the keys {', '.join(known)}")
        missing = [name for name, one in known.items() if one.default is None and name not in given]
        unknown = [name for name in given if name not in known]
        if missing or unknown:
            wrong = f"sets {unknown[0]!r}, which is unknown" if unknown else f"does not set {missing[0]!r}"
            raise InputError(f"{config} {wrong}; {card.address} has the keys {', '.join(known)}")
        _run(card, given, {}, config.parent, **shown)

    keys = "Its keys: " + "; ".join(f"{one.name} ({one.annotation}): {one.doc}" for one in known.values())
    return _signed(run, [("config", typer.Argument(..., metavar="CONFIG.toml", exists=True, help=keys), Path)])


def _signed(run: Callable[..., None], rows: list[tuple[str, Any, Any]]) -> Callable[..., None]:
    def command(**given: Any) -> None:
        run_or_explain(run, **given)

    rows = [*rows, *SHOWN]
    parameters = [inspect.Parameter(a, inspect.Parameter.KEYWORD_ONLY, default=b, annotation=c) for a, b, c in rows]
    command.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess]
    return command


def _run(card: method.Card, given: dict[str, Any], renames: dict[str, str], folder: Path, **shown: Any) -> None:
    hints = {one.name: _hint(one.annotation) for one in (*card.inputs, *card.options)}
    ready = {name: _read(name, value, hints[name], renames, folder) for name, value in given.items()}
    give(method.load(card)(**ready), card, **shown)


def _read(name: str, value: Any, hint: tuple[Any, str] | None, renames: dict[str, str], folder: Path) -> Any:
    kind, table = hint or (None, "")
    if get_origin(kind) is list and isinstance(value, list):
        return [_read(name, part, (get_args(kind)[0], table), renames, folder) for part in value]
    if kind is not Path:
        return value
    if not isinstance(value, str | Path):
        raise InputError(f"{name} is {value!r}; expected the name of a file")
    path = folder / value
    if table == "Values":
        values = importlib.import_module("weigh.core.values").Values
        if not path.is_file():
            raise InputError(f"{path}: there is no such file; expected values as --json prints them, or as Parquet")
        known = path.suffix == ".parquet"
        return values.read_parquet(path) if known else values.from_json(read_json(path, "values as --json prints them"))
    return getattr(importlib.import_module("weigh.core.evidence"), table).from_file(path, renames) if table else path


def renaming(text: str) -> tuple[str, str]:
    """Their column name and ours, of a `--map`."""
    theirs, _, ours = text.partition("=")
    if not (theirs and ours):
        raise InputError(f"--map is {text!r}; expected THEIRS=OURS, such as --map person=who")
    return theirs, ours


@functools.cache
def _hint(annotation: str) -> tuple[Any, str] | None:
    """What the terminal reads for a parameter, and the table that the file holds; None where it can be neither."""

    def read(node: ast.expr) -> tuple[Any, str] | None:
        match node:
            case ast.BinOp(left=left, right=right):
                return read(left) or read(right)
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return (Path, name) if name in TABLES else (SCALARS[name], "") if name in SCALARS else None
            case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
                if name == "Literal":
                    return Literal[ast.literal_eval(inner)], ""  # pyright: ignore[reportInvalidTypeForm]
                each = read(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
                return (list[each[0]], each[1]) if each and name in ("list", "tuple", "Sequence", "Iterable") else None
        return None

    return read(ast.parse(annotation or "None", mode="eval").body)
