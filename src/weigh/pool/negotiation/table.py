"""From tables to a problem: ratings, costs, who belongs to which group, and red lines."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.columns import as_text, is_missing
from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.tables import read_table
from weigh.ops.packages import cheapest, options_of
from weigh.ops.rating_table import cell_means, coded
from weigh.pool.negotiation.problem import Problem

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

ONLY = "choice"  # the one element where nothing says that there are several
LEFT_OUT = "without "


def problem_of(
    ratings: Ratings,
    *,
    costs: Path | Mapping[str, Any] | None = None,
    budget: float | None = None,
    groups: Path | Mapping[str, Any] | None = None,
    floors: Path | Mapping[str, Any] | None = None,
    scale: Literal["rated", "range"] = "rated",
) -> Problem:
    """What ratings, costs and groups make.

    Parameters
    ----------
    ratings : Ratings
        What each option is worth to somebody; several rows, such as one a criterion, are averaged by weight.
    costs : path or mapping, optional
        Columns item,cost [,element]; an item without an element is a project that may be left out. Without costs all
        items are options of one element and cost nothing.
    budget : float, optional
        What may be spent.
    groups : path or mapping, optional
        Columns who,group: people's ratings are averaged within their group. Without it everybody is a group.
    floors : path or mapping, optional
        Red lines, columns who,floor, by group and in the unit of the ratings.
    scale : {"rated", "range"}
        Ratings as they are; or each group's own, from 0 for its worst option everywhere to 1 for its best.

    Raises
    ------
    InputError
        An option that a group did not rate or that has no cost, a person without a group, costs without a budget, one
        option only, or ratings that make all packages alike for everybody.
    """
    if scale not in ("rated", "range"):
        raise InputError(f"scale is {scale!r}; expected rated or range")
    ratings = ratings.counted()
    menu = _menu(ratings, costs, budget)
    names, worth = _group_means(ratings, menu, groups)
    utility = np.array([[0.0 if name is None else worth[at][name] for name in menu.rated] for at in range(len(names))])
    parts = options_of(menu.element)
    spans = sum(np.ptp(utility[:, part], axis=1) for part in parts)
    if not np.max(spans) > 0:
        raise InputError("every group rates all packages alike; there is nothing to negotiate about")
    floor = _floors(floors, names)
    if scale == "range":
        lowest = np.zeros_like(utility)
        for part in parts:
            lowest[:, part] = utility[:, part].min(axis=1, keepdims=True)
        worst = sum(utility[:, part].min(axis=1) for part in parts)
        size = np.where(spans > 0, spans, 1.0)
        utility, floor = (utility - lowest) / size[:, None], (floor - worst) / size
    problem = Problem(names, menu.elements, menu.options, menu.element, utility, menu.cost, menu.budget, floor)
    package = cheapest(problem.element, problem.cost)
    if not problem.fits(package[None])[0]:
        parts_named = ", ".join(f"{element}: {option}" for element, option in problem.named(package).items())
        raise InputError(
            f"no package is within the budget of {menu.budget:g}: the cheapest costs "
            f"{problem.price(package[None])[0]:g} ({parts_named}); raise the budget, or add cheaper options"
        )
    return problem


class _Menu(NamedTuple):
    elements: tuple[str, ...]
    options: tuple[str, ...]
    rated: tuple[str | None, ...]
    element: Indices
    cost: Array
    budget: float


def _menu(ratings: Ratings, costs: Path | Mapping[str, Any] | None, budget: float | None) -> _Menu:
    items = list(dict.fromkeys(ratings.item.tolist()))
    if (costs is None) != (budget is None):
        raise InputError("costs and budget come together; give both or neither")
    if costs is None or budget is None:
        if len(items) < 2:
            raise InputError(f"there are {len(items)} options, {', '.join(items)}; negotiating needs two or more")
        element, none = np.zeros(len(items), dtype=np.int64), np.zeros(len(items))
        return _Menu((ONLY,), tuple(items), tuple(items), element, none, float("inf"))
    if not np.isfinite(budget) or budget < 0:
        raise InputError(f"budget is {budget!r}; expected 0 or more, in the unit of the costs")
    columns = _columns(costs, ("item", "cost"), "costs")
    price: dict[str, float] = {}
    of: dict[str, str] = {}
    for row, (item, cell) in enumerate(zip(columns["item"], columns["cost"], strict=True), 1):
        name = _name(item, "item", row)
        if name in price:
            raise InputError(f"the costs name {name!r} twice; expected one row an item")
        price[name] = _number(cell, "cost", row)
        element = columns.get("element", [None] * row)[row - 1]
        of[name] = "" if is_missing(element) else as_text(element)
    for item in items:
        if item not in price:
            raise InputError(f"{item!r} is rated and has no cost; add it to the costs, or remove its ratings")
    if (low := min(price.values())) < 0:
        raise InputError(f"a cost is {low:g}; expected 0 or more")
    rows: list[tuple[str, str, str | None, float]] = []
    for item, cost in price.items():
        rows.append((of[item] or item, item, item, cost))
        if not of[item]:
            rows.append((item, LEFT_OUT + item, None, 0.0))
    elements, element = coded([row[0] for row in rows])
    if len({row[1] for row in rows}) < len(rows):
        raise InputError(f"an item is called as {LEFT_OUT!r} and another; give it another name")
    single = [name for at, name in enumerate(elements) if (element == at).sum() == 1]
    if len(single) == len(elements):
        raise InputError("every element has one option only; negotiating needs two or more somewhere")
    order = np.argsort(element, kind="stable")
    picked = [rows[at] for at in order.tolist()]
    return _Menu(
        elements,
        tuple(row[1] for row in picked),
        tuple(row[2] for row in picked),
        element[order],
        np.array([row[3] for row in picked]),
        float(budget),
    )


def _group_means(
    ratings: Ratings, menu: _Menu, groups: Path | Mapping[str, Any] | None
) -> tuple[tuple[str, ...], list[dict[str, float]]]:
    people, person = coded(ratings.who)
    items, item = coded(ratings.item)
    mean, _ = cell_means(person * len(items) + item, ratings.value, ratings.weight, len(people) * len(items))
    table = mean.reshape(len(people), len(items))
    belongs = group_of(people, groups)
    names, group = coded([belongs[who] for who in people])
    worth: list[dict[str, float]] = []
    for at, name in enumerate(names):
        mine = table[group == at]
        known = ~np.isnan(mine)
        n = known.sum(axis=0)
        means = np.where(known, mine, 0.0).sum(axis=0) / np.maximum(n, 1)
        said = {one: float(value) for one, value, count in zip(items, means, n, strict=True) if count}
        missing = [one for one in menu.rated if one is not None and one not in said]
        if missing:
            raise InputError(
                f"{name!r} did not rate {missing[0]!r}; a package needs a rating of every option by each group"
            )
        worth.append(said)
    return names, worth


def group_of(people: tuple[str, ...], groups: Path | Mapping[str, Any] | None) -> dict[str, str]:
    """The group of each person; without a table everybody is a group.

    Parameters
    ----------
    people : tuple of str
        Who rated.
    groups : path or mapping, optional
        Columns who,group.

    Raises
    ------
    InputError
        A person is in no group, or in two.
    """
    if groups is None:
        return {who: who for who in people}
    columns = _columns(groups, ("who", "group"), "groups")
    found: dict[str, str] = {}
    for row, (who, group) in enumerate(zip(columns["who"], columns["group"], strict=True), 1):
        name, place = _name(who, "who", row), _name(group, "group", row)
        if found.setdefault(name, place) != place:
            raise InputError(f"{name!r} is both in {found[name]!r} and in {place!r}; a person has one group")
    for who in people:
        if who not in found:
            raise InputError(f"{who!r} rated and is in no group; add a row to the groups, or remove the ratings")
    return found


def _floors(floors: Path | Mapping[str, Any] | None, names: tuple[str, ...]) -> Array:
    floor = np.full(len(names), -np.inf)
    if floors is None:
        return floor
    columns = _columns(floors, ("who", "floor"), "red lines")
    for row, (who, cell) in enumerate(zip(columns["who"], columns["floor"], strict=True), 1):
        name = _name(who, "who", row)
        if name not in names:
            raise InputError(
                f"there is a red line of {name!r}, who does not negotiate; those who do: {', '.join(names)}"
            )
        floor[names.index(name)] = _number(cell, "floor", row)
    return floor


def _columns(given: Path | Mapping[str, Any], wanted: tuple[str, ...], what: str) -> Mapping[str, Any]:
    columns = read_table(given) if isinstance(given, str | os.PathLike) else given
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise InputError(
            f"the {what} have no column {missing[0]!r}; found: {', '.join(columns)}; expected {','.join(wanted)}"
        )
    lengths = {name: len(cells) for name, cells in columns.items()}
    if len(set(lengths.values())) != 1 or not lengths[wanted[0]]:
        raise InputError(f"the {what} have columns of lengths {lengths}; expected one cell a row, and one row or more")
    return columns


def _name(cell: Any, column: str, row: int) -> str:
    if is_missing(cell):
        raise InputError(f"row {row}, column {column!r} is empty; fill it in, or remove the row")
    return as_text(cell)


def _number(cell: Any, column: str, row: int) -> float:
    try:
        number = float(cell)
    except (TypeError, ValueError):
        number = float("nan")
    if not np.isfinite(number):
        raise InputError(f"row {row}, column {column!r} is {cell!r}; expected a finite number")
    return number
