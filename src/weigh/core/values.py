"""Values: what is worth how much, to whom, how sure. The type that every verb takes or gives.

Values are never added or averaged here: what a sum of two people's values means is the question that `pool` answers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.frames import frame_of
from weigh.core.jsonable import plain
from weigh.core.markup import interval_svg, table
from weigh.core.ranking import Ranking
from weigh.core.scale import Scale

__all__ = ["Contrast", "Ranking", "Scale", "Values"]

LEVEL = 0.95
ROWS_SHOWN = 200


class Contrast(NamedTuple):
    """How much more one item is worth than another, in the values' unit, with its 95 % interval where one is known."""

    difference: float
    low: float | None
    high: float | None


@dataclass(frozen=True, eq=False)
class Values:
    """What items are worth to one or more people, models or groups.

    Parameters
    ----------
    items : tuple of str, length n
        Distinct names.
    who : tuple of str, length k
        Distinct names of those whose values these are.
    mean : array of float, shape (n,) for one, (k, n) for several
        In the scale's unit, finite.
    low, high : array of float, shape of mean, optional
        95 % interval, around the mean.
    cov : array of float, shape (n, n) for one, (k, n, n) for several, optional
        Covariance of the means' errors.
    scale : Scale
        What kind of numbers these are.
    method : str
        Address of the method that found them.
    notes : mapping
        Diagnostics, JSON-able; "dof" makes contrasts use Student's t.

    Raises
    ------
    InputError
        No items, an item twice, shapes that do not fit, NaN, an interval that leaves out its mean, numbers outside the
        scale's support, or notes that JSON cannot hold.

    Examples
    --------
    >>> values = Values(("care", "fairness"), ("Ada",), [0.4, -0.4], scale=Scale("interval", "real", "log-odds"),
    ...                 method="fit/example", cov=[[0.01, 0.0], [0.0, 0.01]])
    >>> values.ranking().tiers
    [('care',), ('fairness',)]
    """

    items: tuple[str, ...]
    who: tuple[str, ...]
    mean: NDArray[np.float64]
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None
    cov: NDArray[np.float64] | None = None
    scale: Scale = field(kw_only=True)
    method: str = field(kw_only=True)
    notes: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        for name in ("items", "who"):
            object.__setattr__(self, name, _names(name, getattr(self, name)))
        n, k = len(self.items), len(self.who)
        shape = (n,) if k == 1 else (k, n)
        object.__setattr__(self, "mean", _numbers("mean", self.mean, shape))
        if (self.low is None) != (self.high is None):
            raise InputError("low and high come together; give both or neither")
        for name, size in (("low", shape), ("high", shape), ("cov", (*shape, n))):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _numbers(name, getattr(self, name), size))
        if not isinstance(self.scale, Scale):
            raise InputError(
                f"scale is {self.scale!r}; expected a Scale, such as Scale('interval', 'real', 'log-odds')"
            )
        object.__setattr__(self, "notes", plain(dict(self.notes), "notes"))
        self._check_interval()
        self._check_support()
        self._check_cov()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Values):
            return NotImplemented
        return self.to_json() == other.to_json()

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __len__(self) -> int:
        return len(self.items)

    def contrast(self, a: str, b: str) -> Contrast:
        """How much more `a` is worth than `b`.

        Parameters
        ----------
        a, b : str
            Items.

        Returns
        -------
        Contrast
            difference, low, high in the scale's unit. With `cov` the 95 % interval d ± z·√(C_aa + C_bb − 2C_ab), normal
            or, where notes hold "dof", Student's t. Without it the conservative one, from low_a − high_b to
            high_a − low_b. Without intervals low and high are None.

        Raises
        ------
        ScaleError
            The scale is ordinal: differences have no meaning.
        InputError
            An unknown item, or values of several people.
        """
        self._one("contrast")
        self.scale.at_least("interval", "a contrast")
        i, j = self._at(a), self._at(b)
        difference = float(self.mean[i] - self.mean[j])
        if self.cov is not None:
            margin = _quantile(self.notes) * np.sqrt(max(self.cov[i, i] + self.cov[j, j] - 2 * self.cov[i, j], 0.0))
            return Contrast(difference, float(difference - margin), float(difference + margin))
        if self.low is None or self.high is None:
            return Contrast(difference, None, None)
        if i == j:
            return Contrast(0.0, 0.0, 0.0)
        return Contrast(difference, float(self.low[i] - self.high[j]), float(self.high[i] - self.low[j]))

    def ranking(self) -> Ranking:
        """The order that the evidence bears out.

        Returns
        -------
        Ranking
            One item is above another only if the interval of their contrast excludes 0; without intervals the means
            decide, and equal means tie. On an ordinal scale intervals must not overlap.

        Raises
        ------
        InputError
            Values of several people: a ranking of each by `for_who`, one for all by `weigh.pool`.
        """
        self._one("ranking")
        order = np.argsort(-self.mean, kind="stable")
        mean = self.mean[order]
        gap = mean[:, None] - mean[None, :]
        if self.cov is not None and self.scale.level != "ordinal":
            cov = self.cov[np.ix_(order, order)]
            variance = np.diag(cov)
            margin = _quantile(self.notes) * np.sqrt(np.maximum(variance[:, None] + variance[None, :] - 2 * cov, 0.0))
        elif self.low is not None and self.high is not None:
            low, high = self.low[order], self.high[order]
            # the conservative interval excludes 0 where the two intervals do not touch
            margin = np.where(low[:, None] > high[None, :], 0.0, np.inf)
            margin[(low == high)[:, None] & (low == high)[None, :]] = 0.0
        else:
            margin = np.zeros_like(gap)
        # a rounding error above the margin is no evidence
        tiny = 1e-12 * (1.0 + np.abs(mean).max())
        above = gap > margin + np.where(margin > 0, tiny, 0.0)
        equal = (gap == 0) & (margin == 0)
        np.fill_diagonal(above, False)
        np.fill_diagonal(equal, True)
        return Ranking(tuple(self.items[i] for i in order), above, equal)

    def for_who(self, name: str) -> Values:
        """The values of one of them."""
        if name not in self.who:
            raise InputError(f"there is no {name!r} here; those who are: {', '.join(self.who[:20])}")
        if len(self.who) == 1:
            return self
        i = self.who.index(name)
        parts = {part: None if (x := getattr(self, part)) is None else x[i] for part in ("mean", "low", "high", "cov")}
        return replace(self, who=(name,), **parts)

    def select(self, items: Iterable[str]) -> Values:
        """Only these items, in this order; shares of a part no longer sum to 1, so their support becomes "unit"."""
        items = _names("items", items)
        at = [self._at(item) for item in items]
        scale = self.scale
        if scale.support == "simplex" and len(at) < len(self.items):
            scale = replace(scale, support="unit")
        parts = {part: None if (x := getattr(self, part)) is None else x[..., at] for part in ("mean", "low", "high")}
        cov = None if self.cov is None else self.cov[..., at, :][..., at]
        return replace(self, items=items, scale=scale, cov=cov, **parts)

    def relabel(self, mapping: Mapping[str, str]) -> Values:
        """The same values under other names of the items; items that are not in the mapping keep theirs."""
        for item in mapping:
            self._at(item)
        return replace(self, items=tuple(mapping.get(item, item) for item in self.items))

    def to_frame(self, backend: Literal["pandas", "polars", "pyarrow"] | None = None) -> Any:
        """A long data frame: who, item, value, low, high; pandas' where it is installed, else pyarrow's."""
        return frame_of(self._columns(), backend)

    def to_json(self) -> dict[str, Any]:
        """The values as JSON's own types; `weigh.core.values_io.from_json` says what is in it."""
        from weigh.core.values_io import to_json

        return to_json(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any] | str) -> Values:
        """Values from what `to_json` gave, or from its text; InputError where a part is missing."""
        from weigh.core.values_io import from_json

        return from_json(given)

    def write_parquet(self, path: str | os.PathLike[str]) -> Path:
        """Write a Parquet file in long format; scale, method and notes lie in its schema."""
        from weigh.core.values_io import write_parquet

        return write_parquet(self, path)

    @classmethod
    def read_parquet(cls, path: str | os.PathLike[str]) -> Values:
        """Values from a file that `write_parquet` wrote; InputError where it is torn or another kind of file."""
        from weigh.core.values_io import read_parquet

        return read_parquet(path)

    def _repr_html_(self) -> str:
        mean = self.mean.reshape(len(self.who), -1)
        low, high = (mean if x is None else x.reshape(mean.shape) for x in (self.low, self.high))
        left, right = float(min(low.min(), mean.min())), float(max(high.max(), mean.max()))
        rows: list[list[object]] = []
        for k, name in enumerate(self.who):
            for i in np.argsort(-mean[k], kind="stable")[: max(0, ROWS_SHOWN - len(rows))]:
                numbers = [float(x[k, i]) for x in (mean, low, high)]
                interval = "" if self.low is None else f"{numbers[1]:.3g} to {numbers[2]:.3g}"
                drawing = interval_svg(*numbers, left=left, right=right)
                rows.append([name, self.items[i], drawing, f"{numbers[0]:.3g}", interval])
        hidden = mean.size - len(rows)
        note = f"and {hidden} more: see to_frame()" if hidden else ""
        header = ("who", "item", "", self.scale.unit or "value", "95 % interval")
        return table(header, rows, caption=f"{self.method} ({self.scale})", note=note)

    def _columns(self) -> dict[str, list[Any]]:
        n, k = len(self.items), len(self.who)
        bound = {part: None if (x := getattr(self, part)) is None else x.ravel().tolist() for part in ("low", "high")}
        return {
            "who": [name for name in self.who for _ in range(n)],
            "item": list(self.items) * k,
            "value": self.mean.ravel().tolist(),
            "low": bound["low"] or [None] * (n * k),
            "high": bound["high"] or [None] * (n * k),
        }

    def _one(self, purpose: str) -> None:
        if len(self.who) > 1:
            raise InputError(
                f"{purpose} is for one person's values; these are of {len(self.who)}: take one by for_who(name), or "
                "pool them first"
            )

    def _at(self, item: str) -> int:
        if item not in self.items:
            raise InputError(f"there is no item {item!r}; the items are: {', '.join(self.items[:20])}")
        return self.items.index(item)

    def _check_interval(self) -> None:
        if self.low is None or self.high is None:
            return
        slack = 1e-9 * (1.0 + np.abs(self.mean))
        bad = np.argwhere((self.low > self.mean + slack) | (self.mean > self.high + slack))
        if len(bad):
            at = tuple(bad[0])
            raise InputError(
                f"the interval of {self.items[at[-1]]!r} is {self.low[at]:g} to {self.high[at]:g} and leaves out its "
                f"mean {self.mean[at]:g}; expected low ≤ mean ≤ high"
            )

    def _check_support(self) -> None:
        support, tiny = self.scale.support, 1e-9
        if support != "real" and self.mean.min() < -tiny:
            raise InputError(f"the smallest mean is {self.mean.min():g}; expected 0 or more on a {support} support")
        if support == "unit" and self.mean.max() > 1 + tiny:
            raise InputError(f"the largest mean is {self.mean.max():g}; expected 1 or less on a unit support")
        sums = self.mean.sum(axis=-1)
        if support == "simplex" and not np.allclose(sums, 1.0, rtol=0, atol=1e-6):
            raise InputError(f"shares sum to {np.round(sums, 6).tolist()}; expected 1 each: divide each row by its sum")

    def _check_cov(self) -> None:
        if self.cov is None:
            return
        size = np.abs(self.cov).max()
        if not np.allclose(self.cov, np.swapaxes(self.cov, -1, -2), rtol=0, atol=1e-9 * (size + 1e-300)):
            raise InputError(
                "cov is not symmetric; expected a covariance: use (cov + cov.T) / 2 if rounding is the cause"
            )
        if np.diagonal(self.cov, axis1=-2, axis2=-1).min() < 0:
            raise InputError("cov has a negative variance on its diagonal; expected 0 or more")


def _quantile(notes: Mapping[str, Any]) -> float:
    from scipy.special import ndtri, stdtrit

    upper, dof = (1 + LEVEL) / 2, notes.get("dof")
    return float(ndtri(upper) if dof is None else stdtrit(float(dof), upper))


def _names(what: str, given: Any) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    if not names:
        raise InputError(f"{what} is empty; expected one or more names")
    for name in names:
        if not isinstance(name, str):
            raise InputError(f"{what} holds {name!r} of type {type(name).__name__}; expected text: use str")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{what} holds {twice!r} twice; expected distinct names")
    return tuple(map(str, names))


def _numbers(name: str, given: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    try:
        numbers = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} cannot be read as numbers ({error}); expected an array of shape {shape}") from error
    if numbers.shape == (1, *shape):
        numbers = numbers[0]
    if numbers.shape != shape:
        raise InputError(f"{name} has shape {numbers.shape}; expected {shape}, as items and who say")
    if not np.isfinite(numbers).all():
        at = [int(i) for i in np.argwhere(~np.isfinite(numbers))[0]]
        raise InputError(f"{name} holds {numbers[tuple(at)]} at {at}; expected finite numbers: leave that item out")
    numbers.flags.writeable = False
    return numbers
