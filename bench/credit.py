"""Values of data and players: the closed form for neighbours, truncated Monte Carlo, exact Shapley values.

References are what anybody would write: the recursion test row by test row, and scikit-learn refitted for every row of
every order. pyDVL takes part where it is installed (with --no-deps, as it declares numpy below 2 and runs on a newer
one); it gets the same v(∅). Answers must agree: neighbours to 1e-10; of sampled values, whose orders differ, the share
of flipped labels among the lowest fifth is noted. Growth is told as the power of n.
"""

from __future__ import annotations

import importlib.util
import math
import warnings
from collections.abc import Callable

import numpy as np

from bench.timing import Row, in_turns
from weigh.core.stats import rng
from weigh.credit.data_shapley import Rows, data_shapley
from weigh.ops.game import semivalue, shapley_sizes
from weigh.ops.knn_shapley import knn_shapley

K = 5
HAS_PYDVL = importlib.util.find_spec("pydvl") is not None


def bench(*, tiny: bool = False) -> list[Row]:
    """Processor time of each, and how it grows."""
    return [*_neighbours(tiny=tiny), *_orders(tiny=tiny), *_exact(tiny=tiny)]


def _neighbours(*, tiny: bool) -> list[Row]:
    sizes = (100, 200, 400) if tiny else (1250, 2500, 5000)
    n_test = 20 if tiny else 500
    chance = rng(0, "neighbours")
    centre = chance.normal(0, 1.2, (3, 16))
    y = chance.integers(0, 3, sizes[-1] + n_test)
    X = centre[y] + chance.standard_normal((len(y), 16))
    flipped = chance.random(len(y)) < 0.1
    label = np.where(flipped, chance.integers(0, 3, len(y)), y)
    test = (X[sizes[-1] :], y[sizes[-1] :])
    whole = (X[: sizes[-1]], label[: sizes[-1]], *test)
    found: dict[str, np.ndarray] = {}

    def put(name: str, values: Callable[[], np.ndarray]) -> Callable[[], None]:
        def call() -> None:
            found[name] = values()

        return call

    contenders = {
        "row by row": put("row by row", lambda: _row_by_row(*whole)),
        "weigh": put("weigh", lambda: knn_shapley(*whole, k=K)),
    }
    if HAS_PYDVL:
        contenders["pyDVL"] = put("pyDVL", lambda: _pydvl_neighbours(*whole))
    taken = in_turns(contenders, rounds=1 if tiny else 5)
    apart = max(float(np.abs(values - found["row by row"]).max()) for values in found.values())
    if apart > 1e-10:
        raise AssertionError(f"values of neighbours differ by {apart:.2g}; expected 1e-10 at most")
    title = f"KNN {sizes[-1]} × {n_test}"
    rows = [
        Row("credit", f"{title}, {name}", time, "CPU s", None if name == "row by row" else taken["row by row"] / time)
        for name, time in taken.items()
    ]
    if not HAS_PYDVL:
        rows.append(_no_peer(title))
    calls = {n: (lambda n=n: knn_shapley(X[:n], label[:n], *test, k=K)) for n in sizes}
    return [*rows, _growth("KNN", "rows", calls, tiny=tiny)]


def _orders(*, tiny: bool) -> list[Row]:
    n, n_orders = (30, 2) if tiny else (100, 20)
    rows, flipped = _tabular(n)
    found: dict[str, np.ndarray] = {}

    def ours(tolerance: float) -> np.ndarray:
        return data_shapley(rows, permutations=n_orders, tolerance=tolerance).mean

    contenders: dict[str, Callable[[], np.ndarray]] = {
        "refitted loop": lambda: _refitted(rows, n_orders),
        "weigh, whole": lambda: ours(0.0),
        "weigh, truncated": lambda: ours(0.02),
    }
    if HAS_PYDVL:
        contenders["pyDVL, truncated"] = lambda: _pydvl_orders(rows, n_orders)

    def put(name: str) -> Callable[[], None]:
        def call() -> None:
            found[name] = contenders[name]()

        return call

    taken = in_turns({name: put(name) for name in contenders}, rounds=1 if tiny else 3)
    title = f"TMC {n_orders} × {n}"
    shown = []
    for name, time in taken.items():
        low = np.argsort(found[name])[: len(flipped)]
        note = f"flipped in lowest: {np.isin(flipped, low).mean():.2f}, sum {found[name].sum():.3f}"
        ratio = None if name == "refitted loop" else taken["refitted loop"] / time
        shown.append(Row("credit", f"{title}, {name}", time, "CPU s", ratio, note))
    if not HAS_PYDVL:
        shown.append(_no_peer(title))
    games = {size: _tabular(size)[0] for size in ((10, 20, 30) if tiny else (50, 100, 200))}
    calls = {size: (lambda game=game: data_shapley(game, permutations=n_orders)) for size, game in games.items()}
    return [*shown, _growth("TMC", "rows", calls, tiny=tiny)]


