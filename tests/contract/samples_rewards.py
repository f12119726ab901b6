"""Samples for methods that combine the scores of reward models on answers to prompts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import samples

from weigh.core.evidence import Ratings

MODELS, PROMPTS, PER_PROMPT = ("helpful", "harmless", "honest"), ("order", "mushroom"), 4
ANSWERS = [f"{prompt} {i}" for prompt in PROMPTS for i in range(PER_PROMPT)]
SCORES = (
    (2.1, 3.0, -1.5, 1.2, 2.4, 1.0, -0.8, 2.9),
    (0.4, 0.6, -0.2, 0.8, -3.0, 2.5, 2.2, -1.8),
    (1.4, 1.9, 0.3, 1.1, -2.0, 3.1, 0.7, -0.9),
)
SCORED: dict[str, list[Any]] = {
    "who": [model for model in MODELS for _ in ANSWERS],
    "item": ANSWERS * len(MODELS),
    "criterion": [prompt for prompt in PROMPTS for _ in range(PER_PROMPT)] * len(MODELS),
    "value": [score for row in SCORES for score in row],
}


def making(**changed: list[Any]) -> Callable[[], samples.Given]:
    return lambda: {"": Ratings.from_frame({**SCORED, **changed})}


def relabel(given: samples.Given, new: Mapping[str, str]) -> samples.Given:
    old = given[""]
    parts = {f.name: getattr(old, f.name) for f in fields(old)}
    return {"": Ratings(**{**parts, "item": [new[item] for item in old.item.tolist()]})}


SAMPLE = samples.Sample(
    making(),
    relabel,
    samples.every_row_twice,
    samples.every_weight_doubled,
    empty=making(**{name: [] for name in SCORED}),
    # one answer to each prompt: nothing to choose among
    one_item=making(item=[item.split()[0] for item in SCORED["item"]]),
    one_class=making(value=[1.0] * len(SCORED["value"])),
    nan=making(value=[float("nan"), *SCORED["value"][1:]]),
)
SAMPLES = {"pool/lsc_rewards": SAMPLE, "pool/reward_ensemble": SAMPLE}
