"""Values around the circle on which theory places them: neighbours in meaning stand side by side.

Drawn by hand as an element tree, since Vega-Lite has no polar axis with labels that stay readable on a telephone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from markupsafe import Markup

from weigh.core.visible import visible
from weigh.report.drawing import INKS, inline
from weigh.report.shown import signed

MAX_NAME = 18


@dataclass(frozen=True)
class _Size:
    """Pixels of one form of the drawing: the whole, the radii of the lowest and highest value, the letters, the gap."""

    kind: str
    width: int
    height: int
    inner: float
    outer: float
    letters: int
    gap: int

    @property
    def arcs(self) -> float:
        return self.outer + 16


_SIZES = (_Size("wide", 560, 452, 34.0, 150.0, 13, 16), _Size("narrow", 376, 316, 18.0, 84.0, 12, 12))


def circle_chart(
    circle: Sequence[str], rows: Mapping[str, Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]
) -> Markup:
    """The circle: the further out a dot, the higher the value; the ring marks zero, a spoke the 95 % interval.

    Parameters
    ----------
    circle : sequence of str
        Values in circular order.
    rows : mapping of str to mapping
        mean, low and high of each value that was measured.
    groups : sequence of mapping
        Higher-order groups: group and members.
    """
    pictures = (_drawn(size, circle, rows, groups) for size in _SIZES)
    return Markup("").join(pictures)


def _drawn(
    size: _Size, circle: Sequence[str], rows: Mapping[str, Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]
) -> Markup:
    ends = [row[part] for row in rows.values() for part in ("mean", "low", "high") if row[part] is not None]
    most = max((abs(x) for x in ends), default=1.0) or 1.0
    root = Element("svg", width=str(size.width), height=str(size.height))
    drawing = SubElement(root, "g", transform=f"translate({size.width / 2:g},{size.height / 2:g})")

    def radius(x: float) -> float:
        return size.inner + (size.outer - size.inner) * (x + most) / (2 * most)

    for x, dash in ((-most, "2 4"), (0.0, ""), (most, "2 4")):
        ring = {"r": f"{radius(x):.1f}", "stroke": INKS["muted"] if x == 0 else INKS["grid"], "stroke-width": "1.2"}
        SubElement(drawing, "circle", ring | ({"stroke-dasharray": dash} if dash else {}))
    turn = 2 * math.pi / len(circle)
    angle = {name: i * turn - math.pi / 2 for i, name in enumerate(circle)}
    _arcs(drawing, size, circle, groups, turn)
    for name in circle:
        _spoke(drawing, size, name, angle[name], rows.get(name), radius)
    told = "; ".join(f"{visible(name)} {signed(rows[name]['mean'])}" for name in circle if name in rows)
    return inline(root, label=f"Values around the circle, further out is higher. {told}", kind=size.kind)


def _spoke(
    drawing: Element,
    size: _Size,
    name: str,
    angle: float,
    row: Mapping[str, Any] | None,
    radius: Callable[[float], float],
) -> None:
    across, down = math.cos(angle), math.sin(angle)
    SubElement(drawing, "line", _along(across, down, size.inner, size.outer) | {"stroke": INKS["grid"]})
    if row is not None:
        clear = 0 if row["low"] is None else 1 if row["low"] > 0 else -1 if row["high"] < 0 else 0
        ink = INKS[("low", "muted", "high")[clear + 1]]
        if row["low"] is not None:
            place = _along(across, down, radius(row["low"]), radius(row["high"]))
            look = {"stroke": ink, "stroke-width": "7", "stroke-opacity": "0.35", "stroke-linecap": "round"}
            SubElement(drawing, "line", place | look)
        r = radius(row["mean"])
        dot = {"cx": _at(across * r), "cy": _at(down * r), "r": "6.5", "fill": ink, "stroke": INKS["paper"]}
        SubElement(drawing, "circle", dot | {"stroke-width": "1.5"})
    at = size.arcs + size.gap
    anchor = "middle" if abs(across) < 0.2 else "start" if across > 0 else "end"
    words = visible(name)
    lines = [words if len(words) <= MAX_NAME else words[: MAX_NAME - 1] + "…"]
    lines += [signed(row["mean"])] if row is not None else ["not asked"]
    # both lines above the arc, however narrow the gap
    up = 26 - size.gap if down < -0.5 else 0
    for k, line in enumerate(lines):
        y = down * at + 4 + 15 * k - up + (6 if down > 0.5 else 0) - (4 if abs(down) <= 0.5 else 0)
        look = {
            "font-size": str(size.letters if k == 0 else size.letters - 1),
            "text-anchor": anchor,
            "fill": INKS["ink" if k == 0 else "muted"],
        }
        SubElement(drawing, "text", {"x": _at(across * at), "y": _at(y)} | look).text = line


def _along(across: float, down: float, near: float, far: float) -> dict[str, str]:
    ends = {"x1": across * near, "y1": down * near, "x2": across * far, "y2": down * far}
    return {name: _at(x) for name, x in ends.items()}


def _arcs(
    drawing: Element, size: _Size, circle: Sequence[str], groups: Sequence[Mapping[str, Any]], turn: float
) -> None:
    for k, group in enumerate(groups):
        places = [i for i, name in enumerate(circle) if name in group["members"]]
        # members that are not neighbours on the circle have no arc
        if not places or places != list(range(places[0], places[0] + len(places))):
            continue
        start = (places[0] - 0.42) * turn - math.pi / 2
        end = (places[-1] + 0.42) * turn - math.pi / 2
        x1, y1, x2, y2 = (f(angle) * size.arcs for angle in (start, end) for f in (math.cos, math.sin))
        large = int(end - start > math.pi)
        path = f"M{_at(x1)},{_at(y1)}A{size.arcs:g},{size.arcs:g},0,{large},1,{_at(x2)},{_at(y2)}"
        look = {"stroke": INKS[f"s{k % 4 + 1}"], "stroke-width": "5", "stroke-linecap": "round"}
        SubElement(drawing, "path", {"d": path} | look)


def _at(x: float) -> str:
    return f"{x:.1f}"
