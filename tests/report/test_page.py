"""The page of a run of every kind: what it says, what it must not say, and that it stands on its own."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil

import pytest

from weigh.core.errors import InputError, LedgerError
from weigh.core.values import Values
from weigh.measure import _position, gate
from weigh.pipelines.record import read_record, write_record
from weigh.report import texts
from weigh.report.contents import checks_of
from weigh.report.page import write_report

KINDS = {
    "ranking": ("ranking", gate.RANKING),
    "differences": ("differences", gate.DIFFERENCES),
    "association": (None, None),
    "fallen back": (None, None),
    "position": ("unmeasurable", gate.FOLLOWS_POSITION),
    "no controls right": ("unmeasurable", gate.NOT_MEASURABLE),
    "no preference": ("no preference", gate.NO_PREFERENCE),
    "fluency": ("no preference", gate.TEXT_FLUENCY),
    "recorded": ("unverified", gate.UNVERIFIED),
    "killed": ("none", ""),
}
PROFILE = (
    "Clear of zero",
    "No value is clear of zero",
    "Which pairs differ",
    "Around the circle",
    "Which questions drive",
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_run_has_a_sound_page(kind, run, read):
    folder = run(kind)
    page = read(folder)
    level, sentence = KINDS[kind]
    record = read_record(folder)
    verdict = record.get("verdict") or {"level": "none", "sentence": ""}
    if level:
        assert verdict["level"] == level
        assert verdict["sentence"] == sentence
    assert verdict["sentence"] in page.flat
    assert page.faults == []
    assert page.open == []
    assert len(page.html.encode()) < 1_000_000
    shown = verdict["level"] in gate.SHOWN
    assert any(words in page.flat for words in PROFILE) == shown
    assert ("svg" in {tag for tag, _ in page.tags}) == shown
    for path in sorted((folder / "details").glob("*.html")):
        behind = read(folder, f"details/{path.name}")
        assert behind.faults == []
        assert behind.open == []


@pytest.mark.parametrize("kind", ["ranking", "fallen back", "recorded", "killed"])
def test_it_needs_nothing_from_outside(kind, run, read):
    folder = run(kind)
    page = read(folder)
    pages = [page, *(read(folder, f"details/{path.name}") for path in (folder / "details").glob("*.html"))]
    for one in pages:
        assert not {tag for tag, _ in one.tags} & {"script", "link", "img", "iframe", "object", "base", "form"}
        for _, attributes in one.tags:
            assert not [name for name in attributes if name.startswith("on") or name in ("src", "style", "xlink:href")]
            assert ":" not in (attributes.get("href") or "")
        policy = next(a["content"] for tag, a in one.tags if a.get("http-equiv") == "Content-Security-Policy")
        style = re.search(r"<style>(.*?)</style>", one.html, re.DOTALL)
        assert style is not None
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert digest in policy
        assert "http" not in style[1]


def test_links_lead_somewhere(run, read):
    folder = run("ranking")
    page = read(folder)
    targets = {a["href"] for tag, a in page.tags if tag == "a"}
    assert {"run.json", "answers.jsonl", "values.parquet"} <= targets
    for target in targets:
        path, _, anchor = target.partition("#")
        assert (folder / path).is_file()
        if anchor:
            assert f'id="{anchor}"' in (folder / path).read_text(encoding="utf-8")


def test_the_same_folder_gives_the_same_bytes(run):
    folder = run("fallen back")
    write_report(folder)
    first = {path.name: path.read_bytes() for path in folder.rglob("*.html")}
    write_report(folder)
    assert first == {path.name: path.read_bytes() for path in folder.rglob("*.html")}
    moved = folder.with_name("elsewhere")
    shutil.copytree(folder, moved)
    write_report(moved)
    assert first == {path.name: path.read_bytes() for path in moved.rglob("*.html")}
    assert not [path for path in folder.rglob(".*") if path.name.startswith((".report", ".questions"))]


def test_the_order_in_which_answers_came_changes_nothing(run):
    folder = run("ranking")
    write_report(folder)
    first = {path.name: path.read_bytes() for path in folder.rglob("*.html")}
    ledger = folder / "answers.jsonl"
    ledger.write_bytes(b"".join(reversed(ledger.read_bytes().splitlines(keepends=True))))
    write_report(folder)
    assert first == {path.name: path.read_bytes() for path in folder.rglob("*.html")}


def test_what_is_clear_of_zero_is_named_with_its_interval(run, read):
    folder = run("ranking")
    page = read(folder)
    record = read_record(folder)
    summary = page.flat[page.flat.index("Clear of zero") : page.flat.index("pairs differ")]
    for row in record["values"]["values"]:
        clear = row["low"] > 0 or row["high"] < 0
        assert (row["item"] in summary) == clear
    ranking = Values.from_json(record["values"]).ranking()
    n = sum(ranking.beats(a, b) for a in ranking.items for b in ranking.items)
    assert f"{n} of 45 pairs differ" in page.flat


def test_only_a_ranking_is_told_in_order(run, read):
    assert "From the top" in read(run("ranking")).flat
    assert "From the top" not in read(run("differences")).flat
    assert "Differences, not a ranking" in read(run("differences")).flat


def test_association_says_what_it_is_not(run, read):
    text = read(run("association")).flat
    assert "hardly reacts when told which value counts most" in text
    assert "not as what it would choose" in text


def test_the_trial_of_the_other_instrument_is_shown(run, read):
    folder = run("fallen back")
    text = read(folder).flat
    assert "tried first and set aside" in text
    assert gate.FOLLOWS_POSITION in text
    assert text.count("Obvious choices") == 2
    kept = read(run("tried and kept")).flat
    assert "set aside" not in kept
    assert "tried first on a part of the bank" in kept


def test_every_check_stands_with_its_threshold(run, read):
    text = read(run("association")).flat
    for tag, title, _, otherwise in texts.CHECKS.values():
        assert tag in text
        assert title in text
        assert otherwise in text
    for words in ("at least 80 %", "below 0.05", "below 0.70", "interval above 0", "– not checked"):
        assert words in text


def test_a_check_without_a_number_is_not_shown_as_passed():
    given = {"name": "authors", "value": None, "threshold": 0.5, "passed": True, "sentence": "They agree."}
    (check,) = checks_of([given])
    assert check["result"] == "unchecked"
    assert "no number" in check["sentence"]
    assert checks_of([{**given, "value": 0.7}])[0]["result"] == "pass"
    assert checks_of([{**given, "passed": False}])[0]["result"] == "fail"


def test_a_killed_run_says_what_there_is(run, read):
    text = read(run("killed")).flat
    assert "No verdict yet" in text
    assert "has not finished, so its answers have not been judged" in text
    assert "has not finished, or was killed" in text
    assert "the last line was cut short" in text
    assert "Every question, with its prompts" in text


def test_an_interrupted_run_says_so(edited, read):
    page = read(edited("ranking", lambda record: record.update(status="interrupted", finished=None)))
    assert "This run was broken off" in page.flat
    assert gate.RANKING in page.flat


def test_a_run_without_answers_has_a_page(run, read):
    folder = run("killed")
    (folder / "answers.jsonl").unlink()
    page = read(folder)
    assert "There are no answers yet" in page.flat
    assert page.faults == []


def test_missing_answers_are_bounded(edited, read):
    def lose(record):
        record["unanswered"] = 3
        notes = record["values"]["diagnostics"]
        notes["bounds_if_missing_were_extreme"] = {item: [-9.87, 6.54] for item in record["bank"]["values"]}

    text = read(edited("ranking", lose)).flat
    assert "3 dilemmas have no usable answer" in text
    assert "−9.87" in text
    assert "+6.54" in text


def test_several_authors_are_plotted_apart(edited, read):
    def two(record):
        rows = record["specifications"]
        record["specifications"] = [{**row, "author": author} for author in ("Ada", "Ben") for row in rows]
        record["verdict"]["also"] = [gate.AUTHORED]

    page = read(edited("ranking", two))
    assert "by who wrote the questions" in page.flat
    assert {"Ada", "Ben"} <= set(page.words)
    assert "Questions by different authors give different profiles" in page.flat


def test_too_many_specifications_are_averaged(edited, read):
    def many(record):
        rows = record["specifications"]
        record["specifications"] = [{**row, "author": f"author {k}"} for k in range(90) for row in rows]

    page = read(edited("association", many))
    assert "averaged over authors" in page.flat
    assert len(page.html) < 1_000_000


def test_recorded_answers_show_their_position_audit(run, read):
    text = read(run("recorded")).flat
    assert "given elsewhere" in text
    assert "the order was not recorded" in text
    assert "on the commonest option" in text


def test_neither_model_nor_bank_is_needed(run, read):
    folder = run("ranking")
    shutil.rmtree(folder / "bank")
    text = read(folder).flat
    assert gate.RANKING in text
    assert "You have one free month between two jobs." in read(folder, "details/questions-001.html").flat


def test_a_sentence_of_a_later_gate_is_shown_as_it_is(edited, read):
    page = read(
        edited("ranking", lambda record: record["verdict"].update(sentence="A new sentence.", also=["Another."]))
    )
    assert "A new sentence." in page.flat
    assert "Some of its values stand above others" in page.flat


def test_what_is_no_run_is_refused_in_words(tmp_path, run):
    with pytest.raises(InputError, match=r"run\.json"):
        write_report(tmp_path)
    folder = run("ranking")
    record = read_record(folder)
    record["values"] = {"values": "none"}
    write_record(folder, record)
    with pytest.raises(InputError):
        write_report(folder)


def test_a_folder_that_cannot_be_written_is_said_in_words(run):
    folder = run("killed")
    (folder / "details").write_text("a file in the place of the folder")
    with pytest.raises(LedgerError, match="could not be written"):
        write_report(folder)


def test_every_sentence_of_the_gate_has_its_words():
    fixed = {
        gate.NOT_MEASURABLE,
        gate.FOLLOWS_POSITION,
        gate.TEXT_FLUENCY,
        gate.NO_PREFERENCE,
        gate.UNVERIFIED,
        gate.TOO_FEW,
    }
    of_places = {_position.FORMAT, _position.CONTENT, _position.UNKNOWN}
    assert set(texts.VERDICTS) == fixed | {gate.DIFFERENCES, gate.RANKING} | of_places
    assert set(texts.ALSO) == {gate.ASSOCIATION, gate.UNRESPONSIVE, gate.AUTHORED}
    for said in (*texts.VERDICTS.values(), *texts.ALSO.values(), texts.NONE_YET):
        assert said.means
        assert said.next


def test_the_front_page_alone_leads_to_no_question(run):
    folder = run("association")
    whole = write_report(folder).read_text("utf-8")
    alone = write_report(folder, questions=False).read_text("utf-8")
    assert "details/" in whole
    assert "details/" not in alone
    # what it counts is the same
    assert whole[whole.index("<h2>All answers") :][:900] == alone[alone.index("<h2>All answers") :][:900]
