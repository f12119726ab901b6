"""The kinds of evidence from which values are found: answers, comparisons, ratings, rankings, transitions, passages.

All are frozen and columnar, with numpy inside; they are read from data frames of any make and from CSV, Parquet or JSON
lines under one set of column names. Every row keeps who gave it, its weight and its source. Evidence without rows
cannot be made.
"""

# ruff: noqa: RUF009 - `column` makes a dataclass field, as `field` does

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from weigh.core.answers import BARE_CHOICE, P_EDGE, Answers
from weigh.core.columns import Columns, Integers, Numbers, Texts, Truths, as_text, column, fault, is_missing
from weigh.core.errors import InputError
from weigh.core.votes import Votes

__all__ = [
    "BARE_CHOICE",
    "P_EDGE",
    "Answers",
    "Comparisons",
    "Evidence",
    "Passages",
    "Rankings",
    "Ratings",
    "Transitions",
    "Votes",
]


@dataclass(frozen=True, eq=False)
class Comparisons(Columns):
    """Comparisons of two items, one a row.

    Files may name the `winner`, which is `left` or `right`, instead of `p_left`; or be TRL's `prompt,chosen,rejected`,
    of text or of messages, where `chosen` becomes `left` with p_left = 1.

    Parameters
    ----------
    left, right : array of str, shape (n,)
        The two items, which differ.
    p_left : array of float, shape (n,)
        How far left is preferred: 0 to 1, 0.5 for a tie.
    prompt : array of str, shape (n,)
        What the items reply to. Default "".
    who, weight, source
        As in `Columns`.

    Raises
    ------
    InputError
        As in `Columns`; also an item compared with itself, or a winner that is neither of the two.

    Examples
    --------
    >>> pairs = Comparisons.from_frame({"left": ["tea", "tea"], "right": ["milk", "rum"], "winner": ["milk", "tea"]})
    >>> pairs.p_left.tolist()
    [0.0, 1.0]
    """

    left: Texts = column("text")
    right: Texts = column("text")
    p_left: Numbers = column("number", low=0.0, high=1.0)
    prompt: Texts = column("text", default="")

    expects: ClassVar[str] = "left,right,p_left (or winner) [,weight,who,source], or prompt,chosen,rejected"

    @classmethod
    def _translated(cls, columns: dict[str, Any]) -> dict[str, Any]:
        if "chosen" in columns and "rejected" in columns and not {"left", "right"} & set(columns):
            columns["left"] = [_spoken(cell) for cell in columns.pop("chosen")]
            columns["right"] = [_spoken(cell) for cell in columns.pop("rejected")]
            columns["p_left"] = np.ones(len(columns["left"]))
            columns["prompt"] = [_spoken(cell) for cell in columns.get("prompt", [""] * len(columns["left"]))]
        elif "winner" in columns and {"left", "right"} <= set(columns):
            if "p_left" in columns:
                raise InputError("there are both a column 'p_left' and a column 'winner'; give one of them")
            cells = zip(columns["left"], columns["right"], columns.pop("winner"), strict=True)
            columns["p_left"] = [_won(row, *cell) for row, cell in enumerate(cells)]
        return columns

    def _check(self) -> None:
        same = self.left == self.right
        if same.any():
            row = int(np.argmax(same))
            raise fault("right", row, self.right[row], "an item other than 'left': remove the row")


