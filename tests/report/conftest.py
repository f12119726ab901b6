"""Run folders of every kind, made without a model, and a reader of pages."""

from __future__ import annotations

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.hostile.corpus import EVERY, STRINGS

from weigh.banks.bank import find_bank
from weigh.pipelines.profile import measure
from weigh.pipelines.record import read_record, write_record
from weigh.pipelines.score import read_recorded, score
from weigh.report.page import write_report
from weigh.testbeds.planted import Planted

BANK = find_bank("pilot")
THETA = {value: float(i) for i, value in enumerate(BANK.values)}
VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}

PLANTED = {
    "ranking": ("stated", {"effect": 0.5}),
    "association": ("evaluative", {"effect": 0.5, "responsive": False}),
    "tried and kept": ("auto", {"effect": 0.45}),
    "fallen back": ("auto", {"effect": 0.45, "position": 30.0}),
    "position": ("stated", {"position": 30.0}),
    "no controls right": ("stated", {"know_controls": False}),
    "fluency": ("stated", {"effect": 0.0, "fluency": 3.0}),
    "no preference": ("stated", {"effect": 0.0, "paraphrase": 0.0}),
}


class Page(HTMLParser):
    """What a browser would find: text, attributes, and whether tags are balanced."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.html = path.read_text(encoding="utf-8")
        self.feed(self.html)
        self.close()

    @property
    def text(self) -> str:
        return "".join(self.words)

    @property
    def flat(self) -> str:
        return " ".join(self.text.split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "title"):
            self.words.append(data)


def pages_of(folder: Path) -> list[Path]:
    return [folder / "report.html", *sorted((folder / "details").glob("*.html"))]


@pytest.fixture(scope="session")
def bank():
    return BANK


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """Gives a fresh copy of a run folder of some kind; each kind is measured once."""
    made: dict[str, Path] = {}

    def make(kind: str) -> Path:
        folder = tmp_path_factory.mktemp("made") / "run"
        if kind in PLANTED:
            instrument, options = PLANTED[kind]
            judge = Planted(BANK, theta=THETA, **{"paraphrase": 0.6, "seed": 3, **options})
            measure(judge, BANK, folder, instrument=instrument)
        elif kind == "differences":
            # what a run just below the ranking's threshold holds
            shutil.copytree(copy("ranking"), folder)
            record = read_record(folder)
            sentence = "Stable differences with intervals, no ranking."
            record["verdict"] |= {"level": "differences", "sentence": sentence, "also": []}
            write_record(folder, record)
        elif kind == "recorded":
            file = folder.with_suffix(".jsonl")
            rows = [{"question": item.id, "choice": k % 2, "p": 0.9} for k, item in enumerate(BANK.items)]
            file.write_text("".join(json.dumps(row) + "\n" for row in rows))
            score(read_recorded(file, BANK)["run"], BANK, who="them", folder=folder)
        elif kind == "killed":
            shutil.copytree(copy("ranking"), folder)
            record = read_record(folder)
            begun = ("weigh", "started", "model", "bank", "config")
            write_record(folder, {name: record[name] for name in begun} | {"finished": None, "status": "running"})
            (folder / "values.parquet").unlink()
            ledger = (folder / "answers.jsonl").read_bytes()
            # within a line, wherever the third of this run's bytes lies
            (folder / "answers.jsonl").write_bytes(ledger[: ledger.rindex(b"\n", 0, len(ledger) // 3) + 40])
        else:
            raise KeyError(kind)
        return folder

    def copy(kind: str) -> Path:
        if kind not in made:
            made[kind] = make(kind)
        target = tmp_path_factory.mktemp("run") / "run"
        shutil.copytree(made[kind], target)
        return target

    return copy


@pytest.fixture(scope="session")
def edited(run):
    """A run whose record has been changed by a function."""

    def change(kind, edit):
        folder = run(kind)
        record = read_record(folder)
        edit(record)
        write_record(folder, record)
        return folder

    return change


@pytest.fixture(scope="session")
def read():
    """Writes a run's pages and reads the front one, or reads a page that is there."""

    def page(folder: Path, path: str = "") -> Page:
        return Page(folder / path) if path else Page(write_report(folder))

    return page


@pytest.fixture(scope="session")
def hostile():
    return STRINGS


@pytest.fixture(scope="session")
def poisoned(run):
    """A run in which every text field holds hostile strings."""
    folder = run("association")
    record = read_record(folder)
    at = iter(range(10**9))

    def bad(text: str) -> str:
        return f"{text} {STRINGS[next(at) % len(STRINGS)]}"

    names = {name: bad(name) for name in record["bank"]["values"]}
    frames = {name: bad(name) for name in record["frames"]}
    every = EVERY
    ids = {item["id"]: bad(item["id"]) for item in record["items"]}
    for item in record["items"]:
        item["id"], item["situation"] = ids[item["id"]], bad(item["situation"])
        item["options"] = [bad(option) for option in item["options"]]
        if "values" in item:
            item["values"] = [names[value] for value in item["values"]]
            item["author"] = bad(item["author"])
    record["model"] |= {"name": f"model {every}", "precision": every, "fingerprint": bad("f"), every: every}
    record["bank"] |= {
        "title": f"bank {every}",
        "authors": list(STRINGS),
        "licence": every,
        "drafting": every,
        "language": every,
    }
    record["notes"], record["instrument_why"] = list(STRINGS), every
    for row in record["values"]["values"]:
        row["item"] = names[row["item"]]
    record["values"]["who"] = [every]
    record["values"]["scale"]["unit"] = every
    for row in record["specifications"]:
        row |= {"value": names[row["value"]], "frame": frames[row["frame"]], "wording": bad("w"), "author": bad("a")}
    for group in record["groups"]:
        group["group"], group["members"] = bad(group["group"]), [names[name] for name in group["members"]]
    record["circle"] = [names[name] for name in record["circle"]]
    record["human"]["order"] = [names[name] for name in record["human"]["order"]]
    record["frames"] = record["kept_frames"] = list(frames.values())
    for finding in record["findings"]:
        finding |= {"claim": bad(finding["claim"]), "sentence": bad(finding["sentence"])}
        if "by_frame" in finding["evidence"]:
            finding["evidence"]["by_frame"] = {frames[name]: n for name, n in finding["evidence"]["by_frame"].items()}
    write_record(folder, record)
    shutil.rmtree(folder / "bank")
    ledger = folder / "answers.jsonl"
    with ledger.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for row in rows:
        row |= {"question": ids[row["question"]], "raw": bad("raw"), "detail": {bad("key"): bad("value")}}
        row |= {"frame": frames.get(row["frame"], row["frame"]), "wording": bad(row["wording"])}
        message = {"role": bad("user"), "text": bad("said"), "images": [bad("sha")]}
        row["prompts"] = [
            {"text": bad("text"), "continuations": [bad("one"), bad("two")]},
            {"messages": [message], "prefill": bad("prefill"), "continuations": [bad("A"), bad("B")]},
        ]
    rows[0] |= {"raw": every, "question": next(iter(ids.values())), "status": "refused"}
    ledger.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    write_report(folder)
    return folder
