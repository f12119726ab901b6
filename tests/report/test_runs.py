"""The list of runs: every kind of folder has its row, names stay text, and pages are written when they are behind."""

from __future__ import annotations

import json
import os
import shutil
from html.parser import HTMLParser

import pytest

from weigh.core.errors import InputError
from weigh.core.visible import visible
from weigh.pipelines.record import read_record, write_record
from weigh.report import runs as runs_module
from weigh.report.runs import Runs, policy_of

NAMES = [
    "<script>window.pwned=1</script>", "'\"><img src=x onerror=alert(1)>", "a\u202eb", "two  spaces ", "100%2e",
    "%2e%2e", "new\nline", "back`tick`", "{{7*7}}", "javascript:alert(1)", "a?b#c", "שלום", "x" * 200, "\x1b[2J",
    "a..b",
]  # fmt: skip


class Listed(HTMLParser):
    """Links, tags and text of the page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]
        assert not any(name.startswith("on") or name in ("src", "style") for name, _ in attrs)

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def place(tmp_path, run):
    """A folder with a run of some kinds, each under its kind's name."""

    def filled(*kinds):
        for kind in kinds:
            shutil.copytree(run(kind), tmp_path / "runs" / kind)
        (tmp_path / "runs").mkdir(exist_ok=True)
        return tmp_path / "runs"

    return filled


def listed(folder):
    return Listed(Runs(folder).html())


def test_each_run_has_its_model_verdict_controls_and_time(place):
    folder = place("ranking", "position", "recorded", "killed")
    for n, kind in enumerate(("ranking", "position", "recorded")):
        record = read_record(folder / kind)
        record["finished"] = f"2026-01-0{n + 1}T12:00:00+00:00"
        write_record(folder / kind, record)
    record = read_record(folder / "killed")
    write_record(folder / "killed", record | {"started": "2026-01-04T14:00:00+02:00"})
    page = listed(folder)
    assert page.links == [f"/{kind}/report.html" for kind in ("killed", "recorded", "position", "ranking")]
    for words in (
        "4 runs", "✓ A stable ranking", "✕ Not measurable", "… No verdict yet", "Forced choice", "Recorded answers",
        "20 of 20", "90", "2026-01-04 12:00", "not finished", "answers", "pilot", "in killed",
    ):  # fmt: skip
        assert words in page.text


def test_an_empty_folder_says_what_to_do(tmp_path):
    page = listed(tmp_path)
    assert "No runs here yet" in page.text
    assert "weigh measure" in page.text
    with pytest.raises(InputError, match="weigh measure"):
        Runs(tmp_path / "gone")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="no folder"):
        Runs(tmp_path / "file")


def test_torn_and_foreign_folders_are_listed_as_such(tmp_path):
    records = {
        "torn": '{"schema_version": 1, "mod', "foreign": "[]", "newer": '{"schema_version": 99}',
        "odd": '{"schema_version": 1, "model": {"name": "m"}, "bank": {"name": "b"}, "findings": [3]}',
        "huge": '{"schema_version": 1, "model": {"name": "m"}, "bank": {"n_dilemmas": 1' + "0" * 400 + "}}",
        "bare": '{"schema_version": 1}', "binary": "\udcff\udcfe", "deep": "[" * 100_000,
    }  # fmt: skip
    for name, text in records.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(text, "utf-8", "surrogateescape")
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "answers.jsonl").touch()
    (tmp_path / "folder" / "run.json").mkdir(parents=True)
    (tmp_path / "not a run").mkdir()
    page = listed(tmp_path)
    assert page.links == []
    assert page.text.count("✕ torn") == 4
    assert page.text.count("– not a run of weigh") == 6
    assert "upgrade weigh" in page.text
    assert "holds answers and no run.json" in page.text
    assert "not a run\n" not in page.text.replace("not a run of weigh", "")


def test_hostile_names_stay_text_and_lead_to_their_run(place, tmp_path):
    folder = place("recorded")
    for name in NAMES:
        shutil.copytree(folder / "recorded", folder / name)
    page = listed(folder)
    assert not page.tags & {"script", "img", "iframe", "link", "base", "svg", "form"}
    for name in NAMES:
        assert f"in {visible(name)}" in page.text
    assert len(page.links) == len(NAMES) + 1
    assert all(link.isascii() and link.startswith("/") for link in page.links)
    assert not any(set(link) & set(" \"'<>?#:\\") for link in page.links)
    if os.sep == "/":
        (folder / "a\\b").mkdir()
        (folder / "a\\b" / "run.json").write_text("{}")
        assert "rename the folder" in listed(folder).text


def test_hostile_records_stay_text(tmp_path, poisoned, hostile):
    shutil.copytree(poisoned, tmp_path / "run")
    page = listed(tmp_path)
    assert "script" not in page.tags
    assert all(visible(text) in page.text for text in hostile if "\r" not in text)


def test_a_page_is_written_where_it_is_missing_or_behind_and_only_there(place, monkeypatch):
    folder = place("recorded")
    runs, page, record = Runs(folder), folder / "recorded" / "report.html", folder / "recorded" / "run.json"
    assert not page.exists()
    assert runs.find(("recorded", "report.html")) == page
    first = page.stat().st_mtime_ns
    runs.find(("recorded", "report.html"))
    assert page.stat().st_mtime_ns == first
    os.utime(record, ns=(first + 10**9, first + 10**9))
    runs.find(("recorded", "report.html"))
    assert page.stat().st_mtime_ns != first

    def cannot(folder):
        raise InputError("the disk may only be read")

    monkeypatch.setattr(runs_module, "write_report", cannot)
    later = page.stat().st_mtime_ns + 10**9
    os.utime(record, ns=(later, later))
    assert runs.find(("recorded", "report.html")) == page
    page.unlink()
    with pytest.raises(InputError, match="may only be read"):
        runs.find(("recorded", "report.html"))


