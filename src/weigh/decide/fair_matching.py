"""Fair matching: places by lottery, so that uncertain merit is honoured in proportion to how sure we are.

Where merit is known, the best get what they like best. Where it is estimated, the one who seems best may not be, and to
favour them surely is unfair to those who are better with some probability. So the matching is drawn from a lottery of
chances p_xy, and among those that are fair the one of most utility is found by a linear programme:

- "promise": Σ_{y in x's k best} p_xy ≥ φ · G_x(k) for every person x and every k, where G_x(k) is the chance that x
  gets one of their k best places in the stable matching by merit, over the uncertainty. Drawing merit and matching
  by it meets it for φ = 1, so that it can always be met.
- "envy": Σ_{y in x's k best} (p_zy − p_xy) ≤ 1 − φ (1 − ε(q)), with q the chance that z has more merit than x and
  ε(q) = max(0, 2q − 1): nobody has better chances of what another likes than their chance of more merit justifies.

The programme is robust: if the true distribution of merit is within ε of the given one in total variation, each G moves
by ε at most, and a fair lottery stays fair with slack φε.

Source: Devic, S., Kempe, D., Sharan, V. and Korolova, A. (2023). Fairness in matching under uncertainty. ICML,
arXiv:2302.03810. Departs: the paper's own axiom was not at hand word by word; both readings are offered by name, φ in
"envy" and the linear ε are ours. Going without is a place at the end of each list, of utility 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weigh.core.choice import Choice
from weigh.core.errors import InputError
from weigh.core.evidence import Rankings, Ratings
from weigh.core.figure import heatmap, lines
from weigh.core.jsonable import plain
from weigh.core.method import method
from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.decide._merit import merit_draws
from weigh.ops.birkhoff import lottery
from weigh.ops.fair_lottery import Market, broken_promises, most_utility, unjustified_envy
from weigh.ops.merit_order import chance_of_more_merit, chances_by_merit, sampling_slack

Array = NDArray[np.float64]
MOST_CELLS = 900  #: of a table that is drawn


@dataclass(frozen=True, eq=False)
class FairLottery(Choice):
    """A matching that was drawn, and the lottery that it was drawn from.

    Parameters
    ----------
    picked, score, constraint, reasons
        As in `Choice`: "person: place" for those who got one in the draw; the lottery's expected utility, summed over
        people; the axiom; what each got and what fairness took.
    people, places : tuple of str
        Names.
    chances : array of float, shape (n_people, n_places)
        Of each person for each place.
    matchings : tuple of (float, tuple of str or None)
        Probability, and each person's place in it.
    notes : mapping
        Diagnostics and figures.
    """

    people: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    chances: Array = field(default_factory=lambda: np.zeros((0, 0)))
    matchings: tuple[tuple[float, tuple[str | None, ...]], ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The choice, the chances above 0 and the lottery, in JSON's own types."""
        chances = {
            who: {place: p for place, p in zip(self.places, row, strict=True) if p > 0}
            for who, row in zip(self.people, self.chances.tolist(), strict=True)
        }
        drawn = [{"p": p, "place": dict(zip(self.people, to, strict=True))} for p, to in self.matchings]
        more = plain({"chances": chances, "lottery": drawn, "diagnostics": dict(self.notes)}, "lottery")
        return {**Choice.to_json(self), **more}


