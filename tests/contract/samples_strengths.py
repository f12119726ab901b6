"""A sample for best–worst scaling, whose rankings are sets with a best, a worst and others that tie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import samples

from weigh.core.evidence import Rankings

SHOWN = [
    ("Ada", "set 1", ("care", "fairness", "loyalty", "thrift")),
    ("Ada", "set 2", ("fairness", "care", "thrift", "courage")),
    ("Bo", "set 1", ("care", "loyalty", "courage", "fairness")),
    ("Bo", "set 2", ("loyalty", "thrift", "courage", "care")),
]
COLUMNS: dict[str, list[Any]] = {
    "who": [who for who, _, shown in SHOWN for _ in shown],
    "source": [name for _, name, shown in SHOWN for _ in shown],
    "item": [item for _, _, shown in SHOWN for item in shown],
    "rank": [1.0, 2.0, 2.0, 3.0] * 4,  # the first of each was the best, the last the worst
}


def making(**changed: list[Any]) -> Callable[[], samples.Given]:
    return lambda: {"": Rankings.from_frame({**COLUMNS, **changed})}


def relabel(given: samples.Given, new: Mapping[str, str]) -> samples.Given:
    return making(item=[new[item] for item in given[""].item.tolist()])()


SAMPLES = {
    "fit/best_worst": samples.Sample(
        making(),
        relabel,
        samples.every_row_twice,
        samples.every_weight_doubled,
        empty=making(**{name: [] for name in COLUMNS}),
        one_item=making(item=["care"] * 16),
        one_class=making(rank=[1.0] * 16),
        nan=making(rank=[1.0, 2.0, 2.0, float("nan")] * 4),
    )
}
