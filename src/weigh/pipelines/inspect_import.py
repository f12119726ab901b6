"""A run folder from a log of inspect-ai: exported runs as they were, evals of our tasks scored, others recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from weigh._version import __version__
from weigh.banks.bank import Bank, find_bank, installed_banks
from weigh.core.errors import InputError
from weigh.core.ledger import Ledger
from weigh.core.values import Values
from weigh.measure.gate import gate
from weigh.pipelines.analysis import analysis
from weigh.pipelines.conditions import UNTREATED_NAME
from weigh.pipelines.inspect_log import InspectLog, read_log
from weigh.pipelines.instruments import instrument_of, scored
from weigh.pipelines.record import BANK, RECORD, describe_bank, write_record, write_recorded, write_values
from weigh.pipelines.score import score
from weigh.pipelines.sitting import cost_of

ANSWERS = "answers.jsonl"


def import_log(
    path: str | Path, folder: str | Path, *, bank_name: str | None = None, seed: int = 0
) -> tuple[dict[str, Any] | None, InspectLog]:
    """Turn a log of inspect-ai into a run folder, or where its choices serve no values into answers and a bank.

    Parameters
    ----------
    path : str or Path
        The log.
    folder : str or Path
        Where to write; it must hold no run.
    bank_name : str, optional
        The bank that was asked, in place of the one that the log's samples make.
    seed : int
        Of permutations and halvings, where the log does not hold a verdict.

    Returns
    -------
    record : dict or None
        What `run.json` holds; None where only answers and a bank were written, as the choices name no values.
    log : InspectLog
        What was read.

    Raises
    ------
    InputError
        The log cannot be used, does not belong to the bank, or the folder holds a run already.
    LedgerError
        The folder cannot be written.
    """
    log, folder = read_log(path), Path(folder)
    if (folder / RECORD).exists() or (folder / ANSWERS).exists():
        raise InputError(f"{folder} holds a run already; give another --out")
    bank = find_bank(bank_name) if bank_name else log.bank
    if bank is None:
        raise InputError(f"{path} does not say what was asked; say which bank it answers with --bank NAME")
    record = log.head.get("record")
    if isinstance(record, dict) and not bank_name:
        return _as_it_was(log, record, bank, folder), log
    if log.head.get("method"):
        return _write(folder, _by_method(log, bank), log, bank), log
    if log.is_ours:
        return _write(folder, _by_gate(log, bank, seed), log, bank), log
    if any(len(item.values) != len(item.options) or len(item.options) != 2 for item in bank.dilemmas):
        folder.mkdir(parents=True, exist_ok=True)
        log.answers().write(folder / ANSWERS)
        bank.copy_to(folder / BANK)
        return None, log
    _, found = score(log.answers(), bank, who=log.who, source=Path(path).name, folder=folder, seed=seed)
    found["notes"] = list(log.notes)
    write_record(folder, found)
    return found, log


def _as_it_was(log: InspectLog, record: dict[str, Any], bank: Bank, folder: Path) -> dict[str, Any]:
    parts = {"model": Mapping, "bank": Mapping, "config": Mapping, "status": str, "started": str, "notes": list}
    if wrong := [name for name, kind in parts.items() if not isinstance(record.get(name), kind)]:
        raise InputError(
            f"the log's record of the run has no {wrong[0]!r} as runs have it; it was changed after export"
        )
    record = {name: part for name, part in record.items() if name != "schema_version"}
    record["notes"] = [*record.get("notes", ()), *log.notes]
    if record.get("status") == "recorded":
        write_recorded(folder, record, log.answers(), bank)
        write_values(folder, _values(record))
        return record
    return _write(folder, record, log, bank)


def _by_gate(log: InspectLog, bank: Bank, seed: int) -> dict[str, Any]:
    verdict = gate(log.answers(), bank, instrument=log.instrument, condition=log.condition, seed=seed)
    chosen = verdict.table.instrument
    why = "forced choice: inspect-ai asks models to choose, and has none score given text"
    record = _head(log, bank) | {"instrument": chosen, "trial": None} | analysis(verdict, seed)
    return record | ({} if log.head.get("record") else {"instrument_why": why})


def _by_method(log: InspectLog, bank: Bank) -> dict[str, Any]:
    instrument = instrument_of(str(log.head["method"]))
    options = log.head.get("config", {}).get("options") or {}
    partial = log.status != "success"
    found = scored(instrument, {UNTREATED_NAME: log.answers()}, bank, options, who=log.who, partial=partial)
    return _head(log, bank) | {"method": instrument.address, "instrument": instrument.address, "conditions": []} | found


def _head(log: InspectLog, bank: Bank) -> dict[str, Any]:
    told: Mapping[str, Any] = log.head.get("bank") or {}
    return {
        "weigh": __version__,
        "started": log.started,
        "finished": log.finished,
        "status": "complete" if log.status == "success" else "interrupted",
        "model": {"name": log.who, "kind": "through inspect-ai", "condition": log.condition},
        "bank": describe_bank(bank) | {"id": told.get("id", bank.version)},
        "config": dict(log.head.get("config") or {}),
        "cost": cost_of(log.rows),
        "notes": list(log.notes),
    }


def _write(folder: Path, record: dict[str, Any], log: InspectLog, bank: Bank) -> dict[str, Any]:
    # the ledger first, as in a run: without it a record would tell of answers that are nowhere
    with Ledger(folder) as ledger:
        ledger.append(log.rows)
    _own_file(bank, record).copy_to(folder / BANK)
    write_record(folder, record)
    write_values(folder, _values(record))
    return record


def _values(record: Mapping[str, Any]) -> Values | None:
    return Values.from_json(record["values"]) if record.get("values") else None


def _own_file(bank: Bank, record: Mapping[str, Any]) -> Bank:
    """The bank's own file where it is on this machine, so that an imported run goes on as the exported one would."""
    config = record.get("config") or {}
    n = config.get("n_dilemmas")
    # a log's word is not taken for a path
    if bank.name not in installed_banks():
        return bank
    there = find_bank(bank.name)
    if there.version != (record.get("bank") or {}).get("id"):
        return bank
    asked = there.balanced(n) if isinstance(n, int) and n > 0 else there
    return there if asked.items == bank.items else bank
