"""Hostile strings, by what they try: the one list that all tests draw on."""

from __future__ import annotations

import json
import re
from pathlib import Path

from weigh.core.visible import visible

KINDS: dict[str, list[str]] = json.loads(Path(__file__).with_name("strings.json").read_text("ascii"))
STRINGS: tuple[str, ...] = tuple(text for kind in KINDS.values() for text in kind)
EVERY = " ".join(STRINGS)
FEW = 9
NAME = re.sub(r"[\n\t]", " ", EVERY)


def squeezed(text: str) -> str:
    """A text without its white space, which pages fold."""
    return re.sub(r"\s+", "", text)


def shown(text: str) -> str:
    """What a page or a terminal should show of a text, white space aside."""
    return squeezed(visible(text))


def bank_and_answers(folder: Path) -> None:
    """Write `bank.jsonl` and `answers.jsonl`, which hold a hostile string in each of their texts."""
    # all strings at once are long: they stand in a few rows, and one of them in each of the others
    items = [
        {
            "id": f"i{i} {text}", "situation": f"{i} {text}", "options": [f"a {text}", f"b {text}"],
            "values": [f"u {NAME}", f"v {NAME}"][:: 1 - 2 * (i % 2)], "author": NAME if i < FEW else text,
            "family": NAME, "group": NAME,
        }
        for i, text in enumerate(STRINGS)
    ]  # fmt: skip
    rows = [
        {"question": items[i]["id"], "choice": i % 2, "order": order, "p": 0.9, "model": NAME, "raw": raw}
        for i, text in enumerate(STRINGS) for order in ([0, 1], [1, 0]) for raw in (EVERY if i < FEW else text,)
    ]  # fmt: skip
    for name, lines in (("bank.jsonl", items), ("answers.jsonl", rows)):
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
