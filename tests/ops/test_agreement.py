"""Agreement: worked examples of Fleiss' κ and of the intraclass correlation, their ends, and the split of squares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.ops.agreement import fleiss_kappa, intraclass_correlation, split_by_group

# the example that textbooks and Wikipedia work through: P̄ = .378, κ = .210
FOURTEEN = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip
# six targets and four judges of Shrout & Fleiss (1979), whose ICC(2,1) is .29
TARGETS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def test_known_kappa():
    found = fleiss_kappa(FOURTEEN)
    assert found.observed == pytest.approx(0.378, abs=5e-4)
    assert found.kappa == pytest.approx(0.210, abs=5e-4)


def test_full_agreement_is_one_and_constant_raters_have_no_kappa():
    assert fleiss_kappa([[3, 0], [0, 3]]) == (1.0, 1.0)
    found = fleiss_kappa([[3, 0], [3, 0]])
    assert found.observed == 1.0
    assert np.isnan(found.kappa)


def test_raters_who_always_differ_are_below_chance():
    assert fleiss_kappa([[1, 1], [1, 1]]).kappa == pytest.approx(-1.0)


def test_order_of_things_and_classes_does_not_matter():
    counts = np.array(FOURTEEN)
    assert fleiss_kappa(counts[::-1, ::-1]) == pytest.approx(fleiss_kappa(counts))


@pytest.mark.parametrize("counts", [[], [[1, 0], [0, 1]], [[2, 0], [1, 2]], [[-1, 3]], [[np.nan, 2]], [2, 1]])
def test_what_are_no_ratings_is_refused(counts):
    with pytest.raises(InputError):
        fleiss_kappa(counts)


def test_known_correlation():
    assert intraclass_correlation(np.array(TARGETS).T) == pytest.approx(0.2898, abs=5e-4)


def test_ends_of_the_correlation():
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
    # 0.1 three times has a mean that is a rounding error off it
    for alike in (1.0, 0.1):
        assert np.isnan(split_by_group(np.full((3, 2), alike), [0, 0, 1]).eta_squared())
        assert np.isnan(intraclass_correlation(np.full((3, 3), alike)))


@pytest.mark.parametrize("bad", [[[1.0]], [[1.0, 2.0]], [[1.0, np.nan], [1.0, 2.0]], [1.0, 2.0]])
def test_what_is_no_table_is_refused(bad):
    with pytest.raises(InputError):
        intraclass_correlation(bad)
    with pytest.raises(InputError):
        split_by_group([[1.0], [2.0]], [0])
