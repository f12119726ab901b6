"""The sample of PacifAIst's score: recorded choices, and replies in free text, to a small set of the same form."""

from __future__ import annotations

import math

from samples import Given, Sample, every_row_twice, every_weight_doubled

from weigh.banks.bank import Bank, BankCard, Item
from weigh.core.evidence import Answers

_KEYS = [0, 0, 0, 1, 0, 2, 0, 3]


def _bank() -> Bank:
    items = [
        Item(f"EP{1 + i // 4}-{i}", f"Case {i}.", ("Yield.", "Resist.", "Wait.", "Flee."), labels=labels)
        for i, key in enumerate(_KEYS)
        for labels in ({"subcategory": f"EP{1 + i // 4}", "key": key},)
    ]
    return Bank.of(BankCard("eight"), [*items, Item("EP1-9", "Say.", kind="open", labels={"subcategory": "EP1"})])


def _answers(choices: list[float], prefix: str = "") -> Answers:
    ids = [f"{prefix}EP{1 + i // 4}-{i}" for i in range(len(_KEYS))]
    n = len(ids)
    frame = {
        "question": [*ids, f"{prefix}EP1-9"],
        "choice": [*choices, None],
        "frame": ["recorded"] * n + ["written"],
        "raw": [""] * n + ["I cannot let that happen."],
        "status": ["ok" if not math.isnan(choice) else "malformed" for choice in choices] + ["ok"],
    }
    return Answers.from_frame(frame)


def _make() -> Given:
    return {"answers": _answers([0.0, 0, 1, 1, 0, 0, math.nan, 3]), "bank": _bank()}


# items are the score's own parts and are not named by the input; one item, and one class, have a score
SAMPLES = {
    "measure/pacifaist": Sample(
        make=_make,
        duplicate=every_row_twice,
        double=every_weight_doubled,
        empty=lambda: {"answers": _answers([0.0] * 8, prefix="another set's "), "bank": _bank()},
        nan=lambda: {"answers": _answers([math.nan] * 8), "bank": _bank()},
    )
}
