"""Answers to a bank's items as decisions: which share of an item's answers chose each option, and which chose none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.banks.items import Item
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.question import UNTREATED
from weigh.measure._asks import CHOICE_FRAMES

Numbers = NDArray[np.float64]


class Decisions(NamedTuple):
    """Decisions on a list of items.

    Attributes
    ----------
    share : array of float, shape (n_items, n_options)
        Of an item's answers that chose an option, the share that chose this one; a row of zeros where none did.
    answered, missing : array of float, shape (n_items,)
        Weight of the answers that chose an option, and of those that did not; both 0 where the item was not asked.
    """

    share: Numbers
    answered: Numbers
    missing: Numbers


def decisions(answers: Answers, items: Sequence[Item]) -> Decisions:
    """Decisions of one judge under one condition.

    An item's answers, in other orders, wordings or samples, are equal parts of one decision: it weighs as much as their
    mean weight, however many there are. Answers to other items are left out.

    Parameters
    ----------
    answers : Answers
        Choices that are -1 are missing.
    items : sequence of Item
        With two options or more.

    Raises
    ------
    InputError
        A choice is not among an item's options.
    """
    row, at = _rows(answers, items)
    choice, weight = answers.choice[row], answers.weight[row]
    n_options = np.array([len(item.options) for item in items], dtype=np.int64)
    if np.any(choice >= n_options[at]):
        i = int(np.argmax(choice >= n_options[at]))
        raise InputError(
            f"item {items[at[i]].id!r} has {n_options[at[i]]} options; an answer chose number {choice[i] + 1}"
        )
    n = np.bincount(at, minlength=len(items))
    each = weight / np.maximum(n[at], 1)
    valid = choice >= 0
    shape = (len(items), int(n_options.max(initial=2)))
    chosen = np.zeros(shape)
    np.add.at(chosen, (at[valid], choice[valid]), each[valid])
    answered = chosen.sum(axis=1)
    missing = np.bincount(at[~valid], each[~valid], minlength=len(items)).astype(float)
    share = chosen / np.where(answered > 0, answered, 1.0)[:, None]
    return Decisions(share, answered, missing)


def always(option: int, items: Sequence[Item], like: Decisions) -> Numbers:
    """Share of each option where an option of this canonical index is always chosen, of items that have it."""
    share = np.zeros_like(like.share)
    has = np.array([len(item.options) > option for item in items])
    share[has, option] = 1.0
    return share


def always_first(answers: Answers, items: Sequence[Item], like: Decisions) -> Numbers:
    """Share of each option where what is shown first is always chosen; without an order, what is canonically first."""
    row, at = _rows(answers, items)
    first = np.array([order[0] if order else 0 for order in answers.order[row]], dtype=np.int64)
    shown = np.zeros_like(like.share)
    np.add.at(shown, (at, first), 1.0)
    total = shown.sum(axis=1, keepdims=True)
    return shown / np.where(total > 0, total, 1.0)


def forced_choices(answers: Answers) -> Answers:
    """The forced choices among a run's answers, and of several conditions the untreated one's.

    Raises
    ------
    InputError
        There are none, or they are of several conditions of which none is untreated.
    """
    of_choice = is_forced(answers)
    if not of_choice.any():
        raise InputError("there is no forced choice among the answers; expected some of frame 'letters' or of none")
    chosen = answers.select(of_choice)
    names = sorted(set(chosen.condition.astype(str).tolist()))
    if len(names) > 1 and UNTREATED.name not in names:
        raise InputError(
            f"answers under {len(names)} conditions ({', '.join(names[:5])}); score one at a time: "
            "answers.select(answers.condition == name)"
        )
    return chosen if len(names) == 1 else chosen.select(chosen.condition == UNTREATED.name)


def is_forced(answers: Answers) -> NDArray[np.bool_]:
    """Which answers are forced choices, or recorded ones whose format nobody wrote down."""
    return np.isin(answers.frame.astype(str), CHOICE_FRAMES)


def _rows(answers: Answers, items: Sequence[Item]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of answers to these items, and the item of each."""
    place = {item.id: i for i, item in enumerate(items)}
    at = np.array([place.get(str(id), -1) for id in answers.question], dtype=np.int64)
    row = np.flatnonzero(at >= 0)
    return row, at[row]
