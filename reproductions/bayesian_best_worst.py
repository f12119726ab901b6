"""The credal order of the Bayesian Best–Worst Method: does its .8 mean 8 in 10?

Groups of 8 people and 5 criteria. Common log-ratios ~ N(0, .5), people's about them with an SD of .2 (they agree) or .5
(they differ); everybody says in whole numbers from 1 to 9 how many times their best counts against each criterion and
each against their worst. The credal order gives each pair of criteria a probability. It is held against what the plain
mean of people's weights says, which puts one above the other for sure, and against the credal order of the geometric
mean of the same answers (`pool/compositional`). Judged by Brier's score on the true order, by the calibration error
(how far, on average over ten bins, the share of right orders is from the mean probability), and by the share of 95 %
intervals that hold the true weight.
"""

from __future__ import annotations

import numpy as np

from reproductions.claims import Row
from weigh.core.evidence import Ratings
from weigh.core.stats import rng
from weigh.ops.best_worst_method import geometric_weights
from weigh.ops.log_ratios import clr_inverse
from weigh.pool.bayesian_best_worst import BEST, WORST, bayesian_best_worst
from weigh.pool.compositional import compositional

METHOD = ["pool/bayesian_best_worst.py", "ops/best_worst_method.py", "ops/hamiltonian.py", "ops/rating_table.py"]
N_GROUPS, N_SEEDS = 20, 3
PEOPLE, ITEMS, SPREAD = 8, 5, 0.5
APART = {"agree": 0.2, "differ": 0.5}
NAMES = [f"c{j}" for j in range(ITEMS)]


def group(seed: int, number: int, apart: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Best to others and others to worst, shape (people, items), and the common weights."""
    chance = rng(seed, "best-worst method", number)
    z = SPREAD * chance.standard_normal(ITEMS)
    w = clr_inverse(z + apart * chance.standard_normal((PEOPLE, ITEMS)))
    best, worst = (w.max(axis=1, keepdims=True) / w, w / w.min(axis=1, keepdims=True))
    return *(np.clip(np.round(said), 1, 9) for said in (best, worst)), clr_inverse(z)


def orders(best: np.ndarray, worst: np.ndarray, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """P(row above column) by each way, and the ends of the intervals of the Bayesian method."""
    who, side, item = (x.ravel() for x in np.indices((PEOPLE, 2, ITEMS)))
    said = Ratings(
        who=[f"p{k}" for k in who], criterion=np.where(side == 0, BEST, WORST), item=[NAMES[j] for j in item],
        value=np.stack([best, worst], axis=1).ravel(),
    )  # fmt: skip
    found = bayesian_best_worst(said, seed=seed, n_warmup=300, n_draws=300)
    own = geometric_weights(best, worst)
    shares = Ratings(who=[f"p{k}" for k in np.repeat(range(PEOPLE), ITEMS)], item=NAMES * PEOPLE, value=own.ravel())
    pooled = compositional(shares, opinions=1)
    mean = own.mean(axis=0)
    above = {"plain mean": np.where(np.eye(ITEMS) == 1, 0.5, (mean[:, None] > mean[None, :]).astype(float))}
    for way, values in (("bayesian", found), ("compositional", pooled)):
        at = [values.items.index(name) for name in NAMES]
        table = [[values.notes["p_above"][a][b] for b in values.items] for a in values.items]
        above[way] = np.array(table)[np.ix_(at, at)]
    at = [found.items.index(name) for name in NAMES]
    assert found.low is not None
    assert found.high is not None
    return above, found.low[at], found.high[at]


def calibration(p: np.ndarray, right: np.ndarray) -> float:
    """Mean over pairs of how far the share of right orders in a pair's bin is from the mean probability there."""
    place = np.minimum((10 * p).astype(int), 9)
    n = np.bincount(place, minlength=10)
    return float(np.abs(np.bincount(place, right, 10) - np.bincount(place, p, 10))[n > 0].sum() / len(p))


def reproduce(seed: int = 0) -> Row:
    """Scores over twenty groups for each of three seeds, where people agree and where they differ."""
    mean: dict[str, float] = {}
    i, j = np.triu_indices(ITEMS, 1)
    for name, apart in APART.items():
        said: dict[str, list[np.ndarray]] = {}
        right, covered = [], []
        for s in range(seed, seed + N_SEEDS):
            for number in range(N_GROUPS):
                best, worst, truth = group(s, number, apart)
                above, low, high = orders(best, worst, s)
                for way, table in above.items():
                    said.setdefault(way, []).append(table[i, j])
                right.append(truth[i] > truth[j])
                covered.append((low <= truth) & (truth <= high))
        came = np.concatenate(right).astype(float)
        for way, parts in said.items():
            p = np.concatenate(parts)
            mean[f"Brier: {way}, {name}"] = float(np.mean((p - came) ** 2))
            mean[f"calibration error: {way}, {name}"] = calibration(p, came)
        mean[f"coverage: bayesian, {name}"] = float(np.mean(covered))
    need = (
        "where people agree and where they differ: Brier ≤ .8 of the plain mean's, calibration error ≤ .05, coverage "
        "of 95 % intervals ≥ .90"
    )
    holds = all(
        mean[f"Brier: bayesian, {name}"] <= 0.8 * mean[f"Brier: plain mean, {name}"]
        and mean[f"calibration error: bayesian, {name}"] <= 0.05
        and mean[f"coverage: bayesian, {name}"] >= 0.90
        for name in APART
    )
    ours = {name: value for name, value in mean.items() if "bayesian" in name}
    return Row(
        slug="bayesian-best-worst",
        claim="the probability of each order of two criteria means what it says, and foretells better than the mean",
        baseline={name: value for name, value in mean.items() if name not in ours},
        ours=ours,
        need_spec=need,
        need_used=need,
        holds=holds,
        seeds=tuple(range(seed, seed + N_SEEDS)),
        why=""
        if holds
        else "where people agree it is too cautious: an answer is read as counts, as many as its numbers sum to, and "
        "says more than these; the credal order of the geometric mean is better there",
    )
