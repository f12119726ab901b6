"""Recorded answers to a published set, scored by the set's own method with no model at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from weigh.banks.bank import Bank
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.tables import read_table
from weigh.pipelines.conditions import UNTREATED_NAME
from weigh.pipelines.inspect_log import is_log, read_log
from weigh.pipelines.instruments import Instrument, check_options, named, scored
from weigh.pipelines.record import describe_bank, recorded_record, write_recorded
from weigh.pipelines.run import Run


def score_published(
    name: str,
    path: str | Path,
    *,
    method: str | None = None,
    columns: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    folder: Callable[[str, bool], Path | None] = lambda who, several: None,
    seed: int = 0,
) -> dict[str, Run]:
    """Score recorded answers to a published set, one result a judge, with no model at hand.

    Parameters
    ----------
    name : str
        The instrument, or a path or name of a bank whose card names it.
    path : str or Path
        CSV, Parquet or JSON lines, or a log of inspect-ai.
    method : str, optional
        The instrument that scores, instead of the one that the bank's card names.
    columns : mapping of str to str, optional
        Their column name to ours.
    options : mapping, optional
        The instrument's own options.
    folder : callable
        (judge's name, whether there are several) -> where to write a run folder, or None.
    seed : int
        For the record.

    Returns
    -------
    dict of str to Run
        By the judge's name, what `run.json` holds or would hold.

    Raises
    ------
    InputError
        The file cannot be read or used, or the set is not on this machine and the file does not carry what is needed.
    """
    instrument, bank, missing = named(name, method)
    if instrument is None:
        raise InputError(f"bank {name!r} names no method of its own; `weigh score {name}` judges it by the gate")
    return score_with(instrument, bank, missing, path, columns=columns, options=options, folder=folder, seed=seed)


def score_with(
    instrument: Instrument,
    bank: Bank | None,
    missing: InputError | None,
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    folder: Callable[[str, bool], Path | None] = lambda who, several: None,
    seed: int = 0,
) -> dict[str, Run]:
    """Score recorded answers by an instrument; the rest as in `score_published`.

    Parameters
    ----------
    instrument, bank, missing
        As `weigh.pipelines.instruments.named` gives them.
    path, columns, options, folder, seed
        As in `score_published`.
    """
    check_options(instrument, options or {})
    options = {"seed": seed, **(options or {})}
    answers, bank = _recorded(instrument, path, columns, bank, missing)
    records: dict[str, Run] = {}
    names = list(dict.fromkeys(answers.who.tolist()))
    for who in names:
        mine = answers.select(answers.who == who)
        who = str(who) or Path(path).stem
        record = {
            **recorded_record(who, Path(path).name, describe_bank(bank)),
            "method": instrument.address,
            "instrument": instrument.address,
            "config": {"options": options, "limit": None, "seed": seed},
            **scored(instrument, {UNTREATED_NAME: mine}, bank, options, who=who),
        }
        at = folder(who, len(names) > 1)
        if at is not None:
            write_recorded(at, record, mine, bank)
        records[who] = Run(record, at, answers=mine)
    return records


def _recorded(
    instrument: Instrument,
    path: str | Path,
    columns: Mapping[str, str] | None,
    bank: Bank | None,
    missing: InputError | None,
) -> tuple[Answers, Bank]:
    if is_log(path):
        log = read_log(path)
        given = bank or log.bank
        if given is None:
            raise missing or InputError(f"{path} does not say what was asked")
        return log.answers(), given
    own = getattr(instrument.module, "recorded", None)
    if own is not None:
        try:
            return own(read_table(path, columns, typed=False), bank)
        except InputError as error:
            if missing is not None:
                raise InputError(f"{Path(path)}: {error}; and {missing}") from error
            raise InputError(f"{Path(path)}: {error}") from error
    if bank is None:
        assert missing is not None
        raise missing
    options = {item.id: item.options for item in bank.items if item.options}
    return Answers.from_file(path, columns, options=options), bank
