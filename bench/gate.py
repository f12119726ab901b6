"""The gate over recorded answers: 90 dilemmas of the pilot bank, and four times as many.

The reference is the smallest thing that could be called scoring, one least-squares fit of the profile.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bench.timing import Row, in_turns
from weigh.banks.bank import Bank, find_bank
from weigh.measure.gate import gate
from weigh.testbeds.planted import Planted


def bench(*, tiny: bool = False) -> list[Row]:
    """Processor time of the whole gate, permutations, halves and all."""
    rows: list[Row] = []
    for times in (1,) if tiny else (1, 4):
        bank = repeated(find_bank("pilot"), times)
        theta = {value: float(n) for n, value in enumerate(bank.values)}
        answers = Planted(bank, theta=theta, effect=0.4).answers()
        place = {value: n for n, value in enumerate(bank.values)}
        design = np.zeros((len(bank.dilemmas), len(place)))
        for i, item in enumerate(bank.dilemmas):
            design[i, place[item.values[0]]], design[i, place[item.values[1]]] = 1.0, -1.0
        rows += _rows(f"{len(bank.dilemmas)} dilemmas", answers, bank, design, rounds=1 if tiny else 5)
    return rows


def _rows(name: str, answers, bank: Bank, design: np.ndarray, *, rounds: int) -> list[Row]:
    def fit() -> None:
        evidence = answers.differences()
        by_id = dict.fromkeys((item.id for item in bank.dilemmas), 0.0)
        for question, d in zip(answers.question.tolist(), evidence.tolist(), strict=True):
            if question in by_id:
                by_id[question] += d
        np.linalg.lstsq(design, np.array(list(by_id.values())), rcond=None)

    taken = in_turns({"one fit": fit, "gate": lambda: gate(answers, bank)}, rounds)
    return [
        Row("gate", f"one fit, {name}", taken["one fit"], "CPU s"),
        Row("gate", f"gate, {name}", taken["gate"], "CPU s", taken["one fit"] / taken["gate"]),
    ]


def repeated(bank: Bank, times: int) -> Bank:
    """A bank with its dilemmas several times over, under other ids."""
    items = [item for item in bank.items if item.kind == "control"]
    for turn in range(times):
        items += [replace(item, id=f"{item.id}-{turn}", family=f"{item.id}-{turn}") for item in bank.dilemmas]
    return Bank(bank.card, tuple(items), f"{times}{bank.sha256[1:]}", bank.file)
