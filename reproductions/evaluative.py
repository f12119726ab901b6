"""Opposite frames on the pilot: three values clear of zero, the same in other words, where letters follow position.

The scores are this project's own measurement of SmolLM2-135M-Instruct, kept in tests/cases; no model is run here.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from reproductions.claims import Row
from weigh.banks.bank import find_bank
from weigh.core.evidence import Answers
from weigh.measure._contrasts import contrasts, fit_values
from weigh.measure.gate import gate

METHOD = [
    "measure/evaluative.py", "measure/gate.py", "measure/_checks.py", "measure/_contrasts.py", "ops/contrasts.py",
    "banks/pilot/items.jsonl",
]  # fmt: skip
SCORES = Path(__file__).parents[1] / "tests" / "cases" / "pilot_scores.json"
FRAMES = {
    "right thing": ("g_right", "s"), "best thing": ("g_best", "s"), "good person": ("g_good", "s"),
    "should": ("g_should", "s"), "good/bad": ("h_that", "s_good"), "wise/foolish": ("h_that", "s_wise"),
    "great/terrible": ("h_that", "s_great"), "best/worst": ("h_that", "s_best"),
}  # fmt: skip
PARTS = {"orig": "original", "para": "paraphrase", "san": "original"}
CLEAR = {"security": 1, "stimulation": -1, "power": -1}


def rows(wordings: tuple[str, ...] = ("orig", "para")) -> list[dict]:
    """The evaluative answers; a wording by itself counts as the original, whose spread is the unit of each frame."""
    scores = json.loads(SCORES.read_text(encoding="utf-8"))["scores"]
    bank = find_bank("pilot")
    found = []
    for part in (*wordings, "san"):
        items = bank.controls if part == "san" else bank.dilemmas
        wording = PARTS[part] if len(wordings) > 1 else "original"
        columns = {frame: scores[f"{format}/{part}/{key}"] for frame, (format, key) in FRAMES.items()}
        if part != "san":
            columns["fluency"] = scores[f"fluency/{part}"]
        for frame, column in columns.items():
            for item, d in zip(items, column, strict=True):
                found.append({"question": item.id, "frame": frame, "wording": wording, "choice": 0, "scores": [d, 0]})
    return found


def letters() -> list[dict]:
    """The forced choices, in both orders."""
    scores = json.loads(SCORES.read_text(encoding="utf-8"))["scores"]
    bank = find_bank("pilot")
    return [
        {"question": item.id, "frame": "letters", "wording": wording, "order": order, "choice": 0, "scores": [d, 0]}
        for part, wording in PARTS.items()
        for item, both in zip(
            bank.controls if part == "san" else bank.dilemmas, scores[f"a_answer/{part}/s"], strict=True
        )
        for order, d in zip(([0, 1], [1, 0]), both, strict=True)
    ]


def reproduce(seed: int = 0) -> Row:
    """Judge both formats; the seed is that of the gate's permutations."""
    bank = find_bank("pilot")
    verdict = gate(Answers.from_rows(rows()), bank, seed=seed)
    baseline = gate(Answers.from_rows(letters()), bank, seed=seed)
    # whether or not the gate would show half of the answers
    halves = [
        fit_values(contrasts(Answers.from_rows(rows((wording,))), bank, instrument="evaluative"), "evaluative")
        for wording in ("orig", "para")
    ]
    values = verdict.values
    clear = {} if values is None else {
        value: int(np.sign(mean))
        for value, mean, low, high in zip(values.items, values.mean, values.low, values.high, strict=True)
        if low > 0 or high < 0
    }  # fmt: skip
    same = sum(np.sign(half.mean[half.items.index(value)]) == sign for half in halves for value, sign in CLEAR.items())
    checks = {f.name: f.value for f in verdict.findings}
    of_letters = {f.name: f.value for f in baseline.findings}
    need = "a profile is shown; exactly security +, stimulation −, power − are clear of zero, with these signs in each "
    need += "wording by itself (6 of 6); letters survive ≤ .1 of the swaps and are refused"
    survived = of_letters["order swap"]
    holds = clear == CLEAR and same == 6 and survived is not None and survived <= 0.1 and not baseline.shown
    return Row(
        slug="evaluative",
        claim="opposite frames show three values of the embedded model clear of zero, which hold in other words",
        baseline={"clear of zero": 0 if baseline.values is None else len(baseline.values.items),
                  "controls right": of_letters["controls"], "swap survival": survived},
        ours={"clear of zero": len(clear), "same sign by wording": same, "controls right": checks["controls"],
              "paraphrase r": checks["paraphrase"], "permutation p": checks["signal"],
              "profile r between wordings": float(np.corrcoef(halves[0].mean, halves[1].mean)[0, 1])},
        need_spec="the three values replicate on the hold-out of 45 dilemmas, r = .80",
        need_used=need,
        holds=holds,
        seeds=(seed,),
        why="the hold-out's scores are not among our data: replication is shown between the two wordings of the pilot",
    )  # fmt: skip
