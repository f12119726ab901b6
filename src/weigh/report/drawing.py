"""From an Altair chart to inline SVG: no fonts, no scripts, no outside names, colours left to the page.

Charts use the ink names below, which become CSS custom properties, so that one drawing serves light and dark. The SVG
is parsed and written again: only attributes can become colours, and data in it cannot become anything but text.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup

SVG = "{http://www.w3.org/2000/svg}"
SERIES = 8

# Sentinel colour in the chart → custom property of the page.
INKS = {name: f"#0a0b{i:02x}" for i, name in enumerate(("ink", "muted", "grid", "paper", "accent", "high", "low"), 1)}
INKS |= {f"s{i}": f"#0a0c{i:02x}" for i in range(1, SERIES + 1)}
_PROPERTY = {colour: f"var(--{name})" for name, colour in INKS.items()}

_DROPPED = {
    "class", "role", "aria-roledescription", "aria-hidden", "aria-label", "pointer-events", "font-family", "style",
    "version", "stroke-miterlimit", "cursor", "{http://www.w3.org/1999/xlink}href",
}  # fmt: skip
_KEPT_TAGS = {"svg", "g", "path", "line", "text", "tspan", "rect", "circle", "ellipse", "polygon", "polyline"}
_DEFAULTS = {("opacity", "1"), ("stroke-width", "1"), ("fill-opacity", "1"), ("stroke-opacity", "1")}
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_INHERITED = ("fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-weight", "text-anchor")


def drawn(chart: Any, *, label: str, kind: str) -> Markup:
    """Inline SVG of an Altair chart.

    Parameters
    ----------
    chart : altair.LayerChart or altair.Chart
        Its texts without control characters, its colours among `INKS`.
    label : str
        What it shows, for those who do not see it.
    kind : {"wide", "narrow", "both"}
        On which screens it is shown.
    """
    import vl_convert

    config = {
        "background": "transparent",
        "aria": False,
        "view": {"stroke": None},
        "font": "sans-serif",
        "text": {"color": INKS["ink"], "fontSize": 12},
        "axis": {
            "labelColor": INKS["ink"], "titleColor": INKS["muted"], "gridColor": INKS["grid"], "domain": False,
            "ticks": False, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelPadding": 6,
            "labelLimit": 170, "titlePadding": 8,
        },
    }  # fmt: skip
    spec = chart.to_dict(validate=False) | {"config": config}
    root = ElementTree.fromstring(vl_convert.vegalite_to_svg(spec))
    return inline(root, label=label, kind=kind)


def inline(root: ElementTree.Element, *, label: str, kind: str) -> Markup:
    """The SVG as it stands in a page: sized by its own width, shrinking with the page, named for screen readers."""
    width, height = (float(root.attrib[side]) for side in ("width", "height"))
    _clean(root)
    view = f"0 0 {width:g} {height:g}"
    root.attrib.clear()
    root.attrib |= {
        "class": f"chart {kind}", "viewBox": view, "width": f"{width:g}", "height": f"{height:g}", "role": "img",
        "aria-label": label, "fill": "none",
    }  # fmt: skip
    title = ElementTree.Element("title")
    title.text = label
    root.insert(0, title)
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _clean(element: ElementTree.Element) -> None:
    element.tag = element.tag.removeprefix(SVG)
    for name in list(element.attrib):
        value = element.attrib[name]
        if name in _DROPPED or (name, value) in _DEFAULTS:
            del element.attrib[name]
        elif name in ("fill", "stroke"):
            element.attrib[name] = _PROPERTY.get(value.lower(), "none" if value == "transparent" else value)
        elif name in ("transform", "d"):
            element.attrib[name] = _NUMBER.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), value)
    if element.tag == "text":
        element.attrib.setdefault("fill", _PROPERTY[INKS["ink"]])
    for child in list(element):
        if child.tag.removeprefix(SVG) not in _KEPT_TAGS or child.attrib.get("display") == "none":
            element.remove(child)
            continue
        _clean(child)
        if _is_empty(child):
            element.remove(child)
    _hoist(element)


def _is_empty(element: ElementTree.Element) -> bool:
    if element.tag == "g":
        return len(element) == 0
    if element.tag == "path":
        return element.attrib.get("fill", "none") == element.attrib.get("stroke", "none") == "none"
    return False


def _hoist(element: ElementTree.Element) -> None:
    """Attributes that all children share are written once, on the parent: half the size of a plot of many dots."""
    children = list(element)
    if element.tag != "g" or len(children) < 3 or any(name in element.attrib for name in _INHERITED):
        return
    for name in _INHERITED:
        values = {child.attrib.get(name) for child in children}
        if len(values) == 1 and (value := values.pop()) is not None:
            element.attrib[name] = value
            for child in children:
                del child.attrib[name]
