"""Graphs of causes, as text and as mappings."""

from __future__ import annotations

import pytest

from weigh.core.errors import InputError
from weigh.ops.causal_graph import parents_of


def test_text_and_mapping_say_the_same():
    text = parents_of("G -> Y ;\n G, Y -> X1, X2; G -> X1")
    mapping = parents_of({"Y": ["G"], "X1": ["G", "Y"], "X2": ("G", "Y")})
    assert parents_of({"Y": "Gene"}) == {"Gene": (), "Y": ("Gene",)}
    assert text == mapping == {"G": (), "Y": ("G",), "X1": ("G", "Y"), "X2": ("G", "Y")}


def test_nodes_may_stand_alone():
    assert parents_of("a; b") == parents_of({"a": [], "b": []}) == {"a": (), "b": ()}


@pytest.mark.parametrize(
    ("graph", "says"),
    [
        ("", "no node"),
        ({}, "no node"),
        ("a -> b -> c", "a -> b -> c"),
        ("a, -> b", "a, -> b"),
        ("-> b", "-> b"),
        ("a -> b; b -> c; c -> a", "circle"),
        ({"a": ["a"]}, "circle"),
    ],
)
def test_what_is_no_graph_is_refused(graph, says):
    with pytest.raises(InputError, match=says):
        parents_of(graph)
