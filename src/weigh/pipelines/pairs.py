"""One run beside another: evidence dilemma by dilemma on one scale, and what follows from it, as plain data.

What is compared is what both were asked: cells of frame, wording and dilemma that only one of them answered are left
out and counted. The scale is the root of the mean of both variances over those dilemmas; see `weigh.pipelines.compare`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.stats import Interval, rng, wilson
from weigh.measure._contrasts import Contrasts, mean_over
from weigh.measure.evaluative import kept_frames
from weigh.measure.gate import SHOWN
from weigh.ops.paired_profiles import NOTHING, ProfileDifference, pooled_spread, profile_difference

Array = NDArray[np.float64]

LEVEL, POWER = 0.95, 0.8
N_DRIVERS = 10
# Outside of it one run answers so much more strongly that a difference may be one of strength alone.
ALIKE = (2 / 3, 3 / 2)


@dataclass(frozen=True)
class Arm:
    """A run, or one treatment within a run, ready to be compared.

    Parameters
    ----------
    name : str
        How tables call it.
    table : Contrasts
        Its evidence, over the whole bank.
    verdict : mapping or None
        level, sentence, also: what the gate says of it; None where there is no verdict.
    graded : bool
        Whether answers carry strength; bare choices do not.
    folder : str
        Where the run lies.
    condition : str
        The treatment.
    status : str
        "complete", "interrupted", "recorded" …
    """

    name: str
    table: Contrasts
    verdict: Mapping[str, Any] | None
    graded: bool
    folder: str = ""
    condition: str = ""
    status: str = ""

    @property
    def measurable(self) -> bool:
        """Whether the gate lets a profile be shown."""
        return self.verdict is not None and self.verdict["level"] in SHOWN


@dataclass(frozen=True)
class _Evidence:
    """Both runs' evidence on the scale of their common SD: y has shape (2, n), z (2, n_wordings, n)."""

    frames: tuple[str, ...]
    y: Array
    z: Array
    rows: NDArray[np.bool_]


def _evidence(first: Arm, other: Arm, frames: tuple[str, ...]) -> _Evidence:
    tables = (first.table, other.table)
    d = np.stack([table.d[[table.frames.index(frame) for frame in frames]] for table in tables])
    # what only one of them was asked, in this frame and wording, is no pair
    d = np.where(np.isfinite(d).all(axis=0), d, np.nan)
    scale = np.array([pooled_spread(d[0, f], d[1, f]) for f in range(len(frames))])
    scale[~(scale > NOTHING)] = np.nan
    z = np.stack([mean_over(run / scale[:, None, None]) for run in d])
    y = np.stack([mean_over(run) for run in z])
    common = pooled_spread(y[0], y[1])
    common = common if common > NOTHING else 1.0
    return _Evidence(frames, y / common, z / common, np.asarray(np.isfinite(y).all(axis=0)))


def pair(first: Arm, other: Arm, place: int, *, seed: int = 0) -> dict[str, Any]:
    """Compare two arms on what both answered.

    Parameters
    ----------
    first, other : Arm
        Their tables lie over the same bank.
    place : int
        Number of `other` among the runs; 0 is the first.
    seed : int
        Of the interval of the correlation.

    Returns
    -------
    dict
        measurable, why; values sorted by disagreement; correlation, disagreement, spread, questions, notes where
        measurable.

    Raises
    ------
    InputError
        One has strengths and the other bare choices.
    """
    found: dict[str, Any] = {"first": 0, "other": place, "measurable": False, "why": "", "notes": []}
    bank = first.table.bank
    silent = [arm.name for arm in (first, other) if not arm.measurable]
    if silent:
        return found | {"why": f"not measurable: {' and '.join(silent)}", "values": _blank(bank.values)}
    if first.graded != other.graded:
        graded, bare = (first.name, other.name) if first.graded else (other.name, first.name)
        raise InputError(
            f"{graded} answers with strengths and {bare} with bare choices, which are different scales; "
            "record probabilities for both, or for neither"
        )
    kept = [[arm.table.frames[i] for i in kept_frames(arm.table)] for arm in (first, other)]
    frames = tuple(frame for frame in kept[0] if frame in kept[1])
    if not frames:
        why = "no way of asking passed its controls in both"
        return found | {"why": why, "values": _blank(bank.values)}
    evidence = _evidence(first, other, frames)
    rows, whole = evidence.rows, first.table.design()
    served = np.abs(whole[rows]).sum(axis=0) > 0
    design, names = whole[rows][:, served], [v for v, there in zip(bank.values, served, strict=True) if there]
    columns = _covariates(first.table, other.table, rows)
    covariates = np.column_stack(list(columns.values())) if columns else None
    needed = len(names) + len(columns)
    if len(names) < 2 or np.linalg.matrix_rank(design) < len(names) - 1 or rows.sum() <= needed:
        why = f"the {int(rows.sum())} dilemmas that both answered are too few to link {len(names)} values"
        return found | {"why": why, "values": _blank(bank.values)}
    y = evidence.y[:, rows]
    spreads = y.std(axis=1)
    if not (spreads > NOTHING).all():
        return found | {"why": "one of the two answers every dilemma alike", "values": _blank(bank.values)}
    fit = profile_difference(y[0], y[1], design, covariates, level=LEVEL, power=POWER, rng=rng(seed, "compare", place))
    shape = profile_difference(
        y[0] / spreads[0], y[1] / spreads[1], design, covariates, level=LEVEL, n_draws=1, rng=rng(seed, "shape")
    )
    return found | {
        "measurable": True,
        "n_dilemmas": int(rows.sum()),
        "n_left_out": int((_answered(first.table) | _answered(other.table)).sum() - rows.sum()),
        "frames": list(evidence.frames),
        "covariates": list(columns),
        "values": _rows(names, fit, shape),
        "correlation": _plain(fit.correlation),
        "disagreement": _disagreement(evidence),
        "spread": {"first": float(spreads[0]), "other": float(spreads[1]), "ratio": float(spreads[1] / spreads[0])},
        "questions": _drivers(first.table, rows, y, fit),
        "notes": _notes(first, other, evidence, y),
    }


