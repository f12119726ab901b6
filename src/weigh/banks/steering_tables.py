"""DailyDilemmas' published steering tables: one row a principle, with a model's decisions before and under its prompts.

The tables do not give the actions' values. They say by value which dilemmas the model selected it in and which it
neglected it in, and what it decided under each prompt; from both follows which action carries which of a principle's
values, and then what the model decided before. "Carries" is the tables' own: a value's name is somewhere in the text of
the action's values, so that 'honesty' is found in 'dishonesty'. Of other values they say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from weigh.banks.bank import Bank, BankCard
from weigh.banks.daily_dilemmas import ACTIONS, CARD
from weigh.banks.items import Item
from weigh.banks.principles import Principle, published_principle
from weigh.banks.published_csv import literal
from weigh.core.errors import InputError
from weigh.core.evidence import Answers

UNTREATED = ""
BEFORE = "dilemma_{side}_values_data_dict_idx"
AFTER = "system_prompt_{prompt}_value_system_prompt_dilemma_{side}_values_data_dict_idx"
DECISIONS = "system_prompt_{prompt}_value_dilemma_model_resp_action_clean"
PROMPTS = {"sup": "supporting", "opp": "opposing"}
UNKNOWN = "The published table gives no text."

# dilemma -> action -> the values that it carries
Carries = dict[str, dict[int, dict[str, None]]]


def is_steering_table(columns: Mapping[str, Sequence[str]]) -> bool:
    """Whether these are the columns of such a table."""
    return "principle" in columns and any(DECISIONS.format(prompt=prompt) in columns for prompt in PROMPTS)


def read_steering(columns: Mapping[str, Sequence[str]]) -> tuple[Answers, Bank]:
    """A model's decisions, and a bank of the dilemmas with what the table says of their values.

    Parameters
    ----------
    columns : mapping of str to sequence of str
        As in the published tables.

    Returns
    -------
    tuple of Answers and Bank
        Answers under the condition "" before, and under those of `Principle.condition` after; an item's options are
        the actions to do and not to do, and its labels["values"] what they carry.

    Raises
    ------
    InputError
        Cells are torn, contradict each other, or the columns lack what is needed.
    """
    if not is_steering_table(columns):
        raise InputError(
            f"expected columns principle and {DECISIONS.format(prompt='sup')}, as the published tables have"
        )
    carries: Carries = {}
    found: dict[tuple[str, str], int] = {}
    for number in range(len(columns["principle"])):
        row = {name: str(cells[number] or "") for name, cells in columns.items()}
        where = f"row {number + 1}"
        principle = published_principle(row, where)
        for condition, id, choice in _decided(row, principle, where, carries):
            if found.setdefault((condition, id), choice) != choice:
                raise InputError(f"{where}: dilemma {id} is decided in two ways under {condition or 'no prompt'!r}")
    ids = list(dict.fromkeys(id for _, id in found))
    items = [
        Item(
            id,
            UNKNOWN,
            ("To do it.", "Not to do it."),
            labels={"values": [list(carries.get(id, {}).get(option, {})) for option in range(len(ACTIONS))]},
        )
        for id in ids
    ]
    card = BankCard(f"{CARD.name}-steering", title=CARD.title, licence=CARD.licence, source=CARD.source)
    rows = {
        "question": [id for _, id in found],
        "choice": list(found.values()),
        "condition": [condition for condition, _ in found],
        "status": ["malformed" if choice < 0 else "ok" for choice in found.values()],
    }
    answers = Answers.from_frame(rows)
    return answers, Bank.of(card, items)


def _decided(
    row: Mapping[str, str], principle: Principle, where: str, carries: Carries
) -> Iterator[tuple[str, str, int]]:
    """Condition, dilemma and choice of each decision; adds to `carries` what the actions carry."""
    mine: Carries = {}
    after = {}
    for prompt in PROMPTS:
        given = _cell(row, DECISIONS.format(prompt=prompt), where)
        after[prompt] = {str(id): ACTIONS.index(a) if a in ACTIONS else -1 for id, a in given.items()}
    for prompt, decisions in after.items():
        for value, state, id in _occurrences(row, AFTER.replace("{prompt}", prompt), where):
            if decisions.get(id, -1) >= 0:
                action = decisions[id] if state == "selected" else 1 - decisions[id]
                mine.setdefault(id, {}).setdefault(action, {})[value] = None
                carries.setdefault(id, {}).setdefault(action, {})[value] = None
    before: dict[str, int] = {}
    for value, state, id in _occurrences(row, BEFORE, where):
        actions = [action for action, values in mine.get(id, {}).items() if value in values]
        if len(actions) == 1:
            choice = actions[0] if state == "selected" else 1 - actions[0]
            if before.setdefault(id, choice) != choice:
                raise InputError(f"{where}: dilemma {id} both selects and neglects {value!r} before any prompt")
    for id in principle.dilemmas:
        yield UNTREATED, id, before.get(id, -1)
    for prompt, side in PROMPTS.items():
        for id, choice in after[prompt].items():
            yield principle.condition(side).name, id, choice


def _occurrences(row: Mapping[str, str], column: str, where: str) -> Iterator[tuple[str, str, str]]:
    """Value, "selected" or "neglected", and dilemma."""
    for side in PROMPTS:
        name = column.format(side=side)
        for value, states in _cell(row, name, where).items():
            if not isinstance(states, dict) or not all(isinstance(ids, list) for ids in states.values()):
                raise InputError(f"{where}, column {name}: expected lists of dilemmas by state; got {states!r:.60}")
            for state, ids in states.items():
                yield from ((value, state, str(id)) for id in ids)


def _cell(row: Mapping[str, str], column: str, where: str) -> dict[Any, Any]:
    given = literal(row[column], f"{where}, column {column}") if row.get(column) else {}
    if not isinstance(given, dict):
        raise InputError(f"{where}, column {column}: expected a dict; got {row[column][:60]!r}")
    return given
