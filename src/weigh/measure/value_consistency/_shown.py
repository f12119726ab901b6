"""What a page tells of the distances: sentences, tables, figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from weigh.core.evidence import Answers
from weigh.core.figure import intervals
from weigh.core.finding import Finding
from weigh.measure._position import position_finding
from weigh.measure.value_consistency._groups import Axis, Measured
from weigh.measure.value_consistency._tables import FIRST_LISTED, RANDOM
from weigh.ops.jensen_shannon import MOST

CANNOT = (
    "It cannot tell a firm view from a habit: a judge that always gives the same answer is perfectly consistent.",
    "It cannot say whether the views are good ones, nor whose they are.",
    "A model that follows position comes out near 0, as both orders average to half and half: see the verdict.",
    "Questions of one topic differ, so good reasons too make distances between them; 0 is not to be expected.",
    "A language model wrote the paraphrases; some of the distance may lie in what was asked and not in the answers.",
)
NO_PASSAGES = "Nothing was written in free text, so multiple choice was not compared with it."

Baselines = Mapping[str, Mapping[str, float | None]]


def told_of(found: Mapping[str, Measured], baselines: Baselines) -> list[str]:
    """What the scores mean, in two or three sentences."""
    name, one = next(iter(found.items()))
    middle, low, high = one.interval
    yes, random = baselines[FIRST_LISTED][name], baselines[RANDOM][name]
    return [
        f"0 is the same answer each time, {MOST:.2f} the most that two answers can differ; smaller is more consistent.",
        f"{name}: {middle:.3f} ({low:.3f} to {high:.3f}). Whoever always says yes gets {yes:.3f}, whoever answers at "
        f"random {random:.3f}.",
    ]


def distances_of(found: Mapping[str, Measured], baselines: Baselines) -> list[dict[str, Any]]:
    """One row an axis: distance, interval, groups, bounds that the unanswered leave, and the baselines."""
    rows = []
    for name, one in found.items():
        row = {"item": name, "distance": one.interval.estimate, "low": one.interval.low, "high": one.interval.high}
        row |= {"groups": one.n_groups, "groups of one": one.n_alone}
        if one.bounds:
            row |= {"at least": one.bounds[0], "at most": one.bounds[1]}
        rows.append(row | {baseline: by_axis[name] for baseline, by_axis in baselines.items()})
    return rows


def pooled(baselines: Baselines, axes: Sequence[Axis]) -> dict[str, float]:
    """Each baseline on each kind of axis, over all parts of the bank; where it has a meaning."""
    found: dict[str, float] = {}
    for baseline, by_axis in baselines.items():
        for kind in dict.fromkeys(axis.axis for axis in axes):
            parts = [(by_axis[axis.name], int(axis.sizes.sum())) for axis in axes if axis.axis == kind]
            known = [(x, n) for x, n in parts if x is not None]
            if known:
                found[f"{baseline}: {kind}"] = sum(x * n for x, n in known) / sum(n for _, n in known)
    return found


def readers_findings(read: Mapping[str, Answers]) -> list[Finding]:
    """Whether each reader's readings survive a swap of places."""
    return [replace(position_finding(rows), name=f"order swap, reader {name}") for name, rows in read.items()]


def figures_of(
    found: Mapping[str, Measured], baselines: Baselines, support: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Distances beside those of judges that do not look at the question; support by topic."""
    rows: list[dict[str, Any]] = []
    for name, one in found.items():
        middle, low, high = one.interval
        rows.append({"item": name, "mean": middle, "low": low, "high": high, "series": "measured"})
        rows += [
            {"item": name, "mean": by_axis[name], "series": baseline}
            for baseline, by_axis in baselines.items()
            if by_axis[name] is not None
        ]
    note = "Smaller is more consistent; the other marks are judges that do not look at the question."
    figures = [intervals("How far apart answers are that ought to be alike", rows, unit="distance", note=note)]
    if support:
        several = len({row["language"] for row in support}) > 1
        lanes = [
            {"item": f"{row['topic']} ({row['language']})" if several else row["topic"], "mean": row["support"],
             "low": row["low"], "high": row["high"]}
            for row in sorted(support, key=lambda row: -row["support"])
        ]  # fmt: skip
        note = "Mean probability of the stance that supports the topic; intervals by original question."
        figures.append(intervals("Support for each topic", lanes, unit="P(supports)", note=note))
    return [figure.to_json() for figure in figures]
