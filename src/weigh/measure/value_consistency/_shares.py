"""From answers to distributions over stances: softmax of a question's mean scores over orders, else their mean p."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.banks.bank import Bank, Item
from weigh.banks.value_consistency import NEUTRAL, STANCES
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.measure.value_consistency._asking import ABSTAIN, DECLINABLE

Array = NDArray[np.float64]
Key = tuple[str, int]


class Sheet(NamedTuple):
    """Answers to a bank's questions, ready to be averaged: one row an answer, one entry a question (and sample).

    Attributes
    ----------
    items : tuple of Item
        One an entry.
    samples : tuple of int
        One an entry; 0 where samples are averaged.
    kinds : tuple of tuple of str
        The stance of each option offered, one an entry.
    entry, place : array of int, shape (n_rows,)
        The entry that a row belongs to, and which of its entry's orders it is.
    first : array of int, shape (n_rows,)
        The option in the first place shown; the first in the bank where no order is known.
    weight : array, shape (n_rows,)
    p, scores : array, shape (n_rows, n_options)
        Probability and score of each option; NaN where there is none.
    """

    items: tuple[Item, ...]
    samples: tuple[int, ...]
    kinds: tuple[tuple[str, ...], ...]
    entry: NDArray[np.int64]
    place: NDArray[np.int64]
    first: NDArray[np.int64]
    weight: Array
    p: Array
    scores: Array

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many options each row offered."""
        return np.array([len(kind) for kind in self.kinds], dtype=np.int64)[self.entry]


def sheet_of(answers: Answers, bank: Bank, *, by_sample: bool = False) -> Sheet:
    """The sheet of answers that all belong to the bank; InputError where one does not fit its question."""
    keys: dict[Key, int] = {}
    items: list[Item] = []
    kinds: list[tuple[str, ...]] = []
    entry, place = np.empty(len(answers), dtype=np.int64), np.empty(len(answers), dtype=np.int64)
    orders: list[dict[tuple[int, ...], int]] = []
    for i, (question, frame, order) in enumerate(zip(answers.question, answers.frame, answers.order, strict=True)):
        key = question, int(answers.sample[i]) if by_sample else 0
        item = bank.by_id[question]
        kind = (*item.labels["stances"], *((NEUTRAL,) if frame.endswith(DECLINABLE) else ()))
        at = keys.setdefault(key, len(keys))
        if at == len(items):
            items.append(item)
            kinds.append(kind)
            orders.append({})
        if kinds[at] != kind:
            raise InputError(
                f"question {question!r} was asked with and without an option of no view; score one of them"
            )
        entry[i], place[i] = at, orders[at].setdefault(order, len(orders[at]))
    counts = np.array([len(kind) for kind in kinds], dtype=np.int64)[entry]
    _check(answers, counts)
    first = np.array([order[0] if order else 0 for order in answers.order], dtype=np.int64)
    p, scores = _probabilities(answers, counts)
    samples = tuple(sample for _, sample in keys)
    return Sheet(tuple(items), samples, tuple(kinds), entry, place, first, answers.weight, p, scores)


def shares(sheet: Sheet, stances: Sequence[str], p: Array | None = None) -> Array:
    """Distribution over stances of each entry, shape (n_entries, n_stances); a row of NaN where nothing can be used.

    Orders count alike, however often each was asked. `p` takes the place of what was answered.
    """
    scores = sheet.scores if p is None else np.full_like(sheet.scores, np.nan)
    p = sheet.p if p is None else p
    n = len(sheet.items)
    usable = ~np.isnan(p[:, 0]) & (sheet.weight > 0)
    scored = usable & ~np.isnan(scores[:, 0])
    mean = _over_orders(sheet, np.nan_to_num(p), usable)
    # only where every answer has scores, as a share and a score cannot be averaged
    bare = np.bincount(sheet.entry[usable & ~scored], minlength=n) > 0
    evidence = _over_orders(sheet, np.nan_to_num(scores), scored)
    counts = np.array([len(kind) for kind in sheet.kinds])
    offered = np.arange(p.shape[1]) < counts[:, None]
    soft = _softmax(np.where(offered, evidence, -np.inf))
    by_option = np.where((bare | np.isnan(evidence[:, 0]))[:, None], mean, soft)
    found = np.zeros((n, len(stances)))
    for option in range(p.shape[1]):
        column = [stances.index(kind[option]) if option < len(kind) else 0 for kind in sheet.kinds]
        found[np.arange(n), column] += np.where(offered[:, option], by_option[:, option], 0.0)
    return np.where(np.isnan(by_option[:, :1]), np.nan, found)


