"""A choice: what was picked, and why, so that the person who must answer for it can say no."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from weigh.core.errors import InputError
from weigh.core.markup import table


@dataclass(frozen=True, slots=True)
class Choice:
    """What was decided.

    Parameters
    ----------
    picked : tuple of str
        The options taken, best first; empty where none met the constraint.
    score : float
        What the choice is worth, in the deciding method's unit.
    constraint : str
        The condition it met, in words; empty where there was none.
    reasons : tuple of (str, float)
        What spoke for it (above 0) and against it (below 0), kept in descending order of |weight|.

    Raises
    ------
    InputError
        An option twice, a score or weight that is NaN, or a reason without words.

    Examples
    --------
    >>> Choice(("bus",), 0.7, "at most 3 USD", (("slow", -0.1), ("cheap", 0.8))).reasons[0]
    ('cheap', 0.8)
    """

    picked: tuple[str, ...]
    score: float
    constraint: str = ""
    reasons: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        picked = (self.picked,) if isinstance(self.picked, str) else tuple(map(str, self.picked))
        if len(set(picked)) < len(picked):
            raise InputError(f"picked is {picked!r}; expected each option once")
        score = float(self.score)
        if math.isnan(score):
            raise InputError("score is NaN; expected a number")
        reasons = [(str(text), float(weight)) for text, weight in self.reasons]
        for text, weight in reasons:
            if not text.strip() or math.isnan(weight):
                raise InputError(f"a reason is ({text!r}, {weight}); expected words and a number")
        reasons.sort(key=lambda reason: -abs(reason[1]))
        for name, value in (("picked", picked), ("score", score), ("reasons", tuple(reasons))):
            object.__setattr__(self, name, value)

    def to_json(self) -> dict[str, Any]:
        """The choice in JSON's own types; an infinite score becomes None, as JSON has none."""
        reasons = [{"reason": text, "weight": _finite(weight)} for text, weight in self.reasons]
        score = _finite(self.score)
        return {"picked": list(self.picked), "score": score, "constraint": self.constraint, "reasons": reasons}

    def _repr_html_(self) -> str:
        caption = f"{', '.join(self.picked) or 'nothing'} ({self.score:.4g})"
        note = f"constraint: {self.constraint}" if self.constraint else ""
        rows = [(text, f"{weight:+.3g}") for text, weight in self.reasons]
        return table(("reason", "weight"), rows, caption=caption, note=note)


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None
