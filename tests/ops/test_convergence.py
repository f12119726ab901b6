from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.convergence import convergence, utility_map


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_the_cosine_of_centred_utilities_is_their_correlation(seed):
    u = rng(seed, "utilities").standard_normal((3, 8))
    u -= u.mean(axis=1, keepdims=True)
    found = convergence(list(u))
    np.testing.assert_allclose(found.cosine, found.correlation, atol=1e-12)
    np.testing.assert_allclose(found.correlation, np.corrcoef(u), atol=1e-12)
    assert (found.low <= found.correlation).all()


def test_units_and_zeros_change_no_correlation_and_no_spread():
    u = rng(0, "utilities").standard_normal((3, 8))
    other = convergence([3 * u[0] + 1, u[1], 0.1 * u[2] - 5])
    np.testing.assert_allclose(other.correlation, convergence(list(u)).correlation, atol=1e-12)
    np.testing.assert_allclose(other.spread, convergence(list(u)).spread, atol=1e-12)


def test_a_judge_without_preferences_correlates_with_nobody():
    found = convergence([[1.0, 0.0, -1.0], [0.0, 0.0, 0.0]])
    assert np.isnan(found.correlation[0, 1])
    assert np.isnan(found.mean)
    assert (found.low[0, 1], found.high[0, 1]) == (-1, 1)


@pytest.mark.parametrize("constant", [0.0, 0.1])
def test_a_judge_without_preferences_adds_no_spread(constant):
    # the mean of three times 0.1 is a rounding error off 0.1
    u = rng(2, "utilities").standard_normal((3, 3))
    found = convergence([*u, np.full(3, constant)])
    np.testing.assert_array_equal(found.spread, convergence(list(u)).spread)


def test_the_map_is_that_of_principal_components():
    u = rng(1, "utilities").standard_normal((6, 9))
    found, peer = utility_map(list(u)), PCA(2).fit(u)
    np.testing.assert_allclose(np.abs(found.points), np.abs(peer.transform(u)), atol=1e-9)
    np.testing.assert_allclose(found.explained, peer.explained_variance_ratio_, atol=1e-9)
    assert found.distance[0, 1] == pytest.approx(np.sqrt(((u[0] - u[1]) ** 2).mean()))
    assert (found.directions.max(axis=1) >= -found.directions.min(axis=1)).all()


def test_two_judges_lie_on_a_line_and_equal_ones_on_a_point():
    line = utility_map([[1.0, 0.0], [0.0, 1.0]])
    assert line.explained.tolist() == [pytest.approx(1), 0]
    assert not utility_map([[1.0, 0.0], [1.0, 0.0]]).points.any()


@pytest.mark.parametrize(
    "utilities", [[], [[1.0, 2.0]], [[1.0, 2.0], [1.0]], [[1.0], [2.0]], [[1.0, np.nan], [1.0, 2.0]]]
)
def test_what_cannot_be_compared_is_refused(utilities):
    for function in (convergence, utility_map):
        with pytest.raises(InputError):
            function(utilities)
