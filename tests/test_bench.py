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
    assert lines[-2:] == ["", "no ratio has changed by more than 20%"]
    assert all(line.startswith(name) for line in lines[1:-2])
    assert len(lines) >= 5


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


def made_up(bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rows: list, before: dict[str, float]) -> None:
    """One bench that gives these rows, beside a baseline."""
    import types

    def give(*, tiny: bool) -> list:
        return list(rows)

    monkeypatch.setitem(sys.modules, "bench.gate", types.SimpleNamespace(bench=give))
    monkeypatch.setattr(bench, "BASELINE", tmp_path / "baseline.json")
    monkeypatch.setattr(bench.read_baseline, "__defaults__", (tmp_path / "baseline.json",))
    (tmp_path / "baseline.json").write_text(json.dumps(before), "utf-8")


def test_what_has_changed_is_listed_and_checked(
    bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [bench.Row("gate", "slower", 1.0, "s", 1.0), bench.Row("gate", "faster", 1.0, "s", 2.0)]
    made_up(bench, monkeypatch, tmp_path, rows, {"gate: slower": 2.0, "gate: faster": 1.0})
    assert bench.main(["gate"]) == 0
    said = capsys.readouterr().out
    assert said.endswith("\n\nBETTER gate: faster: ratio 2\nWORSE gate: slower: ratio 1\n")
    assert bench.main(["gate", "--check"]) == 1
    assert bench.main(["gate", "--check", "--keep"]) == 1
    # what was kept is the new measure
    assert bench.main(["gate", "--check"]) == 0


def test_a_peer_that_is_missing_fails_nothing_and_overwrites_nothing(
    bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [bench.Row("gate", "peer", math.nan, "", None, "not installed"), bench.Row("gate", "ours", 1.0, "s", 3.0)]
    before = {"gate: peer": 5.0, "gate: weigh beside peer": 4.0, "paired: other": 7.0}
    made_up(bench, monkeypatch, tmp_path, rows, before)
    assert bench.main(["gate", "--check", "--keep"]) == 0
    assert "not installed" in capsys.readouterr().out
    assert bench.read_baseline(bench.BASELINE) == {**before, "gate: ours": 3.0}


def test_a_bench_that_fails_is_told_and_the_others_run(
    bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import types

    def fail(*, tiny: bool) -> list:
        raise AssertionError("answers differ")

    monkeypatch.setitem(sys.modules, "bench.startup", types.SimpleNamespace(bench=fail))
    assert bench.main(["startup", "fair_matching", "--tiny"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "AssertionError: answers differ" in lines[1]
    assert lines[2].startswith("fair_matching")
    assert lines[-1] == "FAILED startup"


ECHO = """
import json, sys
job = json.load(open(sys.argv[1]))
if job["fails"]:
    sys.exit("it broke")
print(json.dumps("ready"), flush=True)
for _ in sys.stdin:
    print(json.dumps({"wall": 2.0, "cpu": 1.0, "log_odds": job["odds"]}), flush=True)
"""


def test_a_peer_answers_line_by_line_or_says_why_not(bench, tmp_path: Path) -> None:
    from bench.peers import Peer, python_with
    from bench.timing import Taken, in_turns_by_both

    script = tmp_path / "echo.py"
    script.write_text(ECHO, "utf-8")
    peer = Peer(sys.executable, script, {"fails": False, "odds": [0.5]})
    assert in_turns_by_both({"peer": peer.run}, rounds=2) == {"peer": Taken(2.0, 1.0)}
    assert peer.found["log_odds"] == [0.5]
    peer.close()
    with pytest.raises(RuntimeError, match="it broke"):
        Peer(sys.executable, script, {"fails": True})
    assert python_with("json") is not None
    assert python_with("no_such_package_at_all") is None


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
