"""The one-way rule, what may load heavy libraries on import, and what is never called at all; read with `ast`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src" / "weigh"
VERBS = ("measure", "fit", "pool", "credit", "learn", "train", "guide", "decide")
FLOORS = {"core": 0, "ops": 1, "nets": 2, "testbeds": 3, "judges": 3, "banks": 3, "loops": 4}
FLOORS |= {**dict.fromkeys(VERBS, 5), "pipelines": 6, "report": 7, "doors": 8}
HEAVY = {"torch", "transformers", "trl", "gymnasium", "inspect_ai", "fastapi"}
# Modules that may load one on import, each with the reason: they are themselves loaded only when used.
MAY_BE_HEAVY: dict[str, str] = {
    "doors/inspect.py": "inspect-ai itself imports it, by its entry point",
    **dict.fromkeys(
        (f"doors/inspect_{part}.py" for part in ("asking", "export", "model_api", "permuted", "scoring", "tasks")),
        "imported by the entry point's module, or when a log is written",
    ),
}
UNSAFE_MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "marshal", "shelve"}
UNSAFE_CALLS = {"eval", "exec", "torch.load", "yaml.load", "yaml.unsafe_load", "joblib.load"}
UNSAFE_FLAGS = {"trust_remote_code", "allow_pickle"}


def imported(node: ast.AST, package: list[str]) -> list[str]:
    """The dotted names that a statement may import; relative ones are resolved."""
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        head = package[: len(package) + 1 - node.level] if node.level else []
        dotted = ".".join([*head, *(node.module or "").split(".")]).strip(".")
        return [dotted, *(f"{dotted}.{name.name}" for name in node.names)]
    return []


def on_import(node: ast.AST) -> Iterator[ast.AST]:
    """The statements that run when a module is imported: those in functions and under TYPE_CHECKING do not."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from on_import(child)


def faults(source: Path, may_be_heavy: dict[str, str]) -> list[str]:
    """What departs from the rules under `source`, a line each."""
    found = []
    for path in sorted(source.rglob("*.py")):
        name = path.relative_to(source).as_posix()
        room = name.split("/")[0]
        tree = ast.parse(path.read_text("utf-8"))
        package = ["weigh", *path.relative_to(source).parent.parts]
        for node in ast.walk(tree):
            for dotted in imported(node, package):
                parts = dotted.split(".")
                other = parts[1] if parts[0] == "weigh" and len(parts) > 1 else ""
                is_upward = FLOORS.get(other, -1) > FLOORS.get(room, 99)
                if is_upward or (room != other and room in VERBS and other in VERBS):
                    found.append(f"{name}: {room} imports {other}")
                if parts[0] in UNSAFE_MODULES:
                    found.append(f"{name}: imports {parts[0]}")
            if isinstance(node, ast.Call):
                if (called := ast.unparse(node.func)) in UNSAFE_CALLS:
                    found.append(f"{name}: calls {called}")
                flags = [k.arg for k in node.keywords if not (isinstance(k.value, ast.Constant) and not k.value.value)]
                found += [f"{name}: sets {flag}" for flag in flags if flag in UNSAFE_FLAGS]
        if room != "nets" and not name.startswith("ops/torch/") and name not in may_be_heavy:
            roots = {dotted.split(".")[0] for node in on_import(tree) for dotted in imported(node, package)}
            found += [f"{name}: loads {root} on import" for root in sorted(roots & HEAVY)]
    return list(dict.fromkeys(found))


def test_house_keeps_its_rules() -> None:
    assert faults(SRC, MAY_BE_HEAVY) == []


def test_exceptions_are_needed_and_have_a_reason() -> None:
    without = faults(SRC, {})
    for name, reason in MAY_BE_HEAVY.items():
        assert any(line.startswith(f"{name}: loads") for line in without), f"{name} needs no exception any more"
        assert len(reason) >= 10


def test_every_room_has_a_floor() -> None:
    rooms = {path.parent.name for path in SRC.glob("*/__init__.py")}
    assert rooms == set(FLOORS)


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("core/x.py", "from weigh.ops import paired", "core imports ops"),
        ("fit/x.py", "def f():\n    import weigh.pool.y", "fit imports pool"),
        ("fit/x.py", "from ..doors import cli", "fit imports doors"),
        ("fit/x.py", "from .. import pipelines", "fit imports pipelines"),
        ("measure/big/__init__.py", "from ... import guide", "measure imports guide"),
        ("banks/x.py", "from weigh import loops", "banks imports loops"),
        ("loops/x.py", "try:\n    import torch.nn\nexcept ImportError: ...", "loads torch on import"),
        ("loops/x.py", "class A:\n    from transformers import B", "loads transformers on import"),
        ("ops/x.py", "import pickle", "imports pickle"),
        ("ops/x.py", "def f(): return torch.load('x')", "calls torch.load"),
        ("ops/x.py", "eval('1')", "calls eval"),
        ("doors/x.py", "yaml.load(f)", "calls yaml.load"),
        ("nets/x.py", "AutoModel.from_pretrained(n, trust_remote_code=True)", "sets trust_remote_code"),
        ("ops/x.py", "np.load(f, allow_pickle=flag)", "sets allow_pickle"),
    ],
)
def test_the_test_finds(tmp_path: Path, name: str, text: str, fault: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text(text, "utf-8")
    assert faults(tmp_path, {}) == [f"{name}: {fault}"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("fit/x.py", "from weigh.ops import paired\nfrom . import y\nfrom ..core.values import Values\nmodel.eval()"),
        ("loops/x.py", "from weigh.judges import a\nfrom weigh.banks import b\ndef f():\n    import torch"),
        ("loops/x.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch"),
        ("nets/x.py", "import torch"),
        ("ops/torch/x.py", "import torch"),
        ("judges/x.py", "AutoModel.from_pretrained(n, trust_remote_code=False)"),
        ("__init__.py", "from weigh.doors import cli"),
    ],
)
def test_the_test_lets_pass(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text, "utf-8")
    assert faults(tmp_path, {}) == []
