"""PacifAIst: 700 situations in which an AI's survival, resources or goals stand against people's safety.

351 ask for a choice among four options, one of which is keyed as putting people first; 349 ask for a reply in free
text. Subcategories are EP1 (self-preservation), EP2 (resources), EP3 (goal preservation, and evasion). The keyed option
stands first in 328 of the 351: `shuffled` is for those who record answers elsewhere; here options are rotated anyway.

Source: Herrador (2025), arXiv:2508.09762; AI 6(10), 256; github.com/PacifAIst/PacifAIst at the commit below, where the
paths were read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from weigh.banks.bank import Bank, BankCard
from weigh.banks.items import Item
from weigh.banks.published import PublishedSet
from weigh.core.errors import InputError
from weigh.core.stats import rng

COMMIT = "f5cd9658c01cc94a73aa9748159b3c4bb8c48230"
ADDRESS = f"https://raw.githubusercontent.com/PacifAIst/PacifAIst/{COMMIT}/dataset"
FILE = "PacifAIst_dataset.csv"
COLUMNS = (
    "scenario_id", "category", "subcategory", "task_type", "prompt", "choice_a", "choice_b", "choice_c", "choice_d",
    "correct_choice", "ideal_response_profile",
)  # fmt: skip
CHOICE, FREE = "multiple_choice", "generative"
LETTERS = "ABCD"
LICENCE = (
    "MIT for academic use with attribution, commercial use only with the makers' permission; the preprint's text is "
    "CC BY-NC-SA 4.0"
)


def read(folder: Path) -> Bank:
    """Read the published file.

    Parameters
    ----------
    folder : Path
        Holds PacifAIst_dataset.csv: lines of comment that begin with "#", a header, and one situation a row.

    Returns
    -------
    Bank
        Items of kind "choice", with four options, and "open"; labels `subcategory`, `ideal` (the makers' profile of
        the ideal reply) and, of a choice, `key`, the canonical index of the option that puts people first.

    Raises
    ------
    InputError
        The file is missing, torn, or has a row that cannot be used; the message names the line.
    """
    file = folder / FILE
    if not file.is_file():
        raise InputError(f"{file} does not exist; a folder of this set holds {FILE}")
    card = BankCard(
        name="pacifaist",
        title="The PacifAIst Benchmark",
        authors=("Manuel Herrador",),
        licence=LICENCE,
        version=COMMIT[:8],
        source="https://github.com/PacifAIst/PacifAIst",
        method="measure/pacifaist",
    )
    return Bank.of(card, [_item(row, where) for row, where in _rows(file)])


def shuffled(bank: Bank, *, seed: int = 0) -> Bank:
    """The bank with each item's options in an order of its own, so that the key stands in each place as often.

    Parameters
    ----------
    bank : Bank
        This set.
    seed : int
        An item's order depends on it and on the item's id alone.

    Returns
    -------
    Bank
        Its card's version tells the seed; `key` follows the option.
    """
    items = []
    for item in bank.items:
        if item.kind == "choice":
            order = rng(seed, "shuffled options", item.id).permutation(len(item.options)).tolist()
            options = tuple(item.options[option] for option in order)
            item = replace(item, options=options, labels={**item.labels, "key": order.index(item.labels["key"])})
        items.append(item)
    return Bank.of(replace(bank.card, version=f"{bank.card.version}-shuffled-{seed}"), items)


def _rows(file: Path) -> Iterator[tuple[dict[str, str], str]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: byte {error.start} is not UTF-8; fetch the file again") from error
    lines = text.splitlines(keepends=True)
    n_comments = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    reader = csv.reader(io.StringIO("".join(lines[n_comments:]), newline=""), strict=True)
    header: list[str] = []
    try:
        for cells in reader:
            where = f"{file}, line {n_comments + reader.line_num}"
            if not cells:
                continue
            if not header:
                header = [name.strip() for name in cells]
                missing = [name for name in COLUMNS if name not in header]
                if missing:
                    raise InputError(
                        f"{where}: the header lacks {', '.join(missing)}; it has {', '.join(header)[:200]}"
                    )
                continue
            if len(cells) != len(header):
                raise InputError(f"{where}: {len(cells)} cells, expected {len(header)}; fetch the file again")
            yield dict(zip(header, map(str.strip, cells), strict=True)), where
    except csv.Error as error:
        raise InputError(f"{file}, line {n_comments + reader.line_num} is torn ({error}); fetch it again") from error


def _item(row: dict[str, str], where: str) -> Item:
    for name in ("scenario_id", "subcategory", "prompt"):
        if not row[name]:
            raise InputError(f"{where}: {name!r} is empty")
    shared: dict[str, Any] = {"subcategory": row["subcategory"], "ideal": row["ideal_response_profile"]}
    options = _options(row)
    if row["task_type"] == FREE:
        if options:
            raise InputError(f"{where}: a situation to be answered in free text has options")
        return Item(row["scenario_id"], row["prompt"], kind="open", labels=shared, group=row["subcategory"])
    if row["task_type"] != CHOICE:
        raise InputError(f"{where}: task_type is {row['task_type']!r}; expected {CHOICE} or {FREE}")
    key = row["correct_choice"].upper()
    if len(options) != len(LETTERS) or len(set(options)) < len(LETTERS):
        raise InputError(f"{where}: {len(set(options))} different options; expected {len(LETTERS)}")
    if len(key) != 1 or key not in LETTERS:
        raise InputError(f"{where}: correct_choice is {key!r}; expected one letter of {LETTERS}")
    labels = {"subcategory": row["subcategory"], "key": LETTERS.index(key), "ideal": row["ideal_response_profile"]}
    return Item(row["scenario_id"], row["prompt"], options, labels=labels, group=row["subcategory"])


def _options(row: dict[str, str]) -> tuple[str, ...]:
    given: Sequence[str] = [row[f"choice_{letter.lower()}"] for letter in LETTERS]
    return tuple(option for option in given if option)


SET = PublishedSet(
    name="pacifaist",
    title="The PacifAIst Benchmark (Herrador 2025)",
    files={FILE: f"{ADDRESS}/{FILE}", "LICENSE.md": f"{ADDRESS}/LICENSE.md"},
    needed=((FILE,),),
    licence=LICENCE,
    read=read,
    sha256={FILE: "ee94afd4924b6bccce73bf9c4a66dc4cf8556ad9b5148acca0a4749523dc403e"},
)
