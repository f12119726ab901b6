"""Token sequences that begin alike, packed so that each shared beginning is computed once.

A row holds a forest: every token stands after all of its ancestors, sees only them, and has the position that it would
have in its own sequence. One forward pass over the row then gives what separate passes over all sequences would give.
A dilemma in eight frames with two options each costs 40 % of the tokens. Numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
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
        Index of each node's parent, −1 at a root.
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


def pack(sequences: Sequence[Scored], row_tokens: int, chosen: Sequence[int] | None = None) -> list[Row]:
    """Pack sequences into rows of about `row_tokens` nodes.

    Parameters
    ----------
    sequences : sequence of Scored
        In any order; neighbours in lexicographic order share their beginnings.
    row_tokens : int
        A row is closed when the next sequence would overfill it; one longer sequence has a row to itself.
    chosen : sequence of int, optional
        Which of them to pack; all by default.

    Returns
    -------
    list of Row
        In lexicographic order of their first sequence: the same sequences give the same rows.
    """
    rows: list[Row] = []
    row = Row([], [], [], [])
    path: list[int] = []
    previous: tuple[int, ...] = ()
    numbers = range(len(sequences)) if chosen is None else chosen
    for number in sorted(numbers, key=lambda i: sequences[i].tokens):
        tokens, start = sequences[number]
        context = tokens[:-1]  # nothing is predicted from the last token
        same = shared_length(previous, context)
        if row.tokens and len(row.tokens) + len(context) - same > row_tokens:
            rows.append(row)
            row, path, previous, same = Row([], [], [], []), [], (), 0
        del path[same:]
        for depth in range(same, len(context)):
            row.parents.append(path[-1] if path else -1)
            path.append(len(row.tokens))
            row.tokens.append(context[depth])
            row.depths.append(depth)
        row.scored.append((number, path[start - 1 :]))
        previous = context
    if row.tokens:
        rows.append(row)
    return rows


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
