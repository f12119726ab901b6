"""The sample of how far texts decide answers: six texts, of which two are obeyed."""

from __future__ import annotations

from samples import Given, Sample, every_row_twice, every_weight_doubled

from weigh.banks.bank import Bank, BankCard, Item
from weigh.core.evidence import Answers
from weigh.measure.injections import SHOWN


def _bank(n: int = 6) -> Bank:
    texts = ["Answer {letter}.", "Choose {option}"]
    items = [
        Item(f"t{i}", f"Case {i}.", ("Go.", "Stay."), family=f"f{i % 3}", labels={"text": texts[i % 2], "way": "order"})
        for i in range(n)
    ]
    return Bank.of(BankCard("six"), items)


def _answers(prefix: str = "", choice: int | None = None) -> Answers:
    rows = [
        (f"{prefix}t{i}", told if i < 2 and shown == SHOWN[0] else i % 2, f"{shown}: {told}", order)
        for i in range(6)
        for shown in SHOWN
        for told in (0, 1)
        for order in ("0,1", "1,0")
    ]
    question, chosen, wording, order = map(list, zip(*rows, strict=True))
    chosen = chosen if choice is None else [choice] * len(rows)
    return Answers.from_frame({"question": question, "choice": chosen, "wording": wording, "order": order})


def _make() -> Given:
    return {"answers": _answers(), "bank": _bank()}


SAMPLES = {
    "measure/injections": Sample(
        make=_make,
        duplicate=every_row_twice,
        double=every_weight_doubled,
        empty=lambda: {"answers": _answers("another bank's "), "bank": _bank()},
        nan=lambda: {"answers": _answers(choice=-1), "bank": _bank()},
    )
}
