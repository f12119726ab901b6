"""What several instruments ask: forced choices in all orders, fluency, free text, the same dilemmas after a prime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weigh.banks.bank import Bank, Item, balanced_subset
from weigh.core.abilities import Judge
from weigh.core.question import UNTREATED, Ask, Condition, Message, Prompt, Reply
from weigh.judges import letters
from weigh.loops.elicit import Format, Interview
from weigh.measure._position import rotations

FLUENCY = "fluency"
# Forced choices asked here, and recorded ones, whose format nobody wrote down.
CHOICE_FRAMES = (letters.FRAME, "")
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
    # "I", "I'll" and acronyms keep their capitals
    if len(first) > 1 and not first[1].isupper() and not first.startswith(("I'", "I’")):
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


@dataclass(frozen=True)
class ByFrame:
    """Renders and reads each ask by the frame that it names, so that the frames of one situation share a batch.

    Parameters
    ----------
    frames : mapping of str to Format
        Each by its name.
    """

    frames: Mapping[str, Format]

    def render(self, ask: Ask) -> list[Prompt]:
        """The prompts of the ask's own frame."""
        return self.frames[ask.frame].render(ask)

    def read(self, ask: Ask, logprobs: Sequence[NDArray[np.float64]]) -> Reply:
        """The reply as the ask's own frame reads it."""
        return self.frames[ask.frame].read(ask, logprobs)


def orders_for(judge: Judge, n_options: int) -> list[tuple[int, ...]]:
    """The orders in which a judge is shown so many options: each option once in each place.

    Recorded answers that do not say in which order the options stood are asked for without one, so that they do not
    count as surviving a swap.
    """
    return [()] if getattr(judge, "unordered", False) else rotations(n_options)


def in_free_text(ask: Ask, request: str = "") -> Prompt:
    """The prompt of a question that is answered in free text.

    Parameters
    ----------
    ask : Ask
        Its condition's system text comes before the question's turns, the prime and nudge before the last one's text.
    request : str
        How to answer, after the question.
    """
    *before, last = ask.question.messages
    condition = ask.condition
    text = "\n\n".join(part for part in (condition.before_user, last.text, request) if part)
    system = [Message("system", condition.before_system)] if condition.before_system else []
    return Prompt((), messages=(*system, *before, Message("user", text)))


def asks_of(
    judge: Judge, items: Sequence[Item], conditions: Sequence[Condition] = (UNTREATED,), wordings: int | None = None
) -> list[Ask]:
    """Forced choices by letter, in the orders of `orders_for`, in the items' wordings, under each condition."""
    return [
        Ask(item.question(wording), letters.FRAME, wording, order, condition)
        for item in items
        for condition in conditions
        for wording in item.wordings[:wordings]
        for order in orders_for(judge, len(item.options))
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
