"""Why did the model fail? A synthetic shift of one mechanism: does the attribution find it?

G ~ Bernoulli(.5); Y = G xor Bernoulli(1 − q); three copies of Y, each flipped with probability .25; X1, X2 and X3 are
normal around its copy, plus 0, 1 and 3 times G. In the source q is .9 and in the target .1, so only P(Y | G) has
changed; a model of Y on X1 … X3 that learnt in the source loses .46 of its Brier score. Baseline in the same run: the
same estimator where every column is taken for a mechanism of its own, that is, a graph without arrows.
"""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from reproductions.claims import Row
from weigh.core.stats import rng
from weigh.credit.why_fail import why_fail

METHOD = [
    "credit/why_fail.py", "credit/_ratios.py", "credit/_reweighting.py", "credit/_tables.py", "ops/density_ratio.py",
    "ops/causal_graph.py", "ops/game.py",
]  # fmt: skip
N_SEEDS, N_ROWS = 4, 20_000
CAUSES = "G -> Y; Y -> X1; G, Y -> X2; G, Y -> X3"
TRUTH = "P(Y | G)"


def drawn(q: float, chance: np.random.Generator) -> dict[str, np.ndarray]:
    """Rows of the synthetic population."""
    g = chance.random(N_ROWS) >= 0.5
    y = g ^ (chance.random(N_ROWS) >= q)
    copies = [y ^ (chance.random(N_ROWS) <= 0.25) for _ in range(3)]
    x = [chance.normal(copy + weight * g) for copy, weight in zip(copies, (0, 1, 3), strict=True)]
    return {"G": g.astype(float), "Y": y.astype(float), "X1": x[0], "X2": x[1], "X3": x[2]}


def one_seed(seed: int) -> dict[str, float]:
    """Attributions by the causal graph and by marginals."""
    source, target = drawn(0.9, rng(seed, "source")), drawn(0.1, rng(seed, "target"))
    half = N_ROWS // 2
    seen, source = ({name: x[part] for name, x in source.items()} for part in (slice(half), slice(half, None)))
    features = ("X1", "X2", "X3")
    model = HistGradientBoostingClassifier(random_state=0)
    model.fit(np.column_stack([seen[name] for name in features]), seen["Y"])
    for table in (source, target):
        p = model.predict_proba(np.column_stack([table[name] for name in features]))[:, 1]
        table["squared error"] = (p - table["Y"]) ** 2
    ours = why_fail(source, target, graph=CAUSES, score="squared error", seed=seed)
    marginal = why_fail(source, target, graph="G; Y; X1; X2; X3", score="squared error", seed=seed)
    share = dict(zip(ours.items, ours.mean.tolist(), strict=True))
    change = ours.notes["change"]
    return {
        "share of the change": share[TRUTH] / change,
        "largest other": max(abs(number) for name, number in share.items() if name != TRUTH),
        "unexplained share": abs(ours.notes["unexplained"]) / change,
        "Brier score, source": ours.notes["before"],
        "Brier score, target": ours.notes["after"],
        "baseline: share": float(marginal.mean[marginal.items.index("P(Y)")]) / change,
        "baseline: unexplained share": abs(marginal.notes["unexplained"]) / change,
    }


def reproduce(seed: int = 0) -> Row:
    """Means over four seeds."""
    seeds = tuple(range(seed, seed + N_SEEDS))
    runs = [one_seed(s) for s in seeds]
    mean = {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}
    worst = {
        "worst seed, share of the change": min(run["share of the change"] for run in runs),
        "worst seed, largest other": max(run["largest other"] for run in runs),
        "worst seed, unexplained share": max(run["unexplained share"] for run in runs),
    }
    need = (
        "P(Y | G) gets ≥ .90 of the change, every other ≤ .03, the sum is within 5 % of the change, and marginals give "
    )
    need += "the truth less; means over four seeds"
    holds = (
        mean["share of the change"] >= 0.90
        and mean["largest other"] <= 0.03
        and mean["unexplained share"] <= 0.05
        and mean["baseline: share"] < mean["share of the change"]
    )
    return Row(
        slug="why-fail",
        claim="the mechanism that shifted gets the blame, and those that did not get none",
        baseline={name: number for name, number in mean.items() if name.startswith("baseline")},
        ours={name: number for name, number in mean.items() if not name.startswith("baseline")} | worst,
        need_spec=need,
        need_used=need,
        holds=holds,
        seeds=seeds,
        why="the authors' notebook gives P(Y | G) .449 of .456 and leaves 4.1 % unexplained, with another classifier; "
        "what is left comes of ratios that are drawn towards 1",
    )
