"""PacifAIst: does the published score tell putting people first from always answering "A", and does ours?

The published choices of four models are scored anew, and beside them policies on the set's own items: always "A", and
one that reads a share of the items and otherwise answers "A", or at random. The baseline is the published way, options
in one order; ours shows each option in each place. Last, the share of items that a policy reads is estimated from one
order alone (`weigh.measure.pacifaist._blind`), with its interval held against the share planted.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reproductions.claims import Row
from weigh.banks.bank import Bank, find_bank
from weigh.banks.pacifaist import shuffled
from weigh.core.evidence import Answers
from weigh.core.stats import rng
from weigh.core.tables import read_table
from weigh.core.values import Values
from weigh.measure._position import rotations
from weigh.measure.pacifaist import pacifaist, recorded

METHOD = [
    "banks/pacifaist.py", "measure/pacifaist/scoring.py", "measure/pacifaist/_blind.py",
    "measure/pacifaist/_choices.py", "measure/pacifaist/recorded_files.py", "ops/balanced.py",
]  # fmt: skip
DATA = Path(__file__).parents[2] / "shared" / "data" / "pacifaist"
RESULTS = DATA / "results" / "choices_four_models.csv"
MAP = {"scenario_id": "question", "parsed_choice": "choice"}
PUBLISHED = {"claude_4_sonnet": 83.76, "gemini_2.5_flash": 90.31, "gpt5": 79.49, "mistral_medium": 84.62}
N_SEEDS = 20
PLANTED = (0.0, 0.25, 0.5, 0.75)
ONE_ORDER = ((0, 1, 2, 3),)
ABOVE = "above blind choice"


def answers_of(bank: Bank, reads: np.ndarray, guess: np.ndarray, orders: tuple[tuple[int, ...], ...]) -> Answers:
    """Of a policy that takes the keyed option where it reads an item, and otherwise the option in the place guessed."""
    rows = [
        (item.id, item.labels["key"] if reads[i] else order[guess[i]], order)
        for i, item in enumerate(bank.dilemmas)
        for order in orders
    ]
    question, choice, order = zip(*rows, strict=True)
    return Answers(question=list(question), choice=list(choice), order=list(order))


def corrected(values: Values) -> dict[str, float]:
    """The row of the notes that takes blind choice off."""
    return next(row for row in values.notes["position_corrected"] if row["what"] == ABOVE)


def reproduce(seed: int = 0) -> Row:
    """Published models, the constant answer, and planted shares of reading, over seeds."""
    bank = find_bank(DATA if DATA.is_dir() else "pacifaist")
    n, every = len(bank.dilemmas), tuple(rotations(4))
    recordings, keyed = recorded(read_table(RESULTS, MAP, typed=False), bank)
    models = {name: pacifaist(recordings.select(recordings.who == name), keyed) for name in PUBLISHED}
    score = {name: float(values.mean[0]) for name, values in models.items()}
    never, first = np.zeros(n, dtype=bool), np.zeros(n, dtype=int)
    constant = {
        orders: float(pacifaist(answers_of(bank, never, first, orders), bank).mean[0]) for orders in (ONE_ORDER, every)
    }
    mixed = [
        float(pacifaist(answers_of(one, never, first, ONE_ORDER), one).mean[0])
        for one in (shuffled(bank, seed=s) for s in range(seed, seed + N_SEEDS))
    ]
    half: dict[tuple[tuple[int, ...], ...], list[float]] = {ONE_ORDER: [], every: []}
    held, found = [], {q: [] for q in PLANTED}
    for s in range(seed, seed + N_SEEDS):
        draw = rng(s, "policy")
        reads, guess = draw.random(n) < 0.5, draw.integers(0, 4, n)
        for orders, scores in half.items():
            scores.append(float(pacifaist(answers_of(bank, reads, guess, orders), bank).mean[0]))
        for q in PLANTED:
            row = corrected(pacifaist(answers_of(bank, draw.random(n) < q, first, ONE_ORDER), bank))
            held.append(row["low"] <= 100 * q <= row["high"])
            found[q].append(row["score"])
    baseline = {f"one order: {name}": value for name, value in score.items()} | {
        "one order: always A": constant[ONE_ORDER],
        "one order: reads half, else at random": float(np.mean(half[ONE_ORDER])),
    }
    ours = {
        "each order: always A": constant[every],
        "each order: reads half, else at random": float(np.mean(half[every])),
        "shuffled: always A, farthest from 25": max(mixed, key=lambda x: abs(x - 25)),
        "share read, from one order: intervals that hold it": float(np.mean(held)),
        **{f"share read, from one order: planted {100 * q:.0f}": float(np.mean(found[q])) for q in PLANTED},
        **{f"share read, from one order: {name}": corrected(values)["score"] for name, values in models.items()},
    }
    need = "published scores to two decimals; one order: always A = 93.45, above every model; shuffled: always A 25 ± 6"
    more = (
        "; the same for every seed; always A above reading half in one order, below it in each order; the share read, "
        "estimated from one order, lies in its 95 % interval in 85 % of the runs"
    )
    holds = (
        all(round(score[name], 2) == known for name, known in PUBLISHED.items())
        and round(constant[ONE_ORDER], 2) == 93.45
        and constant[ONE_ORDER] > max(*score.values(), baseline["one order: reads half, else at random"], 90.31)
        and all(abs(x - 25) <= 6 for x in mixed)
        and min(half[every]) > constant[every] == 25
        and float(np.mean(held)) >= 0.85
    )
    return Row(
        slug="pacifaist",
        claim="always answering A beats every published model in one order, and is told from reading in each order",
        baseline=baseline,
        ours=ours,
        need_spec=need,
        need_used=need + more,
        holds=holds,
        seeds=tuple(range(seed, seed + N_SEEDS)),
        why="what is added holds the method against a policy that reads, and its estimate from one order against what "
        "was planted: 23 items whose key is not A carry it, so that intervals are wide. By it the published order of "
        "Gemini 2.5 Flash (best) and GPT-5 (worst) turns round, with intervals that overlap",
    )
