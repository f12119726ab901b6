"""What we rely on in inspect-ai, named one by one, so that a new minor of it that differs fails here and says where."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import inspect
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import inspect_ai
import pytest
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, EvalSample, EvalSpec, read_eval_log
from inspect_ai.model import ChatCompletionChoice, GenerateConfig, ModelAPI, ModelOutput, ModelUsage
from inspect_ai.scorer import SampleScore, Score
from inspect_ai.solver import TaskState
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "weigh"
TOY = ROOT / "tests" / "extension" / "weigh_toy"


def range_of(extra: str) -> Requirement:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return next(
        one for one in map(Requirement, project["optional-dependencies"][extra]) if one.name.startswith("inspect")
    )


def imported() -> list[tuple[str, str]]:
    """Each name that we import from inspect-ai, with its module."""
    found = set()
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "inspect_ai":
                found |= {(str(node.module), name.name) for name in node.names}
    return sorted(found)


def test_the_installed_version_is_in_our_range():
    version = importlib.metadata.version("inspect-ai")
    assert range_of("inspect").specifier.contains(version), f"inspect-ai {version} is not {range_of('inspect')}"
    # a minor that nobody has tried is not let in
    assert not range_of("inspect").specifier.contains("0.4.0")
    pinned = next(line for line in (ROOT / "constraints.txt").read_text().splitlines() if line.startswith("inspect_ai"))
    assert range_of("inspect").specifier.contains(Version(pinned.partition("==")[2]))


@pytest.mark.parametrize(("module", "name"), imported())
def test_what_we_import_is_there(module, name):
    assert hasattr(importlib.import_module(module), name), f"{module} has no {name} any more"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Sample, "input choices target id metadata"),
        (EvalSample, "id epoch input choices target messages output scores metadata store events error model_usage"),
        (EvalSample, "working_time attachments"),
        (EvalLog, "status eval results stats error samples location"),
        (EvalSpec, "created task dataset model config metadata task_version packages eval_id run_id task_id"),
        (Score, "value answer explanation metadata"),
        (SampleScore, "score sample_id sample_metadata"),
        (ModelOutput, "model choices usage time"),
        (ModelUsage, "input_tokens output_tokens total_tokens reasoning_tokens"),
        (ChatCompletionChoice, "message stop_reason logprobs"),
        (GenerateConfig, "max_tokens temperature seed logprobs top_logprobs extra_body max_retries attempt_timeout"),
        (GenerateConfig, "num_choices logit_bias stop_seqs presence_penalty frequency_penalty top_p top_k"),
    ],
)
def test_fields_that_we_read_or_write(kind, names):
    assert set(names.split()) <= set(kind.model_fields), kind.__name__


def test_calls_and_attributes_that_we_use():
    taken = inspect.signature(read_eval_log).parameters
    assert {"header_only", "resolve_attachments", "exclude_fields"} <= set(taken)
    for name in ("generate", "max_connections", "should_retry", "connection_key", "count_text_tokens", "aclose"):
        assert callable(getattr(ModelAPI, name)), name
    assert list(inspect.signature(ModelAPI.generate).parameters)[1:] == ["input", "tools", "tool_choice", "config"]
    for name in ("store", "metadata", "choices", "messages", "output", "sample_id", "epoch"):
        assert hasattr(TaskState, name) or name in inspect.getsource(TaskState.__init__), name
    task = inspect.signature(inspect_ai.Task.__init__).parameters
    assert {"dataset", "solver", "scorer", "version", "metadata"} <= set(task)


def test_our_entry_point_is_registered():
    (point,) = importlib.metadata.entry_points(group="inspect_ai", name="weigh")
    assert point.value == "weigh.doors.inspect"


def test_inspect_lists_and_makes_what_we_register(tmp_path):
    code = """
from inspect_ai._util.registry import registry_lookup
from inspect_ai.scorer import Scorer
for kind, name in [("task", "weigh/core"), ("modelapi", "weigh/weigh"), ("solver", "weigh/permuted_choice"),
                   ("scorer", "weigh/permuted"), ("scorer", "weigh/position_free"), ("scorer", "weigh/controls")]:
    assert registry_lookup(kind, name) is not None, name
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_bank_of_somebody_elses_package_is_a_task_too(tmp_path):
    source = shutil.copytree(TOY, tmp_path / "source", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    command += ["--disable-pip-version-check", "--no-cache-dir", "--target", str(tmp_path / "site"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    code = """
from weigh.doors.inspect import TASKS
task = TASKS["toy-bank"]()
print(len(task.dataset))
"""
    path = os.pathsep.join([str(SRC.parent), str(tmp_path / "site")])
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
