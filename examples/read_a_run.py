"""
Read a run in Python
====================

A run folder is plain files. The values in it know their covariance, so that two of them can be compared with less doubt
than their two intervals suggest.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from weigh import Values
from weigh.banks.bank import find_bank
from weigh.pipelines.profile import measure
from weigh.pipelines.record import read_answers, read_record
from weigh.testbeds.planted import Planted

# %%
# A run to read. The judge is planted: its values are known, so that one can see whether they come out.
bank = find_bank("pilot")
judge = Planted(bank, theta={value: -place for place, value in enumerate(bank.values)}, effect=0.4, seed=3)
folder = Path(tempfile.mkdtemp())
measure(judge, bank, folder, instrument="fast")

# %%
# What is worth how much, and how sure that is. The unit is one standard deviation of a dilemma's evidence.
values = Values.read_parquet(folder / "values.parquet")
print(values.scale)
print(values.to_frame("pyarrow").slice(0, 3).to_pydict())

# %%
# A difference has an interval of its own, and a ranking claims only what such intervals bear out.
print(values.contrast("self-direction", "universalism"))
for tier in values.ranking().tiers:
    print("-", ", ".join(tier))
print("open:", values.ranking().incomparable("hedonism", "achievement"))

# %%
# The planted profile lies inside the intervals, but for about one value in twenty.
truth = judge.exact_value()
inside = [low <= truth[item] <= high for item, low, high in zip(values.items, values.low, values.high, strict=True)]
print(sum(inside), "of", len(inside))

# %%
# The record says how it was asked, and the answers are there one by one.
record = read_record(folder)
print(record["verdict"]["level"], record["cost"]["answers"], record["kept_frames"])
answers = read_answers(folder)
print(len(answers), answers.question[0], answers.frame[0], answers.differences()[0].round(2))
