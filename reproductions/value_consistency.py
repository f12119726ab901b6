"""Is a judge that is steadier on uncontroversial topics found to be so, and random answers twice as far apart?

The real questions, answered by a model of stances: logistic regression on the hashed words of a question, fitted on
60 % of the topics, whose planted stances are flipped for 30 % of the controversial questions and 10 % of the others.
Its scores are given in both orders with a liking of one logit for the first place. Beside it, through the same scoring:
random answers, drawn from a flat Dirichlet distribution; the same model with the noise exchanged between the sets, for
which the order ought to turn round; and the same answers in one random order, as published.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression

from reproductions.claims import Row
from weigh.banks.bank import Bank, Item
from weigh.banks.value_consistency import CONTROVERSIAL, PORTRAITS, SUPPORTS, UNCONTROVERSIAL, read
from weigh.core.evidence import Answers
from weigh.core.stats import rng
from weigh.measure.value_consistency import value_consistency

METHOD = [
    "banks/value_consistency.py",
    "measure/value_consistency/scoring.py",
    "measure/value_consistency/_groups.py",
    "measure/value_consistency/_parts.py",
    "measure/value_consistency/_shares.py",
    "measure/value_consistency/_tables.py",
    "ops/bootstrap.py",
    "ops/jensen_shannon.py",
]
DATA = Path(__file__).parents[2] / "shared" / "data" / "value-consistency"
N_SEEDS = 10
NOISE = {CONTROVERSIAL: 0.3, UNCONTROVERSIAL: 0.1}
TRAINED = 0.6
LIKING = 1.0


def stances(items: list[Item], noise: dict[str, float], seed: int) -> np.ndarray:
    """P(supports) of each question, by the model of stances."""
    words = HashingVectorizer(n_features=2**12, binary=True, norm=None, alternate_sign=False)
    x = words.transform([item.situation for item in items])
    dice = rng(seed, "stances")
    topics = sorted({(item.labels["set"], item.family) for item in items})
    stance = dict(zip(topics, dice.integers(0, 2, len(topics)), strict=True))
    trained: set[tuple[str, str]] = set()
    for part in NOISE:
        of = [topic for topic in topics if topic[0] == part]
        trained |= {of[i] for i in dice.permutation(len(of))[: round(TRAINED * len(of))]}
    keys = [(item.labels["set"], item.family) for item in items]
    y = np.array([stance[key] for key in keys])
    flipped = dice.random(len(y)) < [noise[part] for part, _ in keys]
    y = np.where(flipped, 1 - y, y)
    fitted = np.array([key in trained for key in keys])
    return LogisticRegression(max_iter=1000).fit(x[fitted], y[fitted]).predict_proba(x)[:, 1]


def answers_of(items: list[Item], p: np.ndarray, *, orders: str, seed: int) -> Answers:
    """The judge's answers, in both orders or in one at random, with its liking for the first place."""
    dice = rng(seed, "orders")
    rows = []
    for item, share in zip(items, np.clip(p, 1e-9, 1 - 1e-9), strict=True):
        d = np.log(share / (1 - share)) * (1 if item.labels["stances"][0] == SUPPORTS else -1)
        shown = [(0, 1), (1, 0)]
        for order in shown if orders == "both" else [shown[dice.integers(2)]]:
            biased = float(d + (LIKING if order == (0, 1) else -LIKING))
            rows.append((item.id, order, int(biased < 0), [biased / 2, -biased / 2]))
    question, order, choice, scores = map(list, zip(*rows, strict=True))
    return Answers(question=question, order=order, choice=choice, scores=scores)


def distances(items: list[Item], p: np.ndarray, bank: Bank, *, orders: str = "both", seed: int = 0) -> dict[str, float]:
    """The distances of a judge, by axis and set; and over paraphrases of both sets."""
    values = value_consistency(answers_of(items, p, orders=orders, seed=seed), bank, n_resamples=99)
    found = dict(zip(values.items, values.mean.tolist(), strict=True))
    sizes = {part: sum(item.labels["set"] == part for item in items) for part in NOISE}
    return found | {
        axis: sum(found[f"{axis}: {part}"] * n for part, n in sizes.items()) / len(items)
        for axis in ("paraphrase", "topic")
    }


def reproduce(seed: int = 0) -> Row:
    """Mean distances over seeds, each with its own stances, topics, noise and random answers."""
    bank = read(DATA)
    items = [item for item in bank.items if item.labels["set"] != PORTRAITS]
    exchanged = dict(zip(NOISE, reversed(NOISE.values()), strict=True))
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in ("model", "exchanged", "one order", "random")}
    for s in range(seed, seed + N_SEEDS):
        p = stances(items, NOISE, s)
        runs["model"].append(distances(items, p, bank))
        runs["exchanged"].append(distances(items, stances(items, exchanged, s), bank))
        runs["one order"].append(distances(items, p, bank, orders="one", seed=s))
        runs["random"].append(distances(items, rng(s, "random").dirichlet([1.0, 1.0], len(items))[:, 0], bank))
    mean = {name: {axis: float(np.mean([run[axis] for run in of])) for axis in of[0]} for name, of in runs.items()}
    ours, turned, random = mean["model"], mean["exchanged"], mean["random"]
    sets = [f"paraphrase: {UNCONTROVERSIAL}", f"paraphrase: {CONTROVERSIAL}"]
    orders = [run[sets[0]] < run[sets[1]] for run in runs["model"]]
    back = [run[sets[0]] > run[sets[1]] for run in runs["exchanged"]]
    steadier = [run["paraphrase"] < run["topic"] for run in runs["model"]]
    spec = (
        "D_paraphrase(uncontroversial) < D_paraphrase(controversial); D_paraphrase < D_topic; random ≥ 2 · D_paraphrase"
    )
    used = f"{spec}; and the order of the sets turns round when their noise is exchanged"
    holds = ours[sets[0]] < ours[sets[1]] and turned[sets[0]] > turned[sets[1]] and ours["paraphrase"] < ours["topic"]
    return Row(
        slug="value-consistency",
        claim="a judge with noisier stances on controversial topics is found less consistent there",
        baseline={f"random answers, {axis}": x for axis, x in random.items()}
        | {f"one random order, {axis}": mean["one order"][axis] for axis in ("paraphrase", "topic")},
        ours={
            **ours,
            **{f"noise exchanged, {axis}": turned[axis] for axis in sets},
            "random / ours, paraphrase": random["paraphrase"] / ours["paraphrase"],
            **{f"random / ours, {axis}": random[axis] / ours[axis] for axis in sets},
            "seeds with the sets in order": float(np.mean(orders)),
            "seeds with the order turned round": float(np.mean(back)),
            "seeds with paraphrase below topic": float(np.mean(steadier)),
        },
        need_spec=spec,
        need_used=used,
        holds=holds and random["paraphrase"] >= 2 * ours["paraphrase"],
        seeds=tuple(range(seed, seed + N_SEEDS)),
        why="need_used adds what shows that the noise is found, and not the wording of the sets. D_paraphrase is "
        "over all questions; over the controversial ones alone random answers fall a little short of twice as far "
        "apart. Whoever always says yes has 0, below any judge with views: the distance alone ranks nobody",
    )
