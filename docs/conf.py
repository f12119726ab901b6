"""Sphinx: MyST pages, an API reference from numpydoc docstrings, examples that are run, a catalogue from the cards."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import catalogue_page  # noqa: E402 - it lies beside this file

from weigh import __version__  # noqa: E402 - after the path is set

project = "weigh"
author = "The weigh developers"
copyright = "The weigh developers"
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
root_doc = "index"
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "Thumbs.db"]
templates_path = ["_templates"]

html_theme = "furo"
html_title = f"weigh {__version__}"
html_static_path = ["_static"]
html_css_files = ["docs.css"]
html_copy_source = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
# a console block shows what a person types and sees, and the lexer knows no table of values
suppress_warnings = ["misc.highlighting_failure"]

# what docstrings put in single backticks is code
default_role = "code"
autosummary_generate = True
autosummary_ignore_module_all = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "FileNameSortKey",
    # the examples draw nothing, so matplotlib is neither needed nor looked for
    "image_scrapers": (),
    "reset_modules": (),
    "download_all_examples": False,
    "show_memory": False,
    "min_reported_time": 10_000,
    "abort_on_example_error": True,
    "show_signature": False,
}


def _escape(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Docstrings write |x| for a size and f(**spec) for a call; reStructuredText would take both for its own."""
    for n, line in enumerate(lines):
        line = re.sub(r"(?<![`\w\\])\|(?=\S[^|`]*\|)", r"\\|", line)
        lines[n] = re.sub(r"(?<![\\*\w`])\*\*(?=\w+\))", r"\\*\\*", line)


def _skip_fields(app: Any, what: str, name: str, obj: Any, skip: bool, options: Any) -> bool | None:
    """Fields of a NamedTuple stand in its docstring; Python's own "Alias for field number 0" says nothing."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def setup(app: Any) -> None:
    """Write the catalogue before pages are read, and mend docstrings as they are."""
    app.connect("builder-inited", lambda app: catalogue_page.write(HERE / "catalogue.md"))
    app.connect("autodoc-process-docstring", _escape, priority=900)
    app.connect("autodoc-skip-member", _skip_fields)
