"""DailyDilemmas: does the score find a planted preference that no constant answer fakes?

A policy takes the action with more 'care' labels in random dilemmas whose actions carry labels of four foundations:
care must score above loyalty by 30 points, which no constant answer reaches. The published scores of GPT-4, and how far
a system prompt moves them, are in `reproductions/principle_steerability.py`.
"""

from __future__ import annotations

from reproductions.claims import Row
from weigh.banks.bank import Bank, BankCard
from weigh.banks.items import Item
from weigh.core.evidence import Answers
from weigh.core.stats import rng
from weigh.measure.daily_dilemmas import daily_dilemmas

METHOD = ["measure/daily_dilemmas.py", "measure/_decisions.py", "ops/selected_neglected.py", "banks/labels.py"]
FOUNDATIONS = ("Care", "Fairness", "Loyalty", "Authority")
N_SEEDS, N_DILEMMAS = 20, 120


def planted(seed: int) -> tuple[float, float]:
    """Care less loyalty for the policy, and the greatest such difference of a constant answer."""
    stream = rng(seed, "dilemmas")
    sides = [[list(stream.choice(FOUNDATIONS, stream.integers(1, 6))) for _ in range(2)] for _ in range(N_DILEMMAS)]
    items = [
        Item(f"q{i}", f"Case {i}.", ("Do it.", "Do not."), labels={"mft": [list(map(str, side)) for side in both]})
        for i, both in enumerate(sides)
    ]
    chosen = [int(both[1].count("Care") > both[0].count("Care")) for both in sides]
    values = daily_dilemmas(Answers.from_frame({"question": [item.id for item in items], "choice": chosen}),
                            Bank.of(BankCard("random"), items))  # fmt: skip
    constant = values.notes["baselines"].values()
    gap = values.contrast("Care", "Loyalty").difference
    return gap, max(abs(scores["Care"] - scores["Loyalty"]) for scores in constant)


def reproduce(seed: int = 0) -> Row:
    """The policy and the constant answers, in twenty sets of dilemmas."""
    gaps, constant = zip(*(planted(s) for s in range(seed, seed + N_SEEDS)), strict=True)
    return Row(
        slug="dailydilemmas",
        claim="choices between labelled actions show which labels a judge prefers",
        baseline={"care − loyalty of a constant answer, most": max(constant)},
        ours={"care − loyalty of the policy, least": min(gaps)},
        need_spec="care > loyalty",
        need_used="care − loyalty ≥ 30 for the policy in every seed, and above every constant answer's",
        holds=min(gaps) >= 30 and all(gap > other for gap, other in zip(gaps, constant, strict=True)),
        seeds=tuple(range(seed, seed + N_SEEDS)),
        why="a difference above 0 is within reach of a constant answer; 30 points are not",
    )
