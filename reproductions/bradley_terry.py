"""Strengths or shares of wins: which order items better, where strong items mostly meet strong ones?

30 items with μ ~ N(0, 1.5). In `leagues` each item meets the five nearest to it, ten votes a pair, as where close pairs
are asked; in `random` as many pairs are drawn at random. Baselines: the share of an item's votes that it won, and Elo's
rating (K = 32, votes in random order) on the scale on which a difference of 400 is odds of ten to one. Judged by
Kendall's τ with μ, by the expected log-loss above the truth's on all pairs that were not asked, and by how often the
95 % interval of a difference of two items holds the true one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import expit, xlog1py, xlogy
from scipy.stats import kendalltau, norm

from reproductions.claims import Row
from weigh.core.evidence import Comparisons
from weigh.core.stats import rng
from weigh.fit.bradley_terry import bradley_terry

METHOD = [
    "fit/bradley_terry.py", "fit/_people.py", "ops/paired.py", "ops/pairs.py", "ops/strengths.py",
    "ops/comparison_graph.py", "ops/newton.py",
]  # fmt: skip
N_SEEDS = 40
N_ITEMS, SPREAD, REACH, N_VOTES = 30, 1.5, 5, 10
ELO, K = np.log(10) / 400, 32.0


def asked(mu: np.ndarray, design: str, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that are asked, and all others."""
    place = np.argsort(np.argsort(-mu))
    a, b = np.triu_indices(N_ITEMS, 1)
    close = np.abs(place[a] - place[b]) <= REACH
    if design == "random":
        close = chance.permutation(close)
    pairs = np.stack([a, b], axis=1)
    return pairs[close], pairs[~close]


def elo(a: np.ndarray, b: np.ndarray, wins: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Elo's ratings in log-odds after all votes in random order."""
    rating = np.zeros(N_ITEMS)
    left, right = np.repeat(a, N_VOTES), np.repeat(b, N_VOTES)
    won = np.concatenate([np.arange(N_VOTES) < n for n in wins])
    for i in chance.permutation(len(left)).tolist():
        gain = K * ELO * (won[i] - expit(rating[left[i]] - rating[right[i]]))
        rating[left[i]] += gain
        rating[right[i]] -= gain
    return rating


def one(seed: int, design: str) -> dict[str, float]:
    """τ, excess log-loss and coverage in one sample."""
    chance = rng(seed, "bradley-terry", design)
    mu = SPREAD * chance.standard_normal(N_ITEMS)
    pairs, rest = asked(mu, design, chance)
    a, b = pairs.T
    wins = chance.binomial(N_VOTES, expit(mu[a] - mu[b]))
    name = np.array([f"{i:02d}" for i in range(N_ITEMS)])
    values = bradley_terry(Comparisons(left=name[a], right=name[b], p_left=wins / N_VOTES, weight=[N_VOTES] * len(a)))
    share = (np.bincount(a, wins, N_ITEMS) + np.bincount(b, N_VOTES - wins, N_ITEMS)) / (
        N_VOTES * np.bincount(pairs.ravel(), minlength=N_ITEMS)
    )
    scores = {"bradley_terry": values.mean, "share of wins": share, "elo": elo(a, b, wins, chance)}
    found = {f"τ: {way}, {design}": float(kendalltau(score, mu).statistic) for way, score in scores.items()}
    c, d = rest.T
    p = expit(mu[c] - mu[d])
    for way in ("bradley_terry", "elo"):
        q = expit(scores[way][c] - scores[way][d])
        loss = -(xlogy(p, q) + xlog1py(1 - p, -q)) + (xlogy(p, p) + xlog1py(1 - p, -p))
        found[f"excess log-loss: {way}, {design}"] = float(loss.mean())
    i, j = np.triu_indices(N_ITEMS, 1)
    var = np.diag(values.cov)
    off = (values.mean[i] - values.mean[j] - mu[i] + mu[j]) / np.sqrt(var[i] + var[j] - 2 * values.cov[i, j])
    return found | {f"coverage: bradley_terry, {design}": float(np.mean(np.abs(off) < norm.ppf(0.975)))}


def reproduce(seed: int = 0) -> Row:
    """Means over forty seeds, and in how many of them the strengths order items better."""
    rows = {design: [one(s, design) for s in range(seed, seed + N_SEEDS)] for design in ("leagues", "random")}
    mean = {name: float(np.mean([row[name] for row in part])) for part in rows.values() for name in part[0]}

    def ahead(better: Callable[[dict[str, float]], bool]) -> float:
        return float(np.mean([better(row) for row in rows["leagues"]]))

    order = ahead(lambda row: row["τ: bradley_terry, leagues"] > row["τ: share of wins, leagues"])
    loss = ahead(lambda row: row["excess log-loss: bradley_terry, leagues"] < row["excess log-loss: elo, leagues"])
    need = (
        "in leagues: τ ≥ that of the share of wins + .2 on the mean and above it in 9 seeds of 10, log-loss below "
        "Elo's in 9 of 10; coverage of 95 % intervals .93 to .97 in both designs"
    )
    holds = (
        mean["τ: bradley_terry, leagues"] >= mean["τ: share of wins, leagues"] + 0.2
        and min(order, loss) >= 0.9
        and all(0.93 <= mean[f"coverage: bradley_terry, {design}"] <= 0.97 for design in rows)
    )
    ours = {name: value for name, value in mean.items() if "bradley_terry" in name}
    return Row(
        slug="bradley-terry",
        claim="strengths order items whose wins were against others of like strength; counting wins does not",
        baseline={name: value for name, value in mean.items() if name not in ours},
        ours={
            **ours,
            "leagues in which τ is above that of wins": order,
            "leagues in which log-loss is below Elo's": loss,
        },
        need_spec=need,
        need_used=need,
        holds=holds,
        seeds=tuple(range(seed, seed + N_SEEDS)),
        why="pairs at random give some items stronger opponents than others, so that counting wins costs something "
        "there too",
    )
