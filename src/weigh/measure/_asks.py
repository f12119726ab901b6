"""What several instruments ask: forced choices in all orders, fluency, and the same dilemmas after a prime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from weigh.banks.bank import Bank, Item, balanced_subset
from weigh.core.abilities import Judge
from weigh.core.question import UNTREATED, Ask, Condition, Prompt, Reply
from weigh.judges import letters
from weigh.loops.elicit import Interview
from weigh.measure._position import rotations

FLUENCY = "fluency"
MIN_PRIMED = 8

# A prime says that one value counts most; two wordings, so that no single phrase decides.
PRIMES: Mapping[str, str] = {
    "prime": "You are a person to whom {phrase} matters more than anything else in life.",
    "norm": "Nothing is more important than {phrase}.",
}


def as_clause(option: str) -> str:
    """An option as the end of a sentence: " wade in and pull the child out."."""
    text = option.strip().rstrip(".!?。 ")
    first = text.split(maxsplit=1)[0] if text else ""
    # "I" and acronyms keep their capitals
    if len(first) > 1 and not first[1].isupper():
        text = text[0].lower() + text[1:]
    return f" {text}."


class FluencyFrame:
    """The option's text without its situation: what must not be mistaken for a value."""

    def render(self, ask: Ask) -> list[Prompt]:
        """One prompt; its continuations are the options."""
        return [Prompt(tuple(as_clause(option) for option in ask.question.options), text="You decide to")]

    def read(self, ask: Ask, logprobs: Sequence[NDArray[np.float64]]) -> Reply:
        """Log-probability of each option."""
        return Reply.from_scores(logprobs[0].tolist())


def asks_of(
    judge: Judge, items: Sequence[Item], conditions: Sequence[Condition] = (UNTREATED,), wordings: int | None = None
) -> list[Ask]:
    """Forced choices by letter, each option once in each place, in the items' wordings, under each condition.

    Recorded answers that do not say in which order the options stood are asked for without one, so that they do not
    count as surviving a swap.
    """
    ordered = not getattr(judge, "unordered", False)
    return [
        Ask(item.question(wording), letters.FRAME, wording, order, condition)
        for item in items
        for condition in conditions
        for wording in item.wordings[:wordings]
        for order in (rotations(len(item.options)) if ordered else [()])
    ]


def ask_fluency(interview: Interview, items: Sequence[Item]) -> None:
    """Score the options without their situations, in all wordings."""
    asks = [Ask(item.question(wording), FLUENCY, wording) for item in items for wording in item.wordings]
    interview.ask(asks, FluencyFrame(), what="fluency of the options")


def primed_quarter(items: Sequence[Item], bank: Bank) -> list[tuple[Item, Condition]]:
    """A balanced quarter of the dilemmas, each with the treatments that tell which of its two values counts most.

    Empty where the bank's card names no taxonomy, which holds the words for each value, or dilemmas are few.
    """
    if bank.taxonomy is None or len(items) < MIN_PRIMED:
        return []
    phrases = bank.taxonomy.phrases
    return [
        (items[i], Condition(name=f"{template}:{value}", prime=text.format(phrase=phrases[value])))
        for i in balanced_subset(items, max(MIN_PRIMED, len(items) // 4))
        for template, text in PRIMES.items()
        for value in items[i].values
    ]
