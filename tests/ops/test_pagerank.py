"""PageRank: the leak is a constant, networkx agrees, and weights and edges mean what they say."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.ops.pagerank import pagerank


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 8))
    node = st.integers(0, n - 1)
    edges = draw(st.lists(st.tuples(node, node, st.floats(0.01, 10)), max_size=20, unique_by=lambda edge: edge[:2]))
    return n, edges, draw(st.floats(0, 0.95))


def ends(edges):
    return [a for a, _, _ in edges], [b for _, b, _ in edges], [w for _, _, w in edges]


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_the_leaky_rank_is_the_other_one_times_a_constant(graph):
    n, edges, damping = graph
    whole = pagerank(n, *ends(edges), damping=damping)
    leaky = pagerank(n, *ends(edges), damping=damping, leak=True)
    assert whole.sum() == pytest.approx(1)
    assert leaky.sum() <= 1 + 1e-9
    np.testing.assert_allclose(leaky / leaky.sum(), whole, atol=1e-12)


@given(graphs())
@settings(max_examples=30, deadline=None)
def test_networkx_spreads_dangling_mass_evenly_and_agrees(graph):
    n, edges, damping = graph
    net = nx.DiGraph()
    net.add_nodes_from(range(n))
    net.add_weighted_edges_from(edges)
    theirs = nx.pagerank(net, alpha=damping, tol=1e-13, max_iter=5000)
    np.testing.assert_allclose(pagerank(n, *ends(edges), damping=damping), [theirs[at] for at in range(n)], atol=1e-9)


@given(graphs())
@settings(max_examples=30, deadline=None)
def test_the_leaky_rank_solves_its_equation(graph):
    n, edges, damping = graph
    w = np.zeros((n, n))
    for a, b, weight in edges:
        w[a, b] = weight
    out = w.sum(axis=1, keepdims=True)
    share = np.divide(w, out, out=np.zeros_like(w), where=out > 0)
    exact = np.linalg.solve(np.eye(n) - damping * share.T, np.full(n, (1 - damping) / n))
    np.testing.assert_allclose(pagerank(n, *ends(edges), damping=damping, leak=True), exact, atol=1e-11)


def test_many_graphs_at_once_are_each_alone():
    source, target = [0, 1, 2, 2], [1, 2, 0, 1]
    weight = np.random.default_rng(0).uniform(0, 1, (2, 3, 4))
    together = pagerank(4, source, target, weight)
    assert together.shape == (2, 3, 4)
    for at in np.ndindex(2, 3):
        np.testing.assert_allclose(together[at], pagerank(4, source, target, weight[at]), atol=1e-11)


def test_no_edges_no_damping_and_weights_of_zero_leave_all_alike():
    even = np.full(3, 1 / 3)
    np.testing.assert_allclose(pagerank(3, [], []), even)
    np.testing.assert_allclose(pagerank(3, [0, 1], [1, 2], damping=0), even)
    np.testing.assert_allclose(pagerank(3, [0, 1], [1, 2], [0, 0]), even)
    np.testing.assert_allclose(pagerank(1, [0], [0]), [1.0])


def test_only_ratios_of_weights_count_and_an_edge_twice_counts_twice():
    plain = pagerank(3, [0, 0], [1, 2], [2, 1])
    np.testing.assert_allclose(pagerank(3, [0, 0], [1, 2], [2e-300, 1e-300]), plain)
    np.testing.assert_allclose(pagerank(3, [0, 0, 0], [1, 1, 2]), plain)


@pytest.mark.parametrize(
    "bad",
    [
        {"n_nodes": 0},
        {"source": [0, 3]},
        {"source": [0.5, 1.0]},
        {"target": [1]},
        {"weight": [1, -1]},
        {"weight": [1, np.nan]},
        {"damping": 1.0},
        {"tolerance": 0.0},
    ],
)
def test_what_is_no_graph_is_refused(bad):
    given = {"n_nodes": 3, "source": [0, 1], "target": [1, 2], **bad}
    with pytest.raises(InputError):
        pagerank(**given)
