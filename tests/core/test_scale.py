from __future__ import annotations

import pytest

from weigh.core.errors import InputError, ScaleError
from weigh.core.scale import Scale


def test_two_scales_that_meet_are_both_named():
    money, odds = Scale("ratio", "positive", "USD"), Scale("interval", "real", "log-odds")
    money.require(Scale("ratio", "positive", "USD"))
    with pytest.raises(ScaleError, match=r"pooling needs one scale.*USD.*log-odds.*rankings"):
        money.require(odds, "pooling")


def test_levels_are_ordered():
    Scale("ratio").at_least("interval", "a contrast")
    with pytest.raises(ScaleError, match="a contrast needs at least an interval scale"):
        Scale("ordinal").at_least("interval", "a contrast")


@pytest.mark.parametrize("given", [("nominal",), ("ratio", "circle"), ("ratio", "real", 3)])
def test_unknown_kinds_are_refused(given):
    with pytest.raises(InputError, match="expected"):
        Scale(*given)
