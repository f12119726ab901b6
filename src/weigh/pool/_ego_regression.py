"""The second stage of influence: regressions on what bounded confidence foretells, tested on unseen ego networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.stats import rng
from weigh.ops.confidence_fit import Confidence, Panel, Search, fit_confidence
from weigh.ops.opinion_dynamics import heard_friends
from weigh.pool._waves import Waves

Array = NDArray[np.float64]

MOST_FOLDS = 5


def compare_regressions(
    waves: Waves,
    move: Any,
    fits: Mapping[int, Confidence],
    foretold: Array,
    *,
    refit: tuple[int, ...],
    search: Search,
    seed: int,
) -> tuple[Array, dict[str, Any]]:
    """Held-out errors of each regression and of bounded confidence alone, and the next wave by the support vectors.

    In each fold ε and μ are found anew on the training networks, as otherwise the test networks would have helped.
    """
    n_egos = len(np.unique(waves.ego))
    if n_egos < 3:
        raise InputError(
            f"there are {n_egos} ego networks; the second stage needs three or more, as it is tested on networks that "
            "it has not seen: name them in a column 'ego', or leave the second stage out"
        )
    shared = len({id(fit) for fit in fits.values()}) < len(fits)
    fold = _folds(waves.ego, min(MOST_FOLDS, n_egos), seed)
    errors: dict[str, list[Array]] = {}
    for k in range(fold.max() + 1):
        train = fold != k
        again = _refitted(waves, move, train, shared, refit, search, seed)
        X, y, who, _ = _rows(waves, move, again)
        seen = train[who]
        guesses = {"no change": X[~seen, 0], "bounded confidence": X[~seen, 1]}
        for name, model in _regressions(waves.ego[who[seen]], seed).items():
            guesses[name] = model().fit(X[seen], y[seen]).predict(X[~seen])
        for name, guess in guesses.items():
            errors.setdefault(name, []).append((guess - y[~seen]) ** 2)
    X, y, who, _ = _rows(waves, move, fits)
    model = _regressions(waves.ego[who], seed)["svr"]().fit(X, y)
    found = foretold.copy()
    for j in range(len(waves.items)):
        here = ~np.isnan(waves.last[:, j])
        state = waves.last[here, j]
        mean, count = heard_friends(state, waves.among(here), fits[j].epsilon)
        found[here, j] = model.predict(np.column_stack([state, foretold[here, j], mean, count]))
    mse = {name: float(np.concatenate(parts).mean()) for name, parts in errors.items()}
    return found, {"ego_networks": n_egos, "folds": int(fold.max()) + 1, "held_out_mse": mse}


def _regressions(ego: NDArray[np.int64], seed: int) -> dict[str, Callable[[], Any]]:
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
    from sklearn.linear_model import LinearRegression, RidgeCV
    from sklearn.model_selection import GridSearchCV, GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVR

    chance = int(rng(seed, "second stage").integers(2**31))
    inner = list(GroupKFold(min(3, len(np.unique(ego)))).split(ego, groups=ego)) if len(np.unique(ego)) > 1 else 3
    grid = {"svr__C": [0.1, 1.0, 10.0], "svr__gamma": [0.03, 0.1, 0.3]}
    svr = make_pipeline(StandardScaler(), SVR(epsilon=0.005))
    return {
        "svr": lambda: GridSearchCV(svr, grid, cv=inner, scoring="neg_mean_squared_error"),
        "linear": LinearRegression,
        "ridge": lambda: make_pipeline(StandardScaler(), RidgeCV(np.logspace(-4, 3, 15))),
        "random forest": lambda: RandomForestRegressor(200, min_samples_leaf=3, random_state=chance),
        "boosting": lambda: GradientBoostingRegressor(random_state=chance),
    }


def _folds(ego: NDArray[np.int64], n: int, seed: int) -> NDArray[np.int64]:
    # the largest networks first, each into the fold that is smallest so far
    names, size = np.unique(ego, return_counts=True)
    order = rng(seed, "folds").permutation(len(names))
    order = order[np.argsort(-size[order], kind="stable")]
    full, place = np.zeros(n), np.zeros(len(names), dtype=np.int64)
    for at in order.tolist():
        place[at] = int(full.argmin())
        full[place[at]] += size[at]
    return place[np.searchsorted(names, ego)]


def _refitted(
    waves: Waves, move: Any, train: NDArray[np.bool_], shared: bool, steps: tuple[int, ...], search: Search, seed: int
) -> dict[int, Confidence]:
    n = len(waves.items)
    found: dict[int, Confidence] = {}
    for group in [list(range(n))] if shared else [[j] for j in range(n)]:
        panels = [panel for j in group for _, _, panel in _panels(waves, j, train)]
        fit = fit_confidence(panels, move, steps=steps, search=search, rng=rng(seed, "search"))
        found |= dict.fromkeys(group, fit)
    return found


def _panels(waves: Waves, j: int, kept: NDArray[np.bool_] | None = None) -> list[tuple[int, Array, Panel]]:
    from weigh.pool._waves import panel_of

    found = []
    for t in range(len(waves.names) - 1):
        panel = panel_of(waves, t, j)
        if panel is not None:
            who = np.flatnonzero(~np.isnan(waves.value[t, :, j]))
            weight = panel.weight if kept is None else np.where(kept[who], panel.weight, 0.0)
            if (weight > 0).any():
                found.append((t, who, panel._replace(weight=weight)))
    return found


def _rows(waves: Waves, move: Any, fits: Mapping[int, Confidence]) -> tuple[Array, Array, Any, Any]:
    """Own value, what is foretold, mean and number of the friends that are heard; what came; whose; which value."""
    X, y, people, items = [], [], [], []
    for j in range(len(waves.items)):
        fit = fits[j]
        for _, who, panel in _panels(waves, j):
            came = move(panel.before, panel.ties, np.array([fit.epsilon]), np.array([fit.mu]), fit.steps)[0]
            mean, count = heard_friends(panel.before, panel.ties, fit.epsilon)
            known = panel.weight > 0
            X.append(np.column_stack([panel.before, came, mean, count])[known])
            y.append(panel.after[known])
            people.append(who[known])
            items.append(np.full(known.sum(), j))
    return np.concatenate(X), np.concatenate(y), np.concatenate(people), np.concatenate(items)