def _exact(*, tiny: bool) -> list[Row]:
    sizes = (8, 9, 10) if tiny else (16, 18, 20)
    tables = {n: rng(0, "game", n).random(1 << n) for n in sizes}
    calls = {n: (lambda n=n: semivalue(tables[n], shapley_sizes(n))) for n in sizes}
    taken = in_turns({str(n): call for n, call in calls.items()}, rounds=1 if tiny else 5)
    due = semivalue(tables[sizes[-1]], shapley_sizes(sizes[-1]))
    missed = abs(float(due.sum() - tables[sizes[-1]][-1] + tables[sizes[-1]][0]))
    return [
        Row("credit", f"exact, {n} players", taken[str(n)], "CPU s", note=f"sum off by {missed:.1g}" * (n == sizes[-1]))
        for n in sizes
    ]


def _growth(name: str, of: str, calls: dict[int, Callable[[], object]], *, tiny: bool) -> Row:
    taken = in_turns({str(n): call for n, call in calls.items()}, rounds=1 if tiny else 3)
    sizes = sorted(calls)
    power = math.log(taken[str(sizes[-1])] / max(taken[str(sizes[0])], 1e-9)) / math.log(sizes[-1] / sizes[0])
    note = ", ".join(f"{n} {of}: {taken[str(n)]:.3g} s" for n in sizes)
    return Row("credit", f"{name}, growth", power, "power of n", None, note, watched=False)


def _no_peer(title: str) -> Row:
    return Row("credit", f"{title}, pyDVL", float("nan"), "", None, "pyDVL is not installed", watched=False)


def _row_by_row(X: np.ndarray, y: np.ndarray, X_test: np.ndarray, y_test: np.ndarray) -> np.ndarray:
    n, total = len(X), np.zeros(len(X))
    for x, wanted in zip(X_test, y_test, strict=True):
        order = np.argsort(((X - x) ** 2).sum(axis=1))
        match = (y[order] == wanted).astype(float)
        due = np.zeros(n)
        due[-1] = match[-1] * min(K, n) / (K * n)
        for i in range(n - 2, -1, -1):
            due[i] = due[i + 1] + (match[i] - match[i + 1]) / K * min(K, i + 1) / (i + 1)
        total[order] += due
    return total / len(X_test)


def _tabular(n: int) -> tuple[Rows, np.ndarray]:
    chance = rng(1, "tabular", n)
    X = chance.standard_normal((n + 100, 13))
    y = (X @ chance.standard_normal(13) + 0.5 * chance.standard_normal(n + 100) > 0).astype(int)
    flipped = chance.permutation(n)[: n // 5]
    label = y[:n].copy()
    label[flipped] = 1 - label[flipped]
    return Rows(X[:n], label, X[n:], y[n:]), flipped


def _refitted(rows: Rows, n_orders: int) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    chance, due = rng(0, "loop"), np.zeros(len(rows.X))
    empty = np.bincount(rows.y_test).max() / len(rows.y_test)
    for _ in range(n_orders):
        order, before = chance.permutation(len(rows.X)), empty
        for k in range(1, len(order) + 1):
            seen = order[:k]
            after = before
            if len(set(rows.y[seen])) > 1:
                after = LogisticRegression().fit(rows.X[seen], rows.y[seen]).score(rows.X_test, rows.y_test)
            due[order[k - 1]] += after - before
            before = after
    return due / n_orders


def _pydvl_neighbours(X: np.ndarray, y: np.ndarray, X_test: np.ndarray, y_test: np.ndarray) -> np.ndarray:
    pydvl = importlib.import_module("pydvl.valuation")
    from sklearn.neighbors import KNeighborsClassifier

    valuation = pydvl.KNNShapleyValuation(KNeighborsClassifier(K), pydvl.Dataset(X_test, y_test), progress=False)
    return np.asarray(valuation.fit(pydvl.Dataset(X, y)).result.values)


def _pydvl_orders(rows: Rows, n_orders: int) -> np.ndarray:
    pydvl = importlib.import_module("pydvl.valuation")
    from sklearn.linear_model import LogisticRegression

    empty = float(np.bincount(rows.y_test).max() / len(rows.y_test))
    test = pydvl.Dataset(rows.X_test, rows.y_test)
    scorer = pydvl.SupervisedScorer("accuracy", test, default=empty, range=(0, 1))
    utility = pydvl.ModelUtility(LogisticRegression(), scorer, catch_errors=True, show_warnings=False)
    sampler = pydvl.PermutationSampler(truncation=pydvl.RelativeTruncation(rtol=0.01), seed=0)
    valuation = pydvl.ShapleyValuation(utility, sampler, is_done=pydvl.MinUpdates(n_orders), progress=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        valuation.fit(pydvl.Dataset(rows.X, rows.y))
    return np.asarray(valuation.result.values)
