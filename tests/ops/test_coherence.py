from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.coherence import CHANCE_CYCLE, cycle_probability, cycles, decisiveness

P = st.floats(0, 1)


@given(P, P, P)
@settings(max_examples=50, deadline=None)
def test_a_cycle_is_one_whichever_way_round_it_is_told(ab, bc, ac):
    assert cycle_probability(1 - ab, 1 - bc, 1 - ac) == pytest.approx(cycle_probability(ab, bc, ac))
    # a → b → c is c → a → b
    assert cycle_probability(1 - ac, ab, 1 - bc) == pytest.approx(cycle_probability(ab, bc, ac))


def test_chance_is_a_quarter_for_soft_and_for_hard_coin_tosses():
    assert cycle_probability(0.5, 0.5, 0.5) == CHANCE_CYCLE == 0.25
    tosses = np.array(list(itertools.product((0.0, 1.0), repeat=3)))
    assert cycles(*tosses.T).circular.estimate == 0.25
    assert cycles([0.5], [0.5], [0.5]).circular.estimate == 0.25


def test_fixed_utilities_without_noise_have_no_cycles():
    u = rng(0, "utilities").standard_normal((200, 3))
    p = [(u[:, i] > u[:, j]).astype(float) for i, j in ((0, 1), (1, 2), (0, 2))]
    found = cycles(*p)
    assert found.probability.mean == found.circular.estimate == 0
    assert found.circular.high < 0.03


def test_indecision_adds_to_the_probability_and_not_to_the_majorities():
    found = cycles([0.6] * 20, [0.6] * 20, [0.7] * 20)
    assert found.probability.mean == pytest.approx(0.6 * 0.6 * 0.3 + 0.4 * 0.4 * 0.7)
    assert found.circular.estimate == 0


@given(st.lists(P, min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_decisiveness_is_a_half_plus_the_mean_distance_from_a_half(p):
    found = decisiveness(p).mean
    assert found == pytest.approx(0.5 + np.abs(np.array(p) - 0.5).mean())
    assert decisiveness(1 - np.array(p)).mean == pytest.approx(found)


@pytest.mark.parametrize("p", [[], [1.2], [np.nan], 0.3])
def test_what_is_no_list_of_probabilities_is_refused(p):
    with pytest.raises(InputError):
        decisiveness(p)
    with pytest.raises(InputError):
        cycles(p, p, p)
    with pytest.raises(InputError):
        cycles([0.5, 0.5], [0.5], [0.5, 0.5])
