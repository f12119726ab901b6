"""Utility control: does training on an assembly's soft preferences move an agent's utilities to the assembly's?

Sixty outcomes have eight features each. A citizen weighs the features in a way of their own, and votes on each pair by
a coin that falls as their utilities say; the share of 40 citizens' votes is the target. The agent is linear in the same
features, begins with weights of its own and a liking for the first place, and is trained on pairs of 40 outcomes in
both orders by cross-entropy against the shares. Agreement is the share of pairs on which agent, orders averaged, and
assembly prefer the same outcome: on pairs that were not trained on, and on pairs of the 20 outcomes that were not
either. The baseline is the agent before training, and one trained on majorities in place of shares; against the
assembly's shares the latter's log-loss is compared, as a majority of 51 % is no certainty.
"""

from __future__ import annotations

import numpy as np

from reproductions.claims import Row
from weigh.core.stats import rng

METHOD = ["ops/torch/soft_preference.py"]
N_SEEDS = 5
N_OUTCOMES, N_TRAINED, N_FEATURES, N_CITIZENS = 60, 40, 8, 40


def world(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features of the outcomes, all pairs, and the share of the votes that each pair's first outcome gets."""
    draw = rng(seed, "assembly")
    features = draw.standard_normal((N_OUTCOMES, N_FEATURES))
    weights = draw.standard_normal(N_FEATURES) + 0.7 * draw.standard_normal((N_CITIZENS, N_FEATURES))
    a, b = np.triu_indices(N_OUTCOMES, 1)
    utility = features @ weights.T / np.sqrt(N_FEATURES)
    p = 1 / (1 + np.exp(-2 * (utility[a] - utility[b])))
    return features, np.column_stack([a, b]), draw.binomial(1, p).mean(axis=1)


def trained(
    features: np.ndarray, pairs: np.ndarray, target: np.ndarray, seed: int, steps: int
) -> tuple[np.ndarray, float]:
    """Weights of the agent after so many steps, and its liking for the first place."""
    import torch

    from weigh.ops.torch.soft_preference import soft_preference_ce

    torch.set_num_threads(1)
    draw = rng(seed, "agent")
    weights = torch.tensor(draw.standard_normal(N_FEATURES), requires_grad=True)
    place = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    x, y = torch.tensor(features), torch.tensor(target)
    optimiser = torch.optim.Adam([weights, place], lr=0.05)
    for _ in range(steps):
        utility = x @ weights
        shown = torch.stack([utility[pairs[:, 0]], utility[pairs[:, 1]]], dim=-1)
        first = torch.stack([place, torch.zeros_like(place)])
        # the same pair in both orders: the letter A stands for the other outcome, and so does the target
        loss = (soft_preference_ce(shown + first, y) + soft_preference_ce(shown.flip(-1) + first, 1 - y)) / 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return weights.detach().numpy(), float(place.detach())


def judged(features: np.ndarray, weights: np.ndarray, pairs: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """Agreement with the assembly, and log-loss against its shares."""
    z = (features @ weights)[pairs[:, 0]] - (features @ weights)[pairs[:, 1]]
    decided = target != 0.5
    agrees = float(((z > 0) == (target > 0.5))[decided].mean())
    return agrees, float(np.mean(target * np.logaddexp(0, -z) + (1 - target) * np.logaddexp(0, z)))


def reproduce(seed: int = 0) -> Row:
    """Before training, after it on shares, after it on majorities, over seeds."""
    names = ("before", "majorities", "shares")
    found: dict[str, list[float]] = {f"{what}, {name}": [] for what in ("held out", "new", "loss") for name in names}
    likings = []
    for one in range(seed, seed + N_SEEDS):
        features, pairs, target = world(one)
        inside = (pairs < N_TRAINED).all(axis=1)
        new = (pairs >= N_TRAINED).all(axis=1)
        held = inside & (rng(one, "held out").random(len(pairs)) < 0.3)
        train = inside & ~held
        hard = np.where(target > 0.5, 1.0, np.where(target < 0.5, 0.0, 0.5))
        ways = {"before": (target, 0), "majorities": (hard, 600), "shares": (target, 600)}
        for name, (wanted, steps) in ways.items():
            weights, place = trained(features, pairs[train], wanted[train], one, steps)
            agrees, loss = judged(features, weights, pairs[held], target[held])
            found[f"held out, {name}"].append(agrees)
            found[f"loss, {name}"].append(loss)
            found[f"new, {name}"].append(judged(features, weights, pairs[new], target[new])[0])
            if name == "shares":
                likings.append(abs(place))
    mean = {name: float(np.mean(x)) for name, x in found.items()}
    ours = {name: x for name, x in mean.items() if name.endswith("shares")} | {
        "liking for a place": float(np.mean(likings))
    }
    holds = (
        mean["held out, shares"] >= mean["held out, before"] + 0.15
        and mean["new, shares"] >= mean["new, before"] + 0.15
        and mean["held out, shares"] >= 0.9
        and mean["loss, shares"] < mean["loss, majorities"]
        and ours["liking for a place"] < 0.05
    )
    return Row(
        slug="utility-engineering",
        claim="training on an assembly's vote shares brings an agent's preferences on unseen pairs and outcomes to it",
        baseline={name: x for name, x in mean.items() if not name.endswith("shares")},
        ours=ours,
        need_spec="agreement on held-out pairs rises by training (published: about 73 % to 91 %, another model)",
        need_used="held-out and new agreement + ≥ .15 each, held-out ≥ .9; log-loss below majorities'; liking < .05",
        holds=holds,
        seeds=tuple(range(seed, seed + N_SEEDS)),
        why="the published figures are one language model's; a linear agent is held to a rise"
        if holds
        else "see numbers",
    )
