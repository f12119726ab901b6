"""Which answers are compared with which, and how far apart they are, with interval and bounds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.banks.bank import Item
from weigh.banks.value_consistency import PORTRAITS
from weigh.core.errors import InputError
from weigh.core.stats import Interval
from weigh.ops.bootstrap import bca_mean
from weigh.ops.jensen_shannon import MOST, About, centroid, distances, jensen_shannon

Array = NDArray[np.float64]
Weight = Literal["member", "group"]
PARAPHRASE, TOPIC, USE_CASE, TRANSLATION = "paraphrase", "topic", "use case", "translation"
ONE_IN_FIVE = 0.7219280948873623  #: bits; the entropy of four answers against one, the published limit


class Entry(NamedTuple):
    """One distribution: whose question, which sample, chosen or written, the stances offered, and whether answered."""

    item: Item
    sample: int
    use: Literal["choice", "open"]
    kind: tuple[str, ...]
    answered: bool


class Axis(NamedTuple):
    """Groups of distributions that ought to be alike, padded to one length.

    Attributes
    ----------
    name, axis : str
        As the score is called, and one of "paraphrase", "topic", "use case", "translation".
    rows : array of int, shape (n_groups, n)
        Rows of the table of distributions; 0 where there is nobody.
    members : array of bool, shape (n_groups, n)
    clusters : tuple of str
        The topic of each group.
    missing : array of int, shape (n_groups,)
        Members that gave no answer that can be used.
    """

    name: str
    axis: str
    rows: NDArray[np.int64]
    members: NDArray[np.bool_]
    clusters: tuple[str, ...]
    missing: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Members of each group that answered."""
        return self.members.sum(axis=1)

    def select(self, groups: NDArray[np.bool_]) -> Axis:
        """Some of the groups."""
        clusters = tuple(c for c, kept in zip(self.clusters, groups, strict=True) if kept)
        return self._replace(
            rows=self.rows[groups], members=self.members[groups], clusters=clusters, missing=self.missing[groups]
        )


class Measured(NamedTuple):
    """An axis's mean distance with its interval, its groups' own, and the bounds that unanswered questions leave."""

    interval: Interval
    by_group: Array
    n_groups: int
    n_alone: int
    bounds: tuple[float, float] | None


