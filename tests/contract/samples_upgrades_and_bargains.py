"""Samples for methods that pool votes on upgrades, and ratings of options that groups negotiate about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import samples

from weigh.core.evidence import Ratings
from weigh.core.votes import Votes

STEPS = [("rules", "outcomes"), ("outcomes", "judgement"), ("rules", "judgement"), ("loyalty", "outcomes")]
CAST = {
    "Ada": ["upgrade", "upgrade", "upgrade", "upgrade"],
    "Bo": ["upgrade", "upgrade", "not_sure", "upgrade"],
    "Cy": ["no_upgrade", "upgrade", "upgrade", "upgrade"],
    "Di": ["upgrade", "not_sure", "upgrade", "not_sure"],
}
VOTES: dict[str, list[Any]] = {
    "who": [who for who in CAST for _ in STEPS],
    "from": [a for _ in CAST for a, _ in STEPS],
    "to": [b for _ in CAST for _, b in STEPS],
    "vote": [vote for votes in CAST.values() for vote in votes],
    "context": ["at work", "at home"] * 8,
    "group": [group for group in ("north", "north", "south", "south") for _ in STEPS],
}

ITEMS = ["bench", "no bench", "trees", "lawn", "lamps"]
RATINGS: dict[str, list[Any]] = {
    "who": [who for who in ("walkers", "drivers", "shops") for _ in ITEMS],
    "item": ITEMS * 3,
    "value": [5.0, 1, 4, 2, 3, 1, 2, 3, 1, 2, 4, 1, 2, 3, 1],
}
COSTS = {"item": ITEMS, "element": ["seat", "seat", "green", "green", ""], "cost": [2.0, 0, 2, 1, 2]}


def voting(**changed: list[Any]) -> Callable[[], samples.Given]:
    return lambda: {"votes": Votes.from_frame({**VOTES, **changed})}


def other_names(given: samples.Given, new: Mapping[str, str]) -> samples.Given:
    old = given["votes"]
    return voting(**{name: [new[one] for one in column.tolist()] for name, column in
                     (("from", old.from_), ("to", old.to))})()  # fmt: skip


def rating(**changed: list[Any]) -> Callable[[], samples.Given]:
    return lambda: {"ratings": Ratings.from_frame({**RATINGS, **changed}), "costs": COSTS, "budget": 4.0}


SAMPLES = {
    "pool/moral_graph": samples.Sample(
        voting(),
        other_names,
        samples.every_row_twice,
        samples.every_weight_doubled,
        empty=voting(**{name: [] for name in VOTES}),
        one_item=voting(**{"from": ["rules"] * 16, "to": ["rules"] * 16}),
        # a graph in which no step counts ranks nothing
        one_class=voting(vote=["not_sure"] * 16),
        nan=voting(vote=["upgrade", float("nan")] * 8),
    ),
    # its items are packages under the names of rules, which do not change with the names of the options
    "pool/negotiation": samples.Sample(
        rating(),
        None,
        samples.every_row_twice,
        samples.every_weight_doubled,
        empty=rating(**{name: [] for name in RATINGS}),
        one_item=lambda: {"ratings": Ratings.from_frame({**RATINGS, "item": ["bench"] * 15})},
        one_class=lambda: {"ratings": Ratings.from_frame({**RATINGS, "value": [3.0] * 15})},
        nan=rating(value=[float("nan"), *RATINGS["value"][1:]]),
    ),
}
