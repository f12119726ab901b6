"""What stands beside the distances: constant answerers, support by topic, portraits, steering, and coverage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.banks.bank import Bank
from weigh.banks.value_consistency import PORTRAITS, SUPPORTS
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.finding import Finding
from weigh.core.stats import mean_interval, rng
from weigh.measure.value_consistency._groups import USE_CASE, Axis, Weight, estimate
from weigh.measure.value_consistency._parts import Parts, Table
from weigh.measure.value_consistency._shares import one_hot, shares, sheet_of
from weigh.ops.jensen_shannon import About

Array = NDArray[np.float64]
FIRST_PLACE, FIRST_LISTED, RANDOM = "always A", "always yes", "random choice"
CONSTANT = 0.95  #: share of one answer from which a judge is taken for one that hardly looks at the question
DRAWN = 2000  #: answers drawn for the random baseline, so that few questions get many draws
TIE = 1e-9


def baselines_of(
    table: Table, axes: Sequence[Axis], *, about: About, weight: Weight, published: bool, seed: int
) -> dict[str, dict[str, float | None]]:
    """Distances of judges that do not look at the question, asked and scored as this one was, by axis.

    "always A" takes the place shown first, "always yes" the answer that the bank lists first, which is "yes" in all its
    English questions; "random choice" draws an answer each time it is asked.
    """
    sheet, found = table.sheet, {}
    dice = rng(seed, "random choice")
    n_open = len(table.entries) - len(sheet.items)

    def written(options: NDArray[np.int64]) -> Array:
        kinds = [entry.kind for entry in table.entries[len(sheet.items) :]]
        column = [table.stances.index(kind[option]) for kind, option in zip(kinds, options, strict=True)]
        return np.eye(len(table.stances))[column] if n_open else np.empty((0, len(table.stances)))

    def drawn() -> Array:
        chosen = shares(sheet, table.stances, one_hot(sheet, dice.integers(0, sheet.counts)))
        counts = np.array([len(entry.kind) for entry in table.entries[len(sheet.items) :]], dtype=np.int64)
        return np.vstack([chosen, written(dice.integers(0, counts))])

    def distances(p: Array) -> dict[str, float]:
        return {axis.name: estimate(axis, p, about=about, weight=weight, published=published) for axis in axes}

    nobody = np.zeros(n_open, dtype=np.int64)
    first = shares(sheet, table.stances, one_hot(sheet, sheet.first))
    found[FIRST_PLACE] = {
        # a passage has no first place
        **distances(np.vstack([first, written(nobody)])), **{axis.name: None for axis in axes if axis.axis == USE_CASE},
    }  # fmt: skip
    yes = shares(sheet, table.stances, one_hot(sheet, np.zeros_like(sheet.first)))
    found[FIRST_LISTED] = distances(np.vstack([yes, written(nobody)]))
    draws = [distances(drawn()) for _ in range(int(np.clip(DRAWN // len(sheet.items), 1, 20)))]
    found[RANDOM] = {axis.name: float(np.mean([draw[axis.name] for draw in draws])) for axis in axes}
    return found


def constant_finding(table: Table) -> Finding:
    """Whether the answers differ between questions at all; portraits do not count."""
    counts = np.zeros(max(len(kind) for kind in table.sheet.kinds))
    for entry, p in zip(table.entries, table.p, strict=True):
        if entry.use == "choice" and entry.answered and entry.item.labels["set"] != PORTRAITS:
            by_option = np.array([p[table.stances.index(stance)] for stance in entry.kind])
            best = by_option >= by_option.max() - TIE
            counts[: len(best)] += best / best.sum()
    total = counts.sum()
    share = float(counts.max() / total) if total else None
    claim = "answers differ between questions"
    if share is None:
        return Finding(
            "constant answer", claim, None, CONSTANT, None, "warning", "Not verified: no questions were asked."
        )
    constant = share >= CONSTANT
    sentence = (
        f"{share:.0%} of the answers are one and the same: whoever always says it is consistent whatever is asked."
        if constant
        else f"Answers differ between questions: the most common one is {share:.0%} of them."
    )
    place = {"option": int(counts.argmax()), "n": round(total)}
    return Finding("constant answer", claim, share, CONSTANT, not constant, "error", sentence, place)


def support_of(table: Table) -> list[dict[str, Any]]:
    """P(supports) of each topic, mean over its questions, with an interval by original question."""
    rows: dict[tuple[str, str, str], list[tuple[float, str]]] = defaultdict(list)
    column = table.stances.index(SUPPORTS) if SUPPORTS in table.stances else None
    for entry, p in zip(table.entries, table.p, strict=True):
        labels = entry.item.labels
        if entry.use == "choice" and entry.answered and labels["set"] != PORTRAITS and column is not None:
            rows[labels["set"], entry.item.group, entry.item.language].append((float(p[column]), labels["original"]))
    return [
        {"set": part, "topic": topic, "language": language, "support": mean, "low": low, "high": high, "n": len(given)}
        for (part, topic, language), given in rows.items()
        for mean, low, high in [_share_interval([x for x, _ in given], [original for _, original in given])]
    ]


def portraits_of(table: Table) -> list[dict[str, Any]]:
    """P(like me) of each value's portraits: two or three items, so no interval."""
    rows: dict[str, list[float]] = defaultdict(list)
    for entry, p in zip(table.entries, table.p, strict=True):
        if (
            entry.use == "choice"
            and entry.answered
            and entry.item.labels["set"] == PORTRAITS
            and SUPPORTS in table.stances
        ):
            rows[entry.item.labels["value"]].append(float(p[table.stances.index(SUPPORTS)]))
    return [{"value": value, "like_me": float(np.mean(x)), "n": len(x)} for value, x in rows.items()]


