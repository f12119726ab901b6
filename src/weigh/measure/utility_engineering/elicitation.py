"""Asking for utilities: pairs of outcomes in both orders, in rounds that go where the answer is open.

A round asks some pairs, fits utilities to all answers so far, and picks the next pairs: those of nearly one utility
whose outcomes were asked about little, or any at random, for comparison. It begins with a random graph in which each
outcome has two pairs, and ends after m · n log₂ n of them. The pairs that are held out are asked too, and never fitted
to. Which pairs are asked depends on the answers and the seed alone, so a run that is resumed asks the same ones, and
none twice. Under a treatment the pairs are those of the untreated run, so that effects are paired.

Source: Mazeika et al., arXiv:2502.08640; the constants are those of its code, where there is no seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.question import Ask
from weigh.judges.letters import FRAME
from weigh.loops.elicit import Interview
from weigh.measure._asks import CHOICE_FRAMES, orders_for
from weigh.measure.utility_engineering._controls import CONTROLS, TURNED, control_question
from weigh.measure.utility_engineering._preferences import (
    PREFERENCE,
    Topic,
    pair_id,
    pair_question,
    preferences,
)
from weigh.measure.utility_engineering.fit import held_out
from weigh.ops.pair_selection import first_pairs, n_pairs_to_ask, next_pairs
from weigh.ops.paired import fit_thurstone

Selection = Literal["active", "random"]

ROUNDS = 8  #: after the first; more rounds of fewer pairs cost a fit each and change little
MOST_HELD_OUT = 100  #: of the pairs held out, asked where the caller names no other number


def ask_pairs(
    interview: Interview,
    texts: Mapping[str, str],
    pairs: Sequence[tuple[str, str]],
    *,
    topic: Topic = PREFERENCE,
    samples: int = 1,
    what: str = "pairs of outcomes",
) -> None:
    """Ask pairs in both orders.

    Parameters
    ----------
    interview : Interview
        With a judge that chooses.
    texts : mapping of str to str
        Text of each item by its id.
    pairs : sequence of (str, str)
        Ids, each pair in the order that `texts` has them.
    topic : Topic
        What is asked about them.
    samples : int
        Answers an order, for judges that answer by chance.
    what : str
        Name of the stage, for the progress bar.

    Raises
    ------
    InputError
        A sample less than 1, or two items with one text.
    """
    if samples < 1:
        raise InputError(f"samples is {samples}; expected 1 or more answers an order")
    asks = [
        Ask(pair_question(left, right, texts, topic), FRAME, order=order, sample=sample)
        for left, right in pairs
        for order in orders_for(interview.judge, 2)
        for sample in range(samples)
    ]
    interview.ask(asks, what=what)


def ask_controls(interview: Interview) -> None:
    """Ask the plain pairs, of which one is better beyond doubt, in both orders.

    Parameters
    ----------
    interview : Interview
        With a judge that chooses.
    """
    orders = orders_for(interview.judge, 2)
    questions = [control_question(i, PREFERENCE.text) for i in range(len(CONTROLS) + len(TURNED))]
    interview.ask([Ask(q, FRAME, order=order) for q in questions for order in orders], what="plain pairs")


def ask_rounds(
    interview: Interview,
    texts: Mapping[str, str],
    *,
    topic: Topic = PREFERENCE,
    edges: float = 1.0,
    selection: Selection = "active",
    samples: int = 1,
    hold_out: int = MOST_HELD_OUT,
    what: str = "pairs of outcomes",
) -> None:
    """Ask as many pairs as utilities need, and those that are held out.

    Parameters
    ----------
    interview : Interview
        With a judge that chooses; its seed decides which pairs are drawn.
    texts : mapping of str to str
        Text of each item by its id, two or more.
    topic : Topic
        What is asked about them.
    edges : float
        m of m · n log₂ n pairs; the source has 2.
    selection : {"active", "random"}
        How the next pairs are picked.
    samples : int
        Answers an order.
    hold_out : int
        How many of the pairs held out are asked; 0 for utilities that nothing is foretold by.
    what : str
        Name of the stage.

    Raises
    ------
    InputError
        Fewer than two items, or options that make no sense.
    """
    ids = list(texts)
    if len(ids) < 2:
        raise InputError(f"there are {len(ids)} outcomes; pairs need two or more")

    def put(pairs: np.ndarray, stage: str) -> None:
        named = [(ids[int(a)], ids[int(b)]) for a, b in pairs]
        ask_pairs(interview, texts, named, topic=topic, samples=samples, what=stage)

    untreated = _asked_untreated(interview, ids, topic)
    if untreated is not None:
        put(untreated, what)
        return
    budget = n_pairs_to_ask(len(ids), edges)
    closed = np.array(sorted(held_out(len(ids))) if hold_out else [], dtype=np.int64).reshape(-1, 2)
    if hold_out and len(closed):
        # evenly spaced in order of the items, so that each is held out about equally often
        spaced = np.linspace(0, len(closed) - 1, min(hold_out, len(closed)))
        put(closed[spaced.round().astype(int)], f"{what}, held out")
    asked = _open(_asked(interview, ids, topic), closed)
    if len(asked) < budget:
        first = first_pairs(len(ids), closed=closed, seed=interview.seed)[: budget - len(asked)]
        put(first, what)
        asked = np.unique(np.concatenate([asked, first]), axis=0)
    most = len(ids) * (len(ids) - 1) // 2 - len(closed)
    budget = min(budget, most)
    size = max(1, int(np.ceil((budget - len(asked)) / ROUNDS)))
    while len(asked) < budget:
        mean = _utilities(interview, ids, topic, asked) if selection == "active" else np.zeros(len(ids))
        size = min(size, budget - len(asked))
        chosen = next_pairs(mean, asked, size, closed=closed, how=selection, seed=interview.seed)
        put(chosen, what)
        asked = np.concatenate([asked, chosen])


def own(interview: Interview) -> Answers | None:
    """The answers under the judge's own condition; None where there are none yet.

    Parameters
    ----------
    interview : Interview
        Whose answers.
    """
    rows = [row for row in interview.rows.values() if row["condition"] == interview.judge.condition.name]
    return Answers.from_rows(rows) if rows else None


def _asked(interview: Interview, ids: Sequence[str], topic: Topic, condition: str | None = None) -> np.ndarray:
    """Pairs that have answers under a condition, the judge's own by default, as rows of places."""
    name = interview.judge.condition.name if condition is None else condition
    questions = {
        str(row["question"])
        for row in interview.rows.values()
        if row["condition"] == name and row["frame"] in CHOICE_FRAMES
    }
    place = {pair_id(a, b, topic): (i, j) for i, a in enumerate(ids) for j, b in enumerate(ids[i + 1 :], i + 1)}
    found = sorted(place[question] for question in questions if question in place)
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _asked_untreated(interview: Interview, ids: Sequence[str], topic: Topic) -> np.ndarray | None:
    """The pairs of the untreated run, where this one is treated and follows it."""
    if not interview.judge.condition:
        return None
    found = _asked(interview, ids, topic, condition="")
    return found if len(found) else None


def _open(pairs: np.ndarray, closed: np.ndarray) -> np.ndarray:
    shut = {(int(a), int(b)) for a, b in closed}
    kept = [(int(a), int(b)) for a, b in pairs if (int(a), int(b)) not in shut]
    return np.array(kept, dtype=np.int64).reshape(-1, 2)


def _utilities(interview: Interview, ids: Sequence[str], topic: Topic, asked: np.ndarray) -> np.ndarray:
    """Utilities from the answers so far; zeros before there are any, as when questions are only counted."""
    answers = own(interview)
    if interview.dry or answers is None:
        return np.zeros(len(ids))
    given = preferences(answers, ids, topic=topic)
    codes = set((asked[:, 0] * len(ids) + asked[:, 1]).tolist())
    fitted = given.select(np.isin(given.left * len(ids) + given.right, list(codes)))
    if not len(fitted):
        return np.zeros(len(ids))
    return fit_thurstone(fitted.gathered(), variances="equal", errors=False).mean
