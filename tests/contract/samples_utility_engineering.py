"""A sample for utilities of outcomes: all pairs of six, in both orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations

import numpy as np
from samples import Given, Sample, every_row_twice, every_weight_doubled

from weigh.banks.bank import Bank, BankCard
from weigh.banks.items import Item
from weigh.core.evidence import Answers

_WORTH = {"malaria ends": 1.6, "bread": 0.4, "a warm bed": 0.2, "rain": -0.1, "a queue": -0.8, "war": -1.9}


def _bank(new: Mapping[str, str] | None = None, n: int = len(_WORTH)) -> Bank:
    texts = [new[text] if new else text for text in _WORTH]
    return Bank.of(BankCard("six"), [Item(f"o{i}", text, (), "outcome") for i, text in enumerate(texts[:n])])


def _answers(evidence: Callable[[int, int], float], prefix: str = "o") -> Answers:
    rows = [
        (f"{prefix}{i}|{prefix}{j}", order, evidence(i, j))
        for i, j in combinations(range(len(_WORTH)), 2)
        for order in ((0, 1), (1, 0))
    ]
    return Answers.from_rows(
        {
            "question": question, "order": list(order), "frame": "letters",
            "choice": -1 if np.isnan(d) else int(d < 0), "scores": [] if np.isnan(d) else [d / 2, -d / 2],
            "status": "malformed" if np.isnan(d) else "ok",
        }
        for question, order, d in rows
    )  # fmt: skip


def _make() -> Given:
    worth = list(_WORTH.values())
    return {"answers": _answers(lambda i, j: worth[i] - worth[j] + 0.4 * np.sin(7 * i + 3 * j)), "bank": _bank()}


SAMPLES: dict[str, Sample] = {
    "measure/utility_engineering": Sample(
        make=_make,
        relabel=lambda given, new: {**given, "bank": _bank(new)},
        duplicate=every_row_twice,
        double=every_weight_doubled,
        empty=lambda: {**_make(), "answers": _answers(lambda i, j: 1.0, prefix="another ")},
        one_item=lambda: {**_make(), "bank": _bank(n=1)},
        one_class=lambda: {**_make(), "answers": _answers(lambda i, j: 0.0)},
        nan=lambda: {**_make(), "answers": _answers(lambda i, j: float("nan"))},
    )
}
