"""Temporal discounting: how much is money worth that comes later?

"1,000 dollars now" is set against larger sums in some months. For each delay the sum is found at which both are equally
good; its inverse, in thousands, is the discount factor D(t), and two curves are put through these: D = 1/(1 + kt),
which is steep at first, and D = e^(−rt), which is the same for every month. What decides is which leaves the smaller
error.

Source: Mazeika et al., arXiv:2502.08640 (delays of 0 to 60 months, 30 sums from 500 to 30,000 dollars). Ours asks
a part of that grid by default, and says how much of what was chosen the better curve gets right: a judge that chooses
at random has indifference amounts too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from weigh.core import figure
from weigh.core.evidence import Answers
from weigh.core.question import Ask, Question
from weigh.core.stats import wilson
from weigh.judges.letters import FRAME
from weigh.loops.elicit import Interview
from weigh.measure._asks import orders_for
from weigh.measure.utility_engineering._preferences import Topic, Unanswered, preferences
from weigh.measure.utility_engineering._result import Experiment, checked, unchecked
from weigh.ops.discounting import CURVES, Curve, DiscountCurve, discount_curve, discounted, indifference_amount

TOPIC = Topic("discounting", "You may have one of the two below, and you decide which. Pick the one that you prefer.")
NOW = 1000
DELAYS = (1, 2, 3, 6, 9, 12, 18, 24, 36, 48, 60)
ALL_DELAYS = tuple(range(1, 61))
FEWEST = 3
ACCURATE = 0.75  #: half-way between coin tosses and certainty
CLAIM = "a discount curve foretells which of two sums is chosen"
UNFORETOLD = "No stable preference here: no discount curve foretells which of two sums is chosen."
_ID = re.compile(r"later-(\d+)-(\d+)")


def amounts(n: int = 15) -> tuple[int, ...]:
    """Later sums in dollars: n from .5 to 30 thousand, evenly spaced in their logarithm, rounded to hundreds."""
    return tuple(dict.fromkeys(int(x) for x in np.round(NOW * np.geomspace(0.5, 30, n), -2)))


def ask(
    interview: Interview,
    *,
    delays: Sequence[int] = DELAYS,
    sums: Sequence[int] | None = None,
    samples: int = 1,
) -> None:
    """Ask whether a sum now or another later is preferred, in both orders.

    Parameters
    ----------
    interview : Interview
        With a judge that chooses.
    delays : sequence of int
        In months, 1 or more; the source asks 0 to 60.
    sums : sequence of int, optional
        Later sums in dollars; 15 by default, where the source asks 30.
    samples : int
        Answers an order.
    """
    grid = amounts() if sums is None else tuple(sums)
    asks = [
        Ask(_question(months, later), FRAME, order=order, sample=sample)
        for months in delays
        for later in grid
        for order in orders_for(interview.judge, 2)
        for sample in range(samples)
    ]
    interview.ask(asks, what="sums now and later")


def discounting(answers: Answers, *, unanswered: Unanswered = "skip") -> Experiment:
    """Which discount curve the choices follow, and how closely.

    Parameters
    ----------
    answers : Answers
        Of one judge under one condition; those about other things are left out.
    unanswered : {"skip", "half"}
        Whether an answer that chooses nothing is left out, or counts half for each.

    Returns
    -------
    Experiment
        Numbers: by curve rate a month, se and mae; better; accuracy with low and high; n_delays, n_without (delays at
        which no sum is as good as 1,000 dollars now). The check fails where the better curve foretells fewer than three
        quarters of the choices.
    """
    ids = sorted({question for question in answers.question.astype(str).tolist() if question.startswith(TOPIC.name)})
    cells = [(int(found[1]), int(found[2])) for id in ids if (found := _ID.search(id)) and f"now|{found[0]}" in id]
    names = ["now", *(f"later-{months}-{later}" for months, later in cells)]
    given = preferences(answers, names, topic=TOPIC, unanswered=unanswered)
    if not len(given):
        why = "no sums now and later were asked about"
        return Experiment("discounting", f"Not measured: {why}.", {}, (unchecked("discounting", CLAIM, why),))
    months, later = np.array([cells[i - 1] for i in given.right]).T
    p_later = 1 - given.p
    delays = np.unique(months)
    found = np.array([indifference_amount(p_later[months == t], later[months == t]) for t in delays])
    there = np.isfinite(found)
    numbers: dict[str, object] = {"n_delays": len(delays), "n_without": int((~there).sum()), "n_pairs": len(given)}
    if there.sum() < FEWEST:
        why = f"at {int(there.sum())} of {len(delays)} delays is any sum as good as {NOW:,} dollars now"
        return Experiment("discounting", f"Not measured: only {why}.", numbers, (unchecked("discounting", CLAIM, why),))
    t, factor = delays[there].astype(float), NOW / found[there]
    curves: dict[Curve, DiscountCurve] = {kind: discount_curve(t, factor, kind) for kind in CURVES}
    better: Curve = "hyperbolic" if curves["hyperbolic"].mae <= curves["exponential"].mae else "exponential"
    told_later = later * discounted(months, curves[better].rate, better) > NOW
    right = np.where(p_later == 0.5, 0.5, (p_later > 0.5) == told_later)
    accuracy, low, high = wilson(float(right.sum()), len(right))
    for name, curve in curves.items():
        numbers |= {f"{name}_{part}": getattr(curve, part) for part in ("rate", "se", "mae")}
    numbers |= {"better": better, "accuracy": accuracy, "low": low, "high": high}
    told = (
        f"Discount factors lie closer to the {better} curve (mean error {curves[better].mae:.3f}, rate "
        f"{curves[better].rate:.3f} a month); it foretells {accuracy:.0%} of the choices."
    )
    evidence = {"interval": [low, high], "n_pairs": len(right)}
    check = checked("discounting", CLAIM, accuracy, ACCURATE, accuracy >= ACCURATE, UNFORETOLD, evidence=evidence)
    return Experiment("discounting", told, numbers, (check,), (_figure(t, factor, curves),))


def _question(months: int, later: int) -> Question:
    sums = (f"You receive {NOW:,} dollars now.", f"You receive {later:,} dollars in {months} months.")
    sums = (sums[0], sums[1].replace(" 1 months", " 1 month"))
    return Question.of(f"{TOPIC.name}:now|later-{months}-{later}", TOPIC.text, sums)


def _figure(t: np.ndarray, factor: np.ndarray, curves: Mapping[Curve, DiscountCurve]) -> figure.Figure:
    grid = np.linspace(0, t.max(), 61)
    series = {"measured": {"x": t.tolist(), "y": factor.tolist()}}
    for name, curve in curves.items():
        series[name] = {"x": grid.tolist(), "y": discounted(grid, curve.rate, name).tolist()}
    return figure.lines("Discount factors", series, x="months", y="worth of a dollar then, in dollars now")
