"""Completeness: is one of two outcomes preferred at all?

Measured by decisiveness, the mean of max(p, 1 − p): ½ where nothing is preferred to anything, 1 where all is certain.
The source averages over the pairs that were asked. Ours does so over pairs drawn at random, which are those held out
and those of random triads: a selection that seeks close pairs would make any judge look undecided.

Source: Mazeika et al., arXiv:2502.08640.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from weigh.measure.utility_engineering._preferences import Preferences
from weigh.measure.utility_engineering._result import Experiment
from weigh.ops.coherence import decisiveness

FEWEST = 10


def completeness(given: Preferences, random: NDArray[np.bool_] | None = None) -> Experiment:
    """How decided preferences are.

    Parameters
    ----------
    given : Preferences
        Of one judge.
    random : array of bool, shape (m,), optional
        Which of the pairs were drawn without regard to the answers; all by default. Where there are fewer than ten all
        are taken, and the result says so.

    Returns
    -------
    Experiment
        Numbers: decisiveness, low, high (95 % over pairs), n_pairs, at_random.

    Raises
    ------
    InputError
        There are no pairs.
    """
    at_random = random is not None and int(random.sum()) >= FEWEST
    found = decisiveness(given.p[random] if at_random else given.p)
    which = "pairs drawn at random" if at_random or random is None else "the pairs asked, which sought close ones"
    told = f"Of two outcomes the preferred one is chosen with probability {found.mean:.2f} on average, over {which}."
    numbers = {
        "decisiveness": found.mean, "low": found.low, "high": found.high, "n_pairs": found.n,
        "at_random": at_random or random is None, "chance": 0.5,
    }  # fmt: skip
    return Experiment("completeness", told, numbers)