@method(
    slug="fair-matching",
    paper="Devic, Kempe, Sharan & Korolova (2023), ICML, arXiv:2302.03810",
    takes=(Rankings, Values),
    gives=FairLottery,
    family="matching",
    departs="two readings of the axiom, by name; how far envy is justified, and fairness below 1 in it, are ours",
    exempt={
        "one_item": "one person alone gets the place that they like best, which is a matching",
        "one_class": "people of one merit share the places evenly, which is what fairness asks for",
    },
)
def fair_matching(
    preferences: Rankings,
    merit: Values,
    *,
    fairness: float = 1.0,
    axiom: Literal["promise", "envy"] = "promise",
    utility: Ratings | None = None,
    seats: Ratings | None = None,
    slack: float = 0.0,
    must_match: bool = False,
    n_draws: int = 2000,
    seed: int = 0,
) -> FairLottery:
    """Draw a matching from the lottery of most utility among those that are fair under uncertain merit.

    Parameters
    ----------
    preferences : Rankings
        `who` ranks the places (`item`) that they would take, without ties; a place that is not ranked is not given.
    merit : Values
        Of all people as items. Their uncertainty is `cov`, else the 95 % interval, else none; values of several `who`,
        such as assessors, are equally likely to be the true ones.
    fairness : float
        φ, from 0 (none) to 1.
    axiom : {"promise", "envy"}
        What fairness means, as the module says.
    utility : Ratings, optional
        What it is worth that `who` gets `item`, for all that is ranked. By default 1 for a first choice, falling evenly
        over the number of places. Going without is worth 0.
    seats : Ratings, optional
        Seats (`value`) of each place (`item`); 1 each by default.
    slack : float
        By which all fairness bounds may give, such as the distance in total variation that merit is trusted to.
    must_match : bool
        Whether nobody may go without.
    n_draws : int
        Of merit, where it is uncertain or tied.
    seed : int
        Of merit's draws and of the matching.

    Returns
    -------
    FairLottery
        Notes: the expected utility with and without fairness and by merit order, the largest breach of the axiom by
        the lottery and by the matching of most utility, and how far chances from so many draws may be off.

    Raises
    ------
    InputError
        A person without merit, ties in a list, two numbers for one place or utility, fairness outside 0 to 1, or no
        lottery that meets all conditions.

    References
    ----------
    arXiv:2302.03810; Birkhoff, G. (1946), for the lottery.

    Examples
    --------
    Two people want the same place and are equally good, so far as we know:

    >>> from weigh.core.scale import Scale
    >>> wishes = Rankings(who=["Ada", "Ada", "Bo", "Bo"], item=["red", "blue"] * 2, rank=[1, 2, 1, 2])
    >>> merit = Values(("Ada", "Bo"), ("test",), [1.0, 1.0], scale=Scale("interval"), method="example")
    >>> fair_matching(wishes, merit).chances.round(1).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    if axiom not in ("promise", "envy"):
        raise InputError(f"axiom is {axiom!r}; expected promise or envy")
    if not 0 <= fairness <= 1 or not 0 <= slack <= 1 or n_draws < 1:
        raise InputError(f"fairness {fairness!r}, slack {slack!r}, n_draws {n_draws!r}; expected 0–1, 0–1, 1 or more")
    people, places, lists = _lists(preferences)
    market = Market(
        lists, _seats(seats, places), _utility(utility, people, places, lists), must_match=must_match
    )  # fmt: skip
    drawn = merit_draws(merit, people, n_draws, seed)
    by_merit = chances_by_merit(lists, market.seats, drawn)
    bounds = np.clip(fairness * np.cumsum(by_merit, axis=1) - slack, 0.0, 1.0)
    allowed = 1 - fairness * (1 - np.maximum(0.0, 2 * chance_of_more_merit(drawn) - 1)) + slack
    if axiom == "promise":
        chances = most_utility(market, at_least=bounds)
    else:
        chances = most_utility(market, envy=allowed)
    free = most_utility(market) if fairness > 0 else chances
    worth = market.spread(market.utility)
    total, most = float((worth * chances).sum()), float((worth * free).sum())

    def breach(p: Array) -> float:
        return broken_promises(market, p, bounds) if axiom == "promise" else unjustified_envy(market, p, allowed)

    probability, place = lottery(chances, market.seats)
    at = int(rng(seed, "matching").choice(len(probability), p=probability))
    names = np.array([*places, None], dtype=object)
    got = [(x, y) for x, y in enumerate(place[at].tolist()) if y >= 0]
    reasons = [
        (f"{people[x]} gets {places[y]}, with a chance of {chances[x, y]:.3g}", float(worth[x, y])) for x, y in got
    ]
    reasons.append(("what fairness takes of the most utility there could be", total - most))
    figures = _figures(people, places, lists, chances, by_merit, free)
    notes = {
        "expected_utility": total,
        "without_fairness": most,
        "by_merit": float((worth * market.spread(by_merit)).sum()),
        "breach": breach(chances),
        "breach_of_most_utility": breach(free),
        "sampling_slack": sampling_slack(len(drawn), by_merit.size),
        "go_without": {who: 1 - p for who, p in zip(people, chances.sum(axis=1).tolist(), strict=True) if p < 1 - 1e-9},
        "matchings": len(probability),
        "draws": len(drawn),
        "figures": figures,
    }
    return FairLottery(
        tuple(f"{people[x]}: {places[y]}" for x, y in got),
        total,
        f"{axiom}, fairness {fairness:g}" + (f", slack {slack:g}" if slack else ""),
        tuple(reasons),
        people,
        places,
        chances,
        tuple((p, tuple(names[row].tolist())) for p, row in zip(probability.tolist(), place, strict=True)),
        plain(notes, "notes"),
    )


def _lists(preferences: Rankings) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.int64]]:
    kept = preferences.counted()
    people, places = (tuple(sorted(set(column.tolist()))) for column in (kept.who, kept.item))
    at = {place: y for y, place in enumerate(places)}
    ranked: dict[str, dict[str, float]] = {who: {} for who in people}
    for who, place, rank in zip(kept.who.tolist(), kept.item.tolist(), kept.rank.tolist(), strict=True):
        if ranked[who].setdefault(place, rank) != rank:
            raise InputError(f"{who!r} ranks {place!r} twice; give one rank")
    lists = np.full((len(people), max(map(len, ranked.values()))), -1)
    for x, who in enumerate(people):
        if len(set(ranked[who].values())) < len(ranked[who]):
            raise InputError(
                f"the list of {who!r} has ties; a place in order is needed: break them, by chance if need be"
            )
        for k, place in enumerate(sorted(ranked[who], key=ranked[who].__getitem__)):
            lists[x, k] = at[place]
    return people, places, lists


def _seats(seats: Ratings | None, places: tuple[str, ...]) -> NDArray[np.int64]:
    if seats is None:
        return np.ones(len(places), dtype=np.int64)
    given = _numbers(seats, seats.item.tolist(), "seats")
    for place in places:
        if place not in given or given[place] < 0 or not float(given[place]).is_integer():
            raise InputError(f"seats of {place!r} are {given.get(place)!r}; expected a whole number, 0 or more")
    return np.array([int(given[place]) for place in places], dtype=np.int64)


def _utility(
    utility: Ratings | None, people: tuple[str, ...], places: tuple[str, ...], lists: NDArray[np.int64]
) -> Array:
    if utility is None:
        return np.where(lists >= 0, 1 - np.arange(lists.shape[1]) / len(places), 0.0)
    given = _numbers(utility, list(zip(utility.who.tolist(), utility.item.tolist(), strict=True)), "utility")
    along = np.zeros(lists.shape)
    for x, k in np.argwhere(lists >= 0).tolist():
        key = (people[x], places[lists[x, k]])
        if key not in given:
            raise InputError(f"there is no utility for {key[0]!r} at {key[1]!r}; give one for all that is ranked")
        along[x, k] = given[key]
    return along


def _numbers(rows: Ratings, keys: list[Any], what: str) -> dict[Any, float]:
    found: dict[Any, float] = {}
    for key, value in zip(keys, rows.value.tolist(), strict=True):
        if found.setdefault(key, value) != value:
            raise InputError(f"the {what} of {key!r} are given as {found[key]:g} and as {value:g}; keep one")
    return found


def _figures(people: Any, places: Any, lists: Any, chances: Array, by_merit: Array, free: Array) -> list[Any]:
    def along(p: Array) -> list[float]:
        own = np.where(lists >= 0, np.take_along_axis(p, np.maximum(lists, 0), axis=1), 0.0)
        return np.cumsum(own.mean(axis=0)).tolist()

    k = np.arange(1, lists.shape[1] + 1).tolist()
    reached = {"fair lottery": along(chances), "most utility": along(free)}
    reached["by merit"] = np.cumsum(by_merit.mean(axis=0)).tolist()
    curves = {name: {"x": k, "y": y} for name, y in reached.items()}
    shown = [lines("Who gets one of their best places", curves, x="k", y="share with one of their k best").to_json()]
    if chances.size <= MOST_CELLS:
        rows = chances.tolist()
        shown.insert(0, heatmap("Chances", list(people), list(places), rows, unit="chance").to_json())
    return shown
