"""Fair matching: the linear program of n people and n places. No library has it, so its growth alone is told."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from bench.timing import Row, in_turns
from weigh import Rankings, Values
from weigh.core.scale import Scale
from weigh.core.stats import rng
from weigh.decide.fair_matching import fair_matching


def bench(*, tiny: bool = False) -> list[Row]:
    """Processor time of three markets, and the power of n by which it grows."""
    sizes = (4, 6, 8) if tiny else (50, 100, 200)
    rows: list[Row] = []
    before = (0, 0.0)
    for n in sizes:
        preferences, merit = market(n)
        seconds = in_turns({"promise": partial(fair_matching, preferences, merit)}, rounds=1)["promise"]
        note = "" if not before[0] else f"n^{math.log(seconds / before[1]) / math.log(n / before[0]):.1f}"
        rows.append(Row("fair_matching", f"{n} × {n}", seconds, "CPU s", note=note))
        before = (n, seconds)
    return rows


def market(n: int) -> tuple[Rankings, Values]:
    """People who rank all places alike but for chance, and merit with an interval."""
    draw = rng(n, "market")
    order = np.argsort(np.arange(n) + draw.normal(0, n / 4, (n, n)), axis=1)
    who = np.repeat([f"person {i}" for i in range(n)], n)
    item = np.array([f"place {j}" for j in range(n)])[order].ravel()
    mean = draw.standard_normal(n)
    people = tuple(f"person {i}" for i in range(n))
    merit = Values(people, ("test",), mean, mean - 1, mean + 1, scale=Scale("interval"), method="example")
    return Rankings(who=who, item=item, rank=np.tile(np.arange(1, n + 1), n)), merit
