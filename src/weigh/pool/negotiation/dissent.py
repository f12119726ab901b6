"""Where people differ, in what they rate and in what they rank, side by side and never merged.

Ratings say how much, and people use scales in their own ways; rankings say what goes before what, and hide how much. A
group may agree in one and differ in the other, so that an average of both would show neither. Between groups: η², the
share of the squares of ratings that lies between groups, with what groups drawn at random would have; and Kendall's
distance of people's orders. Within a group: the intraclass correlation, and the same distance.

Source: the question is that of Mushkani, R. and others (2025), Negotiative Alignment, arXiv:2503.12613.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Rankings, Ratings
from weigh.core.stats import rng
from weigh.ops.agreement import intraclass_correlation, split_by_group
from weigh.ops.rank_distance import kendall_distances
from weigh.ops.rating_table import cell_means, coded
from weigh.pool.negotiation.table import group_of

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

SHUFFLES = 499


def disagreement(
    ratings: Ratings,
    *,
    rankings: Rankings | None = None,
    groups: Path | Mapping[str, Any] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Where people differ, by ratings and by rankings.

    Parameters
    ----------
    ratings : Ratings
        Of people on items, perhaps by criterion.
    rankings : Rankings, optional
        Of the same items; some people or items may be missing.
    groups : path or mapping, optional
        Columns who,group. Without it everybody is a group of one, and what needs groups is left out.
    seed : int
        Of the groups drawn at random.

    Returns
    -------
    dict
        JSON-able: `by_item` and `by_criterion` (spread, and η² where there are groups), `eta_squared` with
        `eta_squared_by_chance` and `p`, `within_groups` (people, ICC, distance of orders), `order_distance` (of the
        orders that ratings imply, between and within groups) and, with rankings, the same of these as
        `ranking_distance`, and `ratings_against_rankings`: how far each person's two orders are apart.

    Raises
    ------
    InputError
        A person without a group, or no rating that counts.

    Examples
    --------
    >>> given = Ratings(who=["Ada", "Ada", "Bo", "Bo"], item=["tea", "rum"] * 2, value=[5, 1, 1, 5])
    >>> disagreement(given)["order_distance"]["between"]
    1.0
    """
    counted = ratings.weight > 0
    if not counted.any():
        raise InputError("every row has weight 0; expected at least one that counts")
    rows = ratings.select(counted)
    people, person = coded(rows.who)
    belongs = group_of(people, groups)
    names, group = coded([belongs[who] for who in people])
    by_item, items = _table(person, rows.item, rows, len(people))
    found: dict[str, Any] = {"by_item": _by_thing(by_item, items, group)}
    several = len(names) < len(people)
    if len(set(rows.criterion.tolist())) > 1:
        cells = np.array([f"{a}\0{b}" for a, b in zip(rows.criterion.tolist(), rows.item.tolist(), strict=True)])
        each, keys = _table(person, cells, rows, len(people))
        of = np.array([key.split("\0")[0] for key in keys])
        found["by_criterion"] = {
            name: {
                "spread": _root_mean(_variance(each[:, of == name])),
                **({"eta_squared": split_by_group(each[:, of == name], group).eta_squared()} if several else {}),
            }
            for name in dict.fromkeys(of.tolist())
        }
    if several and len(names) > 1:
        found |= _between(by_item, group, seed)
    found["within_groups"] = {name: _within(by_item[group == at]) for at, name in enumerate(names)}
    full = ~np.isnan(by_item).any(axis=1)
    if full.any() and len(items) > 1:
        found["order_distance"] = _distances(by_item[full], group[full], names)
    if rankings is not None:
        found |= _of_rankings(rankings, people, items, by_item, group, names)
    return found


