"""Forced choice by letter: the prompt, and how the probabilities of the letters are read.

The options stand in the order shown; the reply is begun with "Answer:", so that the next token is the letter. Which
letter stands for which option is undone here, so that everything after speaks of options and never of letters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.question import Ask, Message, Prompt, Reply

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FRAME = "letters"
PREFILL = "Answer:"

# a reply that hardly ever is one of the letters says little about the options; it is kept, flagged and counted
LOW_MASS = 0.5


def render(ask: Ask) -> list[Prompt]:
    """The one prompt of a forced choice.

    Parameters
    ----------
    ask : Ask
        With an order that is a permutation of the question's options.

    Returns
    -------
    list of Prompt
        One prompt; its continuations are the letters in the order shown.

    Raises
    ------
    InputError
        The order is no permutation, or there are more options than letters.
    """
    n = len(ask.question.options)
    if sorted(ask.order) != list(range(n)) or n > len(LETTERS):
        raise InputError(
            f"question {ask.question.id!r} has {n} options; order {ask.order} does not show each of them once"
        )
    shown = [f"{LETTERS[place]}. {ask.question.options[option]}" for place, option in enumerate(ask.order)]
    letters = f"{', '.join(LETTERS[: n - 1])} or {LETTERS[n - 1]}"
    *before, last = ask.question.messages
    # a situation that asks something itself needs no question after it
    asking = "" if last.text.rstrip().endswith("?") else "What do you do?"
    parts = [ask.condition.before_user, last.text, asking, "\n".join(shown), f"Reply with {letters} only."]
    text = "\n\n".join(part for part in parts if part)
    system = [Message("system", ask.condition.before_system)] if ask.condition.before_system else []
    messages = (*system, *before, Message("user", text, last.images))
    return [Prompt(tuple(f" {LETTERS[place]}" for place in range(n)), messages=messages, prefill=PREFILL)]


def read(ask: Ask, logprobs: Sequence[NDArray[np.float64]]) -> Reply:
    """The reply that the letters' log-probabilities amount to.

    Parameters
    ----------
    ask : Ask
        What was asked.
    logprobs : sequence of one array, shape (n_options,)
        Log-probability of each letter, in the order shown.

    Returns
    -------
    Reply
        Scores in canonical order; status "low-mass" where the letters together have less than half the probability.
    """
    (shown,) = logprobs
    scores = [math.nan] * len(ask.order)
    for place, option in enumerate(ask.order):
        scores[option] = float(shown[place])
    mass = float(np.exp(shown).sum())
    letter = LETTERS[int(np.argmax(shown))] if np.all(np.isfinite(shown)) else ""
    status = "ok" if mass >= LOW_MASS else "low-mass"
    detail = {"letters": {LETTERS[place]: round(float(lp), 6) for place, lp in enumerate(shown) if math.isfinite(lp)}}
    return Reply.from_scores(scores, mass=mass, status=status, raw=letter, detail=detail)
