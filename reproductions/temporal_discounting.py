"""Temporal discounting: is the right curve found, with its rate, from choices between money now and later?

Agents discount by 1/(1 + kt) or e^(−rt) and answer the published grid, 60 delays and 30 sums in both orders, with a
coin for every answer. For each agent the curve with the smaller error is taken; the baseline is the error of the other
one.
"""

from __future__ import annotations

import numpy as np

from reproductions.claims import Row
from weigh.core.stats import rng
from weigh.loops.elicit import Interview
from weigh.measure.utility_engineering.discounting import ALL_DELAYS, amounts, ask, discounting
from weigh.testbeds.utility_agent import UtilityAgent

METHOD = ["measure/utility_engineering/discounting.py", "ops/discounting.py", "testbeds/utility_agent.py"]
CURVES = ("hyperbolic", "exponential")
N_SEEDS = 3


def reproduce(seed: int = 0) -> Row:
    """Both kinds of agents over seeds."""
    right, error, own, other = [], [], [], []
    for one in range(seed, seed + N_SEEDS):
        for place, curve in enumerate(CURVES):
            rate = float(rng(one, "rate", curve).uniform(0.03, 0.08))
            judge = UtilityAgent({}, noise=0.3, curve=curve, discount=rate, position=0.5, graded=False, seed=one)
            interview = Interview(judge, "money", None, one)
            ask(interview, delays=ALL_DELAYS, sums=amounts(30), samples=2)
            numbers = discounting(interview.answers()).numbers
            right.append(numbers["better"] == curve)
            error.append(abs(float(numbers[f"{curve}_rate"]) / rate - 1))
            own.append(float(numbers[f"{curve}_mae"]))
            other.append(float(numbers[f"{CURVES[1 - place]}_mae"]))
    flat = Interview(UtilityAgent({}, money=0.0, graded=False, seed=seed), "money", None, seed)
    ask(flat, delays=ALL_DELAYS[::5], sums=amounts(30))
    told = discounting(flat.answers()).findings[0].passed
    ours = {
        "right curve": float(np.mean(right)), "error of the rate": float(np.mean(error)),
        "error of the right curve": float(np.mean(own)), "coin tosses pass": float(bool(told)),
    }  # fmt: skip
    baseline = {"error of the other curve": float(np.mean(other))}
    need = "right curve in all; rate within 10 %; error ≤ ½ that of the other curve; coin tosses do not pass"
    holds = (
        all(right)
        and ours["error of the rate"] <= 0.1
        and ours["error of the right curve"] <= 0.5 * baseline["error of the other curve"]
        and not told
    )
    return Row(
        slug="utility-engineering",
        claim="hyperbolic and exponential discounting are told apart, and their rates recovered, from choices",
        baseline=baseline,
        ours=ours,
        need_spec=need,
        need_used=need,
        holds=holds,
        seeds=tuple(range(seed, seed + N_SEEDS)),
        why="" if holds else "see the numbers",
    )
