"""Data Shapley: what each training row, or each source of rows, is worth to a learner and a score.

The players are rows, or whoever owns them; v(S) is the score on valuation rows of the learner that has seen the rows of
S. A row's value is its semivalue in this game,

    φ_i = Σ_{S ∌ i} p_{|S|} / C(n−1, |S|) · [v(S ∪ i) − v(S)],

Shapley's unless asked otherwise: then values add up to v(all) − v(∅), and rows that the learner cannot tell apart are
worth the same. The value is about this learner, this score and these valuation rows; it is no property of the row.

Source: Ghorbani, A. & Zou, J. (2019), Data Shapley: Equitable valuation of data for machine learning, ICML,
arXiv:1904.02868; nearest neighbours from Jia, R. et al. (2019), arXiv:1908.08619; Beta-Shapley from Kwon, Y. & Zou, J.
(2022), arXiv:2110.14049. Departs: truncation is relative to v(all) − v(∅), so that adding a constant to the score
changes nothing and scores below zero can be truncated (published: relative to v(all)); sampling ends with standard
errors, which the published rule for stopping does not look at (it is in the notes); v(∅) is what a constant prediction
reaches, for every score; a group's value is its own and is not divided by its rows.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.method import method
from weigh.core.parallel import pmap
from weigh.core.scale import Scale
from weigh.core.stats import mean_interval
from weigh.core.values import Values
from weigh.credit.data_shapley.gradient import gradient_contributions
from weigh.credit.data_shapley.rows import Rows, rows_of
from weigh.credit.data_shapley.score import Score
from weigh.ops.coalitions import coalitions, few, worth
from weigh.ops.game import semivalue, size_distribution
from weigh.ops.game_sampling import sampled_semivalue
from weigh.ops.knn_shapley import knn_shapley
from weigh.ops.orders import running_change

Array = NDArray[np.float64]

ALGORITHMS = ("auto", "truncated", "exact", "gradient", "leave-one-out", "knn")
ADDRESS = "credit/data_shapley"
MOST_EXACT = 20
MOST_WITH_COV = 100
BLOCK = 64
AHEAD = 25  # fits that cost less together than a few alone


@method(
    slug="data-shapley",
    paper="arXiv:1904.02868",
    takes="Table",
    gives=Values,
    family="data valuation",
    departs="truncates relative to v(all) − v(∅); stops by standard errors; v(∅) is a constant prediction's score; "
    "KNN values hold for K above the number of rows and for equal distances",
)
def data_shapley(
    table: Path | Mapping[str, Any] | Rows,
    *,
    target: str = "",
    group: str = "",
    valuation: Path | Mapping[str, Any] | None = None,
    valuation_share: float = 0.3,
    ignore: Sequence[str] = (),
    algorithm: Literal["auto", "truncated", "exact", "gradient", "leave-one-out", "knn"] = "auto",
    index: Literal["shapley", "banzhaf", "beta"] = "shapley",
    alpha: float = 16.0,
    beta: float = 1.0,
    learner: Literal["logistic", "ridge", "tree"] | Any = "logistic",
    metric: str | Any = "",
    permutations: int = 500,
    sampling: Literal["plain", "antithetic", "stratified"] = "plain",
    tolerance: float = 0.02,
    until: float | None = None,
    k: int = 5,
    empty: float | None = None,
    fewest: int = 1,
    seed: int = 0,
    workers: int | None = None,
) -> Values:
    """Value training rows, or their owners, by what they add to a learner's score.

    Parameters
    ----------
    table : path, mapping of columns, data frame, or Rows
        Training rows; numbers are standardised and text becomes a column a category. `Rows` holds arrays instead, and
        then `target`, `group`, `valuation`, `valuation_share` and `ignore` are not used.
    target : str
        The column that is learnt.
    group : str
        The column that says who owns a row, to value owners; without one every row is valued, under its number.
    valuation : path, mapping of columns, or data frame
        Rows on which the score is taken; by default part of the table is held back for it, and not valued.
    valuation_share : float
        How large a part; between 0 and 1.
    ignore : list of str
        Columns that are not learnt from.
    algorithm : {"auto", "truncated", "exact", "gradient", "leave-one-out", "knn"}
        "truncated": random orders, cut short once the score has arrived. "exact": all coalitions, for 20 players at
        most. "auto": exact where that takes no more fits than the orders asked for, else truncated. "gradient": one
        pass of gradient descent a random order. "leave-one-out": v(all) less v(all but one), which is no semivalue.
        "knn": the closed form for nearest neighbours, whose score is the share of neighbours that bear the label,
        whatever `learner` and `metric` say.
    index : {"shapley", "banzhaf", "beta"}
        Which semivalue; not for "gradient", "leave-one-out" and "knn".
    alpha, beta : float
        Of "beta"; a large alpha looks at small coalitions. (1, 1) is Shapley's.
    learner : {"logistic", "ridge", "tree"} or scikit-learn estimator
        What learns.
    metric : str or callable
        scikit-learn's name of a score, or metric(model, X, y); more is better. By default accuracy, and r2 for numbers.
    permutations : int
        Random orders at most, for "truncated" and "gradient".
    sampling : {"plain", "antithetic", "stratified"}
        How orders are drawn: see `weigh.ops.game_sampling`.
    tolerance : float
        An order is cut short when its score has been within this share of |v(all) − v(∅)| of v(all) six times in a row.
        0 never cuts.
    until : float
        Stop once every standard error is at most this, in the unit of the score; for "truncated".
    k : int
        Neighbours, for "knn".
    empty : float
        v(∅), instead of what a constant prediction reaches.
    fewest : int
        Rows below which a coalition is worth v(∅), such as the K of a nearest-neighbour learner.
    seed : int
        0 or more. The result depends on it alone, and not on workers or joblib's engine.
    workers : int
        As in `weigh.core.parallel.pmap`; by default what `joblib.parallel_config` says.

    Returns
    -------
    Values
        One number a player, in the unit of the score, who: the score. Sampled ones have 95 % intervals (Student's t
        over orders; for a player that never moved the score ± 3/n of the largest contribution seen, the rule of three),
        and for 100 players or fewer their covariance. Notes hold v(all), v(∅), the number of fits, the largest standard
        error, what truncation left undivided, and the published measure of convergence.

    Raises
    ------
    InputError
        A table, column, learner, metric or option that cannot be used, fewer than two players, or fewer than two
        classes.

    Examples
    --------
    Two sources, of which the second has its labels swapped:

    >>> x = [-2.0, -1.5, 1.5, 2.0] * 3
    >>> table = {"x": x, "y": [0, 0, 1, 1] * 2 + [1, 1, 0, 0], "source": ["a"] * 4 + ["b"] * 4 + ["c"] * 4}
    >>> held_out = {"x": [-1.0, 1.0], "y": [0, 1]}
    >>> values = data_shapley(table, target="y", group="source", valuation=held_out, algorithm="exact")
    >>> dict(zip(values.items, values.mean.round(3).tolist()))
    {'a': 0.417, 'b': 0.417, 'c': -0.333}
    """
    rows = table if isinstance(table, Rows) else rows_of(
        table, target=target, group=group, valuation=valuation, valuation_share=valuation_share, ignore=ignore,
        seed=seed,
    )  # fmt: skip
    if algorithm not in ALGORITHMS:
        raise InputError(f"algorithm is {algorithm!r}; expected one of {', '.join(ALGORITHMS)}")
    if index != "shapley" and algorithm not in ("auto", "truncated", "exact"):
        raise InputError(f"index is {index!r}, which {algorithm!r} cannot give; use 'truncated' or 'exact'")
    n = len(rows.players)
    if n < 2:
        raise InputError(f"there is one player only, {rows.players[0]!r}; a value is divided among two or more")
    if algorithm == "auto":
        algorithm = "exact" if n <= MOST_EXACT and 1 << n <= permutations * n else "truncated"
    notes: dict[str, Any] = {"algorithm": algorithm, "n_rows": len(rows.X), "n_valuation_rows": len(rows.X_test)}
    if n < len(rows.X):
        notes["rows_of_each"] = dict(zip(rows.players, rows.sizes.tolist(), strict=True))
    if algorithm == "knn":
        return _knn(rows, k, notes)
    score = Score(rows, learner, metric=metric, empty=empty, fewest=fewest, seed=seed)
    full = float(worth(score, np.ones((1, n), dtype=bool))[0])
    notes |= {"v_all": full, "v_empty": score.empty, "learner": str(score.learner), "seed": seed}
    if algorithm == "gradient":
        units, notes["rate"] = gradient_contributions(
            rows, n_orders=permutations, metric=score.name, seed=seed, workers=workers
        )
        return _sampled(rows, score, units, notes | {"n_permutations": len(units)})
    if algorithm == "leave-one-out":
        without = _worths(score, ~np.eye(n, dtype=bool), workers)
        return _values(rows, score.name, full - without, notes | {"n_fits": n + 1})
    sizes = size_distribution(index, n, alpha=alpha, beta=beta)
    notes["index"] = index if index != "beta" else f"beta({alpha:g}, {beta:g})"
    if algorithm == "exact":
        if n > MOST_EXACT:
            raise InputError(f"{n} players have 2^{n} coalitions to fit; exact values are for {MOST_EXACT} at most")
        due = semivalue(_worths(score, coalitions(few(n)), workers), sizes)
        return _values(rows, score.name, due, notes | {"n_fits": 1 << n})
    found = sampled_semivalue(
        score, sizes, n_orders=permutations, sampling=sampling, target=until,
        tolerance=tolerance * abs(full - score.empty), ahead=AHEAD if score.fast else 1, seed=seed, workers=workers,
    )  # fmt: skip
    notes |= {"sampling": sampling, "tolerance": tolerance, "n_permutations": found.n_orders, "n_fits": found.n_values}
    notes |= {"left_undivided": found.left, "reached": found.converged}
    return _sampled(rows, score, found.units, notes)


def _sampled(rows: Rows, score: Score, units: Array, notes: dict[str, Any]) -> Values:
    found = mean_interval(units)
    notes |= {"dof": found.dof, "max_se": float(np.max(found.se)), "running_change": running_change(units)}
    # no spread was seen in those that never moved the score, which does not mean that there is none
    still = ~units.any(axis=0)
    reach = 3 / len(units) * float(np.abs(units).max())
    notes["never_moved_the_score"] = int(still.sum())
    low, high = np.where(still, -reach, found.low), np.where(still, reach, found.high)
    cov = None
    if units.shape[1] <= MOST_WITH_COV:
        cov = np.cov(units, rowvar=False) / len(units) + np.diag(still * (reach / 2) ** 2)
    return _values(rows, score.name, found.mean, notes, low=low, high=high, cov=cov)


def _knn(rows: Rows, k: int, notes: dict[str, Any]) -> Values:
    each = knn_shapley(rows.X, rows.y, rows.X_test, rows.y_test, k=k)
    due = np.bincount(rows.place, each, len(rows.players)).astype(float)
    notes |= {"index": "shapley", "k": k, "v_all": float(due.sum()), "v_empty": 0.0}
    if len(rows.players) < len(rows.X):
        # the game of single rows is divided, and an owner gets the sum; that is not the game of owners
        notes["owners"] = "sums over their rows"
    return _values(rows, "share of neighbours", due, notes)


def _values(rows: Rows, unit: str, mean: Array, notes: dict[str, Any], **spread: Array | None) -> Values:
    notes["sum"] = float(np.sum(mean))
    scale = Scale("ratio", "real", unit)
    return Values(rows.players, (unit,), mean, scale=scale, method=ADDRESS, notes=notes, **spread)


def _worths(score: Score, masks: NDArray[np.bool_], workers: int | None) -> Array:
    blocks = [masks[start : start + BLOCK] for start in range(0, len(masks), BLOCK)]
    return np.concatenate(pmap(functools.partial(worth, score), blocks, workers=workers))
