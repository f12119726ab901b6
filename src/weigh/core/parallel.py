"""The same function over many items, on as many workers as there are, with the same result on any number of them.

joblib does the work, so the user picks the engine: `with joblib.parallel_config("loky" or "ray" or "dask"): …`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np

from weigh.core.errors import InputError

R = TypeVar("R")


def pmap(
    function: Callable[..., R],
    items: Iterable[Any],
    *,
    seed: int | None = None,
    workers: int | None = None,
    progress: bool = False,
) -> list[R]:
    """Apply a function to each item.

    Parameters
    ----------
    function : callable
        function(item), or function(item, rng=generator) where `seed` is given.
    items : iterable
        One task each.
    seed : int, optional
        0 or more. Each task gets a random generator of its own, spawned from it by the task's place in `items`, so that
        results do not depend on workers or engine.
    workers : int, optional
        Processes; −1 for one a core. By default what `joblib.parallel_config` says, and one where it says nothing.
    progress : bool
        Whether to show a bar, where standard error is a terminal.

    Returns
    -------
    list
        One result an item, in order.

    Raises
    ------
    InputError
        A seed below 0, or 0 workers. What the function raises comes through.
    """
    import joblib

    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0):
        raise InputError(f"seed is {seed!r}; expected a whole number, 0 or more, or None")
    if workers == 0:
        raise InputError("workers is 0; expected 1 or more, -1 for one a core, or None for joblib's configuration")
    tasks = list(items)
    seeds = [None] * len(tasks) if seed is None else np.random.SeedSequence(int(seed)).spawn(len(tasks))
    calls = [joblib.delayed(_run)(function, item, child) for item, child in zip(tasks, seeds, strict=True)]
    if not progress or not sys.stderr.isatty():
        results: Any = joblib.Parallel(n_jobs=workers)(calls)
        return list(results)
    return _shown(joblib.Parallel(n_jobs=workers, return_as="generator")(calls), len(calls), function)


def _run(function: Callable[..., R], item: Any, child: np.random.SeedSequence | None) -> R:
    return function(item) if child is None else function(item, rng=np.random.default_rng(child))


def _shown(results: Any, total: int, function: Callable[..., Any]) -> list[Any]:
    from rich.console import Console
    from rich.progress import track

    name = getattr(function, "__name__", "working").strip("_").replace("_", " ")
    return list(track(results, name, total=total, console=Console(stderr=True), transient=True))
