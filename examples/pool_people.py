"""
Pool what many people want
==========================

Fifteen people divide 100 points over four things. Eleven are of one mind, four have it the other way round; the pool
says so, with how sure each order is, and its shares then weigh the criteria of a choice that experts judged in
intervals.
"""

from __future__ import annotations

import numpy as np

from weigh import Ratings
from weigh.core.stats import rng
from weigh.ops.simplex import closure
from weigh.pool.cloud import cloud
from weigh.pool.compositional import compositional

CRITERIA = ["comfort", "price", "speed", "quiet"]

# %%
# What was said, one row a person and criterion. Sums need not be 1: only ratios count.
mind = np.repeat([[1.2, 0.5, -0.4, -1.3], [-1.2, -0.5, 0.4, 1.3]], [11, 4], axis=0)
points = 100 * closure(np.exp(mind + 0.25 * rng(0, "people").standard_normal(mind.shape)))
people = [f"person {i}" for i in range(15) for _ in CRITERIA]
votes = Ratings(who=people, item=CRITERIA * 15, value=points.ravel())

# %%
# The geometric mean lies between the camps. Welsch's estimate stays with the eleven, and both tell of the four.
for centre in ("geometric", "welsch"):
    pool = compositional(votes, centre=centre)
    print(centre, dict(zip(pool.items, pool.mean.round(3).tolist(), strict=True)))
for sentence in pool.notes["told"]:
    print(sentence)
print("comfort above price:", round(pool.notes["p_above"]["comfort"]["price"], 4))
print("people of the smaller opinion:", pool.notes["opinions"][1]["who"])

# %%
# Two experts judge three seats on those criteria, each in an interval; of the price, less is better.
seats = {
    "stool": ([2, 10, 6, 5], [4, 20, 8, 7], [1, 10, 5, 6], [3, 25, 7, 8]),
    "chair": ([5, 40, 5, 4], [7, 60, 7, 6], [6, 45, 4, 5], [8, 70, 6, 7]),
    "sofa": ([8, 200, 1, 6], [9, 400, 3, 8], [7, 250, 1, 7], [9, 350, 2, 9]),
}
rows = [(who, seat, criterion) for seat in seats for who in ("Ada", "Bo") for criterion in CRITERIA]
low = [x for first, _, second, _ in seats.values() for x in (*first, *second)]
high = [x for _, first, _, second in seats.values() for x in (*first, *second)]
who, seat, criterion = map(list, zip(*rows, strict=True))
said = Ratings(who=who, item=seat, criterion=criterion, low=low, high=high)
choice = cloud(said, cost=["price"], importance=pool)
print("best first:", [choice.items[i] for i in np.argsort(-choice.mean)])
