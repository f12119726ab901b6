"""An order of items that claims no more than the evidence does: partial, with ties and incomparable items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.markup import table


@dataclass(frozen=True, eq=False)
class Ranking:
    """A partial order.

    Parameters
    ----------
    items : tuple of str
        From the highest value to the lowest.
    above : array of bool, shape (n, n)
        Whether the row's item is above the column's beyond doubt; transitive.
    equal : array of bool, shape (n, n)
        Whether two items are tied; two items that are neither ordered nor tied are incomparable.
    """

    items: tuple[str, ...]
    above: NDArray[np.bool_]
    equal: NDArray[np.bool_]

    @property
    def tiers(self) -> list[tuple[str, ...]]:
        """Groups from top to bottom: a group is what remains and is beaten by nothing that remains.

        Every item of a lower tier is beaten by an item of the tier above it; items of one tier are tied or
        incomparable.
        """
        depth = np.zeros(len(self.items), dtype=int)
        # items stand by value, so that all that beat an item come before it
        for i in range(len(self.items)):
            beaten = self.above[:i, i]
            depth[i] = depth[:i][beaten].max() + 1 if beaten.any() else 0
        return [tuple(self.items[i] for i in np.flatnonzero(depth == tier)) for tier in range(int(depth.max()) + 1)]

    def beats(self, a: str, b: str) -> bool:
        """Whether `a` is above `b` beyond doubt."""
        return bool(self.above[self._at(a), self._at(b)])

    def tied(self, a: str, b: str) -> bool:
        """Whether the two are known to be equal."""
        return bool(self.equal[self._at(a), self._at(b)])

    def incomparable(self, a: str, b: str) -> bool:
        """Whether the evidence leaves their order open."""
        return a != b and not (self.beats(a, b) or self.beats(b, a) or self.tied(a, b))

    def _at(self, item: str) -> int:
        if item not in self.items:
            raise InputError(f"there is no item {item!r}; the items are: {', '.join(self.items[:20])}")
        return self.items.index(item)

    def _repr_html_(self) -> str:
        rows = [(i, ", ".join(tier)) for i, tier in enumerate(self.tiers, 1)]
        return table(("tier", "items"), rows, note="items of one tier are tied or their order is open")
