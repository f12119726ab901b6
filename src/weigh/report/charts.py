"""The page's plots as Altair charts, each in a wide form and one for a telephone.

Channels are given as Altair's own objects: a bare "mean:Q" costs Altair a walk through its whole schema, each time.
What a plot means never hangs on colour alone: shape and place say the same. Names come from banks and are only ever
data of a chart, never an expression in its specification.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode
from markupsafe import Markup

from weigh.core.visible import visible
from weigh.report.drawing import INKS, SERIES, drawn
from weigh.report.shown import number, signed

WIDE, NARROW = 800, 356
MAX_SPECIFICATIONS = 1500
MAX_NAME = 40
# Names are laid out by a narrow font; a reader's own may be this much wider, in pixels a letter.
SPARE = 1.6
_SHAPES = ("circle", "diamond", "square", "triangle-up")
_SIGNS = ("●", "◆", "■", "▲")

Row = dict[str, Any]


def values_chart(rows: Sequence[Row], unit: str) -> Markup:
    """Values with 95 % intervals, highest on top; filled where the interval is clear of zero."""
    told = "; ".join(f"{visible(row['item'])} {signed(row['mean'])} ({_interval(row)})" for row in rows[:20])
    label = f"Each value with its 95 % interval. {told}"
    return both(lambda width: _intervals(rows, "item", width, unit), label)


def groups_chart(rows: Sequence[Row], unit: str) -> Markup:
    """Higher-order groups with 95 % intervals."""
    told = "; ".join(f"{visible(row['group'])} {signed(row['mean'])} ({_interval(row)})" for row in rows)
    label = f"Higher-order groups with 95 % intervals. {told}"
    return both(lambda width: _intervals(rows, "group", width, unit), label)


def human_chart(people: Sequence[str], model: Sequence[str]) -> Markup:
    """Two columns of ranks, people's on the left and the model's on the right, a line from each to its like."""
    label = "Order by people: " + ", ".join(map(visible, people)) + ". By the model: " + ", ".join(map(visible, model))
    return both(lambda width: _slopes(people, model, width), label)


def specifications(rows: Sequence[Row], pooled: Sequence[Row], *, unit: str) -> list[dict[str, Any]]:
    """The multiverse, once coloured by frame and, where there are several authors, once more by author.

    Parameters
    ----------
    rows : sequence of dict
        value, frame, wording, author, mean, low, high.
    pooled : sequence of dict
        item, mean, low, high; the estimate that is reported, in the order of the lanes.
    unit : str
        Title of the axis.

    Returns
    -------
    list of dict
        by, svg, legend [(number, name)], shapes [(sign, name)], n, averaged.
    """
    lanes = {row["item"] for row in pooled}
    usable = [row for row in rows if row["value"] in lanes and row["mean"] is not None]
    wordings = list(dict.fromkeys(row["wording"] for row in usable))
    authors = list(dict.fromkeys(row["author"] for row in usable))
    found = []
    for by in ("frame", "author") if len(authors) > 1 else ("frame",):
        names = list(dict.fromkeys(row[by] for row in usable))
        many = len(usable) > MAX_SPECIFICATIONS
        data = _averaged(usable, by) if many else usable
        found.append({
            "by": by,
            "svg": _specification_chart(data, pooled, by, names, wordings, unit),
            "legend": [(i % SERIES + 1, name or "recorded") for i, name in enumerate(names[:40])],
            "shapes": list(zip(_SIGNS, wordings, strict=False)) if len(wordings) > 1 else [],
            "n": len(data) // max(1, len(pooled)),
            "averaged": many,
        })  # fmt: skip
    return found


def _averaged(rows: Sequence[Row], by: str) -> list[Row]:
    cells: dict[tuple[str, str, str], list[float]] = {}
    for row in rows:
        cells.setdefault((row["value"], row[by], row["wording"]), []).append(row["mean"])
    found = []
    for (value, name, wording), means in cells.items():
        mean = sum(means) / len(means)
        found.append({"value": value, by: name, "wording": wording, "mean": mean, "low": mean, "high": mean})
    return found


def _specification_chart(
    rows: Sequence[Row], pooled: Sequence[Row], by: str, names: Sequence[str], wordings: Sequence[str], unit: str
) -> Markup:
    lanes = [row["item"] for row in pooled]
    data: list[Row] = []
    most = 1
    for place, name in enumerate(lanes):
        # lowest estimate first: the curve within a lane
        found = sorted((row for row in rows if row["value"] == name), key=lambda row: row["mean"])
        most = max(most, len(found))
        for k, row in enumerate(found):
            data.append({
                "lane": place + 0.12 + 0.76 * (k + 0.5) / len(found), "mean": row["mean"], "low": row["low"],
                "high": row["high"], "colour": names.index(row[by]) % SERIES,
                "shape": wordings.index(row["wording"]) % len(_SHAPES),
            })  # fmt: skip
    label = (
        f"Specification curve: {len(data)} estimates of {len(lanes)} values, one for each {by} and wording, "
        "with the pooled estimate and its interval in each lane."
    )
    step = min(170, max(34, 3 * most + 10))
    return both(lambda width: _curve(data, pooled, width, step, unit), label)


def both(chart: Callable[[int], Any], label: str) -> Markup:
    """A chart in its wide form and in the one for a telephone; `chart` makes it for a width in pixels."""
    # validation walks through all data against the schema, which takes longer than drawing it
    with debug_mode(False):
        forms = [drawn(chart(width), label=label, kind=kind) for width, kind in ((WIDE, "wide"), (NARROW, "narrow"))]
    return Markup("").join(forms)


def _interval(row: Row) -> str:
    return f"{number(row['low'])} to {number(row['high'])}"


def short_name(text: str, width: int) -> str:
    """A name as it fits beside a plot of this width."""
    limit = MAX_NAME if width == WIDE else 20
    text = visible(text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def inline_data(rows: Sequence[Row]) -> alt.InlineData:
    """Rows as data of a chart."""
    # a tuple, as Altair copies lists, and all that is in them, at each step from a mark to a page
    return alt.InlineData(values=tuple(rows))


def x_axis(field: str, unit: str, width: int) -> alt.X:
    """A quantitative axis that holds zero."""
    ticks = 9 if width == WIDE else 4
    return alt.X(
        field,
        type="quantitative",
        title=unit,
        axis=alt.Axis(tickCount=ticks, labelFlush=False),
        scale=alt.Scale(zero=True),
    )


def sized(layers: Sequence[alt.Chart], width: int, height: int, room: int = 4) -> Any:
    """A chart of these layers and this size, with room for names on its left."""
    size = alt.AutoSizeParams(type="fit", contains="padding")
    padding = {"left": room, "right": 8, "top": 4, "bottom": 4}
    return alt.layer(*layers, width=width, height=height, autosize=size, padding=padding)


def zero_rule() -> alt.Chart:
    """The line at zero."""
    return (
        alt.Chart(inline_data([{"zero": 0}])).mark_rule(color=INKS["muted"], strokeWidth=1.2).encode(x=alt.X("zero:Q"))
    )


def lane_scale(height_of: float) -> alt.Scale:
    """The scale of lanes, the first on top."""
    return alt.Scale(domain=[height_of, 0], nice=False, zero=False)


def _clear(row: Row) -> int:
    if row["low"] is None or row["high"] is None:
        return 0
    return 1 if row["low"] > 0 else -1 if row["high"] < 0 else 0


def _intervals(rows: Sequence[Row], key: str, width: int, unit: str) -> alt.LayerChart:
    data = [
        {
            "lane": i + 0.5, "mean": row["mean"], "low": _or(row["low"], row["mean"]),
            "high": _or(row["high"], row["mean"]), "clear": _clear(row), "text": signed(row["mean"]),
        }
        for i, row in enumerate(rows)
    ]  # fmt: skip
    given = inline_data(data)
    scale, base = lane_scale(len(rows)), alt.Chart(given)
    names, room = lane_names([row[key] for row in rows], width, scale)
    y = alt.Y("lane:Q", scale=scale, axis=None)
    ink = alt.Color(
        "clear:O", legend=None,
        scale=alt.Scale(domain=[-1, 0, 1], range=[INKS["low"], INKS["muted"], INKS["high"]]),
    )  # fmt: skip
    bars = base.mark_rule(strokeWidth=5, strokeCap="round", opacity=0.45).encode(
        y=y, x=x_axis("low", unit, width), x2=alt.X2("high:Q"), color=ink
    )
    shape = alt.Shape(
        "clear:O", legend=None,
        scale=alt.Scale(domain=[-1, 0, 1], range=["triangle-left", "circle", "triangle-right"]),
    )  # fmt: skip
    open_ = base.mark_point(filled=True, size=110, opacity=1).encode(y=y, x=alt.X("mean:Q"), color=ink, shape=shape)
    layers = [zero_rule(), bars, open_, names]
    if width == WIDE:
        layers.append(
            base.mark_text(dy=-13, fontSize=11, color=INKS["ink"]).encode(
                y=y, x=alt.X("mean:Q"), text=alt.Text("text:N")
            )
        )
    return sized(layers, width, 34 * len(rows) + 46, room)


def _or(x: float | None, other: float) -> float:
    return other if x is None else x


def lane_names(texts: Sequence[str], width: int, scale: alt.Scale) -> tuple[alt.Chart, int]:
    """Names left of the plot, and the room they need: a text mark, so that a name is data and never an expression."""
    shown = [{"lane": i + 0.5, "text": short_name(text, width)} for i, text in enumerate(texts)]
    room = 8 + SPARE * max((len(row["text"]) for row in shown), default=0)
    marks = alt.Chart(inline_data(shown)).mark_text(align="right", x=-10)
    return marks.encode(y=alt.Y("lane:Q", scale=scale, axis=None), text=alt.Text("text:N")), int(room)


def _slopes(people: Sequence[str], model: Sequence[str], width: int) -> alt.LayerChart:
    data, labels = [], []
    for rank, item in enumerate(people, 1):
        far = abs(rank - 1 - model.index(item)) >= max(3, len(people) // 3)
        for side, place in ((0, rank), (1, model.index(item) + 1)):
            name = short_name(item, width)
            data.append({"item": rank, "side": side, "rank": place, "far": int(far)})
            text = f"{place}  {name}" if side else f"{name}  {place}"
            labels.append({"side": side, "rank": place, "text": text, "far": int(far)})
    margin = 0.75 if width == NARROW else 0.6
    x = alt.X("side:Q", scale=alt.Scale(domain=[-margin, 1 + margin], nice=False, zero=False), axis=None)
    y = alt.Y("rank:Q", scale=alt.Scale(domain=[len(people) + 0.6, -0.2], nice=False, zero=False), axis=None)
    ink = alt.Color("far:O", legend=None, scale=alt.Scale(domain=[0, 1], range=[INKS["muted"], INKS["accent"]]))
    thick = alt.StrokeWidth("far:O", legend=None, scale=alt.Scale(domain=[0, 1], range=[1.2, 2.6]))
    base, texts = alt.Chart(inline_data(data)), alt.Chart(inline_data(labels))
    layers = [
        base.mark_line().encode(x=x, y=y, detail=alt.Detail("item:N"), color=ink, strokeWidth=thick),
        base.mark_point(filled=True, size=42, opacity=1).encode(x=x, y=y, color=ink),
        texts.transform_filter("datum.side == 0")
        .mark_text(align="right", dx=-8)
        .encode(x=x, y=y, text=alt.Text("text:N")),
        texts.transform_filter("datum.side == 1")
        .mark_text(align="left", dx=8)
        .encode(x=x, y=y, text=alt.Text("text:N")),
        alt.Chart(
            inline_data([{"side": 0, "rank": 0.1, "text": "people"}, {"side": 1, "rank": 0.1, "text": "this model"}])
        )
        .mark_text(fontWeight="bold", color=INKS["muted"])
        .encode(x=x, y=y, text=alt.Text("text:N")),
    ]
    return sized(layers, width if width == NARROW else 620, 27 * len(people) + 30)


def _curve(data: Sequence[Row], pooled: Sequence[Row], width: int, step: int, unit: str) -> alt.LayerChart:
    scale = lane_scale(len(pooled))
    names, room = lane_names([row["item"] for row in pooled], width, scale)
    y = alt.Y("lane:Q", scale=scale, axis=None)
    base = alt.Chart(inline_data(data))
    ink = alt.Color(
        "colour:O", legend=None,
        scale=alt.Scale(domain=list(range(SERIES)), range=[INKS[f"s{i + 1}"] for i in range(SERIES)]),
    )  # fmt: skip
    shape = alt.Shape("shape:O", legend=None, scale=alt.Scale(domain=list(range(len(_SHAPES))), range=list(_SHAPES)))
    lines = alt.Chart(inline_data([{"line": i} for i in range(1, len(pooled))]))
    reported = [
        {"lane": i + 0.5, "mean": r["mean"], "low": _or(r["low"], r["mean"]), "high": _or(r["high"], r["mean"])}
        for i, r in enumerate(pooled)
    ]
    whole = alt.Chart(inline_data(reported))
    layers = [
        lines.mark_rule(color=INKS["grid"]).encode(y=alt.Y("line:Q", scale=scale, axis=None)),
        zero_rule(),
        names,
        whole.mark_rect(color=INKS["muted"], opacity=0.16)
        .transform_calculate(top="datum.lane - 0.5", bottom="datum.lane + 0.5")
        .encode(
            y=alt.Y("top:Q", scale=scale, axis=None),
            y2=alt.Y2("bottom:Q"),
            x=x_axis("low", unit, width),
            x2=alt.X2("high:Q"),
        ),
    ]
    if len(data) <= MAX_SPECIFICATIONS // 2:
        layers.append(
            base.mark_rule(strokeWidth=0.8, opacity=0.4).encode(y=y, x=alt.X("low:Q"), x2=alt.X2("high:Q"), color=ink)
        )
    layers += [
        base.mark_point(filled=True, size=26, opacity=0.95).encode(y=y, x=alt.X("mean:Q"), color=ink, shape=shape),
        whole.mark_tick(color=INKS["ink"], thickness=2.5, size=step * 0.86).encode(y=y, x=alt.X("mean:Q")),
    ]
    return sized(layers, width, step * len(pooled) + 46, room)
