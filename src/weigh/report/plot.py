"""A result's first figure as a file of its own: SVG or PNG, in the colours of a light page."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

from weigh.core.errors import InputError, LedgerError
from weigh.core.values import Values
from weigh.report.figures import figure_of
from weigh.report.result import forest
from weigh.report.writing import TEMPLATES

KINDS = (".svg", ".png")
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
    svg = standalone(str(figure_of(figures[0] if figures else forest(result))["svg"]))
    try:
        if path.suffix.lower() == ".svg":
            path.write_text(svg, encoding="utf-8")
        else:
            import vl_convert

            path.write_bytes(vl_convert.svg_to_png(svg, scale=2))
    except OSError as error:
        raise LedgerError(f"{path} cannot be written ({error}); give another file") from error
    return path


def standalone(svg: str) -> str:
    """The wide form of a page's drawing as a file: with a name space, a ground, and colours in place of the page's."""
    one = svg[: svg.index("</svg>") + len("</svg>")]
    colours = _colours()
    one = re.sub(r"var\(--(\w+)\)", lambda found: colours[found[1]], one)
    head, _, rest = one.partition(">")
    ground = f'<rect width="100%" height="100%" fill="{colours["paper"]}"/>'
    return f'{head} xmlns="http://www.w3.org/2000/svg" style="{FONT}">{ground}{rest}\n'


@functools.cache
def _colours() -> dict[str, str]:
    """The page's custom properties, as its light scheme sets them."""
    css = (TEMPLATES / "page.css").read_text("utf-8")
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", css[: css.index("@media")]))
