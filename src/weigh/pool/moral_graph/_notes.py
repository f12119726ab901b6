"""What a moral graph's result says beside its numbers: edges, components, contexts, bridges, figures, sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from weigh.core.figure import Figure, graph, intervals
from weigh.core.stats import rng
from weigh.core.votes import Votes
from weigh.pool.moral_graph.bridging import Bridge
from weigh.pool.moral_graph.edges import Counts, Tally, contexts_of, in_context, likelihood_interval, tally
from weigh.pool.moral_graph.ranking import Ranks, Rule, rank

Titles = Mapping[str, str]
SHOWN = 40  # lanes of a figure
DRAWN = 24  # values of the graph: more of their names would cover one another


def notes_of(
    votes: Votes,
    counted: Tally,
    counts: Counts,
    ranks: Ranks,
    rule: Rule,
    titles: Titles,
    bridges: Sequence[Bridge],
    *,
    seed: int,
) -> dict[str, Any]:
    names = [titles[counted.values[at]] for at in ranks.value.tolist()]
    edges = edge_rows(votes, counted, counts, ranks, rule, titles, seed=seed)
    components = component_rows(ranks, names)
    touched = set(ranks.value.tolist())
    loose = [titles[value] for at, value in enumerate(counted.values) if at not in touched]
    circles = cycles(counted, ranks, titles)
    return {
        "people": counted.named or None,
        "votes": float(counts.wiser.sum() + counts.not_wiser.sum() + counts.unsure.sum()),
        "replaced_votes": counted.replaced,
        "steps_with_votes": int(((counts.wiser + counts.not_wiser + counts.unsure) > 0).sum()),
        "steps_that_count": int(ranks.kept.sum()),
        "mass": float(ranks.rank.sum()),
        "told": told(counted, ranks, names, components, circles, loose),
        "ranks": rank_rows(ranks, names),
        "components": components,
        "cycles": circles,
        "edges": edges,
        "without_an_edge": loose,
        "contexts": context_rows(votes, rule, titles),
        "bridges": [named_bridge(one, titles) for one in bridges],
        "figures": [one.to_json() for one in figures(ranks, names, edges, components)],
    }


def edge_rows(
    votes: Votes, counted: Tally, counts: Counts, ranks: Ranks, rule: Rule, titles: Titles, *, seed: int
) -> list[dict[str, Any]]:
    kept = np.flatnonzero(ranks.kept)
    counts = Counts(*(each[kept] for each in counts))
    low, high = likelihood_interval(counts, rng(seed, "moral graph", "edges"))
    likelihood, entropy = counts.likelihood(), counts.entropy(with_impressions=rule.with_impressions)
    # where a step or the step back was judged
    places: dict[frozenset[str], dict[str, None]] = {}
    for a, b, cell in zip(votes.from_.tolist(), votes.to.tolist(), votes.context.tolist(), strict=True):
        places.setdefault(frozenset((a, b)), {}).update(dict.fromkeys(one for one in cell.split("|") if one))
    rows = []
    for at, step in enumerate(kept.tolist()):
        a, b = (counted.values[int(ends[step])] for ends in (counted.source, counted.target))
        rows.append({
            "from": titles[a], "to": titles[b], "likelihood": likelihood[at], "low": low[at], "high": high[at],
            "entropy": entropy[at], **{name: getattr(counts, name)[at] for name in Counts._fields},
            "contexts": "|".join(places[frozenset((a, b))]),
        })  # fmt: skip
    return sorted(rows, key=lambda row: (-row["likelihood"], -row["wiser"]))


def component_rows(ranks: Ranks, names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "component": one + 1,
            "values": int((ranks.component == one).sum()),
            "share": float(ranks.rank[ranks.component == one].sum() / ranks.rank.sum()),
            "wisest": [names[at] for at in ranks.wisest(one).tolist()],
        }
        for one in range(int(ranks.component.max()) + 1)
    ]


def rank_rows(ranks: Ranks, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    within = ranks.within()
    rows = {}
    for at in np.lexsort((-within, ranks.component)).tolist():
        above = (ranks.component == ranks.component[at]) & (within > within[at] * (1 + 1e-9))
        rows[names[at]] = {
            "component": int(ranks.component[at]) + 1,
            "place": int(above.sum()) + 1,
            "share_within": within[at],
            "first_in_draws": None if ranks.first is None else ranks.first[at],
        }
    return rows


def cycles(counted: Tally, ranks: Ranks, titles: Titles) -> list[list[str]]:
    """Sets of values each of which steps lead back to: there nothing is wisest by the steps alone."""
    import networkx as nx

    net = nx.DiGraph(zip(counted.source[ranks.kept].tolist(), counted.target[ranks.kept].tolist(), strict=True))
    found = [sorted(part) for part in nx.strongly_connected_components(net) if len(part) > 1]
    return [[titles[counted.values[at]] for at in part] for part in sorted(found)]


def context_rows(votes: Votes, rule: Rule, titles: Titles) -> dict[str, dict[str, Any]]:
    """The wisest in each context, from the votes of that context alone."""
    rows = {}
    for context in contexts_of(votes):
        here = in_context(votes, (context,))
        # a context whose votes all weigh nothing has no tally
        counted = tally(here) if (here.weight > 0).any() else None
        ranks = None if counted is None else rank(counted, rule)
        row: dict[str, Any] = {"votes": float(here.weight.sum()), "steps_that_count": 0, "components": 0, "wisest": []}
        if counted is not None and ranks is not None:
            tops = [ranks.wisest(one).tolist() for one in range(int(ranks.component.max()) + 1)]
            row["steps_that_count"], row["components"] = int(ranks.kept.sum()), len(tops)
            row["wisest"] = [titles[counted.values[int(ranks.value[at])]] for top in tops for at in top]
        rows[context] = row
    return rows


def named_bridge(bridge: Bridge, titles: Titles) -> dict[str, Any]:
    row = bridge._asdict()
    return {**row, **{name: titles[row[name]] for name in ("from_first", "from_other", "to")}}


def figures(
    ranks: Ranks, names: Sequence[str], edges: Sequence[Mapping[str, Any]], components: Sequence[Any]
) -> list[Figure]:
    several = len(components) > 1
    order = np.argsort(-ranks.rank, kind="stable").tolist()
    high = {names[at] for at in order[:DRAWN]}
    steps = [
        {"source": edge["from"], "target": edge["to"], "weight": min(1.0, float(edge["likelihood"]))}
        for edge in edges
        if {edge["from"], edge["to"]} <= high
    ]
    # one that only lower values lead to would float about without an arrow
    there = {end for step in steps for end in (step["source"], step["target"])} or high
    nodes = [
        {
            "name": names[at],
            "weight": ranks.rank[at],
            **({"series": f"component {ranks.component[at] + 1}"} if several else {}),
        }
        for at in order
        if names[at] in there
    ]
    part = f" {len(nodes)} of the {DRAWN} highest of {len(names)} values are linked and drawn."
    part = part if len(nodes) < len(names) else ""
    lanes = [
        {
            "item": names[at],
            "mean": ranks.rank[at],
            "low": None if ranks.low is None else ranks.low[at],
            "high": None if ranks.high is None else ranks.high[at],
        }
        for at in order[:SHOWN]
    ]
    drawn = [
        {"item": f"{edge['from']} → {edge['to']}", "mean": edge["likelihood"], "low": edge["low"], "high": edge["high"]}
        for edge in edges[:SHOWN]
    ]
    return [
        graph("Moral graph", nodes, steps, note=f"An arrow leads to the value held wiser; larger is wiser.{part}"),
        intervals("Wisdom of each value", lanes, unit="PageRank", note="Comparable within a component only."),
        intervals(
            "Likelihood that a step is wiser", drawn, unit="wiser less less wise, by votes",
            note="Each interval is from the votes on that step alone.",
        ),
    ]  # fmt: skip


def told(
    counted: Tally,
    ranks: Ranks,
    names: Sequence[str],
    components: Sequence[Mapping[str, Any]],
    circles: Sequence[Sequence[str]],
    loose: Sequence[str],
) -> list[str]:
    top: list[int] = ranks.wisest(0).tolist()
    wisest = [str(names[at]) for at in top]
    sure = "" if ranks.first is None else f", first in {ranks.first[top].sum():.0%} of the draws"
    said = [f"Wisest of {components[0]['values']} linked values: {', '.join(wisest)}{sure}."]
    around = next((one for one in circles if set(wisest) & set(one)), None)
    if around:
        said.append(
            f"Steps also lead away from it and back, around {len(around)} values: within that circle it is the weight "
            "of votes that puts one above another, and no chain of upgrades."
        )
    if len(components) > 1:
        sizes = ", ".join(str(one["values"]) for one in components)
        said.append(
            f"The graph falls into {len(components)} components of {sizes} values that no step links: a share compares "
            "values within one only."
        )
    if loose:
        said.append(f"{len(loose)} values have no step that counts and are not ranked.")
    if not counted.named:
        said.append("No vote bears a name, so each is drawn again as if another person had cast it.")
    return said
