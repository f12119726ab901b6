"""Small HTML tables for notebooks, so that every noun shows itself in the same way.

All text is escaped here and nowhere else; colours come from the page around the table, so it reads on
white and on black.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from weigh.core.visible import visible


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML that this package made itself and that is shown as it is."""

    text: str


def escaped(text: object) -> str:
    """A text for HTML: escaped, with each hidden character as a token such as ⟦U+202E⟧.

    Parameters
    ----------
    text : object
        Shown as `str(text)`; nothing is stripped.

    Returns
    -------
    str
        Safe between tags and inside quoted attributes.
    """
    return html.escape(visible(text), quote=True)


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "", note: str = "") -> str:
    """A self-contained HTML table.

    Parameters
    ----------
    header : sequence of str
        One title a column.
    rows : iterable of sequences
        Cells: `Markup` is shown as it is, everything else is escaped.
    caption, note : str
        Text above and below the table.

    Returns
    -------
    str
        One `<div>`, without scripts, outside resources or fixed colours.
    """
    line = "border-bottom:1px solid rgba(128,128,128,.35);padding:.2em .7em;text-align:left;vertical-align:top"
    head = "".join(f'<th style="{line}">{escaped(title)}</th>' for title in header)
    body = "".join("<tr>" + "".join(f'<td style="{line}">{_cell(cell)}</td>' for cell in row) + "</tr>" for row in rows)
    above = f'<caption style="text-align:left;padding:.2em .7em">{escaped(caption)}</caption>' if caption else ""
    below = f'<p style="margin:.2em .7em;opacity:.75">{escaped(note)}</p>' if note else ""
    style = "border-collapse:collapse;color:inherit;background:none;font-variant-numeric:tabular-nums"
    return (
        f'<div style="color:inherit"><table style="{style}">{above}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{below}</div>"
    )


def interval_svg(value: float, low: float, high: float, *, left: float, right: float) -> Markup:
    """An inline drawing of a value and its interval on the axis from `left` to `right`.

    Parameters
    ----------
    value, low, high : float
        In the axis's units; `low` and `high` equal `value` where there is no interval.
    left, right : float
        Ends of the axis; zero is marked where it lies between them.
    """
    width, middle = 160.0, 7.0
    span = (right - left) or 1.0

    def at(x: float) -> str:
        return f"{4.0 + (width - 8.0) * (x - left) / span:.1f}"

    zero = f'<path d="M{at(0.0)} 0V14" stroke="currentColor" stroke-opacity=".3"/>' if left < 0 < right else ""
    whisker = f'<path d="M{at(low)} {middle}H{at(high)}" stroke="currentColor" stroke-width="2" stroke-opacity=".5"/>'
    dot = f'<circle cx="{at(value)}" cy="{middle}" r="3" fill="currentColor"/>'
    label = f"{value:.3g} from {low:.3g} to {high:.3g}"
    return Markup(
        f'<svg width="{width:.0f}" height="14" role="img" aria-label="{escaped(label)}">{zero}{whisker}{dot}</svg>'
    )


def _cell(cell: object) -> str:
    if isinstance(cell, Markup):
        return cell.text
    return f'<bdi style="white-space:pre-wrap">{escaped(cell)}</bdi>'
