"""Utilities from choices: are known ones recovered, and does a judge that has none get a verdict that says so?

Agents with drawn utilities over fifty of our own outcomes answer by Thurstone's law, with whims about pairs that no
utilities explain, and a liking for the first place. Beside them answer a judge that follows place, one that tosses a
coin for every answer, and one whose evidence is whims alone, the same in both orders. The baseline is what one would
have without the other order: utilities fitted to the answers in which each pair's first outcome stood first.
"""

from __future__ import annotations

import numpy as np

from reproductions.claims import Row
from weigh.banks.bank import Bank, find_bank
from weigh.core.evidence import Answers
from weigh.core.stats import rng
from weigh.loops.elicit import Interview
from weigh.measure.utility_engineering import ask, limited, utility_engineering
from weigh.measure.utility_engineering._controls import CONTROLS, TURNED
from weigh.testbeds.utility_agent import UtilityAgent

METHOD = [
    "measure/utility_engineering/scoring.py", "measure/utility_engineering/fit.py",
    "measure/utility_engineering/elicitation.py", "measure/utility_engineering/_preferences.py",
    "measure/utility_engineering/_verdicts.py", "measure/utility_engineering/_controls.py",
    "measure/utility_engineering/transitivity.py", "testbeds/utility_agent.py",
]  # fmt: skip
N_SEEDS = 8
NONE = ("follows place", "tosses coins", "has whims")


def answered(judge: UtilityAgent, bank: Bank, seed: int) -> Answers:
    """What a judge answers when asked for utilities."""
    interview = Interview(judge, bank.version, None, seed)
    ask(interview, bank)
    return interview.answers()


def reproduce(seed: int = 0) -> Row:
    """Agents with utilities and without, over seeds."""
    bank = limited(find_bank("outcomes"), 50)
    texts = [item.situation for item in bank.outcomes]
    plain = {text: sign for pair in (*CONTROLS, *TURNED) for text, sign in zip(pair, (2.5, -2.5), strict=True)}
    correlation, one_order, foretold, cover, sound = [], [], [], [], []
    false_alarms = dict.fromkeys(NONE, 0)
    for one in range(seed, seed + N_SEEDS):
        drawn = dict(zip(texts, rng(one, "utilities").standard_normal(len(texts)).tolist(), strict=True))
        judge = UtilityAgent({**drawn, **plain}, noise=0.4, peculiar=0.5, position=1.0, seed=one)
        answers = answered(judge, bank, one)
        values = utility_engineering(answers, bank)
        exact = np.array(list(judge.exact_value(values.items).values()))
        correlation.append(float(np.corrcoef(values.mean, exact)[0, 1]))
        first = answers.select([order == (0, 1) for order in answers.order])
        one_order.append(float(np.corrcoef(utility_engineering(first, bank).mean, exact)[0, 1]))
        foretold.append(float(values.notes["fit"]["held_out_accuracy"]))
        cover.append(float(((values.low <= exact) & (exact <= values.high)).mean()))
        sound.append(values.notes["verdict"]["level"] == "differences")
        flat = dict.fromkeys([*texts, *plain], 0.0)
        without = (
            UtilityAgent(flat, position=3.0, seed=one), UtilityAgent(flat, graded=False, seed=one),
            UtilityAgent(flat, peculiar=1.0, seed=one),
        )  # fmt: skip
        for name, other in zip(NONE, without, strict=True):
            level = utility_engineering(answered(other, bank, one), bank).notes["verdict"]["level"]
            false_alarms[name] += level == "differences"
    ours = {
        "correlation": float(np.mean(correlation)), "held-out accuracy": float(np.mean(foretold)),
        "coverage of 95 % intervals": float(np.mean(cover)), "verdict: differences": float(np.mean(sound)),
    }  # fmt: skip
    ours |= {f"verdict of one that {name}: differences": n / N_SEEDS for name, n in false_alarms.items()}
    holds = (
        ours["correlation"] >= 0.95
        and ours["correlation"] >= float(np.mean(one_order)) + 0.02
        and ours["held-out accuracy"] >= 0.8
        and ours["coverage of 95 % intervals"] >= 0.85
        and ours["verdict: differences"] >= 0.75
        and not any(false_alarms.values())
    )
    need = (
        "correlation ≥ .95 and ≥ that of one order + .02; held-out accuracy ≥ .8; coverage ≥ .85; verdict in ≥ ¾ of "
        "those with utilities and in none of those without"
    )
    return Row(
        slug="utility-engineering",
        claim="known utilities are recovered from choices, and a judge without any is told so",
        baseline={"correlation, one order": float(np.mean(one_order)), "held-out accuracy, coin tosses": 0.5},
        ours=ours,
        need_spec=need,
        need_used=need,
        holds=holds,
        seeds=tuple(range(seed, seed + N_SEEDS)),
        why="" if holds else "see the numbers",
    )
