"""What an experiment hands to the page: a sentence, numbers, findings and figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weigh.core.figure import Figure
from weigh.core.finding import Finding
from weigh.core.jsonable import plain


@dataclass(frozen=True)
class Experiment:
    """The result of one experiment.

    Parameters
    ----------
    name : str
        As its file is called.
    told : str
        What was found, in a sentence or two.
    numbers : mapping
        What it rests on, JSON-able; a number that could not be computed is None.
    findings : tuple of Finding
        What was checked.
    figures : tuple of Figure
        What a reader would want to see.
    """

    name: str
    told: str
    numbers: Mapping[str, Any]
    findings: tuple[Finding, ...] = ()
    figures: tuple[Figure, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The result in JSON's own types."""
        return plain(
            {
                "name": self.name, "told": self.told, "numbers": dict(self.numbers),
                "findings": [finding.to_json() for finding in self.findings],
                "figures": [figure.to_json() for figure in self.figures],
            },
            self.name,
        )  # fmt: skip


def checked(
    name: str, claim: str, value: float, threshold: float, passed: bool, fails: str, *, evidence: Mapping[str, Any]
) -> Finding:
    """A check that was made: its claim as the sentence where it passed, `fails` where it did not."""
    sentence = f"{claim[0].upper()}{claim[1:]}." if passed else fails
    return Finding(name, claim, value, threshold, passed, "info" if passed else "error", sentence, dict(evidence))


def unchecked(name: str, claim: str, why: str) -> Finding:
    """A check that could not be made, and why."""
    return Finding(name, claim, None, None, None, "warning", f"Not checked: {why}.")