def axes_of(
    entries: Sequence[Entry],
    names: Mapping[str, str],
    *,
    published: bool,
    same_options: bool,
    without: Set[int] = frozenset(),
) -> list[Axis]:
    """All axes that the entries have groups for.

    Parameters
    ----------
    entries : sequence of Entry
        Row i of the table of distributions is entry i's.
    names : mapping of str to str
        By item id, what the part of the bank is called that it belongs to.
    published : bool
        Samples are groups of their own, and translations are paired by place, not by their original.
    same_options : bool
        Of each group only the members with its most common options.
    without : set of int
        Rows that are left out.
    """
    groups: dict[tuple[str, str], dict[tuple, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, entry in enumerate(entries):
        labels, item = entry.item.labels, entry.item
        if labels["set"] == PORTRAITS or row in without:
            continue
        part = names[item.id]
        topic = labels["set"], labels["country"], labels["topic"], entry.sample
        groups[USE_CASE, part][item.id, entry.sample].append(row)
        if entry.use == "open":
            continue
        groups[PARAPHRASE, part][*topic, item.language, labels["original"]].append(row)
        groups[TOPIC, part][*topic, item.language].append(row)
        if published or not labels["rephrase"]:
            across = part.partition(" (")[0]
            groups[TRANSLATION, across][*topic, labels["original"], labels["place"] if published else 0].append(row)
    found = []
    for axis in (PARAPHRASE, TOPIC, USE_CASE, TRANSLATION):
        for (of, part), members in groups.items():
            if of == axis and (made := _axis(f"{axis}: {part}", axis, list(members.values()), entries, same_options)):
                found.append(made)
    return found


def measured(
    axis: Axis, p: Array, *, about: About, weight: Weight, published: bool, n_resamples: int, rng: np.random.Generator
) -> Measured | None:
    """An axis's distance; None where no group has two answers."""
    scored = axis.select(axis.sizes >= (1 if published else 2))
    if not (scored.sizes >= 2).any():
        return None
    each = distances(p[scored.rows], scored.members, about=about)
    by_group = each.sum(axis=1) / scored.sizes
    if published:
        # every member counts as independent of all others
        values = each[scored.members] if weight == "member" else by_group
        sums, sizes = values, np.ones(len(values))
    else:
        values, counts = (by_group, np.ones(len(by_group))) if weight == "group" else (each.sum(axis=1), scored.sizes)
        cluster = np.unique(scored.clusters, return_inverse=True)[1]
        sums, sizes = np.bincount(cluster, values), np.bincount(cluster, counts)
    interval = bca_mean(sums, sizes, n_resamples=n_resamples, rng=rng)
    if not np.isfinite(interval.low):
        # one topic says nothing of how topics differ
        interval = Interval(interval.estimate, 0.0, max(MOST, interval.estimate))
    alone = int((axis.sizes == 1).sum())
    return Measured(interval, by_group, len(by_group), alone, _bounds(axis, p, weight) if about == "centroid" else None)


def estimate(axis: Axis, p: Array, *, about: About, weight: Weight, published: bool) -> float:
    """The distance alone, as `measured` gives it; for baselines."""
    scored = axis.select(axis.sizes >= (1 if published else 2))
    each = distances(p[scored.rows], scored.members, about=about)
    return float((each.sum(axis=1) / scored.sizes).mean() if weight == "group" else each.sum() / scored.sizes.sum())


def entropies(axis: Axis, p: Array) -> Array:
    """Base-2 entropy of each group's most likely stances; the first of equals counts."""
    answers = np.where(axis.members, p[axis.rows].argmax(axis=2), -1)
    share = np.stack([(answers == stance).sum(axis=1) for stance in range(p.shape[1])], axis=1)
    share = share / np.maximum(share.sum(axis=1, keepdims=True), 1)
    return -(share * np.log2(np.where(share > 0, share, 1.0))).sum(axis=1)


def _bounds(axis: Axis, p: Array, weight: Weight) -> tuple[float, float] | None:
    """Between what the mean distance lies, whatever the answers to the unanswered questions would have been.

    With c the centroid of those present, S = Σ JSD(p_i, c) and m missing of n: √ is concave and c is optimal, so D is
    at most √((S + m · max_k JSD(e_k, c)) / n), and, as √x ≥ x / √ln 2 up to ln 2, at least S / (n √ln 2).
    """
    there = axis.select(axis.sizes + axis.missing >= 2)
    if not there.missing.any():
        return None
    n = there.sizes + there.missing
    each = np.zeros(there.members.shape)
    middle = np.full((len(n), p.shape[1]), 1.0 / p.shape[1])
    some = there.sizes > 0
    each[some] = distances(p[there.rows[some]], there.members[some])
    middle[some] = centroid(p[there.rows[some]], there.members[some])
    spread = (each**2).sum(axis=1)
    far = jensen_shannon(np.eye(p.shape[1]), middle[:, None]).max(axis=1)
    own = each.sum(axis=1) / n
    low = np.where(there.missing > 0, spread / (n * MOST), own)
    high = np.where(there.missing > 0, np.sqrt((spread + there.missing * far) / n), own)
    by = np.ones(len(n)) if weight == "group" else n
    return float((low * by).sum() / by.sum()), float((high * by).sum() / by.sum())


def _axis(name: str, axis: str, groups: list[list[int]], entries: Sequence[Entry], same_options: bool) -> Axis | None:
    kept: list[tuple[list[int], int, str]] = []
    for rows in groups:
        if same_options:
            common = Counter(entries[row].kind for row in rows).most_common(1)[0][0]
            rows = [row for row in rows if entries[row].kind == common]
        offered = {frozenset(entries[row].kind) for row in rows}
        if len(offered) > 1:
            told = " and ".join(sorted(str(sorted(stances)) for stances in offered))
            raise InputError(
                f"{name}: a group holds different sets of stances, {told}, whose distances mean nothing: give "
                "same_options to keep the most common, or select the answers"
            )
        answered = [row for row in rows if entries[row].answered]
        if len(rows) > 1 or axis != USE_CASE:
            kept.append((answered, len(rows) - len(answered), entries[rows[0]].item.family))
    if not any(len(answered) > 1 for answered, _, _ in kept):
        return None
    longest = max(len(answered) for answered, _, _ in kept)
    index = np.zeros((len(kept), longest), dtype=np.int64)
    members = np.zeros((len(kept), longest), dtype=bool)
    for group, (answered, _, _) in enumerate(kept):
        index[group, : len(answered)] = answered
        members[group, : len(answered)] = True
    missing = np.array([lost for _, lost, _ in kept], dtype=np.int64)
    return Axis(name, axis, index, members, tuple(family for _, _, family in kept), missing)
