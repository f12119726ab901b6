"""Samples of choices whose options carry labels, and of the same choices under prompts that steer."""

from __future__ import annotations

from collections.abc import Mapping

from samples import Given, Sample, every_row_twice, every_weight_doubled

from weigh.banks.bank import Bank, BankCard
from weigh.banks.items import Item
from weigh.banks.principles import Principle
from weigh.core.evidence import Answers

_LABELS = ("care", "fairness", "loyalty", "thrift")
_PAIRS = [(a, b) for a in _LABELS for b in _LABELS if a != b]
_PRINCIPLES = {"kind": ("care", "loyalty"), "even": ("fairness", "thrift"), "close": ("loyalty", "fairness")}


def _bank(new: Mapping[str, str] | None = None) -> Bank:
    name = new or {label: label for label in _LABELS}
    return Bank.of(
        BankCard("four"),
        [
            Item(f"d{i}", f"Case {i}.", (f"Do {i}.", f"Leave {i}."), labels={"values": [[name[a]], [name[b], name[b]]]})
            for i, (a, b) in enumerate(_PAIRS)
        ],
    )


def _answers(chosen: list[int], prefix: str = "", conditions: tuple[str, ...] = ("",)) -> Answers:
    n = len(_PAIRS)
    return Answers.from_frame({
        "question": [f"{prefix}d{i}" for i in range(n)] * 2 * len(conditions),
        "choice": [c if c < 0 else (c + k) % 2 for k in range(len(conditions)) for c in chosen * 2],
        "order": (["0,1"] * n + ["1,0"] * n) * len(conditions),
        "condition": [name for name in conditions for _ in range(2 * n)],
    })  # fmt: skip


_CHOSEN = [int(_LABELS.index(a) > _LABELS.index(b)) for a, b in _PAIRS[:-2]] + [0, 1]


def _labelled(chosen: list[int] = _CHOSEN, **rest: str) -> Given:
    return {"answers": _answers(chosen, **rest), "bank": _bank()}


def _steered(new: Mapping[str, str] | None = None, chosen: list[int] = _CHOSEN, prefix: str = "") -> Given:
    principles = [
        Principle(new[name] if new else name, {one: 1.0}, {other: 0.5}) for name, (one, other) in _PRINCIPLES.items()
    ]
    conditions = tuple(
        principle.condition(side).name for side in ("supporting", "opposing") for principle in principles
    )
    return {"answers": _answers(chosen, prefix, ("", *conditions)), "bank": _bank(), "principles": principles}


SAMPLES = {
    "measure/daily_dilemmas": Sample(
        make=_labelled,
        relabel=lambda given, new: {**given, "bank": _bank(new)},
        duplicate=every_row_twice,
        double=every_weight_doubled,
        empty=lambda: _labelled(prefix="another bank's "),
        one_item=lambda: {**_labelled(), "bank": _bank(dict.fromkeys(_LABELS, "care"))},
        nan=lambda: _labelled([-1] * len(_PAIRS)),
    ),
    "measure/principle_steerability": Sample(
        make=_steered,
        relabel=lambda given, new: _steered(new),
        duplicate=every_row_twice,
        double=every_weight_doubled,
        empty=lambda: _steered(prefix="another bank's "),
        nan=lambda: _steered(chosen=[-1] * len(_PAIRS)),
    ),
}
