"""From a template to a file: always escaped, nothing undefined, styles allowed by their hash, written in one step."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from weigh.core.errors import LedgerError
from weigh.core.visible import visible
from weigh.core.whole import write_whole
from weigh.report import shown

TEMPLATES = Path(__file__).with_name("templates")
SHEETS = ("page.css",)
# No text by others can look like it, as all of that is escaped.
_GAP = re.compile(r"<!--gap (\d+)-->")


def write_page(
    path: Path, template: str, context: Mapping[str, Any], *, filled: Callable[[int], bytes] | None = None
) -> None:
    """Render a template and put the page in its place in one step.

    Parameters
    ----------
    path : Path
        Where the page goes.
    template : str
        Name of the template.
    context : mapping
        What it prints.
    filled : callable, optional
        Gives the HTML, in UTF-8, for each `gap(n)` of the context: what is long and ready does not pass through Jinja.

    Raises
    ------
    LedgerError
        The page cannot be written.
    """
    text = rendered(template, context)
    if filled is None:
        data = text.encode("utf-8")
    else:
        pieces = enumerate(_GAP.split(text))
        data = b"".join([filled(int(piece)) if i % 2 else piece.encode("utf-8") for i, piece in pieces])
    try:
        write_whole(path, data)
    except OSError as error:
        raise LedgerError(f"{path} could not be written ({error}); free space, or copy the run elsewhere") from error


def gap(n: int) -> Markup:
    """Holds the place of HTML that `write_page` fills in."""
    return Markup("<!--gap {}-->").format(n)


def rendered(template: str, context: Mapping[str, Any], sheets: tuple[str, ...] = SHEETS) -> str:
    """A page as text, its style sheets inside and allowed by their hash."""
    style, allowed = style_of(sheets)
    return _environment().get_template(template).render(style=style, policy=allowed, **context)


@functools.cache
def style_of(sheets: tuple[str, ...] = SHEETS) -> tuple[Markup, str]:
    """Style sheets in one, and the content security policy that allows them and nothing else."""
    css = "".join((TEMPLATES / name).read_text(encoding="utf-8").replace("\r\n", "\n") for name in sheets)
    digest = base64.b64encode(hashlib.sha256(css.encode("utf-8")).digest()).decode("ascii")
    return Markup(css), f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@functools.cache
def _environment() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=shown.shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = ("isolated", "signed", "number", "percent", "count", "brief")
    environment.filters.update({name: getattr(shown, name) for name in filters})
    environment.filters |= {"coded": _coded, "visible": visible}
    return environment


def _coded(text: str) -> Markup:
    """Our own sentences, in which `…` marks what is typed."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(p) if i % 2 else p for i, p in enumerate(parts))
