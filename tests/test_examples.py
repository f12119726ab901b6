"""The examples run, one after the other in this process, and say what they are there to say."""

from __future__ import annotations

import ast
import runpy
import tempfile
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))
SAYS = {
    "credit_data": ["sum 0.305 of 0.305", "wrong rows among the lowest quarter"],
    "decide_places": ["Di            0.00      1.00", "worth 2.56 of at most 2.67"],
    "fit_comparisons": ["pairs asked", "loved and hated by turns: 10 of 10"],
    "measure_a_script": ["A stable ranking with intervals.", "report.html"],
    "own_bank": ["Not verified", "the bank has no paraphrases"],
    "pool_moral_graph": ["See the person", "first in 100%"],
    "pool_people": ["People fall into 2 opinions", "best first: ['chair'"],
    "pool_rewards": ["log-sigmoid-centred  0.91", "uncertainty-weighted best of 16:"],
    "read_a_run": ["interval scale, real, in item SD", "380"],
    "score_recorded_answers": ["answers follow position", "A stable ranking with intervals."],
}


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_example_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    runpy.run_path(str(path), run_name="__main__")
    printed = capsys.readouterr().out
    for words in SAYS[path.stem]:
        assert words in printed


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_example_is_short_and_has_a_title(path: Path) -> None:
    text = path.read_text("utf-8")
    assert 20 <= len(text.splitlines()) <= 60
    title, underline = (ast.get_docstring(ast.parse(text)) or "\n").splitlines()[:2]
    assert title
    assert set(underline) == {"="}
