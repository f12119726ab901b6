from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.paired_proportions import paired_proportions


def of_table(both: int, only_other: int, only_first: int, neither: int):
    first = [1] * both + [0] * only_other + [1] * only_first + [0] * neither
    other = [1] * both + [1] * only_other + [0] * only_first + [0] * neither
    return paired_proportions(first, other)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [((36, 12, 2, 0), 0.0569, 0.3404), ((54, 0, 0, 0), -0.0664, 0.0664), ((53, 1, 0, 0), -0.0496, 0.0977)],
)
def test_newcombes_own_tables(table, low, high):
    found = of_table(*table)
    assert found.estimate == pytest.approx((table[1] - table[2]) / sum(table))
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


shares = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 3)), min_size=1, max_size=12)


@given(shares)
@settings(max_examples=80, deadline=None)
def test_the_interval_holds_the_difference_has_a_width_and_turns_with_the_runs(rows):
    x, y, w = np.array(rows).T
    found, back = paired_proportions(x, y, w), paired_proportions(y, x, w)
    assert -1 <= found.low <= found.estimate <= found.high <= 1
    assert found.high > found.low
    np.testing.assert_allclose(
        [back.estimate, back.low, back.high], [-found.estimate, -found.high, -found.low], atol=1e-9
    )


@given(shares, st.floats(0.1, 10))
@settings(max_examples=30, deadline=None)
def test_only_ratios_of_weights_count(rows, factor):
    x, y, w = np.array(rows).T
    np.testing.assert_allclose(paired_proportions(x, y, w), paired_proportions(x, y, factor * w), atol=1e-9)


@pytest.mark.parametrize("n", [6, 25])
def test_it_covers_the_truth(n):
    stream, hits, n_runs = rng(0, "coverage", n), 0, 500
    true = 0.2 * (0.4 - 0.6)
    for _ in range(n_runs):
        x = stream.random(n) < 0.6
        y = np.where(stream.random(n) < 0.2, ~x, x)
        found = paired_proportions(x, y)
        hits += found.low <= true <= found.high
    assert hits / n_runs >= 0.94


@pytest.mark.parametrize(
    ("x", "y", "w"),
    [([], [], None), ([1], [1, 0], None), ([2], [0], None), ([np.nan], [0], None), ([1], [0], [0]), ([1], [0], [-1])],
)
def test_what_cannot_be_used_is_refused(x, y, w):
    with pytest.raises(InputError, match="need"):
        paired_proportions(x, y, w)
