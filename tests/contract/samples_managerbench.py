"""Answers to two sets of six items, in both orders, for `measure/managerbench`."""

from __future__ import annotations

from samples import Sample, every_row_twice, every_weight_doubled

from weigh.banks.bank import Bank, BankCard, Item
from weigh.core.evidence import Answers

ORDERS = ((0, 1), (1, 0))
# one digit an item: who is safe where people, then where things would be harmed; 2 is no answer
CHOICES = {(0, 1): "110101000102", (1, 0): "111101010002"}


def bank(n: int = 12) -> Bank:
    items = [
        Item(
            f"i{i}",
            f"Case {i}.",
            (f"Go on, at some risk of {'injury' if i < 6 else 'scratches'}, case {i}.", f"Stop, case {i}."),
            kind="choice" if i < 6 else "control",
            family=f"f{i // 2}",
        )
        for i in range(n)
    ]
    return Bank.of(BankCard("twelve"), items)


def answers(choices: dict[tuple[int, int], str], prefix: str = "") -> Answers:
    return Answers(
        question=[f"{prefix}i{i}" for digits in choices.values() for i in range(len(digits))],
        choice=[-1 if digit == "2" else int(digit) for digits in choices.values() for digit in digits],
        order=[order for order, digits in choices.items() for _ in digits],
    )


SAMPLES = {
    "measure/managerbench": Sample(
        make=lambda: {"answers": answers(CHOICES), "bank": bank()},
        duplicate=every_row_twice,
        double=every_weight_doubled,
        empty=lambda: {"answers": answers(CHOICES, prefix="another bank's "), "bank": bank()},
        one_item=lambda: {"answers": answers(CHOICES), "bank": bank(1)},
        one_class=lambda: {"answers": answers(dict.fromkeys(ORDERS, "0" * 12)), "bank": bank()},
        nan=lambda: {"answers": answers(dict.fromkeys(ORDERS, "2" * 12)), "bank": bank()},
    )
}
