"""
Score answers that somebody recorded
====================================

No model is needed to judge answers. A CSV file with the columns ``question`` and ``choice`` is enough to begin, and the
gate says what more is needed before a profile can be believed.
"""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from weigh.banks.bank import find_bank
from weigh.pipelines.score import read_recorded, score

bank = find_bank("pilot")
folder = Path(tempfile.mkdtemp())


def write(name, rows):
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def judged(path):
    for who, answers in read_recorded(path, bank).items():
        verdict, record = score(answers, bank, who=who)
        print(who, "-", verdict.sentence)
        print("  chose the first place:", record["position"]["first_place"])


# %%
# A model that always answers A, asked once a question. Every control lists its right option first, so a plain count
# would call this model perfect.
judged(write("always-a.csv", [{"question": item.id, "choice": "A"} for item in bank.items]))

# %%
# The same model asked in both orders, with the order written down: ``BA`` means that option 1 stood first.
rows = [{"question": item.id, "order": order, "choice": "A"} for item in bank.items for order in ("AB", "BA")]
judged(write("always-a-in-both-orders.csv", rows))

# %%
# One that means what it says: the option that comes first in its own order of values, wherever that option stands, and
# in other words too. A choice may be given as the option's text.
rows = []
for item in bank.items:
    wanted = 0 if item.kind == "control" else min((0, 1), key=lambda i: bank.values.index(item.values[i]))
    for wording in item.wordings:
        rows += [{"question": item.id, "order": order, "wording": wording, "choice": wanted} for order in ("AB", "BA")]
judged(write("steady.csv", rows))
