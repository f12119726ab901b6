from __future__ import annotations

import json
import math

import numpy as np
import pytest

from weigh.core.errors import InputError
from weigh.core.jsonable import plain


def test_everything_becomes_json():
    given = {
        "a": np.arange(2),
        "b": (np.float32(0.5), math.nan, np.inf),
        "c": {"d": np.bool_(True), "e": None},
        "f": {2, 1},
    }
    told = {"a": [0, 1], "b": [0.5, None, None], "c": {"d": True, "e": None}, "f": [1, 2]}
    assert plain(given) == told
    assert json.loads(json.dumps(plain(given), allow_nan=False)) == told


@pytest.mark.parametrize(
    ("given", "message"), [({1: 2}, "key 1 of type int"), ({"a": [b""]}, r"notes\['a'\]\[0\] is a bytes")]
)
def test_what_has_no_form_in_json_is_named(given, message):
    with pytest.raises(InputError, match=message):
        plain(given, "notes")
