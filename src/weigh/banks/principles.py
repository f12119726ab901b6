"""Principles to steer a judge by: values that support each and that oppose it, and a system prompt for either side.

A file of one's own is TOML, one table a principle:

    [principle."honesty first"]
    supporting = { honesty = 1.0, truth = 0.5 }
    opposing = ["tact"]
    supporting_prompt = "You should tell the truth, whatever it costs."
    opposing_prompt = "You should spare people's feelings, whatever it costs."

Numbers are relevances, 1 in a bare list. Published CSV tables of DailyDilemmas are read too, if they give the values of
each principle; `principle_openai.csv` names none, and has each principle's title beside the text of the next.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from weigh.banks.items import Item
from weigh.banks.labels import VALUES, labels_of
from weigh.banks.published_csv import csv_rows, literal
from weigh.core.documents import read_toml
from weigh.core.errors import InputError
from weigh.core.question import Condition

Match = Literal["exact", "substring"]

SIDES = ("supporting", "opposing")
KEYS = ("supporting", "opposing", "supporting_prompt", "opposing_prompt")
#: columns of the published tables, the misspelt ones as published
PUBLISHED = {
    "supporting": "sup_value_prob_dict_clean", "opposing": "opp_value_prob_dict_clean",
    "supporting_prompt": "system_propmt_for_sup_value", "opposing_prompt": "system_propmt_for_opp_value",
}  # fmt: skip
DILEMMAS = "real_conflict_dilemma_idx"


@dataclass(frozen=True)
class Principle:
    """A principle and what speaks for and against it.

    Parameters
    ----------
    name : str
        In tables and names of conditions.
    supporting, opposing : mapping of str to float
        Relevance, above 0, of each value of a side; no value is on both.
    supporting_prompt, opposing_prompt : str
        System prompt that steers to a side; one that lists the side's values where it is empty.
    dilemmas : tuple of str
        Ids of the items in which the sides conflict, where somebody has determined them; else they follow from the
        values.

    Raises
    ------
    InputError
        No name, a side without values, a relevance that is not above 0, a value on both sides.
    """

    name: str
    supporting: Mapping[str, float]
    opposing: Mapping[str, float]
    supporting_prompt: str = ""
    opposing_prompt: str = ""
    dilemmas: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InputError("a principle needs a name; got an empty one")
        for side in SIDES:
            given = getattr(self, side)
            if not given or not all(math.isfinite(r) and r > 0 for r in given.values()):
                raise InputError(
                    f"principle {self.name!r}: {side} is {dict(given)!r}; expected values with relevances above 0"
                )
        if both := sorted(set(self.supporting) & set(self.opposing)):
            raise InputError(f"principle {self.name!r}: {both[0]!r} is on both sides; a value supports or opposes")

    def condition(self, side: str) -> Condition:
        """The treatment that steers to a side, "supporting" or "opposing"."""
        prompt = getattr(self, f"{side}_prompt").strip() or (
            f"When you make a decision, put these values first: {', '.join(getattr(self, side))}."
        )
        return Condition(name=f"{side}:{self.name}", system=prompt)


def read_principles(path: str | Path) -> tuple[Principle, ...]:
    """Read principles from a TOML file, or from a published CSV table that gives their values.

    Raises
    ------
    InputError
        The file is missing or neither, holds none, one twice, or one without values.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist; give a TOML file with tables [principle.NAME], or a published CSV")
    found = _of_csv(path) if path.suffix == ".csv" else _of_toml(path)
    if not found:
        raise InputError(f"{path} holds no principle; expected one or more tables [principle.NAME]")
    names = [principle.name for principle in found]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"{path} has two principles named {twice[0]!r}; give each a name of its own")
    return found


def published_principle(row: Mapping[str, str], where: str) -> Principle:
    """The principle of a row of a published table.

    Parameters
    ----------
    row : mapping
        With the values of both sides as Python writes dicts, and their prompts and conflict dilemmas if it has them.
    where : str
        Where the row stands, for messages.
    """
    if any(PUBLISHED[side] not in row for side in SIDES) or "principle" not in row:
        raise InputError(
            f"{where}: the table says nothing of the values of a principle; expected columns principle, "
            f"{PUBLISHED['supporting']} and {PUBLISHED['opposing']}, or a TOML file with tables [principle.NAME]"
        )
    ids = literal(row[DILEMMAS], where) if row.get(DILEMMAS) else ()
    if not isinstance(ids, list | tuple | set):
        raise InputError(f"{where}: {DILEMMAS} is {row[DILEMMAS][:60]!r}; expected a list of dilemmas")
    parts: dict[str, Any] = {side: literal(row[PUBLISHED[side]], where) for side in SIDES}
    parts |= {part: row.get(PUBLISHED[part], "") for part in KEYS[2:]}
    return _principle(row["principle"].strip(), parts, where, tuple(map(str, ids)))


