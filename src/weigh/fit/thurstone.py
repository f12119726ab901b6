"""Thurstone: utilities from comparisons, with a variance for each item, standardised.

P(a over b) = Φ((μ_a − μ_b) / √(v_a + v_b)): each item has a mean and a spread, and an item with a large spread wins and
loses against the order of the means more often. Utilities get mean 0 and standard deviation 1, variances that unit
squared; `sd_in_noise` in the notes says how many standard deviations of noise that unit is, which is how decisive the
choices are. Where every pair is about even there is no such unit: all utilities are 0, without intervals.

Source: Thurstone, L. L. (1927), Psychological Review 34, 273-286; Mazeika, M. et al. (2025), Utility Engineering,
arXiv:2502.08640. Departs from the latter's code, 1,000 steps of Adam without a prior: the optimum is found (Newton's
method), weights count, weak normal priors on utilities and on log-variances keep both finite, the accuracy does not
depend on the side a pair is written from, log-loss is not clipped at 1e-5, and there are intervals, by the delta method
from the Fisher information.
"""

from __future__ import annotations

from typing import Literal

from weigh.core.evidence import Comparisons
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.fit._people import fit_people, pairs_of
from weigh.ops.paired import fit_thurstone

SCALE = Scale("interval", "real", "SD")


@method(
    slug="thurstone",
    paper="Thurstone (1927), Psychological Review 34; arXiv:2502.08640",
    takes=Comparisons,
    gives=Values,
    family="strengths",
    departs="weak priors on utilities and log-variances; the optimum, not 1,000 steps of Adam; weights; intervals",
    exempt={"one_class": "items that always win stay finite by the prior; with prior=0 such evidence is refused"},
)
def thurstone(
    comparisons: Comparisons,
    *,
    variances: Literal["free", "equal"] = "free",
    prior: float = 0.01,
    prior_variance: float = 2.0,
    by: Literal["all", "who"] = "all",
    disconnected: Literal["refuse", "largest"] = "refuse",
) -> Values:
    """Utilities from comparisons of two items, standardised, with a variance for each.

    Parameters
    ----------
    comparisons : Comparisons
        Votes, shares or probabilities of three items or more; the weight of a row is the number of votes behind it.
    variances : {"free", "equal"}
        One for each item, or one for all.
    prior : float
        Precision of a normal prior on each utility, in the unit in which the noise of a typical comparison is 1: 0.01
        is a standard deviation of 10. 0 for none.
    prior_variance : float
        Precision of a normal prior on each log-variance about their mean: 2 is a standard deviation of 0.7. 0 for none.
    by : {"all", "who"}
        One fit for all, as if one had voted, or one a person.
    disconnected : {"refuse", "largest"}
        Where nothing links some items to the others: refuse, or keep the largest group and name the rest in the notes.

    Returns
    -------
    Values
        Of mean 0 and standard deviation 1, with 95 % intervals. Notes: as of fit/bradley_terry, and each item's
        variance and `sd_in_noise`.

    Raises
    ------
    InputError
        Fewer than three items, as two are ±0.71 whatever the votes; groups that nothing links; a person who did not
        compare all items or has no preference, with by="who"; a negative prior, or none where no optimum is finite.

    Examples
    --------
    >>> votes = Comparisons(
    ...     left=["tea", "rum", "tea"], right=["rum", "milk", "milk"], p_left=[0.8, 0.7, 0.95], weight=[20, 20, 20]
    ... )
    >>> values = thurstone(votes)
    >>> values.items[values.mean.argmax()], round(float(values.mean.std(ddof=1)), 6)
    ('tea', 1.0)
    >>> sorted(values.notes["variance"])
    ['milk', 'rum', 'tea']
    """
    return fit_people(
        comparisons,
        pairs_of,
        lambda pairs: fit_thurstone(pairs, variances=variances, prior=prior, prior_variance=prior_variance),
        by=by,
        disconnected=disconnected,
        scale=SCALE,
        method="fit/thurstone",
        fewest=3,
    )
