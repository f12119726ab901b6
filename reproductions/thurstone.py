"""A variance for each item: does it foretell comparisons better, where items differ in it?

60 items with μ ~ N(0, 1) and log-variances ~ N(log 0.1, 1); 360 random pairs, each the share of 20 draws. Judged on the
other 1,410 pairs by the expected log-loss above that of the true probabilities. The baseline is Bradley and Terry's
model, one noise for all; Thurstone's with equal variances stands beside it, so that the shape of the curve and the
variances can be told apart. A second run has equal variances, where a variance for each item can only cost.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, xlogy

from reproductions.claims import Row
from weigh.core.stats import rng
from weigh.ops.pair_selection import all_pairs
from weigh.ops.paired import fit_bradley_terry, fit_thurstone, gather, score

METHOD = [
    "fit/thurstone.py", "fit/_people.py", "ops/paired.py", "ops/pairs.py", "ops/strengths.py", "ops/unequal_noise.py",
    "ops/comparison_graph.py", "ops/newton.py",
]  # fmt: skip
N_SEEDS = 20
N_ITEMS, N_PAIRS, N_ANSWERS, VARIANCE = 60, 360, 20, 0.1


def excess(seed: int, spread: float) -> tuple[dict[str, float], float]:
    """Log-loss above that of the truth on pairs that were not asked, by model; correlation of log-variances."""
    mu = rng(seed, "means").standard_normal(N_ITEMS)
    v = VARIANCE * np.exp(spread * rng(seed, "variances").standard_normal(N_ITEMS))
    order = rng(seed, "pairs").permutation(N_ITEMS * (N_ITEMS - 1) // 2)
    asked, rest = np.split(all_pairs(N_ITEMS)[order], [N_PAIRS])

    def truth(pairs: np.ndarray) -> np.ndarray:
        a, b = pairs.T
        return ndtr((mu[a] - mu[b]) / np.sqrt(v[a] + v[b]))

    shares = rng(seed, "answers").binomial(N_ANSWERS, truth(asked)) / N_ANSWERS
    fitted = gather(*asked.T, shares, np.full(N_PAIRS, float(N_ANSWERS)), n_items=N_ITEMS)
    p = truth(rest)
    held_out = gather(*rest.T, p, n_items=N_ITEMS)
    least = -np.mean(xlogy(p, p) + xlogy(1 - p, 1 - p))
    free = fit_thurstone(fitted)
    fits = {
        "thurstone": free,
        "thurstone, equal variances": fit_thurstone(fitted, variances="equal"),
        "bradley_terry": fit_bradley_terry(fitted),
    }
    losses = {name: score(held_out, fit.mean, fit.variance)[0] - least for name, fit in fits.items()}
    return losses, float(np.corrcoef(np.log(free.variance), np.log(v))[0, 1]) if spread else 0.0


def reproduce(seed: int = 0) -> Row:
    """Mean excess log-loss over seeds, where variances differ and where they do not."""
    differ = [excess(s, 1.0) for s in range(seed, seed + N_SEEDS)]
    equal = [excess(s, 0.0)[0] for s in range(seed, seed + N_SEEDS)]
    mean = {name: float(np.mean([losses[name] for losses, _ in differ])) for name in differ[0][0]}
    cost = {name: float(np.mean([losses[name] for losses in equal])) for name in equal[0]}
    better = float(np.mean([losses["thurstone"] < losses["bradley_terry"] for losses, _ in differ]))
    r = float(np.mean([correlation for _, correlation in differ]))
    need = "held-out log-loss above the truth's: ≤ ⅔ of Bradley and Terry's on the mean, less in 9 seeds of 10; "
    need += "log-variances correlate ≥ .5 with the planted ones"
    holds = mean["thurstone"] <= 2 / 3 * mean["bradley_terry"] and better >= 0.9 and r >= 0.5
    return Row(
        slug="thurstone",
        claim="where items differ in variance, a variance for each foretells pairs that were not asked better",
        baseline={"excess: bradley_terry": mean["bradley_terry"],
                  "excess: thurstone, equal variances": mean["thurstone, equal variances"],
                  "excess where none differ: bradley_terry": cost["bradley_terry"]},
        ours={"excess: thurstone": mean["thurstone"], "seeds in which it is less": better,
              "correlation of log-variances": r, "excess where none differ: thurstone": cost["thurstone"]},
        need_spec=need,
        need_used=need,
        holds=holds,
        seeds=tuple(range(seed, seed + N_SEEDS)),
        why="excess is in nats a vote; where all variances are equal, a variance for each item costs a little",
    )  # fmt: skip
