"""The best package by a welfare function, where there are too many to list: mixed-integer programs, solved by HiGHS.

Worst-off first and Nash's product are not linear. The first is a row of linear programs, one for the sum of the k
lowest utilities after the other (Ogryczak); the second is concave, so that tangents from above close in on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.ops.packages import SLACK, options_of

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

GAP = 1e-7  # relative, at which tangents are close enough
MOST_TANGENTS = 60


class Optimum(NamedTuple):
    """What a search found.

    Attributes
    ----------
    package : array of int, shape (n_elements,), or None
        None where no package meets the conditions.
    proven : bool
        Whether the search came to an end in its time; else there may be a better package.
    """

    package: Indices | None
    proven: bool


@dataclass(frozen=True)
class Search:
    """Packages within a budget in which everybody gets at least so much.

    Parameters
    ----------
    element : array of int, shape (n,)
        Element of each option.
    cost : array of float, shape (n,)
        Of each option.
    budget : float
        What may be spent.
    utility : array of float, shape (k, n)
        What each option is worth to each person; finite.
    floor : array of float, shape (k,)
        The least that each must get; −inf for none.
    seconds : float
        What each program may take.
    """

    element: Indices
    cost: Array
    budget: float
    utility: Array
    floor: Array
    seconds: float = 20.0

    def utilitarian(self, weights: Array | None = None) -> Optimum:
        """The package of the largest weighted sum; the plain sum by default."""
        w = np.ones(len(self.utility)) if weights is None else weights
        found, proven = self._solve(w @ self.utility, ())
        return Optimum(self._package(found), proven)

    def leximin(self) -> Optimum:
        """The package of the highest lowest utility, then of the highest second lowest, and so on.

        With θ_p the p-th lowest utility, Σ_{i ≤ p} θ_i = max_t (p t − Σ_i max(t − u_i, 0)), maximised for p = 1, 2, …
        while the sums before are held.

        References
        ----------
        Ogryczak, W. & Śliwiński, T. (2006). On direct methods for lexicographic min-max optimization. ICCSA.
        """
        k, n = self.utility.shape
        held: list[float] = []
        found, all_proven = None, True
        for p in range(1, k + 1):
            # columns: x, then t and d_1 … d_k for every sum so far
            width = n + p * (1 + k)
            rows, low, total = [], [], np.zeros(width)
            for q in range(p):
                start = n + q * (1 + k)
                for i in range(k):
                    row = np.zeros(width)
                    row[:n], row[start], row[start + 1 + i] = self.utility[i], -1.0, 1.0
                    rows.append(row)
                    low.append(0.0)
                total = np.zeros(width)
                total[start], total[start + 1 : start + 1 + k] = q + 1.0, -1.0
                if q < p - 1:
                    rows.append(total)
                    low.append(held[q] - 1e-6 * (1 + abs(held[q])))
            new, proven = self._solve(total, zip(rows, low, strict=True), free=[n + q * (1 + k) for q in range(p)])
            all_proven = all_proven and proven
            if new is None:
                # nothing at the first step: no package; later: rounding, or no time to find one again
                return Optimum(self._package(found), all_proven and found is None)
            found = new
            held.append(float(total @ found))
        return Optimum(self._package(found), all_proven)

    def nash(self, start: Array) -> Optimum:
        """The package of the largest product of gains; none where no package lets everybody gain.

        Σ log g_i ≤ Σ (log h_i + (g_i − h_i) / h_i) for every h above 0, with equality at h = g.

        Parameters
        ----------
        start : array, shape (k,)
            What gains are counted from.
        """
        k, n = self.utility.shape
        groups = options_of(self.element)
        span = sum(self.utility[:, group].max(axis=1) - self.utility[:, group].min(axis=1) for group in groups)
        least = np.maximum(span, 1e-12) * 1e-6
        gains = np.maximum(span, 1e-12)
        rows: list[tuple[Array, float]] = []
        for i in range(k):
            row = np.zeros(n + k)
            row[:n] = self.utility[i]
            rows.append((row, float(start[i] + least[i])))
        best, best_value, all_proven = None, -np.inf, True
        points = [np.maximum(gains * share, least) for share in (1.0, 0.3, 0.05)]
        for _ in range(MOST_TANGENTS):
            for h in points:
                for i in range(k):
                    row = np.zeros(n + k)
                    row[:n], row[n + i] = self.utility[i] / h[i], -1.0
                    rows.append((row, float(1 - np.log(h[i]) + start[i] / h[i])))
            goal = np.concatenate([np.zeros(n), np.ones(k)])
            found, proven = self._solve(goal, rows, free=range(n, n + k))
            all_proven = all_proven and proven
            if found is None:
                return Optimum(best, all_proven and best is None)
            g = self.utility @ np.round(found[:n]) - start
            value = float(np.log(np.maximum(g, least)).sum())
            if value > best_value:
                best, best_value = self._package(found), value
            if float(goal @ found) - best_value <= GAP * (1 + abs(best_value)):
                return Optimum(best, all_proven)
            points = [np.maximum(g, least)]
        return Optimum(best, False)

    def _package(self, found: Array | None) -> Indices | None:
        if found is None:
            return None
        chosen = np.round(found[: len(self.element)]).astype(bool)
        return np.array([group[chosen[group]][0] for group in options_of(self.element)], dtype=np.int64)

    def _solve(
        self, goal: Array, more: Iterable[tuple[Array, float]], free: Iterable[int] = ()
    ) -> tuple[Array | None, bool]:
        """Maximise goal · (x, further variables), with further rows at least their number; and whether it is proven."""
        import scipy.optimize

        lp: Any = scipy.optimize

        n, width = len(self.element), len(goal)
        one = np.zeros((int(self.element.max()) + 1, width))
        one[self.element, np.arange(n)] = 1.0
        price = np.zeros((1, width))
        price[0, :n] = self.cost
        limits: list[Any] = [
            lp.LinearConstraint(one, 1.0, 1.0),
            lp.LinearConstraint(price, -np.inf, self.budget + SLACK * (1 + abs(self.budget))),
        ]
        asked = np.isfinite(self.floor)
        if asked.any():
            least = np.zeros((int(asked.sum()), width))
            least[:, :n] = self.utility[asked]
            floor = self.floor[asked]
            limits.append(lp.LinearConstraint(least, floor - 1e-9 * (1 + np.abs(floor)), np.inf))
        rows = list(more)
        if rows:
            limits.append(lp.LinearConstraint(np.stack([row for row, _ in rows]), [low for _, low in rows], np.inf))
        low, high = np.zeros(width), np.full(width, np.inf)
        high[:n] = 1.0
        low[list(free)] = -np.inf
        whole = np.r_[np.ones(n), np.zeros(width - n)]
        found = lp.milp(
            -goal,
            integrality=whole,
            bounds=lp.Bounds(low, high),
            constraints=limits,
            options={"mip_rel_gap": 0.0, "time_limit": self.seconds},
        )
        # 0: optimal, 2: infeasible; all else is a search that was cut short
        return None if found.x is None else np.asarray(found.x), found.status in (0, 2)
