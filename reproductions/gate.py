"""The gate: how often does it show a profile of a judge that has no values, and how often would a p-value alone?

Three judges without values answer the pilot bank, turned so that one value's option always comes first: one likes the
first place, one likes fluent text (whose fluency goes half with the value, by the author's habits), one is random. The
baseline is what is usually done: one order, no covariates, and a permutation test of the profile.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reproductions.claims import Row
from weigh.banks.bank import Bank, find_bank
from weigh.core.stats import rng
from weigh.measure._contrasts import contrasts
from weigh.measure.gate import SIGNIFICANCE, gate
from weigh.ops.contrasts import permutation_p
from weigh.testbeds.planted import PlantedChooser

METHOD = ["measure/gate.py", "measure/_checks.py", "measure/_contrasts.py", "ops/contrasts.py", "testbeds/planted.py"]
N_SEEDS = 100
N_PERMUTATIONS = 400
BOTH = ((0, 1), (1, 0))
JUDGES = {
    "position": ({"noise": 1.0, "position": 4.0}, "letters", BOTH),
    "fluency": ({"noise": 0.25, "fluency": 1.0, "habit": 0.5}, "good person", ((),)),
    "random": ({"noise": 0.0, "unsteady": 1.0}, "letters", BOTH),
    "random, no order": ({"noise": 0.0, "unsteady": 1.0}, "good person", ((),)),
}


def turned(bank: Bank) -> Bank:
    """The bank with the option first whose value is first in the taxonomy."""
    place = {value: i for i, value in enumerate(bank.values)}
    items = []
    for item in bank.dilemmas:
        if place[item.values[0]] > place[item.values[1]]:
            situation, options = item.paraphrase or ("", ())
            item = replace(
                item, options=item.options[::-1], values=item.values[::-1], paraphrase=(situation, options[::-1])
            )
        items.append(item)
    return replace(bank, items=(*items, *bank.controls))


def usual_p(judge: PlantedChooser, frame: str, orders: tuple, bank: Bank, seed: int) -> float:
    """The permutation p of the profile as it is usually asked for: the first order, nothing taken out."""
    table = contrasts(
        judge.answers(frame, orders=orders), bank, instrument="stated" if frame == "letters" else "evaluative"
    )
    first = table.orders[0, :, :, 0] if orders == BOTH else table.d[0]
    y = first.mean(axis=0)
    return permutation_p(y, table.design(), n_permutations=N_PERMUTATIONS, rng=rng(seed, "usual"))


def reproduce(seed: int = 0) -> Row:
    """Share of seeds in which a profile is shown, by judge."""
    bank = turned(find_bank("pilot"))
    ours, usual = {}, {}
    for name, (options, frame, orders) in JUDGES.items():
        shown, significant = [], []
        for s in range(seed, seed + N_SEEDS):
            theta = rng(s, "theta").standard_normal(len(bank.values)).tolist()
            judge = PlantedChooser(
                bank, theta=dict(zip(bank.values, theta, strict=True)), effect=0.0, seed=s, **options
            )
            verdict = gate(judge.answers(frame, orders=orders), bank, n_permutations=N_PERMUTATIONS, seed=s)
            shown.append(verdict.shown)
            significant.append(usual_p(judge, frame, orders, bank, s) < SIGNIFICANCE)
        ours[name], usual[name] = float(np.mean(shown)), float(np.mean(significant))
    need = "false profiles ≤ .05 for each judge without values; the p-value alone is above .5 for position and fluency"
    holds = max(ours.values()) <= 0.05 and usual["position"] > 0.5 and usual["fluency"] > 0.5
    return Row(
        slug="gate",
        claim="judges that follow position, fluency or nothing are hardly ever shown as having values",
        baseline=usual,
        ours=ours,
        need_spec=need,
        need_used=need,
        holds=holds,
        seeds=tuple(range(seed, seed + N_SEEDS)),
        why="" if holds else "see the numbers: an inequality is not met",
    )
