"""Values cards: what somebody attends to when they choose well, in words that others can recognise as theirs.

A card has a title and policies of attention, each of which begins with what is attended to in capitals: "MOMENTS where
a person can find their own answer". Policies, not titles, say which value it is.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weigh.core.columns import as_text, is_missing
from weigh.core.errors import InputError
from weigh.core.tables import read_table

_CAPITALS = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class ValuesCard:
    """One value.

    Parameters
    ----------
    id : str
        By which votes name it.
    title : str
        A few words; the id where there is none.
    policies : tuple of str
        What to attend to.
    instructions : str
        How somebody acts by it, in a sentence or two.

    Raises
    ------
    InputError
        No id, or a policy without words.
    """

    id: str
    title: str = ""
    policies: tuple[str, ...] = ()
    instructions: str = ""

    def __post_init__(self) -> None:
        if not self.id.strip():
            raise InputError(f"a card has the id {self.id!r}; expected a name that votes can use")
        if not all(policy.strip() for policy in self.policies):
            raise InputError(f"card {self.id!r} has a policy without words; leave it out")
        if not self.title.strip():
            object.__setattr__(self, "title", self.id)

    @property
    def text(self) -> str:
        """What is embedded: the policies, or where there are none the title and the instructions."""
        return "\n".join(self.policies) if self.policies else f"{self.title}\n{self.instructions}".strip()


def faults(card: ValuesCard) -> list[str]:
    """What keeps a card from being understood as attention, in sentences; empty for none.

    Parameters
    ----------
    card : ValuesCard
        Whose policies are read; whether they are meaningful, and not a rule or a goal, takes a reader.

    Examples
    --------
    >>> faults(ValuesCard("1", "Honesty", ("always tell the truth",)))
    ['policy 1 does not begin with what is attended to, in capitals: always tell the truth']
    """
    found = [] if card.policies else ["it has no policies of attention"]
    for number, policy in enumerate(card.policies, 1):
        first = _CAPITALS.search(policy)
        if first is None or not first.group().isupper():
            shown = policy if len(policy) <= 80 else policy[:79] + "…"
            found.append(f"policy {number} does not begin with what is attended to, in capitals: {shown}")
    plain = [" ".join(policy.split()).casefold() for policy in card.policies]
    return found + (["a policy stands twice"] if len(set(plain)) < len(plain) else [])


def read_cards(path: str | os.PathLike[str]) -> list[ValuesCard]:
    """Read cards.

    Parameters
    ----------
    path : path
        A table with the columns `id` and `title`, and perhaps `policies` (a list, JSON text of one, or one a line) and
        `instructions`; or JSON: a list of such cards, or a moral graph whose `values` they are. The published names
        `evaluation_criteria` and `instructions_short` are read too.

    Raises
    ------
    InputError
        The file cannot be read, a card has no id, or an id stands twice.
    """
    file = Path(path)
    rows = _json_rows(file) if file.suffix.lower() == ".json" else _table_rows(path)
    cards = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or is_missing(row.get("id")):
            raise InputError(f"{file}: card {number} has no id; expected id,title [,policies,instructions]")
        try:
            told = {name: "" if is_missing(row.get(name)) else as_text(row[name]) for name in ("id", "title")}
            policies = _policies(row.get("policies", row.get("evaluation_criteria")))
            words = row.get("instructions", row.get("instructions_short"))
            cards.append(
                ValuesCard(**told, policies=policies, instructions="" if is_missing(words) else as_text(words))
            )
        except InputError as error:
            raise InputError(f"{file}: card {number}: {error}") from error
    ids = [card.id for card in cards]
    if len(set(ids)) < len(ids):
        twice = next(one for one in ids if ids.count(one) > 1)
        raise InputError(f"{file}: the id {twice!r} stands twice; expected one card an id")
    return cards


def titles_of(ids: Sequence[str], cards: Sequence[ValuesCard]) -> dict[str, str]:
    """A name to show for each id: its card's title, with the id where two share one; the id where there is no card.

    Parameters
    ----------
    ids : sequence of str
        What is to be named.
    cards : sequence of ValuesCard
        Some of them, or others.
    """
    known = {card.id: card.title for card in cards}
    named = {one: known.get(one, one) for one in ids}
    shown = list(named.values())
    return {one: title if shown.count(title) == 1 else f"{title} ({one})" for one, title in named.items()}


def _json_rows(file: Path) -> list[Any]:
    try:
        given = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{file} cannot be read as JSON ({error}); expected a list of cards") from error
    rows = given.get("values") if isinstance(given, dict) else given
    if not isinstance(rows, list) or not rows:
        raise InputError(f"{file} holds no list of cards; expected [{{id, title, policies}}, …] or {{values: […]}}")
    return rows


def _table_rows(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    columns = read_table(path, typed=False)
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _policies(given: Any) -> tuple[str, ...]:
    if isinstance(given, str):
        text = given.strip()
        try:
            given = json.loads(text) if text.startswith("[") else text.splitlines()
        except (ValueError, RecursionError) as error:
            raise InputError(f"its policies are not JSON ({error}); expected a list of texts") from error
    if given is None or not isinstance(given, list | tuple):
        return ()
    if not all(isinstance(policy, str) for policy in given):
        raise InputError("its policies are not texts; expected a list of texts")
    return tuple(policy.strip() for policy in given if policy.strip())
