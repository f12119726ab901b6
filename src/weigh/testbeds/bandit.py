"""A bandit with many answers to each prompt, a true reward, and proxies of it that err.

Everything that a rule for rewards is judged by is a sum over finitely many answers, so nothing is estimated: what a
policy is worth, how far it lies from where it started, what the best of n draws is, and what training under a KL
penalty would reach. Differences between two rules are then the rules' own.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Comparisons, Ratings
from weigh.core.stats import rng
from weigh.ops.best_of_n import best_of_n_policy
from weigh.ops.divergences import kl_divergence
from weigh.ops.rewards import above_all
from weigh.ops.tilting import beta_at_kl, checked_policy, tilted_policy

Array = NDArray[np.float64]


class Bandit:
    """The world.

    Parameters
    ----------
    true : array of float, shape (P, K)
        What each of K answers to each of P prompts is really worth.
    proxies : array of float, shape (P, K, M), optional
        What M reward models say; by default one that says the truth.
    p0 : array of float, shape (P, K), optional
        The policy that answers come from; even by default.
    features : array of float, shape (P, K, d), optional
        What a reward network sees of an answer.

    Attributes
    ----------
    true, proxies, p0, features : array
        As given.

    Raises
    ------
    InputError
        Shapes that do not fit, NaN, or a policy that does not sum to 1.

    Examples
    --------
    >>> world = Bandit([[0.0, 1.0, 2.0]])
    >>> world.exact_value(), round(world.exact_value(world.best_of(2, world.true)), 4)
    (1.0, 1.4444)
    """

    def __init__(
        self,
        true: ArrayLike,
        *,
        proxies: ArrayLike | None = None,
        p0: ArrayLike | None = None,
        features: ArrayLike | None = None,
    ) -> None:
        self.true = np.asarray(true, dtype=float)
        self.proxies = self.true[..., None] if proxies is None else np.asarray(proxies, dtype=float)
        shape = self.true.shape
        if len(shape) != 2 or 0 in shape or self.proxies.shape[:2] != shape or self.proxies.ndim != 3:
            raise InputError(f"true has shape {shape}, proxies {self.proxies.shape}; expected (P, K) and (P, K, M)")
        if not (np.isfinite(self.true).all() and np.isfinite(self.proxies).all()):
            raise InputError("true or proxies hold NaN or an infinity")
        self.p0 = checked_policy(np.full(shape, 1.0 / shape[1]) if p0 is None else p0, self.true)[0]
        self.features = None if features is None else np.asarray(features, dtype=float)
        if self.features is not None and (self.features.ndim != 3 or self.features.shape[:2] != shape):
            raise InputError(f"features have shape {self.features.shape}; expected ({shape[0]}, {shape[1]}, d)")

    def exact_value(self, policy: ArrayLike | None = None) -> float:
        """True expected reward of a policy, shape (P, K), over prompts that are all as likely; by default of p0."""
        p = self.p0 if policy is None else np.asarray(policy, dtype=float)
        return float((p * self.true).sum(axis=1).mean())

    def best_of(self, n: int, reward: ArrayLike) -> Array:
        """Distribution, shape (P, K), of what a reward likes best among n independent draws from p0."""
        return best_of_n_policy(self.p0, reward, n)

    def optimum(self, reward: ArrayLike, beta: float) -> Array:
        """The policy, shape (P, K), that maximises E[reward] − beta · KL: p0 · exp(reward / beta), normalised."""
        return tilted_policy(self.p0, reward, beta)

    def optimum_at(self, reward: ArrayLike, kl: float) -> Array:
        """That policy at the one beta for which it lies `kl` nats from p0, on average over prompts."""
        return tilted_policy(self.p0, reward, beta_at_kl(self.p0, reward, kl))

    def kl(self, policy: ArrayLike) -> float:
        """How far a policy lies from p0: mean KL over prompts, in nats."""
        return float(kl_divergence(np.asarray(policy, dtype=float), self.p0).mean())

    def ratings(self) -> Ratings:
        """What the reward models say, as evidence: models m0, m1 …, prompts p0, p1 …, answers p0a0, p0a1 …"""
        p, k, m = np.indices(self.proxies.shape).reshape(3, -1)
        return Ratings.from_frame({
            "who": [f"m{i}" for i in m],
            "item": [f"p{i}a{j}" for i, j in zip(p, k, strict=True)],
            "value": self.proxies.ravel(),
            "criterion": [f"p{i}" for i in p],
        })  # fmt: skip

    def pairs(
        self, n: int, *, flips: float = 0.0, seed: int = 0
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Comparisons of two answers to one prompt, each right but for a share of flips.

        Parameters
        ----------
        n : int
            How many.
        flips : float
            Chance that a label is turned round, 0 to 1: label noise.
        seed : int
            Of the draws.

        Returns
        -------
        left, right : array of int, shape (n,)
            Places in the P · K answers, row after row.
        p_left : array of float, shape (n,)
            1 where left was preferred, else 0.

        Raises
        ------
        InputError
            No pairs, a share of flips outside [0, 1], or prompts with one answer.
        """
        if n < 1 or not 0 <= flips <= 1 or self.true.shape[1] < 2:
            raise InputError(f"n is {n!r}, flips {flips!r}; expected 1 or more, 0 to 1, and two answers a prompt")
        draw, (n_prompts, k) = rng(seed, "pairs"), self.true.shape
        prompt, left = draw.integers(n_prompts, size=n), draw.integers(k, size=n)
        right = (left + draw.integers(1, k, size=n)) % k
        left, right = prompt * k + left, prompt * k + right
        truth = self.true.ravel()
        # a coin for equal answers
        better = np.where(truth[left] == truth[right], draw.random(n) < 0.5, truth[left] > truth[right])
        return left, right, (better ^ (draw.random(n) < flips)).astype(float)

    def comparisons(self, n: int, *, flips: float = 0.0, seed: int = 0) -> Comparisons:
        """The same pairs as evidence, under the names of `ratings`."""
        left, right, p_left = self.pairs(n, flips=flips, seed=seed)
        k = self.true.shape[1]
        name = [f"p{i // k}a{i % k}" for i in range(self.true.size)]
        return Comparisons.from_frame(
            {"left": [name[i] for i in left], "right": [name[i] for i in right], "p_left": p_left}
        )


