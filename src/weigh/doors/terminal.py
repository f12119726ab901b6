"""What a person sees in the terminal: progress, verdicts, tables. Everything goes to stderr but results.

Names and texts are others': in none of them can a terminal be told anything.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from weigh.core.visible import HIDDEN, visible

LEVELS = {
    "ranking": ("✔", "green"),
    "differences": ("✔", "green"),
    "unverified": ("?", "yellow"),
    "no preference": ("✘", "red"),
    "unmeasurable": ("✘", "red"),
}


def console(*, stderr: bool = False) -> Console:
    """A console whose width suits files as well as terminals."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else 110, highlight=False, soft_wrap=False)


def cell(text: object) -> Text:
    """A text for a table: visible, without markup, its tabs as spaces, which a table would count as nothing and cut."""
    return Text(visible(text).expandtabs(4))


def say(text: str) -> None:
    """One plain line on stderr; a terminal breaks it where it is too long, a file keeps it whole."""
    console(stderr=True).print(Text(visible(text)), soft_wrap=True)


def print_json(found: Any) -> None:
    """JSON on stdout that any program reads back as it was; what is hidden or commands a terminal is escaped in it."""
    text = json.dumps(found, indent=1, ensure_ascii=False)
    print(HIDDEN.sub(lambda one: json.dumps(one[0])[1:-1], text))


def print_path(path: str | Path, *, stderr: bool = False) -> None:
    """A path on stdout or stderr: as it is for a program, with what is hidden made visible for a person."""
    stream, exact = sys.stderr if stderr else sys.stdout, str(path)
    try:
        exact.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        exact = visible(path)  # a name that is no text in this encoding could not be printed at all
    print(visible(path) if stream.isatty() else exact, file=stream)


class Bars:
    """A progress bar a stage; a line a quarter where stderr is no terminal."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()
        self.bars = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TimeRemainingColumn(), console=console(stderr=True), disable=not self.live,
        )  # fmt: skip
        self.what, self.total, self.done, self.began = "", 0, 0, 0.0

    def __enter__(self) -> Bars:
        self.bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.bars.stop()

    def start(self, what: str, total: int) -> None:
        """A stage begins."""
        self.what, self.total, self.done, self.began = visible(what), total, 0, time.monotonic()
        self.task = self.bars.add_task(self.what, total=total)

    def advance(self, n: int) -> None:
        """So many more are answered."""
        before, self.done = self.done, self.done + n
        self.bars.update(self.task, advance=n)
        quarters = [4 * done // max(1, self.total) for done in (before, self.done)]
        if not self.live and quarters[1] > quarters[0]:
            say(f"{self.what}: {self.done} of {self.total} answers, {time.monotonic() - self.began:.0f} s")


def print_record(record: Mapping[str, Any]) -> None:
    """The verdict and, where it may be shown, the profile of a run."""
    out = console()
    verdict = record.get("verdict")
    title = f"{record['model']['name']} × {record['bank']['name']}"
    out.print(Text(visible(title), style="bold"))
    if verdict is None:
        out.print("No verdict: nothing has been answered yet.")
        return
    print_verdict(verdict)
    if record.get("values"):
        print_values(record["values"]["values"])


def print_verdict(verdict: Mapping[str, Any]) -> None:
    """The fixed sentence of a verdict and what must be said beside it."""
    mark, colour = LEVELS.get(verdict["level"], ("?", "yellow"))
    out = console()
    out.print(Text(visible(f"{mark} {verdict['sentence']}"), style=colour))
    for sentence in verdict["also"]:
        out.print(Text(visible(f"  {sentence}"), style="yellow"))


def print_values(rows: Sequence[Mapping[str, Any]]) -> None:
    """Values with their intervals, highest first."""
    table = Table("value", "estimate", "95 % interval", "", box=None, pad_edge=False, header_style="dim")
    for row in sorted(rows, key=lambda row: -row["mean"]):
        low, high = row.get("low"), row.get("high")
        interval = "" if low is None or high is None else f"{low:+.2f} … {high:+.2f}"
        clear = low is not None and high is not None and (low > 0 or high < 0)
        table.add_row(cell(row["item"]), f"{row['mean']:+.2f}", interval, "clear of zero" if clear else "")
    console().print(table)


def print_findings(findings: Sequence[Mapping[str, Any]]) -> None:
    """Every diagnostic against its threshold."""
    table = Table("check", "found", "needed", "", "what it means", box=None, pad_edge=False, header_style="dim")
    for finding in findings:
        mark = {True: Text("pass", "green"), False: Text("fail", "red"), None: Text("not checked", "yellow")}[
            finding["passed"]
        ]
        sign = {"below": "<", "at most": "≤"}.get(finding["evidence"].get("direction", ""), "≥")
        needed = "" if finding["threshold"] is None else f"{sign} {finding['threshold']:.2f}"
        found = "" if finding["value"] is None else f"{finding['value']:.3f}"
        table.add_row(cell(finding["name"]), found, needed, mark, cell(finding["sentence"]))
    console().print(table)
