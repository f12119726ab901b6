"""What friends' influence makes of people's values: bounded confidence, fitted to what was measured and run on.

x_i(t+1) = x_i(t) + μ Σ_j w_ij (x_j − x_i)/Σ_j w_ij over friends with |x_j − x_i| ≤ ε, one or more such moves between
two measurements. ε says how far a friend may be off and still be heard, μ how far one goes; both are found for each
value from the waves that are there, and the next wave is foretold. Errors stand beside those of "nobody changes" and
of "all take their friends' mean". In a second stage a regression learns the next value from one's own, from what
bounded confidence foretells and from the friends that are heard; an ego network is never split over folds.

Source: Predicting Users' Value Changes by the Friends' Influence from Social Media Usage, SBP-BRiMS 2021,
arXiv:2109.08021. Departs: the paper's equations were not at hand; this is the standard model (Hegselmann and Krause on
a graph, or Deffuant's pairs). What the data cannot tell of ε and μ is said, where the paper gives single numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.figure import lines, points
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.ops.confidence_fit import Confidence, Panel, fit_confidence, mean_squared_error
from weigh.ops.opinion_dynamics import Ties, draw_meetings, pairwise, synchronous
from weigh.pool._ego_regression import compare_regressions
from weigh.pool._waves import Waves, panel_of, read_waves

if TYPE_CHECKING:
    import networkx as nx

Array = NDArray[np.float64]

SCALE = Scale("interval", "unit", "value score")
KNOWN = {
    "dynamics": ("synchronous", "pairwise"),
    "per": ("value", "all"),
    "search": ("swarm", "evolution"),
    "second_stage": ("none", "svr"),
}
WIDE = 0.5  # a range of ε or μ so wide says nothing
SHOWN = 400  # people drawn


@method(
    slug="bcm-values",
    paper="arXiv:2109.08021",
    takes=(Ratings, "Graph"),
    gives=Values,
    family="influence",
    departs="the standard bounded-confidence model, as the paper's equations were not at hand; ranges of ε and μ",
)
def influence(
    ratings: Ratings,
    ties: Path | nx.Graph,
    *,
    dynamics: Literal["synchronous", "pairwise"] = "synchronous",
    steps: Sequence[int] = (1,),
    per: Literal["value", "all"] = "value",
    search: Literal["swarm", "evolution"] = "swarm",
    second_stage: Literal["none", "svr"] = "none",
    seed: int = 0,
) -> Values:
    """Foretell people's values from their friends' by bounded confidence.

    Parameters
    ----------
    ratings : Ratings
        `who` is the person, `item` the value, `value` its score from 0 to 1, `criterion` the wave; waves are put in
        order by number, or else by name. Two waves or more.
    ties : Path or networkx.Graph
        Who is friends with whom: a table with columns left, right and, where known, weight and ego; or a graph whose
        nodes are people, with edges' `weight` and nodes' `ego`. Without egos, connected components are ego networks.
    dynamics : {"synchronous", "pairwise"}
        All move at once, or two meet at a time, as often as there are friendships, in an order drawn by chance.
    steps : sequence of int
        Moves between two waves; of several numbers the one that fits best is taken.
    per : {"value", "all"}
        ε and μ for each value, or one pair for all.
    search : {"swarm", "evolution"}
        How they are found: particle swarm, or differential evolution.
    second_stage : {"none", "svr"}
        Whether to add a support vector regression, held against other regressions on ego networks it has not seen.
    seed : int
        Of the search, of meetings and of folds.

    Returns
    -------
    Values
        Of each person, the values of the wave after the last, with 95 % intervals from the errors on the waves that are
        known. Notes: ε, μ, moves and errors of each value with what the data cannot tell, and the second stage.

    Raises
    ------
    InputError
        Fewer than two waves or people, scores outside 0 to 1, nobody known in two waves in a row, a value that nobody
        has in the last wave, friends who do not differ, or fewer than three ego networks for the second stage.

    Examples
    --------
    Ada and Bo go a quarter of the way towards each other:

    >>> import networkx as nx
    >>> waves = Ratings(who=["Ada", "Bo"] * 2, item=["care"] * 4, criterion=["1", "1", "2", "2"],
    ...                 value=[0, 1, 0.25, 0.75])
    >>> values = influence(waves, nx.Graph([("Ada", "Bo")]))
    >>> values.mean.ravel().round(2).tolist()
    [0.38, 0.62]
    """
    asked = {"dynamics": dynamics, "per": per, "search": search, "second_stage": second_stage}
    for name, value in asked.items():
        if value not in KNOWN[name]:
            raise InputError(f"{name} is {value!r}; expected one of {', '.join(KNOWN[name])}")
    waves = read_waves(ratings, ties)

    def move(x: Array, among: Ties, epsilon: Array, mu: Array, n: int) -> Array:
        if dynamics == "synchronous":
            return synchronous(x, among, epsilon, mu, steps=n)
        # the same meetings whatever is tried, so that only ε and μ make the difference
        return pairwise(x, draw_meetings(among, n, rng=rng(seed, "meetings")), epsilon, mu)

    n_values = len(waves.items)
    groups = [[j] for j in range(n_values)] if per == "value" else [list(range(n_values))]
    panels = {j: [p for t in range(len(waves.names) - 1) if (p := panel_of(waves, t, j))] for j in range(n_values)}
    fits: dict[int, Confidence] = {}
    for group in groups:
        together = [panel for j in group for panel in panels[j]]
        # each value begins its search in the same way, so that the order of values does not matter
        found = fit_confidence(together, move, steps=tuple(steps), search=search, rng=rng(seed, "search"))
        fits |= dict.fromkeys(group, found)
    mean, spread = waves.last.copy(), np.zeros(n_values)
    rows: dict[str, dict[str, Any]] = {}
    for j, name in enumerate(waves.items):
        fit, here = fits[j], ~np.isnan(waves.last[:, j])
        if not here.any():
            raise InputError(
                f"nobody's {name!r} is known in the last wave, {waves.names[-1]!r}, so that it cannot be foretold; "
                "fill it in, or leave that value out"
            )
        state = Panel(waves.last[here, j], np.zeros(here.sum()), np.zeros(here.sum()), waves.among(here))
        mean[here, j] = move(state.before, state.ties, np.array([fit.epsilon]), np.array([fit.mu]), fit.steps)[0]
        rows[name] = _measures(fit, panels[j], move)
        spread[j] = np.sqrt(rows[name]["mse"])
    notes: dict[str, Any] = {"waves": list(waves.names), "by_value": rows, **waves.notes}
    if second_stage == "svr":
        mean, second = compare_regressions(waves, move, fits, mean, refit=tuple(steps), search=search, seed=seed)
        notes["second_stage"] = second
        spread[:] = np.sqrt(second["held_out_mse"]["svr"])
    there = np.flatnonzero(np.isfinite(mean).all(axis=1))
    if not len(there):
        raise InputError("nobody has all values in the last wave, so that nothing can be foretold; fill it in")
    notes |= {
        "not_foretold": len(mean) - len(there),
        "told": _told(rows),
        "figures": _figures(waves, panels, fits, move),
    }
    mean = np.clip(mean[there], 0.0, 1.0)
    low, high = np.clip(mean - 1.96 * spread, 0.0, 1.0), np.clip(mean + 1.96 * spread, 0.0, 1.0)
    people = tuple(waves.people[i] for i in there.tolist())
    return Values(waves.items, people, mean, low, high, scale=SCALE, method="pool/influence", notes=notes)


def _measures(fit: Confidence, panels: list[Panel], move: Any) -> dict[str, Any]:
    def error(epsilon: float, mu: float, steps: int) -> float:
        return float(mean_squared_error(panels, move, np.array([epsilon]), np.array([mu]), steps)[0])

    ranges = {"epsilon": fit.epsilon_range, "mu": fit.mu_range}
    return {
        "epsilon": fit.epsilon,
        "mu": fit.mu,
        "steps": fit.steps,
        "mse": error(fit.epsilon, fit.mu, fit.steps),
        "mse_no_change": error(0.0, 0.0, 1),
        "mse_friends_mean": error(1.0, 1.0, 1),
        **{f"{name}_{end}": x for name, both in ranges.items() for end, x in zip(("low", "high"), both, strict=True)},
        "open": [name for name, (low, high) in ranges.items() if high - low >= WIDE],
    }


def _told(rows: dict[str, dict[str, Any]]) -> list[str]:
    said = [
        f"The data do not tell {' or '.join(row['open'])} of {name!r}: a range of half or more fits as well."
        for name, row in rows.items()
        if row["open"]
    ]
    worse = [name for name, row in rows.items() if row["mse"] >= 0.95 * row["mse_no_change"]]
    if worse:
        said.append(f"Friends' influence foretells no better than no change at all: {', '.join(map(repr, worse))}.")
    return said


def _figures(
    waves: Waves, panels: dict[int, list[Panel]], fits: dict[int, Confidence], move: Any
) -> list[dict[str, Any]]:
    dots = []
    for j, name in enumerate(waves.items):
        fit = fits[j]
        for panel in panels[j][-1:]:
            foretold = move(panel.before, panel.ties, np.array([fit.epsilon]), np.array([fit.mu]), fit.steps)[0]
            there = np.flatnonzero(panel.weight > 0)[:SHOWN]
            dots += [
                {
                    "x": float(foretold[i] - panel.before[i]),
                    "y": float(panel.after[i] - panel.before[i]),
                    "series": name,
                }
                for i in there.tolist()
            ]
    curves = {
        name: {"x": fits[j].curve[:, 0].tolist(), "y": np.sqrt(fits[j].curve[:, 1]).tolist()}
        for j, name in enumerate(waves.items)
    }
    return [
        points(
            "Change that was foretold and that came", dots, x="foretold", y="came",
            note="Of the last two waves, a dot a person and value; on the diagonal the model is right.",
        ).to_json(),
        lines(
            "How well each reach of confidence fits", curves, x="ε, how far off a friend is still heard",
            y="root mean squared error, at the best μ", note="Where a curve is flat, the data do not tell ε.",
        ).to_json(),
    ]  # fmt: skip