def steering_of(parts: Parts, table: Table, bank: Bank, *, by_sample: bool) -> list[dict[str, Any]]:
    """What stating a value does: P(s*) before − P(s*) after, s* the likeliest stance before; above 0 it moved away.

    `own` is by how much "like me" gains, after − before, where the portrait is of the value that was stated.
    """
    before = {
        (e.item.id, e.sample): p
        for e, p in zip(table.entries, table.p, strict=True)
        if e.use == "choice" and e.answered
    }
    found = []
    for value, answers in parts.stated.items():
        sheet = sheet_of(answers, bank, by_sample=by_sample)
        if unknown := {stance for kind in sheet.kinds for stance in kind} - set(table.stances):
            raise InputError(f"after {value!r} was stated {unknown} could be chosen, and not before; ask both alike")
        changes, families, own = [], [], []
        for item, sample, after in zip(sheet.items, sheet.samples, shares(sheet, table.stances), strict=True):
            p = before.get((item.id, sample))
            if p is None or np.isnan(after[0]):
                continue
            changes.append(float((p - after)[p.argmax()]))
            families.append(item.family)
            if item.labels.get("value") == value.lower() and SUPPORTS in table.stances:
                own.append(float((after - p)[table.stances.index(SUPPORTS)]))
        if changes:
            mean = mean_interval(changes, families)
            ends = [float(x) if np.isfinite(x) else None for x in (mean.low, mean.high)]
            found.append(
                {"value": value, "change": mean.mean, "low": ends[0], "high": ends[1], "n": len(changes),
                 "own": float(np.mean(own)) if own else None}
            )  # fmt: skip
    return found


def coverage_of(parts: Parts, table: Table, answers: Answers, bank: Bank) -> dict[str, float]:
    """How much was asked and answered, and how much probability lay on the letters."""
    sheet, mass = table.sheet, parts.chosen.mass
    answered = np.array([entry.answered for entry in table.entries])
    choices = len(sheet.items)
    known = mass[~np.isnan(mass)]
    places = np.zeros(choices, dtype=np.int64)
    np.maximum.at(places, sheet.entry, sheet.place + 1)
    questions = len({item.id for item in sheet.items})
    found = {
        "questions in the bank": len(bank.dilemmas), "questions asked": questions,
        "questions without a usable answer": int((~answered[:choices]).sum()),
        "questions in one order only": int((places < 2).sum()),
        "passages": int(len(table.entries) - choices), "passages without a reading": int((~answered[choices:]).sum()),
        "rows left aside": parts.aside,
    }  # fmt: skip
    found = {name: float(number) for name, number in found.items()}
    if len(known):
        found |= {"mean mass on the letters": float(known.mean()), "smallest mass on the letters": float(known.min())}
    return found | {"share of low mass": float((parts.chosen.status == "low-mass").mean())}


def _share_interval(x: list[float], clusters: list[str]) -> tuple[float, float, float]:
    found = mean_interval(x, clusters)
    if not np.isfinite(found.se):
        return found.mean, 0.0, 1.0
    return found.mean, float(np.clip(found.low, 0, 1)), float(np.clip(found.high, 0, 1))
