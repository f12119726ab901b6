"""Our own pilot measurement as answers, and answers of planted judges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from weigh.banks.bank import find_bank
from weigh.core.evidence import Answers
from weigh.core.stats import rng
from weigh.testbeds.planted import PlantedChooser

CASES = Path(__file__).parents[1] / "cases"
FRAMES = {
    "right thing": ("g_right", "s"), "best thing": ("g_best", "s"), "good person": ("g_good", "s"),
    "should": ("g_should", "s"), "good/bad": ("h_that", "s_good"), "wise/foolish": ("h_that", "s_wise"),
    "great/terrible": ("h_that", "s_great"), "best/worst": ("h_that", "s_best"),
}  # fmt: skip
WORDINGS = {"orig": "original", "para": "paraphrase"}


@pytest.fixture(scope="session")
def bank():
    return find_bank("pilot")


@pytest.fixture(scope="session")
def known():
    return json.loads((CASES / "evaluative.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def scores():
    return json.loads((CASES / "pilot_scores.json").read_text(encoding="utf-8"))["scores"]


def row(item, frame, wording, d, condition="", order=()):
    return {
        "question": item.id, "frame": frame, "wording": wording, "condition": condition, "order": list(order),
        "choice": int(d < 0), "scores": [d / 2, -d / 2],
    }  # fmt: skip


@pytest.fixture(scope="session")
def pilot_rows(bank, scores):
    """Rows of the pilot measurement: evaluative frames, fluency, primes."""

    def of(format, part, items, frame, wording="original", key="s"):
        return [row(item, frame, wording, d) for item, d in zip(items, scores[f"{format}/{part}/{key}"], strict=True)]

    rows = []
    for frame, (format, key) in FRAMES.items():
        for part, wording in WORDINGS.items():
            rows += of(format, part, bank.dilemmas, frame, wording, key)
        rows += of(format, "san", bank.controls, frame, key=key)
        for prime in ("prime", "norm"):
            for item, shift in zip(bank.dilemmas, scores.get(f"{format}/{prime}/{key}", ()), strict=False):
                rows.append(row(item, frame, "original", shift, f"{prime}:{item.values[0]}"))
                rows.append(row(item, frame, "original", 0.0, f"{prime}:{item.values[1]}"))
    for part, wording in WORDINGS.items():
        rows += [row(i, "fluency", wording, d) for i, d in zip(bank.dilemmas, scores[f"fluency/{part}"], strict=True)]
    return rows


@pytest.fixture(scope="session")
def pilot(pilot_rows):
    return Answers.from_rows(pilot_rows)


@pytest.fixture(scope="session")
def pilot_letters(bank, scores):
    """The pilot's forced choices in both orders."""
    rows = []
    for part, items, wording in (
        ("orig", bank.dilemmas, "original"),
        ("para", bank.dilemmas, "paraphrase"),
        ("san", bank.controls, "original"),
    ):
        for item, both in zip(items, scores[f"a_answer/{part}/s"], strict=True):
            rows += [row(item, "letters", wording, d, order=o) for d, o in zip(both, ((0, 1), (1, 0)), strict=True)]
    return Answers.from_rows(rows)


@pytest.fixture(scope="session")
def plant(bank):
    """A planted judge whose profile is drawn with the seed."""

    def planted(seed=0, kind=PlantedChooser, **rest):
        theta = rng(seed, "theta").standard_normal(len(bank.values))
        return kind(bank, theta=dict(zip(bank.values, theta.tolist(), strict=True)), seed=seed, **rest)

    return planted
