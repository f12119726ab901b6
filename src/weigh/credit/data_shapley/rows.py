"""What data are valued with: training rows and their owners, and the rows on which a score is taken."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.frames import listed
from weigh.core.stats import rng
from weigh.credit._tables import columns, features, filled, named, standardised
from weigh.ops.rating_table import coded

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rows:
    """Training rows, who owns them, and valuation rows.

    Parameters
    ----------
    X : array of float, shape (n, d)
        Training rows.
    y : array, shape (n,)
        Their labels or numbers.
    X_test : array of float, shape (n_test, d)
        Valuation rows: the score is taken on these.
    y_test : array, shape (n_test,)
        Their labels or numbers.
    owner : sequence of str, shape (n,), optional
        Who brings each row; by default every row stands for itself, under its number from 1.

    Attributes
    ----------
    players : tuple of str
        Distinct owners, in the order in which they first appear.
    place : array of int, shape (n,)
        The player of each row.

    Raises
    ------
    InputError
        No rows, shapes that do not fit, or NaN.
    """

    X: Array
    y: NDArray[Any]
    X_test: Array
    y_test: NDArray[Any]
    owner: Sequence[str] | None = None
    players: tuple[str, ...] = field(init=False)
    place: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        for name in ("X", "X_test"):
            rows = np.asarray(getattr(self, name), dtype=float)
            if rows.ndim != 2 or not len(rows) or not np.isfinite(rows).all():
                raise InputError(f"{name} has shape {rows.shape}; expected rows of finite numbers, one or more")
            object.__setattr__(self, name, rows)
        for name, rows in (("y", self.X), ("y_test", self.X_test)):
            label = np.asarray(getattr(self, name))
            if label.shape != (len(rows),):
                raise InputError(f"{name} has shape {label.shape}; expected ({len(rows)},), one a row")
            if label.dtype.kind == "f" and not np.isfinite(label).all():
                raise InputError(f"{name} holds NaN or an infinity; leave such rows out")
            object.__setattr__(self, name, label)
        if self.X.shape[1] != self.X_test.shape[1]:
            raise InputError(f"X has {self.X.shape[1]} columns and X_test {self.X_test.shape[1]}; expected the same")
        names = [str(i + 1) for i in range(len(self.X))] if self.owner is None else list(map(str, self.owner))
        if len(names) != len(self.X):
            raise InputError(f"there are {len(names)} owners of {len(self.X)} rows; expected one a row")
        players, place = coded(names)
        object.__setattr__(self, "players", players)
        object.__setattr__(self, "place", place)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many rows each player brings."""
        return np.bincount(self.place, minlength=len(self.players))

    def on(self, X_test: ArrayLike, y_test: ArrayLike) -> Rows:
        """The same training rows with other valuation rows."""
        return Rows(self.X, self.y, np.asarray(X_test, dtype=float), np.asarray(y_test), self.owner)


def rows_of(
    table: str | os.PathLike[str] | Mapping[str, Any] | Any,
    *,
    target: str,
    group: str = "",
    valuation: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    valuation_share: float = 0.3,
    ignore: Sequence[str] = (),
    seed: int = 0,
) -> Rows:
    """Rows from a table: numbers standardised, text as one column a category.

    Parameters
    ----------
    table : path, mapping of columns, or data frame
        Training rows, and the valuation rows too where no table of their own is given.
    target : str
        The column that is learnt.
    group : str
        The column that says who owns a row; without one each row stands for itself, under its number in the table.
    valuation : path, mapping of columns, or data frame, optional
        Valuation rows, with the same columns (but for `group`).
    valuation_share : float
        Share of the table that is held back as valuation rows, drawn within each label; between 0 and 1.
    ignore : sequence of str
        Columns that are not learnt from, such as names and dates.
    seed : int
        For the draw.

    Returns
    -------
    Rows
        Means and standard deviations are those of all training rows.

    Raises
    ------
    InputError
        An unknown column, a missing cell, text of more than 50 categories, no column to learn from, or too few rows.
    """
    given = columns(table)
    for name in filter(None, (target, group, *ignore)):
        if name not in given:
            raise InputError(f"there is no column {name!r}; the table has {', '.join(given)}")
    if not target:
        raise InputError(f"target names no column; give one of {', '.join(given)}")
    learnt = [name for name in given if name not in {target, group, *ignore}]
    if not learnt:
        raise InputError("no column is left to learn from; ignore fewer")
    label = filled(given[target], target)
    number = np.arange(len(label))
    if valuation is None:
        held = _held_back(label, valuation_share, seed)
        both, labels = given, label
    else:
        beside = columns(valuation)
        missing = [name for name in (*learnt, target) if name not in beside]
        if missing:
            raise InputError(f"the valuation table lacks the column {missing[0]!r}; it has {', '.join(beside)}")
        both = {name: [*listed(given[name]), *listed(beside[name])] for name in learnt}
        labels = filled([*listed(given[target]), *listed(beside[target])], target)
        held = np.arange(len(labels)) >= len(label)
    train = ~held
    design = standardised(features(both, learnt), train)
    who = listed(given[group]) if group else (number + 1).tolist()
    if any(name is None or name != name or name == "" for name in who):
        raise InputError(f"column {group!r} has an empty cell; every row needs an owner")
    names = [named(name) for name, kept in zip(who, train[: len(label)], strict=True) if kept]
    return Rows(design[train], labels[train], design[held], labels[held], names)


def _held_back(label: NDArray[Any], share: float, seed: int) -> NDArray[np.bool_]:
    if not 0 < share < 1:
        raise InputError(f"valuation_share is {share!r}; expected a share between 0 and 1, such as 0.3")
    drawn = rng(seed, "valuation").permutation(len(label))
    # sorted by label, every so many rows are held back: each label is, in its share
    drawn = drawn[np.argsort(label[drawn], kind="stable")]
    marks = np.floor((np.arange(len(label)) + 1) * share + 0.5) > np.floor(np.arange(len(label)) * share + 0.5)
    held = np.zeros(len(label), dtype=bool)
    held[drawn] = marks
    if held.all() or not held.any():
        raise InputError(f"{len(label)} rows cannot be split by {share:g}; give more rows, or a valuation table")
    return held
