"""Who speaks for a group at the table: a function, a judge that chooses from a menu, or a judge that writes.

An agent is asked once a round for one offer: the elements that it would change, and to what. Whatever it says is
checked before it counts; an offer that cannot be read, names what is not there, or changes too much is kept in the
transcript with the reason and changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from weigh.core.abilities import demand
from weigh.core.evidence import Answers
from weigh.core.question import Ask, Message, Prompt, Question
from weigh.judges import letters
from weigh.loops.elicit import Interview

LONGEST = 4000  # characters of a reply that are read
NO_OFFER = "Make no offer this round."


class Move(NamedTuple):
    """A change that everybody could accept.

    Attributes
    ----------
    swaps : dict of str to str
        Element to the option that it would have.
    gain : float
        What it is worth to the group that is asked, less what it has.
    cost : float
        What it costs more; below 0 for a saving.
    """

    swaps: dict[str, str]
    gain: float
    cost: float


@dataclass(frozen=True)
class Situation:
    """What a group knows when it is asked.

    Parameters
    ----------
    group : str
        Whose turn it is.
    number, rounds : int
        Round, from 1, and how many there are at most.
    package : mapping of str to str
        Element to option, as agreed so far.
    worth, cost : mapping of str to mapping of str to float
        By element and option: what it is worth to this group, and what it costs.
    budget_left : float
        What is not spent; infinite without a budget.
    most : int
        How many elements an offer may change.
    moves : tuple of Move
        Changes that are within the budget and below nobody's bound, best for this group first; ratings are public.
    """

    group: str
    number: int
    rounds: int
    package: Mapping[str, str]
    worth: Mapping[str, Mapping[str, float]]
    cost: Mapping[str, Mapping[str, float]]
    budget_left: float
    most: int
    moves: tuple[Move, ...]


class Said(NamedTuple):
    """An offer in words.

    Attributes
    ----------
    swaps : mapping of str to str, or None
        What was understood; None for no offer.
    text : str
        What was said.
    fault : str
        Why it could not be understood; empty where it could.
    """

    swaps: Mapping[str, str] | None
    text: str = ""
    fault: str = ""


Agent = Callable[[Situation], "Mapping[str, str] | Said | None"]


def best_for_itself(situation: Situation) -> Mapping[str, str] | None:
    """The change that is best for the group itself, among those that everybody could accept; none without a gain."""
    best = situation.moves[0] if situation.moves else None
    return best.swaps if best is not None and best.gain > 0 else None


def by_choosing(interview: Interview, *, menu: int = 5) -> Agent:
    """An agent that a judge plays who chooses from a menu.

    The menu is shown in every rotation, so that what stands first each time is each change once; where the replies have
    scores these are added, and else the judge must choose the same change most often. A judge that goes by place makes
    no offer.

    Parameters
    ----------
    interview : Interview
        With a judge that chooses; its answers are kept where the interview has a ledger.
    menu : int
        Changes on the menu, 1 to 24; the last line is to make no offer.

    Raises
    ------
    AbilityError
        The judge does not choose.
    """
    demand(interview.judge, "choose", "negotiating")
    size = min(max(menu, 1), 24)

    def agent(situation: Situation) -> Said:
        shown = situation.moves[:size]
        if not shown:
            return Said(None, "", "")
        options = (*(f"{_told(move.swaps)} ({move.gain:+.3g} for you)" for move in shown), NO_OFFER)
        text = f"{_brief(situation)}\n\nWhich change do you propose?"
        question = Question.of(_id(text, *options), text, options)
        n = len(options)
        orders = [tuple((start + place) % n for place in range(n)) for start in range(n)]
        interview.ask([Ask(question, letters.FRAME, order=order) for order in orders], what="negotiating")
        rows = [row for row in interview.rows.values() if row["question"] == question.id and row["choice"] >= 0]
        if len(rows) < n:
            return Said(None, "", f"{n - len(rows)} of {n} replies could not be read")
        answers = Answers.from_rows(rows)
        scored = ~np.isnan(answers.scores[:, :n]).any() if answers.scores.shape[1] >= n else False
        votes = answers.scores[:, :n].sum(axis=0) if scored else np.bincount(answers.choice, minlength=n).astype(float)
        top = np.flatnonzero(votes >= votes.max() - 1e-9)
        if len(top) > 1:
            return Said(None, "", "its choice went by the place in which a change stood")
        chosen = int(top[0])
        return Said(shown[chosen].swaps if chosen < len(shown) else None, options[chosen])

    return agent


def by_writing(interview: Interview, *, max_tokens: int = 128) -> Agent:
    """An agent that a judge plays who writes.

    It is asked for one JSON object of elements and options; "Element: option" a line is read too. Names are compared
    without regard to case, and nothing else of the reply is used.

    Parameters
    ----------
    interview : Interview
        With a judge that writes.
    max_tokens : int
        Length at which a reply is cut off.

    Raises
    ------
    AbilityError
        The judge does not write.
    """
    demand(interview.judge, "write", "negotiating")

    def agent(situation: Situation) -> Said:
        table = "\n".join(
            f"{element}: "
            + "; ".join(f"{option} (worth {worth:.3g}, costs {situation.cost[element][option]:.3g})"
                        for option, worth in options.items())
            for element, options in situation.worth.items()
        )  # fmt: skip
        text = (
            f"{_brief(situation)}\n\nAll options, with what they are worth to you:\n{table}\n\nPropose a change of at "
            f'most {situation.most} elements as one JSON object such as {{"element": "option"}}, or {{}} for none.'
        )
        question = Question.of(_id(text), text, kind="open")
        interview.write([Ask(question, "offer")], _written, max_tokens=max_tokens, what="negotiating")
        raw = next((str(row["raw"]) for row in interview.rows.values() if row["question"] == question.id), "")
        return understood(raw, situation)

    return agent


def understood(text: str, situation: Situation) -> Said:
    """The offer that a text makes.

    Parameters
    ----------
    text : str
        A reply; only its first 4,000 characters are read.
    situation : Situation
        Whose elements and options it may name.

    Returns
    -------
    Said
        With a fault where it makes no offer that can be understood, and without swaps where it says that it makes none.
    """
    read = text[:LONGEST]
    pairs = _pairs(read)
    if pairs is None:
        return Said(None, text, "it holds no offer")
    elements = {name.casefold(): name for name in situation.worth}
    swaps: dict[str, str] = {}
    for left, right in pairs:
        element = elements.get(left.strip().casefold())
        if element is None:
            return Said(None, text, f"there is no element {_short(left)!r}")
        options = {name.casefold(): name for name in situation.worth[element]}
        option = options.get(right.strip().casefold())
        if option is None:
            return Said(None, text, f"{element} has no option {_short(right)!r}")
        if swaps.setdefault(element, option) != option:
            return Said(None, text, f"it wants two options of {element}")
    return Said(swaps or None, text)


def _pairs(text: str) -> list[tuple[str, str]] | None:
    opened = text.find("{")
    if opened >= 0:
        try:
            given, _ = json.JSONDecoder(object_pairs_hook=list).raw_decode(text[opened:])
        except (ValueError, RecursionError):
            return None
        flat = isinstance(given, list) and all(isinstance(one, tuple) and len(one) == 2 for one in given)
        return given if flat and all(isinstance(part, str) for one in given for part in one) else None
    lines = [re.fullmatch(r"[\s*\-•]*([^:\n]+):\s*([^\n]+?)[\s*.;]*", line) for line in text.splitlines()]
    found = [(match[1].strip(" *"), match[2].strip(" *")) for match in lines if match]
    return found or None


def _brief(situation: Situation) -> str:
    now = "; ".join(f"{element}: {option}" for element, option in situation.package.items())
    left = "" if np.isinf(situation.budget_left) else f" {situation.budget_left:.3g} of the budget is left."
    return (
        f"You speak for this group in a negotiation: {situation.group}. This is round {situation.number} of "
        f"{situation.rounds}. Agreed so far: {now}.{left} A change is adopted if it helps most and pushes nobody below "
        "what they had."
    )


def _told(swaps: Mapping[str, str]) -> str:
    return "; ".join(f"{element}: {option}" for element, option in swaps.items())


def _written(ask: Ask) -> Prompt:
    system = [Message("system", ask.condition.before_system)] if ask.condition.before_system else []
    before = [ask.condition.before_user] if ask.condition.before_user else []
    return Prompt((), messages=(*system, Message("user", "\n\n".join([*before, ask.question.situation]))))


def _id(*texts: str) -> str:
    return "offer: " + hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
