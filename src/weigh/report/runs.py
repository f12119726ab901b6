"""The runs below a folder: a page that lists them, and each run's own page kept up with its run.

What lies in a folder of runs may come from anybody. Names are therefore data, links are followed only as far as they
stay below the folder, and a record that cannot be read is a row that says so and never the end of the list.
"""

from __future__ import annotations

import datetime
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from weigh._version import __version__
from weigh.core.errors import InputError, WeighError
from weigh.pipelines.record import BANK, RECORD, as_written, read_record
from weigh.report import contents, texts, writing
from weigh.report.details import FOLDER as DETAILS
from weigh.report.page import PAGE, write_report
from weigh.report.shown import count

COMPARISON = "compare.html"
# What may be read in the folder of a run, and in that of a comparison; nothing else has an address.
OF_RUNS = (
    PAGE, RECORD, "answers.jsonl", "recorded.parquet", "values.parquet", f"{BANK}/items.jsonl", f"{BANK}/card.toml",
)  # fmt: skip
OF_COMPARISONS = (COMPARISON, "compare.json")
MAX_DEPTH, MAX_FOLDERS = 5, 20_000
_DETAIL = re.compile(DETAILS + r"/questions-\d{1,9}\.html")
# What writing a run's page reads, and where it writes and removes pages.
_TOUCHED = (RECORD, "answers.jsonl", "recorded.parquet", BANK, f"{BANK}/items.jsonl", f"{BANK}/card.toml", DETAILS)
_LEADS_OUT = "a link in it leads out of the folder that is shown, and is not followed"
_RESULTS = {"ranking": "pass", "unmeasurable": "fail", "none": "unchecked"}


class Runs:
    """The runs below a folder; a record is read again only when it has changed.

    Parameters
    ----------
    root : str or Path
        The folder; may be that of one run.

    Raises
    ------
    InputError
        There is no such folder.
    """

    def __init__(self, root: str | Path) -> None:
        try:
            self.root = Path(root).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            self.root = Path()
        if self.root == Path() or not self.root.is_dir():
            raise InputError(f"{root} is no folder; run `weigh measure` first, or give the folder of your runs")
        self._reading, self._writing = threading.Lock(), threading.Lock()
        self._read: dict[Path, tuple[Any, dict[str, Any]]] = {}

    def html(self) -> str:
        """The page that lists the runs, newest first, and the comparisons beside them."""
        with self._reading:
            rows, whole = self._rows()
        runs = sorted((row for row in rows if row["state"]), key=lambda row: (-row["time"], row["place"]))
        comparisons = sorted((row for row in rows if row["compared"]), key=lambda row: row["place"])
        context = {
            "version": __version__, "root": str(self.root), "runs": runs, "comparisons": comparisons,
            "cut": None if whole else MAX_FOLDERS, "depth": MAX_DEPTH,
        }  # fmt: skip
        return writing.rendered("runs.html.j2", context)

    def find(self, names: Sequence[str]) -> Path | None:
        """The file at a path below the folder; a run's page is written first where it is missing or behind its run.

        Parameters
        ----------
        names : sequence of str
            The path, name by name.

        Returns
        -------
        Path or None
            The file, with all links followed; None where the path names nothing that may be read.

        Raises
        ------
        WeighError
            The run has no page and none can be written.
        """
        if any(not name or name[0] == "." or set(name) & {"/", "\\", "\0"} for name in names):
            return None
        for n in (1, 2):
            folder, file = self._within(self.root.joinpath(*names[:-n])), "/".join(names[-n:])
            if folder is None or len(names) < n or not self._may_be_read(folder, file):
                continue
            if file == PAGE:
                self._write_where_behind(folder)
            return self._within(folder / file)
        return None

    def _may_be_read(self, folder: Path, file: str) -> bool:
        if file in OF_COMPARISONS:
            return True
        return (file in OF_RUNS or _DETAIL.fullmatch(file) is not None) and self._within(folder / RECORD) is not None

    def _within(self, path: Path) -> Path | None:
        """The path with all links followed, where it is there and stays below the folder."""
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            return None
        return real if real.is_relative_to(self.root) else None

    def _leads_out(self, folder: Path) -> bool:
        touched = [folder / name for name in _TOUCHED]
        # hidden: where a page is written before it is put in its place
        touched += [*folder.glob(".*"), *(folder / DETAILS).glob(".*")]
        return any(path.is_symlink() and self._within(path) is None for path in touched)

    def _write_where_behind(self, folder: Path) -> None:
        if self._leads_out(folder):
            raise InputError(f"{folder}: {_LEADS_OUT}")
        # one at a time: two requests for one page would write to one scratch file
        with self._writing:
            if not _is_behind(folder):
                return
            try:
                write_report(folder)
            except WeighError:
                # a folder that may only be read keeps the page it has
                if not (folder / PAGE).is_file():
                    raise

    def _rows(self) -> tuple[list[dict[str, Any]], bool]:
        rows: list[dict[str, Any]] = []
        seen = 0
        for folder, names, why in self._folders():
            seen += 1
            if seen > MAX_FOLDERS:
                return rows, False
            if why:
                rows.append(self._row(folder, {"state": "foreign", "why": why, "time": _changed(folder)}))
                continue
            summary: dict[str, Any] = {}
            if RECORD in names:
                summary = self._summary(folder)
            elif "answers.jsonl" in names:
                why = f"it holds answers and no {RECORD}; run the same `weigh measure` again, no answer is lost"
                summary = {"state": "torn", "why": why, "time": _changed(folder)}
            if summary or COMPARISON in names:
                rows.append(self._row(folder, summary, compared=COMPARISON in names))
        self._read = {path: kept for path, kept in self._read.items() if os.path.exists(path)}
        return rows, True

    def _row(self, folder: Path, summary: Mapping[str, Any], *, compared: bool = False) -> dict[str, Any]:
        names = folder.relative_to(self.root).parts
        address = "".join("/" + quote(os.fsencode(name), safe="") for name in names)
        row = {"state": "", "time": 0.0, **summary, "place": "/".join(names) or ".", "compared": ""}
        if any("\\" in name for name in names):
            # no address has a backslash, so that none can mean a separator
            why = "its name holds a backslash; rename the folder to look at it"
            return row | {"state": "foreign", "why": why}
        return row | {"href": f"{address}/{PAGE}", "compared": f"{address}/{COMPARISON}" if compared else ""}

    def _folders(self) -> Iterator[tuple[Path, set[str], str]]:
        """Each folder, the names of what lies in it, and why it cannot be looked at."""
        todo = [(self.root, 0)]
        while todo:
            folder, depth = todo.pop()
            try:
                with os.scandir(folder) as found:
                    entries = sorted(found, key=lambda entry: entry.name)
            except OSError as error:
                yield folder, set(), f"it cannot be read ({error.strerror})"
                continue
            names = {entry.name for entry in entries}
            yield folder, names, ""
            ours = {BANK, DETAILS} if RECORD in names else set()
            for entry in entries:
                if entry.name.startswith(".") or entry.name in ours:
                    continue
                path = folder / entry.name
                if entry.is_symlink():
                    # one that stays below the folder is listed where it leads to
                    if os.path.isdir(path) and self._within(path) is None:
                        yield path, set(), _LEADS_OUT
                elif entry.is_dir() and depth < MAX_DEPTH:
                    todo.append((path, depth + 1))

    def _summary(self, folder: Path) -> dict[str, Any]:
        path = folder / RECORD
        if self._leads_out(folder):
            return {"state": "foreign", "why": _LEADS_OUT, "time": 0.0}
        try:
            now = path.stat()
        except OSError:
            return {}  # gone since the folder was read
        stamp = (now.st_mtime_ns, now.st_size, now.st_ino)
        if self._read.get(path, (None,))[0] != stamp:
            self._read[path] = (stamp, _read_summary(folder, now.st_mtime))
        return self._read[path][1]


