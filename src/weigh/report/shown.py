"""Text by models and banks, made fit to be shown: escaped, never stripped, with what is invisible made visible.

Everything that a page prints passes through here, also what Jinja prints: `shown` is its `finalize`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from weigh.core.visible import HIDDEN, token


def cell(text: str) -> str:
    """HTML of a text, for places between tags; tokens for hidden characters are set apart by their look."""
    # what is short comes again; prompts and replies would only push it out
    return _cached(text) if len(text) < 100 else _html(text)


def shown(value: Any) -> Any:
    """What Jinja prints for an expression: markup of our own as it is, numbers plainly, all else by `cell`."""
    if isinstance(value, Markup) or value is None:
        return "" if value is None else value
    return Markup(cell(value if isinstance(value, str) else str(value)))


def isolated(value: Any) -> Markup:
    """A text that does not change the direction of what stands around it."""
    return Markup(f"<bdi>{cell(str(value))}</bdi>")


def signed(x: float | None, digits: int = 2) -> str:
    """A number with its sign, a proper minus, and none on a zero."""
    if not _is_number(x):
        return "–"
    text = f"{x:+.{digits}f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "−")


def number(x: float | None, digits: int = 2) -> str:
    """A number with a proper minus."""
    return signed(x, digits).lstrip("+")


def percent(x: float | None) -> str:
    """A share in whole percent."""
    return f"{x:.0%}".replace("%", "\u00a0%") if _is_number(x) else "–"


def count(x: float | None) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{x:,.0f}".replace(",", "\u202f") if _is_number(x) else "–"


def floats(x: Sequence[float]) -> str:
    """Numbers in one line, to three digits."""
    return (_places(len(x)) % tuple(x)).replace("-", "−")


def brief(x: Any) -> str:
    """Any datum of a ledger in a few characters: numbers rounded, lists and mappings in one line."""
    kind = type(x)
    if kind is float:
        return f"{x:.3f}".replace("-", "−")
    if kind is list or kind is tuple:
        if all(type(part) is float for part in x):
            return floats(x)
        return " / ".join([brief(part) for part in x])
    if kind is dict:
        return ", ".join([f"{key}: {brief(value)}" for key, value in x.items()])
    return "–" if x is None else str(x)


@lru_cache(maxsize=64)
def _places(n: int) -> str:
    return " / ".join(["%.3f"] * n)


def _is_number(x: Any) -> bool:
    return isinstance(x, int | float) and math.isfinite(x)


def _html(text: str) -> str:
    # most texts are plain ASCII, for which this is a fifth of the search
    if (text.isascii() and text.isprintable()) or HIDDEN.search(text) is None:
        return str(escape(text))
    parts, end = [], 0
    for found in HIDDEN.finditer(text):
        parts += [str(escape(text[end : found.start()])), f'<span class="hidden-char">{token(found[0])}</span>']
        end = found.end()
    return "".join(parts) + str(escape(text[end:]))


_cached = lru_cache(maxsize=8192)(_html)
