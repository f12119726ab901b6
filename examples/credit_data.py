"""
What are these rows worth?
==========================

Four shops send rows for one model, and one of them has its labels wrong. Data Shapley divides the model's accuracy
among them, and then among single rows.
"""

from __future__ import annotations

import numpy as np

from weigh.credit.data_shapley import Rows, data_shapley, noise_recall, removal_curve

# %%
# Sixty training rows, 200 on which the score is taken, and 200 that neither model nor values have seen.
chance = np.random.default_rng(0)
X = chance.normal(size=(460, 3))
y = (X[:, 0] - X[:, 1] + 0.5 * chance.normal(size=460) > 0).astype(int)
shop = np.array(["north", "east", "south", "west"] * 15)
given = y[:60].copy()
given[shop == "west"] = 1 - given[shop == "west"]

# %%
# Among four players all sixteen coalitions are fitted: these values are exact, and add up to what the rows bring above
# a constant prediction.
rows = Rows(X[:60], given, X[60:260], y[60:260], shop.tolist())
values = data_shapley(rows)
for name, worth in sorted(zip(values.items, values.mean, strict=True), key=lambda pair: -pair[1]):
    print(f"{name:>6} {worth:+.3f}")
print("sum", round(values.notes["sum"], 3), "of", round(values.notes["v_all"] - values.notes["v_empty"], 3))

# %%
# Single rows are valued by random orders, so each value has an interval.
rows = Rows(X[:60], given, X[60:260], y[60:260])
values = data_shapley(rows, permutations=300, seed=1)
print("largest standard error", round(values.notes["max_se"], 4), "after", values.notes["n_fits"], "fits")

# %%
# Who looks at the lowest values first finds most of what is wrong.
wrong = [rows.players[i] for i in np.flatnonzero(shop == "west")]
recall = noise_recall(values, wrong).score
print("wrong rows among the lowest quarter:", f"{recall[14]:.0%}")

# %%
# Dropping them mostly makes the model better on rows that it has never seen; dropping the best makes it worse.
for order in ("lowest", "highest"):
    curve = removal_curve(rows, values, (X[260:], y[260:]), order=order, shares=(0.0, 0.25))
    print(f"accuracy without the {order} quarter: {curve.score[0]:.2f} → {curve.score[1]:.2f}")
