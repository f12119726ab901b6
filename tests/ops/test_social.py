"""Measures of how a group fares."""

from __future__ import annotations

import math

import pytest

from weigh.core.errors import InputError
from weigh.ops.social import social_metrics


def test_known_answers():
    # one member takes all, at the last of four steps
    found = social_metrics([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [8.0, 0.0]])
    assert found.efficiency == 2.0
    assert found.equality == 0.5
    assert found.sustainability == 3.0


def test_what_has_no_meaning_is_nan():
    nobody = social_metrics([[0.0, 0.0]])
    assert nobody.efficiency == 0.0
    assert math.isnan(nobody.equality)
    assert math.isnan(nobody.sustainability)
    assert math.isnan(social_metrics([[2.0, -1.0]]).equality)


@pytest.mark.parametrize("bad", [[], [1.0, 2.0], [[float("nan")]], [[]]])
def test_what_is_no_episode_is_refused(bad):
    with pytest.raises(InputError):
        social_metrics(bad)