def noisy_bandit(
    n_prompts: int = 50,
    n_answers: int = 64,
    n_proxies: int = 3,
    *,
    noise: float = 1.0,
    shared: float = 0.0,
    tail: float | None = None,
    seed: int = 0,
) -> Bandit:
    """True rewards are standard normal; each proxy is the truth plus its own error and one that all proxies share.

    Parameters
    ----------
    n_prompts, n_answers, n_proxies : int
        Sizes, 1 or more.
    noise, shared : float
        Scale of a proxy's own error, and of the one that all share, which no ensemble can see.
    tail : float, optional
        Degrees of freedom of Student's t for the errors; normal by default. With heavy tails selection finds errors
        rather than merit, and true reward turns down as n grows.
    seed : int
        Of the draws.
    """
    draw = rng(seed, "noisy_bandit")

    def error(*shape: int) -> Array:
        return draw.standard_normal(shape) if tail is None else draw.standard_t(tail, shape)

    true = draw.standard_normal((n_prompts, n_answers))
    common = shared * error(n_prompts, n_answers, 1)
    return Bandit(true, proxies=true[..., None] + common + noise * error(n_prompts, n_answers, n_proxies))


def two_virtues(
    n_prompts: int = 200, n_answers: int = 64, *, correlation: float = -0.5, spread: float = 0.75, seed: int = 0
) -> Bandit:
    """Two rewards that pull apart, such as helpful and harmless, on prompts of varying difficulty.

    Reward m of answer y to prompt x is s_xm · z_ym + c_xm: z correlate by `correlation` over answers, c is the prompt's
    own level, which means nothing, and s, log-normal about 1.5, how far answers differ. True is whether an answer is
    above the median of its prompt in both.

    Parameters
    ----------
    n_prompts, n_answers : int
        Sizes.
    correlation : float
        Of the two rewards within a prompt, −1 to 1.
    spread : float
        Standard deviation of log s over prompts and rewards; with 0 all prompts are alike.
    seed : int
        Of the draws.

    Raises
    ------
    InputError
        A correlation outside [−1, 1].
    """
    if not -1 <= correlation <= 1:
        raise InputError(f"correlation is {correlation!r}; expected a number from -1 to 1")
    draw = rng(seed, "two_virtues")
    first, own = draw.standard_normal((2, n_prompts, n_answers))
    z = np.stack([first, correlation * first + np.sqrt(1 - correlation**2) * own], axis=-1)
    size = np.exp(spread * draw.standard_normal((n_prompts, 1, 2)))
    rewards = 1.5 * size * z + 2.0 * draw.standard_normal((n_prompts, 1, 2))
    return Bandit(above_all(rewards), proxies=rewards)


def featured_bandit(
    n_prompts: int = 40,
    n_answers: int = 4096,
    *,
    n_features: int = 12,
    penalty: float = 1.0,
    tail: Literal["normal", "heavy"] = "normal",
    seed: int = 0,
) -> Bandit:
    """Answers are points in space; the true reward is linear in them, less a penalty on extreme features.

    r(x) = w·x/√d − penalty · mean_j max(|x_j| − 1.5, 0)², w standard normal. A reward network that has seen few pairs
    does not know the penalty, and the best of many draws goes where it matters.

    Parameters
    ----------
    n_prompts, n_answers, n_features : int
        Sizes.
    penalty : float
        On extremes, 0 or more.
    tail : {"normal", "heavy"}
        Whether features are normal or Student's t with 3 degrees of freedom, where extremes are common.
    seed : int
        Of the draws.

    Raises
    ------
    InputError
        An unknown tail.
    """
    if tail not in ("normal", "heavy"):
        raise InputError(f"tail is {tail!r}; expected normal or heavy")
    draw = rng(seed, "featured_bandit")
    shape = (n_prompts, n_answers, n_features)
    x = draw.standard_normal(shape) if tail == "normal" else draw.standard_t(3, shape)
    linear = x @ draw.standard_normal(n_features) / np.sqrt(n_features)
    return Bandit(linear - penalty * (np.maximum(np.abs(x) - 1.5, 0.0) ** 2).mean(axis=-1), features=x)
