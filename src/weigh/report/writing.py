"""From a template to a file: always escaped, nothing undefined, styles allowed by their hash, written in one step."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from weigh.core.errors import LedgerError
from weigh.core.visible import visible
from weigh.core.whole import write_whole
from weigh.report import shown

TEMPLATES = Path(__file__).with_name("templates")
SHEETS = ("page.css",)


def write_page(path: Path, template: str, context: Mapping[str, Any], sheets: tuple[str, ...] = SHEETS) -> None:
    """Render a template and put the page in its place in one step.

    Raises
    ------
    LedgerError
        The page cannot be written.
    """
    text = rendered(template, context, sheets)
    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise LedgerError(f"{path} could not be written ({error}); free space, or copy the run elsewhere") from error


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
