"""A result's first figure as a file of its own: SVG or PNG, in the colours of a light page."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import escape

from weigh.core.errors import InputError, LedgerError
from weigh.core.values import Values
from weigh.report.charts import WIDE, short_name
from weigh.report.figures import figure_of
from weigh.report.result import forest
from weigh.report.writing import TEMPLATES

KINDS = (".svg", ".png")
LINE = 22.0
FONT = "font-family: system-ui, Arial, sans-serif"


def write_plot(path: str | Path, result: Any) -> Path:
    """Write the figure that a result leads with.

    Parameters
    ----------
    path : str or Path
        Ends in .svg or .png.
    result : Values or another result with `notes`
        The first of its notes' figures is drawn, else the values with their intervals.

    Raises
    ------
    InputError
        Another kind of file, or a result that has no figure.
    LedgerError
        The file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in KINDS:
        raise InputError(f"{path.name} ends in {path.suffix or 'nothing'}; a plot is {' or '.join(KINDS)}")
    figures = (getattr(result, "notes", None) or {}).get("figures") or []
    if not figures and not isinstance(result, Values):
        raise InputError(f"a {type(result).__name__} has no figure to draw; leave out --plot")
    drawn = figure_of(figures[0] if figures else forest(result))
    svg = standalone(str(drawn["svg"]), drawn["legend"])
    try:
        if path.suffix.lower() == ".svg":
            path.write_text(svg, encoding="utf-8")
        else:
            import vl_convert

            path.write_bytes(vl_convert.svg_to_png(svg, scale=2))
    except OSError as error:
        raise LedgerError(f"{path} cannot be written ({error}); give another file") from error
    return path


def standalone(svg: str, legend: Sequence[tuple[int, str]] = ()) -> str:
    """The wide form of a page's drawing as a file: with a name space, a ground, colours, and its legend below.

    Parameters
    ----------
    svg : str
        As `figure_of` gives it.
    legend : sequence of (int, str)
        Number of the colour and name, one a series.
    """
    one = svg[: svg.index("</svg>") + len("</svg>")]
    colours = _colours()
    one = re.sub(r"var\(--(\w+)\)", lambda found: colours[found[1]], one)
    head, _, rest = one.partition(">")
    width, height = (float(x) for x in re.findall(r'(?:width|height)="([\d.]+)"', head)[:2])
    below, room = _legend(legend, width, height, colours)
    head = head.replace(f'height="{height:g}"', f'height="{height + room:g}"')
    head = head.replace(f'viewBox="0 0 {width:g} {height:g}"', f'viewBox="0 0 {width:g} {height + room:g}"')
    ground = f'<rect width="100%" height="100%" fill="{colours["paper"]}"/>'
    whole = f'{head} xmlns="http://www.w3.org/2000/svg" style="{FONT}">{ground}{rest}'
    return f"{whole.removesuffix('</svg>')}{below}</svg>\n"


def _legend(
    legend: Sequence[tuple[int, str]], width: float, height: float, colours: dict[str, str]
) -> tuple[str, float]:
    """Swatches and names in lines as wide as the drawing, and the height that they take."""
    parts, x, line = [], 12.0, 0
    for number, name in legend:
        text = short_name(name, WIDE)
        wide = 34 + 7.5 * len(text)
        if x > 12 and x + wide > width:
            x, line = 12.0, line + 1
        y = height + LINE * (line + 0.5)
        parts.append(
            f'<rect x="{x:g}" y="{y - 6:g}" width="12" height="12" fill="{colours[f"s{number}"]}"/>'
            f'<text x="{x + 18:g}" y="{y + 4:g}" font-size="12" fill="{colours["ink"]}">{escape(text)}</text>'
        )
        x += wide
    return "".join(parts), LINE * (line + 1) if parts else 0.0


@functools.cache
def _colours() -> dict[str, str]:
    """The page's custom properties, as its light scheme sets them."""
    css = (TEMPLATES / "page.css").read_text("utf-8")
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", css[: css.index("@media")]))
