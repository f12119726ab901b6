"""Samples for methods that pool what people said: best–worst comparisons, intervals on criteria, ratings over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import networkx as nx
import samples

from weigh.core.evidence import Ratings

PEOPLE, ITEMS = ("Ada", "Bo", "Cy"), ("care", "fairness", "loyalty", "thrift")
BEST = ((1.0, 2, 4, 8), (2.0, 1, 5, 7), (1.0, 3, 3, 9))
WORST = ((8.0, 4, 2, 1), (4.0, 7, 2, 1), (9.0, 4, 3, 1))

SAID: dict[str, list[Any]] = {
    "who": [who for who in PEOPLE for _ in range(8)],
    "item": list(ITEMS) * 6,
    "criterion": (["best_to_others"] * 4 + ["others_to_worst"] * 4) * 3,
    "value": [x for pair in zip(BEST, WORST, strict=True) for row in pair for x in row],
}


def making(columns: dict[str, list[Any]], **changed: list[Any]) -> Callable[[], samples.Given]:
    return lambda: {"": Ratings.from_frame({**columns, **changed})}


def relabel(given: samples.Given, new: Mapping[str, str]) -> samples.Given:
    old = given[""]
    parts = {f.name: getattr(old, f.name) for f in fields(old)}
    return {**given, "": Ratings(**{**parts, "item": [new[item] for item in old.item.tolist()]})}


def sample(columns: dict[str, list[Any]], **broken: dict[str, list[Any]]) -> samples.Sample:
    bent = {name: making(columns, **changed) for name, changed in broken.items()}
    bent |= {"empty": making({name: [] for name in columns})}
    return samples.Sample(
        making(columns), relabel, samples.every_row_twice, samples.every_weight_doubled, **bent
    )  # fmt: skip


WAVES: dict[str, list[Any]] = {
    "who": ["Ada", "Bo", "Cy", "Dee", "Eve"] * 4,
    "item": (["care"] * 5 + ["thrift"] * 5) * 2,
    "criterion": ["2024"] * 10 + ["2025"] * 10,
    "value": [
        *(0.1, 0.3, 0.5, 0.9, 0.7, 0.8, 0.6, 0.2, 0.4, 0.1),
        *(0.17, 0.3, 0.5, 0.82, 0.75, 0.74, 0.57, 0.31, 0.3, 0.16),
    ],
}
FRIENDS = nx.Graph([("Ada", "Bo"), ("Bo", "Cy"), ("Cy", "Dee"), ("Dee", "Eve"), ("Eve", "Ada")])


def moving(**changed: list[Any]) -> Callable[[], samples.Given]:
    return lambda: {"ratings": Ratings.from_frame({**WAVES, **changed}), "ties": FRIENDS}


def renamed(given: samples.Given, new: Mapping[str, str]) -> samples.Given:
    return {**given, "ratings": relabel({"": given["ratings"]}, new)[""]}


SAMPLES = {
    "pool/influence": samples.Sample(
        moving(),
        renamed,
        samples.every_row_twice,
        samples.every_weight_doubled,
        empty=moving(**{name: [] for name in WAVES}),
        # one value alone is no fault, and what moves nobody can be learnt nothing from
        one_class=moving(value=[0.5] * 20),
        nan=moving(value=[float("nan"), *WAVES["value"][1:]]),
    ),
    "pool/bayesian_best_worst": sample(
        SAID, one_item={"item": ["care"] * 24}, nan={"value": [float("nan"), *SAID["value"][1:]]}
    ),
}
