"""What `weigh measure` and `weigh score` do with one judge and one bank, whoever asks and scores it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from weigh.banks.bank import Bank
from weigh.core.documents import toml_of
from weigh.core.errors import InputError
from weigh.core.question import Condition
from weigh.core.visible import visible
from weigh.doors.comparison import planned as planned_profile
from weigh.doors.comparison import show_comparison
from weigh.doors.terminal import Bars, cell, console, print_record, print_verdict, say

#: more rows than these are shown from the highest to the lowest
FEW = 16
#: seconds from which it is said beforehand how long asking will take
PATIENCE = 30


def settings(pairs: Sequence[str] | None) -> dict[str, Any]:
    """Options of an instrument from `--set name=value`; a value is read as TOML, else as text.

    Raises
    ------
    InputError
        A pair has no name or no `=`.
    """
    found = {}
    for pair in pairs or ():
        name, sign, text = pair.partition("=")
        if not (name.strip().isidentifier() and sign):
            raise InputError(f"--set is {pair!r}; expected NAME=VALUE, such as --set nudge=true")
        try:
            (found[name.strip()],) = toml_of(f"value = {text}", "--set", "a value").values()
        except ValueError:  # no TOML, or more than one value: then it is text
            found[name.strip()] = text
    return found


def plan(
    judge: Any,
    bank: Bank,
    treatments: Sequence[Condition],
    *,
    instrument: Any,
    limit: int | None,
    options: dict[str, Any],
) -> dict[str, Any]:
    """What would be asked, counted without asking."""
    if not bank.card.method:
        _refuse(bank, options)
        return planned_profile(judge, bank, treatments, instrument=instrument, n_dilemmas=limit)
    from weigh.pipelines.published import plan_published

    return plan_published(judge, bank, n_arms=1 + len(treatments), options=_with(instrument, options), limit=limit)


def warn_if_slow(judge: Any, bank: Bank, treatments: Sequence[Condition], **how: Any) -> None:
    """Say how long a model will take on the processor, where that is long; `how` is as for `plan`."""
    if judge.describe().get("device") != "cpu" or how["instrument"] == "fast" or bank.card.method:
        return
    expected = plan(judge, bank, treatments, **how)
    if (expected["seconds"] or 0) > PATIENCE:
        say(
            f"about {expected['seconds']} s for {expected['answers']} answers; --instrument fast takes about a third "
            "of that"
        )


def run(
    judge: Any,
    bank: Bank,
    folder: Path,
    treatments: Sequence[Condition],
    *,
    instrument: Any,
    limit: int | None,
    options: dict[str, Any],
    reader: Any,
    seed: int,
) -> dict[str, Any]:
    """Measure with a progress bar; the record that `run.json` holds."""
    with Bars() as bars:
        told = {"seed": seed, "progress": bars, "say": say}
        if bank.card.method:
            from weigh.pipelines.published import measure_published

            return measure_published(
                judge, bank, folder, conditions=treatments, options=_with(instrument, options), reader=reader,
                limit=limit, **told,
            )  # fmt: skip
        _refuse(bank, options)
        if treatments:
            from weigh.pipelines.conditions import measure_conditions

            return measure_conditions(judge, bank, treatments, folder, instrument=instrument, n_dilemmas=limit, **told)
        from weigh.pipelines.profile import measure

        return measure(judge, bank, folder, instrument=instrument, n_dilemmas=limit, **told)


def score(
    name: str,
    answers: Path,
    *,
    method: str | None,
    columns: Mapping[str, str] | None,
    options: dict[str, Any],
    folder: Callable[[str, bool], Path | None],
    seed: int,
) -> Mapping[str, dict[str, Any]]:
    """Score recorded answers, by the bank's own method where it has one, else by the gate; a record a judge.

    `folder` is given a judge's name and whether there are several, and says where to write a run, if anywhere.
    """
    from weigh.pipelines.instruments import named

    instrument, bank, missing = named(name, method)
    if instrument is not None:
        from weigh.pipelines.score_published import score_with

        return score_with(
            instrument, bank, missing, answers, columns=columns, options=options, seed=seed, folder=folder
        )
    assert bank is not None
    _refuse(bank, options)
    from weigh.pipelines.score import read_recorded
    from weigh.pipelines.score import score as judge

    recorded = read_recorded(answers, bank, columns)
    return {
        who: judge(rows, bank, who=who, folder=folder(who, len(recorded) > 1), source=answers.name, seed=seed)[1]
        for who, rows in recorded.items()
    }


def show(record: Mapping[str, Any]) -> None:
    """A run in the terminal: verdict, values, what constant answers would score, effects of treatments."""
    if not record.get("method"):
        print_record(record)
        return
    out = console()
    out.print(Text(visible(f"{record['model']['name']} × {record['bank']['name']}"), style="bold"))
    values = record.get("values")
    if record.get("verdict"):
        print_verdict(record["verdict"])
    if not values:
        out.print(Text(visible(f"No score yet: {record.get('why') or 'nothing has been answered'}.")))
        return
    unit = Column(cell(values["scale"]["unit"] or "value"))
    table = Table("what", unit, "95 % interval", box=None, pad_edge=False, header_style="dim")
    rows = values["values"]
    for row in rows if len(rows) <= FEW else sorted(rows, key=lambda row: -row["mean"]):
        interval = "" if row["low"] is None else f"{row['low']:.2f} … {row['high']:.2f}"
        table.add_row(cell(row["item"]), f"{row['mean']:.2f}", interval)
    out.print(table)
    baselines = values["diagnostics"].get("baselines") or {}
    shown = [f"{name} {score:.2f}" for name, score in baselines.items() if isinstance(score, int | float)]
    if shown:
        out.print(Text(visible(f"constant answers would score: {', '.join(shown)}"), style="dim"))
    for row in record.get("effects") or ():
        line = f"{row['condition']}: {row['item']} {row['difference']:+.2f} ({row['low']:+.2f} … {row['high']:+.2f})"
        out.print(Text(visible(line)))


def result_of(record: Mapping[str, Any], folder: Path | None, *, as_json: bool) -> dict[str, Any]:
    """What `--json` prints of a run; comparisons with treatments are written beside it."""
    model, bank = record["model"]["name"], record["bank"]["name"]
    values = record.get("values") or {"method": record.get("instrument"), "values": []}
    found: dict[str, Any] = {"method": values["method"], "values": values["values"], "verdict": record.get("verdict")}
    if record.get("method"):
        found |= {"diagnostics": values.get("diagnostics", {}), "model": model, "bank": bank}
        if record.get("conditions"):
            found |= {"conditions": {name: one["values"] for name, one in record["arms"].items()}}
            found |= {"effects": record["effects"]}
        return found
    found |= {"diagnostics": {one["name"]: one for one in record.get("findings", [])}, "model": model, "bank": bank}
    if record.get("comparison") and folder is not None:
        found["conditions"] = show_comparison(record["comparison"], folder, as_json=as_json)
    return found


def _with(instrument: str, options: dict[str, Any]) -> dict[str, Any]:
    return options if instrument == "auto" else {"instrument": instrument, **options}


def _refuse(bank: Bank, options: Mapping[str, Any]) -> None:
    if options:
        raise InputError(
            f"--set is for published instruments; bank {bank.name!r} is asked by --instrument: leave it out"
        )
