"""
Rewards that must all hold, and models that err
===============================================

Two questions about several rewards for one answer. If they measure different things, how are they added so that an
answer must be good in all? If they measure the same thing and err, how is the best of many draws kept from being the
largest error?
"""

from __future__ import annotations

import numpy as np

from weigh.ops.reward_models import fit_reward_models, reward_scores
from weigh.pool.lsc_rewards import lsc_rewards
from weigh.pool.reward_ensemble import reward_ensemble
from weigh.testbeds.bandit import featured_bandit, two_virtues

# %%
# Two virtues that pull apart. Trained to the same distance from the start, what share of the answers is above the
# median in both?
world = two_virtues(spread=0.0, seed=0)
reached = lsc_rewards(world.ratings(), n_resamples=0).notes["reached"]
print(f"at KL {reached['kl'][-1]:.2f}")
for rule, shares in reached["kl_penalty"].items():
    print(f"{rule:20} {shares[-1]:.2f}")

# %%
# Networks that saw 400 pairs, a quarter of them labelled the wrong way round, choose among 2,000 answers whose features
# have heavy tails. How good is what they choose, in standard deviations above a random answer?
world = featured_bandit(20, 2000, tail="heavy", seed=0)
x = world.features.reshape(-1, 12)
left, right, p_left = world.pairs(400, flips=0.25, seed=0)
said = reward_scores(fit_reward_models(x[left], x[right], p_left, seed=0), x)
table = {"prompt": np.repeat(np.arange(20), 2000), "completion": np.arange(len(x)), "true": world.true.ravel()}
table |= {f"network {i}": column for i, column in enumerate(said.T)}
found = reward_ensemble(table, gold="true").notes
for name, worth in found["earned"].items():
    print(f"{name:20} best of 16: {worth[found['n'].index(16)]:6.2f}   best of {found['n'][-1]}: {worth[-1]:6.2f}")
