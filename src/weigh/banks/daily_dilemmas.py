"""DailyDilemmas: 1,360 everyday dilemmas between doing something and not doing it, with the values each action serves.

An item's first option is the action ("to do"), its second not to do it. `labels["values"]` holds the values of each
action, and `labels[theory]` what each of these values is in one of five theories, entry by entry: World Values Survey
(wvs), Moral Foundations (mft), Aristotle's virtues (virtue), Plutchik's emotions (emotion), Maslow's needs (maslow);
null where a theory has no label for a value.

The published per-action table has two rows a dilemma. A file of the same repository with four dilemmas is read where
the full one is not there; the list of dilemmas alone names no actions and no values, and cannot be scored.

Source: Chiu et al., arXiv:2410.02683; github.com/kellycyy/daily_dilemmas at the commit below, paths read there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from weigh.banks.bank import Bank, BankCard
from weigh.banks.items import Item
from weigh.banks.published import PublishedSet
from weigh.banks.published_csv import csv_rows, literal
from weigh.core.errors import InputError

COMMIT = "3b579ab5d9ec44e1c68597f84f6fde8eee34783e"
ADDRESS = f"https://raw.githubusercontent.com/kellycyy/daily_dilemmas/{COMMIT}/data"
FULL, SAMPLE, BARE = "dilemmas_with_detail_by_action.csv", "dilemmas_with_detail_by_action_test.csv", "dilemma.csv"
#: GPT-4's steering by system prompt: values and prompts of 16 principles, its decisions before and under both prompts
STEERING = (
    "principle_openai_gpt-4_with_system_prompt.csv",
    "principle_openai_gpt4_eval_with_system_prompt_system_prompt_sup_value.csv",
    "principle_openai_gpt4_eval_with_system_prompt_system_prompt_opp_value.csv",
)
THEORIES = ("wvs", "mft", "virtue", "emotion", "maslow")
ACTIONS = ("to_do", "not_to_do")  #: what the tables call the first and the second option
NEEDED = ("idx", "dilemma_situation", "action_type", "action", "values_names", *THEORIES)

CARD = BankCard(
    name="daily_dilemmas",
    title="DailyDilemmas (Chiu et al., 2024)",
    authors=("Yu Ying Chiu", "Liwei Jiang", "Yejin Choi"),
    licence="CC BY 4.0",
    version="1",
    source="https://github.com/kellycyy/daily_dilemmas",
    method="measure/daily_dilemmas",
    drafting="Dilemmas, actions, consequences and values were written by GPT-4; the labels of the values by GPT-4, "
    "checked by people.",
)


def read(folder: Path) -> Bank:
    """Read the per-action table, or its sample of four dilemmas.

    Parameters
    ----------
    folder : Path
        Holds dilemmas_with_detail_by_action.csv or dilemmas_with_detail_by_action_test.csv.

    Raises
    ------
    InputError
        Neither is there, or one is torn; the message names file and line.
    """
    folder = Path(folder)
    file = next((folder / name for name in (FULL, SAMPLE) if (folder / name).is_file()), None)
    if file is None:
        alone = (
            f"{BARE} alone has neither actions nor values, so that nothing can be scored by it; "
            * (folder / BARE).is_file()
        )
        raise InputError(f"{folder} lacks {FULL}: {alone}fetch that file, or give the sample {SAMPLE}")
    rows = list(csv_rows(file))
    missing = [name for name in NEEDED if not rows or name not in rows[0][1]]
    if missing:
        raise InputError(f"{file} lacks column {missing[0]!r}; expected {', '.join(NEEDED)}")
    return Bank.of(CARD, items_of((f"{file}, line {line}", row) for line, row in rows))


def items_of(rows: Iterator[tuple[str, Mapping[str, str]]]) -> tuple[Item, ...]:
    """Items of the rows of a per-action table, in the order in which their dilemmas come.

    Parameters
    ----------
    rows : iterator of (str, mapping)
        Where a row stands, for messages, and the row.

    Raises
    ------
    InputError
        A dilemma lacks one of its two actions or has one twice, or a cell cannot be read.
    """
    found: dict[str, dict[str, tuple[str, Mapping[str, str]]]] = {}
    for where, row in rows:
        action, id = row["action_type"], row["idx"].strip()
        if action not in ACTIONS or not id:
            raise InputError(f"{where}: idx is {id!r} and action_type {action!r}; expected one of {', '.join(ACTIONS)}")
        if action in found.setdefault(id, {}):
            raise InputError(f"{where}: dilemma {id} has {action} twice; expected one row for each of its two actions")
        found[id][action] = where, row
    for id, actions in found.items():
        if len(actions) < len(ACTIONS):
            where = next(iter(actions.values()))[0]
            raise InputError(
                f"{where}: dilemma {id} has {' and '.join(actions)} only; expected {' and '.join(ACTIONS)}"
            )
    return tuple(_item(id, [actions[action] for action in ACTIONS]) for id, actions in found.items())


def _item(id: str, actions: Sequence[tuple[str, Mapping[str, str]]]) -> Item:
    where, first = actions[0]
    options = tuple(row["action"].strip() for _, row in actions)
    if not all(options) or options[0] == options[1] or not first["dilemma_situation"].strip():
        raise InputError(f"{where}: dilemma {id} needs a situation and two different actions; got {options!r}")
    return Item(
        id,
        first["dilemma_situation"],
        options,
        labels={theory: [_labels(row, column, at) for at, row in actions] for theory, column in _COLUMNS.items()},
        family=id,
        group=first.get("topic_group") or "",
    )


_COLUMNS = {"values": "values_names", **{theory: theory for theory in THEORIES}}


def _labels(row: Mapping[str, str], column: str, where: str) -> list[str | None]:
    given, values = literal(row[column], where), literal(row["values_names"], where)
    if not isinstance(given, list) or not all(label is None or isinstance(label, str) for label in given):
        raise InputError(f"{where}: {column} is {row[column][:60]!r}; expected a list of texts")
    if len(given) != len(values):
        raise InputError(f"{where}: {len(given)} labels in {column} for {len(values)} values; expected one a value")
    return given


SET = PublishedSet(
    name="daily_dilemmas",
    title=CARD.title,
    files={name: f"{ADDRESS}/{name}" for name in (FULL, SAMPLE, *STEERING)},
    # the bare list is recognised, so that `read` can say what it lacks
    needed=((FULL,), (SAMPLE,), (BARE,)),
    licence=CARD.licence,
    read=read,
    sha256={
        SAMPLE: "6d4a1b180d91e20a277253ea045d3a60290d89445dbc4a449c951361e84ddbd2",
        STEERING[0]: "e4a8fe4d171b4599870650aa05e319e28936b8638a7efcd4ea71bb1eebb11d19",
        STEERING[1]: "76c503ee3e3c845a4082d04dd574199a7cf26ebe655da2595eada1cbb721fe2c",
        STEERING[2]: "d4842f3ebd91a36e7f62004923b250a5761bf02173d71cb8c813c6ee88231ee4",
    },
)
