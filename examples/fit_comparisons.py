"""
Utilities from comparisons
==========================

Twenty answers for each of some pairs are enough to say how much each item is worth, how sure that is, and which items
are liked steadily. Asking pairs that lie close gets further than asking at random.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from weigh import Comparisons
from weigh.core.stats import rng
from weigh.fit.thurstone import thurstone
from weigh.ops.pair_selection import first_pairs, n_pairs_to_ask, next_pairs

# %%
# Somebody whose utilities are known answers: thirty walks, each worth a little more than the one before. Every third is
# loved and hated by turns.
names = np.array([f"walk {place:02d}" for place in range(30)], dtype=object)
PARTS = ("left", "right", "p_left", "weight")
utility = np.linspace(-1.5, 1.5, 30)
variance = np.where(np.arange(30) % 3 == 0, 0.5, 0.05)
draw = rng(0, "answers")


def answer(pairs, n=20):
    a, b = pairs.T
    p = ndtr((utility[a] - utility[b]) / np.sqrt(variance[a] + variance[b]))
    return Comparisons(left=names[a], right=names[b], p_left=draw.binomial(n, p) / n, weight=np.full(len(a), n))


# %%
# Begin with two pairs an item, fit, and ask the next thirty where the answer is most open.
asked = first_pairs(30, seed=0)
rounds = [answer(asked)]
while True:
    columns = {part: np.concatenate([getattr(one, part) for one in rounds]) for part in PARTS}
    values = thurstone(Comparisons(**columns))
    if len(asked) >= n_pairs_to_ask(30, multiplier=1):
        break
    new = next_pairs(values.mean, asked, 30, seed=0)
    rounds.append(answer(new))
    asked = np.concatenate([asked, new])
print(len(asked), "of", 30 * 29 // 2, "pairs asked")

# %%
# The order that comes back, and the walks that divide opinion most.
print("correlation with the truth:", round(float(np.corrcoef(values.mean, utility)[0, 1]), 3))
spread = values.notes["variance"]
divided = sorted(spread, key=spread.__getitem__)[-10:]
print("loved and hated by turns:", sum(int(name[-2:]) % 3 == 0 for name in divided), "of 10")
print(values.contrast("walk 29", "walk 20"))
