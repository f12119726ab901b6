"""Token sequences that begin alike, packed so that each shared beginning is computed once.

What all sequences begin with is the trunk, which a pass computes before its rows. A row holds a forest that stands on
it: every token comes after all of its ancestors, sees only them and the trunk, and has the position that it would have
in its own sequence. One forward pass over the rows then gives what separate passes over all sequences would give.
Rows are cut where tokens that are computed again and attention that is wasted on others' tokens cost least in sum.
A dilemma in eight frames with two options each costs 40 % of the tokens. Numpy only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Scored(NamedTuple):
    """Tokens of which the last ones are to be scored.

    Attributes
    ----------
    tokens : tuple of int
        Context and continuation.
    start : int
        Index of the first token to score; at least 1, as a first token has nothing before it.
    """

    tokens: tuple[int, ...]
    start: int


class Row(NamedTuple):
    """One packed row.

    Attributes
    ----------
    tokens : list of int
        Nodes of the forest, parents before children.
    parents : list of int
        Index of each node's parent, −1 where it stands on the trunk, or on nothing.
    depths : list of int
        Position of each node in its own sequence.
    scored : list of (int, list of int)
        For each sequence in the row: its number, and the node whose state predicts each scored token.
    """

    tokens: list[int]
    parents: list[int]
    depths: list[int]
    scored: list[tuple[int, list[int]]]

    @classmethod
    def alone(cls, number: int, sequence: Scored) -> Row:
        """A row that holds one sequence."""
        tokens, start = sequence
        n = len(tokens) - 1  # nothing is predicted from the last token
        nodes = list(range(start - 1, n))
        return cls(list(tokens[:n]), list(range(-1, n - 1)), list(range(n)), [(number, nodes)])


def shared_length(a: Sequence[int], b: Sequence[int]) -> int:
    """Number of tokens that two sequences begin with alike."""
    n = min(len(a), len(b))
    if a[:n] == b[:n]:
        return n
    low, high = 0, n
    while low < high:  # slices compare in C, so bisection beats a loop
        middle = (low + high + 1) // 2
        if a[:middle] == b[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def trunk_length(sequences: Sequence[Scored]) -> int:
    """Number of tokens that all sequences begin with alike and none of which predicts a scored one."""
    if not sequences:
        return 0
    first, last = (of(sequences, key=lambda sequence: sequence.tokens).tokens for of in (min, max))
    # what the first and the last in lexicographic order share, all share
    return min(shared_length(first, last), min(start for _, start in sequences) - 1)


def pack(
    sequences: Sequence[Scored], row_tokens: int, chosen: Sequence[int] | None = None, *, trunk: int = 0
) -> list[Row]:
    """Pack sequences into rows of `row_tokens` nodes at most.

    Parameters
    ----------
    sequences : sequence of Scored
        In any order; neighbours in lexicographic order share their beginnings.
    row_tokens : int
        Nodes a row; one longer sequence has a row to itself. Attention among so many nodes is taken to cost a node as
        much as all the rest of the model does, so that what shares little stands in rows of its own.
    chosen : sequence of int, optional
        Which of them to pack; all by default.
    trunk : int
        Tokens at the beginning of all that are chosen, which the rows leave out; see `trunk_length`.

    Returns
    -------
    list of Row
        In lexicographic order of their first sequence: the same sequences give the same rows.
    """
    numbers = sorted(range(len(sequences)) if chosen is None else chosen, key=lambda i: sequences[i].tokens)
    contexts = [sequences[number].tokens[:-1] for number in numbers]  # nothing is predicted from the last token
    same = [0, *(max(0, shared_length(a, b) - trunk) for a, b in pairwise(contexts))]
    whole = [len(context) - trunk for context in contexts]
    cuts = _cuts(whole, same, row_tokens, trunk)
    return [
        _row([(numbers[i], sequences[numbers[i]].start, contexts[i], same[i]) for i in range(a, b)], trunk)
        for a, b in pairwise(cuts)
    ]


def _cuts(whole: list[int], same: list[int], row_tokens: int, trunk: int) -> list[int]:
    """Where rows begin and the last one ends, so that the rows together cost least."""
    n = len(whole)
    least, begins = [0.0, *[math.inf] * n], [0] * (n + 1)
    for i in range(n):
        nodes = whole[i]
        for j in range(i, n):
            if j > i:
                nodes += whole[j] - same[j]
                if nodes > row_tokens:
                    break
            cost = least[i] + nodes * (1 + (trunk + nodes) / row_tokens)
            if cost < least[j + 1]:
                least[j + 1], begins[j + 1] = cost, i
    cuts = [n]
    while cuts[-1]:
        cuts.append(begins[cuts[-1]])
    return cuts[::-1]


def _row(members: Sequence[tuple[int, int, tuple[int, ...], int]], trunk: int) -> Row:
    row = Row([], [], [], [])
    path: list[int] = []
    for place, (number, start, context, same) in enumerate(members):
        del path[same if place else 0 :]
        at, n = len(row.tokens), len(context) - trunk - len(path)
        if n:
            row.parents.extend([path[-1] if path else -1, *range(at, at + n - 1)])
            row.tokens.extend(context[-n:])
            row.depths.extend(range(len(context) - n, len(context)))
            path.extend(range(at, at + n))
        row.scored.append((number, path[start - 1 - trunk :]))
    return row


def ancestors(row: Row) -> NDArray[np.bool_]:
    """Which nodes each node sees, itself included, shape (n_nodes, n_nodes)."""
    n = len(row.tokens)
    sees = np.zeros((n, n), dtype=bool)
    for node, parent in enumerate(row.parents):
        if parent >= 0:
            sees[node] = sees[parent]
        sees[node, node] = True
    return sees


def count_nodes(sequences: Sequence[tuple[int, ...]]) -> int:
    """Tokens that one unbounded forest of the sequences holds."""
    ordered = sorted(sequences)
    total, previous = 0, ()
    for tokens in ordered:
        total += len(tokens) - shared_length(previous, tokens)
        previous = tokens
    return total