def test_a_changed_record_is_read_again(place):
    folder = place("recorded")
    runs = Runs(folder)
    assert "renamed" not in runs.html()
    record = read_record(folder / "recorded")
    record["model"]["name"] = "renamed"
    write_record(folder / "recorded", record)
    assert "renamed" in runs.html()
    shutil.rmtree(folder / "recorded")
    assert "No runs here yet" in runs.html()


def test_only_known_names_are_found(place):
    folder = place("recorded")
    runs = Runs(folder)
    (folder / "secret.txt").write_text("no")
    (folder / "recorded" / "notes.html").write_text("no")
    (folder / "recorded" / ".report.html").write_text("no")
    (folder / "recorded" / "details" / "more.html").parent.mkdir(exist_ok=True)
    (folder / "recorded" / "details" / "more.html").write_text("no")
    (folder / "no run" / "details").mkdir(parents=True)
    (folder / "no run" / "details" / "questions-001.html").touch()
    (folder / "no run" / "report.html").touch()
    for names in (
        ("secret.txt",), ("recorded", "notes.html"), ("recorded", ".report.html"), ("recorded", "details", "more.html"),
        ("no run", "details", "questions-001.html"), ("no run", "report.html"), ("recorded",), ("recorded", ""), ("",),
        ("recorded", "bank"), ("recorded", "..", "recorded", "run.json"), ("recorded", "x/../run.json"), (), ("..",),
        ("recorded", "bank", "items.jsonl", "x"), ("recorded\0", "run.json"), ("recorded", "bank\\items.jsonl"),
        ("x" * 5000, "run.json"), ("report.html",), ("run.json",), ("recorded", "run.json", "run.json"),
    ):  # fmt: skip
        assert runs.find(names) is None, names
    for names in (("recorded", "run.json"), ("recorded", "bank", "items.jsonl"), ("recorded", "recorded.parquet")):
        assert runs.find(names) == folder.joinpath(*names)
    # the folder of one run can be looked at too
    assert Runs(folder / "recorded").find(("run.json",)) == folder / "recorded" / "run.json"
    assert "/report.html" in listed(folder / "recorded").links


def linked(path, target):
    try:
        path.symlink_to(target)
    except OSError as error:
        pytest.skip(f"no links here: {error}")


def test_links_are_followed_only_below_the_folder(place, tmp_path, run):
    folder, outside = place("recorded"), tmp_path / "outside"
    shutil.copytree(run("ranking"), outside)
    linked(folder / "away", outside)
    linked(folder / "loop", folder / "loop")
    linked(folder / "same", folder / "recorded")
    runs = Runs(folder)
    assert runs.find(("away", "run.json")) is None
    assert runs.find(("away", "report.html")) is None
    assert not (outside / "report.html").exists()
    assert runs.find(("same", "run.json")) == folder / "recorded" / "run.json"
    page = listed(folder)
    assert page.links == ["/recorded/report.html"]
    assert "away" in page.text
    assert "leads out" in page.text
    (folder / "recorded" / "answers.jsonl").unlink(missing_ok=True)
    linked(folder / "recorded" / "answers.jsonl", outside / "answers.jsonl")
    assert Runs(folder).find(("recorded", "answers.jsonl")) is None
    assert listed(folder).links == []


@pytest.mark.parametrize("name", ["details", "bank", ".report.html.1", "answers.jsonl"])
def test_no_page_is_written_through_a_link_that_leads_out(place, tmp_path, name):
    folder, outside = place("ranking"), tmp_path / "outside"
    outside.mkdir()
    (outside / "questions-999.html").write_text("kept")
    path = folder / "ranking" / name
    shutil.rmtree(path, ignore_errors=True)
    path.unlink(missing_ok=True)
    linked(path, outside)
    with pytest.raises(InputError, match="leads out"):
        Runs(folder).find(("ranking", "report.html"))
    assert [one.name for one in outside.iterdir()] == ["questions-999.html"]


def test_comparisons_are_listed(place):
    folder = place("recorded")
    (folder / "compare a&b").mkdir()
    (folder / "compare a&b" / "compare.html").write_text("<p>")
    (folder / "recorded" / "compare.html").write_text("<p>")
    page = listed(folder)
    assert page.links.count("/compare%20a%26b/compare.html") == 1
    assert page.links.count("/recorded/compare.html") == 2
    assert Runs(folder).find(("compare a&b", "compare.html")) == folder / "compare a&b" / "compare.html"
    assert Runs(folder).find(("compare a&b", "run.json")) is None


def test_a_folder_too_large_is_cut_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(runs_module, "MAX_FOLDERS", 5)
    for n in range(9):
        (tmp_path / f"{n}").mkdir()
        (tmp_path / f"{n}" / "run.json").write_text("{}")
    assert "Only the first 5 folders" in listed(tmp_path).text
    deep = tmp_path.joinpath(*"abcdefgh")
    deep.mkdir(parents=True)
    (deep / "run.json").write_text(json.dumps({}))
    assert "a/b/c" not in listed(tmp_path).text


def test_policy_takes_nothing_from_a_page_but_the_hash_of_its_style():
    own = policy_of(b"")
    assert own.startswith("default-src 'none'; style-src 'sha256-")
    digest = b"sha256-" + b"A" * 43 + b"="
    other = policy_of(b"<meta content=\"script-src *; style-src '" + digest + b"'; img-src *\">")
    assert digest.decode() in other
    assert "script" not in other
    assert "img" not in other
    assert len(other) == len(own)
    assert policy_of(b"sha256-" + b"A" * 42 + b";script-src *") == own
