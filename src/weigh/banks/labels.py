"""What the options of a bank's items carry: one convention for values and labels, whatever the bank.

`labels[theory]` is a list with one entry an option, each a label, a list of labels, or nothing (null, "" or "none"); a
label that stands twice counts twice. `Item.values`, one value an option, is the theory "values" of banks whose labels
hold none of that name. A key is a theory where every item that has it follows the convention; other keys, such as a
topic, are about the item as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.banks.items import Item
from weigh.core.errors import InputError

VALUES = "values"
NOTHING = ("", "none")

Indices = NDArray[np.int64]


class Carried(NamedTuple):
    """Every occurrence of a theory's labels in a list of items.

    Attributes
    ----------
    names : tuple of str
        The labels that occur, in alphabetical order.
    item, option, label : array of int, shape (n_occurrences,)
        Index of the item in the list, of its option, and of the label in `names`.
    """

    names: tuple[str, ...]
    item: Indices
    option: Indices
    label: Indices


def labels_of(item: Item, theory: str) -> tuple[tuple[str, ...], ...]:
    """The labels of each option of an item, one tuple an option; () where the item says nothing of this theory.

    Raises
    ------
    InputError
        The item has the key, and what it holds is not one entry an option.
    """
    given = _given(item, theory)
    found = _entries(given, len(item.options)) if given else ()
    if found is None:
        raise InputError(
            f"labels[{theory!r}] of item {item.id!r} is {str(given)[:60]!r}; expected a list with one entry for "
            f"each of its {len(item.options)} options, each a label, a list of labels, or null"
        )
    return found


def theories(items: Sequence[Item]) -> tuple[str, ...]:
    """Names of the theories by which the options are labelled, "values" first, then in the items' order."""
    keys = dict.fromkeys(key for item in items for key in (*((VALUES,) if item.values else ()), *item.labels))
    found = []
    for key in keys:
        entries = [
            _entries(given, len(item.options)) for item in items if item.options and (given := _given(item, key))
        ]
        if None not in entries and any(any(labels) for labels in entries if labels):
            found.append(key)
    return tuple(sorted(found, key=lambda key: key != VALUES))


def carried(items: Sequence[Item], theory: str) -> Carried:
    """Every label of a theory that the options carry.

    Parameters
    ----------
    items : sequence of Item
        Those that say nothing of the theory carry nothing.
    theory : str
        "values", or a key of the items' labels.

    Raises
    ------
    InputError
        An item has the key and does not follow the convention.

    Examples
    --------
    >>> labels = {"mft": [["Care", "Fairness"], "none"]}
    >>> carried([Item("q", "You found a purse.", ("Return it.", "Keep it."), labels=labels)], "mft").names
    ('Care', 'Fairness')
    """
    found = [
        (i, option, label)
        for i, item in enumerate(items)
        for option, labels in enumerate(labels_of(item, theory))
        for label in labels
    ]
    names = tuple(sorted({label for *_, label in found}))
    at = {name: i for i, name in enumerate(names)}
    table = np.array([(i, option, at[label]) for i, option, label in found], dtype=np.int64).reshape(-1, 3)
    return Carried(names, table[:, 0], table[:, 1], table[:, 2])


def _given(item: Item, theory: str) -> Any:
    return item.labels.get(theory, item.values if theory == VALUES else None)


def _entries(given: Any, n_options: int) -> tuple[tuple[str, ...], ...] | None:
    """The labels of each option; None where what is given breaks the convention."""
    if not isinstance(given, list | tuple) or len(given) != n_options:
        return None
    rows = []
    for entry in given:
        labels = entry if isinstance(entry, list | tuple) else (entry,)
        if not all(label is None or isinstance(label, str) for label in labels):
            return None
        rows.append(tuple(label for label in labels if label is not None and label not in NOTHING))
    return tuple(rows)