def one_hot(sheet: Sheet, option: NDArray[np.int64]) -> Array:
    """What a judge that gives this option in each row would have answered, for `shares`."""
    answered = np.full(sheet.p.shape, 0.0)
    answered[np.arange(len(option)), option] = 1.0
    return answered


def stances_of(kinds: Mapping[str, Sequence[tuple[str, ...]]]) -> tuple[str, ...]:
    """All stances that options take, in their usual order."""
    seen = {stance for part in kinds.values() for kind in part for stance in kind}
    return tuple(stance for stance in STANCES if stance in seen)


def _probabilities(answers: Answers, counts: NDArray[np.int64]) -> tuple[Array, Array]:
    """Of each row: by its scores; else p for the option chosen and the rest in equal parts; else all for that one."""
    width = int(counts.max())
    offered = np.arange(width) < counts[:, None]
    scores = np.full((len(answers), width), np.nan)
    shared = min(width, answers.scores.shape[1])
    scores[:, :shared] = answers.scores[:, :shared]
    known = np.asarray((~np.isnan(scores) | ~offered).all(axis=1))
    scores = np.where(known[:, None] & offered, scores, np.nan)
    # only differences count, so that rows can be averaged about their own mean
    centre = np.where(known, np.nansum(scores, axis=1) / counts, 0.0)
    scores = scores - centre[:, None]
    chosen = answers.choice >= 0
    top = np.where(np.isnan(answers.p), 1.0, answers.p)
    rest = (1.0 - top) / np.maximum(counts - 1, 1)
    bare = np.where(offered, np.where(np.arange(width) == answers.choice[:, None], top[:, None], rest[:, None]), 0.0)
    bare[~chosen] = np.nan
    return np.where(known[:, None], _softmax(np.where(offered, np.nan_to_num(scores), -np.inf)), bare), scores


def _over_orders(sheet: Sheet, x: Array, rows: NDArray[np.bool_]) -> Array:
    """Weighted mean over the rows of each order, then over orders; NaN where an entry has none."""
    n, most = len(sheet.items), int(sheet.place.max()) + 1
    cell = sheet.entry[rows] * most + sheet.place[rows]
    weight = np.bincount(cell, sheet.weight[rows], minlength=n * most)
    there = weight > 0
    found = np.full((n, x.shape[1]), np.nan)
    orders = there.reshape(n, most).sum(axis=1)
    for option in range(x.shape[1]):
        total = np.bincount(cell, sheet.weight[rows] * x[rows, option], minlength=n * most)
        mean = np.where(there, total / np.where(there, weight, 1.0), 0.0).reshape(n, most).sum(axis=1)
        found[:, option] = np.where(orders > 0, mean / np.maximum(orders, 1), np.nan)
    return found


def _softmax(x: Array) -> Array:
    top = np.max(x, axis=1, keepdims=True)
    raised = np.exp(x - np.where(np.isfinite(top), top, 0.0))
    return raised / raised.sum(axis=1, keepdims=True)


def _check(answers: Answers, counts: NDArray[np.int64]) -> None:
    n_scores = (~np.isnan(answers.scores)).sum(axis=1)
    bad = (answers.choice >= counts) | ((n_scores > 0) & (n_scores != counts))
    if bad.any():
        i = int(np.argmax(bad))
        given = f"choice {answers.choice[i]}" if answers.choice[i] >= counts[i] else f"{n_scores[i]} scores"
        raise InputError(
            f"question {answers.question[i]!r} is answered with {given}, and {counts[i]} options were offered; choices "
            f"count from 0: an option of no view needs the frame {ABSTAIN!r}"
        )
