"""What combined rewards are shown with: what each rule would choose and reach, sentences, figures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.figure import lines
from weigh.ops.best_of_n import best_of_n_curve, best_of_n_kl, n_grid
from weigh.ops.reward_table import RewardTable
from weigh.ops.rewards import above_all, chance_of_all
from weigh.ops.tilting import beta_at_kl, tilted_policy

Array = NDArray[np.float64]

NAMED = 200  # prompts or answers up to which each is told of by name
SATURATED = 0.95  # chance of beating the reference beyond which more reward hardly counts
FEW = 20  # answers to a prompt below which a quantile of theirs is a poor reference


def standardised_sum(table: RewardTable) -> Array:
    """Sum of rewards, each standardised within its prompt."""
    found = np.zeros(len(table.scores))
    for rows in table.by_size():
        r = table.scores[rows]
        away, spread = r - r.mean(axis=1, keepdims=True), r.std(axis=1, keepdims=True)
        found[rows] = (away / np.where(spread > 0, spread, 1.0)).sum(axis=-1)
    return found


def best_by(table: RewardTable, by: Array) -> NDArray[np.int64]:
    """Row of each prompt's favourite."""
    found = np.zeros(len(table.prompts), dtype=np.int64)
    for rows in table.by_size():
        found[table.prompt[rows[:, 0]]] = rows[np.arange(len(rows)), by[rows].argmax(axis=1)]
    return found


def what_is_reached(table: RewardTable, rules: dict[str, Array]) -> dict[str, Any]:
    """Share of answers above the prompt's median in every reward, by rule: best of n, and at equal KL."""
    groups = [rows for rows in table.by_size() if rows.shape[1] > 1]
    good = np.zeros(len(table.scores))
    for rows in groups:
        good[rows] = above_all(table.scores[rows])
    n = n_grid(groups[0].shape[1])
    # distances that best-of-n would go, up to where the smallest pool is half spent
    kl = [float(best_of_n_kl(x)) for x in n if 1 < x <= groups[0].shape[1] / 2]
    largest = groups[-1].shape[1]
    pools = sum(len(rows) for rows in groups)
    p0, worth, at = np.zeros((pools, largest)), np.zeros((pools, largest)), 0
    padded = {rule: np.zeros((pools, largest)) for rule in rules}
    for rows in groups:
        here, size = slice(at, at + len(rows)), rows.shape[1]
        at += len(rows)
        p0[here, :size], worth[here, :size] = 1 / size, good[rows]
        for rule, by in rules.items():
            padded[rule][here, :size] = by[rows]
    found: dict[str, Any] = {"n": n, "kl": [0.0, *kl], "best_of_n": {}, "kl_penalty": {}}
    start = float((p0 * worth).sum(axis=1).mean())
    for rule, by in rules.items():
        curves = [best_of_n_curve(by[rows], good[rows], n) for rows in groups]
        found["best_of_n"][rule] = np.concatenate(curves).mean(axis=0).tolist()
        tilted = (tilted_policy(p0, padded[rule], _beta(p0, padded[rule], x)) for x in kl)
        found["kl_penalty"][rule] = [start, *(float((p * worth).sum(axis=1).mean()) for p in tilted)]
    return found


def _beta(p0: Array, reward: Array, kl: float) -> float:
    try:
        return beta_at_kl(p0, reward, kl)
    except InputError:  # ties leave less to go to: take always the best
        return 1e-9 * (1.0 + float(np.ptp(reward)))


def by_name(table: RewardTable, u: Array, refs: Array, best: dict[str, NDArray[np.int64]]) -> dict[str, Any]:
    notes: dict[str, Any] = {}
    if len(table.prompts) <= NAMED:
        by_model = zip(table.prompts, refs.tolist(), strict=True)
        notes["references"] = {name: dict(zip(table.models, ref, strict=True)) for name, ref in by_model}
        notes["best"] = {
            rule: {name: table.answers[i] for name, i in zip(table.prompts, chosen.tolist(), strict=True)}
            for rule, chosen in best.items()
        }
    if len(u) <= NAMED:
        bounds = chance_of_all(u)
        rows = zip(table.items, u.tolist(), bounds.low.tolist(), bounds.high.tolist(), strict=True)
        notes["each_answer"] = {
            item: {"parts": dict(zip(table.models, parts, strict=True)), "p_least": low, "p_most": high}
            for item, parts, low, high in rows
        }
    return notes


def told(table: RewardTable, saturated: float, differ: float, reference: str | None) -> list[str]:
    said = []
    if len(table.models) > 1:
        said.append(f"In {differ:.0%} of prompts another answer comes first than by the plain sum of rewards.")
    if saturated > 0.5:
        said.append(
            f"{saturated:.0%} of the scores beat their reference for sure, where more reward counts for nothing."
        )
    few = int(np.bincount(table.prompt).min())
    if reference is None and few < FEW:
        said.append(
            f"A prompt has only {few} answers; a quantile of so few is a poor reference, as the intervals show."
        )
    return said


def figures(reached: dict[str, Any]) -> list[dict[str, Any]]:
    note = "An answer counts if it is above the median of its prompt in every reward."
    plots = [("best_of_n", "n", "What best-of-n reaches", "answers drawn (n)")]
    if len(reached["kl"]) > 1:
        plots.insert(
            0, ("kl_penalty", "kl", "What training with a KL penalty would reach", "KL from the start, in nats")
        )
    return [
        lines(
            title, {rule: {"x": reached[x], "y": y} for rule, y in reached[part].items()}, x=label,
            y="share good in every reward", log_x=x == "n", note=note,
        ).to_json()
        for part, x, title, label in plots
    ]  # fmt: skip
