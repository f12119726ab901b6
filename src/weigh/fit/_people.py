"""From evidence in names to fits in numbers and back: what the methods that fit strengths share.

Strengths of items that no chain of evidence links cannot be compared, and a prior that puts both at zero says nothing
about them. So evidence that falls into groups is refused, unless the largest group is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.evidence import Comparisons, Rankings
from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.ops.choice_sets import Choices, Lists, gather_lists
from weigh.ops.comparison_graph import Linkage
from weigh.ops.pairs import PairedFit, Pairs, gather, links
from weigh.ops.ranked import choice_links

By = Literal["all", "who"]
Disconnected = Literal["refuse", "largest"]
E = TypeVar("E", Comparisons, Rankings)
N = TypeVar("N", Pairs, Choices)
Places = Mapping[str, int]


def pairs_of(comparisons: Comparisons, places: Places) -> Pairs:
    """The comparisons in numbers."""
    left, right = _numbers(comparisons.left, places), _numbers(comparisons.right, places)
    return gather(left, right, comparisons.p_left, comparisons.weight, n_items=len(places))


def lists_of(rankings: Rankings, places: Places) -> Lists:
    """The rankings in numbers: one a person and source."""
    keys = list(zip(rankings.who.tolist(), rankings.source.tolist(), strict=True))
    groups = {key: at for at, key in enumerate(sorted(set(keys)))}
    group = np.array([groups[key] for key in keys], dtype=np.int64)
    item = _numbers(rankings.item, places)
    return gather_lists(group, item, rankings.rank, rankings.weight, n_items=len(places))


def fit_people(
    evidence: E,
    read: Callable[[E, Places], N],
    fit: Callable[[N], PairedFit],
    *,
    by: By,
    disconnected: Disconnected,
    scale: Scale,
    method: str,
    fewest: int = 2,
) -> Values:
    """Fit all evidence together, or each person's.

    Parameters
    ----------
    evidence : Comparisons or Rankings
        Rows of weight 0 are left out.
    read : callable
        (evidence, places) -> Pairs or Choices, where places gives each item its number.
    fit : callable
        (Pairs or Choices) -> PairedFit; asked only for what is linked.
    by : {"all", "who"}
        One fit for all, or one a person.
    disconnected : {"refuse", "largest"}
        What to do with items that nothing links.
    scale : Scale
        Of the utilities.
    method : str
        Address.
    fewest : int
        Items that the method needs.
    """
    if by not in ("all", "who") or disconnected not in ("refuse", "largest"):
        raise InputError(f"by is {by!r}, disconnected {disconnected!r}; expected all or who, and refuse or largest")
    evidence = evidence.counted()
    columns = _columns(evidence)
    items = sorted(set().union(*(column.tolist() for column in columns)))
    if len(items) < fewest:
        raise InputError(f"{method} got {len(items)} items; it needs {fewest} or more, as its utilities are relative")
    places = {item: at for at, item in enumerate(items)}
    people = sorted(set(evidence.who.tolist()))
    if by == "who":
        if disconnected == "largest" or "" in people:
            wrong = "disconnected='largest' is for all together" if disconnected == "largest" else "a row names nobody"
            raise InputError(f"by='who' fits each person's evidence on all items, but {wrong}: use by='all'")
        given = [read(evidence.select(evidence.who == who), places) for who in people]
        for who, one in zip(people, given, strict=True):
            _check_linked(who, _linkage(one), items)
        fits = [fit(one) for one in given]
        for who, one in zip(people, fits, strict=True):
            _check_preference(who, one)
        notes: dict[str, Any] = {"by": {who: _notes(one, items) for who, one in zip(people, fits, strict=True)}}
        return _values(fits, items, tuple(people), scale, method, notes)
    numbers = read(evidence, places)
    linked = _linkage(numbers)
    if linked.n_components > 1:
        main = _main_group(linked.component, items, disconnected)
        inside = np.isin(_numbers(columns[0], places), main)
        left_out = sorted(set(items) - {items[at] for at in main.tolist()})
        found = fit_people(
            evidence.select(inside), read, fit, by=by, disconnected="refuse", scale=scale, method=method, fewest=fewest
        )
        return replace(found, notes={**found.notes, "components": linked.n_components, "left_out": left_out})
    one = fit(numbers)
    who = people[0] if len(people) == 1 and people[0] else "all"
    return _values([one], items, (who,), scale, method, _notes(one, items))


def _numbers(column: NDArray[Any], places: Places) -> NDArray[np.int64]:
    return np.array([places[item] for item in column.tolist()], dtype=np.int64)


def _columns(evidence: Comparisons | Rankings) -> list[NDArray[Any]]:
    return [evidence.item] if isinstance(evidence, Rankings) else [evidence.left, evidence.right]


def _linkage(numbers: Pairs | Choices) -> Linkage:
    return links(numbers) if isinstance(numbers, Pairs) else choice_links(numbers)


def _check_linked(who: str, linked: Linkage, items: list[str]) -> None:
    if linked.n_components > 1:
        raise InputError(
            f"what {who!r} said does not link all {len(items)} items ({linked.n_components} groups), so their "
            "utilities cannot be compared: fit all together with by='all', or select people and items that are linked"
        )


def _check_preference(who: str, fit: PairedFit) -> None:
    if fit.variance is not None and fit.no_preference:
        raise InputError(
            f"{who!r} shows no preference (every pair is even), so that there is no standard deviation to be the unit: "
            "leave those rows out, or use fit/bradley_terry"
        )


def _main_group(component: NDArray[np.int64], items: list[str], disconnected: Disconnected) -> NDArray[np.int64]:
    sizes = np.sort(np.bincount(component))[::-1]
    main = np.flatnonzero(component == np.argmax(np.bincount(component)))
    outside = np.flatnonzero(component != component[main[0]])
    if disconnected == "refuse" or sizes[0] == sizes[1]:
        equal = ", the two largest of which are equal" if disconnected == "largest" else ""
        raise InputError(
            f"the evidence falls into {len(sizes)} groups of {', '.join(map(str, sizes[:10].tolist()))} items that "
            f"nothing links{equal} (such as {items[main[0]]!r} and {items[outside[0]]!r}): utilities can be compared "
            "within a group only; add evidence that links them, fit one group at a time, or keep the largest with "
            "disconnected='largest'"
        )
    return main


def _values(
    fits: list[PairedFit], items: list[str], who: tuple[str, ...], scale: Scale, method: str, notes: dict[str, Any]
) -> Values:
    from scipy.special import ndtri

    mean = np.stack([fit.mean for fit in fits])
    covs = [fit.cov for fit in fits if fit.cov is not None]
    if len(covs) < len(fits):
        return Values(tuple(items), who, mean, scale=scale, method=method, notes=notes)
    cov = np.stack(covs)
    margin = ndtri(0.975) * np.sqrt(np.maximum(np.diagonal(cov, axis1=1, axis2=2), 0.0))
    return Values(tuple(items), who, mean, mean - margin, mean + margin, cov, scale=scale, method=method, notes=notes)


def _notes(fit: PairedFit, items: list[str]) -> dict[str, Any]:
    notes: dict[str, Any] = {
        "log_loss": fit.log_loss,
        "log_loss_of_chance": fit.chance,
        "accuracy": fit.accuracy,
        "rows": fit.n_rows,
        "distinct": fit.n_pairs,
        "votes": fit.n_votes,
        "components": fit.linkage.n_components,
        "finite_without_prior": fit.linkage.bounded,
        "converged": fit.converged,
        "no_preference": fit.no_preference,
    }
    if fit.variance is not None:
        notes["sd_in_noise"] = fit.sd
        notes["variance"] = dict(zip(items, fit.variance.tolist(), strict=True))
    return notes
