"""
Places by a fair lottery
========================

Four people want three places, and three assessors disagree about them. To give each place to whoever looks best would
treat a guess as a fact. A lottery that honours merit as far as it is known costs a little, and says how little.
"""

from __future__ import annotations

from weigh import Rankings, Values
from weigh.core.scale import Scale
from weigh.decide.fair_matching import fair_matching

# %%
# Who would take which place, the dearest first.
wishes = {
    "Ada": ["lab", "field"],
    "Bo": ["lab", "archive"],
    "Cy": ["archive", "lab"],
    "Di": ["lab", "field", "archive"],
}
rows = [(who, place, rank) for who, places in wishes.items() for rank, place in enumerate(places, 1)]
preferences = Rankings(who=[r[0] for r in rows], item=[r[1] for r in rows], rank=[r[2] for r in rows])

# %%
# What each assessor thinks of each person: any of the three may be right.
scores = [[3.0, 2.5, 1.0, 2.0], [2.0, 3.0, 1.5, 2.5], [3.0, 1.0, 2.0, 2.8]]
assessors = ("first", "second", "third")
merit = Values(tuple(wishes), assessors, scores, scale=Scale("interval"), method="assessment")

# %%
# The chances, and what fairness took from the most that could have been had.
lottery = fair_matching(preferences, merit, seed=1)
print("chance of " + "  ".join(f"{place:>8}" for place in lottery.places))
for who, chances in zip(lottery.people, lottery.chances, strict=True):
    print(f"{who:<9} " + "  ".join(f"{p:8.2f}" for p in chances))
print("drawn:", ", ".join(lottery.picked))
fair, best = lottery.score, fair_matching(preferences, merit, fairness=0.0, seed=1).score
print(f"worth {fair:.2f} of at most {best:.2f}")
