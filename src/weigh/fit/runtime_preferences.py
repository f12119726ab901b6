"""Runtime preferences: algorithms by the worth of their answers to someone whose patience ends.

Axioms like those of von Neumann and Morgenstern, with two more (sooner is at least as good; all that comes after one's
patience ended is worth the same), make the score of an algorithm E u(t), where u falls from 1 to 0: the probability
that an answer comes in time. Mean running time and PAR-2 (a run that failed counts twice the captime) are no such
score, and the algorithm that they put first can be worth a small part of the best. Which algorithm is best depends on
u, so that u must be said. What a mean running time cannot have, E u(t) has: bounds from runs that were stopped.

Source: Graham, D. R., Leyton-Brown, K. and Roughgarden, T. (2023). Formalizing preferences over runtime distributions.
ICML, arXiv:2205.13028. Departs: a run that was stopped gives an interval, where their script scores it 0, and the
lower end, which is their number, is the value; ties are reported as sets; intervals are Hoeffding's, or normal ones
from instances that all algorithms have run on.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weigh.core.columns import as_text, is_missing
from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.figure import heatmap, intervals, lines
from weigh.core.frames import as_names
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.tables import read_table
from weigh.core.values import Values
from weigh.ops.capped_runs import Bounds, capped_bounds, captime_for, par2, regret_matrix, required_runs
from weigh.ops.captimes import TimeUtility, time_utility

FINISHED, CAPPED, NEVER = ("", "finished"), ("capped",), ("never",)
N_DRAWN = 60
TIE = 1e-12


@method(
    slug="runtime-preferences",
    paper="Graham, Leyton-Brown & Roughgarden (2023), ICML, arXiv:2205.13028",
    takes=Ratings,
    gives=Values,
    family="utility",
    departs="runs that were stopped give an interval whose lower end is the value, not a 0; ties are sets",
    exempt={
        "one_item": "the worth of one algorithm is a number by itself, not relative to others",
        "one_class": "algorithms whose runs are all alike are worth the same, and that is said as a tie",
    },
)
def runtime_preferences(
    runs: Ratings,
    *,
    utility: str,
    others: Sequence[str] = (),
    captime: float | None = None,
    interval: Literal["hoeffding", "normal"] = "hoeffding",
    level: float = 0.95,
    epsilon: float = 0.05,
) -> Values:
    """Expected utility of algorithms from their running times.

    Parameters
    ----------
    runs : Ratings
        `item` is an algorithm, `who` the instance that it ran on, `value` the seconds it took or was let run, and
        `criterion` how that ended: empty or "finished", "capped" (stopped, it may have gone on), or "never" (it will
        not answer, whatever time it has). Weight is a number of runs.
    utility : str
        What an answer at t is worth, such as "uniform(20)", "pareto(5, 3)" or "log_normal(60, 1)".
    others : sequence of str
        Further utilities, for the regret of picking by one and being scored by another.
    captime : float, optional
        Seconds that all runs were let run; those that took longer count as stopped there. It narrows the intervals.
    interval : {"hoeffding", "normal"}
        Hoeffding's hold for any distribution; normal ones are narrower and pair algorithms by instance, which must be
        the same for all.
    level : float
        Confidence of each interval, between 0 and 1.
    epsilon : float
        Loss of utility for which the notes say how long and how often to run.

    Returns
    -------
    Values
        From 0 to 1, the share of cases in which an answer comes in time; 0 is no answer. Notes: the algorithms that
        tie for the best, shares that finished, what the value could be if stopped runs had just been about to answer,
        the regret matrix, PAR-2 where captime is given, the captime and number of runs for `epsilon`.

    Raises
    ------
    InputError
        A negative time, an unknown criterion or utility, or normal intervals without the same instances for all.

    References
    ----------
    Graham, D. R., Leyton-Brown, K. and Roughgarden, T. (2023). ICML, arXiv:2205.13028.

    Examples
    --------
    A is quick or fails, B is slow and sure:

    >>> runs = Ratings(who=["i", "j"] * 2, item=["A", "A", "B", "B"], value=[1, 100, 50, 50],
    ...                criterion=["", "capped", "", ""])
    >>> hasty = runtime_preferences(runs, utility="uniform(60)", captime=100)
    >>> patient = runtime_preferences(runs, utility="uniform(600)", captime=100)
    >>> hasty.notes["best"], patient.notes["best"]
    (['A'], ['B'])
    """
    u, more = time_utility(utility), [time_utility(text) for text in as_names(others)]
    if interval not in ("hoeffding", "normal"):
        raise InputError(f"interval is {interval!r}; expected hoeffding or normal")
    runs = runs.counted()
    t, done = _times(runs)
    items = tuple(sorted(set(runs.item.tolist())))
    of = {item: runs.item == item for item in items}

    def each(find: Callable[[NDArray[np.bool_]], float]) -> dict[str, float]:
        return {item: find(at) for item, at in of.items()}

    def bounds(rule: TimeUtility) -> list[Bounds]:
        given = {"captime": captime, "delta": 1 - level}
        return [capped_bounds(t[at], done[at], rule, weight=runs.weight[at], **given) for at in of.values()]

    found = bounds(u)
    mean, low, high = (np.array([getattr(one, part) for one in found]) for part in ("shown", "low", "high"))
    cov = None
    if interval == "normal":
        low, high, cov = _paired(runs, t, done, u, items, captime, level)
    scores = {str(u): mean} | {str(rule): np.array([one.shown for one in bounds(rule)]) for rule in more}
    names, regret = list(scores), regret_matrix(list(scores.values())).tolist()
    effort = required_runs(u, epsilon, n_algorithms=len(items), delta=1 - level)
    notes: dict[str, Any] = {
        "utility": str(u),
        "best": _best(items, mean),
        "runs": each(lambda at: float(runs.weight[at].sum())),
        "answered": each(lambda at: _share(runs.weight[at], np.isfinite(t[at]) & done[at])),
        "if_capped_runs_were_about_to_answer": dict(zip(items, (one.possible for one in found), strict=True)),
        "to_be_within": {"epsilon": epsilon} | effort._asdict(),
    }
    if captime is not None:
        notes["par2"] = each(lambda at: par2(t[at], done[at], captime, weight=runs.weight[at]))
        notes["lost_by_the_best_by_par2"] = _lost(items, mean, notes["par2"])
    if more:
        notes["scores"] = {name: dict(zip(items, row.tolist(), strict=True)) for name, row in scores.items()}
        notes["best_by"] = {name: _best(items, row) for name, row in scores.items()}
        notes["regret"] = {name: dict(zip(names, row, strict=True)) for name, row in zip(names, regret, strict=True)}
    rows = sorted(zip(items, mean, low, high, strict=True), key=lambda row: -row[1])
    notes["figures"] = [
        intervals(
            f"What an answer is worth, by {u}",
            [{"item": a, "mean": b, "low": c, "high": d} for a, b, c, d in rows],
            unit="expected utility",
            note="The share of cases in which an answer comes in time, with its interval.",
        ).to_json(),
        _curves(runs, t, done, u, items),
    ]
    if more:
        shown = heatmap(
            "Share lost by picking by one utility and being scored by another",
            names, names, regret, unit="share lost", note="The row picks, the column scores.",
        )  # fmt: skip
        notes["figures"].append(shown.to_json())
    scale = Scale("ratio", "unit", "expected utility")
    return Values(items, ("all",), mean, low, high, cov, scale=scale, method="fit/runtime_preferences", notes=notes)


def runs_from_table(
    path: str | os.PathLike[str], instance: str, algorithms: Iterable[str], *, captime: float | None = None
) -> Ratings:
    """Runs from a wide table: an instance a row, an algorithm a column, as competitions publish them.

    Parameters
    ----------
    path : path
        CSV, Parquet or JSON lines; a cell is a number of seconds, "timeout", or another word for a run that failed.
    instance : str
        Column that names the instance.
    algorithms : iterable of str
        Columns of the algorithms.
    captime : float, optional
        After which "timeout" stopped a run; without it such runs count as never ending.

    Raises
    ------
    InputError
        A column is missing, or a cell is empty.
    """
    table = read_table(path)
    algorithms = list(algorithms)
    for name in (instance, *algorithms):
        if name not in table:
            raise InputError(f"{path}: there is no column {name!r}; found: {', '.join(table)}")
    rows = [
        (as_text(who), item, *_cell(cell, captime, f"{path}: {item!r} on {as_text(who)!r}"))
        for item in algorithms
        for who, cell in zip(table[instance], table[item], strict=True)
    ]
    who, item, value, criterion = map(list, zip(*rows, strict=True))
    return Ratings.from_frame({"who": who, "item": item, "value": value, "criterion": criterion})


def _cell(cell: Any, captime: float | None, where: str) -> tuple[float, str]:
    if is_missing(cell):
        raise InputError(f"{where}: the cell is empty; expected seconds, 'timeout', or a word for a run that failed")
    try:
        seconds = float(cell)
    except (TypeError, ValueError):
        stopped = str(cell).strip().lower() == "timeout" and captime is not None
        return (float(captime or 0), "capped") if stopped else (0.0, "never")
    return (seconds, "") if math.isfinite(seconds) else (0.0, "never")


def _times(runs: Ratings) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    ends = np.array([end.strip().lower() for end in runs.criterion.tolist()])
    unknown = ~np.isin(ends, (*FINISHED, *CAPPED, *NEVER))
    if unknown.any():
        raise InputError(f"criterion is {str(ends[unknown][0])!r}; expected 'finished' (or empty), 'capped' or 'never'")
    if (runs.value < 0).any():
        raise InputError(f"a run took {runs.value.min():g} seconds; expected 0 or more")
    return np.where(np.isin(ends, NEVER), np.inf, runs.value), ~np.isin(ends, CAPPED)


def _paired(
    runs: Ratings, t: Any, done: Any, u: TimeUtility, items: tuple[str, ...], captime: float | None, level: float
) -> tuple[Any, Any, Any]:
    from scipy.special import stdtrit

    instances = sorted(set(runs.who.tolist()))
    place = {who: at for at, who in enumerate(instances)}
    column = {item: at for at, item in enumerate(items)}
    at = np.array([place[who] for who in runs.who.tolist()]), np.array([column[item] for item in runs.item.tolist()])
    cap = np.inf if captime is None else captime
    never = done & np.isinf(t)
    worth = u(np.where(never, np.inf, np.minimum(t, cap)))
    weight, shown, possible = (np.zeros((len(instances), len(items))) for _ in range(3))
    np.add.at(weight, at, runs.weight)
    np.add.at(shown, at, runs.weight * worth * (done & (t <= cap)))
    np.add.at(possible, at, runs.weight * worth)
    if (weight == 0).any() or len(instances) < 2 or not np.allclose(weight, weight[:, :1]):
        raise InputError(
            "normal intervals pair algorithms by instance, and some did not run on all of two or more instances "
            "equally often; use interval='hoeffding', or keep the instances that all ran on"
        )
    w = weight[:, 0]

    def spread(sums: NDArray[np.float64]) -> tuple[Any, Any]:
        mean = sums.sum(axis=0) / w.sum()
        centred = sums - w[:, None] * mean
        return mean, centred.T @ centred / w.sum() ** 2 * len(w) / (len(w) - 1)

    (low, below), (high, above) = spread(shown), spread(possible)
    z = float(stdtrit(len(w) - 1, (1 + level) / 2))
    exact = np.allclose(shown, possible, rtol=0, atol=1e-12)
    low, high = low - z * np.sqrt(np.diag(below)), high + z * np.sqrt(np.diag(above))
    return np.clip(low, 0, 1), np.clip(high, 0, 1), below if exact else None


def _curves(runs: Ratings, t: Any, done: Any, u: TimeUtility, items: tuple[str, ...]) -> dict[str, Any]:
    answered = done & np.isfinite(t) & (t > 0)
    first = float(t[answered].min()) if answered.any() else 1e-3
    last = max(float(t[answered].max()) if answered.any() else 1.0, float(captime_for(u, 0.5)), 2 * first)
    grid = np.geomspace(first, last, N_DRAWN)
    curves = {f"worth: {u}": {"x": grid.tolist(), "y": u(grid).tolist()}}
    for item in items:
        at = runs.item == item
        share = [_share(runs.weight[at], done[at] & (t[at] <= x)) for x in grid]
        curves[item] = {"x": grid.tolist(), "y": share}
    note = "Each curve is the share answered by a time; the falling one is what an answer is then worth."
    return lines("Answers by time", curves, x="seconds", y="share", log_x=True, note=note).to_json()


def _share(weight: NDArray[np.float64], which: NDArray[np.bool_]) -> float:
    return float(weight[which].sum() / weight.sum())


def _best(items: tuple[str, ...], score: NDArray[np.float64]) -> list[str]:
    return [item for item, x in zip(items, score, strict=True) if x >= score.max() - TIE]


def _lost(items: tuple[str, ...], score: NDArray[np.float64], par: dict[str, float]) -> float:
    least = min(par.values())
    kept = min(x for item, x in zip(items, score, strict=True) if par[item] <= least)
    return float(1 - kept / score.max()) if score.max() > 0 else 0.0
