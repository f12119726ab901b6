"""Hostile strings, by what they try: the one list that all tests draw on."""

from __future__ import annotations

import json
import re
from pathlib import Path

from weigh.core.visible import visible

KINDS: dict[str, list[str]] = json.loads(Path(__file__).with_name("strings.json").read_text("ascii"))
STRINGS: tuple[str, ...] = tuple(text for kind in KINDS.values() for text in kind)
EVERY = " ".join(STRINGS)


def squeezed(text: str) -> str:
    """A text without its white space, which pages fold."""
    return re.sub(r"\s+", "", text)


def shown(text: str) -> str:
    """What a page or a terminal should show of a text, white space aside."""
    return squeezed(visible(text))
