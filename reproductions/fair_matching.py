"""What does fairness under uncertain merit cost, and who breaks it?

Six people and six places, random lists, utilities that have nothing to do with them, merit that is known with an error
of 0.5. Baselines: the matching of most utility, and the order of mean merit, as if the means were the truth. Both leave
promises unmet; the lottery meets all, at a cost that grows with φ.
"""

from __future__ import annotations

import numpy as np

from reproductions.claims import Row
from weigh.core.evidence import Rankings, Ratings
from weigh.core.scale import Scale
from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.decide.fair_matching import fair_matching
from weigh.ops.fair_lottery import Market, broken_promises
from weigh.ops.merit_order import chances_by_merit

METHOD = [
    "decide/fair_matching.py", "decide/_merit.py", "ops/fair_lottery.py", "ops/merit_order.py", "ops/birkhoff.py",
]  # fmt: skip
N, N_SEEDS, N_DRAWS, LEVELS, SD = 6, 10, 2000, (0.0, 0.25, 0.5, 0.75, 1.0), 0.5
PEOPLE = tuple(f"person {x}" for x in range(N))
PLACES = tuple(f"place {y}" for y in range(N))


def one(seed: int) -> dict[str, object]:
    """Utility by φ, and the largest breach at φ = 1 of the lottery and of both baselines."""
    draw = rng(seed, "town")
    lists = np.argsort(draw.standard_normal((N, N)), axis=1)
    who, where = np.repeat(np.array(PEOPLE, dtype=object), N), np.array(PLACES, dtype=object)
    wishes = Rankings(who=who, item=where[lists.ravel()], rank=np.tile(np.arange(N, dtype=float), N))
    utility = Ratings(who=who, item=np.tile(where, N), value=2 * draw.standard_normal(N * N))
    mean = draw.standard_normal(N)
    merit = Values(
        PEOPLE, ("test",), mean, mean - 1.96 * SD, mean + 1.96 * SD, scale=Scale("interval"), method="planted"
    )
    found = [
        fair_matching(wishes, merit, fairness=phi, utility=utility, must_match=True, n_draws=N_DRAWS, seed=seed)
        for phi in LEVELS
    ]
    market = Market(lists, np.ones(N, dtype=int), np.zeros((N, N)))
    drawn = mean + SD * rng(seed, "fresh").standard_normal((20 * N_DRAWS, N))
    promise = np.cumsum(chances_by_merit(lists, market.seats, drawn), axis=1)
    by_mean = market.spread(chances_by_merit(lists, market.seats, mean[None, :]))
    return {
        "utility": np.array([f.score for f in found]),
        "breach": max(f.notes["breach"] for f in found),
        "breach of most utility": found[-1].notes["breach_of_most_utility"],
        "breach of mean merit": broken_promises(market, by_mean, promise),
        "breach on fresh draws": broken_promises(market, found[-1].chances, promise),
        "slack": found[-1].notes["sampling_slack"],
    }


def reproduce(seed: int = 0) -> Row:
    """Means over seeds; breaches are the largest, those of baselines the smallest."""
    seeds = tuple(range(seed, seed + N_SEEDS))
    runs = [one(s) for s in seeds]
    utility = np.array([run["utility"] for run in runs])
    worst = {name: float(np.max([run[name] for run in runs])) for name in ("breach", "breach on fresh draws", "slack")}
    least = {
        name: float(np.min([run[name] for run in runs])) for name in ("breach of most utility", "breach of mean merit")
    }
    falls = bool((np.diff(utility, axis=1) <= 1e-7).all() and (np.diff(utility, 2, axis=1) <= 1e-6).all())
    need = "utility falls with φ and is concave; breach of axiom A > 0 for both baselines and ≤ 1e-9 for the lottery"
    used = need + "; on 40,000 fresh draws its breach is within the slack given for 2,000"
    return Row(
        slug="fair-matching",
        claim="a lottery can be fair under uncertain merit at the least cost in utility, and stays so on fresh draws",
        baseline={"least breach: most utility": least["breach of most utility"],
                  "least breach: order of mean merit": least["breach of mean merit"]},
        ours={"largest breach": worst["breach"], "on fresh draws": worst["breach on fresh draws"],
              "slack given": worst["slack"],
              **{f"utility at φ = {phi:g}": float(x) for phi, x in zip(LEVELS, utility.mean(axis=0), strict=True)}},
        need_spec=need,
        need_used=used,
        holds=falls and min(least.values()) > 0 and worst["breach"] <= 1e-9
        and worst["breach on fresh draws"] <= worst["slack"],
        seeds=seeds,
        why="a check of the slack on fresh draws is added, as merit is only ever known from a sample",
    )  # fmt: skip
