"""Answers laid out as evidence for one option of a dilemma against the other: what all instruments share.

Both instruments end in a number d for every dilemma, frame and wording: evidence for the first option minus evidence
for the second. From here on it does not matter how it was asked.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.banks.bank import Bank, Item
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.values import Scale, Values
from weigh.measure._asks import CHOICE_FRAMES, FLUENCY, PRIMES
from weigh.measure._position import one_judge, statuses
from weigh.ops.contrasts import fit_contrasts, missing_bounds, pair_design

Array = NDArray[np.float64]

SCALE = Scale("interval", "real", "item SD")


@dataclass(frozen=True)
class Contrasts:
    """Evidence by frame, wording and dilemma.

    Parameters
    ----------
    bank : Bank
        What was asked.
    frames, wordings : tuple of str
        Names along the axes.
    d : array, shape (n_frames, n_wordings, n_dilemmas)
        Log evidence for option 0 minus option 1, orders averaged; NaN where unanswered.
    controls : array, shape (n_frames, n_controls)
        The same for the controls, whose option 0 is right.
    orders : array, shape (n_frames, n_wordings, n_dilemmas, 2)
        d in each of the two orders; NaN for frames that show no options.
    control_orders : array, shape (n_frames, n_controls, 2)
        The same for the controls.
    fluency : array, shape (n_wordings, n_dilemmas)
        log P(option | "You decide to") of option 0 minus option 1; NaN where it was not asked.
    primed : mapping of str to array, shape (n_frames, n_dilemmas)
        d when told that option 0's value counts most, minus d when told that option 1's does; NaN where not asked.
    statuses : mapping of str to int
        Number of answers of each status.
    who : str
        Who answered.
    instrument : {"stated", "evaluative"}
        Whose frames these are.
    """

    bank: Bank
    frames: tuple[str, ...]
    wordings: tuple[str, ...]
    d: Array
    controls: Array
    orders: Array
    control_orders: Array
    fluency: Array
    primed: Mapping[str, Array]
    statuses: Mapping[str, int]
    who: str
    instrument: str

    @property
    def scale(self) -> Array:
        """SD of d over dilemmas in the first wording that was answered, shape (n_frames,)."""
        return np.array([_sd(words[np.isfinite(words).any(axis=1)][:1].ravel()) for words in self.d])

    def z(self, frames: Sequence[int] | None = None) -> Array:
        """Standardised evidence averaged over frames, shape (n_wordings, n_dilemmas)."""
        chosen = list(range(len(self.frames))) if frames is None else list(frames)
        return mean_over(self.d[chosen] / self.scale[chosen, None, None])

    @cached_property
    def words(self) -> Array:
        """Number of words of option 0 minus option 1, shape (n_wordings, n_dilemmas)."""
        found = np.full((len(self.wordings), len(self.bank.dilemmas)), np.nan)
        for i, item in enumerate(self.bank.dilemmas):
            for w, wording in enumerate(self.wordings):
                if wording in item.wordings:
                    first, second = item.question(wording).options[:2]
                    found[w, i] = len(first.split()) - len(second.split())
        return found

    def covariates(self, rows: NDArray[np.bool_]) -> Array | None:
        """Fluency and length of the options, averaged over wordings and scaled to SD 1, for some dilemmas."""
        columns = []
        for column in (mean_over(self.fluency), mean_over(self.words)):
            chosen = column[rows]
            if len(chosen) and np.all(np.isfinite(chosen)) and chosen.std() > 0:
                columns.append(chosen / chosen.std())
        return np.column_stack(columns) if columns else None

    def design(self) -> Array:
        """One row a dilemma, +1 and −1 at the values that its options serve."""
        place = {value: i for i, value in enumerate(self.bank.values)}
        return pair_design([(place[i.values[0]], place[i.values[1]]) for i in self.bank.dilemmas], len(place))

    @property
    def unrotated(self) -> bool:
        """Whether options were shown, and in one order only: then place and preference cannot be told apart."""
        return bool(self.frames) and set(self.frames) <= set(CHOICE_FRAMES) and not np.isfinite(self.orders).any()

    def rows(self, frames: Sequence[int] | None = None) -> tuple[Array, NDArray[np.bool_]]:
        """Evidence y a dilemma with SD 1, and which dilemmas have any; frames and wordings averaged."""
        y = mean_over(self.z(frames))
        answered = np.isfinite(y)
        spread = y[answered].std() if answered.any() else 0.0
        return (y / spread if spread > 0 else y), answered

    def specifications(self, frames: Sequence[int]) -> list[dict[str, Any]]:
        """The profile under every single frame, wording and author: the multiverse behind the one that is reported.

        Returns
        -------
        list of dict
            Keys value, frame, wording, author ("" for all together), mean, low, high; specifications whose dilemmas do
            not link all values are left out.
        """
        authors = sorted({item.author for item in self.bank.dilemmas})
        author_of = np.array([item.author for item in self.bank.dilemmas])
        design, found = self.design(), []
        for frame in frames:
            for w, wording in enumerate(self.wordings):
                for author in authors if len(authors) > 1 else [""]:
                    y = self.d[frame, w]
                    rows = np.isfinite(y) & ((author_of == author) if author else True)
                    enough = rows.sum() > design.shape[1] + 2
                    if not enough or np.linalg.matrix_rank(design[rows]) < design.shape[1] - 1 or not y[rows].std() > 0:
                        continue
                    fit = fit_contrasts(y[rows] / y[rows].std(), design[rows], self.covariates(rows))
                    where = {"frame": self.frames[frame], "wording": wording, "author": author}
                    found += [
                        {"value": value, **where, "mean": float(m), "low": float(a), "high": float(b)}
                        for value, m, a, b in zip(self.bank.values, fit.theta, fit.low, fit.high, strict=True)
                    ]
        return found


def mean_over(stack: Array) -> Array:
    """Mean over the first axis of what is there; NaN where nothing is."""
    there = np.isfinite(stack)
    count = there.sum(axis=0)
    total = np.where(there, stack, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _sd(row: Array) -> float:
    there = row[np.isfinite(row)]
    spread = float(there.std()) if len(there) > 1 else 0.0
    # rounding leaves a few ulps of "spread" among equal answers
    return spread if spread > 1e-9 * (1.0 + float(np.abs(there).max(initial=0.0))) else math.nan


def instrument_of(answers: Answers) -> str:
    """Which instrument the answers come from: "evaluative" where there is a frame without options, else "stated"."""
    return "stated" if set(answers.frame.tolist()) <= {*CHOICE_FRAMES, FLUENCY} else "evaluative"


def check_opposed(bank: Bank) -> None:
    """Refuse a bank whose dilemmas do not oppose two options, each with its value.

    Raises
    ------
    InputError
        There are none, an item has other than two options, or a dilemma does not say what they serve.
    """
    if not bank.dilemmas:
        raise InputError(
            f"bank {bank.name!r} holds no dilemmas; a profile needs items with two options and the value of each"
        )
    for item in (*bank.controls, *bank.dilemmas):
        if len(item.options) != 2:
            raise InputError(f"item {item.id!r} has {len(item.options)} options; this instrument opposes two")
    for item in bank.dilemmas:
        if len(item.values) != 2:
            raise InputError(
                f'item {item.id!r} does not say which value each option serves; add "values": [first, second]'
            )


def contrasts(answers: Answers, bank: Bank, *, instrument: str, condition: str = "") -> Contrasts:
    """Lay answers out by frame, wording and dilemma.

    Parameters
    ----------
    answers : Answers
        From one judge, live or recorded.
    bank : Bank
        Whose ids the answers name; two options an item.
    instrument : {"stated", "evaluative"}
        Whose frames to take; a run that tried one and went on with the other holds both.
    condition : str
        Name of the condition that counts as untreated.

    Raises
    ------
    InputError
        No answer names an item of the bank, several judges are mixed, or the bank does not oppose options in pairs.
    """
    who = one_judge(answers)
    check_opposed(bank)
    known = np.array([question in bank.by_id for question in answers.question.tolist()], dtype=bool)
    if known.any():
        shows = np.isin(answers.frame, CHOICE_FRAMES)
        wanted = shows if instrument == "stated" else ~shows
        known &= wanted | (answers.frame == FLUENCY)
    if not known.any():
        raise InputError(
            f"none of the {len(answers)} answers is a {instrument!r} answer to an item of bank {bank.name!r} "
            f"(its ids look like {bank.items[0].id!r}); check --map and the bank's name"
        )
    answers = answers.select(known)
    cells = _cells(answers)
    primes = {template: f"{condition}+{template}:" if condition else f"{template}:" for template in PRIMES}
    frames = tuple(sorted({key[0] for key in cells} - {FLUENCY}))
    wordings = tuple(dict.fromkeys(w for item in bank.dilemmas for w in item.wordings)) or ("original",)

    def d_of(frame: str, wording: str, item: Item, under: str) -> tuple[float, float, float]:
        return _both_orders(cells.get((frame, wording, item.id, under), {}))

    laid = np.array([[[d_of(f, w, i, condition) for i in bank.dilemmas] for w in wordings] for f in frames])
    laid = laid.reshape(len(frames), len(wordings), len(bank.dilemmas), 3)
    control = np.array([[d_of(f, "original", i, condition) for i in bank.controls] for f in frames])
    control = control.reshape(len(frames), len(bank.controls), 3)
    fluency = np.array([[d_of(FLUENCY, w, i, condition)[0] for i in bank.dilemmas] for w in wordings])
    primed = {
        template: np.array(
            [
                [
                    d_of(f, "original", i, prefix + i.values[0])[0] - d_of(f, "original", i, prefix + i.values[1])[0]
                    for i in bank.dilemmas
                ]
                for f in frames
            ]
        ).reshape(len(frames), len(bank.dilemmas))
        for template, prefix in primes.items()
    }
    return Contrasts(
        bank=bank,
        frames=frames,
        wordings=wordings,
        d=laid[..., 0],
        orders=laid[..., 1:],
        controls=control[..., 0],
        control_orders=control[..., 1:],
        fluency=fluency.reshape(len(wordings), len(bank.dilemmas)),
        primed=primed,
        statuses=statuses(answers),
        who=who,
        instrument=instrument,
    )


def _cells(answers: Answers) -> Mapping[tuple[str, str, str, str], Mapping[tuple[int, ...], float]]:
    """Mean difference by (frame, wording, question, condition) and order; samples are averaged, as logits."""
    differences = answers.differences()
    sums: dict[tuple, dict[tuple[int, ...], list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    columns = (answers.frame, answers.wording, answers.question, answers.condition)
    weights = answers.weight
    for i, key in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        if math.isfinite(differences[i]) and weights[i] > 0:
            cell = sums[key][answers.order[i]]
            cell[0] += weights[i] * differences[i]
            cell[1] += weights[i]
        else:
            sums[key]  # the frame was asked, even if nothing usable came back
    return {key: {order: s / w for order, (s, w) in cell.items()} for key, cell in sums.items()}


def _both_orders(cell: Mapping[tuple[int, ...], float]) -> tuple[float, float, float]:
    first, second = cell.get((0, 1), math.nan), cell.get((1, 0), math.nan)
    if () in cell:
        return cell[()], first, second
    # one order alone is position as much as preference: it waits for the other
    return (first + second) / 2, first, second


def fit_values(table: Contrasts, method: str, *, frames: Sequence[int] | None = None) -> Values:
    """The profile: one value each for what the options serve, with intervals.

    Parameters
    ----------
    table : Contrasts
        Evidence.
    method : str
        Name of the instrument, for the record.
    frames : sequence of int, optional
        Which frames to average; all by default.

    Returns
    -------
    Values
        In units of the SD of a dilemma's evidence, summing to zero.

    Raises
    ------
    InputError
        Too few dilemmas are answered, they are all answered alike, or no chain of dilemmas links all values.
    """
    y, answered = table.rows(frames)
    design = table.design()
    names = table.bank.values
    chosen = list(range(len(table.frames))) if frames is None else list(frames)
    # without spread there is no scale, and so no y, although there are answers
    if np.isfinite(table.d[chosen]).any() and not np.isfinite(table.scale[chosen]).any():
        raise InputError("every dilemma got the same answer, whatever it asked; there is nothing to compare")
    if np.linalg.matrix_rank(design[answered]) < len(names) - 1:
        raise InputError(
            f"the {int(answered.sum())} answered dilemmas do not link all {len(names)} values with one another; "
            "ask more of them (--limit is too low, or too many answers are missing)"
        )
    fit = fit_contrasts(y[answered], design[answered], table.covariates(answered))
    notes = {
        "n_dilemmas": int(answered.sum()),
        "n_missing": int((~answered).sum()),
        "dof": fit.dof,
        "frames": [table.frames[i] for i in chosen],
        "wordings": list(table.wordings),
        "statuses": dict(table.statuses),
        "fluency_controlled": bool(np.isfinite(mean_over(table.fluency)[answered]).all()),
    }
    if not answered.all():
        low, high = _bounds(table, design, answered, y)
        notes["bounds_if_missing_were_extreme"] = {
            name: [round(float(a), 4), round(float(b), 4)] for name, a, b in zip(names, low, high, strict=True)
        }
    return Values(
        items=names, who=(table.who,), mean=fit.theta, low=fit.low, high=fit.high, cov=fit.cov,
        scale=SCALE, method=method, notes=notes,
    )  # fmt: skip


def _bounds(table: Contrasts, design: Array, answered: NDArray[np.bool_], y: Array) -> tuple[Array, Array]:
    filled = np.where(answered, y, 0.0)
    known = table.covariates(answered)
    covariates = None
    if known is not None:
        # what was not answered may lack its fluency too; at zero the bounds hold the estimate, whose fit leaves it out
        covariates = np.zeros((len(y), known.shape[1]))
        covariates[answered] = known
    fit = fit_contrasts(filled, design, covariates)
    return missing_bounds(fit.theta, fit.weights, np.flatnonzero(~answered).tolist(), float(np.abs(filled).max()))
