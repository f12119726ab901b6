"""A score under weights, and the game whose coalitions are weights: `why_fail` divides it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.stats import mean_interval
from weigh.credit._tables import filled
from weigh.ops.coalitions import Masks, coalitions
from weigh.ops.density_ratio import effective_sample_size
from weigh.ops.game import semivalue, semivalue_coefficients, shapley_sizes

Array = NDArray[np.float64]
Metric = Callable[[Mapping[str, Any], Array], float]

LEAST_LEFT = 0.01
BLOCK = 64


class Scored:
    """The score of a table, whole or with weights: the mean of a column, or any metric."""

    def __init__(self, here: dict[str, Any], there: dict[str, Any], score: str, metric: Metric | None) -> None:
        if bool(score) == bool(metric):
            raise InputError("give either score, a column, or metric, a function of columns and weights")
        self.here, self.metric = here, metric
        self.name = score or getattr(metric, "__name__", "metric")
        self.z: Array | None = None
        if metric is not None:
            self.before, self.after = (self.of(table, np.ones(_length(table))) for table in (here, there))
            return
        z = [_numbers(table, score, where) for table, where in ((here, "source"), (there, "target"))]
        if z[0].min() == z[0].max():
            raise InputError(
                f"column {score!r} is {z[0][0]:g} in all rows of the source; no weights can change its mean"
            )
        self.z, self.before, self.after = z[0], float(z[0].mean()), float(z[1].mean())

    def of(self, table: dict[str, Any], weights: Array) -> float:
        """The metric of a table under weights."""
        assert self.metric is not None
        found = float(self.metric(table, weights))
        if not np.isfinite(found):
            raise InputError(
                f"{self.name} is {found} under some weights; use a metric that has a value for any weights"
            )
        return found


class Reweighted:
    """The game: what the score of the source becomes under the weights of a coalition, less what it was."""

    def __init__(
        self, scored: Scored, ratios: Array, names: tuple[str, ...], normalise: bool, clip: float | None
    ) -> None:  # fmt: skip
        self.scored, self.names, self.normalise, self.clip = scored, names, normalise, clip
        self.logs = np.log(np.maximum(ratios, np.finfo(float).tiny))
        self.n = ratios.shape[1]
        # without weights the metric may be off by rounding from the plain one
        self.nothing = scored.before

    def weights(self, masks: Masks) -> Array:
        """Weights of the source rows, shape (m, n)."""
        w = np.exp(np.minimum(masks.astype(float) @ self.logs, 600.0))
        return w if self.clip is None else np.clip(w, 1 / self.clip, self.clip)

    def __call__(self, masks: Masks) -> Array:
        """Worth of coalitions of mechanisms, bool of shape (m, p) to float of shape (m,)."""
        return np.concatenate([self._block(masks[k : k + BLOCK])[0] for k in range(0, len(masks), BLOCK)])

    def exact(self) -> tuple[Array, dict[str, Array]]:
        """Shapley values and, for the mean of a column, their spread over rows."""
        p = len(self.names)
        sizes = shapley_sizes(p)
        shares, table = semivalue_coefficients(sizes), np.empty(1 << p)
        influence = np.zeros((self.n, p))
        for start in range(0, 1 << p, BLOCK):
            block = slice(start, min(start + BLOCK, 1 << p))
            table[block], moved = self._block(coalitions(p, block.start, block.stop))
            influence += 0.0 if moved is None else moved.T @ shares[block]
        mean = semivalue(table, sizes)
        if self.scored.z is None:
            return mean, {}
        found = mean_interval(mean + influence - influence.mean(axis=0))
        return mean, {
            "low": np.minimum(found.low, mean),
            "high": np.maximum(found.high, mean),
            "cov": np.cov(influence, rowvar=False) / self.n,
        }

    def diagnostics(self) -> dict[str, Any]:
        """What the weights of each mechanism and of all leave of the source."""
        p = len(self.names)
        w = self.weights(np.vstack([np.eye(p, dtype=bool), np.ones((1, p), dtype=bool)]))
        left = effective_sample_size(w) / self.n
        told: dict[str, Any] = {
            "effective_share": dict(zip((*self.names, "all"), left.tolist(), strict=True)),
            "largest_weight": dict(zip((*self.names, "all"), w.max(axis=1).tolist(), strict=True)),
        }
        if self.clip is not None:
            edge = ((w == self.clip) | (w == 1 / self.clip)).mean(axis=1)
            told["clipped_weights"] = dict(zip((*self.names, "all"), edge.tolist(), strict=True))
        return told

    def _block(self, masks: Masks) -> tuple[Array, Array | None]:
        """Worths, and the influence of each row on them; none for a metric that is no mean."""
        w = self.weights(masks)
        left = effective_sample_size(w) / self.n
        if left.min() < LEAST_LEFT:
            worst = [name for name, inside in zip(self.names, masks[left.argmin()], strict=True) if inside]
            raise InputError(
                f"weights for {' and '.join(worst)} leave {left.min():.2%} of the {self.n} source rows, less than "
                f"{LEAST_LEFT:.0%}: the target lies where the source hardly has rows; clip (and say so), or exclude it"
            )
        if self.scored.z is None:
            return np.array([self.scored.of(self.scored.here, row) for row in w]) - self.nothing, None
        z = self.scored.z
        if self.normalise:
            w = w / w.mean(axis=1, keepdims=True)
        mean = w @ z / self.n
        return mean - self.nothing, w * (z - mean[:, None]) if self.normalise else w * z - mean[:, None]


def _length(table: dict[str, Any]) -> int:
    return len(next(iter(table.values())))


def _numbers(table: dict[str, Any], name: str, where: str) -> Array:
    if name not in table:
        raise InputError(f"the {where} has no column {name!r}; it has {', '.join(table)}")
    cells = filled(table[name], name)
    if cells.dtype.kind != "f":
        raise InputError(f"column {name!r} of the {where} holds text such as {str(cells[0])!r}; expected numbers")
    return cells
