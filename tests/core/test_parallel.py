from __future__ import annotations

import math

import joblib
import pytest

from weigh.core.errors import InputError
from weigh.core.parallel import pmap


def draw(item, rng):
    return item, float(rng.random())


def test_one_and_four_workers_and_any_engine_agree():
    alone = pmap(draw, range(6), seed=3, workers=1)
    assert alone == pmap(draw, range(6), seed=3, workers=4)
    with joblib.parallel_config("threading", n_jobs=2):
        assert alone == pmap(draw, iter(range(6)), seed=3)
    assert len({x for _, x in alone}) == 6
    assert alone != pmap(draw, range(6), seed=4)
    assert alone[:3] == pmap(draw, range(3), seed=3)


def test_without_a_seed_the_function_gets_its_item_only():
    assert pmap(math.sqrt, [4, 9], progress=True) == [2, 3]
    assert pmap(math.sqrt, []) == []


def test_the_bar_changes_nothing(monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert pmap(draw, range(4), seed=1, progress=True) == pmap(draw, range(4), seed=1)


def test_bad_options_are_refused():
    with pytest.raises(InputError, match="seed"):
        pmap(draw, [1], seed=-1)
    with pytest.raises(InputError, match="workers"):
        pmap(draw, [1], workers=0)
