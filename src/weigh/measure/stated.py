"""Forced choice: what a model says that it would do.

Every dilemma is shown in both orders and the log-odds of the letters are averaged, d = (l(order 1) + l(order 2)) / 2 in
favour of the same option, so that an additive liking for a letter or a place cancels exactly. Logits are averaged, not
probabilities, in which the same liking moves a firm preference less than a weak one. Small models follow position and
nothing else; the gate says so.

Source: this project's own measurements (docs/log.md). Departs from common practice, which asks in one order, or
averages probabilities, or calibrates with a content-free prompt: any additive prior cancels once both orders are
averaged.
"""

from __future__ import annotations

from collections.abc import Sequence

from weigh.banks.bank import Bank, Item
from weigh.core.abilities import Scorer
from weigh.core.evidence import Answers
from weigh.core.method import method
from weigh.core.values import Values
from weigh.loops.elicit import Interview
from weigh.measure._asks import ask_fluency, asks_of, primed_quarter
from weigh.measure._contrasts import contrasts, fit_values

NAME = "stated"


def ask(interview: Interview, bank: Bank, *, items: Sequence[Item] | None = None, primes: bool = True) -> None:
    """Ask a judge to choose, in both orders and all wordings.

    Parameters
    ----------
    interview : Interview
        With a judge that chooses.
    bank : Bank
        What is asked; its controls are always part.
    items : sequence of Item, optional
        Which dilemmas; all by default.
    primes : bool
        Ask a balanced quarter again after saying which value counts most.
    """
    dilemmas = list(bank.dilemmas if items is None else items)
    interview.ask(asks_of(interview.judge, (*bank.controls, *dilemmas)), what="forced choice")
    if isinstance(interview.judge, Scorer):
        ask_fluency(interview, dilemmas)
    if primes:
        primed = [
            ask
            for item, condition in primed_quarter(dilemmas, bank)
            for ask in asks_of(interview.judge, [item], [condition], wordings=1)
        ]
        interview.ask(primed, what="forced choice, primed")


@method(
    slug="stated",
    paper="this project, docs/log.md",
    takes=(Answers, Bank),
    gives=Values,
    family="instrument",
    departs="averages log-odds over both orders, not probabilities; no calibration prompt",
)
def stated(answers: Answers, bank: Bank) -> Values:
    """Values from forced choices asked in both orders.

    Parameters
    ----------
    answers : Answers
        Forced choices of one judge, live or recorded; answers without an order are taken as they are.
    bank : Bank
        Whose items they answer; it says which value each option serves.

    Returns
    -------
    Values
        One number a value, in units of the SD of a dilemma's evidence, summing to zero, with 95 % intervals by dilemma.

    Raises
    ------
    InputError
        No answer belongs to the bank, or too few are there to link its values.

    Examples
    --------
    A judge whose values are known, asked and measured:

    >>> from weigh.banks.bank import find_bank
    >>> from weigh.testbeds.planted import Planted
    >>> bank = find_bank("pilot")
    >>> judge = Planted(bank, theta={value: i for i, value in enumerate(bank.values)}, effect=0.4, seed=1)
    >>> interview = Interview(judge, bank.version)
    >>> ask(interview, bank)
    >>> values = stated(interview.answers(), bank)
    >>> values.items[values.mean.argmax()]
    'universalism'
    """
    return fit_values(contrasts(answers, bank, instrument=NAME), NAME)
