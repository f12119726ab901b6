"""What a generated command does with its result: a table or JSON on stdout, and on request a page and a plot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from weigh.core.method import Card

#: name, how it is given, type: the options that every generated command has
SHOWN: tuple[tuple[str, Any, Any], ...] = (
    ("weigh_json", typer.Option(False, "--json", help="Print JSON."), bool),
    ("weigh_report", typer.Option(None, "--report", metavar="DIR", help="Also write a page about it."), Path | None),
    ("weigh_plot", typer.Option(None, "--plot", metavar="FILE", help="Also draw it: .svg or .png."), Path | None),
)


def give(result: Any, card: Card, *, weigh_json: bool, weigh_report: Path | None, weigh_plot: Path | None) -> None:
    """Write what was asked for, and print the result; it alone goes to stdout, so that it can be piped."""
    from weigh.doors.terminal import print_path

    if weigh_plot is not None:
        from weigh.report.plot import write_plot

        print_path(write_plot(weigh_plot, result), stderr=True)
    if weigh_report is not None:
        from weigh.report.result import write_result

        print_path(write_result(weigh_report, result, card), stderr=True)
    show(result, as_json=weigh_json)


def show(result: Any, *, as_json: bool) -> None:
    """Print a result as JSON, or as a table where it holds values."""
    plain: Any = [one.to_json() for one in result] if isinstance(result, list | tuple) else result.to_json()
    if as_json or "scale" not in plain:
        typer.echo(json.dumps(plain, indent=1))
        return
    from rich.table import Column, Table

    from weigh.doors.terminal import cell, console

    unit = Column(cell(plain["scale"]["unit"] or "value"))
    table = Table("who", "item", unit, "95 % interval", box=None, pad_edge=False)
    for who, rows in (plain.get("by") or {plain["who"][0]: plain["values"]}).items():
        for row in sorted(rows, key=lambda row: -row["mean"]):
            interval = "" if row["low"] is None else f"{row['low']:.3g} … {row['high']:.3g}"
            table.add_row(*map(cell, (who, row["item"], f"{row['mean']:.3g}", interval)))
    console().print(table)
