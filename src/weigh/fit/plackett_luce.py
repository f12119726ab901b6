"""Plackett and Luce: utilities from rankings, in log-odds.

A ranking is a row of choices: P(a first of S) = e^μ_a / Σ_{b in S} e^μ_b, then the next of what is left. A ranking may
be partial; it says nothing of items that are not in it. For rankings of two items this is Bradley and Terry's model, in
the same unit and with the same prior.

Source: Plackett, R. L. (1975), Applied Statistics 24, 193-202; Hunter, D. R. (2004), Annals of Statistics 32, 384-406.
Departs: Newton's method in place of Hunter's minorisation, to the same optimum in fewer steps; a weak normal prior by
default; ties are refused, but at the last rank may stand for "not ordered".
"""

from __future__ import annotations

from typing import Literal

from weigh.core.evidence import Rankings
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.fit._people import fit_people, lists_of
from weigh.ops.ranked import fit_choices, ranking_choices

SCALE = Scale("interval", "real", "log-odds")


@method(
    slug="plackett-luce",
    paper="Plackett (1975), Applied Statistics 24; Hunter (2004), Annals of Statistics 32",
    takes=Rankings,
    gives=Values,
    family="strengths",
    departs="Newton's method, not minorisation; a weak prior by default; ties are refused, save at the last rank",
)
def plackett_luce(
    rankings: Rankings,
    *,
    ties: Literal["refuse", "last"] = "refuse",
    prior: float = 0.01,
    by: Literal["all", "who"] = "all",
    disconnected: Literal["refuse", "largest"] = "refuse",
) -> Values:
    """Utilities from whole or partial rankings, in log-odds.

    Parameters
    ----------
    rankings : Rankings
        One ranking a person; several of one person are told apart by `source`. The weight is that of the ranking, the
        same in all its rows.
    ties : {"refuse", "last"}
        What equal ranks mean: refuse them, or, for the last rank only, that these items were not ordered among
        themselves, as below a top ten.
    prior : float
        Precision of a normal prior on each utility: 0.01 is a standard deviation of 10 log-odds. 0 for none.
    by : {"all", "who"}
        One fit for all, as if one had ranked, or one a person.
    disconnected : {"refuse", "largest"}
        Where nothing links some items to the others: refuse, or keep the largest group and name the rest in the notes.

    Returns
    -------
    Values
        Of mean 0, with 95 % intervals. Notes: log-loss and accuracy of a choice, rankings (`rows`), choices
        (`distinct`), votes, groups, and whether the estimate would be finite without the prior.

    Raises
    ------
    InputError
        Ties; an item ranked twice by one person; groups that nothing links; a person who did not rank all items, with
        by="who"; a negative prior, or none where some items are always above the rest.

    Examples
    --------
    >>> rankings = Rankings(
    ...     who=["Ada"] * 3 + ["Bo"] * 3 + ["Cy"] * 2,
    ...     item=["tea", "rum", "milk", "tea", "milk", "rum", "milk", "tea"],
    ...     rank=[1, 2, 3, 1, 2, 3, 1, 2],
    ... )
    >>> values = plackett_luce(rankings)
    >>> [values.items[i] for i in (-values.mean).argsort()]
    ['tea', 'milk', 'rum']
    """
    return fit_people(
        rankings,
        lambda rows, places: ranking_choices(lists_of(rows, places), ties_last=ties == "last"),
        lambda choices: fit_choices(choices, prior=prior),
        by=by,
        disconnected=disconnected,
        scale=SCALE,
        method="fit/plackett_luce",
    )
