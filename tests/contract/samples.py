"""One small input for each type that methods take, and how to bend it; the contract battery runs every method on these.

To add one, put a `Sample` into `SAMPLES`, here or in a file of its own beside this one, `samples_ANYTHING.py`, with a
`SAMPLES` of its own. Its key is what the card's `takes` joins to, such as "Ratings" or
"Answers, Bank"; a method's own address, such as "measure/gate", comes before its type. For example:

    SAMPLES["Answers, Bank"] = Sample(
        make=lambda: {"answers": some_answers(), "bank": some_bank()},    # by name of the method's parameter
        relabel=lambda given, new: {**given, "bank": renamed(given["bank"], new)},    # new: {old item: new item}
        duplicate=every_row_twice,    # these two do it for whatever evidence is among the inputs
        double=every_weight_doubled,
        empty=lambda: {"answers": none_of_the_banks(), "bank": some_bank()},
    )

Only `make` must be there. A check whose part is None is not made for that type: leave a part out only where it has no
meaning. A method for which a check fails says so in its card's `exempt`, with the reason. A broken input may raise when
it is made or when the method is called: both are our error.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from weigh.banks.bank import Bank, BankCard, Item
from weigh.core.columns import Columns
from weigh.core.evidence import Answers, Comparisons, Rankings, Ratings

Given = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """Inputs by the name of the parameter, sound and broken.

    Parameters
    ----------
    make : callable
        () -> inputs by parameter name; an input called "" goes to the method's first parameter.
    relabel : callable, optional
        (inputs, {old item: new item}) -> inputs with their items renamed.
    duplicate, double : callable, optional
        inputs -> inputs with every row twice; inputs -> inputs with every weight doubled.
    empty, one_item, one_class, nan : callable, optional
        () -> inputs that must end in a WeighError.
    """

    make: Callable[[], Given]
    relabel: Callable[[Given, Mapping[str, str]], Given] | None = None
    duplicate: Callable[[Given], Given] | None = None
    double: Callable[[Given], Given] | None = None
    empty: Callable[[], Given] | None = None
    one_item: Callable[[], Given] | None = None
    one_class: Callable[[], Given] | None = None
    nan: Callable[[], Given] | None = None


def every_row_twice(given: Given) -> Given:
    """All evidence among the inputs with its rows in twice."""
    return {k: x.select(np.tile(np.arange(len(x)), 2)) if isinstance(x, Columns) else x for k, x in given.items()}


def every_weight_doubled(given: Given) -> Given:
    """All evidence among the inputs with twice its weights."""
    return {k: replace(x, weight=2 * x.weight) if isinstance(x, Columns) else x for k, x in given.items()}


def _of_evidence(columns: dict[str, Any], kind: type[Columns], names: tuple[str, ...], **broken: Any) -> Sample:
    """A sample of evidence whose columns `names` hold items; `broken` are the columns that make it unusable."""

    def relabel(given: Given, new: Mapping[str, str]) -> Given:
        old = given[""]
        parts = {f.name: getattr(old, f.name) for f in fields(old)}
        renamed = {name: [new[item] for item in parts[name].tolist()] for name in names}
        return {"": kind(**{**parts, **renamed})}

    def making(changed: dict[str, Any]) -> Callable[[], Given]:
        return lambda: {"": kind.from_frame({**columns, **changed})}

    no_rows = {name: [] for name in columns}
    bent = {name: making(changed) for name, changed in {"empty": no_rows, **broken}.items()}
    return Sample(making({}), relabel, every_row_twice, every_weight_doubled, **bent)


_WHO = ["Ada", "Ada", "Ada", "Ada", "Bo", "Bo", "Bo", "Bo", "Cy", "Cy", "Cy", "Cy"]
_ITEMS = ["care", "fairness", "loyalty", "thrift"] * 3
_PAIRS = [(a, b) for i, a in enumerate(_ITEMS[:4]) for b in _ITEMS[i + 1 : 4]] * 2

SAMPLES: dict[str, Sample] = {
    "Ratings": _of_evidence(
        # shares of ten, no two alike, so that methods for positive numbers and for shares can use them too
        {"who": _WHO, "item": _ITEMS, "value": [4.0, 3, 2, 1, 2.5, 4.5, 1.5, 1.5, 3.25, 2.25, 3.5, 1]},
        Ratings,
        ("item",),
        one_item={"item": ["care"] * 12},
        one_class={"value": [2.5] * 12},
        nan={"value": [4.0, np.nan, 2, 1, 2.5, 4.5, 1.5, 1.5, 3.25, 2.25, 3.5, 1]},
    ),
    "Comparisons": _of_evidence(
        {
            "left": [a for a, _ in _PAIRS],
            "right": [b for _, b in _PAIRS],
            "p_left": [0.8, 0.6, 0.9, 0.4, 0.7, 0.65, 0.55, 0.75, 0.6, 0.7, 0.45, 0.6],
            "who": ["Ada"] * 6 + ["Bo"] * 6,
        },
        Comparisons,
        ("left", "right"),
        one_item={"right": [a for a, _ in _PAIRS]},
        # everybody prefers the same item in every pair: there is no finite strength
        one_class={"p_left": [1.0] * 12},
        nan={"p_left": [0.8, np.nan, 0.9, 0.4, 0.7, 0.65, 0.55, 0.75, 0.6, 0.7, 0.45, 0.6]},
    ),
    "Rankings": _of_evidence(
        {"who": _WHO, "item": _ITEMS, "rank": [1.0, 2, 3, 4, 2, 1, 4, 3, 1, 3, 2, 4]},
        Rankings,
        ("item",),
        one_item={"item": ["care"] * 12},
        one_class={"rank": [1.0] * 12},
        nan={"rank": [1.0, np.nan, 3, 4, 2, 1, 4, 3, 1, 3, 2, 4]},
    ),
}


def sample_for(address: str, takes: tuple[str, ...]) -> Sample:
    """The sample of a method: its own, else that of its types; KeyError where there is none."""
    return SAMPLES[address] if address in SAMPLES else SAMPLES[", ".join(takes)]


def _judged(frames: tuple[str, ...], orders: tuple[str, ...]) -> Sample:
    """Answers to a bank of four values in some frames; `orders` is empty where no options are shown."""
    pairs = [(a, b) for a in _ITEMS[:4] for b in _ITEMS[:4] if a != b]
    strength = {"care": 1.2, "fairness": 0.4, "loyalty": -0.3, "thrift": -1.3}

    def bank(new: Mapping[str, str] | None = None, alone: bool = False) -> Bank:
        names = new or {item: item for item in strength}
        dilemmas = [
            Item(
                f"d{i}",
                f"Case {i}.",
                (f"Do {a} {i}.", f"Do {b} {i}."),
                values=(names[a],) if alone else (names[a], names[b]),
            )
            for i, (a, b) in enumerate(pairs)
        ]
        controls = [Item(f"c{i}", f"Plain case {i}.", ("Do right.", "Do wrong."), kind="control") for i in range(5)]
        return Bank(BankCard("four"), (*dilemmas, *controls), "0" * 64, Path("items.jsonl"))

    def answers(evidence: Callable[[int, str, str], float], prefix: str = "") -> Answers:
        rows = []
        for frame in frames:
            for order in orders or ("",):
                d = [evidence(i, a, b) for i, (a, b) in enumerate(pairs)] + [3.0] * 5
                ids = [f"{prefix}d{i}" for i in range(len(pairs))] + [f"{prefix}c{i}" for i in range(5)]
                rows += [(question, frame, order, score) for question, score in zip(ids, d, strict=True)]
        question, frame, order, score = map(list, zip(*rows, strict=True))
        p = [float("nan") if np.isnan(x) else 1 / (1 + np.exp(-abs(x))) for x in score]
        choice = [-1 if np.isnan(x) else int(x < 0) for x in score]
        return Answers.from_frame({"question": question, "frame": frame, "order": order, "choice": choice, "p": p})

    def make() -> Given:
        return {"answers": answers(lambda i, a, b: strength[a] - strength[b] + 0.3 * np.sin(7 * i)), "bank": bank()}

    return Sample(
        make=make,
        relabel=lambda given, new: {**given, "bank": bank(new)},
        duplicate=every_row_twice,
        double=every_weight_doubled,
        empty=lambda: {"answers": answers(lambda i, a, b: 1.0, prefix="another bank's "), "bank": bank()},
        one_item=lambda: {**make(), "bank": bank(alone=True)},
        one_class=lambda: {"answers": answers(lambda i, a, b: 1.0), "bank": bank()},
        nan=lambda: {"answers": answers(lambda i, a, b: float("nan")), "bank": bank()},
    )


SAMPLES["measure/stated"] = SAMPLES["measure/gate"] = _judged(("letters",), ("0,1", "1,0"))
SAMPLES["measure/evaluative"] = _judged(("good person", "should"), ())

for path in sorted(Path(__file__).parent.glob("samples_*.py")):
    SAMPLES |= importlib.import_module(path.stem).SAMPLES
