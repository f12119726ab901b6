"""Recorded answers, judged as if they had just been given: no model at hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from weigh.banks.bank import Bank, find_bank
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.measure.gate import Verdict, gate
from weigh.pipelines.analysis import analysis
from weigh.pipelines.inspect_log import is_log, read_log
from weigh.pipelines.record import (
    RECORD,
    as_written,
    bank_of,
    describe_bank,
    folder_name,
    read_answers,
    read_record,
    recorded_record,
    write_recorded,
    write_values,
)
from weigh.pipelines.run import Run


def read_recorded(path: str | Path, bank: Bank, columns: Mapping[str, str] | None = None) -> dict[str, Answers]:
    """Answers of each judge in a file, by name.

    Parameters
    ----------
    path : str or Path
        CSV, Parquet or JSON lines with columns question, choice and, where there are, order, p, model, sample, raw; or
        a log of inspect-ai.
    bank : Bank
        So that a choice may be given as an option's text.
    columns : mapping of str to str, optional
        Their column name to ours.
    """
    if is_log(path):
        log = read_log(path)
        return {log.who: log.answers()}
    options = {item.id: item.options for item in bank.items}
    answers = Answers.from_file(path, columns, options=options)
    names = dict.fromkeys(answers.who.tolist())
    return {str(name) or Path(path).stem: answers.select(answers.who == name) for name in names}


def score(
    answers: Answers, bank: Bank, *, who: str, folder: str | Path | None = None, source: str = "", seed: int = 0
) -> tuple[Verdict, Run]:
    """Judge one judge's recorded answers, and write a run folder where one is asked for.

    Parameters
    ----------
    answers : Answers
        Of one judge.
    bank : Bank
        Whose items they answer.
    who : str
        The judge's name.
    folder : str or Path, optional
        Where to write a run folder.
    source : str
        File that the answers came from, for the record.
    seed : int
        Of permutations and halvings.

    Returns
    -------
    verdict : Verdict
        From the gate.
    run : Run
        What `run.json` holds or would hold, as a dict that shows itself in a notebook.
    """
    verdict = gate(answers, bank, seed=seed)
    record = {
        **recorded_record(who, source, describe_bank(bank)),
        "config": {"instrument": "recorded", "n_dilemmas": None, "seed": seed},
        "instrument": verdict.table.instrument,
        "trial": None,
        **analysis(verdict, seed),
        "position": position_audit(answers),
    }
    if folder is not None:
        write_recorded(Path(folder), record, answers, bank)
        write_values(Path(folder), verdict.values)
    return verdict, Run(record, folder, answers=answers)


def position_audit(answers: Answers) -> dict[str, float | int | None]:
    """Share of choices that fell on the first place shown, beside the share of the commonest option.

    Returns
    -------
    dict
        Keys n, first_place (None where orders were not recorded), commonest_option.
    """
    chosen = answers.choice >= 0
    if not chosen.any():
        return {"n": 0, "first_place": None, "commonest_option": None}
    picked = answers.choice[chosen]
    orders = [order for order, there in zip(answers.order, chosen, strict=True) if there]
    first = [order[0] == choice for order, choice in zip(orders, picked.tolist(), strict=True) if order]
    return {
        "n": len(picked),
        "first_place": float(np.mean(first)) if first else None,
        "commonest_option": float(np.bincount(picked).max() / len(picked)),
    }


def judge_path(
    path: str | Path, bank_name: str | None, columns: Mapping[str, str] | None = None, *, seed: int = 0
) -> dict[str, Verdict]:
    """The gate over a run folder or a file of recorded answers, by judge.

    Parameters
    ----------
    path : str or Path
        Run folder, answers file, or log of inspect-ai.
    bank_name : str or None
        The bank; a run folder and a log of our tasks hold their own.
    columns : mapping of str to str, optional
        Their column name to ours.
    seed : int
        Of permutations and halvings.

    Raises
    ------
    InputError
        A file of answers was given without a bank, or nothing in it can be used.
    """
    if Path(path).is_dir():
        record = read_record(path)
        with as_written(f"{Path(path) / RECORD}"):
            if record.get("method"):
                said = (record.get("verdict") or {}).get("sentence", "there is none yet")
                raise InputError(f"{path} is a run of {record['method']}, which has a verdict of its own: {said}")
            bank = bank_of(path, record) if bank_name is None else find_bank(bank_name)
            answers = read_answers(path)
            condition = str(record["model"].get("condition") or "")
            chosen = record.get("instrument")
            kind = chosen if chosen in ("stated", "evaluative") else "auto"
            return {str(record["model"]["name"]): gate(answers, bank, instrument=kind, condition=condition, seed=seed)}
    if is_log(path):
        return _judge_log(path, bank_name, seed)
    if bank_name is None:
        raise InputError(f"{path} is a file of answers: say which bank they answer with --bank NAME")
    bank = find_bank(bank_name)
    return {who: gate(answers, bank, seed=seed) for who, answers in read_recorded(path, bank, columns).items()}


def _judge_log(path: str | Path, bank_name: str | None, seed: int) -> dict[str, Verdict]:
    log = read_log(path)
    if log.head.get("method") and bank_name is None:
        raise InputError(
            f"{path} is a log of {log.head['method']}, which has a verdict of its own: `weigh import {path}` scores it"
        )
    bank = find_bank(bank_name) if bank_name else log.bank
    if bank is None or not (bank_name or log.is_ours or any(item.values for item in bank.items)):
        raise InputError(
            f"{path} is a log of somebody else's task, whose choices do not say which value they serve: name a bank "
            "with --bank, or make one by `weigh import` and add the values"
        )
    return {log.who: gate(log.answers(), bank, instrument=log.instrument, condition=log.condition, seed=seed)}


def default_folder(bank: str, who: str) -> Path:
    """Where a run lies unless --out says otherwise."""
    return Path("runs") / folder_name(bank, who)
