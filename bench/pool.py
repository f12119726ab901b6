"""Pooling many people: geometric and robust centres, credal ranking, TOPSIS on clouds; time, memory and growth.

References are bare numpy for the geometric mean, one t test a pair by scipy for the credal ranking, and pymcdm's TOPSIS
for clouds without width, whose scores must agree to 1e-12. scikit-criteria takes part where WEIGH_PEERS names the
Python of an environment that has it (it asks for an older numpy); arrays go there and back as .npy. Peak memory is that
of a process of its own, with and without the pooling, so that the difference is the pooling's.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.page import TIMED
from bench.timing import Row, in_turns
from weigh.core.stats import rng
from weigh.ops.clouds import Clouds, closeness
from weigh.ops.credal_ranking import parametric_order, signed_rank_order
from weigh.ops.location import mean_location, spatial_median, welsch_location
from weigh.ops.location_error import location_covariance
from weigh.ops.log_ratios import clr

PEERS = os.environ.get("WEIGH_PEERS", "")
N_COSTS = 4
RATINGS = """
import numpy as np
from weigh.core.evidence import Ratings
k, n = {k}, {n}
shares = np.random.default_rng(0).dirichlet(np.full(n, 2.0), size=k)
people, items = [f"p{{i}}" for i in range(k)], [f"c{{j}}" for j in range(n)]
given = Ratings(who=np.repeat(np.array(people, dtype=object), n), item=items * k, value=shares.ravel())
"""
POOL = """
from weigh.pool.compositional import compositional
compositional(given, centre={centre!r}, opinions=1)
"""
SCIKIT_CRITERIA = """
import json, sys, time
import numpy as np
import skcriteria
from skcriteria.agg.similarity import TOPSIS
from skcriteria.preprocessing.scalers import MinMaxScaler
x, w, sign = (np.load(f"{sys.argv[1]}/{name}.npy") for name in ("x", "w", "sign"))
def run():
    return TOPSIS().evaluate(MinMaxScaler(target="matrix").transform(skcriteria.mkdm(x, sign.tolist(), weights=w)))
answer, times = run(), []
for _ in range(int(sys.argv[2])):
    began = time.process_time()
    answer = run()
    times.append(time.process_time() - began)
