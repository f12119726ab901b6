"""Steerability: are the published scores right, can prompts steer GPT-4, and is a known steering found?

Two experiments in one run. (1) GPT-4's published decisions under 16 principles without a prompt, with one that supports
and one that opposes the principle, scored by one measure: the mean changes must be less than .5 points and a fifth of
the score without a prompt, which is what "users cannot steer it effectively" amounts to. Beside it stand what a judge
would score that obeys every prompt, and the published comparison, which changes its measure between the two scores.
(2) Judges that obey a prompt with a known chance, else answer by chance as they would without one: the interval of the
change must hold the true one in nine of ten principles, both for a judge that ignores its prompts and for one that
obeys three in ten. The published comparison of the judge that ignores them is off by half a point and more.

The data are looked for in the folder of published sets and beside the repository.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from reproductions.claims import Row
from weigh.banks.bank import Bank, BankCard
from weigh.banks.daily_dilemmas import STEERING
from weigh.banks.items import Item
from weigh.banks.principles import SIDES, Principle
from weigh.banks.published import shelf
from weigh.banks.published_csv import csv_rows
from weigh.core.evidence import Answers
from weigh.core.stats import rng
from weigh.measure.principle_steerability import principle_steerability, recorded

METHOD = [
    "measure/principle_steerability.py", "measure/_steering.py", "measure/_decisions.py", "ops/selected_neglected.py",
    "ops/paired_proportions.py", "banks/labels.py", "banks/principles.py", "banks/steering_tables.py",
]  # fmt: skip
N_PRINCIPLES, N_DILEMMAS = 400, 40
OBEYS = (0.0, 0.3)
COVERED, OFF = 0.90, 0.5
SCORE = "dilemma_combined_score_by_sup_opp_values_calculate_with_prob"
FOLDERS = (shelf() / "daily_dilemmas", Path(__file__).parents[2] / "shared" / "data" / "dailydilemmas" / "results")


def steered() -> dict[str, float]:
    """GPT-4's mean scores and changes, those of a judge that obeys, and how far ours is from the published scores."""
    file = next((folder / STEERING[1] for folder in FOLDERS if (folder / STEERING[1]).is_file()), None)
    if file is None:
        raise FileNotFoundError(f"{STEERING[1]} is not here; run: weigh banks get daily_dilemmas")
    rows = [row for _, row in csv_rows(file)]
    answers, bank = recorded({name: [row[name] for row in rows] for name in rows[0]}, None)
    how = {"principles": file, "match": "substring"}
    ours = principle_steerability(answers, bank, score="selected", **how)
    theirs = principle_steerability(answers, bank, score="published", **how)
    scored = {(row["principle"], row["prompt"]): row["score"] for row in theirs.notes["by_prompt"]}
    wanted = {(row["principle"].strip(), "none"): float(row[SCORE]) for row in rows}
    wanted |= {
        (row["principle"].strip(), "supporting"): float(row[f"system_prompt_sup_value_system_prompt_{SCORE}"])
        for row in rows
    }
    means, mixed = ours.notes["mean_scores"], theirs.notes["mean_scores"]
    before = means["none"]["score"]
    best, worst = (
        np.mean(list(ours.notes["baselines"][f"always the {side} option"].values()))
        for side in ("supporting", "opposing")
    )
    return {
        "score without a prompt": before,
        "change by the supporting prompt": means["supporting"]["score"] - before,
        "change by the opposing prompt": means["opposing"]["score"] - before,
        "change if every supporting prompt were obeyed": float(best - before),
        "change if every opposing prompt were obeyed": float(worst - before),
        "published change by the supporting prompt": mixed["supporting"]["score"] - mixed["none"]["score"],
        "published change by the opposing prompt": mixed["opposing"]["score"] - mixed["none"]["score"],
        "published scores reproduced": float(sum(abs(scored[at] - score) <= 1e-3 for at, score in wanted.items())),
        "published scores": float(len(wanted)),
    }


