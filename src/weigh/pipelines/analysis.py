"""What a page shows of a verdict, as plain data: items, specifications, ranking, groups, the distance to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.measure.gate import Verdict


def analysis(verdict: Verdict, seed: int) -> dict[str, Any]:
    """All that a page shows of a verdict, as plain data.

    Parameters
    ----------
    verdict : Verdict
        From the gate.
    seed : int
        Of the simulated distance to the human order.
    """
    table, values = verdict.table, verdict.values
    found = summary(verdict)
    found["items"] = _items(verdict)
    found["unanswered"] = int((~np.isfinite(table.rows(list(verdict.kept) or None)[0])).sum())
    if values is None:
        return found
    found["specifications"] = table.specifications(verdict.kept)
    found["ranking"] = [list(tier) for tier in values.ranking().tiers]
    if table.bank.taxonomy:
        theory = table.bank.taxonomy
        found["groups"] = _groups(values, theory.groups)
        found["circle"] = list(theory.values) if theory.circular else None
        found["human"] = _distance(values, theory.human_order, seed) if theory.human_order else None
    return found


def summary(verdict: Verdict) -> dict[str, Any]:
    """Verdict, findings and statuses as plain data."""
    return {
        "verdict": {"level": verdict.level, "sentence": verdict.sentence, "also": list(verdict.also)},
        "findings": [finding.to_json() for finding in verdict.findings],
        "values": verdict.values.to_json() if verdict.values is not None else None,
        "statuses": dict(verdict.table.statuses),
        "frames": list(verdict.table.frames),
        "kept_frames": [verdict.table.frames[i] for i in verdict.kept],
    }


def _items(verdict: Verdict) -> list[dict[str, Any]]:
    table = verdict.table
    y, _ = table.rows(list(verdict.kept) or None)
    z = table.z(list(verdict.kept) or None)
    found = []
    for i, item in enumerate(table.bank.dilemmas):
        by_wording = {wording: float(z[w, i]) for w, wording in enumerate(table.wordings)}
        found.append({
            "id": item.id, "kind": "dilemma", "situation": item.situation, "options": list(item.options),
            "values": list(item.values), "author": item.author, "evidence": float(y[i]), "by_wording": by_wording,
        })  # fmt: skip
    chosen = list(verdict.kept) or list(range(len(table.frames)))
    for i, item in enumerate(table.bank.controls):
        right = int((table.controls[chosen, i] > 0).sum())
        found.append({
            "id": item.id, "kind": "control", "situation": item.situation, "options": list(item.options),
            "right_in_frames": right, "n_frames": len(chosen),
        })  # fmt: skip
    return found


def _groups(values: Values, groups: Mapping[str, tuple[str, ...]]) -> list[dict[str, Any]]:
    from scipy.special import stdtrit

    assert values.cov is not None
    width = float(stdtrit(values.notes["dof"], 0.975))
    found = []
    for name, members in groups.items():
        weights = np.array([item in members for item in values.items], dtype=float)
        if weights.sum() == 0:
            continue
        weights /= weights.sum()
        mean, half = float(weights @ values.mean), width * float(np.sqrt(weights @ values.cov @ weights))
        found.append({"group": name, "members": list(members), "mean": mean, "low": mean - half, "high": mean + half})
    return found


def _distance(values: Values, order: tuple[str, ...], seed: int, n_draws: int = 2000) -> dict[str, Any]:
    """Rank correlation with the order that people give, with an interval over the profile's own uncertainty."""
    assert values.cov is not None
    shared = [item for item in order if item in values.items]
    place = [values.items.index(item) for item in shared]
    human = np.arange(len(shared), 0, -1, dtype=float)
    draws = rng(seed, "human order").multivariate_normal(values.mean, values.cov, n_draws, method="svd")[:, place]
    ranks = np.vstack([values.mean[place], draws]).argsort(axis=1).argsort(axis=1).astype(float)
    ranks -= ranks.mean(axis=1, keepdims=True)
    centred = human - human.mean()
    rho = ranks @ centred / np.sqrt((ranks**2).sum(axis=1) * (centred**2).sum())
    low, high = np.percentile(rho[1:], [2.5, 97.5])
    return {"order": shared, "rank_correlation": float(rho[0]), "low": float(low), "high": float(high)}
