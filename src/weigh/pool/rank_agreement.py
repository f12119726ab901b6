"""Do methods of ranking agree on a decision table, and which alternatives does the choice of a method move?

TOPSIS measures distance from the ideal, VIKOR the largest regret beside the sum, PROMETHEE II wins pair by pair, and a
weighted sum lets anything make up for anything. Where they agree, the order is the table's; where they do not, it is
the method's, and somebody has to choose. Nothing is averaged here.

The four are pymcdm's, on criteria brought to 0 … 1 by their range where a method asks for that. Source: Sałabun, W.,
Wątróbski, J. & Shekhovtsov, A. (2020), Are MCDA methods benchmarkable?, Symmetry 12, 1549. Departs: methods are set
side by side on the user's table, by Spearman's ρ with ties, not on simulated ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError, need
from weigh.core.evidence import Ratings
from weigh.core.figure import heatmap
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.ops.clouds import Clouds, normalised
from weigh.ops.decision_table import decision_table, importance_of, middles

Array = NDArray[np.float64]

SCALE = Scale("ordinal", "unit", "rank, 1 for the first and 0 for the last")
MOST = 2000  # alternatives; PROMETHEE compares each two
MOVED = 10
TIE = 1e-9


@method(
    slug="rank-agreement",
    paper="Sałabun, Wątróbski & Shekhovtsov (2020), Symmetry 12, 1549",
    takes=Ratings,
    gives=Values,
    family="decision table",
    departs="methods are compared on the user's own table, not on simulated ones",
)
def rank_agreement(ratings: Ratings, *, cost: Sequence[str] = (), importance: Values | None = None) -> Values:
    """Rank alternatives by four methods, and show where these disagree.

    Parameters
    ----------
    ratings : Ratings
        `item` is the alternative, `criterion` the criterion; what several people say of a cell is averaged.
    cost : sequence of str
        Criteria of which less is better.
    importance : Values, optional
        Weights of the criteria, such as `pool/compositional` gives; equal by default.

    Returns
    -------
    Values
        Of each method, its ranks from 1 (first) to 0 (last); ties share. Notes: Spearman's ρ of each two methods, the
        ranks of the alternatives that move most, and who leads by each.

    Raises
    ------
    InputError
        Fewer than two alternatives or more than 2,000, a cell that nobody fills, or criteria on which all are alike.
    MissingExtra
        pymcdm is not installed.

    Examples
    --------
    >>> said = Ratings(who=["Ada"] * 6, item=["bus", "car", "bike"] * 2, criterion=["price"] * 3 + ["comfort"] * 3,
    ...                value=[3, 9, 1, 6, 8, 2])
    >>> values = rank_agreement(said, cost=["price"])
    >>> values.who
    ('TOPSIS', 'VIKOR', 'PROMETHEE II', 'weighted sum')
    """
    table = decision_table(ratings, cost)
    n = len(table.items)
    if n > MOST:
        raise InputError(f"there are {n} alternatives; PROMETHEE compares each two, so that {MOST} are the most here")
    mean = middles(table)
    _, kept = normalised(Clouds(mean, np.zeros_like(mean), np.zeros_like(mean)), table.is_cost)
    criteria = tuple(name for name, is_kept in zip(table.criteria, kept.tolist(), strict=True) if is_kept)
    w, closed = importance_of(criteria, importance)
    sign = np.where(table.is_cost[kept], -1, 1)
    scores = {name: score(mean[:, kept], w, sign) for name, score in _methods().items()}
    # 0/0 where alternatives are equally good by a part of a method
    undefined = [name for name, score in scores.items() if not np.isfinite(score).all()]
    places = {name: _places(np.zeros(n) if name in undefined else score) for name, score in scores.items()}
    names, rank = tuple(places), np.stack(list(places.values()))
    rho = _spearman(rank)
    span = np.ptp(rank, axis=0)
    most = [int(i) for i in np.argsort(-span, kind="stable")[:MOVED] if span[i] > 0]
    left = [name for name in table.criteria if name not in criteria]
    notes: dict[str, Any] = {
        "criterion_weights": dict(zip(criteria, w.tolist(), strict=True)),
        "weights_closed": closed,
        "left_out": f"all alternatives are alike on {', '.join(left)}" if left else "",
        "first": {name: [table.items[i] for i in np.flatnonzero(row == row.min())] for name, row in places.items()},
        "rank_correlation": {
            name: dict(zip(names, row, strict=True)) for name, row in zip(names, rho.tolist(), strict=True)
        },
        "moved_most": {
            table.items[i]: {**{name: float(row[i]) for name, row in places.items()}, "span": float(span[i])}
            for i in most
        },
        "told": [
            *_told(places, table.items, rho, names),
            *(f"{name} has no value on this table, so that all are tied by it." for name in undefined),
        ],
        "figures": _figures(names, rho, table.items, rank, most),
    }
    score = 1 - (rank - 1) / (n - 1)
    return Values(table.items, names, score, scale=SCALE, method="pool/rank_agreement", notes=notes)


def _methods() -> dict[str, Callable[[Array, Array, Any], Array]]:
    methods, scales = need("pymcdm.methods", "mcdm"), need("pymcdm.normalizations", "mcdm")

    def by(make: Callable[[], Any], turn: float = 1.0) -> Callable[[Array, Array, Any], Array]:
        def score(matrix: Array, weights: Array, sign: Any) -> Array:
            # checks are ours by now, and its own warn of alternatives that dominate, which are welcome here
            with np.errstate(invalid="ignore", divide="ignore"):
                return turn * np.asarray(make()(matrix, weights, sign, validation=False), dtype=float)

        return score

    return {
        "TOPSIS": by(lambda: methods.TOPSIS(scales.minmax_normalization)),
        "VIKOR": by(methods.VIKOR, turn=-1.0),
        "PROMETHEE II": by(lambda: methods.PROMETHEE_II("usual")),
        "weighted sum": by(lambda: methods.WSM(scales.minmax_normalization)),
    }


def _places(score: Array) -> Array:
    from scipy.stats import rankdata

    # what differs by rounding alone is a tie
    step = TIE * max(float(np.ptp(score)), np.finfo(float).tiny)
    return rankdata(-np.round(score / step) if np.ptp(score) > 0 else np.zeros_like(score), method="average")


def _spearman(rank: Array) -> Array:
    off = rank - rank.mean(axis=1, keepdims=True)
    size = np.sqrt((off**2).sum(axis=1))
    both = np.outer(size, size)
    # a method that ties all has no correlation with anything
    rho = np.where(both > 0, np.clip(off @ off.T / np.where(both > 0, both, 1.0), -1, 1), np.nan)
    np.fill_diagonal(rho, 1.0)
    return rho


def _told(places: dict[str, Array], items: tuple[str, ...], rho: Array, names: tuple[str, ...]) -> list[str]:
    first = {name: frozenset(items[i] for i in np.flatnonzero(row == row.min())) for name, row in places.items()}
    if len(set(first.values())) == 1:
        said = [f"All four methods put {' and '.join(sorted(first[names[0]]))} first."]
    else:
        parts = [f"{' and '.join(sorted(found))} by {name}" for name, found in first.items()]
        said = [f"The first place depends on the method: {'; '.join(parts)}."]
    pairs = [(rho[i, j], i, j) for i in range(len(names)) for j in range(i) if np.isfinite(rho[i, j])]
    if pairs:
        least, i, j = min(pairs)
        said.append(f"{names[j]} and {names[i]} agree least, with a rank correlation of {least:.2f}.")
    return said


def _figures(
    names: tuple[str, ...], rho: Array, items: tuple[str, ...], rank: Array, most: list[int]
) -> list[dict[str, Any]]:
    drawn = [
        heatmap(
            "How far methods agree", names, names, rho.tolist(), centre=0.0, unit="Spearman's rank correlation",
            note="1 where two methods give one order, -1 where one turns the other's round.",
        )
    ]  # fmt: skip
    if most:
        moved: list[str] = [items[i] for i in most]
        drawn.append(
            heatmap(
                "Alternatives that the method moves most", moved, names, rank[:, most].T.tolist(), unit="rank, 1 first"
            )
        )
    return [one.to_json() for one in drawn]
