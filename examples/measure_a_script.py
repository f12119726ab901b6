"""
Measure a judge that you wrote
==============================

A judge is whoever answers. Here it is a Python function with known priorities, which is the quickest way to see what a
measurement does with answers that deserve it.
"""

from __future__ import annotations

import tempfile
import zlib

from weigh.banks.bank import find_bank
from weigh.judges import open_judge
from weigh.pipelines.profile import measure, plan
from weigh.report.page import write_report

bank = find_bank("pilot")
liking = {value: (4.5 - place) / 3 for place, value in enumerate(bank.values)}


# %%
# The function is given an ``Ask`` and gives one score an option, in natural-log units; only differences count. This one
# likes the values that stand first in its bank, with some noise of its own for each dilemma.
def opinionated(ask):
    item = bank.by_id[ask.question.id]
    if item.kind == "control":
        return [2.0, -2.0]
    noise = zlib.crc32(item.id.encode()) / 2**32 - 0.5
    return [liking[item.values[0]] + 2 * noise, liking[item.values[1]] - 2 * noise]


# %%
# A spec names the judge, as ``--model`` does on the command line. ``plan`` counts what would be asked.
judge = open_judge("scripted:__main__:opinionated")
print(plan(judge, bank, instrument="stated"))

# %%
# The run folder holds the answers, the record and the page.
folder = tempfile.mkdtemp()
record = measure(judge, bank, folder, instrument="stated")
print(record["verdict"]["sentence"])
for finding in record["findings"]:
    print(f"{finding['name']:>12}  {finding['value']}  passed: {finding['passed']}")

# %%
# It passes all checks that were made but one: the function does not listen to what it is told to value.
print(record["verdict"]["also"])
print(write_report(folder).name)
