"""Cards that say the same value in other words become one: nearest by embedding, then judged by a reader.

Cards are taken in the order given. Each is compared with the canonical cards nearest to it, the nearest first, and
joins the first that the judge calls the same value; else it becomes canonical itself. A card is so compared with
canonical cards only, and a chain of small differences cannot join two cards that nobody called the same. The judge sees
both orders of the two cards and of the two answers: a judge that answers by place says yes as often as no, and joins
nothing. Where a group has several cards, the judge may say which of them is best put.

Source: Klingefjord, Lowe & Edelman (2024), arXiv:2404.10636, and their programs, which put new cards into clusters
first (by a language model, or by density of the embeddings and then by a language model) and link each cluster's best
card to a canonical one. Departs: no clusters, whose members nobody compared with one another pair by pair; both orders.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.abilities import Embedder, demand
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.question import Ask, Question
from weigh.judges import letters
from weigh.loops.elicit import Interview
from weigh.pool.moral_graph.cards import ValuesCard
from weigh.pool.moral_graph.routing import nearness

Array = NDArray[np.float64]

SAME = ("They are the same value.", "They are different values.")
ASKED = """Two people described what they attend to when they choose well.

First:
{first}

Second:
{second}

They are the same value if either could stand for the other at the same level of detail, so that each of the two people
would feel fully understood by the other's words, and nothing in one is foreign to the other. Are they?"""
BEST = """These are descriptions of one value.

{cards}

Which is put best: clear to a stranger, specific, and about what to attend to, not about rules or goals?"""


class Merged(NamedTuple):
    """Cards after merging.

    Attributes
    ----------
    canonical : dict of str to str
        Each card's id to the id of the card that stands for it, which may be its own.
    compared : int
        Pairs that the judge was asked about.
    undecided : int
        Pairs on which its answers cancelled out or could not be read; they were not merged.
    """

    canonical: dict[str, str]
    compared: int
    undecided: int


def merge_cards(
    cards: Sequence[ValuesCard],
    embedder: Embedder,
    interview: Interview,
    *,
    nearest: int = 5,
    within: float = 0.1,
    pick: bool = True,
) -> Merged:
    """Find the cards that say the same value.

    Parameters
    ----------
    cards : sequence of ValuesCard
        In the order in which they may become canonical: first those that should rather stand for others.
    embedder : Embedder
        Embeds the policies.
    interview : Interview
        With a judge that chooses; its answers are kept where the interview has a ledger.
    nearest : int
        With how many canonical cards each is compared, 1 or more.
    within : float
        Largest cosine distance at which cards are compared, 0 to 2.
    pick : bool
        Whether the judge says which card of each group stands for it; otherwise the first does.

    Returns
    -------
    Merged

    Raises
    ------
    InputError
        No cards, an id that stands twice, embeddings that do not fit, or numbers out of range.
    AbilityError
        A judge that does not embed, or one that does not choose.
    """
    ids = [card.id for card in cards]
    if not ids or len(set(ids)) < len(ids):
        raise InputError(
            f"got {len(ids)} cards with {len(set(ids))} ids; expected one or more, each with an id of its own"
        )
    if nearest < 1 or not 0 <= within <= 2:
        raise InputError(f"nearest is {nearest!r}, within {within!r}; expected 1 or more, and 0 to 2")
    demand(embedder, "embed", "finding cards that are alike")
    demand(interview.judge, "choose", "comparing cards")
    embedding = np.asarray(embedder.embed([card.text for card in cards]), dtype=float)
    if embedding.ndim != 2 or len(embedding) != len(cards):
        raise InputError(f"the embeddings of {len(cards)} cards have shape {embedding.shape}; expected one row a card")
    heads, group, compared, undecided = [0], [0], 0, 0
    for at in range(1, len(cards)):
        far = 1 - nearness(embedding[heads], embedding[at])
        order = np.argsort(far, kind="stable")[:nearest]
        joined = at
        for near in order[far[order] <= within].tolist():
            compared += 1
            said = same_value(interview, cards[heads[near]], cards[at])
            undecided += said is None
            if said:
                joined = heads[near]
                break
        group.append(joined)
        if joined == at:
            heads.append(at)
    stands = {head: head for head in heads}
    for head in heads if pick else ():
        members = [at for at, one in enumerate(group) if one == head]
        if len(members) > 1:
            stands[head] = members[best_put(interview, [cards[at] for at in members])]
    return Merged({ids[at]: ids[stands[head]] for at, head in enumerate(group)}, compared, undecided)


def same_value(interview: Interview, first: ValuesCard, second: ValuesCard) -> bool | None:
    """Whether the judge calls two cards the same value; None where its four answers cancel out or cannot be read.

    Parameters
    ----------
    interview : Interview
        With a judge that chooses.
    first, second : ValuesCard
        Shown in both orders, with the two answers in both orders.
    """
    asks = []
    for a, b in ((first, second), (second, first)):
        text = ASKED.format(first=a.text, second=b.text)
        question = Question.of(f"same value: {_mark(a.text, b.text)}", text, SAME)
        asks += [Ask(question, letters.FRAME, order=order) for order in ((0, 1), (1, 0))]
    answers = _answers(interview, asks, "are these the same value")
    if answers is None or len(answers) < len(asks):
        return None
    evidence = float(answers.differences().sum())
    return None if abs(evidence) < 1e-9 else evidence > 0


def best_put(interview: Interview, cards: Sequence[ValuesCard]) -> int:
    """Which of several cards the judge finds put best; the first where its answers leave it open.

    Parameters
    ----------
    interview : Interview
        With a judge that chooses.
    cards : sequence of ValuesCard
        Two or more; beyond the twelfth they are not shown.
    """
    shown = list(cards[:12])
    n = len(shown)
    options = tuple(f"Description {number + 1}" for number in range(n))
    text = BEST.format(cards="\n\n".join(f"Description {at + 1}:\n{card.text}" for at, card in enumerate(shown)))
    question = Question.of(f"best put: {_mark(*(card.text for card in shown))}", text, options)
    orders = [tuple((start + place) % n for place in range(n)) for start in range(n)]
    answers = _answers(interview, [Ask(question, letters.FRAME, order=order) for order in orders], "which is put best")
    if answers is None:
        return 0
    votes = np.bincount(answers.choice, minlength=n)
    return int(np.argmax(votes)) if (votes == votes.max()).sum() == 1 else 0


def _answers(interview: Interview, asks: list[Ask], what: str) -> Answers | None:
    """The answers to these asks that name an option; None for none."""
    interview.ask(asks, what=what)
    wanted = {ask.question.id for ask in asks}
    rows = [row for row in interview.rows.values() if row["question"] in wanted and row["choice"] >= 0]
    return Answers.from_rows(rows) if rows else None


def _mark(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
