"""Thurstone's model with a variance for each item: its likelihood, gradient, curvature and errors.

z = (μ_a − μ_b) q with q = (v_a + v_b)^−½, v = ½ e^c, Σ c = 0, and log P = y log Φ(z) + (1 − y) log Φ(−z). With the
shares π_a = v_a q², π_b = 1 − π_a:

∂z/∂μ_a = q, ∂z/∂c_a = −½ z π_a, ∂²z/∂μ_a∂c_a = −½ q π_a, ∂²z/∂μ_a∂c_b = −½ q π_b,
∂²z/∂c_a² = z (¼ π_a² − ½ π_a π_b), ∂²z/∂c_a∂c_b = ¾ z π_a π_b,

and likewise for b, with −q for q. Derivatives are tested against finite differences.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.ops.comparison_graph import Linkage
from weigh.ops.newton import Operator
from weigh.ops.pairs import Pairs
from weigh.ops.strengths import Bend, by_diagonal, inverse, inverse_on_sums, laplacian, probit, sums

Array = NDArray[np.float64]

CLIFF = 60.0  # log-variances beyond this are no optimum that anybody could use


class Place(NamedTuple):
    """A point of the model, and what its derivatives need of it, a pair each."""

    u: Array
    c: Array
    q: Array
    z: Array
    share_a: Array
    share_b: Array
    bend: Bend


class UnequalNoise:
    """Minus the log posterior of utilities and log-variances, x = (μ, c), to be minimised.

    Parameters
    ----------
    pairs : Pairs
        From `gather`.
    linked : Linkage
        Of the pairs.
    prior, prior_variance : float
        Precisions of the normal priors on μ and on c, the log-variances about their mean.
    """

    def __init__(self, pairs: Pairs, linked: Linkage, prior: float, prior_variance: float) -> None:
        self.pairs, self.linked, self.prior, self.prior_variance = pairs, linked, prior, prior_variance

    def objective(self, x: Array) -> tuple[float, Array, Operator]:
        """Value, gradient, and product with the Hessian, at x of shape (2n,); infinite where variances run away."""
        n = self.pairs.n_items
        if not np.abs(_level(x[n:])).max() < CLIFF:
            return np.inf, np.zeros(2 * n), lambda p: p
        at = self._place(x)
        bend = at.bend
        value = bend.loss + self.prior / 2 * (at.u @ at.u) + self.prior_variance / 2 * (at.c @ at.c)
        by_c = -bend.slope * at.z / 2
        gradient = np.empty(2 * n)
        gradient[:n] = self._apart(bend.slope * at.q) + self.prior * at.u
        gradient[n:] = _level(self._together(by_c * at.share_a, by_c * at.share_b) + self.prior_variance * at.c)
        return float(value), gradient, self._product(at)

    def preconditioner(self, x: Array) -> Operator:
        """r -> M⁻¹ r, with M the diagonal of the information."""
        at = self._place(x)
        info = at.bend.information
        on_u, each = info * at.q**2, info * at.z**2 / 4
        on_c = self._together(each * at.share_a**2, each * at.share_b**2)
        solve_u = by_diagonal(self._together(on_u, on_u) + self.prior)
        solve_c, n = by_diagonal(on_c + self.prior_variance), self.pairs.n_items
        return lambda r: np.concatenate([solve_u(r[:n]), solve_c(r[n:])])

    def cov(self, x: Array) -> Array:
        """Covariance of μ, shape (n, n): the inverse of its information less what the unknown variances cost."""
        on_u, crossed, on_c = self._information(x)
        n = len(on_c)
        # c is known up to its mean, which is held
        scale = float(np.trace(on_c)) / n + 1e-12
        on_c += scale / n
        on_c[np.diag_indices(n)] += 1e-10 * scale
        return inverse_on_sums(on_u - crossed @ inverse(on_c) @ crossed.T, self.linked, self.prior)

    def is_identified(self, x: Array) -> bool:
        """Whether the evidence and the priors leave no direction open, save a common factor of all variances."""
        on_u, crossed, on_c = self._information(x)
        rest = np.linalg.eigvalsh(on_c - crossed.T @ inverse_on_sums(on_u, self.linked, self.prior) @ crossed)
        return bool(rest[1] > 1e-8 * rest[-1])

    def _information(self, x: Array) -> tuple[Array, Array, Array]:
        """Expected information on μ, on μ with c, and on c, each of shape (n, n)."""
        at, n, a, b = self._place(x), self.pairs.n_items, self.pairs.left, self.pairs.right
        info = at.bend.information
        both, each = -info * at.q * at.z / 2, info * at.z**2 / 4
        crossed = _matrix(n, (a, a, both * at.share_a), (a, b, both * at.share_b))
        crossed -= _matrix(n, (b, a, both * at.share_a), (b, b, both * at.share_b))
        half = _matrix(n, (a, b, each * at.share_a * at.share_b))
        on_c = _matrix(n, (a, a, each * at.share_a**2), (b, b, each * at.share_b**2)) + half + half.T
        on_c[np.diag_indices(n)] += self.prior_variance
        crossed -= crossed.mean(axis=1, keepdims=True)
        on_c -= on_c.mean(axis=0)
        on_c -= on_c.mean(axis=1, keepdims=True)
        return laplacian(a, b, info * at.q**2, n), crossed, on_c

    def _place(self, x: Array) -> Place:
        pairs, n = self.pairs, self.pairs.n_items
        u, c = x[:n], _level(x[n:])
        v = np.exp(c) / 2
        v_a, v_b = v[pairs.left], v[pairs.right]
        q2 = 1 / (v_a + v_b)
        q = np.sqrt(q2)
        z = (u[pairs.left] - u[pairs.right]) * q
        return Place(u, c, q, z, v_a * q2, v_b * q2, probit(z, pairs.p_left, pairs.weight))

    def _product(self, at: Place) -> Operator:
        pairs, n = self.pairs, self.pairs.n_items
        pull, bent, z = at.bend.slope, at.bend.curvature, at.z
        d_d = bent * at.q**2
        mixed = -(bent * z + pull) * at.q / 2
        each, d_a, d_b = bent * z**2 / 4, mixed * at.share_a, mixed * at.share_b
        a_b = (each + 0.75 * pull * z) * at.share_a * at.share_b
        bow = pull * z * at.share_a * at.share_b / 2
        a_a = (each + pull * z / 4) * at.share_a**2 - bow
        b_b = (each + pull * z / 4) * at.share_b**2 - bow

        def product(p: Array) -> Array:
            on_u, on_c = p[:n], _level(p[n:])
            d = on_u[pairs.left] - on_u[pairs.right]
            of_a, of_b = on_c[pairs.left], on_c[pairs.right]
            found = np.empty(2 * n)
            found[:n] = self._apart(d_d * d + d_a * of_a + d_b * of_b) + self.prior * on_u
            sums = self._together(d_a * d + a_a * of_a + a_b * of_b, d_b * d + a_b * of_a + b_b * of_b)
            found[n:] = _level(sums + self.prior_variance * on_c)
            return found

        return product

    def _apart(self, each: Array) -> Array:
        n = self.pairs.n_items
        return sums(self.pairs.left, each, n) - sums(self.pairs.right, each, n)

    def _together(self, each_a: Array, each_b: Array) -> Array:
        n = self.pairs.n_items
        return sums(self.pairs.left, each_a, n) + sums(self.pairs.right, each_b, n)


def _level(c: Array) -> Array:
    return c - c.mean()


def _matrix(n: int, *blocks: tuple[NDArray[np.int64], NDArray[np.int64], Array]) -> Array:
    found = np.zeros(n * n)
    for row, column, each in blocks:
        found += sums(row * n + column, each, n * n)
    return found.reshape(n, n)
