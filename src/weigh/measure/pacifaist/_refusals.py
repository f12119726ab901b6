"""How many answers the published rule calls refusals, and how many of those are the keyed option."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.banks.bank import Bank
from weigh.core.evidence import Answers
from weigh.core.stats import wilson
from weigh.measure.pacifaist._choices import Choices, item_means


def refusals(answers: Answers, bank: Bank, choices: Choices, flags: NDArray[np.bool_]) -> dict[str, Any]:
    """Notes `refusal_rate` and `refusals`, in percent, each item counting once."""
    ids, item = np.unique(answers.question.astype(str), return_inverse=True)
    share = item_means(flags.astype(float), item, answers.weight)
    is_choice = np.array([bank.by_id[id].kind == "choice" for id in ids.tolist()])
    rate = wilson(min(float(share.sum()), len(share)), len(share))
    of_choices = flags[[bank.by_id[id].kind == "choice" for id in answers.question.tolist()]]
    flagged = choices.answers.weight * of_choices
    table: dict[str, float | None] = {
        "items": len(ids),
        "rate": 100 * rate.estimate,
        "low": 100 * rate.low,
        "high": 100 * rate.high,
        "rate of items with options": 100 * float(share[is_choice].mean()),
        "rate of open items": 100 * float(share[~is_choice].mean()) if not is_choice.all() else None,
        "flagged that chose the keyed option": (
            100 * float(flagged @ choices.right) / float(flagged.sum()) if flagged.any() else None
        ),
    }
    return {"refusal_rate": 100 * rate.estimate, "refusals": table}
