"""Exports and notebooks: spreadsheets run nothing, every format gives back what was put in, HTML shows it all."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from tests.hostile.corpus import STRINGS, shown, squeezed

from weigh.core.choice import Choice
from weigh.core.evidence import Answers, Comparisons, Passages, Rankings, Ratings
from weigh.core.finding import Finding
from weigh.core.frames import encodable
from weigh.core.scale import Scale
from weigh.core.tables import read_table, write_table
from weigh.core.values import Values
from weigh.core.visible import HIDDEN
from weigh.measure.gate import Verdict

N = len(STRINGS)
SOUND = [text for text in STRINGS if encodable(text)]
NAMES = [text for text in STRINGS if text.strip()]
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def nouns():
    """One of each noun that shows itself in a notebook, with a hostile string in each of its texts."""
    scale = Scale("interval", "real", "log-odds")
    for names in (NAMES[:99], NAMES[99:198], NAMES[198:]):  # longer tables say how many rows they leave out
        mean = np.arange(float(len(names)))
        values = Values(tuple(names), ("me",), mean, mean - 1.0, mean + 1.0, scale=scale, method="m")
        yield "values", values, names
        yield "ranking", values.ranking(), names
    for text in STRINGS:
        if not text.strip():
            continue
        many = Values(("a", "b"), (text, "other"), [[0.0, 1.0]] * 2, scale=Scale("interval", "real", text), method=text)
        yield "values of several", many, [text]
        yield "choice", Choice((text,), 1.0, text, ((text, 1.0),)), [text]
        finding = Finding(text, text, 1.0, 2.0, False, "error", text)
        yield "finding", finding, [text]
        columns = {"who": [text], "source": [text]}
        yield "ratings", Ratings.from_frame({**columns, "item": [text], "value": [1.0], "criterion": [text]}), [text]
        yield "rankings", Rankings.from_frame({**columns, "item": [text], "rank": [1]}), [text]
        yield "passages", Passages.from_frame({**columns, "text": [text], "label": [text]}), [text]
        pair = {"left": [text], "right": ["other"], "p_left": [1.0], "prompt": [text]}
        yield "comparisons", Comparisons.from_frame({**columns, **pair}), [text]
        answers = {"question": [text], "choice": [0], "raw": [text], "frame": [text], "wording": [text]}
        yield "answers", Answers.from_frame({**answers, "model": [text], "condition": [text]}), [text]


def test_what_notebooks_show_does_nothing_and_is_whole(browser, tmp_path):
    parts = {}
    for number, (kind, noun, texts) in enumerate(nouns()):
        html = noun._repr_html_()
        html.encode("utf-8")
        assert HIDDEN.search(html) is None, kind
        parts[f"{kind} {number}"] = (html, texts)
    page = tmp_path / "notebook.html"
    body = "".join(f"<section id='s{i}'>{html}</section>" for i, (html, _) in enumerate(parts.values()))
    page.write_text(f"<!doctype html><meta charset=utf-8><body>{body}", "utf-8")
    browser.get(page.as_uri())
    assert browser.execute_script("return window.pwned === undefined && document.scripts.length === 0")
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert browser.get_log("browser") == []
    seen = browser.execute_script("return [...document.querySelectorAll('section')].map(e => e.innerText)")
    assert len(seen) == len(parts), "a text has closed or opened a section"
    lost = []
    for (name, (_, texts)), text in zip(parts.items(), map(squeezed, seen), strict=True):
        # cells are cut at 300 characters, and say so
        lost += [(name, one) for one in texts if shown(one[:120]) not in text]
    assert lost == []


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_tables_come_back_as_they_were(ending, tmp_path):
    columns = {"a": list(STRINGS), "b": [text[::-1] for text in STRINGS]}
    again = read_table(write_table(tmp_path / f"t{ending}", columns), typed=False)
    for name, cells in columns.items():
        for given, found in zip(cells, again[name], strict=True):
            # half of a surrogate pair has no place in UTF-8: JSON has an escape for it, the others show it
            assert found == (given if ending == ".jsonl" else given.encode("utf-8", "backslashreplace").decode())


def test_no_cell_of_a_spreadsheet_is_a_formula(tmp_path):
    for ending, delimiter in ((".csv", ","), (".tsv", "\t")):
        columns = {text: [text, f" {text}"] for text in SOUND if text.strip() and text == text.strip()}
        file = write_table(tmp_path / f"t{ending}", columns)
        with file.open(encoding="utf-8", newline="") as lines:
            cells = [cell for row in csv.reader(lines, delimiter=delimiter) for cell in row]
        assert len(cells) == 3 * len(columns)
        assert [
            cell for cell in cells if cell.startswith(FORMULA) and not cell.lstrip("+-").replace(".", "").isdigit()
        ] == []


def test_evidence_keeps_its_texts_in_every_format(tmp_path):
    texts = [text for text in SOUND if text.strip()]
    ratings = Ratings.from_frame({"who": texts, "item": texts, "value": [1.0] * len(texts), "criterion": texts})
    for ending in (".csv", ".jsonl", ".parquet"):
        assert Ratings.from_file(ratings.write(tmp_path / f"r{ending}")) == ratings
    for backend in ("pandas", "polars", "pyarrow"):
        assert Ratings.from_frame(ratings.to_frame(backend)) == ratings


def test_values_and_their_json_come_back(tmp_path):
    values = Values(
        STRINGS, ("me",), [1.0] * N, scale=Scale("interval", "real", "u"), method="m", notes={"a": list(STRINGS)}
    )
    text = json.dumps(values.to_json())
    assert Values.from_json(text) == values
    assert Values.read_parquet(values.write_parquet(tmp_path / "v.parquet")) == values


def test_a_verdict_shows_its_findings_escaped():
    finding = Finding("<b>", "<i>", 1.0, 2.0, False, "error", "<script>")
    assert "<script>" not in Verdict.__dict__["_repr_html_"](type("V", (), {"findings": (finding,)})())
