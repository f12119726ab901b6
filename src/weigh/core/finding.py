"""A finding: what an audit claims, the number it rests on, and the sentence that the page prints."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from weigh.core.errors import InputError
from weigh.core.jsonable import plain
from weigh.core.markup import table

SEVERITIES = ("info", "warning", "error")


@dataclass(frozen=True)
class Finding:
    """One result of an audit.

    Parameters
    ----------
    name : str
        Short name of the check, such as "controls".
    claim : str
        What was to be shown.
    value : float or None
        The number found; None, also for NaN, where it could not be computed.
    threshold : float or None
        What it is held against.
    passed : bool or None
        None where the check was not made.
    severity : {"info", "warning", "error"}
        How much it matters that the check did not pass.
    sentence : str
        What the page says.
    evidence : mapping
        The numbers behind it, JSON-able.
    figure : str
        Name of a figure of the run; empty for none.

    Raises
    ------
    InputError
        No name, no sentence, an unknown severity, or evidence that JSON cannot hold.
    """

    name: str
    claim: str
    value: float | None
    threshold: float | None
    passed: bool | None
    severity: Literal["info", "warning", "error"]
    sentence: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    figure: str = ""

    def __post_init__(self) -> None:
        if not self.name or not self.sentence:
            raise InputError(f"a finding needs a name and a sentence; got {self.name!r} and {self.sentence!r}")
        if self.severity not in SEVERITIES:
            raise InputError(f"severity is {self.severity!r}; expected one of {', '.join(SEVERITIES)}")
        for name in ("value", "threshold"):
            number = getattr(self, name)
            number = None if number is None or not math.isfinite(number) else float(number)
            object.__setattr__(self, name, number)
        object.__setattr__(self, "passed", None if self.passed is None else bool(self.passed))
        object.__setattr__(self, "evidence", plain(dict(self.evidence), "evidence"))

    def to_json(self) -> dict[str, Any]:
        """The finding in JSON's own types."""
        names = ("name", "claim", "value", "threshold", "passed", "severity", "sentence", "evidence", "figure")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Finding:
        """The finding that `to_json` gave; InputError where a part is missing or unknown."""
        try:
            return cls(**given)
        except TypeError as error:
            raise InputError(f"this is not a finding ({error}); expected what Finding.to_json() gives") from error

    def _repr_html_(self) -> str:
        verdict = {True: "passed", False: "not passed", None: "not checked"}[self.passed]
        rows = [
            ("claim", self.claim),
            ("value", "-" if self.value is None else f"{self.value:.4g}"),
            ("threshold", "-" if self.threshold is None else f"{self.threshold:.4g}"),
            ("result", f"{verdict} ({self.severity})"),
        ]
        return table((self.name, ""), rows, caption=self.sentence)
