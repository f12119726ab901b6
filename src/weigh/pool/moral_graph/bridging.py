"""Bridges: values that people of two groups, who began with different values, both judged wiser.

A triple (A, B, C) of different values is a bridge of the groups g and h where somebody of g who approved A called the
step from A to C an upgrade, and somebody of h who approved B called the step from B to C one.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.votes import UPGRADE, Votes
from weigh.pool.moral_graph.edges import last_votes


class Bridge(NamedTuple):
    """A value that two groups reach from different ones.

    Attributes
    ----------
    first, other : str
        The groups, in alphabetical order.
    from_first, from_other : str
        The values that they began with.
    to : str
        The value that both judged wiser.
    n_first, n_other : int
        How many people of each group did.
    """

    first: str
    other: str
    from_first: str
    from_other: str
    to: str
    n_first: int
    n_other: int


def bridges(votes: Votes, approvals: Ratings | None = None) -> list[Bridge]:
    """All bridges between groups of voters.

    Parameters
    ----------
    votes : Votes
        With the voter's name and group; rows without either, or of weight 0, say nothing here.
    approvals : Ratings, optional
        Which values each person approved: those rated above 0; rows of weight 0 say nothing. Without approvals
        it is taken that people approved the values whose upgrades they voted on.

    Returns
    -------
    list of Bridge
        Those of most people first, by the smaller of the two numbers.

    Raises
    ------
    InputError
        A person belongs to two groups.

    Examples
    --------
    >>> votes = Votes(who=["Ada", "Bo"], from_=["order", "care"], to=["wisdom"] * 2, vote=["upgrade"] * 2,
    ...               group=["left", "right"])
    >>> bridges(votes)[0]
    Bridge(first='left', other='right', from_first='order', from_other='care', to='wisdom', n_first=1, n_other=1)
    """
    known = (votes.who != "") & (votes.group != "") & (votes.weight > 0)
    if not known.any():
        return []
    rows, _ = last_votes(votes.select(known))
    group_of: dict[str, str] = {}
    for who, group in zip(rows.who.tolist(), rows.group.tolist(), strict=True):
        if group_of.setdefault(who, group) != group:
            raise InputError(f"{who!r} belongs to both {group_of[who]!r} and {group!r}; a voter has one group")
    approved = None if approvals is None else _approved(approvals)
    # value reached → value left → group → people
    reached: dict[str, dict[str, dict[str, set[str]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    for who, a, c, vote in zip(*(x.tolist() for x in (rows.who, rows.from_, rows.to, rows.vote)), strict=True):
        if vote == UPGRADE and (approved is None or (who, a) in approved):
            reached[c][a][group_of[who]].add(who)
    found = [
        Bridge(first, other, a, b, c, len(people), len(others))
        for c, starts in reached.items()
        for a, by_group in starts.items()
        for b, by_other in starts.items()
        if a != b
        for first, people in by_group.items()
        for other, others in by_other.items()
        if first < other
    ]
    return sorted(found, key=lambda one: (-min(one.n_first, one.n_other), -one.n_first - one.n_other, one))


def _approved(approvals: Ratings) -> set[tuple[str, str]]:
    given = approvals.counted()
    rows = zip(given.who.tolist(), given.item.tolist(), given.value.tolist(), strict=True)
    # of several ratings of one card the last counts
    last = {(who, item): value > 0 for who, item, value in rows}
    return {key for key, yes in last.items() if yes}
