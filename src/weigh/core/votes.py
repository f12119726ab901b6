"""Votes on upgrades: whether somebody who moves from one item to another has become wiser, in a given context.

A vote is not a comparison: "no" says that the step is no gain, and not that the step back would be one.
"""

# ruff: noqa: RUF009 - `column` makes a dataclass field, as `field` does

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from weigh.core.columns import Columns, Texts, as_text, column, fault, is_missing
from weigh.core.errors import InputError

UPGRADE, NO_UPGRADE, NOT_SURE = VOTES = ("upgrade", "no_upgrade", "not_sure")
WORDS = {"wiser": UPGRADE, "not_wiser": NO_UPGRADE, "unsure": NOT_SURE}
CONTEXTS = "|"  # between the contexts of one cell

#: columns of the edges that the authors of the moral graph published, and what each count is a count of
COUNTED = {"markedWiser": UPGRADE, "markedNotWiser": NO_UPGRADE, "markedUnsure": NOT_SURE}
ENDS = ("sourceValueId", "wiserValueId")
LESS, SHOWN = "markedLessWise", "impressions"


@dataclass(frozen=True, eq=False)
class Votes(Columns):
    """Votes on upgrades, one a row.

    Files name the columns `from`, `to` and `vote`; or they are published edges with the counts of votes on each
    (`sourceValueId,wiserValueId,contexts,markedWiser,…`), which become rows that weigh as much as there were votes.

    Parameters
    ----------
    from_, to : array of str, shape (n,)
        The step that was voted on; file columns `from` and `to`. The two differ.
    vote : array of str, shape (n,)
        "upgrade", "no_upgrade" or "not_sure"; "wiser", "not_wiser" and "unsure" are read as these.
    context : array of str, shape (n,)
        Where the step was judged; several are joined by "|". Default "".
    group : array of str, shape (n,)
        A group to which the voter belongs, such as a party. Default "".
    who, weight, source
        As in `Columns`. Rows without a name are votes of people who each voted once.

    Raises
    ------
    InputError
        As in `Columns`; also a step from an item to itself.

    Examples
    --------
    >>> votes = Votes.from_frame({"from": ["tea", "tea"], "to": ["rest", "rest"], "vote": ["wiser", "unsure"]})
    >>> votes.vote.tolist()
    ['upgrade', 'not_sure']
    """

    from_: Texts = column("text")
    to: Texts = column("text")
    vote: Texts = column("text", among=VOTES)
    context: Texts = column("text", default="")
    group: Texts = column("text", default="")

    expects: ClassVar[str] = "from,to,vote [,who,context,group,weight,source]"
    file_names: ClassVar[Mapping[str, str]] = {"from_": "from"}

    @classmethod
    def _translated(cls, columns: dict[str, Any]) -> dict[str, Any]:
        if set(ENDS) <= set(columns) and not {"from", "to", "vote"} & set(columns):
            return _from_counts(columns)
        if "from" in columns:
            columns["from_"] = columns.pop("from")
        if "vote" in columns:
            columns["vote"] = [_plain(cell) for cell in columns["vote"]]
        return columns

    def _check(self) -> None:
        same = self.from_ == self.to
        if same.any():
            row = int(np.argmax(same))
            raise fault("to", row, self.to[row], "an item other than 'from': remove the row")


def _plain(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    word = cell.strip().lower().replace(" ", "_").replace("-", "_")
    return WORDS.get(word, word)


def _from_counts(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Rows of votes that add up to the counts of each edge; those on the step back are what the counts leave over."""
    missing = [name for name in (*COUNTED, LESS) if name not in columns]
    if missing:
        raise InputError(f"edges with counts need {', '.join((*COUNTED, LESS))}; {missing[0]!r} is missing")
    ends = [[_end(name, row, cell) for row, cell in enumerate(columns[name])] for name in ENDS]
    edges = list(zip(*ends, strict=True))
    known = set(edges)
    if len(known) < len(edges):
        twice = next(edge for edge in edges if edges.count(edge) > 1)
        raise InputError(f"the edge from {twice[0]!r} to {twice[1]!r} stands twice; counts are of one row an edge")
    counts = {name: [_count(name, row, cell) for row, cell in enumerate(columns[name])] for name in (*COUNTED, LESS)}
    contexts = columns.get("contexts", [""] * len(edges))
    rows: list[tuple[str, str, str, Any, float]] = []
    for i, (a, b) in enumerate(edges):
        rows += [(a, b, vote, contexts[i], counts[name][i]) for name, vote in COUNTED.items()]
        if (b, a) in known:
            continue
        rows.append((b, a, UPGRADE, contexts[i], counts[LESS][i]))
        if SHOWN in columns:
            # what was shown and is in none of the counts was a vote on the step back that called it no upgrade
            seen = sum(counts[name][i] for name in counts)
            rows.append((b, a, NOT_SURE, contexts[i], max(0.0, _count(SHOWN, i, columns[SHOWN][i]) - seen)))
    kept = [row for row in rows if row[-1] > 0]
    if not kept:
        raise InputError("all counts are 0; expected at least one vote")
    return dict(zip(("from_", "to", "vote", "context", "weight"), map(list, zip(*kept, strict=True)), strict=True))


def _end(name: str, row: int, cell: Any) -> str:
    if is_missing(cell):
        raise fault(name, row, cell, "the id of a value")
    return as_text(cell)


def _count(name: str, row: int, cell: Any) -> float:
    try:
        number = float(cell)
    except (TypeError, ValueError):
        raise fault(name, row, cell, "a count, 0 or more") from None
    if not (np.isfinite(number) and number >= 0):
        raise fault(name, row, cell, "a count, 0 or more")
    return number
