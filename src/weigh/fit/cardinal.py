"""Cardinal preferences: which model is worth more, from how much people would pay, not only from what they choose.

A model's value is U = mean over prompts of what its reply is worth. Comparisons know the sign of a difference on each
prompt only: a model that wins by a little often and loses by much now and then has the better win rate and may have the
lower U. `same_order` gives two data sets with one table of choices and opposite orders of U, so that no rule that reads
choices alone can be right on both. What people would pay, or rate, has the missing numbers. Raters differ in what a
unit means to them, so that each one's gaps are divided by their median, and the largest are brought back to the 95 %
quantile, as one rater could rule otherwise. Values are then least squares on the gaps, with intervals clustered by
prompt.

Source: "Beyond Ordinal Preferences: Why Alignment Needs Cardinal Human Feedback" (2025), arXiv:2508.08486. Departs:
the paper's elicitation and fine-tuning loss are not reproduced; scales, least squares and intervals are ours, and so
are the three losses in `weigh.ops.magnitudes`.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Comparisons, Ratings
from weigh.core.figure import points
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.fit._gaps import gaps_of, least_squares, win_rates
from weigh.ops.magnitudes import rater_scales, winsorised

Array = NDArray[np.float64]


@method(
    slug="cardinal-preferences",
    paper="Beyond Ordinal Preferences (2025), arXiv:2508.08486",
    takes=Ratings,
    gives=Values,
    family="strengths",
    departs="rater scales, least squares on gaps and intervals by prompt are ours; the paper's loss is not known",
)
def cardinal(
    ratings: Ratings,
    *,
    unit: Literal["rater", "raw"] = "rater",
    winsorise: float = 0.95,
    fewest: int = 2,
) -> Values:
    """Values of models, or of anything, from what their replies are worth to people.

    Parameters
    ----------
    ratings : Ratings
        `who` would pay, or rates, `value` for `item`'s reply to the prompt named by `criterion`. Only gaps between
        items that one person rated on one prompt count: for a payment to get one reply in place of another, give 0 to
        the other.
    unit : {"rater", "raw"}
        Divide by each rater's median gap, or keep the unit given, as for money that is to count as money.
    winsorise : float
        Share of gaps that is kept as it is, above 0 and up to 1; larger ones are brought back.
    fewest : int
        A rater with fewer gaps than this that are not 0 gets the other raters' median scale.

    Returns
    -------
    Values
        Of mean 0, with 95 % intervals clustered by prompt, or by rater where there is one prompt only. Notes: win
        rates and the order that choices alone would give, the pairs that the two orders disagree on, the share of all
        that is at stake that lies in the tenth of gaps with the highest stakes, raters without a scale of their own.

    Raises
    ------
    InputError
        Fewer than two items, no gaps other than 0, or items that nothing links.

    References
    ----------
    arXiv:2508.08486.

    Examples
    --------
    A wins on three prompts of four by 1, and loses on the fourth by 9:

    >>> prompts = ["p1", "p2", "p3", "p4"]
    >>> paid = Ratings(who=["Ada"] * 8, item=["A"] * 4 + ["B"] * 4, criterion=prompts * 2,
    ...                value=[1, 1, 1, 0, 0, 0, 0, 9])
    >>> values = cardinal(paid, winsorise=1)
    >>> values.mean.round(9).tolist(), values.notes["win_rate"]
    ([-0.75, 0.75], {'A': 0.75, 'B': 0.25})
    """
    if unit not in ("rater", "raw"):
        raise InputError(f"unit is {unit!r}; expected rater or raw")
    gaps = gaps_of(ratings)
    items = sorted({*gaps["left"], *gaps["right"]})
    if len(items) < 2:
        raise InputError("nobody rated two items on one prompt (column criterion); values are found from such gaps")
    place = {item: at for at, item in enumerate(items)}
    left, right = (np.array([place[item] for item in gaps[side]]) for side in ("left", "right"))
    who, prompt, gap, weight = (np.array(gaps[name]) for name in ("who", "prompt", "gap", "weight"))
    scale = rater_scales(gap, who, weight, fewest=fewest)
    z = winsorised(gap / scale if unit == "rater" else gap, winsorise)
    cluster = prompt if len(set(prompt.tolist())) > 1 else who
    mean, cov, n_clusters = least_squares(left, right, z, weight, cluster, len(items))
    low = high = None
    if cov is not None:
        from scipy.special import stdtrit

        margin = float(stdtrit(n_clusters - 1, 0.975)) * np.sqrt(np.maximum(np.diag(cov), 0.0))
        low, high = mean - margin, mean + margin
    wins = win_rates(left, right, gap, weight, len(items))
    stakes = np.sort(np.abs(z))[::-1]
    own = {name: int((np.abs(gap[who == name]) > 0).sum()) for name in dict.fromkeys(who.tolist())}
    notes: dict[str, Any] = {
        "win_rate": dict(zip(items, wins.tolist(), strict=True)),
        "order_by_choices": [items[at] for at in np.argsort(-wins, kind="stable")],
        "orders_disagree_on": [
            [items[a], items[b]]
            for a in range(len(items)) for b in range(a + 1, len(items))
            if (mean[a] - mean[b]) * (wins[a] - wins[b]) < -1e-12
        ],
        "share_at_stake_in_the_top_tenth": float(stakes[: max(1, len(stakes) // 10)].sum() / stakes.sum()),
        "raters": len(own),
        "raters_without_scale": sorted(name for name, n in own.items() if n < fewest) if unit == "rater" else [],
        "prompts": len(set(prompt.tolist())),
        "clusters": n_clusters,
        "gaps": len(gap),
    }  # fmt: skip
    if cov is not None:
        notes["dof"] = n_clusters - 1
    named = "rater's median gap" if unit == "rater" else "as rated"
    marks = [{"x": wins[at], "y": mean[at], "label": item} for at, item in enumerate(items)]
    note = "Items that stand higher but further left are those that choices alone would put too low."
    title = "What choices say against what is at stake"
    notes["figures"] = [points(title, marks, x="win rate", y=f"value ({named})", note=note).to_json()]
    return Values(
        tuple(items), ("all",), mean, low, high, cov,
        scale=Scale("interval", "real", named), method="fit/cardinal", notes=notes,
    )  # fmt: skip


def same_order(
    *, n_prompts: int = 20, share: float = 0.6, small: float = 1.0, large: float = 8.0
) -> tuple[Ratings, Ratings]:
    """Two data sets with one table of choices and opposite values: what choices alone cannot tell apart.

    On a share of prompts A is preferred and on the others B, in both. In the first A wins by `small` and loses by
    `large`, so that U_A − U_B = share · small − (1 − share) · large < 0; in the second the sizes change places.

    Parameters
    ----------
    n_prompts : int
        2 or more.
    share : float
        Of prompts on which A is preferred; share · n_prompts is rounded.
    small, large : float
        Sizes, 0 < small < large.

    Returns
    -------
    tuple of Ratings
        Of one rater; `order_only` gives the same for both.

    Raises
    ------
    InputError
        The sizes are such that the two orders of value agree.

    Examples
    --------
    >>> first, second = same_order()
    >>> order_only(first) == order_only(second)
    True
    >>> cardinal(first).ranking().tiers, cardinal(second).ranking().tiers
    ([('B',), ('A',)], [('A',), ('B',)])
    """
    wins = round(share * n_prompts)
    if not (0 < wins < n_prompts and 0 < small < large):
        raise InputError(
            f"A wins {wins} of {n_prompts}, sizes {small!r}, {large!r}; expected both to win, small < large"
        )
    if (wins * small - (n_prompts - wins) * large) * (wins * large - (n_prompts - wins) * small) >= 0:
        raise InputError(
            f"with {wins} wins of {n_prompts} and sizes {small:g}, {large:g} both orders agree: raise large"
        )

    def made(won_by: float, lost_by: float) -> Ratings:
        a = [won_by] * wins + [0.0] * (n_prompts - wins)
        b = [0.0] * wins + [lost_by] * (n_prompts - wins)
        prompts = [f"prompt {at + 1}" for at in range(n_prompts)]
        columns = {"who": "Ada", "item": ["A"] * n_prompts + ["B"] * n_prompts, "criterion": prompts * 2}
        return Ratings.from_frame({**columns, "value": a + b})

    return made(small, large), made(large, small)


def order_only(ratings: Ratings) -> Comparisons:
    """What choices would show of the ratings: for each person and prompt which item is rated higher; even for ties.

    Examples
    --------
    >>> rated = Ratings(who=["Ada"] * 2, item=["A", "B"], criterion=["p"] * 2, value=[3, 9])
    >>> order_only(rated).p_left.tolist()
    [0.0]
    """
    gaps = gaps_of(ratings)
    if not gaps["gap"]:
        raise InputError("nobody rated two items on one prompt (column criterion); there is nothing to compare")
    p_left = ((np.sign(gaps["gap"]) + 1) / 2).tolist()
    columns = {name: gaps[name] for name in ("left", "right", "prompt", "who", "weight")}
    return Comparisons.from_frame({**columns, "p_left": p_left})


def from_payments(comparisons: Comparisons, paid: Array) -> Ratings:
    """Ratings from choices and what was paid to have the one chosen in place of the other.

    Each pair that a prompt has becomes a prompt of its own, so that what was paid for one pair is not held against what
    was paid for another.

    Parameters
    ----------
    comparisons : Comparisons
        p_left is 1 or 0; 0.5 only where nothing was paid.
    paid : array of float, shape (n,)
        0 or more, in the unit of each person's money.

    Raises
    ------
    InputError
        A payment against the choice (negative), or one without a choice; the first such row is named.

    Examples
    --------
    >>> one = Comparisons(left=["A"], right=["B"], p_left=[0.0], prompt=["p"], who=["Ada"])
    >>> from_payments(one, np.array([5.0])).value.tolist()
    [0.0, 5.0]
    """
    amount = np.asarray(paid, dtype=np.float64)
    if amount.shape != comparisons.p_left.shape or not np.isfinite(amount).all():
        raise InputError(f"payments have shape {amount.shape}; expected one finite number a row of {len(comparisons)}")
    open_choice = ~np.isin(comparisons.p_left, (0.0, 1.0))
    bad = (amount < 0) | (open_choice & (amount > 0))
    if bad.any():
        at = int(np.argmax(bad))
        raise InputError(
            f"row {at + 1}: p_left is {comparisons.p_left[at]:g} and {amount[at]:g} was paid; expected a payment of 0 "
            "or more for the option chosen: mend or remove the row"
        )
    names = _by_pair(comparisons)
    value = np.concatenate([amount * (comparisons.p_left == 1), amount * (comparisons.p_left == 0)])
    parts = {"item": np.concatenate([comparisons.left, comparisons.right]), "criterion": names * 2, "value": value}
    rest = {name: np.tile(getattr(comparisons, name), 2) for name in ("weight", "source")}
    return Ratings.from_frame({**parts, **rest, "who": [name or "all" for name in comparisons.who.tolist()] * 2})


def _by_pair(comparisons: Comparisons) -> list[str]:
    columns = (comparisons.prompt.tolist(), comparisons.left.tolist(), comparisons.right.tolist())
    pairs: dict[str, dict[frozenset[str], int]] = {}
    names = []
    for prompt, left, right in zip(*columns, strict=True):
        number = pairs.setdefault(prompt, {}).setdefault(frozenset((left, right)), len(pairs[prompt]) + 1)
        names.append(f"{prompt} [{number}]")
    return names
