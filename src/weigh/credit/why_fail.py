"""Why a model does worse elsewhere: its change in score is divided among the causal mechanisms that shifted.

The players are the mechanisms P(node | parents) of a causal graph. A coalition S is the world in which those of S are
the target's and the others still the source's. It is reached by weighing source rows,

    w_S = Π_{i ∈ S} r_i,    r_i = r(node, parents) / r(parents),    r = p_target / p_source,

so that the target's model need not be known, and v(S) is the weighted score less the score of the source. Shares are
Shapley values and add up to v(all), which equals the whole change where the ratios are right.

Source: Zhang, H., Singh, H., Ghassemi, M. & Joshi, S. (2023), "Why did the model fail?", ICML, arXiv:2210.10769.
Departs: ratios are cross-fitted, so that every source row serves and none is weighed by a classifier that has seen it;
the correction for sizes is by the rows a classifier was trained on (the authors' program takes the evaluation rows);
"self-normalised" is the weighted mean Σwz / Σw (the program scales the difference instead); and where weights leave
less than a hundredth of the rows, there is no answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weigh.core import figure
from weigh.core.errors import InputError
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.credit._ratios import Mechanism, mechanisms
from weigh.credit._reweighting import Metric, Reweighted, Scored
from weigh.credit._tables import columns
from weigh.ops.causal_graph import parents_of
from weigh.ops.game import shapley_sizes
from weigh.ops.game_sampling import sampled_semivalue

Array = NDArray[np.float64]

ADDRESS = "credit/why_fail"
MOST_EXACT = 12


@method(
    slug="why-fail",
    paper="arXiv:2210.10769",
    takes=("Table", "Table"),
    gives=Values,
    family="attribution of a shift",
    departs="cross-fitted density ratios; sizes of the training parts; a weighted mean where the program scales a "
    "difference; refuses below 1 % effective sample size",
)
def why_fail(
    source: Path | Mapping[str, Any],
    target: Path | Mapping[str, Any],
    *,
    graph: str | Mapping[str, Sequence[str]],
    score: str = "",
    metric: Metric | None = None,
    nodes: Mapping[str, Sequence[str]] | None = None,
    exclude: Sequence[str] = (),
    ratio: Literal["boosting", "logistic", "counts"] | Any = "boosting",
    folds: int = 4,
    weighting: Literal["normalised", "plain"] = "normalised",
    clip_probability: float | None = None,
    clip_weight: float | None = None,
    rescale: bool = False,
    permutations: int = 1000,
    seed: int = 0,
    workers: int | None = None,
) -> Values:
    """Divide a model's change in score between two populations among the mechanisms that shifted.

    Parameters
    ----------
    source, target : path, mapping of columns, or data frame
        Rows of both populations, with the columns of the graph. A row's score must follow from these columns.
    graph : str or mapping of str to sequence of str
        Causes: "G -> Y; G, Y -> X", or {"Y": ["G"], "X": ["G", "Y"]}.
    score : str
        The column that holds the model's score in each row, such as its squared error, or 0 and 1 for right; the metric
        is its mean.
    metric : callable
        Instead of `score`, metric(columns, weights) -> float, for what is no mean. Then there are no intervals.
    nodes : mapping of str to sequence of str
        Columns of a node; by default each node is the column of its name.
    exclude : list of str
        Nodes whose mechanism stays the source's.
    ratio : {"boosting", "logistic", "counts"} or classifier
        How densities are compared: by a classifier's odds (any of scikit-learn with `predict_proba`), or by counting
        where rows are of few kinds. "logistic" sees no interactions: where it misses a shift, much stays unexplained.
    folds : int
        Parts for cross-fitting, 2 or more.
    weighting : {"normalised", "plain"}
        Weighted mean Σwz / Σw, or Σwz / n; the second is unbiased for exact ratios and has the larger spread.
    clip_probability : float
        Bring the classifier's probability into [1 − τ, τ]; above .5 and below 1, such as .99.
    clip_weight : float
        Bring each coalition's weights into [1/c, c]; above 1.
    rescale : bool
        Multiply all values so that they sum to the whole change.
    permutations : int
        Random orders where there are more than 12 mechanisms.
    seed : int
        0 or more, for folds, classifiers and orders.
    workers : int
        As in `weigh.core.parallel.pmap`, for more than 12 mechanisms.

    Returns
    -------
    Values
        One number a mechanism, in the unit of the score, positive where it raised it. Intervals are 95 %, from the
        spread over source rows by influence functions with the ratios as estimated, or, above 12 mechanisms, from that
        over orders. Notes hold both scores, what stays unexplained, each classifier's AUC and Brier score, the
        effective sample size of every mechanism's weights, and the share that was clipped.

    Raises
    ------
    InputError
        A table, graph or option that cannot be used, a score that is the same in all rows, fewer than two mechanisms,
        or weights that leave less than 1 % of the source rows: then the target lies where the source has no rows.

    Examples
    --------
    P(y | g) has changed and P(g) has not:

    >>> source = {"g": [0, 0, 0, 0, 1, 1, 1, 1], "y": [0, 0, 0, 1, 1, 1, 1, 0]}
    >>> target = {"g": [0, 0, 0, 0, 1, 1, 1, 1], "y": [1, 1, 1, 0, 0, 0, 0, 1]}
    >>> source["wrong"], target["wrong"] = ([int(g != y) for g, y in zip(t["g"], t["y"])] for t in (source, target))
    >>> values = why_fail(source, target, graph="g -> y", score="wrong", ratio="counts")
    >>> dict(zip(values.items, values.mean.round(3).tolist()))
    {'P(g)': 0.0, 'P(y | g)': 0.5}
    """
    if weighting not in ("normalised", "plain") or (clip_weight is not None and not clip_weight > 1):
        raise InputError(
            f"weighting is {weighting!r}, clip_weight {clip_weight!r}; expected one that is named, and above 1"
        )
    here, there = columns(source), columns(target)
    scored = Scored(here, there, score, metric)
    found, notes = mechanisms(
        here, there, parents_of(graph), nodes or {}, exclude, ratio=ratio, folds=folds, clip=clip_probability, seed=seed
    )
    names = tuple(one.name for one in found)
    game = Reweighted(scored, np.stack([one.ratio for one in found]), names, weighting == "normalised", clip_weight)
    notes |= {"before": scored.before, "after": scored.after, "seed": seed, **game.diagnostics()}
    if len(found) <= MOST_EXACT:
        mean, spread = game.exact()
        notes["intervals"] = (
            "over source rows, with the ratios as estimated" if spread else "none: the metric is no mean"
        )
    else:
        drawn = sampled_semivalue(game, shapley_sizes(len(found)), n_orders=permutations, seed=seed, workers=workers)
        mean, spread = drawn.mean, {"low": drawn.low, "high": drawn.high, "cov": drawn.cov}
        notes |= {"intervals": "over random orders", "n_permutations": drawn.n_orders, "dof": drawn.dof}
    change, explained = scored.after - scored.before, float(mean.sum())
    notes |= {"change": change, "explained": explained, "unexplained": change - explained}
    if rescale:
        if not change * explained > 0:
            raise InputError(
                f"{explained:.3g} explained of a change of {change:.3g} cannot be rescaled; see the ratios"
            )
        factor = change / explained
        mean, spread = mean * factor, {part: x * factor ** (1 + (part == "cov")) for part, x in spread.items()}
        notes["rescaled_by"] = factor
    notes["figures"] = [_figure(found, mean)]
    return Values(
        names,
        ("target − source",),
        mean,
        scale=Scale("ratio", "real", scored.name),
        method=ADDRESS,
        notes=notes,
        **spread,
    )


def _figure(found: Sequence[Mechanism], mean: Array) -> dict[str, Any]:
    size = dict(zip([one.node for one in found], np.abs(mean).tolist(), strict=True))
    names = dict.fromkeys(name for one in found for name in (*one.parents, one.node))
    nodes = [{"name": name, "weight": size.get(name, 0.0)} for name in names]
    edges = [{"source": cause, "target": one.node} for one in found for cause in one.parents]
    return figure.graph("Where the change comes from", nodes, edges, note="Larger: a larger share.").to_json()