def policy_of(head: bytes) -> str:
    """The Content-Security-Policy of a page that weigh wrote: no script, nothing from elsewhere, its one style sheet.

    Parameters
    ----------
    head : bytes
        How the page begins. All that is taken from it is the hash of its style sheet, so that pages of other versions
        keep their looks; a page that names none gets the hash of this version's.
    """
    own = writing.style_of()[1]
    found = re.search(rb"sha256-[A-Za-z0-9+/]{43}=", head)
    if found:
        own = re.sub(r"sha256-[A-Za-z0-9+/]{43}=", found[0].decode("ascii"), own)
    return f"{own}; frame-ancestors 'none'"


def _is_behind(folder: Path) -> bool:
    # a run that still goes on changes its answers and not its record
    latest = max(_changed(folder / RECORD), _changed(folder / "answers.jsonl"))
    return not (folder / PAGE).is_file() or _changed(folder / PAGE) < latest


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime_ns / 1e9
    except OSError:
        return 0.0


def _read_summary(folder: Path, changed: float) -> dict[str, Any]:
    try:
        record = read_record(folder)
    except InputError as error:
        # only a record that cannot be decoded has another error behind it
        return {"state": "torn" if error.__cause__ else "foreign", "why": str(error), "time": changed}
    try:
        with as_written(RECORD):
            return {"state": "run", **_summary_of(record, changed)}
    except InputError as error:
        return {"state": "foreign", "why": str(error), "time": changed}


def _summary_of(record: Mapping[str, Any], changed: float) -> dict[str, Any]:
    model, bank, cost = (contents.part(record, name) for name in ("model", "bank", "cost"))
    if not (model and bank):
        raise KeyError("model" if bank else "bank")
    verdict = contents.verdict_of(record)
    status, instrument = str(record.get("status") or ""), str(record.get("instrument") or "")
    findings = [one for one in record.get("findings") or () if one.get("name") == "controls"]
    controls = contents.checks_of(findings[:1])
    when = str(record.get("finished") or record.get("started") or "")
    try:
        moment = datetime.datetime.fromisoformat(when)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).astimezone(datetime.UTC)
        when, time = f"{moment:%Y-%m-%d %H:%M}", moment.timestamp()
    except (ValueError, OverflowError):
        time = changed
    spent = [
        f"{count(cost['answers'])} answers" if cost.get("answers") else "",
        f"{count(cost['tokens'])} tokens" if cost.get("tokens") else "",
        f"{count(cost['seconds'])} s" if cost.get("seconds", 0) >= 1 else "",
    ]
    return {
        "model": str(model.get("name") or "unnamed model"),
        "condition": str(model.get("condition") or ""),
        "bank": str(bank.get("name") or bank.get("title") or ""),
        "instrument": texts.INSTRUMENTS.get("recorded" if status == "recorded" else instrument, (instrument[:40],))[0],
        "mark": verdict["said"].mark,
        "label": verdict["said"].label,
        "headline": verdict["said"].headline,
        "also": [also.label for also in verdict["also"]],
        "result": _RESULTS.get(verdict["level"], ""),
        "controls": [controls[0]["value"], controls[0]["more"][:40]] if controls else None,
        "dilemmas": count(bank.get("n_dilemmas")),
        "when": when[:40],
        "status": {"running": "not finished", "interrupted": "broken off"}.get(status, ""),
        "cost": [text for text in spent if text],
        "time": time,
    }
