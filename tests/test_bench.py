"""The benches run at tiny sizes and their table says what it should; nothing here looks at a clock."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch):
    """The package `bench`, which lies in the repository's root and is not installed."""
    monkeypatch.syspath_prepend(str(ROOT))
    import bench.__main__ as table

    return table


@pytest.mark.parametrize("name", ["startup", "gate", "fair_matching"])
def test_bench_runs(bench, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main([name, "--tiny"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["bench", "contender", "figure"]
    assert all(line.startswith(name) for line in lines[1:])
    assert len(lines) >= 3


def test_engine_overhead_compares_equal_answers() -> None:
    # in a process of its own, as torch's warnings and threads are not this suite's business
    pytest.importorskip("torch", reason="torch is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "bench", "engine_overhead", "--tiny"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "weigh, no ledger" in done.stdout


def test_page_bench_makes_a_run(bench, tmp_path: Path) -> None:
    from bench.page import make_run

    n = make_run(tmp_path / "run", 500)
    assert n == (tmp_path / "run" / "answers.jsonl").read_bytes().count(b"\n")
    assert n > 500


def test_changes_above_a_fifth_are_flagged(bench) -> None:
    row = bench.Row("gate", "x", 1.0, "s", 2.0)
    assert bench.changed(row, None) == ""
    assert bench.changed(row, 1.8) == ""
    assert bench.changed(row, 1.5) == "BETTER"
    assert bench.changed(row, 2.6) == "WORSE"
    assert bench.changed(bench.Row("gate", "x", 1.0, "s", 2.0, watched=False), 9.0) == ""
    assert "WORSE" in bench.shown(row, 2.6)
    assert "nan" not in bench.shown(bench.Row("forced_choice", "skipped", math.nan, ""), None)


def test_unknown_bench_is_named(bench, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bench.main(["gatte"])
    assert ended.value.code == 2
    assert "gatte" in capsys.readouterr().err


def test_tiny_runs_do_not_touch_the_baseline(bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bench, "BASELINE", tmp_path / "baseline.json")
    bench.main(["gate", "--tiny", "--keep"])
    assert not (tmp_path / "baseline.json").exists()


def test_baseline_holds_ratios_of_known_benches(bench) -> None:
    for key, ratio in bench.read_baseline().items():
        assert key.partition(":")[0] in bench.NAMES
        assert ratio > 0


def test_rounds_take_turns(bench) -> None:
    from bench.timing import in_turns

    called: list[str] = []
    taken = in_turns({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, rounds=2)
    assert called == ["a", "b", "a", "b", "b", "a"]
    assert set(taken) == {"a", "b"}
    assert json.dumps(taken)
