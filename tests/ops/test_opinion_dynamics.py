from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops import opinion_dynamics
from weigh.ops.opinion_dynamics import Ties, among, draw_meetings, heard_friends, make_ties, pairwise, synchronous

few = settings(max_examples=25, deadline=None)


def network(seed: int, n: int = 12, weighted: bool = False) -> tuple[Ties, np.ndarray]:
    graph = nx.connected_watts_strogatz_graph(n, 4, 0.3, seed=seed)
    edges = np.array(graph.edges())
    w = rng(seed, "w").uniform(0.2, 3, len(edges)) if weighted else None
    return make_ties(edges[:, 0], edges[:, 1], w, n=n), rng(seed, "x").random(n)


def by_hand(x, ties, epsilon, mu):
    out = x.copy()
    for i in range(ties.n):
        friends = [(w, x[s]) for s, t, w in zip(ties.source, ties.target, ties.weight, strict=True) if t == i]
        near = [(w, other - x[i]) for w, other in friends if abs(other - x[i]) <= epsilon]
        if near:
            out[i] += mu * sum(w * gap for w, gap in near) / sum(w for w, _ in near)
    return out


@given(st.integers(0, 200), st.floats(0, 1), st.floats(0, 1))
@few
def test_it_is_what_its_formula_says_and_stays_in_the_range(seed, epsilon, mu):
    ties, x = network(seed, weighted=True)
    once = synchronous(x, ties, epsilon, mu)
    np.testing.assert_allclose(once, by_hand(x, ties, epsilon, mu), atol=1e-12)
    twice = synchronous(x, ties, epsilon, mu, steps=2)
    np.testing.assert_allclose(twice, by_hand(once, ties, epsilon, mu), atol=1e-12)
    for after in (twice, pairwise(x, draw_meetings(ties, 3, rng=rng(seed, "m")), epsilon, mu)):
        assert x.min() - 1e-12 <= after.min() <= after.max() <= x.max() + 1e-12


@given(st.integers(0, 200), st.floats(0, 1), st.floats(0, 1))
@few
def test_two_at_a_time_keep_the_mean(seed, epsilon, mu):
    ties, x = network(seed)
    after = pairwise(x, draw_meetings(ties, 4, rng=rng(seed, "m")), epsilon, mu)
    assert after.mean() == pytest.approx(x.mean(), abs=1e-12)


@given(st.integers(0, 100))
@few
def test_a_shift_of_all_is_a_shift(seed):
    ties, x = network(seed)
    np.testing.assert_allclose(
        synchronous(x + 3, ties, 0.3, 0.5, steps=3), synchronous(x, ties, 0.3, 0.5, steps=3) + 3, atol=1e-9
    )


def test_a_connected_graph_that_hears_all_comes_to_agree():
    ties, x = network(1)
    assert np.ptp(synchronous(x, ties, 1.0, 0.5, steps=400)) < 1e-8
    assert np.ptp(pairwise(x, draw_meetings(ties, 400, rng=rng(0, "m")), 1.0, 0.5)) < 1e-8


def test_nobody_moves_without_confidence_or_without_friends():
    ties, x = network(2)
    np.testing.assert_array_equal(synchronous(x, ties, 0.0, 1.0), x)
    np.testing.assert_array_equal(synchronous(x, ties, 1.0, 0.0, steps=9), x)
    np.testing.assert_array_equal(synchronous(x, ties, 1.0, 1.0, steps=0), x)
    alone = make_ties([0], [1], n=3)
    assert synchronous([0.0, 1.0, 0.5], alone, 1.0, 0.5).tolist() == [0.5, 0.5, 0.5]
    assert synchronous([0.2, 0.9], make_ties([], [], n=2), 1.0, 1.0).tolist() == [0.2, 0.9]


def test_two_friends_who_go_all_the_way_change_places_for_ever():
    pair = make_ties([0], [1], n=2)
    assert synchronous([0.0, 1.0], pair, 1.0, 1.0, steps=3).tolist() == [1.0, 0.0]


def test_many_runs_are_the_same_as_one_by_one(monkeypatch):
    ties, x = network(3)
    e, m = np.array([0.1, 0.4, 1.0]), np.array([0.2, 0.9, 0.5])
    meetings = draw_meetings(ties, 2, rng=rng(0, "m"))
    together = synchronous(x, ties, e, m, steps=2), pairwise(x, meetings, e, m)
    for run in range(3):
        np.testing.assert_array_equal(together[0][run], synchronous(x, ties, e[run], m[run], steps=2))
        np.testing.assert_array_equal(together[1][run], pairwise(x, meetings, e[run], m[run]))
    monkeypatch.setattr(opinion_dynamics, "CELLS", 1)
    np.testing.assert_array_equal(synchronous(x, ties, e, m, steps=2), together[0])


def test_ties_are_heard_both_ways_and_add_up():
    ties = make_ties([0, 1, 1], [1, 0, 2], [1.0, 2.0, 0.0], n=3)
    assert (ties.source.tolist(), ties.target.tolist(), ties.weight.tolist()) == ([1, 0], [0, 1], [3.0, 3.0])
    part = among(make_ties([0, 1], [1, 3], n=4), np.array([False, True, True, True]))
    assert (part.source.tolist(), part.target.tolist(), part.n) == ([2, 0], [0, 2], 3)


def test_heavier_ties_meet_more_often():
    ties = make_ties([0, 1], [1, 2], [1.0, 9.0], n=3)
    drawn = draw_meetings(ties, 1000, rng=rng(0, "m"))
    assert np.mean([pair == (1, 2) for pair in drawn]) == pytest.approx(0.9, abs=0.03)


def test_what_is_heard():
    ties = make_ties([0, 0, 0], [1, 2, 3], n=5)
    mean, count = heard_friends([0.5, 0.6, 0.3, 1.0, 0.9], ties, 0.25)
    np.testing.assert_allclose(mean, [0.45, 0.5, 0.5, 1.0, 0.9])
    assert count.tolist() == [2, 1, 1, 0, 0]


def test_bad_input_is_refused():
    ties, x = network(4)
    for e, m in ((-0.1, 0.5), (0.5, 1.1), (np.nan, 0.5)):
        with pytest.raises(InputError, match="epsilon"):
            synchronous(x, ties, e, m)
    with pytest.raises(InputError, match="opinions"):
        synchronous(x[:-1], ties, 0.5, 0.5)
    with pytest.raises(InputError, match="opinions"):
        pairwise(np.full(3, np.nan), [], 0.5, 0.5)
    with pytest.raises(InputError, match="steps"):
        synchronous(x, ties, 0.5, 0.5, steps=-1)
    for left, right, w in (([0], [0], None), ([0], [9], None), ([0], [1], [-1.0]), ([0], [1, 2], None)):
        with pytest.raises(InputError):
            make_ties(left, right, w, n=3)
