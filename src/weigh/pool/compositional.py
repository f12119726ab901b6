"""Pool people's weights in the geometry of shares.

Weights that sum to 1 carry their information in ratios, log(wᵢ/wⱼ). What minimises the squared distance to all people
in that geometry is C(Πₖ wₖᵢ^(1/K)), the normalised geometric mean; the arithmetic mean minimises another geometry's,
and can put two criteria the other way round. The median and Welsch's estimate do the same with distances that outliers
cannot stretch. Spread is the total variance and the variance of each log-ratio, never the standard deviation of raw
weights, whose correlations come from the sum. The ranking is credal: every pair with its probability. People who fall
into several opinions are told apart, since a centre between two camps is nobody's.

Source: Mohammadi, M. and others, Unveiling and unraveling aggregation and dispersion fallacies in group MCDM,
Information Sciences 2023, arXiv:2304.08859. Departs: Welsch's scale is the median distance, found anew at each step;
the credal ranking is of the centre that was asked for, by its sandwich covariance, which is the paper's t test where
that is the geometric mean; several opinions are reported only where one normal cloud would not be cut as cleanly.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.ops.clusters import cluster
from weigh.ops.credal_ranking import parametric_order, signed_rank_order
from weigh.ops.location import Estimator, Location, mean_location, spatial_median, welsch_location
from weigh.ops.location_error import bootstrap_locations, location_covariance
from weigh.ops.log_ratios import clr, clr_inverse
from weigh.ops.rating_table import Shares, shares_of
from weigh.ops.simplex import share_errors, variation_matrix
from weigh.pool._share_notes import NAMED, figures, opinions_of, told

Array = NDArray[np.float64]

SCALE = Scale("ratio", "simplex", "share")
CENTRES: dict[str, Estimator] = {"geometric": mean_location, "median": spatial_median, "welsch": welsch_location}
LEVEL = 0.95


@method(
    slug="compositional-mcdm",
    paper="arXiv:2304.08859",
    takes=Ratings,
    gives=Values,
    family="shares",
    departs="Welsch's scale re-estimated at each step; the credal ranking is of the centre asked for; opinions are "
    "tested against one normal cloud",
    exempt={"one_class": "people who all give equal shares agree, and equal shares are their pool"},
)
def compositional(
    weights: Ratings | Values,
    *,
    centre: Literal["geometric", "median", "welsch"] = "geometric",
    interval: Literal["delta", "bootstrap"] = "delta",
    ranking: Literal["parametric", "signed-rank"] = "parametric",
    opinions: int | None = None,
    detection_limit: float | None = None,
    n_resamples: int = 2000,
    seed: int = 0,
    workers: int | None = None,
) -> Values:
    """Pool people's weights in the geometry of shares.

    Parameters
    ----------
    weights : Ratings or Values
        Weights or priorities, one whole a person, each on all items; they are divided by their sum. Or values of
        several on a ratio scale.
    centre : {"geometric", "median", "welsch"}
        Geometric mean; or, where some people may be far off, the spatial median or Welsch's estimate.
    interval : {"delta", "bootstrap"}
        By Student's t and the sandwich covariance, or by resampling people.
    ranking : {"parametric", "signed-rank"}
        How the probability of each order is found: from the centre and its covariance, or without a distribution.
    opinions : int, optional
        Number of groups of people; found from the data by default, and 1 for none.
    detection_limit : float, optional
        Smallest share that a person could have told from 0; zeros are refused without it.
    n_resamples : int
        Draws of the bootstrap.
    seed : int
        Of the bootstrap, the signed-rank test and the choice of the number of opinions.
    workers : int, optional
        Processes for the bootstrap.

    Returns
    -------
    Values
        Shares that sum to 1, with 95 % intervals where there are two people or more. Notes: total variance, variation
        of each ratio, P(row above column), opinions with their people, the arithmetic mean for comparison, what each
        person counted.

    Raises
    ------
    InputError
        Fewer than two items, an item that somebody left out, a negative weight, or zeros without a detection limit.
    ScaleError
        Values whose ratios have no meaning.

    Examples
    --------
    >>> votes = Ratings(who=["Ada", "Ada", "Bo", "Bo"], item=["tea", "rum"] * 2, value=[0.5, 0.5, 0.9, 0.1])
    >>> compositional(votes).mean.round(4).tolist()
    [0.75, 0.25]
    """
    if centre not in CENTRES or interval not in ("delta", "bootstrap") or ranking not in ("parametric", "signed-rank"):
        raise InputError(
            f"centre is {centre!r}, interval {interval!r}, ranking {ranking!r}; expected {', '.join(CENTRES)}; delta, "
            "bootstrap; parametric, signed-rank"
        )
    given = shares_of(weights, detection_limit=detection_limit)
    z, a = clr(given.shares), given.weight
    found = CENTRES[centre](z, a)
    dof = len(a) - 1
    mean = clr_inverse(found.point)
    low = high = cov = error = None
    if interval == "delta" or dof == 0:
        error = location_covariance(z, found, a)
        if error is not None:
            from scipy.special import stdtrit

            low, high, cov = share_errors(found.point, error, float(stdtrit(dof, (1 + LEVEL) / 2)))
    else:
        drawn = bootstrap_locations(z, CENTRES[centre], a, n_resamples=n_resamples, seed=seed, workers=workers)
        low, high, cov, error = _from_draws(drawn, mean)
    if ranking == "parametric":
        above = parametric_order(found.point, error, dof)
    else:
        above = signed_rank_order(z, a, rng=rng(seed, "signed-rank"))
    groups = cluster(z, a, n_groups=opinions, rng=rng(seed, "opinions"))
    held = opinions_of(given, z, groups)
    variation = variation_matrix(given.shares, a)
    notes = {
        **_measures(given, found, above, variation),
        "opinions": held,
        "opinions_by_chance": groups.p,
        "silhouettes": {str(k): value for k, value in groups.silhouette.items()},
        **({"dof": dof} if interval == "delta" and cov is not None else {}),
        "told": told(given, mean, above, held, error is not None, found.converged),
        "figures": figures(given.items, mean, low, high, above, held, variation),
    }
    return Values(given.items, ("all",), mean, low, high, cov, scale=SCALE, method="pool/compositional", notes=notes)


def _from_draws(drawn: Array, mean: Array) -> tuple[Array, Array, Array, Array]:
    shares = clr_inverse(drawn)
    low, high = np.quantile(shares, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    n = len(mean)
    cov, error = (np.cov(x.T).reshape(n, n) for x in (shares, drawn))
    return np.minimum(low, mean), np.maximum(high, mean), cov, error


def _measures(given: Shares, found: Location, above: Array, variation: Array) -> dict[str, Any]:
    items, a = given.items, given.weight
    notes: dict[str, Any] = {
        **given.notes,
        "people": len(a),
        "total_variance": float(variation.sum() / (2 * len(items))),
        "arithmetic_mean": dict(zip(items, (a @ given.shares / a.sum()).tolist(), strict=True)),
        "converged": found.converged,
        "p_above": {x: dict(zip(items, row, strict=True)) for x, row in zip(items, above.tolist(), strict=True)},
        "variation": {x: dict(zip(items, row, strict=True)) for x, row in zip(items, variation.tolist(), strict=True)},
    }
    if len(a) <= NAMED:
        counted = a * found.phi
        counted = counted / counted.sum() if counted.sum() > 0 else a / a.sum()
        rows = zip(given.people, found.distance.tolist(), counted.tolist(), strict=True)
        notes["each_person"] = {who: {"distance": d, "counted": c} for who, d, c in rows}
    return notes
