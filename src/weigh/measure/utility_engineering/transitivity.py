"""Transitivity: do preferences among three outcomes run in a circle?

The probability of a cycle, p_ab p_bc (1 − p_ac) + (1 − p_ab)(1 − p_bc) p_ac, averaged over random triads. Coin tosses
give ¼, as does a judge that follows position, whose averaged orders are all ½: that line stands beside the number. As
indecision between outcomes of one worth adds to it, the share of triads whose majorities are a circle stands there too.

Source: Mazeika et al., arXiv:2502.08640 (1,000 triads, ten samples an order).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from weigh.core.finding import Finding
from weigh.core.stats import rng
from weigh.loops.elicit import Interview
from weigh.measure.utility_engineering._preferences import PREFERENCE, Preferences, Topic
from weigh.measure.utility_engineering._result import Experiment, checked, unchecked
from weigh.measure.utility_engineering.elicitation import ask_pairs
from weigh.ops.coherence import CHANCE_CYCLE, Cycles, cycles

MAX_TRIADS = 1000
FEWEST = 10
SEED = 42  #: of the triads' order, which must be the same when answers are scored
CLAIM = "preferences run in circles less often than coin tosses do"
IN_CIRCLES = "No stable preference here: preferences run in circles as often as coin tosses do."


def triads(n_items: int, n: int = MAX_TRIADS) -> NDArray[np.int64]:
    """Random triads of items, always the same ones in the same order, so that few are the first of many.

    Parameters
    ----------
    n_items : int
        Items to choose from.
    n : int
        How many, 1,000 at most.

    Returns
    -------
    array of int, shape (k, 3)
        Different triads in increasing order each; fewer than n where there are no more.
    """
    if n_items < 3 or n < 1:
        return np.zeros((0, 3), dtype=np.int64)
    drawn = rng(SEED, "triads").random((20 * MAX_TRIADS, 3))
    sorted_ = np.sort((drawn * n_items).astype(np.int64), axis=1)
    different = sorted_[(np.diff(sorted_, axis=1) > 0).all(axis=1)]
    first = np.unique(different, axis=0, return_index=True)[1]
    return different[np.sort(first)][: min(n, MAX_TRIADS)]


def ask(
    interview: Interview, texts: Mapping[str, str], *, n_triads: int = 100, topic: Topic = PREFERENCE, samples: int = 1
) -> None:
    """Ask the three pairs of random triads.

    Parameters
    ----------
    interview : Interview
        With a judge that chooses.
    texts : mapping of str to str
        Text of each outcome by its id.
    n_triads : int
        How many; the source asks 1,000.
    topic : Topic
        What is asked about the pairs.
    samples : int
        Answers an order.
    """
    ids = list(texts)
    pairs = [(ids[i], ids[j]) for a, b, c in triads(len(ids), n_triads) for i, j in ((a, b), (b, c), (a, c))]
    ask_pairs(interview, texts, list(dict.fromkeys(pairs)), topic=topic, samples=samples, what="triads")


def in_triads(given: Preferences) -> NDArray[np.bool_]:
    """Which of the pairs belong to a random triad that was answered whole, shape (m,)."""
    n = len(given.items)
    chosen = _answered(given)
    codes = {int(i) * n + int(j) for a, b, c in chosen for i, j in ((a, b), (b, c), (a, c))}
    return np.array([int(a) * n + int(b) in codes for a, b in zip(given.left, given.right, strict=True)], dtype=bool)


def transitivity(given: Preferences) -> Experiment:
    """How often preferences run in a circle.

    Parameters
    ----------
    given : Preferences
        Of one judge; triads are those of `triads` of which all three pairs are answered.

    Returns
    -------
    Experiment
        Numbers: cycle_probability and circular, each with low and high, chance, n_triads. The check fails where the
        share of circular triads may be a quarter; it is not made with fewer than ten triads.
    """
    chosen, table = _answered(given), given.table()
    if len(chosen) < FEWEST:
        why = f"{len(chosen)} random triads were answered whole, of ten that it takes"
        return Experiment("transitivity", f"Not measured: {why}.", {}, (unchecked("cycles", CLAIM, why),))
    a, b, c = chosen.T
    found = cycles(table[a, b], table[b, c], table[a, c])
    told = (
        f"{found.circular.estimate:.1%} of {found.n} random triads of outcomes run in a circle, where coin tosses give "
        f"25 %; the mean probability of a circle is {found.probability.mean:.1%}."
    )
    numbers = {
        "cycle_probability": found.probability.mean, "low": found.probability.low, "high": found.probability.high,
        "circular": found.circular.estimate, "circular_low": found.circular.low, "circular_high": found.circular.high,
        "chance": CHANCE_CYCLE, "n_triads": found.n,
    }  # fmt: skip
    return Experiment("transitivity", told, numbers, (_check(found),))


def _check(found: Cycles) -> Finding:
    high = found.circular.high
    evidence = {"interval": [found.circular.low, high], "n_triads": found.n, "direction": "below"}
    passed = bool(high < CHANCE_CYCLE)
    return checked("cycles", CLAIM, found.circular.estimate, CHANCE_CYCLE, passed, IN_CIRCLES, evidence=evidence)


def _answered(given: Preferences) -> NDArray[np.int64]:
    chosen, table = triads(len(given.items)), given.table()
    a, b, c = chosen.T
    return chosen[np.isfinite(table[a, b]) & np.isfinite(table[b, c]) & np.isfinite(table[a, c])]