np.save(f"{sys.argv[1]}/similarity.npy", answer.e_.similarity)
print(json.dumps(sorted(times)[len(times) // 2]))
"""


def bench(*, tiny: bool = False) -> list[Row]:
    """Processor time, peak memory, and how both grow."""
    return [*_centres(tiny=tiny), *_memory(tiny=tiny), *_credal(tiny=tiny), *_clouds(tiny=tiny)]


def _centres(*, tiny: bool) -> list[Row]:
    k, n = (500, 8) if tiny else (100_000, 50)
    shares = rng(0, "shares").dirichlet(np.full(n, 2.0), size=k)

    def plain() -> np.ndarray:
        found = np.exp(np.log(shares).mean(axis=0))
        return found / found.sum()

    def with_errors() -> None:
        z = clr(shares)
        location_covariance(z, mean_location(z))

    contenders: dict[str, Callable[[], object]] = {
        "numpy exp(mean(log))": plain,
        "geometric with its covariance": with_errors,
        "spatial median": lambda: spatial_median(clr(shares)),
        "Welsch": lambda: welsch_location(clr(shares)),
    }
    taken = in_turns(contenders, rounds=1 if tiny else 3)
    title, reference = f"{k} × {n}", taken["numpy exp(mean(log))"]
    rows = [
        Row("pool", f"{title}, {name}", time, "CPU s", None if call is plain else reference / time)
        for (name, time), call in zip(taken.items(), contenders.values(), strict=True)
    ]
    sizes = (k // 100, k // 10, k)
    calls = {size: (lambda size=size: welsch_location(clr(shares[:size]))) for size in sizes}
    return [*rows, _growth("Welsch", "people", calls, tiny=tiny)]


def _memory(*, tiny: bool) -> list[Row]:
    n, rows = (8 if tiny else 50), []
    for k in (200, 400) if tiny else (10_000, 30_000, 100_000):
        made = RATINGS.format(k=k, n=n)
        bare, before = _measured(made)
        matrix = 8 * k * n / 2**20
        for centre in ("geometric",) if k < 100_000 else ("geometric", "welsch"):
            taken, peak = _measured(made + POOL.format(centre=centre))
            note = f"beyond the ratings' own {before:.0f} MiB; the matrix of shares is {matrix:.1f} MiB"
            title = f"{k} × {n}, {centre} from ratings"
            more = max(peak - before, 0.0)
            rows.append(Row("pool", title, taken - bare, "CPU s", None, watched=False))
            rows.append(Row("pool", f"{title}, memory", more, "MiB", None, note, watched=False))
    return rows


def _credal(*, tiny: bool) -> list[Row]:
    from scipy.stats import ttest_1samp

    k, n = (40, 5) if tiny else (1000, 50)
    z = clr(rng(1, "shares").dirichlet(np.full(n, 2.0), size=k))
    i, j = np.triu_indices(n, 1)

    def tests() -> np.ndarray:
        return np.array([1 - ttest_1samp(z[:, a] - z[:, b], 0, alternative="greater").pvalue for a, b in zip(i, j)])  # noqa: B905

    def parametric() -> np.ndarray:
        found = mean_location(z)
        return parametric_order(found.point, location_covariance(z, found), k - 1)[i, j]

    apart = float(np.abs(parametric() - tests()).max())
    if apart > 1e-9:
        raise AssertionError(f"credal rankings differ from t tests by {apart:.2g}; expected 1e-9 at most")
    contenders: dict[str, Callable[[], object]] = {
        "a t test a pair": tests,
        "parametric": parametric,
        "signed rank": lambda: signed_rank_order(z, rng=rng(0, "draws")),
    }
    taken = in_turns(contenders, rounds=1 if tiny else 3)
    return [
        Row(
            "pool", f"credal {k} × {n}, {name}", time, "CPU s",
            None if name == "a t test a pair" else taken["a t test a pair"] / time,
        )
        for name, time in taken.items()
    ]  # fmt: skip


def _clouds(*, tiny: bool) -> list[Row]:
    n, m = (300, 6) if tiny else (100_000, 12)
    chance = rng(2, "table")
    x = np.exp(0.5 * chance.standard_normal((n, m))) * np.exp(chance.normal(0, 2, m))
    w, sign = chance.dirichlet(np.full(m, 3.0)), np.where(np.arange(m) < m - N_COSTS, 1, -1)
    en, none = 0.1 * x * chance.random(x.shape), np.zeros_like(x)
    found: dict[str, np.ndarray] = {}

    def put(name: str, score: Callable[[], np.ndarray]) -> Callable[[], None]:
        def call() -> None:
            found[name] = score()
            np.argsort(-found[name], kind="stable")

        return call

    contenders = {
        "weigh, clouds": put("weigh, clouds", lambda: closeness(Clouds(x, en, 0.1 * en), w, sign < 0)),
        "weigh, no width": put("weigh, no width", lambda: closeness(Clouds(x, none, none), w, sign < 0)),
    }
    has_peer = importlib.util.find_spec("pymcdm") is not None
    if has_peer:
        from pymcdm.methods import TOPSIS

        contenders["pymcdm, no width"] = put("pymcdm", lambda: TOPSIS()(x, w, sign, validation=False))
    taken = in_turns(contenders, rounds=1 if tiny else 7)
    if has_peer and (apart := float(np.abs(found["pymcdm"] - found["weigh, no width"]).max())) > 1e-12:
        raise AssertionError(f"closeness differs from pymcdm's by {apart:.2g}; expected 1e-12 at most")
    title, note, sk = f"TOPSIS {n} × {m}", "", None
    if PEERS:
        sk, similarity = _scikit_criteria(x, w, sign, rounds=1 if tiny else 7)
        note = f"largest difference {np.abs(similarity - found['weigh, no width']).max():.1g}"
    reference = sk or taken.get("pymcdm, no width")
    rows = [
        Row("pool", f"{title}, {name}", time, "CPU s", reference / time if reference and time != reference else None)
        for name, time in taken.items()
    ]
    missing = "WEIGH_PEERS names no Python that has it"
    rows.append(Row("pool", f"{title}, scikit-criteria", sk or math.nan, "CPU s" if sk else "", None, note or missing,
                    watched=False))  # fmt: skip
    sizes = (n // 100, n // 10, n)
    calls = {
        size: (lambda size=size: closeness(Clouds(x[:size], en[:size], en[:size]), w, sign < 0)) for size in sizes
    }  # fmt: skip
    return [*rows, _growth("TOPSIS on clouds", "alternatives", calls, tiny=tiny)]


def _growth(name: str, of: str, calls: dict[int, Callable[[], object]], *, tiny: bool) -> Row:
    taken = in_turns({str(n): call for n, call in calls.items()}, rounds=1 if tiny else 5)
    sizes = sorted(calls)
    power = math.log(max(taken[str(sizes[-1])], 1e-9) / max(taken[str(sizes[0])], 1e-9)) / math.log(
        sizes[-1] / sizes[0]
    )
    note = ", ".join(f"{n} {of}: {taken[str(n)]:.3g} s" for n in sizes)
    return Row("pool", f"{name}, growth", power, "power of n", None, note, watched=False)


def _measured(body: str) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-c", TIMED.format(body=body), "."], capture_output=True, text=True, check=False
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    taken, peak = json.loads(done.stdout.splitlines()[-1])
    return taken, peak


def _scikit_criteria(x: np.ndarray, w: np.ndarray, sign: np.ndarray, *, rounds: int) -> tuple[float, np.ndarray]:
    with tempfile.TemporaryDirectory() as folder:
        for name, array in (("x", x), ("w", w), ("sign", sign)):
            np.save(Path(folder) / f"{name}.npy", array)
        done = subprocess.run(
            [PEERS, "-c", SCIKIT_CRITERIA, folder, str(rounds)], capture_output=True, text=True, check=False
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        return json.loads(done.stdout.splitlines()[-1]), np.load(Path(folder) / "similarity.npy")
