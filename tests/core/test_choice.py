from __future__ import annotations

import json
import math

import numpy as np
import pytest

from weigh.core.choice import Choice
from weigh.core.errors import InputError
from weigh.core.finding import Finding

FOUND = {"name": "controls", "claim": "x", "value": 0.5, "threshold": 0.8, "passed": False, "severity": "error"}


def test_reasons_stand_by_weight():
    choice = Choice(("bus",), np.float64(0.7), "≤ 3 USD", [("slow", -0.5), ("cheap", 0.8), ("green", 0.1)])
    assert [text for text, _ in choice.reasons] == ["cheap", "slow", "green"]
    assert json.loads(json.dumps(choice.to_json(), allow_nan=False))["picked"] == ["bus"]
    assert Choice("bus", math.inf).to_json()["score"] is None


@pytest.mark.parametrize("change", [{"picked": ("a", "a")}, {"score": math.nan}, {"reasons": [("", 1)]}])
def test_what_is_no_choice_is_refused(change):
    with pytest.raises(InputError, match=r"expected"):
        Choice(**{"picked": ("a",), "score": 1.0, **change})


def test_a_finding_comes_back_and_nan_is_none():
    found = Finding(**{**FOUND, "value": np.nan, "passed": np.bool_(False)}, sentence="s", evidence={"n": np.arange(2)})
    assert found.value is None
    assert found.passed is False
    assert found.evidence == {"n": [0, 1]}
    assert Finding.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False))) == found


def test_what_is_no_finding_is_refused():
    with pytest.raises(InputError, match="severity"):
        Finding(**{**FOUND, "severity": "fatal"}, sentence="s")
    with pytest.raises(InputError, match="name and a sentence"):
        Finding(**FOUND, sentence="")
    with pytest.raises(InputError, match="not a finding"):
        Finding.from_json({"name": "x"})


def test_views_escape():
    nasty = "<img src=x onerror=alert(1)>"
    for view in (Choice((nasty,), 1, nasty, [(nasty, 1)]), Finding(**{**FOUND, "name": nasty}, sentence=nasty)):
        assert "<img" not in view._repr_html_()
