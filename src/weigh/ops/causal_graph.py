"""Directed graphs of causes, as a mapping of each node to its parents."""

from __future__ import annotations

import graphlib
import re
from collections.abc import Mapping, Sequence

from weigh.core.errors import InputError


def parents_of(graph: str | Mapping[str, str | Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Each node's parents, of a graph given as text or as a mapping.

    Parameters
    ----------
    graph : str or mapping of str to str or sequence of str
        "G -> Y; G, Y -> X" or {"Y": "G", "X": ["G", "Y"]}. A node without parents need not be named, unless it has no
        children either; in text such a node stands alone between semicolons.

    Returns
    -------
    dict
        Every node, in the order in which they are named, to its parents.

    Raises
    ------
    InputError
        No node, text that cannot be read, a node among its own parents, or a cycle.

    Examples
    --------
    >>> parents_of("G -> Y; G, Y -> X; Z")
    {'G': (), 'Y': ('G',), 'X': ('G', 'Y'), 'Z': ()}
    """
    found: dict[str, list[str]] = {}
    for causes, effects in _edges(graph) if isinstance(graph, str) else _arrows(graph):
        for node in (*causes, *effects):
            found.setdefault(node, [])
        for effect in effects:
            found[effect] += [cause for cause in causes if cause not in found[effect]]
    if not found:
        raise InputError("the graph has no node; give such as 'G -> Y; G, Y -> X'")
    try:
        graphlib.TopologicalSorter(found).prepare()
    except graphlib.CycleError as error:
        raise InputError(
            f"the graph runs in a circle: {' <- '.join(map(str, error.args[1]))}; take an arrow out"
        ) from error
    return {node: tuple(causes) for node, causes in found.items()}


def _arrows(graph: Mapping[str, str | Sequence[str]]) -> list[tuple[Sequence[str], list[str]]]:
    # a name by itself is one parent, not its letters
    return [([causes] if causes and isinstance(causes, str) else causes, [effect]) for effect, causes in graph.items()]


def _edges(text: str) -> list[tuple[list[str], list[str]]]:
    edges = []
    for part in filter(None, (part.strip() for part in re.split(r"[;\n]", text))):
        sides = [[name.strip() for name in side.split(",")] for side in part.split("->")]
        if len(sides) > 2 or not all(name for side in sides for name in side):
            raise InputError(f"the graph says {part!r}; expected such as 'G, Y -> X', arrows parted by semicolons")
        edges.append((sides[0], sides[1] if len(sides) == 2 else []))
    return edges
