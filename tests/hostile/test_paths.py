"""Paths and names: nothing is written outside the folder that was named, and odd names are refused or made safe."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from tests.fuzz import seeds
from tests.hostile.corpus import KINDS, STRINGS

from weigh.banks import published
from weigh.banks.bank import Bank, BankCard, find_bank, read_bank
from weigh.banks.items import Item
from weigh.core.errors import InputError, WeighError
from weigh.core.evidence import Answers
from weigh.core.ledger import Ledger
from weigh.core.tables import read_table
from weigh.pipelines.record import folder_name, read_record, write_recorded
from weigh.report.page import write_report
from weigh.report.runs import Runs

DEVICES = ("CON", "nul", "AUX.txt", "com1", "LPT9.csv", "prn")
NAMES = (
    *STRINGS, *DEVICES, ".", "..", "...", "", " ", "\0", "x" * 5000, "é", "e\u0301", "a/../../b", "~", "~root", "$HOME",
    "*", "a\nb", "trailing.", "trailing ", ".git", "-", "--", "\\\\server\\share", "C:", "C:\\x", "/dev/null",
    "\u2215etc", "\uff0e\uff0e\uff0f",
)  # fmt: skip


@pytest.fixture
def inside(tmp_path, monkeypatch):
    """A working folder; afterwards nothing is new beside it."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    yield tmp_path / "here"
    sys.modules.pop("judge_of_paths_test", None)
    assert {path.name for path in tmp_path.iterdir()} <= {"here", "outside", "home"}


@pytest.mark.parametrize("parts", [(name,) for name in NAMES] + [(name, name) for name in NAMES[::7]], ids=str)
def test_a_folder_name_is_one_safe_name(parts, tmp_path):
    name = folder_name(*parts)
    assert 0 < len(name) <= 101
    assert name.isascii()
    assert name not in (".", "..")
    assert not name.startswith((".", "-"))
    assert not name.endswith((".", " "))
    assert not set(name) & set("/\\:\0\n ")
    assert name.split(".")[0].lower() not in ("con", "prn", "aux", "nul", "com1", "lpt9")
    (tmp_path / name).mkdir()
    assert (tmp_path / name).resolve().parent == tmp_path.resolve()


