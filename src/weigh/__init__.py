"""Turns evidence about what matters into values, and values into choices.

Importing the package imports nothing else: sub-packages and the nouns below load when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from weigh._version import __version__

if TYPE_CHECKING:
    from weigh.core.choice import Choice
    from weigh.core.evidence import Answers, Comparisons, Passages, Rankings, Ratings, Transitions
    from weigh.core.finding import Finding
    from weigh.core.game import Game
    from weigh.core.ledger import Ledger
    from weigh.core.question import Condition, Question
    from weigh.core.scale import Scale
    from weigh.core.value_function import ValueFunction
    from weigh.core.values import Values
    from weigh.core.votes import Votes
    from weigh.pipelines.run import Comparison, Run, open_run

_NOUNS = {
    "Answers": "core.evidence",
    "Choice": "core.choice",
    "Comparison": "pipelines.run",
    "Comparisons": "core.evidence",
    "Condition": "core.question",
    "Finding": "core.finding",
    "Game": "core.game",
    "Ledger": "core.ledger",
    "Passages": "core.evidence",
    "Question": "core.question",
    "Rankings": "core.evidence",
    "Ratings": "core.evidence",
    "Run": "pipelines.run",
    "Scale": "core.scale",
    "Transitions": "core.evidence",
    "ValueFunction": "core.value_function",
    "Values": "core.values",
    "Votes": "core.votes",
    "open_run": "pipelines.run",
}
_ROOMS = (
    "core", "ops", "nets", "testbeds", "judges", "banks", "loops", "measure", "fit", "pool", "credit", "learn", "train",
    "guide", "decide", "pipelines", "report", "doors",
)  # fmt: skip

__all__ = [
    "Answers",
    "Choice",
    "Comparison",
    "Comparisons",
    "Condition",
    "Finding",
    "Game",
    "Ledger",
    "Passages",
    "Question",
    "Rankings",
    "Ratings",
    "Run",
    "Scale",
    "Transitions",
    "ValueFunction",
    "Values",
    "Votes",
    "__version__",
    "open_run",
]


def __getattr__(name: str) -> Any:
    if name in _NOUNS:
        return getattr(importlib.import_module(f"weigh.{_NOUNS[name]}"), name)
    if name in _ROOMS:
        return importlib.import_module(f"weigh.{name}")
    raise AttributeError(f"module 'weigh' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_NOUNS, *_ROOMS})
