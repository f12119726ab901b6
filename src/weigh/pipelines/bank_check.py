"""A bank's balance, with the fluency of its options as a model at hand sees it, and texts that instruct the judge."""

from __future__ import annotations

from weigh.banks.balance import balance
from weigh.banks.bank import Bank
from weigh.banks.instructions import instructions_finding
from weigh.core.abilities import Judge, Scorer, demand
from weigh.core.finding import Finding
from weigh.core.question import Prompt
from weigh.measure._asks import as_clause
from weigh.measure._contrasts import check_opposed

# Continuations of one prompt are one batch: few enough to stay small.
BATCH = 128


def check_bank(bank: Bank, judge: Judge | None = None) -> list[Finding]:
    """Check that a bank is fair to its values, and tells no judge what to answer.

    A bank whose options name no values, as that of an instrument of its own, has no balance to check.

    Parameters
    ----------
    bank : Bank
        Two options an item, each with its value.
    judge : Judge, optional
        Scores the options by themselves; without it fluency is not checked.

    Raises
    ------
    InputError
        The bank holds no dilemmas, or says of some and not of all which value each of two options serves.
    AbilityError
        The judge does not score text.
    """
    told = instructions_finding(bank.items)
    if bank.dilemmas and not any(item.values for item in bank.dilemmas) and judge is None:
        return [told]
    check_opposed(bank)
    return [*balance(bank, None if judge is None else fluency_of(bank, judge)), told]


def fluency_of(bank: Bank, judge: Judge) -> dict[str, float]:
    """Log-probability of every option after "You decide to", in all wordings.

    Parameters
    ----------
    bank : Bank
        Whose options.
    judge : Judge
        Scores text.
    """
    demand(judge, "logprobs", "checking a bank's fluency")
    assert isinstance(judge, Scorer)
    asked = [item.question(wording) for item in bank.dilemmas for wording in item.wordings]
    texts = list(dict.fromkeys(option for question in asked for option in question.options))
    found: dict[str, float] = {}
    for start in range(0, len(texts), BATCH):
        part = texts[start : start + BATCH]
        (scores,) = judge.logprobs([Prompt(tuple(map(as_clause, part)), text="You decide to")])
        found.update(zip(part, map(float, scores), strict=True))
    return found
