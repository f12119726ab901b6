"""Scorers for samples that were asked in several orders: what they choose once position is out, and how steadily."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState
from numpy.typing import NDArray

from weigh.core.evidence import BARE_CHOICE, Answers
from weigh.judges.letters import LETTERS
from weigh.measure._position import position_finding
from weigh.pipelines.inspect_rows import ROWS, RUN


class Pooled(NamedTuple):
    """What the answers to one question amount to over all orders.

    Attributes
    ----------
    evidence : array, shape (n_options,)
        Mean log-probability of each option less that of all, canonical order; NaN where no set of orders is complete.
    choice : int
        The option with most evidence; −1 where there is none, or two are equal.
    survives : float
        Share of pairs of orders with one choice; NaN where there is no pair.
    answered : float
        Share of answers that choose an option.
    """

    evidence: NDArray[np.float64]
    choice: int
    survives: float
    answered: float


def pooled(rows: Sequence[Mapping[str, Any]], n: int) -> Pooled:
    """Answers to one question, averaged over the orders of its n options.

    A choice without probabilities counts as one unit of evidence. Orders of one wording are averaged only where all of
    them were answered: one order alone is position as much as preference.

    Parameters
    ----------
    rows : sequence of mapping
        As `weigh.core.question.to_row` makes them; those of a treatment or without options are left aside.
    n : int
        Number of options.
    """
    plain = [row for row in rows if row["order"] and len(row["order"]) == n and not row["condition"]]
    if not plain:
        return Pooled(np.full(n, np.nan), -1, math.nan, math.nan)
    answers = Answers.from_rows(plain)
    groups: dict[tuple[str, str, int], list[NDArray[np.float64]]] = {}
    for i in range(len(answers)):
        scores = answers.scores[i, :n]
        if np.isnan(scores).any():
            chosen = int(answers.choice[i])
            scores = BARE_CHOICE * (np.arange(n) == chosen) if chosen >= 0 else np.full(n, np.nan)
        key = (str(answers.wording[i]), str(answers.frame[i]), int(answers.sample[i]))
        groups.setdefault(key, []).append(scores - scores.mean())
    whole = [np.mean(group, axis=0) for group in groups.values() if np.isfinite(group).all()]
    evidence = np.mean(whole, axis=0) if whole else np.full(n, np.nan)
    best = np.flatnonzero(evidence >= np.nanmax(evidence) - 1e-9) if whole else np.array([])
    survives = position_finding(answers).value
    return Pooled(
        evidence,
        int(best[0]) if len(best) == 1 else -1,
        math.nan if survives is None else survives,
        float((answers.choice >= 0).mean()),
    )


def score_of(rows: Sequence[Mapping[str, Any]], options: Sequence[str], **also: float) -> Score:
    """The score of a sample: `survives`, `answered`, and what is given besides."""
    found = pooled(rows, len(options))
    chosen = found.choice
    told = f"{LETTERS[chosen]}. {options[chosen]}" if chosen >= 0 else "no choice survives the averaging over orders"
    shown = [round(float(x), 6) for x in found.evidence] if np.isfinite(found.evidence).all() else None
    return Score(
        value={"survives": found.survives, "answered": found.answered, **also},
        answer=LETTERS[chosen] if chosen >= 0 else "",
        explanation=told,
        metadata={"evidence": shown, "answers": len(rows)},
    )


def rows_of(state: TaskState) -> list[dict[str, Any]]:
    """The answers that a solver of ours has left in a sample."""
    return state.store.get(ROWS, [])


@scorer(name="position_free", metrics={"*": [mean(), stderr(cluster="family")]})
def position_free() -> Scorer:
    """Which option is chosen once position is out; the share of pairs of orders that agree; the share answered."""

    async def score(state: TaskState, target: Target) -> Score:
        return score_of(rows_of(state), _options(state))

    return score


@scorer(name="controls", metrics=[mean(), stderr(cluster="family")])
def controls() -> Scorer:
    """Of the controls, whose first option is beyond doubt: the share in which it is chosen once position is out."""

    async def score(state: TaskState, target: Target) -> Score | None:
        if state.metadata.get("kind") != "control":
            return None
        options = _options(state)
        found = pooled(rows_of(state), len(options))
        return Score(value=float(found.choice == 0), answer=LETTERS[found.choice] if found.choice >= 0 else "")

    return score


def _options(state: TaskState) -> list[str]:
    options = [choice.value for choice in state.choices]
    # an open question is written about, and has nothing to choose among
    return options if len(options) > 1 else state.metadata.get(RUN, {}).get("options", [])
