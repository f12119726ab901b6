"""Everything public is documented: read with `ast`, so that a name without a docstring fails the build."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SRC = Path(__file__).parents[1] / "src" / "weigh"
# Rooms whose functions of two parameters or more tell of each in the numpydoc section; methods follow their protocol.
WITH_PARAMETERS = ("ops", "measure", "fit", "pool", "credit", "learn", "train", "guide", "decide")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def public(tree: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Public classes and functions, and the public ones inside classes; those inside functions are private."""
    for node in tree.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if any(ast.unparse(d).split(".")[-1] in ("overload", "setter", "deleter") for d in node.decorator_list):
            continue
        yield f"{prefix}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from public(node, f"{node.name}.")


def parameters(node: Function) -> list[str]:
    """Names of what a caller may give."""
    given = node.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs, *(a for a in (given.vararg, given.kwarg) if a)]
    return [one.arg for one in named if one.arg not in ("self", "cls")]


def gaps(source: Path) -> list[str]:
    """What is not documented under `source`, a line each."""
    found = []
    for path in sorted(source.rglob("*.py")):
        name = path.relative_to(source).as_posix()
        if any(part.startswith("_") for part in name.split("/") if part != "__init__.py"):
            continue
        text = path.read_text("utf-8")
        tree = ast.parse(text)
        if text.strip() and not ast.get_docstring(tree):
            found.append(f"{name}: the module has no docstring")
        for qualname, node in public(tree):
            doc = ast.get_docstring(node)
            if not doc:
                found.append(f"{name}:{node.lineno}: {qualname} has no docstring")
            elif name.split("/")[0] in WITH_PARAMETERS and node in tree.body and isinstance(node, Function):
                missing = [one for one in parameters(node) if one not in doc.partition("Parameters\n---")[2]]
                if len(parameters(node)) >= 2 and missing:
                    found.append(f"{name}:{node.lineno}: {qualname} does not tell of {', '.join(missing)}")
    return found


def test_everything_public_is_documented() -> None:
    assert gaps(SRC) == []


def test_the_test_finds_gaps(tmp_path: Path) -> None:
    (tmp_path / "ops").mkdir()
    (tmp_path / "ops" / "__init__.py").write_text("", "utf-8")
    (tmp_path / "_private.py").write_text("def f(): ...", "utf-8")
    (tmp_path / "core.py").write_text('"""Doc."""\ndef f(a, b):\n    """One line will do here."""\n', "utf-8")
    bad = (
        "def f(): ...\ndef _g(): ...\nclass A:\n    def m(self): ...\n    def __init__(self): ...\n"
        'def one(a):\n    """Say."""\ndef two(a, *, b):\n    """Say."""\n'
        'def good(a, b):\n    """Say.\n\n    Parameters\n    ----------\n    a, b : int\n        Two.\n    """\n'
    )
    (tmp_path / "ops" / "x.py").write_text(bad, "utf-8")
    assert gaps(tmp_path) == [
        "ops/x.py: the module has no docstring",
        "ops/x.py:1: f has no docstring",
        "ops/x.py:3: A has no docstring",
        "ops/x.py:4: A.m has no docstring",
        "ops/x.py:8: two does not tell of a, b",
    ]
