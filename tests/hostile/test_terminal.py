"""What the command line prints of hostile names: no command to the terminal, nothing hidden, no markup, whole JSON."""

from __future__ import annotations

import contextlib
import json
import re
import sys

import pytest
from rich.console import Console
from tests.hostile.corpus import EVERY, STRINGS, shown, squeezed

from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.core.visible import HIDDEN
from weigh.doors import terminal
from weigh.doors.cli import main
from weigh.doors.giving import show
from weigh.doors.terminal import Bars, print_findings, print_json, print_path, print_values, print_verdict, say

NAME = re.sub(r"[\n\t]", " ", EVERY)


@pytest.fixture
def weigh(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "4000")

    def run(*args):
        monkeypatch.setattr(sys, "argv", ["weigh", *args])
        with contextlib.suppress(SystemExit):
            main()
        out, err = capsys.readouterr()
        for text in (out, err):
            assert HIDDEN.search(text) is None
            assert "\x1b" not in text
        return out, err

    return run


@pytest.fixture
def wide(monkeypatch):
    """A terminal in which no text is folded."""
    monkeypatch.setattr(
        terminal, "console", lambda *, stderr=False: Console(stderr=stderr, width=4000, highlight=False)
    )


def bank_and_answers(folder):
    items = [
        {
            "id": f"i{i} {text}", "situation": f"{i} {text}", "options": [f"a {text}", f"b {text}"],
            "values": [f"u {NAME}", f"v {NAME}"][:: 1 - 2 * (i % 2)], "author": NAME, "family": NAME, "group": NAME,
        }
        for i, text in enumerate(STRINGS)
    ]  # fmt: skip
    rows = [
        {"question": item["id"], "choice": i % 2, "order": order, "p": 0.9, "model": NAME, "raw": EVERY}
        for i, item in enumerate(items) for order in ([0, 1], [1, 0])
    ]  # fmt: skip
    for name, lines in (("bank.jsonl", items), ("answers.jsonl", rows)):
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_scoring_and_judging_print_names_that_do_nothing(weigh, tmp_path):
    bank_and_answers(tmp_path)
    out, err = weigh("score", "bank.jsonl", "answers.jsonl", "--out", "run")
    assert "Traceback" not in err
    assert shown(NAME) in squeezed(out)
    assert (tmp_path / "run" / "report.html").is_file()
    for command in (("gate", "run"), ("banks", "bank.jsonl"), ("banks", "bank.jsonl", "--check"), ("report", "run")):
        assert "Traceback" not in "".join(weigh(*command))


def test_json_is_whole_and_says_the_same(weigh, tmp_path):
    bank_and_answers(tmp_path)
    for command in (
        ("score", "bank.jsonl", "answers.jsonl"), ("gate", "answers.jsonl", "--bank", "bank.jsonl"),
        ("banks", "bank.jsonl"), ("banks", "bank.jsonl", "--check"),
    ):  # fmt: skip
        found = json.loads(weigh(*command, "--json")[0])
        assert found
    assert json.loads(weigh("score", "bank.jsonl", "answers.jsonl", "--json")[0])["model"] == NAME


@pytest.mark.parametrize("text", STRINGS, ids=range(len(STRINGS)))
def test_each_string_in_each_place(text, capsys, wide):
    print_verdict({"level": "differences", "sentence": text, "also": [text]})
    assert squeezed(capsys.readouterr().out).count(shown(text)) >= 2
    say(text)
    print_values([{"item": text, "mean": 1.0, "low": 0.5, "high": 1.5}])
    finding = {"name": text, "value": 1.0, "threshold": 2.0, "passed": False, "sentence": text, "evidence": {}}
    print_findings([finding])
    with Bars() as bars:
        bars.start(text, 1)
        bars.advance(1)
    out, err = capsys.readouterr()
    assert HIDDEN.search(out + err) is None
    # the lines of a text stand between other cells
    assert all(squeezed(out).count(shown(line)) >= 3 for line in text.split("\n"))
    assert squeezed(err).count(shown(text)) >= 1
    print_json({text: [text]})
    out = capsys.readouterr().out
    assert HIDDEN.search(out) is None
    assert json.loads(out) == {text: [text]}


def test_commands_show_no_markup_of_units_and_names(wide, capsys):
    scale = Scale("interval", "real", f"[red]{NAME}")
    values = Values(tuple(STRINGS), ("[b]me",), [1.0] * len(STRINGS), scale=scale, method=NAME)
    show(values, as_json=False)
    text = capsys.readouterr().out
    assert HIDDEN.search(text) is None
    assert "[red]" in squeezed(text)
    assert "[b]me" in text
    flat = squeezed(text)
    assert [one for one in STRINGS if not all(shown(line) in flat for line in one.split("\n"))] == []


def test_errors_name_hostile_files_without_doing_what_they_say(weigh, tmp_path):
    for text in STRINGS[::5]:
        name = text.replace("\0", "").replace("/", "_")[:80] or "x"
        out, err = weigh("gate", f"./{name.encode('utf-8', 'ignore').decode()}", "--bank", "pilot")
        assert out == ""
        assert err.startswith("weigh: ") or "Usage" in err


def test_a_path_is_exact_for_programs_and_visible_for_people(capsys, monkeypatch):
    print_path("runs/a\u202eb")
    assert capsys.readouterr().out == "runs/a\u202eb\n"
    print_path("runs/\udcff")
    assert capsys.readouterr().out == "runs/⟦U+DCFF⟧\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    print_path("runs/a\u202eb\x1b[2J")
    assert capsys.readouterr().out == "runs/a⟦U+202E⟧b⟦U+001B⟧[2J\n"
