"""Answers to questions: what a judge chose, how sure it was, and in which order it saw the options.

The fields are frozen: instruments, audits and pages rely on these names. Recorded answers from elsewhere are read by
`Answers.from_file`, our own ledgers by `Answers.from_rows`.
"""

# ruff: noqa: RUF009 - `column` makes a dataclass field, as `field` does

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from weigh.core.columns import Columns, Integers, Numbers, Texts, as_text, column, fault, is_missing
from weigh.core.errors import InputError
from weigh.core.frames import columns_of
from weigh.core.question import STATUSES
from weigh.core.tables import read_table, rename

BARE_CHOICE = 1.0
"""Evidence of a choice without a probability, in natural-log units: a bare choice is one unit of evidence."""
P_EDGE = 1e-6
"""Probabilities are kept this far from 0 and 1 before their logit is taken."""

Options = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Answers(Columns):
    """Answers, one a row.

    Parameters
    ----------
    question : array of str, shape (n,)
        Id of the question.
    choice : array of int, shape (n,)
        Canonical index of the chosen option, −1 for none.
    p : array of float, shape (n,)
        Probability of the chosen option among the options, 0 to 1; NaN where unknown.
    scores : array of float, shape (n, m)
        Evidence for each option in canonical order, natural-log units, of which only differences count; NaN beyond a
        question's options, and in the whole row where unknown. Rows of different length are padded.
    order : array of tuple of int, shape (n,)
        Canonical index of the option in each place shown; () where no options were shown.
    frame, wording, condition : array of str, shape (n,)
        Name of the format, of the paraphrase (default "original"), of the treatment.
    sample : array of int, shape (n,)
        Number of the repetition.
    status : array of str, shape (n,)
        "ok", "refused", "malformed" or "low-mass".
    mass : array of float, shape (n,)
        Probability put on any of the options at all, 0 to 1; NaN where unknown.
    raw : array of str, shape (n,)
        The reply as it came.

    Raises
    ------
    InputError
        As in `Columns`; also a choice that was not among the options shown, or an order that shows one twice.

    Examples
    --------
    >>> answers = Answers(question=["q1", "q2"], choice=[0, 1], p=[0.75, 0.5])
    >>> answers.differences().round(3).tolist()
    [1.099, 0.0]
    """

    question: Texts = column("text")
    choice: Integers = column("integer", low=-1)
    p: Numbers = column("number", default=np.nan, low=0.0, high=1.0)
    scores: Numbers = column("own", default=np.nan)
    order: NDArray[np.object_] = column("own", default=())
    frame: Texts = column("text", default="")
    wording: Texts = column("text", default="original")
    condition: Texts = column("text", default="")
    sample: Integers = column("integer", default=0, low=0)
    status: Texts = column("text", default="ok", among=STATUSES)
    mass: Numbers = column("number", default=np.nan, low=0.0, high=1.0)
    raw: Texts = column("text", default="")

    expects: ClassVar[str] = "question,choice [,order,p,model,sample,raw,status,scores,mass,frame,wording,condition]"
    file_names: ClassVar[Mapping[str, str]] = {"who": "model"}

    def __post_init__(self) -> None:
        n = self._count()
        object.__setattr__(self, "scores", _padded(self.scores, n))
        object.__setattr__(self, "order", _orders(self.order, n))
        super().__post_init__()

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]]) -> Self:
        """Read the rows of a ledger, as `weigh.core.question.to_row` writes them.

        Parameters
        ----------
        rows : iterable of mapping
            null stands for NaN; keys that are not columns are ignored.

        Raises
        ------
        InputError
            No rows, or a row without a question or with a cell that cannot be used.
        """
        rows = list(rows)
        if not rows:
            raise InputError("there are no rows: the ledger holds no answers yet; expected at least one")
        names = {"question", "choice", "p", "scores", "order", "frame", "wording", "condition", "sample", "status"}
        names |= {"mass", "raw", "model", "who", "weight", "source"}
        there = [name for name in names if any(name in row for row in rows)]
        return cls._from_columns({name: [row.get(name) for row in rows] for name in there})

    @classmethod
    def from_frame(cls, frame: Any, map: Mapping[str, str] | None = None, *, options: Options | None = None) -> Self:
        """Read recorded answers from a data frame.

        Parameters
        ----------
        frame : pandas, polars or pyarrow table, or mapping of columns
            `choice` is a canonical index; or a letter, for the place shown, which `order` maps to the option where it
            is given; or empty, which is "refused" where no status says otherwise; or, with `options`, the text of an
            option. `order` reads like "1,0", "1 0", "BA" or "[1, 0]". `model` may be called `who`.
        map : mapping, optional
            Renames columns: {"theirs": "ours"}.
        options : mapping, optional
            The options of each question by its id, in canonical order. A choice that is the text of one of them is
            taken so, even if it is a letter or a number.

        Raises
        ------
        InputError
            A column is missing, or a cell cannot be used.
        """
        return cls._from_columns(rename(columns_of(frame), map, "the frame"), options=options)

    @classmethod
    def from_file(
        cls, path: str | os.PathLike[str], map: Mapping[str, str] | None = None, *, options: Options | None = None
    ) -> Self:
        """Read recorded answers from CSV, Parquet or JSON lines; parameters and errors as in `from_frame`."""
        columns = read_table(path, map, typed=False)
        try:
            return cls._from_columns(columns, options=options)
        except InputError as error:
            raise InputError(f"{Path(path)}: {error}") from error

    def differences(self) -> Numbers:
        """Evidence for option 0 over option 1, for questions with two options.

        Returns
        -------
        array of float, shape (n,)
            Natural-log units: scores[:, 0] − scores[:, 1] where known; else the log-odds of p, with p kept within
            `P_EDGE` of 0 and 1; else ±`BARE_CHOICE`; NaN where there is no choice.

        Raises
        ------
        InputError
            A question has more than two options.
        """
        many = self._many()
        if many.any():
            row = int(np.argmax(many))
            raise InputError(
                f"row {row + 1}: question {self.question[row]!r} has more than two options; a difference needs two: "
                "select the questions with two options first"
            )
        sign = np.where(self.choice == 0, 1.0, np.where(self.choice == 1, -1.0, np.nan))
        p = np.clip(self.p, P_EDGE, 1 - P_EDGE)
        graded = sign * np.where(np.isnan(p), BARE_CHOICE, np.log(p) - np.log1p(-p))
        scored = self.scores[:, 0] - self.scores[:, 1]
        # plus zero, so that no −0 is shown
        return np.where(np.isnan(scored), graded, scored) + 0.0

    def _many(self) -> NDArray[np.bool_]:
        shown = np.fromiter((len(order) for order in self.order), dtype=np.int64, count=len(self))
        return (self.choice > 1) | (shown > 2) | ~np.isnan(self.scores[:, 2:]).all(axis=1)

    def _check(self) -> None:
        for order, choice in set(zip(self.order.tolist(), self.choice.tolist(), strict=True)):
            if order and (len(set(order)) < len(order) or min(order) < 0):
                raise fault("order", _row_of(self.order, order), order, "different canonical indices from 0")
            if order and choice >= 0 and choice not in order:
                row = next(i for i in range(len(self)) if self.order[i] == order and self.choice[i] == choice)
                raise fault("choice", row, choice, f"one of the options shown, {order}, or -1")
        if np.isinf(self.scores).any():
            row = int(np.argmax(np.isinf(self.scores).any(axis=1)))
            raise fault(
                "scores", row, self.scores[row].tolist(), "finite scores; leave them out where a bound is unknown"
            )

    @classmethod
    def _translated(cls, columns: dict[str, Any], options: Options | None = None) -> dict[str, Any]:
        if "model" in columns:
            if "who" in columns:
                raise InputError("there are both a column 'model' and a column 'who'; give one of them")
            columns["who"] = columns.pop("model")
        if "question" not in columns or "choice" not in columns:
            return columns
        if "order" in columns:
            columns["order"] = _orders(columns["order"], len(columns["order"]))
        choices = columns["choice"]
        plain = isinstance(choices, np.ndarray) and choices.dtype.kind in "iu"
        if not plain and not all(type(choice) is int for choice in choices):
            orders = columns.get("order", [()] * len(choices))
            columns["choice"] = [
                _choice(row, cell, order, _options_of(options, question))
                for row, (cell, order, question) in enumerate(zip(choices, orders, columns["question"], strict=True))
            ]
        given = columns.get("status", [None] * len(choices))
        columns["status"] = [
            ("refused" if choice == -1 else "ok") if is_missing(status) else status
            for status, choice in zip(given, columns["choice"], strict=True)
        ]
        return columns


