"""Every text of every page in a real browser: nothing runs, nothing is fetched, and all of it can be read.

The texts are found by walking the files (`walker`); what no page shows, and what is cut, is listed with the reason.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.hostile.corpus import EVERY, KINDS, STRINGS, shown, squeezed

from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.doors.view import ViewServer
from weigh.report.result import write_result

LOGS = ("performance",)
KINDS_OF_RUN = ("stated", "evaluative", "published", "comparison")

NOT_SHOWN = {
    "the page says what its id or title says": (
        "bank/version", "bank/name", "family", "items/*/family", "items/*/labels/*",
    ),
    "a check that passed needs no sentence": ("findings/*/sentence", "trial/findings/*/sentence"),
    "of these the page says how many there are": ("bank/values/*",),
    "the texts as asked are shown instead": ("labels/text", "labels/way"),
    "the machinery's own words, which the page says in its own": (
        "weigh", "scale/unit", "scale/level", "runs/*/folder", "runs/*/status", "runs/*/verdict/level",
    ),
    "a comparison shows the bank's title, its runs' pages the rest": (
        "bank/licence", "bank/language", "bank/drafting", "bank/authors/*", "bank/taxonomy", "runs/*/condition",
    ),
}  # fmt: skip
CUT = {
    "the first 16 characters of a hash": ("model/fingerprint",),
    "names in plots, whose table has them in full": ("values/diagnostics/figures/*/data/rows/*/item",),
}
OF = {path for paths in NOT_SHOWN.values() for path in paths}
MAY_BE_CUT = {path for paths in CUT.values() for path in paths}


def watched(browser, address):
    """The text of a page that is opened; fails where anything ran or was asked for."""
    browser.get_log("performance")
    browser.get(address)
    state = browser.execute_script(
        "document.querySelectorAll('details').forEach(one => one.open = true);"
        "return {pwned: window.pwned, scripts: document.scripts.length, at: location.href,"
        " frames: window.length, resources: performance.getEntriesByType('resource').map(e => e.name),"
        " handlers: [...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())"
        ".filter(name => /^on/i.test(name)).length,"
        " text: document.body.innerText}"
    )
    assert state["pwned"] is None
    assert (state["scripts"], state["frames"], state["handlers"], state["resources"]) == (0, 0, 0, [])
    assert browser.get_log("browser") == []
    assert fetched(browser) <= {address, state["at"]}
    return state["text"]


def fetched(browser):
    """Every address that the browser asked for since its log was last read."""
    events = [json.loads(one["message"])["message"] for one in browser.get_log("performance")]
    return {one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"}


def test_the_corpus_has_at_least_120_different_strings():
    assert len(set(STRINGS)) == len(STRINGS) >= 120
    assert all(KINDS.values())


def test_the_watch_sees_scripts_requests_and_lost_text(browser, tmp_path):
    page = tmp_path / "bad.html"
    for body in (
        "<script>window.pwned=1</script>",
        "<img src=//127.0.0.1:9/x.png>",
        "<p onclick=x>x</p>",
        "<iframe></iframe>",
    ):
        page.write_text(f"<!doctype html><meta charset=utf-8><body>{body}")
        with pytest.raises(AssertionError):
            watched(browser, page.as_uri())
    page.write_text("<!doctype html><body><p>fine")
    assert watched(browser, page.as_uri()) == "fine"


@pytest.mark.parametrize("kind", KINDS_OF_RUN)
def test_no_text_of_a_run_does_anything_and_all_of_it_can_be_read(kind, bad, browser):
    folder, made = bad(kind)
    pages = sorted(path for path in Path(folder).rglob("*.html"))
    assert pages
    text = "\n".join(squeezed(watched(browser, page.as_uri())) for page in pages)
    lost = {field for _, field in made.missing(text)} - MAY_BE_CUT
    assert lost == set(), "cut short on every page"
    unseen = {field for mark, field in made.fields.items() if mark not in text}
    assert unseen - OF == set(), "on no page"
    assert len(made.fields) - len(unseen) > 10


@contextmanager
def serving(folder):
    with ViewServer(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_the_viewer_shows_and_fetches_no_more(bad, browser):
    folders = {kind: bad(kind).folder for kind in KINDS_OF_RUN}
    with serving(Path(folders["stated"]).parent) as server:
        base = server.url.partition("/?")[0]
        browser.get(server.url)
        browser.get_log("performance")
        listed = squeezed(watched(browser, f"{base}/"))
        for kind in ("stated", "evaluative", "published"):
            record = json.loads((folders[kind] / "run.json").read_text("utf-8"))
            assert shown(record["model"]["name"]) in listed
            assert shown(record["bank"]["name"]) in listed
        links = browser.execute_script("return [...document.links].map(e => e.href)")
        assert len(links) >= 4
        for link in [*dict.fromkeys(links), f"{base}/stated/details/questions-001.html"]:
            assert watched(browser, link)


def test_the_page_of_a_result_shows_every_string_in_each_of_its_fields(browser, tmp_path):
    unit = Scale("interval", "real", EVERY)
    finding = {
        "name": EVERY, "claim": EVERY, "value": 1.0, "threshold": 2.0, "passed": False, "severity": "error",
        "sentence": EVERY, "evidence": {}, "figure": "",
    }  # fmt: skip
    figure = {"kind": "intervals", "title": EVERY, "note": EVERY, "data": {
        "rows": [{"item": text, "mean": 1.0, "low": None, "high": None, "series": text} for text in STRINGS[:40]],
        "unit": EVERY,
    }}  # fmt: skip
    notes = {
        "told": EVERY, "cannot": list(STRINGS), "findings": [finding], "figures": [figure], EVERY: EVERY,
        "table": {text: {text: text} for text in STRINGS}, "baselines": {EVERY: 1.0},
    }  # fmt: skip
    n = len(STRINGS)
    values = Values(STRINGS, (EVERY, "another"), [[1.0] * n, [2.0] * n], scale=unit, method=EVERY, notes=notes)
    text = squeezed(watched(browser, write_result(tmp_path, values).as_uri()))
    assert [one for one in STRINGS if shown(one) not in text] == []
    assert text.count(shown(EVERY)) >= 8
