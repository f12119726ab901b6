from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng, wilson
from weigh.ops.selected_neglected import effective_number, preference, preference_interval, steered, tally

N_LABELS = 4


@st.composite
def cases(draw, n_options=2):
    """Shares of random decisions, and where random labels occur."""
    n = draw(st.integers(1, 8))
    given = st.lists(st.floats(0, 1), min_size=n, max_size=n)
    first = np.array(draw(given))
    share = np.column_stack([first, 1 - first])
    k = draw(st.integers(1, 20))
    item = draw(st.lists(st.integers(0, n - 1), min_size=k, max_size=k))
    option = draw(st.lists(st.integers(0, n_options - 1), min_size=k, max_size=k))
    label = draw(st.lists(st.integers(0, N_LABELS - 1), min_size=k, max_size=k))
    return share, item, option, label


@given(cases())
@settings(max_examples=60, deadline=None)
def test_selected_and_neglected_together_are_the_number_of_labels(case):
    s, n = tally(*case, n_labels=N_LABELS)
    np.testing.assert_allclose(s + n, np.bincount(case[3], minlength=N_LABELS), atol=1e-9)


@given(cases())
@settings(max_examples=60, deadline=None)
def test_exchanging_all_decisions_negates_every_score(case):
    share, *where = case
    before = preference(*tally(share, *where, n_labels=N_LABELS))
    after = preference(*tally(share[:, ::-1], *where, n_labels=N_LABELS))
    np.testing.assert_allclose(after, -before, atol=1e-9)


@given(cases())
@settings(max_examples=60, deadline=None)
def test_everything_twice_changes_no_score(case):
    share, item, option, label = case
    once = preference(*tally(*case, n_labels=N_LABELS))
    twice = tally(
        np.vstack([share, share]), [*item, *(i + len(share) for i in item)], option * 2, label * 2, n_labels=N_LABELS
    )
    np.testing.assert_allclose(preference(*twice), once, atol=1e-9)
    weighted = tally(*case, n_labels=N_LABELS, weight=np.full(len(share), 2.0))
    np.testing.assert_allclose(preference(*weighted), once, atol=1e-9)


def test_scores_are_those_of_counting_by_hand():
    labels = [[["a", "b"], ["b", "b", "c"]], [["c"], ["a"]], [["a"], ["a"]]]
    chosen, s, n = [0, 1, 1], dict.fromkeys("abc", 0), dict.fromkeys("abc", 0)
    item, option, label = [], [], []
    for i, options in enumerate(labels):
        for o, names in enumerate(options):
            for name in names:
                (s if o == chosen[i] else n)[name] += 1
                item, option, label = [*item, i], [*option, o], [*label, "abc".index(name)]
    found = tally(np.eye(2)[chosen], item, option, label, n_labels=4)
    assert found.selected.tolist() == [*s.values(), 0]
    assert found.neglected.tolist() == [*n.values(), 0]
    wanted = [100 * (s[name] - n[name]) / (s[name] + n[name]) for name in "abc"]
    np.testing.assert_allclose(preference(*found), [*wanted, np.nan])


def test_an_item_without_weight_counts_for_nothing():
    found = tally([[1, 0], [0, 1]], [0, 1], [0, 0], [0, 0], n_labels=1, weight=[1.0, 0.0])
    assert found.selected.tolist() == [1.0]
    assert found.neglected.tolist() == [0.0]


def test_one_occurrence_a_cluster_is_one_observation_each():
    assert effective_number(range(7), [0] * 7, n_labels=2).tolist() == [7.0, 0.0]
    # the same clusters twice over hold no more than once
    assert effective_number([*range(7), *range(7)], [0] * 14, n_labels=1).tolist() == [7.0]
    assert effective_number([0, 0, 0, 0, 1], [0] * 5, n_labels=1)[0] == pytest.approx(25 / 17)


def test_intervals_are_wilsons_and_hold_the_score():
    s, n = np.array([3.0, 0.0, 5.0, 0.0]), np.array([1.0, 4.0, 0.0, 0.0])
    low, high = preference_interval(s, n, s + n)
    want = wilson(s, s + n)
    np.testing.assert_allclose(low, 200 * want.low - 100)
    np.testing.assert_allclose(high, 200 * want.high - 100)
    score = preference(s, n)[:3]
    assert (low[:3] <= score).all()
    assert (score <= high[:3]).all()
    assert (low[3], high[3]) == (-100, 100)


def test_the_interval_holds_where_labels_come_in_clumps():
    # a label stands 1 to 6 times on one option of a dilemma, which is chosen with probability .7
    stream, hits, n_runs = rng(0, "clumps"), 0, 400
    for _ in range(n_runs):
        size = stream.integers(1, 7, 30)
        chosen = stream.random(30) < 0.7
        item = np.repeat(np.arange(30), size)
        share = np.column_stack([chosen, ~chosen]).astype(float)
        found = tally(share, item, np.zeros_like(item), np.zeros_like(item), n_labels=1)
        low, high = preference_interval(*found, effective_number(item, np.zeros_like(item), n_labels=1))
        hits += low[0] <= 40 <= high[0]
    assert hits / n_runs >= 0.92


@given(cases(), st.lists(st.floats(-5, 5), min_size=16, max_size=16))
@settings(max_examples=60, deadline=None)
def test_net_is_antisymmetric_and_moves_twice_as_far_as_selected(case, worth):
    share = case[0]
    worths = np.array(worth).reshape(8, 2)[: len(share)]
    one, other = steered(share, worths), steered(share[:, ::-1], worths)
    assert other.net == pytest.approx(-one.net, abs=1e-9)
    assert one.total == other.total
    assert one.net - other.net == pytest.approx(2 * (one.selected - other.selected), abs=1e-9)


@pytest.mark.parametrize(
    "broken",
    [
        {"share": [1.0, 0.0]},
        {"share": [[2.0, 0.0]]},
        {"share": [[np.nan, 0.0]]},
        {"item": [1]},
        {"item": [0.5]},
        {"option": [2]},
        {"label": [3]},
        {"item": [0, 0]},
        {"weight": [-1.0]},
        {"weight": [np.nan]},
        {"weight": [1.0, 1.0]},
    ],
)
def test_what_does_not_fit_is_refused(broken):
    sound = {"share": [[1.0, 0.0]], "item": [0], "option": [0], "label": [0]}
    with pytest.raises(InputError, match="expected"):
        tally(**{**sound, **broken}, n_labels=1)


@pytest.mark.parametrize("weight", [[1.0], [1.0, -1.0], [1.0, np.nan]])
def test_an_effective_number_needs_a_weight_an_occurrence(weight):
    with pytest.raises(InputError, match="weight has shape"):
        effective_number([0, 1], [0, 0], n_labels=1, weight=weight)


def test_worth_needs_the_shape_of_share():
    for worth in ([[1.0]], [[1.0, np.inf]]):
        with pytest.raises(InputError, match="worth has shape"):
            steered([[1.0, 0.0]], worth)
