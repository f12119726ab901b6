"""Density ratios of causal mechanisms between two tables, cross-fitted, with what the classifiers say of themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.frames import as_names, listed
from weigh.core.stats import rng
from weigh.credit._tables import features, standardised
from weigh.ops.density_ratio import conditional_ratio, ratio_of_counts, ratio_of_probability

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Mechanism:
    """P(node | parents), and its density ratio at each row of the source."""

    node: str
    parents: tuple[str, ...]
    ratio: Array

    @property
    def name(self) -> str:
        """P(node | parents), or P(node)."""
        return f"P({self.node} | {', '.join(self.parents)})" if self.parents else f"P({self.node})"


def mechanisms(
    here: Mapping[str, Any],
    there: Mapping[str, Any],
    parents: Mapping[str, tuple[str, ...]],
    nodes: Mapping[str, Sequence[str]],
    exclude: Sequence[str],
    *,
    ratio: Any,
    folds: int,
    clip: float | None,
    seed: int,
) -> tuple[list[Mechanism], dict[str, Any]]:
    """The mechanisms of a graph with their ratios, and diagnostics of the comparison of each set of nodes."""
    exclude = as_names(exclude)
    unknown = [node for node in (*nodes, *exclude) if node not in parents]
    if unknown:
        raise InputError(f"the graph has no node {unknown[0]!r}; it has {', '.join(parents)}")
    held = {node: as_names(nodes.get(node, node)) for node in parents}
    for name in sorted({name for names in held.values() for name in names}):
        for table, where in ((here, "source"), (there, "target")):
            if name not in table:
                raise InputError(f"the {where} has no column {name!r}; it has {', '.join(table)}")
    if clip is not None and not 0.5 < clip < 1:
        raise InputError(f"clip_probability is {clip!r}; expected a number above .5 and below 1, such as .99")
    if folds < 2:
        raise InputError(f"folds is {folds!r}; expected 2 or more")
    n_here, n_there = len(next(iter(here.values()))), len(next(iter(there.values())))
    fold = [rng(seed, "folds", side).permutation(n) % folds for side, n in (("source", n_here), ("target", n_there))]
    cache: dict[frozenset[str], tuple[Array, dict[str, Any]]] = {}

    def compared(members: Sequence[str]) -> Array:
        key = frozenset(members)
        if key not in cache:
            # in the graph's order, so that the same set is compared in the same way
            names = [name for node in parents if node in key for name in held[node]]
            cache[key] = _compared(here, there, names, ratio, fold, clip, seed)
        return cache[key][0]

    found = []
    for node, causes in parents.items():
        if node in exclude:
            continue
        joint = compared((node, *causes))
        found.append(Mechanism(node, causes, conditional_ratio(joint, compared(causes)) if causes else joint))
    if len(found) < 2:
        raise InputError(f"there are {len(found)} mechanisms to divide a change among; expected two or more")
    told = {", ".join(node for node in parents if node in key): facts for key, (_, facts) in cache.items()}
    return found, {"compared": told}


def _compared(
    here: Mapping[str, Any], there: Mapping[str, Any], names: list[str], ratio: Any, fold: list[NDArray[np.int64]],
    clip: float | None, seed: int,
) -> tuple[Array, dict[str, Any]]:  # fmt: skip
    both = {name: [*listed(here[name]), *listed(there[name])] for name in names}
    design = features(both, names)
    n = len(fold[0])
    if isinstance(ratio, str) and ratio == "counts":
        found = ratio_of_counts(design[:n], design[n:])
        return found, {"outside_target": float((found == 0).mean())}
    design = standardised(design, np.ones(len(design), dtype=bool))
    label = (np.arange(len(design)) >= n).astype(int)
    part = np.concatenate(fold)
    p, found = np.empty(len(design)), np.empty(n)
    for k in range(int(part.max()) + 1):
        test = part == k
        train = ~test
        sizes = np.bincount(label[train], minlength=2)
        if sizes.min() < 2:
            raise InputError(
                f"a fold trains on {sizes[0]} source and {sizes[1]} target rows; give more rows or fewer folds"
            )
        model = _classifier(ratio, seed)
        try:
            p[test] = model.fit(design[train], label[train]).predict_proba(design[test])[:, 1]
        except ValueError as error:
            raise InputError(
                f"{model!r} cannot be fitted to {sizes[0]} source and {sizes[1]} target rows ({error}); give more, or "
                "another ratio="
            ) from error
        inside = np.flatnonzero(test[:n])
        bounded = p[inside] if clip is None else np.clip(p[inside], 1 - clip, clip)
        found[inside] = ratio_of_probability(bounded, int(sizes[0]), int(sizes[1]))
    from sklearn.metrics import brier_score_loss, roc_auc_score

    clipped = 0.0 if clip is None else float(np.mean((p[:n] < 1 - clip) | (p[:n] > clip)))
    told = {"auc": float(roc_auc_score(label, p)), "brier": float(brier_score_loss(label, p)), "clipped": clipped}
    return found, told


def _classifier(ratio: Any, seed: int) -> Any:
    if ratio == "boosting":
        from sklearn.ensemble import HistGradientBoostingClassifier

        options: dict[str, Any] = {"max_leaf_nodes": 15, "early_stopping": True, "random_state": seed % 2**32}
        return HistGradientBoostingClassifier(**options)
    if ratio == "logistic":
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(max_iter=1000)
    if isinstance(ratio, str) or not hasattr(ratio, "fit") or not hasattr(ratio, "predict_proba"):
        raise InputError(f"ratio is {ratio!r}; expected 'boosting', 'logistic', 'counts' or a probabilistic classifier")
    from sklearn.base import clone

    return clone(ratio)
