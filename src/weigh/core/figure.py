"""A figure as plain data: what a result shows, for `weigh.report` to draw. Methods make figures; they draw nothing.

A method puts them into its result's notes: `notes={"figures": [heatmap(…).to_json(), …]}`. The page draws all of them,
`--plot FILE` the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from weigh.core.errors import InputError
from weigh.core.jsonable import plain

Kind = Literal["intervals", "heatmap", "lines", "points", "graph"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Figure:
    """One figure; the functions of this module make them.

    Parameters
    ----------
    kind : {"intervals", "heatmap", "lines", "points", "graph"}
        What is drawn.
    title : str
        What it shows, as a heading.
    data : mapping
        What the function that makes this kind puts in, JSON-able.
    note : str
        A sentence below the heading: how to read it.
    """

    kind: Kind
    title: str
    data: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS or not self.title:
            raise InputError(f"a figure needs a title and a kind among {', '.join(KINDS)}; got {self.kind!r}")
        object.__setattr__(self, "data", plain(dict(self.data), "figure"))

    def to_json(self) -> dict[str, Any]:
        """The figure in JSON's own types."""
        return {"kind": self.kind, "title": self.title, "data": dict(self.data), "note": self.note}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Figure:
        """The figure that `to_json` gave; InputError where a part is missing or unknown."""
        try:
            return cls(**given)
        except TypeError as error:
            raise InputError(f"this is not a figure ({error}); expected what Figure.to_json() gives") from error


def intervals(title: str, rows: Sequence[Mapping[str, Any]], *, unit: str = "", note: str = "") -> Figure:
    """A forest: one lane a row, its mean and, where known, its interval.

    Parameters
    ----------
    title, unit, note : str
        Heading, unit of the axis, how to read it.
    rows : sequence of mapping
        item, mean, and low and high (None where unknown); `series` where several share a lane, such as a person's name.
    """
    return Figure(
        "intervals", title, {"rows": [{"low": None, "high": None, **row} for row in rows], "unit": unit}, note
    )


def heatmap(
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float | None]],
    *,
    unit: str = "",
    centre: float | None = None,
    note: str = "",
) -> Figure:
    """A matrix in colour, with its numbers where there is room.

    Parameters
    ----------
    title, unit, note : str
        Heading, what the numbers are, how to read it.
    rows, columns : sequence of str
        Names.
    values : sequence of sequence of float or None
        Shape (n_rows, n_columns); None is left empty.
    centre : float, optional
        The number at which the two colours of a diverging scale meet; without one the scale has one colour.
    """
    if len(values) != len(rows) or any(len(row) != len(columns) for row in values):
        raise InputError(f"a heatmap of {len(rows)} rows and {len(columns)} columns needs values of that shape")
    cells = {"rows": list(rows), "columns": list(columns), "values": [list(row) for row in values]}
    return Figure("heatmap", title, {**cells, "unit": unit, "centre": centre}, note)


def lines(
    title: str,
    series: Mapping[str, Mapping[str, Sequence[float | None]]],
    *,
    x: str = "",
    y: str = "",
    log_x: bool = False,
    log_y: bool = False,
    note: str = "",
) -> Figure:
    """Curves, each with an optional band.

    Parameters
    ----------
    title, x, y, note : str
        Heading, titles of the axes, how to read it.
    series : mapping of str to mapping
        By name: x, y and optionally low and high, of one length.
    log_x, log_y : bool
        Logarithmic axes; their numbers must be positive.
    """
    for name, curve in series.items():
        if len({len(part) for part in curve.values()}) != 1 or not {"x", "y"} <= set(curve):
            raise InputError(f"curve {name!r} needs x and y, and low and high if any, of one length")
    curves = {name: {part: list(numbers) for part, numbers in curve.items()} for name, curve in series.items()}
    return Figure("lines", title, {"series": curves, "x": x, "y": y, "log_x": log_x, "log_y": log_y}, note)


def points(title: str, rows: Sequence[Mapping[str, Any]], *, x: str = "", y: str = "", note: str = "") -> Figure:
    """A scatter plot.

    Parameters
    ----------
    title, x, y, note : str
        Heading, titles of the axes, how to read it.
    rows : sequence of mapping
        x, y, and optionally `label` (written beside the point) and `series` (its colour and shape).
    """
    return Figure("points", title, {"rows": [dict(row) for row in rows], "x": x, "y": y}, note)


def graph(
    title: str, nodes: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]], *, note: str = ""
) -> Figure:
    """A directed graph.

    Parameters
    ----------
    title, note : str
        Heading, how to read it.
    nodes : sequence of mapping
        name, and optionally `weight` (0 or more; its size) and `series` (its colour).
    edges : sequence of mapping
        source, target, and optionally `weight` (0 to 1; its width) and `label`.
    """
    names = {node["name"] for node in nodes}
    loose = next((edge for edge in edges if not {edge["source"], edge["target"]} <= names), None)
    if loose:
        raise InputError(f"edge {loose['source']!r} → {loose['target']!r} joins a node that is not there")
    return Figure("graph", title, {"nodes": [dict(n) for n in nodes], "edges": [dict(e) for e in edges]}, note)
