"""Moral graph: which values people come to hold wiser, context by context, from votes on upgrades.

A vote says whether somebody who used to attend to A and now attends to B has become wiser. Steps that enough people
hold to be wiser are the edges of a graph, and PageRank finds the values that they lead to:

    w_ab = (wiser − less wise) / (wiser + not wiser + unsure + less wise),
    r(b) = (1 − d)/n + d Σ_a r(a) w_ab / Σ_c w_ac.

A value that few begin with can come out wisest, which no count of approvals would show. Chains of steps do not reach
everywhere: a share compares values within one component of the graph, and the notes rank each component by itself.

Source: Klingefjord, O., Lowe, R. & Edelman, J. (2024), What are human values, and how do we align AI to them?,
arXiv:2404.10636. Departs, in what mode="published" undoes: the entropy by which steps are trimmed is that of the four
answers, where the authors' program counts impressions as a fifth (thresholds 1.38 and 1.69 bits, the same where every
impression is a vote); mass that reaches a value without a step onwards is spread, where it was lost, so that shares sum
to 1 (the order is the same). In both modes: 95 % intervals from people drawn again, of a person's votes on one step the
last counts, and steps from a value to itself are refused.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from weigh.core.errors import InputError
from weigh.core.evidence import Ratings
from weigh.core.frames import as_names
from weigh.core.method import method
from weigh.core.scale import Scale
from weigh.core.stats import rng
from weigh.core.values import Values
from weigh.core.votes import Votes
from weigh.pool.moral_graph._notes import notes_of
from weigh.pool.moral_graph.bridging import bridges
from weigh.pool.moral_graph.cards import ValuesCard, read_cards, titles_of
from weigh.pool.moral_graph.edges import Counts, in_context, tally
from weigh.pool.moral_graph.ranking import Rule, rank, with_intervals

SCALES = {
    "corrected": Scale("ratio", "simplex", "share of PageRank"),
    "published": Scale("ratio", "unit", "PageRank that leaks"),
}
#: bits; the second is of the entropy that counts impressions
MAX_ENTROPY = {"corrected": 1.38, "published": 1.69}


@method(
    slug="moral-graph",
    paper="arXiv:2404.10636",
    takes=Votes,
    gives=Values,
    family="upgrades",
    departs="entropy of the four answers, not also of impressions; PageRank without a leak; ranks by component; "
    "intervals from people drawn again (the first two are undone by mode=published)",
    exempt={"duplicates": "of a person's votes on one step the last counts, so that voting twice changes nothing"},
)
def moral_graph(
    votes: Votes | Path,
    *,
    context: Sequence[str] = (),
    cards: Path | Sequence[ValuesCard] = (),
    approvals: Path | Ratings | None = None,
    mode: Literal["corrected", "published"] = "corrected",
    weights: Literal["likelihood", "equal"] = "likelihood",
    min_wiser: float = 2.0,
    min_likelihood: float = 0.33,
    max_entropy: float | None = None,
    damping: float = 0.85,
    draws: int = 500,
    seed: int = 0,
) -> Values:
    """Rank values by the upgrades that people hold to be wiser.

    Parameters
    ----------
    votes : Votes, path or data frame
        Columns from,to,vote [,who,context,group,weight], a vote being upgrade, no_upgrade or not_sure; or published
        edges with their counts.
    context : sequence of str
        Only votes that were cast in one of these; all by default.
    cards : path or sequence of ValuesCard
        Titles of the values, by id.
    approvals : path or Ratings, optional
        Which values each person approved (who,item,value; above 0 for yes), for bridges between groups.
    mode : {"corrected", "published"}
        The entropy of the four answers and PageRank without a leak, or as in the authors' program.
    weights : {"likelihood", "equal"}
        What an edge weighs.
    min_wiser : float
        Upgrades that a step needs to count.
    min_likelihood : float
        Likelihood that it needs, up to 1.
    max_entropy : float, optional
        Entropy that it may have, in bits; by default 1.38, and 1.69 in mode "published".
    damping : float
        Probability with which PageRank follows a step, below 1.
    draws : int
        How often people are drawn again for the intervals; 0 for none.
    seed : int
        Of the draws.

    Returns
    -------
    Values
        PageRank of every value that a step which counts touches; it sums to 1, and in mode "published" to less. Notes:
        the edges, ranks by component, the wisest by context, values without an edge, cycles, bridges between groups.

    Raises
    ------
    InputError
        No votes, a step from a value to itself, an unknown context, thresholds out of range, or no step that counts.

    Examples
    --------
    >>> votes = Votes(who=["Ada", "Bo", "Cy", "Ada", "Bo", "Cy"], from_=["rules"] * 3 + ["outcomes"] * 3,
    ...               to=["judgement"] * 6, vote=["upgrade"] * 4 + ["not_sure", "upgrade"])
    >>> values = moral_graph(votes)
    >>> dict(zip(values.items, values.mean.round(3).tolist()))
    {'rules': 0.213, 'outcomes': 0.213, 'judgement': 0.574}
    """
    if mode not in SCALES:
        raise InputError(f"mode is {mode!r}; expected corrected or published")
    if draws < 0 or draws == 1:
        raise InputError(f"draws is {draws!r}; expected 0, for no intervals, or 2 and more")
    if not isinstance(votes, Votes):
        votes = Votes.from_file(votes) if isinstance(votes, str | os.PathLike) else Votes.from_frame(votes)
    given = in_context(votes, as_names(context)) if context else votes
    published = mode == "published"
    most = MAX_ENTROPY[mode] if max_entropy is None else max_entropy
    rule = Rule(min_wiser, min_likelihood, most, published, weights, damping, published)
    counted = tally(given)
    counts = counted.counts()
    ranks = rank(counted, rule, counts=counts)
    if ranks is None:
        raise InputError(_none_counts(counts, rule))
    # one person drawn again is the same person
    if draws and counted.chance.sum() > 1:
        ranks = with_intervals(ranks, counted, rule, draws=draws, rng=rng(seed, "moral graph", "people"))
    known = read_cards(cards) if isinstance(cards, str | os.PathLike) else list(cards)
    titles = titles_of(counted.values, known)
    yes = Ratings.from_file(approvals) if isinstance(approvals, str | os.PathLike) else approvals
    notes = notes_of(given, counted, counts, ranks, rule, titles, bridges(given, yes), seed=seed)
    items = tuple(titles[counted.values[at]] for at in ranks.value.tolist())
    return Values(
        items,
        ("all",),
        ranks.rank,
        ranks.low,
        ranks.high,
        scale=SCALES[mode],
        method="pool/moral_graph",
        notes={"mode": mode, "approvals": "given" if yes is not None else "not given", **notes},
    )


def _none_counts(counts: Counts, rule: Rule) -> str:
    enough = counts.wiser >= rule.min_wiser
    likely = enough & (counts.likelihood() >= rule.min_likelihood)
    return (
        f"no step counts: of {(counts.wiser + counts.not_wiser + counts.unsure > 0).sum()} that were voted on "
        f"{enough.sum()} have {rule.min_wiser:g} upgrades or more, {likely.sum()} of these a likelihood of "
        f"{rule.min_likelihood:g} or more, and none of those an entropy of {rule.max_entropy:g} bits or less; ask more "
        "people, or lower the thresholds"
    )
