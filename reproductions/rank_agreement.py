"""Where four methods of ranking agree on who is first, is that one more often the best?

Tables of 10 alternatives on 5 criteria, what each is really worth on each ~ U(0, 1), seen with noise of SD .15 and
weighed equally. The best in truth is that of the largest sum, of the largest sum of square roots (what is lacking in
one criterion is hard to make up for) or of the largest minimum, in a third of the tables each. Baselines: how often the
weighted sum's first is the best in all tables; and the same in as many tables as the four agree in, those in which it
leads by most, for which no second method is needed.
"""

from __future__ import annotations

import numpy as np

from reproductions.claims import Row
from weigh.core.evidence import Ratings
from weigh.core.stats import rng
from weigh.pool.rank_agreement import rank_agreement

METHOD = ["pool/rank_agreement.py", "ops/decision_table.py", "ops/clouds.py"]
N_TABLES, N_SEEDS = 300, 5
ITEMS, CRITERIA, NOISE = 10, 5, 0.15
TRUTHS = (lambda x: x.sum(axis=1), lambda x: np.sqrt(x).sum(axis=1), lambda x: x.min(axis=1))
NAMES = [f"a{i}" for i in range(ITEMS)]


def one(seed: int, number: int) -> tuple[bool, bool, float, float]:
    """Whether all agree on the first, whether the weighted sum's is the best, its lead, and the least correlation."""
    chance = rng(seed, "rank agreement", number)
    real = chance.uniform(size=(ITEMS, CRITERIA))
    seen = real + NOISE * chance.standard_normal(real.shape)
    rows = Ratings(
        who=["all"] * seen.size, item=np.repeat(NAMES, CRITERIA), criterion=[f"c{j}" for j in range(CRITERIA)] * ITEMS,
        value=seen.ravel(),
    )  # fmt: skip
    notes = rank_agreement(rows).notes
    firsts = [tuple(first) for first in notes["first"].values()]
    best = NAMES[int(TRUTHS[number % len(TRUTHS)](real).argmax())]
    low, high = seen.min(axis=0), seen.max(axis=0)
    score = np.sort(((seen - low) / (high - low)).mean(axis=1))
    least = min(rho for row in notes["rank_correlation"].values() for rho in row.values())
    return len(set(firsts)) == 1, notes["first"]["weighted sum"] == [best], float(score[-1] - score[-2]), least


def reproduce(seed: int = 0) -> Row:
    """Shares over 300 tables for each of five seeds."""
    each: dict[str, list[float]] = {}
    for s in range(seed, seed + N_SEEDS):
        agree, right, lead, least = map(np.array, zip(*(one(s, number) for number in range(N_TABLES)), strict=True))
        clear = np.argsort(-lead)[: agree.sum()]
        close = np.argsort(-least)[: N_TABLES // 3]
        shares = {
            "tables on whose first all agree": agree, "first is best, all agree": right[agree],
            "first is best, not all agree": right[~agree], "first is best, all tables": right,
            "first is best, weighted sum leads by most": right[clear],
            "first is best, third of tables of the highest least correlation": right[close],
        }  # fmt: skip
        for name, share in shares.items():
            each.setdefault(name, []).append(float(np.mean(share)))
    mean = {name: float(np.mean(found)) for name, found in each.items()}
    more = np.array(each["first is best, all agree"]) - each["first is best, all tables"]
    need = "the first is best where all four agree: ≥ the share in all tables + .1 on the mean, and above in each seed"
    holds = bool(more.mean() >= 0.1 and (more > 0).all())
    base = ("first is best, all tables", "first is best, weighted sum leads by most")
    return Row(
        slug="rank-agreement",
        claim="where four methods of ranking agree on the first, it is the best more often",
        baseline={name: mean[name] for name in base},
        ours={name: value for name, value in mean.items() if name not in base},
        need_spec=need,
        need_used=need,
        holds=holds,
        seeds=tuple(range(seed, seed + N_SEEDS)),
        why="how far the weighted sum's first leads tells almost as much, without a second method; the rank "
        "correlation of whole orders tells little of the first place",
    )