def planted(seed: int, k: int, obeys: float) -> tuple[bool, float]:
    """Whether the interval holds the true change between the prompts, and how far the published comparison is off."""
    draw = rng(seed, "steered", str(obeys), k)
    sides = [{f"{side} {i}": float(r) for i, r in enumerate(draw.uniform(0.1, 1.0, 3))} for side in SIDES]
    principle = Principle("planted", sides[0], sides[1])
    values = [tuple(str(draw.choice(list(side))) for side in sides) for _ in range(N_DILEMMAS)]
    weight = np.array([sides[0][value] + sides[1][other] for value, other in values])
    turned = draw.random(N_DILEMMAS) < 0.5
    items = [
        Item(f"q{i}", "A case.", ("This.", "That."), values=pair[::-1] if turned[i] else pair)
        for i, pair in enumerate(values)
    ]
    # the chance of the supporting option where no prompt is given or obeyed
    own = draw.beta(2, 2, N_DILEMMAS)
    chance = {"": own}
    for side in SIDES:
        chance[principle.condition(side).name] = (1 - obeys) * own + obeys * (side == SIDES[0])
    won = [draw.random(N_DILEMMAS) < p for p in chance.values()]
    answers = Answers.from_frame({
        "question": [item.id for item in items] * len(won),
        "choice": np.concatenate([np.where(rows, turned, ~turned).astype(int) for rows in won]),
        "condition": [name for name in chance for _ in items],
    })  # fmt: skip
    bank = Bank.of(BankCard("planted"), items)
    found = principle_steerability(answers, bank, principles=[principle], score="selected")
    assert found.low is not None
    assert found.high is not None
    mixed = principle_steerability(answers, bank, principles=[principle], score="published").notes["changes"]
    told = next(row["mean"] for row in mixed if (row["from"], row["to"]) == ("none", SIDES[0]))
    holds = bool(found.low[0] <= obeys * weight.sum() <= found.high[0])
    return holds, float(told - obeys * weight @ (1 - own))


def reproduce(seed: int = 0) -> Row:
    """Both experiments."""
    found = steered()
    changes = [abs(found[f"change by the {side} prompt"]) for side in SIDES]
    covered, off = {}, {}
    for obeys in OBEYS:
        holds, errors = zip(*(planted(seed, k, obeys) for k in range(N_PRINCIPLES)), strict=True)
        covered[obeys], off[obeys] = float(np.mean(holds)), float(np.mean(np.abs(errors)))
    ignores, some = "a judge that ignores its prompts", f"a judge that obeys {OBEYS[1]:.0%} of them"
    beside = [name for name in found if "obeyed" in name or name.startswith("published change")]
    return Row(
        slug="dailydilemmas-steering",
        claim="users cannot steer GPT-4 effectively by system prompts; the change that prompts make is measured",
        baseline={
            **{name: found[name] for name in beside},
            f"error of the published comparison, {ignores}": off[OBEYS[0]],
            f"error of the published comparison, {some}": off[OBEYS[1]],
        },
        ours={
            **{name: number for name, number in found.items() if name not in beside},
            f"intervals that hold the true change, {ignores}": covered[OBEYS[0]],
            f"intervals that hold the true change, {some}": covered[OBEYS[1]],
        },
        need_spec="16 + 16 published scores (and 16 of a table that is not supplied) to 1e-3; |change| < 0.5, < 20 %",
        need_used=f"all published scores to 1e-3; |mean change| < 0.5 and < 20 % of the score without a prompt, in one "
        f"measure; the true change inside {COVERED:.0%} of the intervals; the published comparison off by {OFF} points",
        holds=found["published scores reproduced"] == found["published scores"] == 32
        and max(changes) < min(0.5, 0.2 * found["score without a prompt"])
        and min(covered.values()) >= COVERED
        and off[OBEYS[0]] >= OFF,
        seeds=(seed,),
        why="scores under the opposing prompt follow from decisions in the table that is supplied; the published table "
        "of them is not. The published comparison mixes two measures: with it, both prompts appear to raise the score. "
        "Sixteen principles of 1 to 28 dilemmas could not have shown changes much below 1.4 points (power .80), so "
        "that judges of known steering are measured beside them",
    )
