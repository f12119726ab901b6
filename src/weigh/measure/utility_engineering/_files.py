"""Files of answers: questions with two ids and a bar between them, or comparisons of two texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from weigh.banks.bank import Bank, BankCard
from weigh.banks.items import Item
from weigh.core.columns import as_text
from weigh.core.errors import InputError
from weigh.core.evidence import Answers, Comparisons
from weigh.measure.utility_engineering._preferences import pair_id


def recorded(columns: Mapping[str, Sequence[Any]], bank: Bank | None) -> tuple[Answers, Bank]:
    """Answers from a file's columns: question and choice, or left, right and winner or p_left.

    Parameters
    ----------
    columns : mapping of str to sequence
        As they stand in the file. A question is "ID|ID"; of comparisons left and right are ids or texts of outcomes,
        and `order` ("0,1": left stood first), `model`, `sample` and `weight` may be there.
    bank : Bank, optional
        Whose outcomes they are; without one, or where it has none of the texts, a bank is made of these.

    Returns
    -------
    tuple of Answers and Bank

    Raises
    ------
    InputError
        Columns are missing, a cell cannot be read, or some texts are outcomes of the bank and others are not.
    """
    if "question" in columns:
        if bank is None:
            raise InputError("answers by question need their bank, which says what each id stands for")
        return Answers.from_frame(dict(columns)), bank
    if not {"left", "right"} <= set(columns):
        raise InputError(
            f"columns are {', '.join(columns) or 'none'}; expected question and choice, or left, right and winner (or "
            "p_left): rename columns with --map theirs=ours"
        )
    kept = {name: columns[name] for name in ("left", "right", "winner", "p_left", "weight") if name in columns}
    pairs = Comparisons.from_frame({**kept, **({"who": columns["model"]} if "model" in columns else {})})
    texts = list(dict.fromkeys(as_text(text) for text in (*pairs.left.tolist(), *pairs.right.tolist())))
    id_of = {} if bank is None else {text: item.id for item in bank.outcomes for text in (item.situation, item.id)}
    if bank is None or not any(text in id_of for text in texts):
        items = [Item(text, text, (), "outcome") for text in texts]
        bank = Bank.of(BankCard("recorded", "Outcomes of a file", method="measure/utility_engineering"), items)
        id_of = {text: text for text in texts}
    unknown = next((text for text in texts if text not in id_of), None)
    if unknown is not None:
        raise InputError(f"{unknown!r:.80} is no outcome of bank {bank.name!r}, by its id or its text; others are")
    p = pairs.p_left
    named = {name: columns[name] for name in ("order", "sample") if name in columns}
    answers = Answers.from_frame(
        {
            "question": [pair_id(id_of[a], id_of[b]) for a, b in zip(pairs.left, pairs.right, strict=True)],
            "choice": np.where(p >= 0.5, 0, 1),
            "p": np.maximum(p, 1 - p),
            "weight": pairs.weight,
            "model": pairs.who,
            **named,
        }
    )
    return answers, bank
