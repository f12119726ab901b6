"""Runs of one published instrument beside one another: the first against each of the others, question by question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from weigh._version import __version__
from weigh.banks.bank import Bank
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.values import Values
from weigh.pipelines.instruments import Instrument, effects_of, instrument_of
from weigh.pipelines.record import bank_of, own_names, read_answers

KIND = "comparison of scores"


def compare_published(folders: Sequence[str | Path], records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Compare runs of one instrument on the questions that both answered.

    Parameters
    ----------
    folders : sequence of str or Path
        Two run folders or more; the first is held against each of the others.
    records : sequence of mapping
        Their `run.json`.

    Returns
    -------
    dict
        Keys kind, method, unit, runs, pairs (one a run after the first, with `values` as
        `weigh.pipelines.instruments.effects_of` gives them and the number of `shared` questions), warnings.

    Raises
    ------
    InputError
        Runs of different instruments or versions of a bank, or one that has no score.
    """
    first = records[0]
    for folder, record in zip(folders, records, strict=True):
        if record.get("method") != first.get("method"):
            raise InputError(
                f"{folders[0]} is a run of {first.get('method') or 'weigh measure'} and {folder} one of "
                f"{record.get('method') or 'weigh measure'}; only runs of one instrument can be compared"
            )
        # recorded answers may bring a bank of their own columns
        both_live = "recorded" not in (first["status"], record["status"])
        if both_live and record["bank"]["id"] != first["bank"]["id"]:
            raise InputError(f"{folders[0]} and {folder} asked different versions of {first['bank']['name']}")
        if not record.get("values"):
            raise InputError(f"{folder} has no score yet; run the same command again first")
    instrument = instrument_of(str(first["method"]))
    used = [_used(instrument, record["config"]["options"]) for record in records]
    for folder, options in zip(folders, used, strict=True):
        if options != used[0]:
            raise InputError(
                f"{folders[0]} and {folder} were asked or scored with different options ({used[0]}, {options})"
            )
    how = instrument.takes("score", first["config"]["options"])
    arms = [_arm(Path(folder), record) for folder, record in zip(folders, records, strict=True)]
    bank = arms[0][1]

    def score(answers: Answers) -> Values:
        return instrument.score(answers, bank, **how)

    pairs = []
    for place, (answers, _) in enumerate(arms[1:], start=1):
        shared = sorted(set(map(str, arms[0][0].question)) & set(map(str, answers.question)))
        one, other = (rows.select(np.isin(rows.question.astype(str), shared)) for rows in (arms[0][0], answers))
        rows = effects_of(score, one, other, bank) if shared else []
        pairs.append({"first": 0, "other": place, "shared": len(shared), "values": rows})
    models = [record["model"] for record in records]
    names = own_names([
        (str(model["name"]), str(model.get("condition") or ""), str(folder))
        for model, folder in zip(models, folders, strict=True)
    ])  # fmt: skip
    return {
        "weigh": __version__,
        "kind": KIND,
        "method": first["method"],
        "bank": dict(first["bank"]),
        "unit": first["values"]["scale"]["unit"],
        "instrument": first["method"],
        "warnings": [
            f"{name}: {record['verdict']['sentence']}"
            for name, record in zip(names, records, strict=True)
            if record.get("verdict") and record["verdict"]["level"] != "differences"
        ],
        "runs": [
            {
                "name": name, "folder": str(folder), "status": record["status"], "verdict": record.get("verdict"),
            }
            for name, folder, record in zip(names, folders, records, strict=True)
        ],
        "pairs": pairs,
    }  # fmt: skip


def _used(instrument: Instrument, options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a run's options that its instrument knows: a seed is recorded of all runs, and used by few."""
    return {name: x for part in ("ask", "read", "score") for name, x in instrument.takes(part, options).items()}


def _arm(folder: Path, record: Mapping[str, Any]) -> tuple[Answers, Bank]:
    answers = read_answers(folder)
    condition = str(record["model"].get("condition") or "")
    return answers.select(answers.condition == condition), bank_of(folder, record)
