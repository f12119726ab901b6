"""What a measurement and a comparison give back: their record, with names for what is read most; notebooks show it.

Both are dicts, the same as `run.json` and `compare.json` hold, so that they can be written and joined as such.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weigh.core.evidence import Answers
from weigh.core.finding import Finding
from weigh.core.markup import escaped, interval_svg, table
from weigh.core.values import Values
from weigh.core.visible import visible
from weigh.measure.gate import SHOWN
from weigh.pipelines.record import read_answers, read_record

#: the page of a run, beside its record
PAGE = "report.html"


@dataclass(frozen=True)
class Said:
    """What the gate, or a published instrument's own audit, said of a run.

    Parameters
    ----------
    level : str
        From "unmeasurable" to "ranking".
    sentence : str
        The verdict in words.
    also : tuple of str
        What must be said beside it.
    """

    level: str
    sentence: str
    also: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        return _paragraph(self.sentence, strong=True) + "".join(map(_paragraph, self.also))


class Run(dict[str, Any]):
    """A run's record: the dict that `run.json` holds, under `run["cost"]` and the like, and names for what it says.

    Parameters
    ----------
    record : mapping
        What `run.json` holds or would hold.
    folder : str or Path, optional
        The run folder; None where none was written.
    answers : Answers, optional
        The answers, where there is no folder to read them from.

    Attributes
    ----------
    folder : Path or None
        Where the run lies.

    Notes
    -----
    `run.values` are the values that were measured, and not the method of dict.
    """

    def __init__(
        self, record: Mapping[str, Any], folder: str | Path | None = None, *, answers: Answers | None = None
    ) -> None:
        super().__init__(record)
        self.folder = None if folder is None else Path(folder)
        self._answers = answers

    @property
    def record(self) -> dict[str, Any]:
        """The record as a plain dict."""
        return dict(self)

    @property
    def verdict(self) -> Said | None:
        """What may be said of the run; None where it was broken off before anything could be."""
        given = self.get("verdict")
        if not given:
            return None
        return Said(str(given["level"]), str(given["sentence"]), tuple(map(str, given.get("also") or ())))

    @property
    def values(self) -> Values | None:  # pyright: ignore[reportIncompatibleMethodOverride] - the run's, not dict's
        """The values with their intervals; None where the verdict lets no profile be shown."""
        # a published instrument's verdict stands beside its scores, and hides none
        given, said = self.get("values"), self.verdict
        if not given or not (self.get("method") or (said and said.level in SHOWN)):
            return None
        return Values.from_json(given)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The checks, each against its threshold."""
        return tuple(map(Finding.from_json, self.get("findings") or ()))

    @property
    def page(self) -> Path | None:
        """Where its `report.html` lies; None where none has been written."""
        page = self.folder / PAGE if self.folder else None
        return page if page is not None and page.is_file() else None

    def answers(self) -> Answers:
        """All answers of the run, read from its folder.

        Raises
        ------
        InputError
            The folder holds no answers.
        """
        if self._answers is not None:
            return self._answers
        return read_answers(self.folder or Path())

    def __repr__(self) -> str:
        said = self.verdict
        told = said.sentence if said else f"no verdict yet ({self.get('status')})"
        return visible(f"<Run {' × '.join(self._names())}: {told}>")

    def _repr_html_(self) -> str:
        said, values = self.verdict, self.values
        told = said._repr_html_() if said else _paragraph(f"No verdict yet: {self.get('status')}.", strong=True)
        parts = [_paragraph(" × ".join(self._names())), told]
        if values is not None:
            parts.append(values._repr_html_())
        elif said:
            parts.append(_paragraph("No profile is shown; .findings say why."))
        comparison = self.get("comparison")
        if isinstance(comparison, Comparison):
            parts.append(comparison._repr_html_())
        parts += [_paragraph(line, faint=True) for line in (self._cost(), self._place()) if line]
        return f'<div style="color:inherit">{"".join(parts)}</div>'

    def _names(self) -> list[str]:
        named = [self.get(part) for part in ("model", "bank")]
        return [str(one.get("name") or "unnamed") for one in named if isinstance(one, Mapping)]

    def _cost(self) -> str:
        cost = self.get("cost")
        if not isinstance(cost, Mapping):
            return ""
        known = [f"{cost[name]:,.0f} {name}" for name in ("answers", "prompts", "tokens", "seconds") if cost.get(name)]
        return ", ".join(known)

    def _place(self) -> str:
        if self.folder is None:
            return ""
        return f"page: {self.page}" if self.page else f"weigh report {self.folder} writes its page"


class Comparison(dict[str, Any]):
    """Runs beside one another: the dict that `compare.json` holds, with a table for each pair in notebooks."""

    def __repr__(self) -> str:
        runs = ", ".join(str(run["name"]) for run in self["runs"])
        n = sum(bool(row.get("differs")) for pair in self["pairs"] for row in pair["values"])
        return visible(f"<Comparison of {runs}: {n or 'no'} differences>")

    def _repr_html_(self) -> str:
        warnings = [_paragraph(f"warning: {warning}") for warning in self["warnings"]]
        return f'<div style="color:inherit">{"".join(warnings)}{"".join(map(self._pair, self["pairs"]))}</div>'

    def _pair(self, pair: Mapping[str, Any]) -> str:
        first, other = (self["runs"][pair[end]]["name"] for end in ("first", "other"))
        caption = f"{other} beside {first}"
        if not pair.get("measurable", True):
            return _paragraph(caption, strong=True) + _paragraph(f"Nothing is compared: {pair['why']}.")
        rows = [row for row in pair["values"] if _known(row)]
        ends = [float(row[name]) for row in rows for name in ("low", "high", "difference")] or [0.0]
        lines = [_difference(row, ends) for row in rows]
        header = ("value", "first", "other", "", "difference", "95 % interval", "p, adjusted", "")
        notes = " ".join(map(str, pair.get("notes") or ()))
        return table(header, lines, caption=caption, note=notes)


def open_run(folder: str | Path) -> Run:
    """Open a run folder; nothing is computed anew, and no model is needed.

    Parameters
    ----------
    folder : str or Path
        That `weigh measure` or `weigh score --out` wrote.

    Returns
    -------
    Run
        Shows itself in a notebook: the verdict first, then the values where they may be shown.

    Raises
    ------
    InputError
        The folder holds no run, or a torn or newer one.
    """
    return Run(read_record(folder), folder)


def _known(row: Mapping[str, Any]) -> bool:
    numbers = [row.get(name) for name in ("first", "other", "difference", "low", "high")]
    return all(isinstance(x, int | float) and math.isfinite(x) for x in numbers)


def _difference(row: Mapping[str, Any], ends: Sequence[float]) -> list[object]:
    drawing = interval_svg(row["difference"], row["low"], row["high"], left=min(ends), right=max(ends))
    p = row.get("p_adjusted")
    return [
        row["item"], f"{row['first']:+.2f}", f"{row['other']:+.2f}", drawing, f"{row['difference']:+.2f}",
        f"{row['low']:+.2f} to {row['high']:+.2f}", "" if p is None else f"{p:.3f}",
        "differs" if row["differs"] else "",
    ]  # fmt: skip


def _paragraph(text: object, *, strong: bool = False, faint: bool = False) -> str:
    look = "font-weight:600" if strong else "opacity:.75" if faint else ""
    return f'<p style="margin:.3em .7em;{look}"><bdi>{escaped(visible(text))}</bdi></p>'
