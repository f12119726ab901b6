"""Samples for `credit`: a game of agents, a table to learn from, and two tables between which a model fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from samples import Given, Sample

from weigh.core.game import Game

_WEIGHT = {"ann": 3.0, "bo": 2.0, "cy": 1.5, "di": 0.5}


def _game(names: Mapping[str, str], worth: float = 1.0) -> Game:
    weight = {names[old]: number for old, number in _WEIGHT.items() if old in names}
    return Game(weight, lambda s: worth * sum(weight[one] for one in s) ** 2 if s else 0.0)


def _same(names: Mapping[str, float] = _WEIGHT) -> dict[str, str]:
    return {name: name for name in names}


def _rows(owner: Mapping[str, str] | None = None, **changed: Any) -> Given:
    x = [-2.0, -1.2, 1.1, 2.2, -0.4, 0.3, -1.7, 1.9, 0.8, -0.9, 1.4, -0.2]
    names = owner or _same()
    table = {"x": x, "y": [int(one > 0) for one in x], "owner": [names[one] for one in [*_WEIGHT] * 3]} | changed
    valuation = {"x": [-1.0, -0.3, 0.2, 1.0], "y": [0, 0, 1, 1]}
    return {
        "table": table,
        "target": "y",
        "group": "owner",
        "valuation": valuation,
        "algorithm": "truncated",
        "permutations": 20,
    }


def _shift(**changed: Any) -> Given:
    g = np.array([0, 0, 0, 0, 1, 1, 1, 1] * 3)
    y = np.array([0, 0, 0, 1, 1, 1, 1, 0] * 3)
    source = {"g": g, "y": y, "wrong": (g != y).astype(float)}
    target = {"g": g, "y": 1 - y, "wrong": (g == y).astype(float)}
    return {"source": source | changed, "target": target, "graph": "g -> y", "score": "wrong", "ratio": "counts"}


SAMPLES: dict[str, Sample] = {
    "credit/collective_xai": Sample(
        make=lambda: {"game": _game(_same())},
        relabel=lambda given, new: {"game": _game(new)},
        empty=lambda: {"game": {"coalition": [], "value": []}},
        one_item=lambda: {"game": _game({"ann": "ann"})},
        nan=lambda: {"game": _game(_same(), worth=float("nan"))},
    ),
    "credit/data_shapley": Sample(
        make=_rows,
        relabel=lambda given, new: _rows(new),
        empty=lambda: _rows(x=[], y=[], owner=[]),
        one_item=lambda: _rows(dict.fromkeys(_WEIGHT, "ann")),
        one_class=lambda: _rows(y=[1] * 12),
        nan=lambda: _rows(x=[float("nan")] * 12),
    ),
    "credit/why_fail": Sample(
        make=_shift,
        empty=lambda: _shift(g=[], y=[], wrong=[]),
        one_item=lambda: {**_shift(), "graph": "y"},
        one_class=lambda: _shift(wrong=[1.0] * 24),
        nan=lambda: _shift(wrong=[float("nan")] * 24),
    ),
}
