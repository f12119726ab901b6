"""The Bayesian Best–Worst Method: common weights of people who each compared all criteria with their best and worst.

A_B ~ Multinomial(C(1/w_k)), A_W ~ Multinomial(w_k), w_k ~ Dirichlet(γ w*): one model of all people's comparisons, in
which those who agree pull w* together and those who do not widen its interval. What a comparison is worth as evidence
is the model's assumption: the numbers 1 to 9 are read as counts, so a person says as much as they sum to. The credal
ranking is the share of draws in which one criterion is above another.

Source: Mohammadi, M. & Rezaei, J. (2020), Bayesian best-worst method, Omega 96, 102075. Departs: Hamiltonian Monte
Carlo in numpy in place of JAGS; w* is uniform over shares, where the authors' program draws it from a Dirichlet
distribution with parameters of 1e-7, which puts all but nothing of its prior into corners; γ ~ Gamma(.01, .01) as
there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.ops.best_worst_method import geometric_weights, inconsistency, log_posterior
from weigh.ops.hamiltonian import effective_draws, hamiltonian, split_rhat
from weigh.ops.log_ratios import clr, clr_inverse
from weigh.ops.rating_table import cell_means, coded
from weigh.pool._share_notes import credal_figures

Array = NDArray[np.float64]

SCALE = Scale("ratio", "simplex", "share")
BEST, WORST = "best_to_others", "others_to_worst"
N_CHAINS = 4
RHAT = 1.01
WIDE = 0.1  # of the chains' starts, in log-ratios


@method(
    slug="bayesian-best-worst",
    paper="Mohammadi & Rezaei (2020), Omega 96, 102075",
    takes=Ratings,
    gives=Values,
    family="shares",
    departs="Hamiltonian Monte Carlo in place of JAGS; a uniform prior of the common weights, not one in corners",
)
def bayesian_best_worst(
    comparisons: Ratings,
    *,
    concentration: tuple[float, float] = (0.01, 0.01),
    n_warmup: int = 500,
    n_draws: int = 1000,
    seed: int = 0,
) -> Values:
    """Common weights from comparisons with the best and with the worst criterion.

    Parameters
    ----------
    comparisons : Ratings
        `criterion` is "best_to_others" (how many times the person's best counts against the item) or "others_to_worst"
        (how many times the item counts against their worst); `value` is 1 to 9. Everybody rates every item twice so.
    concentration : tuple of float
        Shape and rate of the Gamma prior of γ, which says how much people agree.
    n_warmup, n_draws : int
        Steps of each of four chains that are dropped, and that are kept.
    seed : int
        Of the draws.

    Returns
    -------
    Values
        Posterior means of the common shares, with 95 % intervals. Notes: γ, each person's weights and inconsistency,
        the credal ranking, R-hat and the number of effective draws.

    Raises
    ------
    InputError
        Another criterion, an item or a row that somebody left out, two answers to one question, numbers below 1,
        fewer than two items, or people of different weight, which the model has no place for.

    Examples
    --------
    >>> rows = [("Ada", "best_to_others", 1, 4), ("Ada", "others_to_worst", 4, 1),
    ...         ("Bo", "best_to_others", 1, 3), ("Bo", "others_to_worst", 3, 1)]
    >>> said = Ratings(who=[r[0] for r in rows for _ in "ab"], criterion=[r[1] for r in rows for _ in "ab"],
    ...                item=["tea", "rum"] * 4, value=[x for r in rows for x in r[2:]])
    >>> values = bayesian_best_worst(said, n_draws=200)
    >>> values.items, bool(0.65 < values.mean[0] < 0.85)
    (('tea', 'rum'), True)
    """
    people, items, best, worst = _answers(comparisons)
    density, read, start = log_posterior(best, worst, prior=(float(concentration[0]), float(concentration[1])))
    chance = rng(seed, "bayesian best-worst")
    starts = start + WIDE * chance.standard_normal((N_CHAINS, len(start)))
    drawn = hamiltonian(density, starts, rng=chance, n_warmup=n_warmup, n_draws=n_draws)
    common, gamma, own = read(drawn.x.reshape(-1, len(start)))
    mean = common.mean(axis=0)
    low, high = np.quantile(common, [0.025, 0.975], axis=0)
    shape = (n_draws, N_CHAINS)
    rhat = max(float(split_rhat(x.reshape(*shape, -1)).max()) for x in (common, np.log(gamma)))
    above = (common[:, :, None] > common[:, None, :]).mean(axis=0) + 0.5 * np.eye(len(items))
    settled = rhat <= RHAT and drawn.lost <= n_draws // 100
    off = inconsistency(best, worst)
    notes: dict[str, Any] = {
        "people": len(people),
        "agreement": {"mean": float(gamma.mean()), **_ends(gamma)},
        "r_hat": rhat,
        "effective_draws": float(effective_draws(common.reshape(*shape, -1)).min()),
        "acceptance": drawn.acceptance,
        "lost_trajectories": drawn.lost,
        "converged": settled,
        "geometric_mean": _by(items, clr_inverse(clr(geometric_weights(best, worst)).mean(axis=0))),
        "p_above": {x: _by(items, row) for x, row in zip(items, above, strict=True)},
        "each_person": {
            who: {**_by(items, row), "inconsistency": float(c)}
            for who, row, c in zip(people, own.mean(axis=0), off, strict=True)
        },
        "told": [] if settled else ["The chains had not mixed when the steps ran out: give more warm-up and draws."],
        "figures": credal_figures(items, mean, low, high, above),
    }
    cov = np.cov(common.T)
    return Values(
        items, ("all",), mean, np.minimum(low, mean), np.maximum(high, mean), (cov + cov.T) / 2, scale=SCALE,
        method="pool/bayesian_best_worst", notes=notes,
    )  # fmt: skip


def _answers(comparisons: Ratings) -> tuple[tuple[str, ...], tuple[str, ...], Array, Array]:
    rows = comparisons.counted()
    other = sorted(set(rows.criterion.tolist()) - {BEST, WORST})
    if other:
        raise InputError(f"a row's criterion is {other[0]!r}; expected {BEST!r} or {WORST!r} in each")
    (people, who), (items, item) = coded(rows.who), coded(rows.item)
    if len(items) < 2:
        raise InputError(f"there is one item, {', '.join(items)!r}; weights need two or more")
    shape = (len(people), 2, len(items))
    cell = np.ravel_multi_index((who, (rows.criterion == WORST).astype(np.int64), item), shape)
    mean, total = cell_means(cell, rows.value, rows.weight, int(np.prod(shape)))
    mean, total = mean.reshape(shape), total.reshape(shape)
    if (total == 0).any():
        k, side, i = (int(at) for at in np.argwhere(total == 0)[0])
        raise InputError(f"{people[k]!r} has no row {(BEST, WORST)[side]!r} for {items[i]!r}; expected one of each")
    if (rows.value != mean.ravel()[cell]).any():
        row = int(np.argmax(rows.value != mean.ravel()[cell]))
        raise InputError(f"{rows.who[row]!r} gives {rows.item[row]!r} two numbers as {rows.criterion[row]}; keep one")
    if np.ptp(total) > 1e-9 * total.max():
        raise InputError("people, or their rows, differ in weight, which this model has no place for; give all 1")
    return people, items, mean[:, 0], mean[:, 1]


def _by(items: tuple[str, ...], x: Array) -> dict[str, float]:
    return dict(zip(items, x.tolist(), strict=True))


def _ends(x: Array) -> dict[str, float]:
    low, high = np.quantile(x, [0.025, 0.975])
    return {"low": float(low), "high": float(high)}
