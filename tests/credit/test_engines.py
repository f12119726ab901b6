"""The same numbers for the same seed, whatever joblib computes with: processes, threads, Dask or Ray."""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Iterator
from typing import Any

import joblib
import pytest

from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.credit.data_shapley import Rows, data_shapley


def valued(**options: Any) -> Values:
    chance = rng(0, "engines")
    X = chance.normal(size=(70, 2))
    y = (X.sum(axis=1) > 0).astype(int)
    return data_shapley(Rows(X[:20], y[:20], X[20:], y[20:]), seed=3, **{"permutations": 40, **options})


@contextlib.contextmanager
def dask() -> Iterator[None]:
    distributed = pytest.importorskip("distributed", reason="dask[distributed] is not installed: not tested with Dask")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config("dask"),
    ):
        yield


@contextlib.contextmanager
def ray() -> Iterator[None]:
    engine = pytest.importorskip("ray", reason="ray is not installed: not tested with Ray")
    importlib.import_module("ray.util.joblib").register_ray()
    engine.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        with joblib.parallel_config("ray", n_jobs=2):
            yield
    finally:
        engine.shutdown()


def local(name: str) -> contextlib.AbstractContextManager:
    return joblib.parallel_config(name, n_jobs=2)


ENGINES = {"loky": lambda: local("loky"), "threading": lambda: local("threading"), "dask": dask, "ray": ray}
WAYS = {
    "truncated": {"algorithm": "truncated"},
    "any learner": {"algorithm": "truncated", "learner": "tree"},
    "gradient": {"algorithm": "gradient"},
    "leave-one-out": {"algorithm": "leave-one-out"},
}


@functools.cache
def alone(way: str) -> Values:
    return valued(workers=1, **WAYS[way])


@pytest.mark.filterwarnings("ignore")  # of the engines' own
@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_gives_the_same_numbers(engine):
    with ENGINES[engine]():
        beside = {name: valued(**options) for name, options in WAYS.items()}
    assert beside == {name: alone(name) for name in WAYS}
