"""Which steps count, and which values they lead to: trimming, PageRank, components, and people drawn again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.ops.comparison_graph import linkage
from weigh.ops.pagerank import pagerank
from weigh.pool.moral_graph.edges import Counts, Tally

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Truths = NDArray[np.bool_]

LEVEL = 0.95
FAIR = 1e-9  # shares nearer than this tie
CELLS = 2_000_000  # draws by steps that are counted at a time


@dataclass(frozen=True)
class Rule:
    """How votes become a ranking.

    Parameters
    ----------
    min_wiser : float
        Upgrades that a step needs, above 0.
    min_likelihood : float
        Likelihood that it needs, above 0.
    max_entropy : float
        Entropy that it may have, in bits.
    with_impressions : bool
        Whether impressions are a count of the entropy.
    weights : {"likelihood", "equal"}
        What an edge weighs.
    damping : float
        Of PageRank.
    leak : bool
        Whether the mass of values without a step onwards is lost.

    Raises
    ------
    InputError
        A threshold at or below 0, or another kind of weights.
    """

    min_wiser: float
    min_likelihood: float
    max_entropy: float
    with_impressions: bool
    weights: Literal["likelihood", "equal"]
    damping: float
    leak: bool

    def __post_init__(self) -> None:
        if not (self.min_wiser > 0 and 0 < self.min_likelihood <= 1 and self.max_entropy >= 0):
            raise InputError(
                f"min_wiser is {self.min_wiser!r}, min_likelihood {self.min_likelihood!r}, max_entropy "
                f"{self.max_entropy!r}; expected above 0, above 0 and at most 1, and 0 or more"
            )
        if self.weights not in ("likelihood", "equal"):
            raise InputError(f"weights is {self.weights!r}; expected likelihood or equal")

    def keeps(self, counts: Counts) -> Truths:
        """Which steps count."""
        entropy = counts.entropy(with_impressions=self.with_impressions)
        enough = (counts.wiser >= self.min_wiser) & (counts.likelihood() >= self.min_likelihood)
        return enough & (entropy <= self.max_entropy)


class Ranks(NamedTuple):
    """Values that a step which counts leads to or from.

    Attributes
    ----------
    value : array of int, shape (k,)
        Their places among all values.
    rank : array, shape (k,)
        PageRank.
    kept : array of bool, shape (m,)
        Which steps count.
    component : array of int, shape (k,)
        What a chain of steps joins has one number, from 0, the largest first.
    low, high : array, shape (k,), or None
        95 % interval by people drawn again.
    first : array, shape (k,), or None
        Share of the draws in which a value is the wisest of its component; ties share.
    """

    value: Indices
    rank: Array
    kept: Truths
    component: Indices
    low: Array | None = None
    high: Array | None = None
    first: Array | None = None

    def within(self) -> Array:
        """Share of a value in its component, shape (k,), which sums to 1 in each; a leak changes nothing in it."""
        return self.rank / np.bincount(self.component, weights=self.rank)[self.component]

    def wisest(self, component: int) -> Indices:
        """Places, among the ranked, of the values at the top of a component."""
        inside = np.flatnonzero(self.component == component)
        return inside[self.rank[inside] >= self.rank[inside].max() * (1 - FAIR)]


def rank(votes: Tally, rule: Rule, *, counts: Counts | None = None) -> Ranks | None:
    """Rank the values that steps which count touch.

    Parameters
    ----------
    votes : Tally
        The votes.
    rule : Rule
        Which steps count, and how.
    counts : Counts, optional
        Of the votes, where they are known.

    Returns
    -------
    Ranks or None
        Without intervals; None where no step counts.
    """
    counts = votes.counts() if counts is None else counts
    kept = rule.keeps(counts)
    if not kept.any():
        return None
    value = np.unique(np.concatenate([votes.source[kept], votes.target[kept]]))
    source, target = (np.searchsorted(value, ends[kept]) for ends in (votes.source, votes.target))
    shares = pagerank(len(value), source, target, _weights(counts, rule)[kept], damping=rule.damping, leak=rule.leak)
    label = linkage(len(value), source, target).component
    size = np.bincount(label)
    order = sorted(range(len(size)), key=lambda one: (-size[one], int(np.argmax(label == one))))
    return Ranks(value, shares, kept, np.argsort(order)[label])


def with_intervals(ranks: Ranks, votes: Tally, rule: Rule, *, draws: int, rng: np.random.Generator) -> Ranks:
    """The same ranks with what they become when people are drawn again, with replacement.

    Each draw is counted and trimmed anew; the ranked values stay the same, and one that no step touches in a draw keeps
    the share of a value that nothing leads to. Percentiles, stretched where needed to hold the rank itself.

    Parameters
    ----------
    ranks : Ranks
        From `rank`.
    votes : Tally
        The votes.
    rule : Rule
        Which steps count, and how.
    draws : int
        2 or more.
    rng : numpy.random.Generator
        Source of the draws.
    """
    inside = np.isin(votes.source, ranks.value) & np.isin(votes.target, ranks.value)
    source, target = (np.searchsorted(ranks.value, ends[inside]) for ends in (votes.source, votes.target))
    times = votes.drawn(draws, rng)
    parts = []
    for rows in np.array_split(times, math.ceil(draws * len(votes.source) / CELLS)):
        counts = votes.counts(rows)
        weight = np.where(rule.keeps(counts), _weights(counts, rule), 0.0)[:, inside]
        parts.append(pagerank(len(ranks.value), source, target, weight, damping=rule.damping, leak=rule.leak))
    drawn = np.concatenate(parts)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    first = np.zeros(len(ranks.value))
    for one in range(int(ranks.component.max()) + 1):
        at = np.flatnonzero(ranks.component == one)
        top = drawn[:, at] >= drawn[:, at].max(axis=1, keepdims=True) * (1 - FAIR)
        first[at] = (top / top.sum(axis=1, keepdims=True)).mean(axis=0)
    return ranks._replace(low=np.minimum(low, ranks.rank), high=np.maximum(high, ranks.rank), first=first)


def _weights(counts: Counts, rule: Rule) -> Array:
    return np.ones_like(counts.wiser) if rule.weights == "equal" else np.maximum(counts.likelihood(), 0.0)
