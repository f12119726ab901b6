"""Bradley and Terry: utilities from comparisons, in log-odds.

P(a over b) = 1 / (1 + e^−(μ_a − μ_b)), fitted to Σ w (y log p + (1 − y) log(1 − p)) less ½ · prior · Σ μ². A weak
normal prior keeps an item finite that always wins; the size of its lead then rests on the prior, and its interval is
wide. Intervals are normal, from the Fisher information. They take votes as independent, and the weight of a row as the
number of votes behind it: a share out of 20 answers has weight 20.

Source: Bradley, R. A. and Terry, M. E. (1952), Biometrika 39, 324-345; the form of the likelihood with shares in place
of votes as in choix. Departs: a prior by default, and evidence that falls into groups which nothing links is refused,
since a prior would compare them as if something did.
"""

from __future__ import annotations

from typing import Literal

from weigh.core.evidence import Comparisons
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.fit._people import fit_people, pairs_of
from weigh.ops.paired import fit_bradley_terry

SCALE = Scale("interval", "real", "log-odds")


@method(
    slug="bradley-terry",
    paper="Bradley & Terry (1952), Biometrika 39",
    takes=Comparisons,
    gives=Values,
    family="strengths",
    departs="a weak prior by default; evidence that falls into groups is refused, not compared by the prior",
    exempt={"one_class": "items that always win stay finite by the prior; with prior=0 such evidence is refused"},
)
def bradley_terry(
    comparisons: Comparisons,
    *,
    prior: float = 0.01,
    by: Literal["all", "who"] = "all",
    disconnected: Literal["refuse", "largest"] = "refuse",
) -> Values:
    """Utilities from comparisons of two items, in log-odds.

    Parameters
    ----------
    comparisons : Comparisons
        Votes, shares or probabilities; the weight of a row is the number of votes that it stands for.
    prior : float
        Precision of a normal prior on each utility: 0.01 is a standard deviation of 10 log-odds. 0 for none.
    by : {"all", "who"}
        One fit for all, as if one had voted, or one a person.
    disconnected : {"refuse", "largest"}
        Where nothing links some items to the others: refuse, or keep the largest group and name the rest in the notes.

    Returns
    -------
    Values
        Of mean 0, with 95 % intervals. Notes: log-loss and accuracy on the evidence, rows, distinct pairs, votes,
        groups, whether the estimate would be finite without the prior, and whether every pair is about even.

    Raises
    ------
    InputError
        Groups that nothing links; a person who did not compare all items, with by="who"; a negative prior, or none
        where some items never lose to the rest.

    Examples
    --------
    Tea beat rum in three votes of four, and so did rum milk:

    >>> votes = Comparisons(left=["tea", "rum"], right=["rum", "milk"], p_left=[0.75, 0.75], weight=[4, 4])
    >>> values = bradley_terry(votes, prior=0)
    >>> values.items, values.mean.round(3).tolist()
    (('milk', 'rum', 'tea'), [-1.099, 0.0, 1.099])
    >>> values.ranking().tiers
    [('tea', 'rum', 'milk')]
    """
    return fit_people(
        comparisons,
        pairs_of,
        lambda pairs: fit_bradley_terry(pairs, prior=prior),
        by=by,
        disconnected=disconnected,
        scale=SCALE,
        method="fit/bradley_terry",
    )
