"""Samples for methods that need more than a table: running times, problems of learning, wishes with merit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import samples

from weigh.core.evidence import Rankings, Ratings
from weigh.core.scale import Scale
from weigh.core.values import Values

RUNS: dict[str, list[Any]] = {
    "who": ["i", "j", "k"] * 3,
    "item": ["quick"] * 3 + ["sure"] * 3 + ["slow"] * 3,
    "value": [1.0, 90, 2, 40, 35, 50, 70, 90, 80],
    "criterion": ["", "capped", "", "", "", "", "", "never", ""],
}


def runs(**changed: list[Any]) -> samples.Given:
    return {"": Ratings.from_frame({**RUNS, **changed}), "utility": "uniform(60)"}


def rename_runs(given: samples.Given, new: Mapping[str, str]) -> samples.Given:
    return runs(item=[new[item] for item in given[""].item.tolist()])


PROBLEM: dict[str, list[Any]] = {
    "who": ["safe", "risky", "bad"] * 5,
    "item": ["-"] * 3 + ["green"] * 3 + ["red"] * 3 + ["go"] * 3 + ["stay"] * 3,
    "criterion": ["prior"] * 3 + ["probability"] * 6 + ["loss"] * 6,
    "value": [4.0, 2, 1, 0.8, 0.5, 0.1, 0.2, 0.5, 0.9, 0, 2, 5, 1, 0.5, 0],
}


def problem(**changed: list[Any]) -> samples.Given:
    return {"": Ratings.from_frame({**PROBLEM, **changed})}


def rename_truths(given: samples.Given, new: Mapping[str, str]) -> samples.Given:
    return problem(who=[new[truth] for truth in given[""].who.tolist()])


WISHES: dict[str, list[Any]] = {
    "who": ["Ada", "Ada", "Bo", "Bo", "Cy"],
    "item": ["red", "blue", "red", "blue", "blue"],
    "rank": [1.0, 2, 1, 2, 1],
}


def town(merit: tuple[float, ...] = (1.0, 0.5, 0.2), **changed: list[Any]) -> samples.Given:
    scale = Scale("interval", "real", "points")
    low, high = [x - 1 for x in merit], [x + 1 for x in merit]
    people = Values(("Ada", "Bo", "Cy"), ("test",), list(merit), low, high, scale=scale, method="sample")
    return {"preferences": Rankings.from_frame({**WISHES, **changed}), "merit": people}


SAMPLES = {
    "fit/runtime_preferences": samples.Sample(
        runs,
        rename_runs,
        samples.every_row_twice,
        samples.every_weight_doubled,
        empty=lambda: runs(**{name: [] for name in RUNS}),
        one_item=lambda: runs(item=["quick"] * 9),
        one_class=lambda: runs(value=[9.0] * 9, criterion=[""] * 9),
        nan=lambda: runs(value=[float("nan")] * 9),
    ),
    "fit/prioritized_risk": samples.Sample(
        problem,
        rename_truths,
        samples.every_row_twice,
        samples.every_weight_doubled,
        empty=lambda: problem(**{name: [] for name in PROBLEM}),
        one_item=lambda: problem(who=["safe"] * 15),
        one_class=lambda: problem(value=[1.0] * 15),
        nan=lambda: problem(value=[float("nan")] * 15),
    ),
    "decide/fair_matching": samples.Sample(
        town,
        empty=lambda: town(**{name: [] for name in WISHES}),
        nan=lambda: town(merit=(float("nan"), 0.0, 0.0)),
    ),
}