@dataclass(frozen=True, eq=False)
class Ratings(Columns):
    """Ratings, weights, prices or priorities: what an item is worth to someone, one a row.

    Parameters
    ----------
    who, item : array of str, shape (n,)
        Who rates what.
    value : array of float, shape (n,)
        The rating; where only `low` and `high` are given, their middle.
    low, high : array of float, shape (n,)
        Ends of the interval that was given; NaN where there is none.
    criterion : array of str, shape (n,)
        In what respect. Default "".
    weight, source
        As in `Columns`.

    Raises
    ------
    InputError
        As in `Columns`; also a row with neither a value nor an interval, or a value outside its interval.
    """

    who: Texts = column("text")
    item: Texts = column("text")
    value: Numbers = column("number", default=np.nan)
    low: Numbers = column("number", default=np.nan)
    high: Numbers = column("number", default=np.nan)
    criterion: Texts = column("text", default="")

    expects: ClassVar[str] = "who,item,value (or low,high) [,criterion,weight,source]"

    @classmethod
    def _translated(cls, columns: dict[str, Any]) -> dict[str, Any]:
        if "value" not in columns and not {"low", "high"} <= set(columns):
            raise InputError(
                f"column 'value' is missing; found: {', '.join(columns) or 'none'}; Ratings have {cls.expects}: "
                "rename columns with map={'theirs': 'value'} (--map theirs=value)"
            )
        return columns

    def _check(self) -> None:
        bare, half = np.isnan(self.value), np.isnan(self.low) != np.isnan(self.high)
        neither = bare & np.isnan(self.low)
        wrong = {
            "value": (neither, "a number, or both low and high"),
            "low": (half, "both low and high, or neither"),
            "high": (self.low > self.high, "high not below low"),
        }
        object.__setattr__(self, "value", np.where(bare, self.low / 2 + self.high / 2, self.value))
        slack = 1e-9 * (1 + np.abs(self.value))
        outside = (self.value < self.low - slack) | (self.value > self.high + slack)
        for name, (bad, expected) in {**wrong, "value ": (outside, "a value between low and high")}.items():
            if bad.any():
                row = int(np.argmax(bad))
                raise fault(name.strip(), row, float(getattr(self, name.strip())[row]), expected)


@dataclass(frozen=True, eq=False)
class Rankings(Columns):
    """Rankings, one item of one person a row.

    Parameters
    ----------
    who, item : array of str, shape (n,)
        Who ranks what.
    rank : array of float, shape (n,)
        0 or more, smaller is better; equal ranks are ties.
    weight, source
        As in `Columns`.
    """

    who: Texts = column("text")
    item: Texts = column("text")
    rank: Numbers = column("number", low=0.0)

    expects: ClassVar[str] = "who,item,rank [,weight,source]"


@dataclass(frozen=True, eq=False)
class Transitions(Columns):
    """Steps of an agent in an environment, in order of time within each episode.

    Parameters
    ----------
    observation, next_observation : array, shape (n, ...)
        State before and after; of one shape.
    action : array, shape (n, ...)
        What was done.
    reward : array of float, shape (n,)
        What it earned.
    terminated, truncated : array of bool, shape (n,)
        Whether the episode ended in itself, or was cut off. Default False.
    episode : array of int, shape (n,)
        Number of the episode. Default 0.
    who, weight, source
        As in `Columns`.

    Raises
    ------
    InputError
        As in `Columns`; also observations of different shapes.
    """

    observation: NDArray[Any] = column("array")
    action: NDArray[Any] = column("array")
    reward: Numbers = column("number")
    next_observation: NDArray[Any] = column("array")
    terminated: Truths = column("truth", default=False)
    truncated: Truths = column("truth", default=False)
    episode: Integers = column("integer", default=0, low=0)

    expects: ClassVar[str] = "observation,action,reward,next_observation [,terminated,truncated,episode,who,weight]"

    def _check(self) -> None:
        if self.observation.shape != self.next_observation.shape:
            raise InputError(
                f"observation has shape {self.observation.shape}, next_observation {self.next_observation.shape}; "
                "expected one shape for both"
            )


@dataclass(frozen=True, eq=False)
class Passages(Columns):
    """Texts in which values show themselves, one a row.

    Parameters
    ----------
    text : array of str, shape (n,)
        What was said or written.
    label : array of str, shape (n,)
        What is known about it. Default "".
    who, weight, source
        As in `Columns`.
    """

    text: Texts = column("text")
    label: Texts = column("text", default="")

    expects: ClassVar[str] = "text [,who,label,source,weight]"


Evidence = Answers | Comparisons | Ratings | Rankings | Transitions | Passages | Votes


def _won(row: int, left: Any, right: Any, winner: Any) -> float:
    if is_missing(left) or is_missing(right):
        # an empty item is reported where its column is read
        return 0.5
    if not is_missing(winner) and as_text(winner) in (as_text(left), as_text(right)):
        return float(as_text(winner) == as_text(left))
    raise fault("winner", row, winner, f"{as_text(left)!r} or {as_text(right)!r}; for ties use p_left = 0.5 instead")


def _spoken(cell: Any) -> Any:
    if isinstance(cell, list | tuple | np.ndarray) and all(isinstance(turn, Mapping) for turn in cell):
        return "\n\n".join(str(turn.get("content", "")) for turn in cell)
    return cell
