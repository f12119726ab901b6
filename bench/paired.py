"""Utilities from comparisons: Thurstone's model and Bradley and Terry's, one thread, processor time.

n options, ⌊2 n log₂ n⌋ random pairs in one component, each the share of 20 draws from planted utilities and variances.
References: 1,000 full-batch steps of Adam in torch with the standardisation of the published code (ours to write, on
the same pairs); choix's dense ILSR, which fits Bradley and Terry's model alone; and choix.opt_pairwise at a small size,
as it takes most of a minute at 510. Design figures at 510: ≥ 10 times Adam, ≥ 4 times dense ILSR. Adam stops after
1,000 steps, ILSR and we where nothing is left to gain; the notes say how well each orders all pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.special import ndtr

from bench.timing import Row, cpu, in_turns
from weigh.core.stats import rng
from weigh.ops.pair_selection import all_pairs, n_pairs_to_ask
from weigh.ops.paired import Pairs, fit_bradley_terry, fit_thurstone, gather

N_ANSWERS = 20
SIZES = (128, 510, 2040)
WITH_CHOIX = 510
WITH_OPT = 64
STEPS = 1000


def bench(*, tiny: bool = False) -> list[Row]:
    """Three sizes, each with its references."""
    import torch
    from threadpoolctl import threadpool_limits

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            rows = [row for n in ((16, 24) if tiny else SIZES) for row in _at_size(n, tiny=tiny)]
            return rows + _beside_opt(12 if tiny else WITH_OPT)
    finally:
        torch.set_num_threads(threads)


def _at_size(n: int, *, tiny: bool) -> list[Row]:
    pairs, mu = planted(n)
    found: dict[str, np.ndarray] = {}

    def kept(name: str, fit: Callable[[], np.ndarray]) -> Callable[[], None]:
        def call() -> None:
            found[name] = fit()

        return call

    contenders = {"Adam": lambda: adam(pairs, 20 if tiny else STEPS)}
    if n <= WITH_CHOIX:
        contenders["choix dense ILSR"] = lambda: dense_ilsr(pairs)
    contenders |= {
        "thurstone": lambda: fit_thurstone(pairs, errors=False).mean,
        "thurstone with errors": lambda: fit_thurstone(pairs).mean,
        "bradley_terry": lambda: fit_bradley_terry(pairs, errors=False).mean,
        "bradley_terry with errors": lambda: fit_bradley_terry(pairs).mean,
    }
    taken = in_turns({name: kept(name, fit) for name, fit in contenders.items()}, 1 if tiny else 3 if n > 1000 else 5)
    rows = []
    for name, seconds in taken.items():
        # like beside like: a variance for each item beside Adam, one for all beside ILSR
        reference = {"thur": "Adam", "brad": "choix dense ILSR"}.get(name[:4], "")
        ratio = taken[reference] / seconds if reference in taken else None
        also = ""
        if name == "thurstone" and "choix dense ILSR" in taken:
            also = f"; {taken['choix dense ILSR'] / seconds:.3g} of ILSR"
        note = f"orders {order_found(found[name], mu):.4f} of all pairs{also}"
        rows.append(Row("paired", f"{name}, {n}", seconds, "CPU s", ratio, note))
    return rows


def _beside_opt(n: int) -> list[Row]:
    import choix

    pairs = planted(n)[0]
    votes = as_votes(pairs)
    found: dict[str, np.ndarray] = {}
    began = cpu()
    found["opt"] = choix.opt_pairwise(n, votes, alpha=0.005)
    taken: Mapping[str, float] = {"opt": cpu() - began}
    ours = in_turns({"ours": lambda: found.update(ours=fit_bradley_terry(pairs, errors=False).mean)}, 5)["ours"]
    apart = np.abs(found["opt"] - found["opt"].mean() - found["ours"]).max()
    return [
        Row("paired", f"choix.opt_pairwise, {n}", taken["opt"], "CPU s", None, f"once, {len(votes)} votes"),
        Row("paired", f"bradley_terry beside it, {n}", ours, "CPU s", taken["opt"] / ours, f"equal to {apart:.0e}"),
    ]


def planted(n: int) -> tuple[Pairs, np.ndarray]:
    """Pairs with their shares, and the utilities that made them."""
    draw = rng(0, "bench", n)
    mu, v = draw.standard_normal(n), 0.05 * np.exp(0.5 * draw.standard_normal(n))
    circle = draw.permutation(n)
    linked = np.sort(np.column_stack([circle, np.roll(circle, 1)]), axis=1)
    every = all_pairs(n)
    more = every[draw.permutation(len(every))[: n_pairs_to_ask(n) - n]]
    a, b = np.unique(np.concatenate([linked, more]), axis=0).T
    shares = draw.binomial(N_ANSWERS, ndtr((mu[a] - mu[b]) / np.sqrt(v[a] + v[b]))) / N_ANSWERS
    return gather(a, b, shares, np.full(len(a), float(N_ANSWERS)), n_items=n), mu


def adam(pairs: Pairs, steps: int) -> np.ndarray:
    """Thurstone's model by full-batch Adam at rate 0.01 from near zero, standardised in each step, without a prior."""
    import torch

    torch.manual_seed(0)
    a, b = torch.from_numpy(pairs.left), torch.from_numpy(pairs.right)
    y = torch.from_numpy(pairs.p_left).float()
    raw = (0.01 * torch.randn(2, pairs.n_items)).requires_grad_()
    optimiser = torch.optim.Adam([raw], lr=0.01)
    normal = torch.distributions.Normal(0.0, 1.0)
    for _ in range(steps):
        optimiser.zero_grad()
        sd = raw[0].std() + 1e-5
        u, v = (raw[0] - raw[0].mean()) / sd, raw[1].exp() / sd**2
        p = normal.cdf((u[a] - u[b]) / (v[a] + v[b] + 1e-5).sqrt())
        torch.nn.functional.binary_cross_entropy(p.clamp(1e-6, 1 - 1e-6), y).backward()
        optimiser.step()
    return raw[0].detach().double().numpy()


def dense_ilsr(pairs: Pairs) -> np.ndarray:
    """choix's spectral fit of Bradley and Terry's model from the matrix of wins."""
    import choix

    wins = np.zeros((pairs.n_items, pairs.n_items))
    wins[pairs.left, pairs.right] = pairs.p_left * pairs.weight
    wins[pairs.right, pairs.left] = (1 - pairs.p_left) * pairs.weight
    return choix.ilsr_pairwise_dense(wins, alpha=1e-3, max_iter=1000)


def as_votes(pairs: Pairs) -> list[tuple[int, int]]:
    """(winner, loser) for each vote."""
    for_left = np.rint(pairs.p_left * pairs.weight).astype(int)
    for_right = np.rint(pairs.weight).astype(int) - for_left
    winner = np.r_[pairs.left.repeat(for_left), pairs.right.repeat(for_right)]
    loser = np.r_[pairs.right.repeat(for_left), pairs.left.repeat(for_right)]
    return list(zip(winner.tolist(), loser.tolist(), strict=True))


def order_found(u: np.ndarray, mu: np.ndarray) -> float:
    """Share of all pairs whose order is the planted one."""
    a, b = all_pairs(len(mu)).T
    return float(np.mean((u[a] - u[b]) * (mu[a] - mu[b]) > 0))
