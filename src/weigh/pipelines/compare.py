"""Two or more runs on the same questions: what differs, how sure that is, and what could have been seen at all.

Runs are compared dilemma by dilemma, in the ways of asking and wordings that both answered. Both are put on one scale,
which is the root of the mean of the two runs' variances over those dilemmas: dividing each run by its own SD would call
a model that answers twice as strongly the same, and dividing by the first's alone would change with the order. Since
strength and shape are then mixed, every difference is also tested with each run on its own SD.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from weigh._version import __version__
from weigh.banks.bank import read_bank
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.measure._asks import FLUENCY
from weigh.measure._contrasts import contrasts
from weigh.pipelines.compare_published import compare_published
from weigh.pipelines.pairs import LEVEL, POWER, Arm, pair
from weigh.pipelines.record import BANK, RECORD, as_written, describe_bank, own_names, read_answers, read_record
from weigh.pipelines.run import Comparison


def compare(folders: Sequence[str | Path], *, seed: int = 0) -> Comparison:
    """Compare runs on one bank, each with the first.

    Parameters
    ----------
    folders : sequence of str or Path
        Two run folders or more.
    seed : int
        Of the interval of the profiles' correlation.

    Returns
    -------
    Comparison
        A dict with keys runs, pairs (one a run after the first), warnings, bank, instrument, scale, seed; plain data
        that shows itself in a notebook.

    Raises
    ------
    InputError
        Fewer than two runs, a folder that holds none, or runs that differ in bank, instrument or scale.
    """
    if len(folders) < 2:
        raise InputError(f"a comparison needs two runs or more; got {len(folders)}")
    records = [read_record(folder) for folder in folders]
    with as_written(f"{RECORD} of {' or '.join(map(str, folders))}"):
        if any(record.get("method") for record in records):
            return Comparison(compare_published(folders, records))
        _check_alike(folders, records)
        arms = [_arm(Path(folder), record) for folder, record in zip(folders, records, strict=True)]
        return compare_arms(_with_own_names(arms), seed=seed)


def compare_arms(arms: Sequence[Arm], *, seed: int = 0) -> Comparison:
    """Compare every arm with the first; parameters and result as in `compare`.

    Raises
    ------
    InputError
        Of two measurable arms one has strengths and the other bare choices.
    """
    pairs = [pair(arms[0], other, place, seed=seed) for place, other in enumerate(arms[1:], start=1)]
    return Comparison({
        "weigh": __version__,
        "kind": "comparison",
        "bank": describe_bank(arms[0].table.bank),
        "instrument": arms[0].table.instrument,
        "seed": seed,
        "level": LEVEL,
        "power": POWER,
        "scale": {"unit": "pooled item SD", "level": "interval"},
        "warnings": [warning for arm in arms for warning in _warnings(arm)],
        "runs": [
            {
                "name": arm.name, "folder": arm.folder, "condition": arm.condition, "status": arm.status,
                "measurable": arm.measurable, "verdict": dict(arm.verdict) if arm.verdict else None,
            }
            for arm in arms
        ],
        "pairs": pairs,
    })  # fmt: skip


def is_graded(answers: Answers) -> bool:
    """Whether most answers carry a probability or scores, and not a bare choice."""
    counted = answers.frame != FLUENCY
    known = np.isfinite(answers.scores).any(axis=1) | np.isfinite(answers.p)
    return bool(known[counted].mean() > 0.5) if counted.any() else False


def _arm(folder: Path, record: Mapping[str, Any]) -> Arm:
    answers = read_answers(folder)
    condition = str(record["model"].get("condition") or "")
    # the whole bank, so that runs which asked different parts of it meet in the dilemmas of both
    bank = read_bank(folder / BANK)
    table = contrasts(answers, bank, instrument=str(record["instrument"]), condition=condition)
    name = str(record["model"].get("name") or folder.name)
    return Arm(
        name, table, record.get("verdict"), is_graded(answers), str(folder), condition, str(record.get("status") or "")
    )


def _check_alike(folders: Sequence[str | Path], records: Sequence[Mapping[str, Any]]) -> None:
    def units(record: Mapping[str, Any]) -> Any:
        return (record.get("values") or {}).get("scale")

    for folder, record in zip(folders, records, strict=True):
        if not record.get("instrument") or not isinstance(record.get("model"), Mapping):
            raise InputError(f"{folder} holds a run that has not finished; run the same `weigh measure` again first")
    first = records[0]
    for folder, record in zip(folders[1:], records[1:], strict=True):
        ids = [one.get("bank", {}).get("id") for one in (first, record)]
        if ids[0] != ids[1]:
            raise InputError(
                f"{folders[0]} asked bank {ids[0]} and {folder} asked {ids[1]}; only runs on one version of one bank "
                "can be compared question by question"
            )
        if first["instrument"] != record["instrument"]:
            raise InputError(
                f"{folders[0]} was asked by the instrument {first['instrument']!r} and {folder} by "
                f"{record['instrument']!r}, which measure different things; measure both with the same --instrument"
            )
        if units(first) and units(record) and units(first) != units(record):
            raise InputError(
                f"the values of {folders[0]} and {folder} are on different scales "
                f"({units(first).get('unit')!r}, {units(record).get('unit')!r}) and cannot be subtracted"
            )


def _with_own_names(arms: Sequence[Arm]) -> list[Arm]:
    names = own_names([(arm.name, arm.condition, arm.folder) for arm in arms])
    return [replace(arm, name=name) for arm, name in zip(arms, names, strict=True)]


def _warnings(arm: Arm) -> list[str]:
    found = []
    if not arm.measurable:
        why = arm.verdict["sentence"] if arm.verdict else "there is no verdict yet."
        found.append(f"{arm.name} shows no profile, so nothing about its values can be compared: {why}")
    elif arm.verdict and arm.verdict["level"] == "unverified":
        found.append(f"{arm.name} is not verified: its numbers may be values, or position, wording or fluency.")
    if arm.status == "interrupted":
        found.append(f"{arm.name} was broken off; only what it answered is compared.")
    return found
