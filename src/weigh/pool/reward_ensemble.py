"""Score answers by several reward models, so that the best of many draws is not one model's mistake.

Selection finds what a reward model overrates: the harder the selection, the more of what is gained is error. Models
that differ in their seed alone err differently, and their disagreement tells where. Mean: mean_m r_m. Worst case:
min_m r_m. Uncertainty-weighted: mean_m r_m − λ var_m r_m. Each is tried by an unbiased best-of-n curve against a judge:
the true reward where it is known, else each model in turn, which must not choose.

Source: Coste, T. and others, Reward Model Ensembles Help Mitigate Overoptimization, ICLR 2024, arXiv:2310.02743.
Departs: models are put on one scale within prompts, since a reward fitted to comparisons is known up to a number a
prompt, and the minimum over models compares those numbers (`calibrate="overall"` is the published way); answers that
tie share their place in the curve; the variance divides by m in all uses, where the published code divides by m − 1 in
some.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.frames import as_names
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.stats import mean_interval
from weigh.core.values import Values
from weigh.ops.reward_table import reward_table
from weigh.ops.rewards import uncertainty_weighted, within, worst_case
from weigh.pool._ensemble_notes import curves, figures, told

Array = NDArray[np.float64]

UNITS = {"prompt": "SD within prompts", "overall": "SD", "none": "reward"}
NAMED = 200  # prompts or answers up to which each is told of by name


@method(
    slug="rm-ensemble",
    paper="arXiv:2310.02743",
    takes=Ratings,
    gives=Values,
    family="rewards",
    departs="models are put on one scale within prompts; ties share their place; the variance divides by m throughout",
)
def reward_ensemble(
    scores: Path | Ratings | Any,
    *,
    objective: Literal["mean", "worst-case", "uncertainty-weighted"] = "uncertainty-weighted",
    penalty: float = 0.5,
    ddof: int = 0,
    calibrate: Literal["prompt", "overall", "none"] = "prompt",
    gold: str | None = None,
    models: Sequence[str] | None = None,
    prompt: str = "prompt",
    completion: str = "completion",
) -> Values:
    """Pool the scores of several reward models, with caution where they disagree.

    Parameters
    ----------
    scores : path, Ratings or data frame
        A table with prompt, completion and a column a reward model; or ratings, where who is the model, item the
        completion and criterion the prompt.
    objective : {"mean", "worst-case", "uncertainty-weighted"}
        What is made of the models' scores.
    penalty : float
        On their variance, where that is what is weighted; 0 gives the mean.
    ddof : int
        0 or 1: the variance divides by their number, or by one less.
    calibrate : {"prompt", "overall", "none"}
        Standardise each model by its spread within prompts, about each prompt's mean; or over all answers; or take
        scores as they are, which is right only for models of one scale.
    gold : str, optional
        Column, or rater, that knows the true worth: it judges, and is no member.
    models : sequence of str, optional
        Members; by default all but gold.
    prompt : str
        Name of the column of prompts, in a table that has a column a model; without one all answers are to one prompt.
    completion : str
        Name of the column of answers, in such a table.

    Returns
    -------
    Values
        One number an answer, for the mean of two models or more with Student's t interval over models. Notes: each
        prompt's best answer, agreement of models, curves under best-of-n of what every objective promises and earns,
        and over-optimisation.

    Raises
    ------
    InputError
        An answer that a model did not score, no prompt with two answers, a model that tells no answers apart, or a
        gold that is not there or stands alone.

    Examples
    --------
    >>> table = {"completion": ["a", "b", "c"], "m1": [0.0, 2.0, 4.0], "m2": [0.0, 2.0, -2.0], "m3": [0.0, 2.0, 3.0]}
    >>> reward_ensemble(table).notes["best"]
    {'': 'b'}
    """
    if objective not in ("mean", "worst-case", "uncertainty-weighted") or calibrate not in UNITS:
        raise InputError(
            f"objective is {objective!r}, calibrate {calibrate!r}; expected mean, worst-case, uncertainty-weighted; "
            f"{', '.join(UNITS)}"
        )
    models = None if models is None else as_names(models)
    wanted = models if models is None or gold is None or gold in models else [*models, gold]
    table = reward_table(scores, models=wanted, prompt=prompt, completion=completion)
    if gold is not None and gold not in table.models:
        raise InputError(f"there is no {gold!r} to be gold; those who score are: {', '.join(table.models)}")
    members = [i for i, name in enumerate(table.models) if name != gold]
    if not members:
        raise InputError(f"{gold!r} is the only one who scores; an ensemble needs a member beside gold")
    alike = within(table.scores, table.prompt)
    z = {"prompt": alike, "none": table.scores}.get(calibrate)
    z = within(table.scores, np.zeros_like(table.prompt)) if z is None else z
    z = z[:, members]
    by = _by_objective(penalty, ddof)
    pooled = by[objective](z)
    judge = None if gold is None else alike[:, table.models.index(gold)]
    found = curves(table, z, judge, by, objective)
    low = high = None
    if objective == "mean" and len(members) > 1:
        interval = mean_interval(z.T)
        low, high = interval.low, interval.high
    names = [table.models[i] for i in members]
    notes: dict[str, Any] = {
        "objective": objective, "penalty": penalty, "calibrate": calibrate, "models": names, "judge": gold,
        "prompts": len(table.prompts), "answers": len(pooled), **found,
        "agreement": _agreement(names, alike[:, members]),
    }  # fmt: skip
    if len(table.prompts) <= NAMED:
        notes["best"] = {
            table.prompts[int(table.prompt[row[0]])]: table.answers[row[pooled[row].argmax()]]
            for rows in table.by_size()
            for row in rows
        }
    if len(pooled) <= NAMED and len(members) > 1:
        notes["disagreement"] = dict(zip(table.items, z.std(axis=1, ddof=ddof).tolist(), strict=True))
    notes |= {"told": told(notes), "figures": figures(notes)}
    scale = Scale("interval", "real", UNITS[calibrate])
    return Values(table.items, ("all",), pooled, low, high, scale=scale, method="pool/reward_ensemble", notes=notes)


def _by_objective(penalty: float, ddof: int) -> dict[str, Any]:
    return {
        "mean": lambda z: z.mean(axis=-1),
        "worst-case": worst_case,
        "uncertainty-weighted": lambda z: uncertainty_weighted(z, penalty=penalty, ddof=ddof),
    }


def _agreement(names: list[str], alike: Array) -> dict[str, dict[str, float]]:
    matrix = np.clip(alike.T @ alike / len(alike), -1.0, 1.0)
    return {name: dict(zip(names, row, strict=True)) for name, row in zip(names, matrix.tolist(), strict=True)}
