"""People's values at several times, and who hears whom."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.tables import read_table
from weigh.ops.confidence_fit import Panel
from weigh.ops.opinion_dynamics import Ties, among, make_ties
from weigh.ops.rating_table import cell_means, coded

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


class Waves(NamedTuple):
    """Values by wave, person and item, and the ties between people.

    Attributes
    ----------
    names, people, items : tuple of str
        Of waves in order, people and values.
    value : array, shape (n_waves, n_people, n_items)
        NaN where it is not known.
    weight : array, shape (n_waves, n_people, n_items)
        0 where it is not known.
    ties : Ties
        Who hears whom.
    ego : array of int, shape (n_people,)
        Number of each person's ego network.
    notes : dict
        What was left aside.
    """

    names: tuple[str, ...]
    people: tuple[str, ...]
    items: tuple[str, ...]
    value: Array
    weight: Array
    ties: Ties
    ego: Indices
    notes: dict[str, Any]

    @property
    def last(self) -> Array:
        """Values of the last wave, shape (n_people, n_items)."""
        return self.value[-1]

    def among(self, people: NDArray[np.bool_]) -> Ties:
        """The ties between some."""
        return among(self.ties, people)


def read_waves(ratings: Ratings, ties: Any) -> Waves:
    """Ratings and ties as arrays; InputError where they cannot be used."""
    rows = ratings.counted()
    if rows.value.min() < 0 or rows.value.max() > 1:
        row = int(np.argmax((rows.value < 0) | (rows.value > 1)))
        raise InputError(
            f"{rows.who[row]!r} has {rows.value[row]:g} on {rows.item[row]!r}; expected scores from 0 to 1, as ε is a "
            "part of the whole scale: divide by its width"
        )
    (people, who), (items, item) = coded(rows.who), coded(rows.item)
    names = _in_order(set(rows.criterion.tolist()))
    if len(names) < 2:
        raise InputError(
            f"there is one wave, {', '.join(names)!r}; expected two or more, named in the column 'criterion'"
        )
    if len(people) < 2:
        raise InputError(f"there is one person, {', '.join(people)!r}; influence needs two or more")
    place = {name: at for at, name in enumerate(names)}
    wave = np.array([place[name] for name in rows.criterion.tolist()])
    shape = (len(names), len(people), len(items))
    cell = np.ravel_multi_index((wave, who, item), shape)
    value, weight = (x.reshape(shape) for x in cell_means(cell, rows.value, rows.weight, int(np.prod(shape))))
    left, right, strength, egos, outside = _ends(ties, {name: at for at, name in enumerate(people)})
    joined = make_ties(left, right, strength, n=len(people))
    notes = {"ties": len(joined.source) // 2, "ties_outside": outside, "people_without_ties": 0}
    notes["people_without_ties"] = len(people) - len(np.unique(joined.target))
    return Waves(names, people, items, value, weight, joined, _egos(egos, joined), notes)


def panel_of(waves: Waves, t: int, item: int) -> Panel | None:
    """One value at wave t and the next, among those whose value is known at t; None where nobody's is at both."""
    here = ~np.isnan(waves.value[t, :, item])
    after, weight = waves.value[t + 1, here, item], waves.weight[t + 1, here, item]
    if not (weight > 0).any():
        return None
    return Panel(waves.value[t, here, item], np.where(weight > 0, after, 0.0), weight, waves.among(here))


def _in_order(names: set[str]) -> tuple[str, ...]:
    try:
        return tuple(sorted(names, key=float))
    except ValueError:
        return tuple(sorted(names))


def _ends(ties: Any, place: dict[str, int]) -> tuple[list[int], list[int], list[float], dict[int, str], int]:
    """Both ends of each tie, its weight, the ego of each person where it is told, and how many ties lead outside."""
    egos: dict[int, str] = {}
    if isinstance(ties, str | os.PathLike):
        table = read_table(ties)
        missing = [name for name in ("left", "right") if name not in table]
        if missing:
            raise InputError(f"{ties}: column {missing[0]!r} is missing; ties have left,right [,weight,ego]")
        n = len(table["left"])
        weights = np.asarray(table["weight"], dtype=float) if "weight" in table else np.ones(n)
        edges = list(zip(map(_name, table["left"]), map(_name, table["right"]), weights.tolist(), strict=True))
        for (a, b, _), ego in zip(edges, table.get("ego", [None] * n), strict=True):
            if ego is not None:
                for one in (a, b):
                    if one in place and egos.setdefault(place[one], _name(ego)) != _name(ego):
                        raise InputError(f"{one!r} is in two ego networks; expected one: leave the ego column out")
    elif hasattr(ties, "edges") and hasattr(ties, "nodes"):
        edges = [(_name(a), _name(b), float(data.get("weight", 1.0))) for a, b, data in ties.edges(data=True)]
        told = {_name(node): data["ego"] for node, data in ties.nodes(data=True) if "ego" in data}
        egos = {place[name]: str(ego) for name, ego in told.items() if name in place}
    else:
        raise InputError(f"ties is a {type(ties).__name__}; expected a table's file name or a networkx graph")
    inside = [(place[a], place[b], w) for a, b, w in edges if a in place and b in place and a != b]
    left, right, strength = [a for a, _, _ in inside], [b for _, b, _ in inside], [w for _, _, w in inside]
    return left, right, strength, egos, len(edges) - len(inside)


def _egos(told: dict[int, str], ties: Ties) -> Indices:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if told:
        numbers = {name: at for at, name in enumerate(dict.fromkeys(told.values()))}
        # whoever is told of nowhere is a network of their own
        return np.array([numbers[told[i]] if i in told else len(numbers) + i for i in range(ties.n)])
    matrix = coo_array((np.ones(len(ties.source)), (ties.source, ties.target)), shape=(ties.n, ties.n))
    return connected_components(matrix, directed=False)[1].astype(np.int64)


def _name(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
