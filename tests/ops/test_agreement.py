"""Fleiss' κ: the worked example of ten things and fourteen raters, and its ends."""

from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.ops.agreement import fleiss_kappa

# the example that textbooks and Wikipedia work through: P̄ = .378, κ = .210
FOURTEEN = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def test_known_answer():
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
    given = np.array(FOURTEEN)
    assert fleiss_kappa(given[::-1, ::-1]) == pytest.approx(fleiss_kappa(given))


@pytest.mark.parametrize("counts", [[], [[1, 0], [0, 1]], [[2, 0], [1, 2]], [[-1, 3]], [[np.nan, 2]], [2, 1]])
def test_what_are_no_ratings_is_refused(counts):
    with pytest.raises(InputError):
        fleiss_kappa(counts)
