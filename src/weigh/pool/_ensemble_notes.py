"""What an ensemble of reward models is shown with: curves under best-of-n, sentences, figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.figure import heatmap, lines
from weigh.core.stats import mean_interval
from weigh.ops.best_of_n import best_of_n_curve, best_of_n_kl, n_grid, overoptimisation
from weigh.ops.reward_table import RewardTable
from weigh.ops.rewards import within

Array = NDArray[np.float64]
Objective = Callable[[Array], Array]

ALONE = "one model"
WORTH_SAYING = 0.05  # in SD of the judge's scores


def curves(
    table: RewardTable, z: Array, judge: Array | None, by: Mapping[str, Objective], objective: str
) -> dict[str, Any]:
    """What the best of n promises and what it earns by a judge, by objective, on average over prompts.

    Without a judge each member in turn judges what the others choose. Where a single member has nobody to judge it,
    only what it promises is told.
    """
    groups = [rows for rows in table.by_size() if rows.shape[1] > 1]
    n = n_grid(groups[0].shape[1])
    m = z.shape[1]
    # members who choose, and what they are judged by
    panels: list[tuple[list[int], Array | None]] = [(list(range(m)), judge)]
    if judge is None and m > 1:
        standard = within(z, table.prompt)
        panels = [([i for i in range(m) if i != out], standard[:, out]) for out in range(m)]
    rules: dict[str, Objective] = {**by, ALONE: lambda scores: scores} if m > 1 else {ALONE: lambda scores: scores}
    promised, earned, bands = {}, {}, {}
    for name, rule in rules.items():
        says, worth = [], []
        for chosen, judged in panels:
            made = rule(z[:, chosen]).reshape(len(z), -1)
            for one in made.T:
                says.append(_by_prompt(groups, one, _in_spreads(groups, one), n))
                if judged is not None:
                    worth.append(_by_prompt(groups, one, judged, n))
        promised[name] = np.mean(says, axis=(0, 1)).tolist()
        if worth:
            each = np.mean(worth, axis=0)
            earned[name] = each.mean(axis=0).tolist()
            if name in (objective, ALONE) and len(each) > 1:
                spread = mean_interval(each)
                bands[name] = {"low": spread.low.tolist(), "high": spread.high.tolist()}
    over = {name: overoptimisation(n, promised[name], earned[name])._asdict() for name in earned}
    return {
        "n": n, "kl": best_of_n_kl(n).tolist(), "promised": promised, "earned": earned, "bands": bands,
        "overoptimisation": over,
    }  # fmt: skip


def _in_spreads(groups: list[NDArray[np.int64]], one: Array) -> Array:
    """Less the prompt's mean, in standard deviations within prompts; 0 where nothing differs."""
    away = np.zeros_like(one)
    for rows in groups:
        away[rows] = one[rows] - one[rows].mean(axis=1, keepdims=True)
    spread = np.sqrt((away**2).mean())
    return away / spread if spread > 0 else away


def _by_prompt(groups: list[NDArray[np.int64]], proxy: Array, value: Array, n: list[int]) -> Array:
    return np.concatenate([best_of_n_curve(proxy[rows], value[rows], n) for rows in groups])


def told(notes: Mapping[str, Any]) -> list[str]:
    """What must be said beside the numbers."""
    said, most = [], notes["n"][-1]
    objective = notes["objective"] if notes["objective"] in notes["promised"] else ALONE
    if len(notes["models"]) == 1:
        said.append("There is one model: every objective is its own score, and nothing tells where it errs.")
    if notes["overoptimisation"]:
        found = notes["overoptimisation"][objective]
        whom = f"{notes['judge']!r}" if notes["judge"] else "members that did not choose"
        start = notes["earned"][objective][0]
        said.append(f"By {whom}, the best of {most} earns {found['end'] - start:.2f} SD more than a random answer.")
        if found["drop"] > WORTH_SAYING:
            said.append(f"It was {found['drop']:.2f} SD more at n = {found['at']:g}: select no harder than that.")
        alone = notes["overoptimisation"].get(ALONE)
        if alone and objective != ALONE:
            more = found["end"] - alone["end"]
            said.append(f"One model alone earns {abs(more):.2f} SD {'less' if more >= 0 else 'more'} at that n.")
        if not notes["judge"]:
            said.append("Members share some of their errors, which no member can see: name a gold to see those too.")
    if most < 4:
        said.append(f"The smallest prompt has {most} answers; a curve over so few says little of over-optimisation.")
    return said


def figures(notes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What selection earns by objective, what it promises beside that, and how far models agree."""
    n, drawn = notes["n"], []
    objective = notes["objective"] if notes["objective"] in notes["promised"] else ALONE
    judge = notes["judge"] or "a member that did not choose"
    if notes["earned"]:
        series = {name: {"x": n, "y": y, **notes["bands"].get(name, {})} for name, y in notes["earned"].items()}
        drawn.append(lines(
            "What best-of-n earns", series, x="answers drawn (n)", y="worth, in SD within prompts", log_x=True,
            note=f"Judged by {judge}. Where a curve turns down, selection finds errors. Bands: 95 % over prompts.",
        ))  # fmt: skip
    pair = {"promised": {"x": n, "y": notes["promised"][objective]}}
    if notes["earned"]:
        pair["earned"] = {"x": n, "y": notes["earned"][objective], **notes["bands"].get(objective, {})}
    drawn.append(lines(
        f"What selection by {objective} promises" + (" and what it earns" if notes["earned"] else ""), pair,
        x="answers drawn (n)", y="SD within prompts", log_x=True,
        note="Where they part, selection finds error rather than worth.",
    ))  # fmt: skip
    names = notes["models"]
    if len(names) > 1:
        drawn.append(heatmap(
            "How far models agree within prompts", names, names, [list(notes["agreement"][a].values()) for a in names],
            unit="correlation", centre=0.0, note="Near 1 an ensemble is one model many times over.",
        ))  # fmt: skip
    return [figure.to_json() for figure in drawn]
