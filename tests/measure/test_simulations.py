"""What the gate and the intervals promise, over many seeds; each inequality is stated before it is looked at.

Answers are laid out straight from planted judges, as `test_evaluative` shows that a whole interview gives the same.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.measure._contrasts import contrasts, fit_values
from weigh.measure.gate import (
    FOLLOWS_POSITION,
    NO_PREFERENCE,
    NOT_MEASURABLE,
    SHOWN,
    TEXT_FLUENCY,
    gate,
)

BOTH, NONE = [(0, 1), (1, 0)], [()]
# 200 permutations tell .05 well enough, and take a tenth of the time of 2,000
N_PERMUTATIONS = 200

POWER = 0.75  # 90 dilemmas, an effect of .35 SD
COVERAGE = (0.93, 0.97)  # of 95 % intervals
REFUSED = 95  # of 100 judges without values, with the right sentence


def verdicts(bank, plant, n, frame, orders, **rest):
    for seed in range(n):
        judge = plant(seed, **rest)
        yield judge, gate(judge.answers(frame, orders=orders), bank, n_permutations=N_PERMUTATIONS, seed=seed)


def test_power_and_coverage(bank, plant):
    levels, covered = Counter(), []
    for judge, verdict in verdicts(bank, plant, 200, "good person", NONE, effect=0.35):
        levels[verdict.level] += 1
        # intervals are judged whether or not the gate lets them be seen: selection would flatter or blame them
        values = fit_values(verdict.table, "evaluative")
        exact = np.array([judge.exact_value()[value] for value in values.items])
        covered.append((values.low <= exact) & (exact <= values.high))
    assert (levels["differences"] + levels["ranking"]) / 200 >= POWER, levels
    assert COVERAGE[0] <= np.mean(covered) <= COVERAGE[1], np.mean(covered)


def test_coverage_where_fluency_has_to_be_taken_out(bank, plant):
    covered = []
    for seed in range(200):
        judge = plant(seed, effect=0.35, fluency=0.8, habit=0.5)
        table = contrasts(judge.answers("good person", orders=NONE), bank, instrument="evaluative")
        values = fit_values(table, "evaluative")
        exact = np.array([judge.exact_value()[value] for value in values.items])
        covered.append((values.low <= exact) & (exact <= values.high))
    assert COVERAGE[0] <= np.mean(covered) <= COVERAGE[1], np.mean(covered)


@pytest.mark.parametrize(
    ("rest", "frame", "orders", "sentences"),
    [
        ({"noise": 1.0, "position": 20.0}, "letters", BOTH, {FOLLOWS_POSITION}),
        ({"noise": 0.25, "fluency": 1.0}, "good person", NONE, {TEXT_FLUENCY}),
        ({"noise": 0.25, "fluency": 1.0, "habit": 0.5}, "good person", NONE, {TEXT_FLUENCY}),
        ({"noise": 0.0, "unsteady": 1.0}, "good person", NONE, {NO_PREFERENCE, NOT_MEASURABLE}),
        ({"noise": 0.0, "unsteady": 1.0, "know_controls": False}, "good person", NONE, {NOT_MEASURABLE}),
        ({"noise": 0.0, "unsteady": 1.0}, "letters", BOTH, {NO_PREFERENCE, NOT_MEASURABLE}),
    ],
    ids=[
        "position",
        "fluency",
        "fluency by the author's habits",
        "random, knowing the controls",
        "random",
        "random, both orders",
    ],
)
def test_judges_without_values_are_refused_for_the_right_reason(bank, plant, rest, frame, orders, sentences):
    found = Counter(v.sentence for _, v in verdicts(bank, plant, 100, frame, orders, effect=0.0, **rest))
    assert sum(found[sentence] for sentence in sentences) >= REFUSED, found


def test_stable_answers_without_values_are_seldom_taken_for_a_profile(bank, plant):
    # the hardest case: items are answered stably, and values explain nothing; the gate's size is that of D4, 5 %
    shown = sum(v.level in SHOWN for _, v in verdicts(bank, plant, 100, "good person", NONE, effect=0.0))
    # at a true rate of .05 more than 10 of 100 come up with probability .01
    assert shown <= 10


def test_a_profile_needs_enough_dilemmas(bank, plant):
    answers = plant(0).answers("good person", orders=NONE)
    few = answers.select(np.isin(answers.question, [item.id for item in (*bank.controls, *bank.dilemmas[:5])]))
    verdict = gate(few, bank, n_permutations=50)
    assert verdict.values is None
    with pytest.raises(InputError, match="do not link all 10 values"):
        fit_values(verdict.table, "evaluative")
