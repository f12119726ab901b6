"""The page of a comparison: it stands on its own, shows no number of a run without a profile, and links both runs."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from urllib.parse import unquote

import pytest

from weigh.core.errors import LedgerError
from weigh.core.visible import visible
from weigh.pipelines.compare import compare
from weigh.report.compare import write_comparison
from weigh.report.page import write_report


@pytest.fixture
def pair(run, tmp_path):
    folders = [run("ranking"), run("tried and kept")]
    for folder in folders:
        write_report(folder)
    return folders


def links(page):
    return [a["href"] for tag, a in page.tags if tag == "a"]


def test_the_page_is_sound_and_self_contained(pair, read, tmp_path):
    out = tmp_path / "out"
    path = write_comparison(compare(pair), out)
    page = read(out, path.name)
    assert page.faults == []
    assert page.open == []
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "img", "iframe", "link", "object", "form", "input"}
    policy = next(a["content"] for tag, a in page.tags if tag == "meta" and a.get("http-equiv"))
    style = re.search(r"<style>(.*?)</style>", page.html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert len(page.html.encode()) < 1_000_000
    assert json.loads((out / "compare.json").read_text("utf-8"))["kind"] == "comparison"
    before = path.read_bytes()
    write_comparison(compare(pair), out)
    assert path.read_bytes() == before


def test_questions_link_to_their_place_in_both_runs(pair, read, tmp_path):
    record = compare(pair)
    out = tmp_path / "here" / "out"
    page = read(out, write_comparison(record, out).name)
    found = [href for href in links(page) if "#q-" in href]
    assert len(found) == 20
    for at, question in enumerate(record["pairs"][0]["questions"]):
        for href in found[2 * at : 2 * at + 2]:
            address, _, anchor = href.partition("#")
            html = (out / unquote(address)).read_text("utf-8")
            section = html.split(f'id="{anchor}"')[1].split("</section>")[0]
            assert f"<bdi>{question['id']}</bdi>" in section
    assert sum(href.endswith("report.html") for href in links(page)) == 2


def test_without_pages_beside_the_runs_there_are_no_links(run, read, tmp_path):
    page = read(tmp_path, write_comparison(compare([run("ranking"), run("tried and kept")]), tmp_path).name)
    assert set(links(page)) == {"#everything", "#only-different", "compare.json"}


def test_what_differs_is_told_by_the_address_alone(pair, read, tmp_path):
    record = compare(pair)
    for row in record["pairs"][0]["values"][:2]:
        row["differs"] = True
    page = read(tmp_path, write_comparison(record, tmp_path).name)
    classes = [a.get("class") for tag, a in page.tags if tag == "tr" and a.get("class")]
    assert classes == ["differs"] * 2 + ["same"] * 8
    assert "#only-different:target ~ .pair .same" in page.html
    # the rule works on later siblings, so the mark must stand before all pairs
    assert page.html.index('id="only-different"') < page.html.index('class="pair"')
    assert "2 of 10 values differ" in page.flat


def test_a_run_without_a_profile_is_warned_of_and_has_no_numbers(run, read, tmp_path):
    page = read(tmp_path, write_comparison(compare([run("ranking"), run("position")]), tmp_path).name)
    assert page.flat.index("Before you read on") < page.flat.index("Nothing is compared")
    assert page.flat.count("not measurable") >= 10
    assert "svg" not in {tag for tag, _ in page.tags}
    assert not re.search(r"[+−]\d\.\d\d", page.flat)


def test_hostile_names_are_shown_and_do_nothing(pair, read, hostile, tmp_path):
    record = compare(pair)
    every = " ".join(hostile)
    at = iter(range(10**9))

    def bad(text):
        return f"{text} {hostile[next(at) % len(hostile)]}"

    record["bank"]["title"] = every
    record["warnings"] = list(hostile)
    for n, one in enumerate(record["runs"]):
        one["name"] = f"run {n} {every}"
        one["verdict"]["sentence"] = every
    found = record["pairs"][0]
    found["notes"], found["covariates"] = list(hostile), list(hostile)
    for row in found["values"]:
        row["item"] = bad(row["item"])
        row["differs"] = True
    for row in found["questions"]:
        row |= {"situation": bad(row["situation"]), "options": [bad(o) for o in row["options"]]}
        row["values"] = [bad(value) for value in row["values"]]
    page = read(tmp_path, write_comparison(record, tmp_path).name)
    assert page.faults == []
    assert page.open == []
    assert not {tag for tag, _ in page.tags} & {"script", "img", "iframe", "base", "link", "math", "object"}
    names = {name for _, attributes in page.tags for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in ("src", "style", "xlink:href", "srcdoc")]
    assert all(":" not in (a.get("href") or "") for _, a in page.tags)
    for text in hostile:
        assert " ".join(visible(text).split()) in page.flat
    paints = {a[name] for _, a in page.tags for name in ("fill", "stroke") if a.get(name)}
    assert all(paint == "none" or paint.startswith("var(--") for paint in paints)


def test_a_folder_named_like_a_script_is_a_folder(run, read, tmp_path):
    folder = tmp_path / "javascript:alert(1)" / "a b#?%"
    folder.parent.mkdir()
    run("ranking").rename(folder)
    write_report(folder)
    page = read(tmp_path, write_comparison(compare([folder, run("tried and kept")]), tmp_path).name)
    found = [href for href in links(page) if "alert" in href]
    assert len(found) == 11
    assert all(href.startswith("./javascript%3Aalert%281%29/a%20b%23%3F%25/") for href in found)
    assert (tmp_path / unquote(found[0].partition("#")[0])).is_file()


def test_a_place_that_cannot_be_written_is_one_sentence(pair, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="--out"):
        write_comparison(compare(pair), tmp_path / "file")
