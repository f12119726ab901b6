"""Convergence: do several models come to value the same things?

Cosine and correlation between the utilities of each two, and how far models differ on each outcome. As noise makes
utilities look less alike than they are, the mean correlation is also given with the noise of each taken out.

Source: Mazeika et al., arXiv:2502.08640, which shows both against the models' scores on a test of knowledge.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from weigh.core import figure
from weigh.core.errors import InputError
from weigh.core.values import Values
from weigh.measure.utility_engineering._result import Experiment
from weigh.ops.contrasts import true_correlation
from weigh.ops.convergence import convergence as compare

MOST_SHOWN = 20


def convergence(values: Sequence[Values]) -> Experiment:
    """How alike the utilities of several models are.

    Parameters
    ----------
    values : sequence of Values
        Each of one model; outcomes that not all of them have are left out and counted.

    Returns
    -------
    Experiment
        Numbers: mean_correlation, mean_correlation_without_noise, pairs (cosine, correlation, low, high), spread (SD
        over models by outcome, largest first), n_outcomes, n_left_out.

    Raises
    ------
    InputError
        Fewer than two models, two of one name, or fewer than two outcomes that all have.
    """
    who = [one.who[0] for one in values]
    if len(values) < 2 or len(set(who)) < len(who) or any(len(one.who) > 1 for one in values):
        raise InputError(f"convergence needs two or more Values, each of one model with a name of its own; got {who}")
    shared = [item for item in values[0].items if all(item in one.items for one in values)]
    if len(shared) < 2:
        raise InputError(f"these models share {len(shared)} outcomes; a comparison needs two or more")
    parts = [one.select(shared) for one in values]
    found = compare([one.mean for one in parts])
    centred = [one.mean - one.mean.mean() for one in parts]
    covs = [one.cov for one in parts if one.cov is not None]
    without = true_correlation(centred, covs) if len(covs) == len(parts) else float("nan")
    pairs = [
        {
            "model": who[i], "other": who[j], "cosine": found.cosine[i, j], "correlation": found.correlation[i, j],
            "low": found.low[i, j], "high": found.high[i, j],
        }
        for i in range(len(who))
        for j in range(i + 1, len(who))
    ]  # fmt: skip
    order = np.argsort(-found.spread, kind="stable")[:MOST_SHOWN]
    numbers = {
        "mean_correlation": found.mean, "mean_correlation_without_noise": without, "pairs": pairs,
        "spread": {shared[i]: found.spread[i] for i in order}, "n_outcomes": len(shared),
        "n_left_out": len({item for one in values for item in one.items}) - len(shared),
    }  # fmt: skip
    told = f"The utilities of {len(who)} models over {len(shared)} outcomes correlate at {found.mean:.2f} on average."
    matrix = [[float(x) if np.isfinite(x) else None for x in row] for row in found.correlation]
    drawn = figure.heatmap("Correlation of utilities", who, who, matrix, unit="r", centre=0.0)
    return Experiment("convergence", told, numbers, (), (drawn,))
