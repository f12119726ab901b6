"""Figures that methods describe as data (`weigh.core.figure`), drawn for a page, in a wide form and for a telephone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt

from weigh.core.figure import Figure
from weigh.core.visible import visible
from weigh.pipelines.record import as_written
from weigh.report.charts import (
    WIDE,
    both,
    inline_data,
    lane_names,
    lane_scale,
    short_name,
    sized,
    x_axis,
    zero_rule,
)
from weigh.report.drawing import INKS, SERIES
from weigh.report.shown import number, signed

MAX_LANES = 120
MAX_CELLS = 60
MAX_LABELS = 60
KAMADA_KAWAI = 150
LEGEND = 40

Data = Mapping[str, Any]


def figure_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """A figure ready for a template.

    Parameters
    ----------
    given : mapping
        What `Figure.to_json` gave.

    Returns
    -------
    dict
        title, note, svg, legend [(number of the colour, name)].

    Raises
    ------
    InputError
        It is not what `Figure.to_json` gave.
    """
    with as_written(f"the figure {str(given)[:60]!r}"):
        figure = Figure.from_json(given)
        draw = {"intervals": _intervals, "heatmap": _heatmap, "lines": _lines, "points": _points, "graph": _graph}
        chart, told, names, note = draw[figure.kind](figure.data)
        legend = [(i % SERIES + 1, name) for i, name in enumerate(names[:LEGEND])] if len(names) > 1 else []
        note = " ".join(part for part in (figure.note, note) if part)
        return {
            "title": figure.title,
            "note": note,
            "svg": both(chart, f"{visible(figure.title)}. {told}"),
            "legend": legend,
        }


Drawn = tuple[Callable[[int], Any], str, list[str], str]


def _series_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(str(row.get("series") or "") for row in rows))


def _palette() -> alt.Scale:
    return alt.Scale(domain=list(range(SERIES)), range=[INKS[f"s{i + 1}"] for i in range(SERIES)])


def _colour() -> alt.Color:
    return alt.Color("colour:O", legend=None, scale=_palette())


def _intervals(data: Data) -> Drawn:
    rows, unit = [row for row in data["rows"] if row["mean"] is not None], visible(data["unit"])[:60]
    items = list(dict.fromkeys(str(row["item"]) for row in rows))
    shown = items[:MAX_LANES]
    place = {item: i for i, item in enumerate(shown)}
    series = _series_of(rows)
    # what cannot be negative needs no sign
    shown_as = signed if any(min(row["mean"], row["low"] or 0.0) < 0 for row in rows) else number
    in_lane = Counter(str(row["item"]) for row in rows)
    met: Counter[str] = Counter()
    marks = []
    for row in rows:
        item = str(row["item"])
        if item not in place:
            continue
        met[item] += 1
        marks.append({
            "lane": place[item] + met[item] / (in_lane[item] + 1), "mean": row["mean"],
            "low": row["mean"] if row["low"] is None else row["low"],
            "high": row["mean"] if row["high"] is None else row["high"],
            "colour": series.index(str(row.get("series") or "")) % SERIES, "text": shown_as(row["mean"]),
        })  # fmt: skip
    most = max(in_lane.values(), default=1)
    dense = len(shown) > 40
    step = (16 if dense else 30) + 8 * (most - 1)

    def chart(width: int) -> Any:
        scale, base = lane_scale(len(shown)), alt.Chart(inline_data(marks))
        names, room = lane_names(shown, width, scale)
        y = alt.Y("lane:Q", scale=scale, axis=None)
        layers = [
            zero_rule(),
            base.mark_rule(strokeWidth=4, strokeCap="round", opacity=0.45).encode(
                y=y, x=x_axis("low", unit, width), x2="high:Q", color=_colour()
            ),
            base.mark_point(filled=True, size=50 if dense else 90, opacity=1).encode(y=y, x="mean:Q", color=_colour()),
            names,
        ]
        if width == WIDE and not dense and most == 1:
            layers.append(base.mark_text(dy=-11, fontSize=11, color=INKS["ink"]).encode(y=y, x="mean:Q", text="text:N"))
        return sized(alt.layer(*layers), width, step * len(shown) + 46, room)

    told = "; ".join(f"{visible(row['item'])} {signed(row['mean'])}" for row in rows[:20])
    return chart, told, series, _cut(len(items), MAX_LANES, "rows")


def _heatmap(data: Data) -> Drawn:
    rows, columns, centre = data["rows"][:MAX_CELLS], data["columns"][:MAX_CELLS], data["centre"]
    known = [x for line in data["values"] for x in line if x is not None]
    middle = min(known, default=0.0) if centre is None else centre
    reach = max((abs(x - middle) for x in known), default=0.0) or 1.0
    cells = [
        {
            "top": i, "bottom": i + 1, "left": j, "right": j + 1, "x": j + 0.5, "y": i + 0.5,
            "strength": 0.08 + 0.82 * abs(x - middle) / reach, "side": int(x >= middle), "text": _short(x),
        }
        for i, line in enumerate(data["values"][: len(rows)])
        for j, x in enumerate(line[: len(columns)])
        if x is not None
    ]  # fmt: skip

    def chart(width: int) -> Any:
        scale = lane_scale(len(rows))
        across = alt.Scale(domain=[0, len(columns)], nice=False, zero=False)
        names, room = lane_names(rows, width, scale)
        heads = [{"x": j + 0.5, "text": short_name(name, width)} for j, name in enumerate(columns)]
        base = alt.Chart(inline_data(cells))
        x = alt.X("left:Q", scale=across, axis=None)
        sides = alt.Scale(domain=[0, 1], range=[INKS["low"], INKS["high"]])
        strength = alt.FillOpacity("strength:Q", legend=None, scale=alt.Scale(domain=[0, 1], range=[0, 1]))
        layers = [
            base.mark_rect().encode(
                x=x,
                x2="right:Q",
                y=alt.Y("top:Q", scale=scale, axis=None),
                y2="bottom:Q",
                fill=alt.Fill("side:O", legend=None, scale=sides),
                fillOpacity=strength,
            ),
            names,
            alt.Chart(inline_data(heads))
            .mark_text(align="right", angle=315, dx=-4, dy=6)
            .encode(x=alt.X("x:Q", scale=across, axis=None), y=alt.value(height + 8), text="text:N"),
        ]
        if (width - room) / max(1, len(columns)) > 34:
            texts = base.mark_text(fontSize=10, color=INKS["ink"])
            layers.append(texts.encode(x="x:Q", y=alt.Y("y:Q", scale=scale, axis=None), text="text:N"))
        chart = sized(alt.layer(*layers), width, height + drop, room)
        chart.padding = {"left": room, "right": 8, "top": 4, "bottom": drop}
        return chart

    height = max(26 * len(rows), 60)
    drop = 16 + int(5.4 * max((min(len(name), 40) for name in columns), default=0))
    told = f"{len(data['rows'])} rows by {len(data['columns'])} columns, {visible(data['unit'])}"
    cut = max(len(data["rows"]), len(data["columns"]))
    return chart, told, [], " ".join(filter(None, (visible(data["unit"]), _cut(cut, MAX_CELLS, "rows or columns"))))


def _lines(data: Data) -> Drawn:
    names = list(data["series"])
    rows = [
        {
            "x": x, "y": y, "colour": i % SERIES, "dash": i // SERIES,
            "low": curve.get("low", curve["y"])[k], "high": curve.get("high", curve["y"])[k],
        }
        for i, curve in enumerate(data["series"].values())
        for k, (x, y) in enumerate(zip(curve["x"], curve["y"], strict=True))
        if x is not None and y is not None and not (data["log_x"] and x <= 0) and not (data["log_y"] and y <= 0)
    ]  # fmt: skip
    banded = any("low" in curve for curve in data["series"].values())

    def chart(width: int) -> Any:
        ticks = 8 if width == WIDE else 4
        x = alt.X(
            "x:Q", title=visible(data["x"]), axis=alt.Axis(tickCount=ticks),
            scale=alt.Scale(type="log" if data["log_x"] else "linear", nice=False, zero=False),
        )  # fmt: skip
        y = alt.Y(
            "y:Q", title=visible(data["y"]), axis=alt.Axis(tickCount=6),
            scale=alt.Scale(type="log" if data["log_y"] else "linear", zero=False),
        )  # fmt: skip
        base = alt.Chart(inline_data(rows))
        layers = []
        if banded:
            fill = alt.Fill("colour:O", legend=None, scale=_palette())
            layers.append(base.mark_area(opacity=0.16).encode(x=x, y=alt.Y("low:Q"), y2="high:Q", fill=fill))
        dash = alt.StrokeDash("dash:O", legend=None)
        layers.append(base.mark_line(strokeWidth=2).encode(x=x, y=y, color=_colour(), detail="dash:O", strokeDash=dash))
        if len(rows) <= 80:
            layers.append(base.mark_point(filled=True, size=34, opacity=1).encode(x=x, y=y, color=_colour()))
        return sized(alt.layer(*layers), width, 320)

    return chart, f"{len(names)} curves of {visible(data['y'])} against {visible(data['x'])}", names, ""


def _points(data: Data) -> Drawn:
    names = _series_of(data["rows"])
    rows = [
        {
            "x": row["x"], "y": row["y"], "colour": names.index(str(row.get("series") or "")) % SERIES,
            "text": visible(row.get("label") or "")[:24],
        }
        for row in data["rows"]
        if row["x"] is not None and row["y"] is not None
    ]  # fmt: skip

    def chart(width: int) -> Any:
        ticks = 8 if width == WIDE else 4
        scale = alt.Scale(zero=False)
        x = alt.X("x:Q", title=visible(data["x"]), axis=alt.Axis(tickCount=ticks), scale=scale)
        y = alt.Y("y:Q", title=visible(data["y"]), axis=alt.Axis(tickCount=6), scale=scale)
        base = alt.Chart(inline_data(rows))
        size = 60 if len(rows) < 200 else 18
        layers = [base.mark_point(filled=True, size=size, opacity=0.8).encode(x=x, y=y, color=_colour())]
        if len(rows) <= MAX_LABELS and width == WIDE:
            layers.append(base.mark_text(align="left", dx=7, fontSize=10).encode(x=x, y=y, text="text:N"))
        return sized(alt.layer(*layers), width, 380)

    return chart, f"{len(rows)} points, {visible(data['y'])} against {visible(data['x'])}", names, ""


def _graph(data: Data) -> Drawn:
    names = _series_of(data["nodes"])
    at = _layout(data)
    most = max((float(node.get("weight") or 0.0) for node in data["nodes"]), default=0.0) or 1.0
    nodes = [
        {
            "x": at[node["name"]][0], "y": at[node["name"]][1],
            "size": 60 + 500 * float(node.get("weight") or 0) / most,
            "colour": names.index(str(node.get("series") or "")) % SERIES, "text": visible(node["name"])[:28],
        }
        for node in data["nodes"]
    ]  # fmt: skip
    edges = []
    for edge in data["edges"]:
        (x1, y1), (x2, y2) = at[edge["source"]], at[edge["target"]]
        weight = float(1.0 if edge.get("weight") is None else edge["weight"])
        # screens count downwards, and a triangle points up at 0°
        angle = math.degrees(math.atan2(x2 - x1, y2 - y1)) % 360
        edges.append({
            "x": x1, "y": y1, "x2": x2, "y2": y2, "mx": x1 + 0.72 * (x2 - x1), "my": y1 + 0.72 * (y2 - y1),
            "angle": angle, "width": 0.6 + 3 * weight, "text": visible(edge.get("label") or "")[:16],
        })  # fmt: skip

    def chart(width: int) -> Any:
        plain = alt.Scale(domain=[-0.12, 1.12], nice=False, zero=False)
        x, y = alt.X("x:Q", scale=plain, axis=None), alt.Y("y:Q", scale=plain, axis=None)
        between, dots = alt.Chart(inline_data(edges)), alt.Chart(inline_data(nodes))
        thick = alt.StrokeWidth("width:Q", legend=None, scale=alt.Scale(domain=[0, 4], range=[0, 4]))
        turned = alt.Angle("angle:Q", legend=None, scale=alt.Scale(domain=[0, 360], range=[0, 360]))
        layers: list[Any] = [
            between.mark_rule(color=INKS["muted"], opacity=0.55).encode(
                x=x, y=y, x2="x2:Q", y2="y2:Q", strokeWidth=thick
            ),
            between.mark_point(shape="triangle", filled=True, size=46, color=INKS["muted"], opacity=1).encode(
                x=alt.X("mx:Q", scale=plain, axis=None), y=alt.Y("my:Q", scale=plain, axis=None), angle=turned
            ),
            dots.mark_point(filled=True, opacity=0.95).encode(
                x=x, y=y, color=_colour(), size=alt.Size("size:Q", legend=None, scale=None)
            ),
        ]
        if len(edges) <= MAX_LABELS and any(edge["text"] for edge in edges):
            texts = between.mark_text(fontSize=10, dy=-7, color=INKS["muted"])
            layers.append(
                texts.encode(
                    x=alt.X("mx:Q", scale=plain, axis=None), y=alt.Y("my:Q", scale=plain, axis=None), text="text:N"
                )
            )
        if len(nodes) <= MAX_LABELS:
            layers.append(dots.mark_text(dy=-13, fontSize=11).encode(x=x, y=y, text="text:N"))
        return sized(alt.layer(*layers), width, 520 if width == WIDE else 380)

    return chart, f"{len(nodes)} nodes and {len(edges)} edges", names, ""


def _layout(data: Data) -> dict[str, tuple[float, float]]:
    """Places in the unit square, components side by side; the same graph lies the same way each time."""
    import networkx as nx

    net = nx.Graph()
    net.add_nodes_from(node["name"] for node in data["nodes"])
    net.add_edges_from((edge["source"], edge["target"]) for edge in data["edges"])
    found: dict[str, tuple[float, float]] = {}
    left = 0.0
    for part in sorted(nx.connected_components(net), key=lambda part: (-len(part), min(part))):
        piece = net.subgraph(sorted(part))
        room = math.sqrt(len(piece))
        if len(piece) <= KAMADA_KAWAI:
            places = nx.kamada_kawai_layout(piece)
        else:
            places = nx.spring_layout(piece, seed=0, iterations=120)
        ends = [(min(p[d] for p in places.values()), max(p[d] for p in places.values())) for d in (0, 1)]
        for name, place in places.items():
            x, y = ((place[d] - low) / (high - low) if high > low else 0.5 for d, (low, high) in enumerate(ends))
            found[name] = (left + room * float(x), 0.5 + room * (float(y) - 0.5))
        left += room + 1.0
    spans = [(min(p[d] for p in found.values()), max(p[d] for p in found.values())) for d in (0, 1)] if found else []
    return {
        name: tuple((p[d] - low) / (high - low) if high > low else 0.5 for d, (low, high) in enumerate(spans))  # pyright: ignore[reportReturnType]
        for name, p in found.items()
    }


def _short(x: float) -> str:
    return number(x, 0 if abs(x) >= 100 else 1 if abs(x) >= 10 else 2)


def _cut(n: int, limit: int, what: str) -> str:
    return f"The first {limit} of {n} {what} are drawn; all numbers are in the files." if n > limit else ""
