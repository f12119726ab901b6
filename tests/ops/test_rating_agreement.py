"""Agreement in numbers: Shrout and Fleiss' example, and the split of squares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.ops.rating_agreement import intraclass_correlation, split_by_group

# six targets and four judges of Shrout & Fleiss (1979), whose ICC(2,1) is .29
TARGETS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def test_known_answer():
    assert intraclass_correlation(np.array(TARGETS).T) == pytest.approx(0.2898, abs=5e-4)


def test_ends():
    assert intraclass_correlation([[1, 2, 3], [1, 2, 3]]) == pytest.approx(1.0)
    assert np.isnan(intraclass_correlation([[2, 2], [2, 2]]))
    # absolute agreement: a rater who always gives more agrees less
    assert intraclass_correlation([[1, 2, 3], [3, 4, 5]]) < 0.5


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_squares_add_up_and_moving_all_changes_nothing(seed):
    chance = np.random.default_rng(seed)
    x, group = chance.normal(size=(9, 3)), chance.integers(0, 3, 9)
    split = split_by_group(x, group)
    inside = sum(((x[group == g] - x[group == g].mean(axis=0)) ** 2).sum(axis=0) for g in np.unique(group))
    np.testing.assert_allclose(split.between + inside, split.total)
    assert split_by_group(x + 7, group).eta_squared() == pytest.approx(split.eta_squared())
    assert split_by_group(3 * x, group).eta_squared() == pytest.approx(split.eta_squared())


def test_missing_ratings_are_left_out():
    x = np.array([[1.0, 5.0], [3.0, np.nan], [5.0, 1.0], [7.0, np.nan]])
    split = split_by_group(x, np.array([0, 0, 1, 1]))
    assert split.between.tolist() == [16.0, 8.0]
    assert split.total.tolist() == [20.0, 8.0]


def test_groups_by_chance_have_g_less_one_by_n_less_one():
    chance = np.random.default_rng(0)
    x = chance.normal(size=(20, 1))
    drawn = [split_by_group(x, chance.permutation(np.repeat(np.arange(4), 5))).eta_squared() for _ in range(2000)]
    assert np.mean(drawn) == pytest.approx(3 / 19, abs=0.01)


def test_all_alike_has_no_share():
    assert np.isnan(split_by_group([[1.0], [1.0]], [0, 1]).eta_squared())


@pytest.mark.parametrize("bad", [[[1.0]], [[1.0, 2.0]], [[1.0, np.nan], [1.0, 2.0]], [1.0, 2.0]])
def test_what_is_no_table_is_refused(bad):
    with pytest.raises(InputError):
        intraclass_correlation(bad)
    with pytest.raises(InputError):
        split_by_group([[1.0], [2.0]], [0])