def _options_of(options: Options | None, question: Any) -> tuple[str, ...]:
    return options.get(as_text(question), ()) if options and not is_missing(question) else ()


def _choice(row: int, cell: Any, order: tuple[int, ...], options: Sequence[str]) -> int:
    if is_missing(cell):
        return -1
    text = cell.strip() if isinstance(cell, str) else ""
    if text in options:
        return options.index(text)
    if isinstance(cell, str) and len(text) == 1 and "A" <= text.upper() <= "Z":
        place = ord(text.upper()) - ord("A")
        if order and place >= len(order):
            raise fault("choice", row, cell, f"one of the {len(order)} places shown")
        return order[place] if order else place
    try:
        number = float(cell)
    except (TypeError, ValueError, OverflowError):
        number = np.nan
    if not float(number).is_integer() or number < -1 or isinstance(cell, bool):
        given = (
            "one of " + ", ".join(map(repr, options)) if options else "the option's text with options={question: (…)}"
        )
        raise fault("choice", row, cell, f"an index from 0, a letter A-Z, an empty cell, or {given}")
    return int(number)


def _orders(given: Any, n: int) -> NDArray[np.object_]:
    if given is None:
        given = ()
    if isinstance(given, tuple) and not any(isinstance(part, Iterable) for part in given):
        # one order stands for all rows
        given = [given] * n
    if len(given) != n:
        raise InputError(f"column 'order' has {len(given)} rows; expected {n}, as many as the other columns")
    return np.fromiter((_order(row, cell) for row, cell in enumerate(given)), dtype=object, count=n)


