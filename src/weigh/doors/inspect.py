"""What inspect-ai finds by its entry point: tasks `weigh/BANK`, the provider `weigh/`, a solver and its scorers.

inspect-ai imports this module itself whenever it meets a name that begins with `weigh/`; torch, banks and instruments
are loaded by what is then used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inspect_ai import Task, task
from inspect_ai.model import ModelAPI, modelapi

from weigh.doors.inspect_permuted import permuted, permuted_choice
from weigh.doors.inspect_refusals import told_plainly
from weigh.doors.inspect_scoring import controls, position_free
from weigh.doors.inspect_tasks import bank_task, names

__all__ = ["bank_task", "controls", "permuted", "permuted_choice", "position_free", "weigh"]


@modelapi(name="weigh")
def weigh() -> type[ModelAPI]:
    """Our local models as a provider; the class is loaded when a model is asked for."""
    from weigh.doors.inspect_model_api import WeighModel

    return WeighModel


def _offered(name: str) -> Callable[..., Task]:
    def offered(
        limit: int | None = None,
        wordings: int | None = None,
        primes: bool = True,
        samples: int | None = None,
        source: str | None = None,
        seed: int = 0,
        **options: Any,
    ) -> Task:
        how = {"limit": limit, "wordings": wordings, "primes": primes, "samples": samples, "source": source}
        with told_plainly():
            return bank_task(name, **how, seed=seed, **options)

    return task(name=name)(offered)


#: each task by its name, as `inspect eval weigh/NAME` runs it
TASKS = {name: _offered(name) for name in names()}
