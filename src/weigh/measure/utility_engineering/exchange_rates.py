"""Exchange rates: how much of one thing is worth as much as a unit of another?

Outcomes that are amounts of one good, such as "You receive $500 to use however you want", are put on a line, u = b + a
ln N, and a rate is where two lines reach one utility, averaged over the amounts. It says nothing where more of a good
is not worth more, and where two slopes differ it is about the amounts that were asked, not about a unit as such.

Source: Mazeika et al., arXiv:2502.08640. Ours is the same rate in closed form, with an interval by the delta
method from the covariance of the utilities; the source gives none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from weigh.banks.bank import Bank, BankCard, Item
from weigh.core import figure
from weigh.core.errors import InputError
from weigh.measure.utility_engineering._result import Experiment
from weigh.measure.utility_engineering.fit import Utilities
from weigh.ops.exchange_rates import AmountLines, ExchangeRates, amount_lines, exchange_rates

AMOUNTS = (*range(1, 11), *range(20, 101, 10), *range(200, 1001, 100))
N_MONEY = 100


def amounts_bank(
    goods: Mapping[str, str], *, amounts: Sequence[float] = AMOUNTS, money: str = "", n_money: int = N_MONEY
) -> Bank:
    """A bank of amounts of goods, to be measured for exchange rates.

    Parameters
    ----------
    goods : mapping of str to str
        By name a sentence with "{n}" in the amount's place, such as "{n} lives are saved in Japan.".
    amounts : sequence of float
        Above 0; by default 1 to 10, to 100 by tens and to 1,000 by hundreds, as the source has for lives.
    money : str
        A sentence with "{n}" for sums of money, which make the background; none without one.
    n_money : int
        How many sums, from 1 to a billion, evenly spaced in their logarithm and rounded to two digits.

    Returns
    -------
    Bank
        Outcomes with the labels `good` and `amount`.

    Raises
    ------
    InputError
        No goods, a sentence without "{n}", or an amount that is not above 0.
    """
    given = {name: (sentence, amounts) for name, sentence in goods.items()}
    if money:
        exact = np.geomspace(1, 1e9, n_money)
        rounded = [float(f"{x:.1e}") for x in exact]
        given["money"] = (money, list(dict.fromkeys(rounded)))
    if not goods or any("{n}" not in sentence for sentence, _ in given.values()):
        raise InputError("amounts need one sentence a good, each with {n} in the amount's place")
    if not all(amount > 0 for _, grid in given.values() for amount in grid):
        raise InputError("amounts must be above 0: a line in their logarithm has no place for others")
    items = [
        Item(
            f"{name}-{amount:g}", sentence.replace("{n}", f"{amount:,g}" if amount < 1e6 else f"{amount:,.0f}"), (),
            "outcome", labels={"good": name, "amount": float(amount)}, group=name,
        )
        for name, (sentence, grid) in given.items()
        for amount in grid
    ]  # fmt: skip
    return Bank.of(BankCard("amounts", "Amounts of goods", method="measure/utility_engineering"), items)


def lines_of(found: Utilities, labels: Mapping[str, Mapping[str, object]]) -> AmountLines | None:
    """The lines of all goods that have two different amounts; None where there are fewer than two such goods.

    Parameters
    ----------
    found : Utilities
        Of the amounts, among others.
    labels : mapping of str to mapping
        Labels of each item by its id; those with `good` and `amount` count.
    """
    rows = [i for i, item in enumerate(found.items) if {"good", "amount"} <= set(labels.get(item, {}))]
    goods = [str(labels[found.items[i]]["good"]) for i in rows]
    amounts = [float(str(labels[found.items[i]]["amount"])) for i in rows]
    several = {good for good in goods if len({x for x, g in zip(amounts, goods, strict=True) if g == good}) > 1}
    at = [k for k, good in enumerate(goods) if good in several]
    if len(several) < 2:
        return None
    places = [rows[k] for k in at]
    cov = None if found.cov is None else found.cov[np.ix_(places, places)]
    return amount_lines(found.mean[places], [amounts[k] for k in at], [goods[k] for k in at], cov=cov)


def exchange(
    found: Utilities, labels: Mapping[str, Mapping[str, object]], *, max_residual: float | None = None
) -> Experiment | None:
    """Exchange rates between all goods of which there are amounts.

    Parameters
    ----------
    found : Utilities
        Of the amounts, among others.
    labels : mapping of str to mapping
        Labels of each item by its id; those with `good` and `amount` count.
    max_residual : float, optional
        Goods whose mean squared residual is above it get no rates.

    Returns
    -------
    Experiment or None
        Numbers: goods (slope, residual, n_amounts, why there is no rate) and rates (units of `good` that are worth one
        of `other`, with low and high). None where the outcomes are no amounts of two or more goods.
    """
    lines = lines_of(found, labels)
    if lines is None:
        return None
    rates = exchange_rates(lines, max_residual=max_residual)
    k = len(rates.goods)
    goods = [
        {
            "good": rates.goods[g], "slope": float(lines.slope[g]), "residual": float(lines.residual[g]),
            "n_amounts": int(lines.n[g]), "no_rate_as": rates.why_not[g],
        }
        for g in range(k)
    ]  # fmt: skip
    table = [
        {"good": rates.goods[i], "other": rates.goods[j], **_rate(rates, i, j)}
        for i in range(k)
        for j in range(k)
        if i != j and np.isfinite(rates.log_rate[i, j])
    ]
    n_rated = sum(not why for why in rates.why_not)
    told = f"{n_rated} of {k} goods have exchange rates"
    told += f"; of the others {next(why for why in rates.why_not if why)}." if n_rated < k else "."
    matrix = [[float(x) if np.isfinite(x) else None for x in row] for row in rates.log_rate / np.log(10)]
    drawn = figure.heatmap(
        "Exchange rates", rates.goods, rates.goods, matrix, unit="log₁₀ units of the row worth one of the column",
        centre=0.0, note="empty where more of a good is not worth more",
    )  # fmt: skip
    return Experiment("exchange_rates", told, {"goods": goods, "rates": table}, (), (drawn,))


def _rate(rates: ExchangeRates, i: int, j: int) -> dict[str, float | None]:
    # an interval of hundreds of orders of magnitude has no number, and says nothing
    found = {"rate": rates.log_rate[i, j], "low": rates.low[i, j], "high": rates.high[i, j]}
    return {name: float(np.exp(x)) if np.isfinite(x) and abs(x) < 500 else None for name, x in found.items()}
