"""Add rewards as one adds logs of probabilities, so that their sum means AND.

u_m = log σ((r_m − r_ref,m)/T) is the log-probability that an answer beats a reference answer to the same prompt in
reward m; Σ u_m that it does in all, if they err independently. A plain sum lets a great deal of one reward pay for a
lack of another; this one saturates above the reference, and work goes where an answer is still weak. As an objective
with a KL penalty of price 1 it makes each reward an expert of a product: π₀(y) Πₘ σ(·), Bayes' posterior given that the
answer is good in all.

Source: Wang, Z. and others, Transforming and Combining Rewards for Aligning Large Language Models, ICML 2024,
arXiv:2402.00742. Departs: the uncertainty of a reference found from few answers is carried through (bootstrap); what
independence assumes is shown by Fréchet's bounds; the plain sum and the sum of standardised rewards stand beside it,
because on rewards of unequal spread the second is as good a remedy.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.ops.reward_table import RewardTable, reward_table
from weigh.ops.rewards import log_sigmoid_centred, within
from weigh.pool._lsc_notes import (
    NAMED,
    SATURATED,
    best_by,
    by_name,
    figures,
    standardised_sum,
    told,
    what_is_reached,
)

Array = NDArray[np.float64]

SCALE = Scale("interval", "real", "log P(good in all)")
RULES = ("log-sigmoid-centred", "plain sum", "standardised sum")


@method(
    slug="lsc-rewards",
    paper="arXiv:2402.00742",
    takes=Ratings,
    gives=Values,
    family="rewards",
    departs="the reference's own uncertainty is carried through; independence is bounded; the standardised sum stands "
    "beside the plain one",
)
def lsc_rewards(
    scores: Path | Ratings | Any,
    *,
    reference: str | None = None,
    quantile: float = 0.85,
    temperature: Sequence[float] | float = 1.0,
    models: Sequence[str] | None = None,
    prompt: str = "prompt",
    completion: str = "completion",
    n_resamples: int = 400,
    seed: int = 0,
) -> Values:
    """Combine several rewards so that an answer must be good in all.

    Parameters
    ----------
    scores : path, Ratings or data frame
        Of answers drawn from the policy to be improved: a table with prompt, completion and a column a reward model; or
        ratings, where who is the model, item the completion and criterion the prompt.
    reference : str, optional
        Completion that is just good enough, scored under every prompt, such as a canned reply. By default a quantile of
        each prompt's own scores.
    quantile : float
        Which, between 0 and 1.
    temperature : float, or sequence of float, one a model
        What rewards are divided by to be in log-odds; `weigh.ops.rewards.bradley_terry_temperature` finds it.
    models : sequence of str, optional
        Which to combine; all by default.
    prompt : str
        Name of the column of prompts, in a table that has a column a model; without one all answers are to one prompt.
    completion : str
        Name of the column of answers, in such a table.
    n_resamples : int
        Draws of a prompt's answers for the interval, which is about the reference alone; 0 for none.
    seed : int
        Of the draws.

    Returns
    -------
    Values
        Σ_m u_m for each answer, 0 or below. Notes: each model's part, bounds on the probability, share of scores that
        are saturated, whom each rule would choose, and what the rules reach under best-of-n and under an exact KL
        penalty.

    Raises
    ------
    InputError
        An answer that a model did not score, no prompt with two answers, a model that tells no answers apart, or a
        reference that is not there.

    Examples
    --------
    >>> table = {"completion": ["flattery", "insult", "kind truth"], "kind": [9.0, -6.0, 1.0], "true": [-5.0, 7.0, 1.0]}
    >>> list(lsc_rewards(table).notes["best"])
    ['log-sigmoid-centred', 'plain sum', 'standardised sum']
    >>> [chosen[""] for chosen in lsc_rewards(table).notes["best"].values()]
    ['kind truth', 'flattery', 'insult']
    """
    if not 0 < quantile < 1 or n_resamples < 0:
        raise InputError(f"quantile is {quantile!r}, n_resamples {n_resamples!r}; expected 0 to 1, and 0 or more")
    table = reward_table(scores, models=models, prompt=prompt, completion=completion)
    if np.ndim(temperature) and len(np.atleast_1d(temperature)) != len(table.models):
        raise InputError(f"temperature is {temperature!r}; expected one number, or one for each of {table.models}")
    within(table.scores, table.prompt)  # refuses a model that tells no answers apart
    u, refs = np.empty_like(table.scores), np.empty((len(table.prompts), len(table.models)))
    for rows in table.by_size():
        r = table.scores[rows]
        ref = _at(table, rows, reference) if reference is not None else np.quantile(r, quantile, axis=1)
        refs[table.prompt[rows[:, 0]]] = ref
        u[rows] = log_sigmoid_centred(r, ref[:, None, :], temperature=temperature)
    total = u.sum(axis=1)
    low = high = cov = None
    if reference is None and n_resamples:
        low, high, cov = _interval(table, total, quantile, temperature, n_resamples, rng(seed, "lsc_rewards"))
    rules: dict[str, Array] = {
        RULES[0]: total, RULES[1]: table.scores.sum(axis=1), RULES[2]: standardised_sum(table)
    }  # fmt: skip
    best = {rule: best_by(table, by) for rule, by in rules.items()}
    reached = what_is_reached(table, rules)
    differ = float(np.mean(best[RULES[0]] != best[RULES[1]]))
    saturated = float((u > np.log(SATURATED)).mean())
    notes: dict[str, Any] = {
        "models": list(table.models), "prompts": len(table.prompts), "answers": len(total),
        "reference": reference or f"quantile {quantile:g} of each prompt", "saturated": saturated,
        "choice_differs_from_plain_sum": differ, "reached": reached,
        **by_name(table, u, refs, best), "told": told(table, saturated, differ, reference),
        "figures": figures(reached),
    }  # fmt: skip
    return Values(table.items, ("all",), total, low, high, cov, scale=SCALE, method="pool/lsc_rewards", notes=notes)


def _interval(
    table: RewardTable, total: Array, quantile: float, temperature: Any, n_resamples: int, draw: np.random.Generator
) -> tuple[Array, Array, Array | None]:
    """What other samples of answers would have made of the reference: percentiles, and covariance where small."""
    low, high = np.empty_like(total), np.empty_like(total)
    cov = np.zeros((len(total), len(total))) if len(total) <= NAMED else None
    for rows in (row for group in table.by_size() for row in group):
        r = table.scores[rows]
        again = r[draw.integers(len(r), size=(n_resamples, len(r)))]
        refs = np.quantile(again, quantile, axis=1)[:, None, :]
        moved = log_sigmoid_centred(r, refs, temperature=temperature).sum(axis=-1)
        low[rows], high[rows] = np.quantile(moved, [0.025, 0.975], axis=0)
        if cov is not None:
            cov[np.ix_(rows, rows)] = np.cov(moved.T) if n_resamples > 1 else 0.0
    return np.minimum(low, total), np.maximum(high, total), cov


def _at(table: RewardTable, rows: NDArray[np.int64], reference: str) -> Array:
    is_it = np.array([[table.answers[i] == reference for i in row] for row in rows.tolist()])
    if not is_it.any(axis=1).all():
        lacking = table.prompts[int(table.prompt[rows[int(is_it.any(axis=1).argmin()), 0]])]
        raise InputError(
            f"prompt {lacking!r} has no answer {reference!r}; a reference must be scored under each prompt"
        )
    return table.scores[rows[np.arange(len(rows)), is_it.argmax(axis=1)]]
