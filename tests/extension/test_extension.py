"""The plug-in door: a package of somebody else's, installed, offers its method by name and as a command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SRC = HERE.parents[1] / "src"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the toy installed as pip does it, without network; its source stays untouched."""
    folder = tmp_path_factory.mktemp("toy")
    source = shutil.copytree(HERE / "weigh_toy", folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    command += ["--disable-pip-version-check", "--no-cache-dir", "--target", str(folder / "site"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def python(installed: Path, *command: str) -> str:
    path = os.pathsep.join([str(SRC), str(installed)])
    done = subprocess.run(
        [sys.executable, "-W", "error", *command],
        env={**os.environ, "PYTHONPATH": path},
        cwd=installed,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_method_is_found_by_name_and_not_imported_for_ours(installed: Path) -> None:
    code = """
import sys
from weigh.core.method import built_in, catalogue, extensions, find, load
built_in()
first = next(iter(built_in()), None)
first and find(first)
assert "weigh_toy" not in sys.modules
assert find("toy-midrange") is find("pool/midrange") is find("midrange") is catalogue()["pool/midrange"]
assert load(find("midrange")).card is find("midrange")
assert extensions()[1] == {}
print(find("midrange").function)
"""
    assert python(installed, "-c", code).strip() == "weigh_toy.midrange:midrange"


def test_method_is_a_command(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text("person,item,value\nAda,tea,1\nBo,tea,4\nAda,rum,2\nBo,rum,2\n", "utf-8")
    weigh = ("-c", "import sys; from weigh.doors.cli import main; main()")
    assert "midrange" in python(installed, *weigh, "pool", "--help")
    given = ("pool", "midrange", str(tmp_path / "ratings.csv"), "--map", "person=who", "--shift", "0.5", "--json")
    plain: dict[str, Any] = json.loads(python(installed, *weigh, *given))
    assert plain["values"] == [
        {"item": "tea", "mean": 3.0, "low": 1.5, "high": 4.5},
        {"item": "rum", "mean": 2.5, "low": 2.5, "high": 2.5},
    ]


def test_files_of_the_bank_are_installed(installed: Path) -> None:
    assert (installed / "weigh_toy" / "bank" / "items.jsonl").is_file()
    assert (installed / "weigh_toy" / "bank" / "card.toml").is_file()


def test_bank_is_found_by_name_and_measured(installed: Path, tmp_path: Path) -> None:
    code = """
from weigh.banks.bank import find_bank, installed_banks
bank = find_bank("toy-bank")
assert set(installed_banks()) >= {"core", "pilot", "toy-bank"}
print(len(bank.dilemmas), len(bank.controls))
"""
    dilemmas, controls = map(int, python(installed, "-c", code).split())
    assert dilemmas > 0
    assert controls > 0
    (tmp_path / "toy_judge.py").write_text("def answer(ask):\n    return 0\n", "utf-8")
    run = "import sys; sys.path.insert(0, sys.argv.pop(1)); from weigh.doors.cli import main; main()"
    asked = ("measure", "toy-bank", "-m", "scripted:toy_judge:answer", "--out", str(tmp_path / "run"), "--json")
    found: dict[str, Any] = json.loads(python(installed, "-c", run, str(tmp_path), *asked))
    assert found["bank"] == find_name(installed)
    assert (tmp_path / "run" / "report.html").is_file()


def find_name(installed: Path) -> str:
    code = "from weigh.banks.bank import find_bank; print(find_bank('toy-bank').name)"
    return python(installed, "-c", code).strip()
