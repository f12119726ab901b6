"""A decision table: alternatives in rows, criteria in columns, and in each cell what experts said of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.frames import as_names
from weigh.core.values import Values
from weigh.ops.rating_table import cell_means, coded

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

CLOSED = 1e-6
WHOLE = 6.0  # standard deviations of a normal curve that an interval is taken to span


class DecisionTable(NamedTuple):
    """What was said, a row a statement.

    Attributes
    ----------
    items, criteria, experts : tuple of str
        Names, in the order of their first row.
    expert, cell : array of int, shape (n_rows,)
        Who said it, and of which cell, item · n_criteria + criterion.
    middle, spread : array, shape (n_rows,)
        Middle of the interval, and a sixth of its width; 0 where a number was given.
    weight : array, shape (n_rows,)
        Above 0.
    is_cost : array of bool, shape (n_criteria,)
        Whether less is better.
    """

    items: tuple[str, ...]
    criteria: tuple[str, ...]
    experts: tuple[str, ...]
    expert: Indices
    cell: Indices
    middle: Array
    spread: Array
    weight: Array
    is_cost: NDArray[np.bool_]

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of alternatives and criteria."""
        return len(self.items), len(self.criteria)


def decision_table(ratings: Ratings, cost: Sequence[str] = ()) -> DecisionTable:
    """Put ratings of items by criteria into a table.

    Parameters
    ----------
    ratings : Ratings
        `item` is the alternative, `criterion` the criterion, `who` the expert; an interval, or a number. Rows of weight
        0 are left out.
    cost : sequence of str
        Criteria of which less is better.

    Returns
    -------
    DecisionTable

    Raises
    ------
    InputError
        Fewer than two alternatives, a cell of which nobody says anything, or a cost that is no criterion.
    """
    rows = ratings.counted()
    (experts, expert), (items, item), (criteria, criterion) = map(coded, (rows.who, rows.item, rows.criterion))
    names = as_names(cost)
    unknown = [name for name in names if name not in criteria]
    if unknown:
        raise InputError(f"cost names {unknown[0]!r}, which is no criterion; these are: {', '.join(criteria[:20])}")
    if len(items) < 2:
        raise InputError(f"there is one alternative, {', '.join(items)!r}; a choice needs two or more")
    cell = item * len(criteria) + criterion
    known = np.bincount(cell, minlength=len(items) * len(criteria)) > 0
    if not known.all():
        i, j = divmod(int(np.argmin(known)), len(criteria))
        raise InputError(
            f"nobody says anything of {items[i]!r} on {criteria[j] or 'the criterion'!r}; fill it in, or leave out "
            "that alternative or that criterion"
        )
    given = np.isnan(rows.low)
    middle = np.where(given, rows.value, rows.low / 2 + rows.high / 2)
    spread = np.where(given, 0.0, (rows.high - rows.low) / WHOLE)
    is_cost = np.array([name in names for name in criteria])
    return DecisionTable(items, criteria, experts, expert, cell, middle, spread, rows.weight, is_cost)


def middles(table: DecisionTable) -> Array:
    """The weighted mean of what experts say of each cell.

    Parameters
    ----------
    table : DecisionTable
        From `decision_table`.

    Returns
    -------
    array, shape (n_items, n_criteria)
    """
    n = table.shape[0] * table.shape[1]
    return cell_means(table.cell, table.middle, table.weight, n)[0].reshape(table.shape)


def importance_of(criteria: Sequence[str], importance: Values | None) -> tuple[Array, str]:
    """The weights of criteria, and what had to be done to make them sum to 1.

    Parameters
    ----------
    criteria : sequence of str
        Whose weights are wanted, in this order.
    importance : Values or None
        One person's, with an item for each criterion, on a ratio scale; equal weights by default.

    Returns
    -------
    weights : array, shape (n_criteria,)
        Above 0, sums to 1.
    note : str
        Empty where nothing was done.

    Raises
    ------
    InputError
        Several people, a criterion without a weight, or a weight that is not above 0.
    ScaleError
        Values whose ratios have no meaning.
    """
    if importance is None:
        return np.full(len(criteria), 1 / len(criteria)), ""
    importance.scale.at_least("ratio", "weighing criteria")
    missing = [name for name in criteria if name not in importance.items]
    if missing or len(importance.who) > 1:
        what = f"no weight for {missing[0]!r}" if missing else f"those of {len(importance.who)} people"
        raise InputError(
            f"importance holds {what}; expected one person's weight for each of {', '.join(criteria[:20])}"
        )
    found = importance.mean[[importance.items.index(name) for name in criteria]]
    if not found.min() > 0:
        raise InputError(
            f"the weight of {criteria[int(found.argmin())]!r} is {found.min():g}; expected weights above 0: leave out "
            "criteria that do not count"
        )
    total = float(found.sum())
    note = "" if abs(total - 1) <= CLOSED else f"the criteria's weights summed to {total:.6g}; divided by it"
    return found / total, note
