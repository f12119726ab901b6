"""Scores of several reward models on answers to prompts, from whatever table they lie in.

Wide, `prompt,completion` and a column a model, as most scoring scripts write them; or long, as ratings: who is the
model, item the completion, criterion the prompt.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.core.columns import as_text, is_missing
from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.frames import as_names, columns_of, listed
from weigh.core.tables import INDEX, read_table
from weigh.ops.rating_table import cell_means, coded

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


LARGEST = 1e100


class RewardTable(NamedTuple):
    """Every model's score of every answer.

    Attributes
    ----------
    models, prompts : tuple of str
        Names.
    items : tuple of str, length n
        Names of the answers, all different; the prompt stands before the answer where two prompts have one of a name.
    answers : tuple of str, length n
        Names as they were given.
    prompt : array of int, shape (n,)
        Which prompt each answers.
    scores : array of float, shape (n, m)
        As the models gave them.
    """

    models: tuple[str, ...]
    prompts: tuple[str, ...]
    items: tuple[str, ...]
    answers: tuple[str, ...]
    prompt: Indices
    scores: Array

    def by_size(self) -> Iterator[Indices]:
        """Rows of the prompts that have equally many answers, shape (p, k), the prompts with fewest answers first."""
        order = np.argsort(self.prompt, kind="stable")
        counts = np.bincount(self.prompt)
        starts = np.cumsum(counts) - counts
        for size in np.unique(counts).tolist():
            yield order[starts[counts == size][:, None] + np.arange(size)]


def reward_table(
    given: Ratings | str | os.PathLike[str] | Any,
    *,
    models: str | Sequence[str] | None = None,
    prompt: str = "prompt",
    completion: str = "completion",
) -> RewardTable:
    """Read scores.

    Parameters
    ----------
    given : Ratings, path, mapping of columns or data frame
        Ratings with who = model, item = completion, criterion = prompt; or a table that has these columns; or one with
        a column a model. Several scores of one answer by one model are averaged by their weight.
    models : str or sequence of str, optional
        Which of them to use; by default all; in a wide table columns in which half of the cells or more are numbers.
    prompt, completion : str
        Names of the columns of a wide table. Without a column of prompts all answers are to one.

    Returns
    -------
    RewardTable

    Raises
    ------
    InputError
        No model, one that is not there, a column of numbers with gaps, an answer that a model did not score, a score
        beyond ±1e100, or no prompt with two answers.

    Examples
    --------
    >>> found = reward_table({"prompt": ["p", "p"], "completion": ["yes", "no"], "a": [1, 2], "b": [0.5, 0.25]})
    >>> found.models, found.scores.tolist()
    (('a', 'b'), [[1.0, 0.5], [2.0, 0.25]])
    """
    models = None if models is None else as_names(models)
    if not isinstance(given, Ratings):
        columns = read_table(given) if isinstance(given, str | os.PathLike) else columns_of(given)
        where = f"{given}: " if isinstance(given, str | os.PathLike) else ""
        try:
            given = _ratings(columns, models, prompt, completion)
        except InputError as error:
            raise InputError(f"{where}{error}") from error
    rows = given.counted()
    if models is not None:
        unknown = [name for name in models if name not in rows.who]
        if unknown or not models:
            there = ", ".join(dict.fromkeys(rows.who.tolist()))
            raise InputError(f"there is no model {(unknown or ['(none named)'])[0]!r}; those who score are: {there}")
        rows = rows.select(np.isin(rows.who, list(models)))
    return _tabled(rows)


def _tabled(rows: Ratings) -> RewardTable:
    (models, who), (prompts, prompt), (names, name) = map(coded, (rows.who, rows.criterion, rows.item))
    places, answer = coded(prompt * len(names) + name)  # pyright: ignore[reportArgumentType]
    pairs = [(prompts[at // len(names)], names[at % len(names)]) for at in map(int, places)]
    n, m = len(pairs), len(models)
    means, total = cell_means(answer * m + who, rows.value, rows.weight, n * m)
    scores, weighed = means.reshape(n, m), total.reshape(n, m)
    if (weighed == 0).any():
        i, j = (int(at) for at in np.argwhere(weighed == 0)[0])
        raise InputError(
            f"model {models[j]!r} did not score {pairs[i][1]!r} (prompt {pairs[i][0]!r}); every model must score every "
            "answer: leave that answer or that model out"
        )
    if np.abs(scores).max() > LARGEST:
        raise InputError(f"the largest score is ±{np.abs(scores).max():.3g}; expected numbers whose squares are finite")
    of_prompt = np.zeros(n, dtype=np.int64)
    of_prompt[answer] = prompt
    if np.bincount(of_prompt).max() < 2:
        raise InputError(f"no prompt has two answers ({n} in all); a reward chooses among answers to one prompt")
    answers = tuple(pair[1] for pair in pairs)
    items = answers if len(set(answers)) == n else tuple(f"{one}: {other}" if one else other for one, other in pairs)
    if len(set(items)) < n:
        raise InputError("prompts and answers do not tell rows apart once they are joined by a colon; rename them")
    return RewardTable(models, prompts, items, answers, of_prompt, scores)


def _ratings(columns: dict[str, Any], models: Sequence[str] | None, prompt: str, completion: str) -> Ratings:
    if {"who", "item", "value"} <= set(columns):
        return Ratings.from_frame(columns)
    if completion not in columns:
        raise InputError(
            f"there is no column {completion!r}; found: {', '.join(columns)}; expected who,item,value[,criterion], or "
            f"{prompt},{completion} and a column a model: say which by completion= and prompt="
        )
    n = len(listed(columns[completion]))
    if n == 0:
        raise InputError("the table has no rows; expected at least one")
    aside = (prompt, completion, "weight", INDEX)
    named = models or [name for name, cells in columns.items() if name not in aside and _numbers(cells).mean() >= 0.5]
    missing = [name for name in named if name not in columns]
    if missing or not named:
        what = f"no model {missing[0]!r}" if missing else "no column of numbers, so no model"
        raise InputError(f"there is {what}; the columns are: {', '.join(columns)}")
    for name in named:
        gaps = np.flatnonzero(~_numbers(columns[name]))
        if len(gaps):
            raise InputError(
                f"column {name!r} has {listed(columns[name])[gaps[0]]!r} in row {gaps[0] + 1}; expected a finite "
                "number: fill it in, leave the row out, or name the columns to use by models="
            )
    prompts = (
        ["" if is_missing(cell) else as_text(cell) for cell in listed(columns[prompt])]
        if prompt in columns
        else [""] * n
    )
    answers = [cell if is_missing(cell) else as_text(cell) for cell in listed(columns[completion])]
    weight = listed(columns["weight"]) if "weight" in columns else [1.0] * n
    return Ratings.from_frame({
        "who": [name for name in named for _ in range(n)],
        "item": answers * len(named),
        "value": [cell for name in named for cell in listed(columns[name])],
        "criterion": prompts * len(named),
        "weight": weight * len(named),
    })  # fmt: skip


def _numbers(cells: Any) -> NDArray[np.bool_]:
    return np.fromiter(map(_is_number, listed(cells)), bool)


def _is_number(cell: Any) -> bool:
    if isinstance(cell, str):
        with contextlib.suppress(ValueError):
            return math.isfinite(float(cell))
        return False
    return isinstance(cell, int | float | np.number) and not isinstance(cell, bool) and math.isfinite(cell)