def test_names_of_judges_and_banks_choose_no_folder_outside(inside, weigh):
    names = [name for name in NAMES if name.strip()]
    items = [{"id": f"i{i}", "situation": "s", "options": ["a", "b"], "values": ["u", "v"]} for i in range(6)]
    Path("bank").mkdir()
    Path("bank/items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    Path("bank/card.toml").write_text(BankCard("../../outside", title="..").to_toml())
    rows = [{"question": f"i{i}", "choice": 0, "model": name} for name in names[::4] for i in range(6)]
    Path("answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, _, err = weigh("score", "bank", "answers.jsonl", "--out", "runs")
    assert code in (0, 2)
    assert "Traceback" not in err
    assert {path.name for path in Path().iterdir()} <= {"bank", "answers.jsonl", "runs"}
    Path("judge_of_paths_test.py").write_text("def answer(ask):\n    return 0\n")
    code, _, err = weigh("measure", "bank", "--model", "scripted:judge_of_paths_test:answer", "--limit", "2")
    assert code == 0, err
    assert all(path.parent == Path("runs") for path in Path("runs").iterdir())
    assert not Path("../outside").exists()


def test_answers_of_several_judges_whose_names_become_one_folder_are_not_mixed(inside, weigh):
    items = [{"id": f"i{i}", "situation": "s", "options": ["a", "b"], "values": ["u", "v"]} for i in range(6)]
    Path("bank.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    rows = [{"question": f"i{i}", "choice": 0, "model": name} for name in ("a/b", "a b") for i in range(6)]
    Path("answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, _, err = weigh("score", "bank.jsonl", "answers.jsonl", "--out", "runs")
    assert code == 2
    assert "holds a run already" in err


@pytest.mark.parametrize(
    "name", [*KINDS["paths"], *DEVICES, "a\0b", "x" * 5000, "/dev/zero", "..", "pilot/../core", "pilot\0"]
)
def test_a_bank_is_found_by_its_name_alone_or_refused_in_words(name, inside):
    with pytest.raises(InputError):
        find_bank(name)


@pytest.mark.parametrize("name", [*KINDS["paths"], "..", "../daily_dilemmas", "daily_dilemmas/..", "x" * 300, ""])
def test_only_known_sets_are_put_on_the_shelf(name, inside, weigh, monkeypatch):
    monkeypatch.setenv("WEIGH_BANKS", str(inside / "shelf"))
    code, out, err = weigh("banks", "get", name.replace("\0", ""), "--from", ".")
    assert (code, out) == (2, "")
    assert "weigh: there is no published set" in err or "Usage" in err
    assert not (inside / "shelf").exists()


def test_a_set_that_lies_in_links_is_copied_and_not_linked(inside, monkeypatch):
    monkeypatch.setenv("WEIGH_BANKS", str(inside / "shelf"))
    kind = published.published_sets()["managerbench"]
    files = seeds.published()["managerbench"]
    (inside / "real").mkdir()
    (inside / "links").mkdir()
    for name, data in files.items():
        (inside / "real" / name).write_bytes(data)
        (inside / "links" / name).symlink_to(inside / "real" / name)
    loose = published.PublishedSet(**{**{f: getattr(kind, f) for f in kind.__dataclass_fields__}, "sha256": {}})
    at = published.get(loose, inside / "links")
    assert at == inside / "shelf" / "managerbench"
    assert not any(path.is_symlink() for path in at.iterdir())
    assert {path.name for path in (inside / "shelf").iterdir()} == {"managerbench"}


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices as files")
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "loop"])
def test_what_is_no_file_is_refused_at_once(kind, tmp_path):
    for name in ("items.jsonl", "t.csv", "t.parquet", "t.jsonl", "answers.jsonl", "run.json"):
        path = tmp_path / name
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "device":
            path.symlink_to("/dev/zero")
        elif kind == "folder":
            path.mkdir()
        else:
            path.symlink_to(path)
    for read in (
        lambda: read_bank(tmp_path), lambda: read_bank(tmp_path / "items.jsonl"), lambda: read_record(tmp_path),
        lambda: read_table(tmp_path / "t.csv"), lambda: read_table(tmp_path / "t.parquet"),
        lambda: Answers.from_file(tmp_path / "t.jsonl"), lambda: write_report(tmp_path),
    ):  # fmt: skip
        with pytest.raises(WeighError):
            read()


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_a_run_folder_whose_parts_are_links_is_not_written_through(inside, tmp_path):
    for name, data in seeds.run().items():
        (inside / "run" / name).parent.mkdir(parents=True, exist_ok=True)
        (inside / "run" / name).write_bytes(data)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("kept")
    shutil.rmtree(inside / "run" / "details", ignore_errors=True)
    (inside / "run" / "report.html").symlink_to(outside / "precious")
    write_report(inside / "run")
    # the page takes the link's place
    assert (outside / "precious").read_text() == "kept"
    assert not (inside / "run" / "report.html").is_symlink()
    assert {path.name for path in outside.iterdir()} == {"precious"}
    runs = Runs(inside)
    assert runs.find(("run", "report.html")) == inside / "run" / "report.html"
    (inside / "run" / "details").rename(outside / "details")
    (inside / "run" / "details").symlink_to(outside / "details")
    with pytest.raises(InputError, match="leads out of the folder"):
        runs.find(("run", "report.html"))


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name.strip("./ ") and "/" not in name and "\0" not in name][::3]
)
def test_a_run_may_have_any_name_that_the_system_allows(name, inside):
    bank = Bank.of(BankCard("b"), [Item(f"i{i}", "s", ("a", "b")) for i in range(3)])
    answers = Answers.from_frame({"question": ["i0", "i1"], "choice": [0, 1]})
    folder = inside / name
    try:
        folder.mkdir()
    except (OSError, UnicodeEncodeError):
        return  # too long, or no name at all here
    record = {
        "weigh": "0",
        "status": "recorded",
        "model": {"name": "m"},
        "bank": {"name": "b"},
        "config": {},
        "cost": None,
    }
    write_recorded(folder, record, answers, bank)
    assert write_report(folder).parent == folder
    html = Runs(inside).html()
    assert "report.html" in html or "backslash" in html or name.startswith(".")
    assert {path.name for path in inside.iterdir()} == {folder.name}


def test_names_that_only_look_alike_stay_apart(inside):
    for name in ("é", "e\u0301", "K", "\u212a"):
        try:
            (inside / name).mkdir()
        except FileExistsError:
            pytest.skip("this system takes them for one")
        with Ledger(inside / name) as ledger:
            ledger.append([{"schema_version": 1, "key": "k"}])
    assert Runs(inside).html().count("it holds answers and no run.json") == 4
