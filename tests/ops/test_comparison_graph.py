from __future__ import annotations

import numpy as np

from weigh.ops.comparison_graph import linkage


def test_a_chain_of_wins_links_but_does_not_bound():
    found = linkage(3, [0, 1], [1, 2])
    assert (found.n_components, found.n_strong, found.bounded) == (1, 3, False)


def test_a_circle_of_wins_bounds():
    found = linkage(3, [0, 1, 2], [1, 2, 0])
    assert (found.n_components, found.n_strong, found.bounded) == (1, 1, True)


def test_items_that_were_never_compared_stand_alone():
    found = linkage(4, [0, 1], [1, 0])
    assert found.component.tolist() == [0, 0, 1, 2]
    assert found.bounded


def test_projection_onto_shifts():
    same = linkage(5, [0, 3, 4], [2, 4, 3]).same()
    np.testing.assert_allclose(same @ same, same, atol=1e-15)
    np.testing.assert_allclose(same @ np.ones(5), np.ones(5))
    assert same[0, 2] == 0.5
    assert same[0, 3] == 0
    assert same[1, 1] == 1


def test_nothing_compared():
    assert linkage(3, [], []).n_components == 3