def _of_rankings(
    rankings: Rankings, people: tuple[str, ...], items: tuple[str, ...], by_item: Array, group: Indices, names: Any
) -> dict[str, Any]:
    place, column = {who: at for at, who in enumerate(people)}, {item: at for at, item in enumerate(items)}
    mine = np.array([who in place for who in rankings.who.tolist()]) & (rankings.weight > 0)
    mine &= np.array([item in column for item in rankings.item.tolist()])
    if not mine.any():
        raise InputError("no ranking is by somebody who rated, of something that was rated; check the names")
    rows = rankings.select(mine)
    cell = np.array([place[who] for who in rows.who.tolist()]) * len(items)
    cell += np.array([column[item] for item in rows.item.tolist()])
    mean, _ = cell_means(cell, rows.rank, rows.weight, len(people) * len(items))
    # small ranks are good, high ratings are
    order = -mean.reshape(len(people), len(items))
    found: dict[str, Any] = {"people_who_ranked": int((~np.isnan(order)).any(axis=1).sum())}
    full = ~np.isnan(order).any(axis=1)
    if full.any() and len(items) > 1:
        found["ranking_distance"] = _distances(order[full], group[full], names)
    apart = {}
    for at, who in enumerate(people):
        both = ~np.isnan(order[at]) & ~np.isnan(by_item[at])
        if both.sum() > 1:
            apart[who] = float(kendall_distances(by_item[at : at + 1, both], order[at : at + 1, both])[0, 0])
    if apart:
        found["ratings_against_rankings"] = {"mean": float(np.mean(list(apart.values()))), "by_person": apart}
    return found


def _table(person: Indices, of: Any, rows: Ratings, n_people: int) -> tuple[Array, tuple[str, ...]]:
    names, place = coded(of)
    mean, _ = cell_means(person * len(names) + place, rows.value, rows.weight, n_people * len(names))
    return mean.reshape(n_people, len(names)), names


def _variance(table: Array) -> Array:
    """Of each column's known numbers about their mean; NaN where there are fewer than two."""
    known = ~np.isnan(table)
    n = known.sum(axis=0)
    mean = np.where(known, table, 0.0).sum(axis=0) / np.maximum(n, 1)
    squares = np.where(known, table - mean, 0.0) ** 2
    return np.where(n > 1, squares.sum(axis=0) / np.maximum(n - 1, 1), np.nan)


def _root_mean(squares: Array) -> float | None:
    known = squares[~np.isnan(squares)]
    return float(np.sqrt(known.mean())) if len(known) else None


def _by_thing(table: Array, names: tuple[str, ...], group: Indices) -> dict[str, dict[str, Any]]:
    split, spread = split_by_group(table, group), np.sqrt(_variance(table))
    several = len(np.unique(group)) < len(group)
    rows = {}
    for at, name in enumerate(names):
        share = float(split.between[at] / split.total[at]) if split.total[at] > 0 else None
        rows[name] = {"spread": spread[at], **({"eta_squared": share} if several else {})}
    return rows


def _between(table: Array, group: Indices, seed: int) -> dict[str, Any]:
    eta = split_by_group(table, group).eta_squared()
    if np.isnan(eta):
        return {"eta_squared": None}
    chance = rng(seed, "disagreement")
    drawn = [split_by_group(table, chance.permutation(group)).eta_squared() for _ in range(SHUFFLES)]
    p = (1 + sum(one >= eta * (1 - 1e-12) for one in drawn)) / (1 + SHUFFLES)
    return {"eta_squared": eta, "eta_squared_by_chance": float(np.mean(drawn)), "p": p}


def _within(table: Array) -> dict[str, Any]:
    people = len(table)
    shared = ~np.isnan(table).any(axis=0)
    icc = intraclass_correlation(table[:, shared]) if people > 1 and shared.sum() > 1 else float("nan")
    return {"people": people, "icc": None if np.isnan(icc) else icc}


def _distances(orders: Array, group: Indices, names: tuple[str, ...]) -> dict[str, Any]:
    """Mean distances of different people's orders, between and within groups, and group by group."""
    apart = kendall_distances(orders)
    other = ~np.eye(len(orders), dtype=bool)
    same = group[:, None] == group[None, :]

    def mean(where: Any) -> float | None:
        return float(apart[where].mean()) if where.any() else None

    there = np.unique(group).tolist()
    by_group = {
        names[a]: {names[b]: mean(other & (group[:, None] == a) & (group[None, :] == b)) for b in there} for a in there
    }
    return {"between": mean(other & ~same), "within": mean(other & same), "by_group": by_group}
