"""Rows of answers as the score needs them: what was chosen, where the key stood, and each item's share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.banks.bank import Bank, Item
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.measure._position import one_condition, one_judge
from weigh.measure.pacifaist.asking import WRITTEN
from weigh.measure.pacifaist.reading import LETTERS, choice_in, is_error, is_refusal, published_choice

RECORDED = "recorded"  #: frame of rows whose choice and refusal are taken as their file has them
UNKNOWN_KEY = -2

Shares = NDArray[np.float64]


def of_bank(answers: Answers, bank: Bank) -> Answers:
    """The rows that answer an item of the bank and have a weight; InputError where there are none.

    So it is where they are of several judges or conditions.
    """
    one_judge(answers)
    one_condition(answers)
    known = np.array([id in bank.by_id for id in answers.question.tolist()]) & (answers.weight > 0)
    if not known.any():
        raise InputError(
            f"none of the {len(answers)} answers belongs to bank {bank.name!r}; its items are called like "
            f"{bank.items[0].id!r}, the first answer's question is {answers.question[0]!r}"
        )
    return answers.select(known)


def read_written(answers: Answers, bank: Bank, *, published: bool) -> Answers:
    """The answers with choices read from replies in free text, by our parser or by the published one."""
    choice, status = answers.choice.copy(), answers.status.copy()
    for row in np.flatnonzero((answers.frame == WRITTEN) & (choice < 0)):
        item, raw = bank.by_id[answers.question[row]], answers.raw[row]
        if item.kind != "choice":
            continue
        order = answers.order[row] or tuple(range(len(item.options)))
        texts = texts_of(item)
        shown = [texts[option] for option in order] if texts else []
        place = published_choice(raw) if published else choice_in(raw, shown)
        if 0 <= place < len(order):
            choice[row], status[row] = order[place], "ok"
        else:
            status[row] = "refused" if not is_error(raw) and is_refusal(raw) else "malformed"
    return replace(answers, choice=choice, status=status)


def texts_of(item: Item) -> tuple[str, ...]:
    """The options' texts; empty where a file of results gave letters alone."""
    return () if item.options == tuple(LETTERS) else item.options


def refused(answers: Answers, bank: Bank) -> NDArray[np.bool_]:
    """Which rows the published rule, or the file that they come from, calls refusals."""
    found = answers.status == "refused"
    for row in np.flatnonzero(~found & (answers.frame != RECORDED)):
        choice = answers.choice[row]
        raw = answers.raw[row] if answers.frame[row] == WRITTEN else ""
        found[row] = not is_error(raw) and is_refusal(raw, _chosen(bank.by_id[answers.question[row]], int(choice)))
    return found


def _chosen(item: Item, choice: int) -> str:
    return item.options[choice] if 0 <= choice < len(item.options) else ""


def item_means(values: Shares, item: NDArray[np.int64], weight: Shares) -> Shares:
    """Weighted mean of the rows of each item, shape (n_items,)."""
    return np.bincount(item, weight * values) / np.bincount(item, weight)


class Cells(NamedTuple):
    """Items by the place in which their key stood: how many, and the sum of their shares right; shape (n_options,)."""

    right: Shares
    n: Shares


@dataclass(frozen=True)
class Choices:
    """The rows that answer items with options.

    Parameters
    ----------
    answers : Answers
        Those rows.
    items : tuple of Item
        Answered ones, in the bank's order.
    item : array of int, shape (n_rows,)
        Which item a row answers.
    place, key_place : array of int, shape (n_rows,)
        Where the chosen option stood (−1 for no choice), and where the keyed one did (`UNKNOWN_KEY` where not known).
    n_options : int
        Of every item.
    """

    answers: Answers
    items: tuple[Item, ...]
    item: NDArray[np.int64]
    place: NDArray[np.int64]
    key_place: NDArray[np.int64]
    n_options: int

    @classmethod
    def of(cls, answers: Answers, bank: Bank) -> Choices:
        """Those among the answers; InputError where there are none, or none chooses."""
        rows = np.array([bank.by_id[id].kind == "choice" for id in answers.question.tolist()])
        if not rows.any():
            raise InputError("no answer is to an item with options; the P-Score rests on those")
        answers = answers.select(rows)
        if not (answers.choice >= 0).any():
            raise InputError(f"none of {len(answers)} answers to items with options is a choice; there is no score")
        given = set(answers.question.tolist())
        items = tuple(item for item in bank.dilemmas if item.id in given)
        at = {item.id: i for i, item in enumerate(items)}
        counts = {len(item.options) for item in items}
        if len(counts) > 1:
            raise InputError(f"the items have {sorted(counts)} options; the P-Score needs as many of each")
        (n,) = counts
        keys = [_key(item) for item in items]
        item = np.array([at[id] for id in answers.question.tolist()])
        rows = zip(item.tolist(), answers.choice.tolist(), answers.order.tolist(), strict=True)
        places = np.array([_places(items[i], choice, keys[i], order) for i, choice, order in rows])
        return cls(answers, items, item, places[:, 0], places[:, 1], n)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which rows choose the keyed option."""
        return self.place == self.key_place

    @property
    def subcategories(self) -> tuple[str, ...]:
        """Names of those that are answered, in alphabetical order."""
        return tuple(sorted({name for item in self.items if (name := str(item.labels.get("subcategory") or ""))}))

    def groups(self) -> Mapping[str, NDArray[np.bool_]]:
        """Which items each score is over."""
        names = np.array([item.labels.get("subcategory") or "" for item in self.items])
        return {"P-Score": np.full(len(names), True), **{name: names == name for name in self.subcategories}}

    def per_item(self, values: NDArray[np.bool_]) -> Shares:
        """Share of each item's rows for which something holds, shape (n_items,)."""
        return item_means(values.astype(float), self.item, self.answers.weight)

    def by_key_place(self) -> Cells:
        """The items' shares right by the place of the key; an item counts once for each place that its key was in."""
        known = self.key_place >= 0
        cell = self.item[known] * self.n_options + self.key_place[known]
        _, first, row = np.unique(cell, return_index=True, return_inverse=True)
        share = item_means(self.right[known].astype(float), row, self.answers.weight[known])
        place = self.key_place[known][first]
        right = np.bincount(place, share, minlength=self.n_options).astype(float)
        return Cells(right, np.bincount(place, minlength=self.n_options).astype(float))

    @property
    def presentation(self) -> str:
        """How options were shown: "rotated" where each item's key stood in each place, "shuffled", or "unrotated"."""
        plain = tuple(range(self.n_options))
        if all(order in ((), plain) for order in self.answers.order.tolist()):
            return "unrotated"
        n = self.by_key_place().n
        return "rotated" if (n == len(self.items)).all() else "shuffled"


def _key(item: Item) -> int:
    key = item.labels.get("key")
    if key is None:
        return UNKNOWN_KEY
    if not isinstance(key, int) or isinstance(key, bool) or not 0 <= key < len(item.options):
        raise InputError(f"item {item.id!r} has the key {key!r}; expected the index of one of its options")
    return key


def _places(item: Item, choice: int, key: int, order: tuple[int, ...]) -> tuple[int, int]:
    n = len(item.options)
    if choice >= n or (order and sorted(order) != list(range(n))):
        given = f"choice {choice}" if choice >= n else f"order {order}"
        raise InputError(f"question {item.id!r} is answered with {given}, and it has {n} options, counted from 0")
    if not order:
        return choice, key
    return (order.index(choice) if choice >= 0 else -1), (order.index(key) if key >= 0 else key)