def _order(row: int, cell: Any) -> tuple[int, ...]:
    if type(cell) is tuple and all(type(part) is int for part in cell):
        return cell
    parts: Any = cell
    if isinstance(cell, str):
        text = cell.strip()
        if re.fullmatch(r"[A-Z]{2,}", text):
            return tuple(ord(letter) - ord("A") for letter in text)
        parts = [part for part in re.split(r"[,;\s]+", text.strip("[]() ")) if part]
    elif is_missing(cell):
        return ()
    try:
        numbers = [float(part) for part in parts]
        if len(numbers) == 1 or not all(number.is_integer() for number in numbers):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise fault("order", row, cell, "canonical indices in the order shown, like 1,0 or BA") from None
    return tuple(int(number) for number in numbers)


def _padded(given: Any, n: int) -> Numbers:
    if given is None or isinstance(given, float):
        return np.full((n, 2), np.nan)
    if isinstance(given, np.ndarray) and given.ndim == 2 and given.dtype.kind in "fiu":
        rows: Any = given
        width = given.shape[1]
    else:
        rows = [_scores(row, cell) for row, cell in enumerate(given)]
        width = max((len(row) for row in rows), default=0)
    if len(rows) != n:
        raise InputError(f"column 'scores' has {len(rows)} rows; expected {n}, as many as the other columns")
    padded = np.full((n, max(width, 2)), np.nan)
    if isinstance(rows, np.ndarray):
        padded[:, :width] = rows
        return padded
    lengths = np.fromiter((len(row) for row in rows), dtype=np.int64, count=n)
    for length in np.unique(lengths):
        where = np.flatnonzero(lengths == length)
        padded[where, :length] = [rows[row] for row in where] if length else np.nan
    return padded


def _scores(row: int, cell: Any) -> Sequence[float]:
    if type(cell) is list and all(type(part) is float for part in cell):
        return cell
    if is_missing(cell):
        return ()
    try:
        parts = json.loads(cell) if isinstance(cell, str) else cell
        return [np.nan if part is None else float(part) for part in parts]
    except (TypeError, ValueError, OverflowError, RecursionError):
        raise fault("scores", row, cell, "one number an option, like [0.3, -1.2]") from None


def _row_of(column: NDArray[np.object_], cell: object) -> int:
    return next(row for row in range(len(column)) if column[row] == cell)
