"""Whole numbers are taken as they are, and nothing else is made into one."""

from __future__ import annotations

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.ops.clouds import mixture_clouds
from weigh.ops.coalitions import joined
from weigh.ops.comparison_graph import linkage
from weigh.ops.opinion_dynamics import make_ties
from weigh.ops.packages import moves, options_of
from weigh.ops.pagerank import pagerank
from weigh.ops.whole_numbers import whole_numbers


@pytest.mark.parametrize("given", [[0, 2, 1], np.array([0, 2, 1], dtype=np.uint8)])
def test_whole_numbers_are_kept(given):
    found = whole_numbers("places", given, 3)
    assert found.tolist() == [0, 2, 1]
    assert found.dtype == np.int64


def test_none_are_none_whatever_their_type():
    assert whole_numbers("places", [], 0).dtype == np.int64


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([0.0, 1.0], "float64; expected one row of whole numbers"),
        ([True, False], "bool"),
        (["0"], "whole numbers"),
        ([[0]], "shape"),
        (3, "shape"),
        ([0, -1], "from -1 to 0; expected whole numbers from 0 to 4"),
        ([5, 0], "from 0 to 5"),
    ],
)
def test_what_are_no_places_is_refused(given, says):
    with pytest.raises(InputError, match=says):
        whole_numbers("places", given, 5)


@pytest.mark.parametrize(
    "call",
    [
        lambda: pagerank(3, [0.9], [1]),
        lambda: linkage(3, [0], [1.5]),
        lambda: linkage(3, [0], [3]),
        lambda: make_ties([0], [1.5], n=3),
        lambda: mixture_clouds([0.5], [1.0], [0.0], [1.0], 1),
        lambda: options_of([0.0, 1.0]),
        lambda: moves([0, 0], [0.5]),
        lambda: joined(lambda masks: masks.sum(axis=1), [0.5, 1.0]),
    ],
)
def test_no_fraction_becomes_a_place(call):
    with pytest.raises(InputError, match="whole numbers"):
        call()
