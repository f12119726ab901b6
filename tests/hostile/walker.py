"""Every text in a run's files made hostile, found by walking the files and not by a list of fields.

The same text becomes the same hostile one wherever it stands, so that names go on to match between record, bank and
ledger; a field that is new is poisoned without being named here. What must keep its text is listed, with the reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from tests.hostile.corpus import EVERY, shown

from weigh.banks.bank import BankCard

#: paths of texts that stay, `*` for any key or place
EXEMPT = {
    # the machinery's own words, of which there are a few: another one is no text but a record of another version
    "an enumeration": (
        "status", "kind", "instrument", "method", "verdict/level", "verdict/also/*", "config/instrument", "*/kind",
        "trial/verdict/level", "trial/verdict/also/*", "values/scale/level", "values/scale/support", "items/*/kind",
        "findings/*/severity", "findings/*/name", "findings/*/evidence/direction", "trial/findings/*/severity",
        "trial/findings/*/name", "trial/findings/*/evidence/direction", "findings/*/figure", "trial/findings/*/figure",
        "values/method", "prompts/*/messages/*/role", "values/diagnostics/findings/*/severity",
        "values/diagnostics/findings/*/name", "labels/place", "values/diagnostics/findings/*/evidence/direction",
        "values/diagnostics/verdict/level", "values/diagnostics/figures/*/kind", "values/diagnostics/findings/*/figure",
        "trial/instrument", "instrument_of_trial",
    ),
    "a hash or a key, by which files find each other": ("key", "bank/sha256", "bank/id", "config/bank", "bank/method"),
    "it decides which order of values people are said to have": ("bank/taxonomy",),
}  # fmt: skip
FEW = 6
CARD = ("title", "licence", "version", "language", "drafting", "canary", "source")
_STAYS = [re.compile(path.replace("*", "[^/]+")) for paths in EXEMPT.values() for path in paths]


class Poison:
    """Gives every text a hostile one of its own: a mark, the text, and all hostile strings.

    Attributes
    ----------
    fields : dict of str to str
        The path at which a mark was first given, by mark.
    """

    def __init__(self) -> None:
        self.given: dict[str, str] = {}
        self.fields: dict[str, str] = {}

    def text(self, text: str, field: str) -> str:
        """The hostile text that stands for one."""
        if text not in self.given:
            mark = f"⟪{len(self.given)}⟫"
            self.given[text], self.fields[mark] = f"{mark} {text} {EVERY} {mark}", field
        return self.given[text]

    def all(self, found: Any, path: str = "") -> Any:
        """A JSON value with every text in it made hostile, but those that must stay."""
        if isinstance(found, str):
            stays = not found or any(one.fullmatch(path) for one in _STAYS)
            return found if stays else self.text(found, re.sub(r"/\d+", "/*", path))
        if isinstance(found, list):
            return [self.all(one, f"{path}/{i}".strip("/")) for i, one in enumerate(found)]
        if isinstance(found, dict):
            return {key: self.all(one, f"{path}/{key}".strip("/")) for key, one in found.items()}
        return found

    def keys(self, found: Any, *, top: bool = True) -> Any:
        """The same with keys that are names, which stand as texts elsewhere; the outermost ones are the file's own."""
        if isinstance(found, list):
            return [self.keys(one, top=False) for one in found]
        if isinstance(found, dict):
            return {key if top else self.given.get(key, key): self.keys(one, top=False) for key, one in found.items()}
        return found

    def write(self, file: Path, rows: list[dict[str, Any]]) -> None:
        """Write rows as JSON lines, made hostile."""
        file.write_text("".join(json.dumps(self.keys(self.all(row))) + "\n" for row in rows), "utf-8")

    def missing(self, text: str) -> Iterator[tuple[str, str]]:
        """Marks that a page's text shows and the fields that they stand for, where not all of a text is there."""
        for hostile in self.given.values():
            mark = hostile.partition(" ")[0]
            if mark in text and shown(hostile) not in text:
                yield mark, self.fields[mark]


def poison(folder: Path) -> Poison:
    """Make every text of a run folder hostile; gives what was put where."""
    made = Poison()
    record = json.loads((folder / "run.json").read_text("utf-8"))
    items, answers = ((folder / name).read_text("utf-8").splitlines() for name in ("bank/items.jsonl", "answers.jsonl"))
    items, answers = [*map(json.loads, items)], [*map(json.loads, answers)]
    kept = {item["id"] for item in (record.get("items") or items)[:FEW]}
    record["items"] = [item for item in record.get("items") or () if item["id"] in kept]
    bad = made.all(record)
    made.write(folder / "bank" / "items.jsonl", [item for item in items if item["id"] in kept])
    # pages grow by all hostile strings with each text: a few answers have every field that many have
    rows = {row["question"]: _with_prompts(row) for row in answers if row["question"] in kept}
    made.write(folder / "answers.jsonl", list(rows.values()))
    (folder / "run.json").write_text(json.dumps(made.keys(bad)), "utf-8")
    card = replace(BankCard("b"), **{f.name: EVERY for f in fields(BankCard) if f.type == "str" and f.name in CARD})
    (folder / "bank" / "card.toml").write_text(card.to_toml(), "utf-8")
    return made


def _with_prompts(row: dict[str, Any]) -> dict[str, Any]:
    """A ledger's row that has every kind of prompt, whatever this judge was asked by."""
    message = {"role": "user", "text": "what was said", "images": ["sha of an image"]}
    prompts = [
        {"text": "plain prompt", "continuations": ["one", "two"]},
        {"messages": [message], "prefill": "how it begins", "continuations": ["A", "B"]},
    ]
    return {**row, "prompts": prompts, "raw": "a reply", "detail": {"a datum": "a detail", **row["detail"]}}
