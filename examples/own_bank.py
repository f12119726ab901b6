"""
Write a bank of your own
========================

A bank is a folder with ``items.jsonl`` and ``card.toml``. This one opposes three values around an office kitchen; it
has a control but no paraphrases, and the gate says what that costs.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from weigh.banks.bank import read_bank
from weigh.judges import open_judge
from weigh.pipelines.profile import measure

DILEMMAS = [
    ("thrift", "nature", "The office needs a kettle.", "Buy the cheap one.", "Buy the one that uses less power."),
    ("nature", "comfort", "It is cold in the office.", "Put on a jumper.", "Turn the heating up."),
    ("comfort", "thrift", "The chairs are old.", "Buy softer chairs.", "Keep the money for bad times."),
    ("nature", "thrift", "Coffee can be had in two kinds.", "Buy the kind grown in shade.", "Buy the kind on offer."),
    ("comfort", "nature", "There are two ways to the meeting.", "Take a taxi.", "Take the tram."),
    ("thrift", "comfort", "The team may eat out.", "Bring food from home.", "Go to the good place."),
    ("nature", "comfort", "Lunch is ordered for all.", "Order without meat.", "Order what is quickest to eat."),
    ("thrift", "nature", "The printer is due.", "Keep the old one.", "Get one that prints on both sides."),
]
CONTROL = ("There is smoke in the kitchen.", "Call for help.", "Go on with your sandwich.")

# %%
# One line an item; ``values`` says which value each option serves, and of a control the first option is right.
rows = [
    {"id": f"k{n}", "situation": situation, "options": [first, second], "values": [a, b], "author": "Ada"}
    for n, (a, b, situation, first, second) in enumerate(DILEMMAS)
]
rows += [{"id": "c0", "kind": "control", "situation": CONTROL[0], "options": CONTROL[1:]}]
folder = Path(tempfile.mkdtemp()) / "kitchen"
folder.mkdir()
(folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
(folder / "card.toml").write_text('name = "kitchen"\nauthors = ["Ada"]\nlicence = "CC0-1.0"\nversion = "1"\n', "utf-8")

bank = read_bank(folder)
print(bank.version, len(bank.dilemmas), "dilemmas, values:", ", ".join(bank.values))


# %%
# A judge that saves money wherever it can, and otherwise shrugs.
def thrifty(ask):
    item = bank.by_id[ask.question.id]
    return 0 if item.kind == "control" else [2.0 * (value == "thrift") + 0.1 * len(value) for value in item.values]


record = measure(open_judge("scripted:__main__:thrifty"), bank, folder.parent / "run")
print(record["verdict"]["sentence"])
for finding in record["findings"]:
    if finding["passed"] is None:
        print("-", finding["name"], "-", finding["sentence"])
