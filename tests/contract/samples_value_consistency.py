"""A small bank of questions in three wordings, answered in both orders, for the contract battery.

Its items are the axes of the score, which have no other names: there is nothing to relabel.
"""

from __future__ import annotations

import numpy as np
from samples import Given, Sample, every_row_twice, every_weight_doubled

from weigh.banks.bank import Bank
from weigh.banks.value_consistency import card, questions_of
from weigh.core.evidence import Answers

YES, NO = {"yes": "supports", "no": "opposes"}, {"yes": "opposes", "no": "supports"}


def _bank() -> Bank:
    rows = [
        (
            "",
            {"topic": topic, "original": f"{start} {topic}?", "question": f"{start} {topic}{end}?", "options": options},
        )
        for topic in ("tea", "rum", "milk")
        for start, options in (("Do you like", YES), ("Do you shun", NO))
        for end in ("", ", would you say", ", all in all")
    ]
    return Bank.of(card(), questions_of(rows, stem="drinks", set="controversial"))


def _answers(prefix: str = "", refused: bool = False) -> Answers:
    items = [item for item in _bank().items for _ in range(2)]
    return Answers(
        question=[prefix + item.id for item in items],
        order=[(0, 1), (1, 0)] * (len(items) // 2),
        choice=np.full(len(items), -1) if refused else [(i // 4) % 2 for i in range(len(items))],
        p=[float("nan") if refused else 0.6 + 0.3 * abs(np.sin(7 * i)) for i in range(len(items))],
        status="refused" if refused else "ok",
    )


def _one() -> Given:
    bank = _bank()
    return {"answers": _answers(), "bank": Bank.of(bank.card, bank.items[:1])}


SAMPLES = {
    "measure/value_consistency": Sample(
        make=lambda: {"answers": _answers(), "bank": _bank()},
        duplicate=every_row_twice,
        double=every_weight_doubled,
        empty=lambda: {"answers": _answers("another bank's "), "bank": _bank()},
        one_item=_one,
        nan=lambda: {"answers": _answers(refused=True), "bank": _bank()},
    )
}
