"""How a group fares: what its members get together, how evenly, and how late."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from weigh.core.errors import InputError
from weigh.ops.inequality import gini


class Social(NamedTuple):
    """Measures of a group's rewards.

    Attributes
    ----------
    efficiency : float
        Reward of all members a step.
    equality : float
        1 less the Gini coefficient of their returns; NaN where it has no meaning, as one is below 0 or all are 0.
    sustainability : float
        Mean over members of the mean step at which a member is rewarded; NaN where nobody is.
    """

    efficiency: float
    equality: float
    sustainability: float


def social_metrics(rewards: ArrayLike) -> Social:
    """Efficiency, equality and sustainability of an episode.

    U = Σ_i R_i / T,    E = 1 − Σ_i Σ_j |R_i − R_j| / (2 n Σ_i R_i),    S = mean_i mean(t : r_i,t > 0).

    Parameters
    ----------
    rewards : array of float, shape (T, n)
        Of each member at each step.

    Returns
    -------
    Social

    Raises
    ------
    InputError
        No steps, no members, or NaN.

    References
    ----------
    Pérolat, J. et al. (2017). A multi-agent reinforcement learning model of common-pool resource appropriation.
    NeurIPS.

    Examples
    --------
    >>> social_metrics([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    Social(efficiency=1.3333333333333333, equality=1.0, sustainability=1.25)
    """
    r = np.asarray(rewards, dtype=float)
    if r.ndim != 2 or not r.size or not np.isfinite(r).all():
        raise InputError(f"rewards have shape {r.shape}; expected finite numbers, one row a step, one column a member")
    n_steps, total = len(r), r.sum(axis=0)
    equality = float("nan")
    if total.min() >= 0 and total.sum() > 0:
        equality = 1 - float(gini(total[:, None])[0])
    won = (r > 0)[:, (r > 0).any(axis=0)]
    times = np.arange(n_steps) @ won / won.sum(axis=0)
    return Social(float(r.sum() / n_steps), equality, float(times.mean()) if len(times) else float("nan"))
