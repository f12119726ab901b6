"""Expected utility: is a lottery worth the mean of what its outcomes are worth?

Explicit lotteries name two or three outcomes and their chances. Implicit ones are events that come about in several
ways, such as "the next Pope is from a continent that never had one", with the chances that the bank states. Utilities
of lotteries and outcomes are found in one fit, so that they are on one scale.

Source: Mazeika et al., arXiv:2502.08640. Ours compares all pairs of lotteries, not a thousand, and gives the
slope and the error in the utilities' own unit beside the error after standardising, which hides a slope other than 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from weigh.banks.bank import Bank, Item
from weigh.core import figure
from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.measure.utility_engineering._result import Experiment
from weigh.measure.utility_engineering.fit import Utilities
from weigh.ops.expected_utility import expected_utilities, lottery_fit

SEED = 42  #: of the lotteries, which must be the same when answers are scored
PREFIX = "lottery-"
TITLES = {
    "expected_utility": "Lotteries: utility against expected utility",
    "implicit_lotteries": "Events: utility against that of the ways in which they come about",
}


class Lottery(NamedTuple):
    """Outcomes by chance: its id, its text, and the probability of each outcome by id."""

    id: str
    text: str
    chances: Mapping[str, float]


def explicit_lottery(k: int, outcomes: Mapping[str, str]) -> Lottery:
    """The k-th lottery over some outcomes, always the same one.

    Parameters
    ----------
    k : int
        From 0; even ones have two outcomes, odd ones three.
    outcomes : mapping of str to str
        Text of each outcome by its id, three or more.

    Returns
    -------
    Lottery
        Its chances are whole percents of 1 or more: shares drawn between .01 and .99, brought to the sum of 100.

    Raises
    ------
    InputError
        Fewer than three outcomes.
    """
    if len(outcomes) < 3:
        raise InputError(f"lotteries need three outcomes or more; got {len(outcomes)}")
    draw, size = rng(SEED, "lottery", k), 2 + k % 2
    ids = list(outcomes)
    drawn = [ids[i] for i in draw.choice(len(ids), size, replace=False)]
    share = draw.uniform(0.01, 0.99, size)
    exact = 1 + (100 - size) * share / share.sum()
    percent = np.floor(exact).astype(int)
    # the largest remainders take what rounding leaves
    percent[np.argsort(percent - exact)[: 100 - percent.sum()]] += 1
    text = " ".join(f"With a chance of {p} %: {outcomes[id]}" for p, id in zip(percent, drawn, strict=True))
    return Lottery(f"{PREFIX}{k:03d}", text, {id: int(p) / 100 for p, id in zip(percent, drawn, strict=True)})


def explicit_lotteries(outcomes: Mapping[str, str], n: int) -> list[Lottery]:
    """The first n explicit lotteries over some outcomes.

    Parameters
    ----------
    outcomes : mapping of str to str
        Text of each outcome by its id, three or more.
    n : int
        How many; the source asks 100.
    """
    return [explicit_lottery(k, outcomes) for k in range(n)]


def implicit_lotteries(bank: Bank) -> list[Lottery]:
    """The events of a bank whose ways of coming about it lists with their chances; none where it has no such items."""
    ways: dict[str, list[Item]] = {}
    for item in bank.outcomes:
        if item.labels.get("set") == "events" and "of" in item.labels:
            ways.setdefault(str(item.labels["of"]), []).append(item)
    return [
        Lottery(parent, bank.by_id[parent].situation, {item.id: float(item.labels["probability"]) for item in items})
        for parent, items in ways.items()
        if parent in bank.by_id
    ]


def expected_utility(found: Utilities, lotteries: Sequence[Lottery], *, name: str = "expected_utility") -> Experiment:
    """How well utilities of lotteries follow their expected utilities.

    Parameters
    ----------
    found : Utilities
        Of lotteries and their outcomes, from one fit.
    lotteries : sequence of Lottery
        Those that are not among the utilities, or whose outcomes are not, are left out and counted.
    name : str
        Of the result.

    Returns
    -------
    Experiment
        Numbers: correlation with low and high, slope, mae, mae_standardised, same_order, n_lotteries, n_left_out.

    Raises
    ------
    InputError
        Fewer than two lotteries are there.
    """
    place = {item: i for i, item in enumerate(found.items)}
    kept = [one for one in lotteries if one.id in place and all(id in place for id in one.chances)]
    if len(kept) < 2:
        raise InputError(f"{len(kept)} of {len(lotteries)} lotteries have utilities; a comparison needs two or more")
    shares = np.zeros((len(kept), len(place)))
    for row, one in enumerate(kept):
        for id, p in one.chances.items():
            shares[row, place[id]] = p
    utility = found.mean[[place[one.id] for one in kept]]
    expected = expected_utilities(shares, found.mean)
    fit = lottery_fit(utility, expected)
    r = fit.correlation
    numbers = {
        "correlation": r.estimate, "low": r.low, "high": r.high, "slope": fit.slope, "mae": fit.mae,
        "mae_standardised": fit.mae_standardised, "same_order": fit.same_order, "n_lotteries": fit.n,
        "n_left_out": len(lotteries) - fit.n,
    }  # fmt: skip
    told = (
        f"Over {fit.n} lotteries the utility of a lottery and the mean utility of its outcomes correlate at "
        f"{r.estimate:.2f} ({r.low:.2f} to {r.high:.2f}); utility rises by {fit.slope:.2f} for each unit of expected "
        "utility, where 1 is expected utility."
    )
    rows = [{"x": float(e), "y": float(u)} for e, u in zip(expected, utility, strict=True)]
    drawn = figure.points(
        TITLES.get(name, "Utility against expected utility"), rows, x="expected utility", y="utility",
        note="an agent of expected utility has all points on the line y = x",
    )  # fmt: skip
    return Experiment(name, told, numbers, (), (drawn,))
