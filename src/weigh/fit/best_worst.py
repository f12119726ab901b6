"""Best–worst scaling (MaxDiff): utilities from sets of which somebody named the best and the worst, in log-odds.

The best of a set S is chosen by e^μ_a / Σ_{b in S} e^μ_b, then the worst of the rest by e^−μ: the sequential model. The
maxdiff model proper, in which the pair (best, worst) is chosen at once by e^(μ_best − μ_worst), counts a set of two
twice; here it is Bradley and Terry's model, in the same unit.

An answer is ordinal evidence, so it is given as rankings: in each set that was shown the best has rank 1, the worst 3,
and all others 2. `who` answers, and `source` names the set. From columns best and worst of 0 and 1, rank = 2 − best +
worst; from a column of 1, 0, −1, rank = 2 − it.

Source: Marley, A. A. J. and Louviere, J. J. (2005), Journal of Mathematical Psychology 49, 464-480; Louviere, J. J.,
Flynn, T. N. and Marley, A. A. J. (2015), Best-Worst Scaling. Departs: a weak normal prior by default.
"""

from __future__ import annotations

from typing import Literal

from weigh.core.evidence import Rankings
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.fit._people import fit_people, lists_of
from weigh.ops.ranked import best_worst_choices, fit_choices

SCALE = Scale("interval", "real", "log-odds")


@method(
    slug="best-worst",
    paper="Marley & Louviere (2005), Journal of Mathematical Psychology 49",
    takes=Rankings,
    gives=Values,
    family="strengths",
    departs="the sequential model, which agrees with Bradley and Terry's on sets of two; a weak prior by default",
)
def best_worst(
    rankings: Rankings,
    *,
    prior: float = 0.01,
    by: Literal["all", "who"] = "all",
    disconnected: Literal["refuse", "largest"] = "refuse",
) -> Values:
    """Utilities from best–worst choices, in log-odds.

    Parameters
    ----------
    rankings : Rankings
        One row an item that was shown: `who` answers, `source` names the set, `rank` is 1 for the best, 3 for the worst
        and 2 for the others (any three numbers in that order). Where only the best, or only the worst, was asked, the
        rest share a rank. The weight is that of the set, the same in all its rows.
    prior : float
        Precision of a normal prior on each utility: 0.01 is a standard deviation of 10 log-odds. 0 for none.
    by : {"all", "who"}
        One fit for all, as if one had answered, or one a person.
    disconnected : {"refuse", "largest"}
        Where nothing links some items to the others: refuse, or keep the largest group and name the rest in the notes.

    Returns
    -------
    Values
        Of mean 0, with 95 % intervals. Notes: log-loss and accuracy of a choice, sets (`rows`), choices (`distinct`),
        votes, groups, and whether the estimate would be finite without the prior.

    Raises
    ------
    InputError
        A set of one item, without one best or worst, or with an order among the others; groups that nothing links; a
        person whose sets do not link all items, with by="who"; a negative prior, or none where some items always win.

    Examples
    --------
    >>> answers = Rankings(
    ...     who=["Ada"] * 8,
    ...     source=["set 1"] * 4 + ["set 2"] * 4,
    ...     item=["tea", "rum", "milk", "beer", "tea", "rum", "milk", "cider"],
    ...     rank=[1, 3, 2, 2, 2, 3, 1, 2],
    ... )
    >>> values = best_worst(answers)
    >>> values.items
    ('beer', 'cider', 'milk', 'rum', 'tea')
    >>> values.items[values.mean.argmin()]
    'rum'
    """
    return fit_people(
        rankings,
        lambda rows, places: best_worst_choices(lists_of(rows, places)),
        lambda choices: fit_choices(choices, prior=prior),
        by=by,
        disconnected=disconnected,
        scale=SCALE,
        method="fit/best_worst",
    )