def _answered(table: Contrasts) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(table.d).any(axis=(0, 1)))


def _covariates(first: Contrasts, other: Contrasts, rows: NDArray[np.bool_]) -> dict[str, Array]:
    """Fluency and length of the options; each run has its own fluency, so their mean and their difference."""
    a, b = (mean_over(table.fluency)[rows] for table in (first, other))
    columns = {"length": mean_over(first.words)[rows]}
    if np.isfinite(a).all() and np.isfinite(b).all():
        columns["fluency"] = (a + b) / 2
        # one model under two treatments finds the bare options equally fluent: a second column would be rounding
        if (b - a).std() > 0.02 * a.std():
            columns["difference in fluency"] = b - a
    return {name: c / c.std() for name, c in columns.items() if np.isfinite(c).all() and c.std() > NOTHING}


def _blank(names: Sequence[str]) -> list[dict[str, Any]]:
    numbers = (
        "first", "other", "difference", "low", "high", "p", "p_adjusted", "detectable", "detectable_alone",
        "own_scale_difference", "own_scale_p_adjusted",
    )  # fmt: skip
    return [{"item": name, **dict.fromkeys(numbers), "differs": None} for name in names]


def _rows(names: Sequence[str], fit: ProfileDifference, shape: ProfileDifference) -> list[dict[str, Any]]:
    found = [
        {
            "item": name,
            "first": float(fit.first[i]), "other": float(fit.other[i]), "difference": float(fit.difference[i]),
            "low": float(fit.low[i]), "high": float(fit.high[i]), "p": float(fit.p[i]),
            "p_adjusted": float(fit.p_adjusted[i]), "detectable": _or_none(fit.detectable[i]),
            "detectable_alone": _or_none(fit.detectable_alone[i]),
            "own_scale_difference": float(shape.difference[i]), "own_scale_p_adjusted": float(shape.p_adjusted[i]),
            "differs": bool(fit.p_adjusted[i] < 1 - LEVEL),
        }
        for i, name in enumerate(names)
    ]  # fmt: skip
    return sorted(found, key=lambda row: -abs(row["difference"]))


def _or_none(reach: np.floating) -> float | None:
    # without any error there is nothing to say how small a difference would have been seen
    return float(reach) if reach > NOTHING else None


def _disagreement(evidence: _Evidence) -> dict[str, Any]:
    """Share of dilemmas on which the two lean to different options, beside each run's own two wordings."""
    n, split, ties = _split(evidence.y[0], evidence.y[1])
    share = wilson(split, n, LEVEL)
    own = []
    for z in evidence.z:
        among, apart, _ = _split(z[0], z[1]) if len(z) > 1 else (0, 0, 0)
        own.append(apart / among if among else None)
    return {"n": n, "n_split": split, "n_ties": ties, **_plain(share), "between_own_wordings": own}


def _split(a: Array, b: Array) -> tuple[int, int, int]:
    both = np.isfinite(a) & np.isfinite(b)
    leans = both & (np.abs(a) > NOTHING) & (np.abs(b) > NOTHING)
    return int(leans.sum()), int((np.sign(a[leans]) != np.sign(b[leans])).sum()), int(both.sum() - leans.sum())


def _drivers(table: Contrasts, rows: NDArray[np.bool_], y: Array, fit: ProfileDifference) -> list[dict[str, Any]]:
    asked = np.flatnonzero(rows)
    found = []
    for i in np.argsort(-fit.influence, kind="stable")[:N_DRIVERS].tolist():
        item = table.bank.dilemmas[asked[i]]
        if fit.influence[i] > NOTHING:
            found.append({
                "id": item.id, "situation": item.situation, "options": list(item.options), "values": list(item.values),
                "first": float(y[0, i]), "other": float(y[1, i]), "difference": float(y[1, i] - y[0, i]),
                "influence": float(fit.influence[i]),
            })  # fmt: skip
    return found


def _notes(first: Arm, other: Arm, evidence: _Evidence, y: Array) -> list[str]:
    found = []
    if np.abs(y[1] - y[0]).max() <= NOTHING:
        found.append("Every answer is the same in both, so no difference has an error to be held against.")
    frames = [{table.frames[i] for i in kept_frames(table)} for table in (first.table, other.table)]
    if frames[0] != frames[1]:
        n = len(evidence.frames)
        found.append(f"Compared in the {n} ways of asking that passed their controls in both; each passed others too.")
    ratio = float(y[1].std() / y[0].std())
    if not ALIKE[0] < ratio < ALIKE[1]:
        found.append(
            f"{other.name} answers {ratio:.2f} times as strongly as {first.name}. Differences on one scale may then be "
            "differences of strength: look at the column in which each has its own scale."
        )
    return found


def _plain(interval: Interval) -> dict[str, float | None]:
    estimate, low, high = (float(x) if np.isfinite(x) else None for x in interval)
    return {"estimate": estimate, "low": low, "high": high}