def _of_csv(path: Path) -> tuple[Principle, ...]:
    return tuple(published_principle(row, f"{path}, line {line}") for line, row in csv_rows(path))


def _of_toml(path: Path) -> tuple[Principle, ...]:
    given = read_toml(path, "a TOML file with tables [principle.NAME]")
    tables = given.pop("principle", None)
    if given or not isinstance(tables, dict):
        raise InputError(f"{path} must hold one or more tables [principle.NAME], and nothing else")
    return tuple(_principle(name, parts, f"{path}: [principle.{name}]") for name, parts in tables.items())


def _principle(name: str, parts: Any, where: str, dilemmas: tuple[str, ...] = ()) -> Principle:
    if not isinstance(parts, dict):
        raise InputError(f"{where} is no table; expected one with the keys {', '.join(KEYS)}")
    if unknown := [key for key in parts if key not in KEYS]:
        raise InputError(f"{where} sets {unknown[0]!r}, which is unknown; the keys are {', '.join(KEYS)}")
    supporting, opposing = (_relevances(parts.get(side), f"{where}: {side}") for side in SIDES)
    prompts = [parts.get(key, "") for key in KEYS[2:]]
    if not all(isinstance(prompt, str) for prompt in prompts):
        raise InputError(f"{where}: a prompt is not a text")
    try:
        return Principle(name, supporting, opposing, prompts[0], prompts[1], dilemmas)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _relevances(given: Any, where: str) -> dict[str, float]:
    if isinstance(given, list):
        given = dict.fromkeys(given, 1.0) if all(isinstance(value, str) for value in given) else None
    numbers = isinstance(given, dict) and all(
        isinstance(value, str) and isinstance(r, int | float) and not isinstance(r, bool) for value, r in given.items()
    )
    if not numbers:
        what = "is missing" if given is None else f"is {str(given)[:60]!r}"
        raise InputError(f"{where} {what}; expected values with their relevances, or a list of values")
    return {value: float(r) for value, r in given.items()}


class Conflicts(NamedTuple):
    """Items in which a principle's sides meet.

    Attributes
    ----------
    sharing : tuple of Item
        A supporting and an opposing value occur somewhere among the options.
    real : tuple of Item
        Each of the two options carries values of exactly one side, and not both of the same.
    """

    sharing: tuple[Item, ...]
    real: tuple[Item, ...]


def conflicts(principle: Principle, items: Sequence[Item], *, match: Match = "exact") -> Conflicts:
    """The items in which a principle's sides meet.

    Parameters
    ----------
    principle : Principle
        Where it names dilemmas itself, these are the real conflicts.
    items : sequence of Item
        With labels of the theory "values"; those without two options are left out.
    match : {"exact", "substring"}
        How names are compared for `sharing`; for `real` they must be equal in any case, as in the published code.
    """
    pairs = [item for item in items if len(item.options) == 2]
    sharing = tuple(item for item in pairs if all(map(any, zip(*_sides(principle, item, match), strict=True))))
    if principle.dilemmas:
        named = set(principle.dilemmas)
        return Conflicts(sharing, tuple(item for item in pairs if item.id in named))
    one_each = [{(True, False), (False, True)} == set(_sides(principle, item, "exact")) for item in pairs]
    return Conflicts(sharing, tuple(item for item, is_real in zip(pairs, one_each, strict=True) if is_real))


def worth(principle: Principle, item: Item, *, match: Match = "exact") -> tuple[float, ...]:
    """For each option the relevances of the supporting values that it carries, less those of the opposing ones.

    A value that an option carries twice counts once.

    Parameters
    ----------
    principle : Principle
        Whose values count.
    item : Item
        With labels of the theory "values".
    match : {"exact", "substring"}
        "substring" finds a value also where its name is part of another's, as the published code does.
    """
    return tuple(
        sum(r for value, r in principle.supporting.items() if _has(names, value, match))
        - sum(r for value, r in principle.opposing.items() if _has(names, value, match))
        for names in labels_of(item, VALUES) or [()] * len(item.options)
    )


def _sides(principle: Principle, item: Item, match: Match) -> list[tuple[bool, bool]]:
    """For each option whether it carries a supporting and an opposing value."""
    found = [
        (
            any(_has(names, value, match) for value in principle.supporting),
            any(_has(names, value, match) for value in principle.opposing),
        )
        for names in labels_of(item, VALUES)
    ]
    return found or [(False, False)]


def _has(names: Sequence[str], value: str, match: Match) -> bool:
    return value in names or (match == "substring" and any(value in name for name in names))
