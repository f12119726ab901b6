"""From votes on upgrades to the edges of a moral graph: counts of each step, its likelihood and its entropy.

An upgrade from b to a speaks against the step from a to b, so each step also counts the upgrades of the step back:

    likelihood(a, b) = (wiser − less wise) / (wiser + not wiser + unsure + less wise),
    entropy(a, b) = −Σ q log₂ q over the shares q of these four counts.

The published entropy has a fifth count, impressions: how often the step or the step back was voted on. Where all of
these votes are among the four, it is 1 + half of the entropy of the four, so that its threshold of 1.69 is one of 1.38.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.votes import CONTEXTS, NO_UPGRADE, NOT_SURE, UPGRADE, VOTES, Votes
from weigh.ops.rating_table import coded

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

DRAWS = 2000  # of a posterior


class Counts(NamedTuple):
    """How often each step was voted for and against; leading axes are samples of their own.

    Attributes
    ----------
    wiser, not_wiser, unsure : array, shape (..., m)
        Votes on the step.
    less_wise : array, shape (..., m)
        Upgrades on the step back.
    impressions : array, shape (..., m)
        Votes on the step or on the step back.
    """

    wiser: Array
    not_wiser: Array
    unsure: Array
    less_wise: Array
    impressions: Array

    def likelihood(self) -> Array:
        """How much wiser the step is held to be, −1 to 1; 0 where nobody voted."""
        total = self.wiser + self.not_wiser + self.unsure + self.less_wise
        return (self.wiser - self.less_wise) / np.where(total > 0, total, 1.0)

    def entropy(self, *, with_impressions: bool = False) -> Array:
        """How far opinions on the step are divided, in bits: at most 2, or 2.33 with impressions as a count."""
        parts = self if with_impressions else self[:4]
        stacked = np.stack(parts)
        total = stacked.sum(axis=0)
        q = stacked / np.where(total > 0, total, 1.0)
        # minus zero is no entropy
        return np.maximum(-(q * np.log2(np.where(q > 0, q, 1.0))).sum(axis=0), 0.0)


@dataclass(frozen=True)
class Tally:
    """Votes in numbers.

    Parameters
    ----------
    values : tuple of str
        What is voted on.
    source, target, back : array of int, shape (m,)
        Ends of each step, and the number of the step back; for every step there is one.
    units : mapping of str to sparse array, shape (n_units, m)
        By kind of vote: weight of each unit's votes on each step. A unit is what is drawn again: a person, or one row
        of people without names.
    chance : array, shape (n_units,)
        For a person 1; for a row without names its weight, as that many people cast it.
    named : int
        How many units are people with a name; they come first.
    replaced : int
        Votes that a later vote of the same person on the same step in the same context took the place of.
    """

    values: tuple[str, ...]
    source: Indices
    target: Indices
    back: Indices
    units: dict[str, Any]
    chance: Array
    named: int
    replaced: int

    def counts(self, times: ArrayLike | None = None) -> Counts:
        """The counts of each step.

        Parameters
        ----------
        times : array of float, shape (..., n_units), optional
            How often each unit counts; by default each person once, and a row without names as often as it weighs.
        """
        given = self.chance if times is None else np.asarray(times, dtype=float)
        flat = given.reshape(-1, len(self.chance))
        shape = (*given.shape[:-1], len(self.source))
        up, no, unsure = (np.asarray(flat @ self.units[vote]).reshape(shape) for vote in VOTES)
        total = up + no + unsure
        return Counts(up, no, unsure, up[..., self.back], total + total[..., self.back])

    def drawn(self, n: int, rng: np.random.Generator) -> Array:
        """How often each unit is in each of n samples with replacement, shape (n, n_units)."""
        parts = []
        for chance in (self.chance[: self.named], self.chance[self.named :]):
            if len(chance):
                parts.append(rng.multinomial(max(1, round(chance.sum())), chance / chance.sum(), size=n))
        return np.concatenate(parts, axis=1).astype(float)


def tally(votes: Votes) -> Tally:
    """Count votes by person and step.

    Parameters
    ----------
    votes : Votes
        Rows of weight 0 are left out; of a named person's votes on one step in one context the last counts.

    Raises
    ------
    InputError
        Every row has weight 0.

    Examples
    --------
    >>> found = tally(Votes(who=["Ada", "Bo", "Cy"], from_=["a", "a", "b"], to=["b", "b", "a"],
    ...                     vote=["upgrade", "not_sure", "upgrade"]))
    >>> found.counts().likelihood().tolist(), found.counts().less_wise.tolist()
    ([0.0, 0.0], [1.0, 1.0])
    """
    from scipy.sparse import csr_array

    rows, replaced = last_votes(votes.counted())
    values, ends = coded([*rows.from_.tolist(), *rows.to.tolist()])
    steps = np.stack([ends[: len(rows)], ends[len(rows) :]], axis=1)
    pairs = np.unique(np.concatenate([steps, steps[:, ::-1]]), axis=0)
    place = {(a, b): at for at, (a, b) in enumerate(map(tuple, pairs.tolist()))}
    back = np.array([place[b, a] for a, b in place], dtype=np.int64)
    step = np.array([place[a, b] for a, b in map(tuple, steps.tolist())], dtype=np.int64)
    named = rows.who != ""
    people, person = coded(rows.who[named])
    unit = np.empty(len(rows), dtype=np.int64)
    unit[named] = person
    unit[~named] = len(people) + np.arange(int((~named).sum()))
    weight = np.where(named, rows.weight, 1.0)
    shape = (len(people) + int((~named).sum()), len(pairs))
    units = {
        vote: csr_array((weight[at], (unit[at], step[at])), shape=shape)
        for vote in (UPGRADE, NO_UPGRADE, NOT_SURE)
        for at in [np.flatnonzero(rows.vote == vote)]
    }
    chance = np.concatenate([np.ones(len(people)), rows.weight[~named]])
    return Tally(values, pairs[:, 0], pairs[:, 1], back, units, chance, len(people), replaced)


def last_votes(votes: Votes) -> tuple[Votes, int]:
    """The votes without those that a later one replaced, and how many these were.

    Parameters
    ----------
    votes : Votes
        In the order in which they were cast.
    """
    keys = zip(*(x.tolist() for x in (votes.who, votes.from_, votes.to, votes.context)), strict=True)
    last = {key if key[0] else (at,): at for at, key in enumerate(keys)}
    kept = sorted(last.values())
    return votes.select(kept), len(votes) - len(kept)


def in_context(votes: Votes, contexts: tuple[str, ...]) -> Votes:
    """The votes that were cast in one of these contexts.

    Parameters
    ----------
    votes : Votes
        A row may bear several contexts, joined by "|".
    contexts : tuple of str
        What is looked for.

    Raises
    ------
    InputError
        No vote was cast in one of them.
    """
    known = contexts_of(votes)
    for context in contexts:
        if context not in known:
            raise InputError(f"no vote was cast in the context {context!r}; those there are: {', '.join(known[:20])}")
    wanted = set(contexts)
    return votes.select(np.array([bool(wanted & set(cell.split(CONTEXTS))) for cell in votes.context.tolist()]))


def contexts_of(votes: Votes) -> list[str]:
    """The contexts that votes were cast in, in the order in which they come."""
    cells = dict.fromkeys(votes.context.tolist())
    return list(dict.fromkeys(one for cell in cells for one in cell.split(CONTEXTS) if one))


def likelihood_interval(counts: Counts, rng: np.random.Generator, *, level: float = 0.95) -> tuple[Array, Array]:
    """Interval of a step's likelihood from its own votes, each by another person.

    Quantiles of p_wiser − p_less under Jeffreys' prior, Dirichlet(½ + wiser, ½ + less wise, ½ + the rest): unlike a
    resampling of votes it has a width where all three votes agree.

    Parameters
    ----------
    counts : Counts
        Shape (m,).
    rng : numpy.random.Generator
        Source of the draws.
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    low, high : array, shape (m,)
        Around the likelihood itself.
    """
    rest = counts.not_wiser + counts.unsure
    parts = [rng.standard_gamma(0.5 + n, size=(DRAWS, len(rest))) for n in (counts.wiser, counts.less_wise, rest)]
    drawn = (parts[0] - parts[1]) / sum(parts)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    point = counts.likelihood()
    return np.minimum(low, point), np.maximum(high, point)
