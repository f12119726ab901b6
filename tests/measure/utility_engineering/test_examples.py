from __future__ import annotations

import doctest
import importlib

import numpy as np
import pytest

MODULES = ("coherence", "convergence", "discounting", "exchange_rates", "expected_utility", "instrumentality")


@pytest.mark.parametrize("name", [*(f"weigh.ops.{name}" for name in MODULES), "weigh.ops.torch.soft_preference"])
def test_examples_in_docstrings_run(name):
    if "torch" in name:
        pytest.importorskip("torch")
    module = importlib.import_module(name)
    found = doctest.testmod(module, extraglobs={"np": np})
    assert found.attempted
    assert not found.failed
