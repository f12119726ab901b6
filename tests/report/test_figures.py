"""Figures drawn: every kind, empty and large ones, and names by others that are text and nothing else."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from weigh.core.choice import Choice
from weigh.core.errors import InputError, LedgerError
from weigh.core.figure import graph, heatmap, intervals, lines, points
from weigh.core.scale import Scale
from weigh.core.values import Values
from weigh.report.figures import figure_of
from weigh.report.plot import standalone, write_plot
from weigh.report.result import table_of, write_result

HOSTILE = "<script>alert(1)</script>\u202e'\"}] datum.x == 1 \x1b[31m"


def all_with(name):
    return [
        intervals(name, [{"item": name, "mean": 1.0, "low": 0.5, "high": 1.5, "series": name}], unit=name, note=name),
        heatmap(name, [name], [name, "b"], [[1.0, None]], unit=name, centre=0.0),
        lines(
            name, {name: {"x": [1, 10], "y": [0.5, 0.7]}, "b": {"x": [0, 1], "y": [0, 2]}}, x=name, y=name, log_x=True
        ),
        points(name, [{"x": 1.0, "y": 2.0, "label": name, "series": name}], x=name, y=name),
        graph(name, [{"name": name}, {"name": "b"}], [{"source": name, "target": "b", "label": name}]),
    ]


@pytest.mark.parametrize("figure", all_with(HOSTILE), ids=lambda figure: figure.kind)
def test_names_by_others_are_text(figure):
    svg = str(figure_of(figure.to_json())["svg"])
    assert "<script" not in svg
    root = ElementTree.fromstring(f"<div>{svg}</div>")
    assert len(root) == 2
    assert any("alert(1)" in (element.text or "") for element in root.iter())


@pytest.mark.parametrize("figure", all_with("plain"), ids=lambda figure: figure.kind)
def test_the_same_figure_is_drawn_the_same_way(figure):
    assert figure_of(figure.to_json())["svg"] == figure_of(figure.to_json())["svg"]


def test_large_figures_are_cut_and_say_so():
    rows = [{"item": f"item {i}", "mean": float(i)} for i in range(500)]
    drawn = figure_of(intervals("Many", rows).to_json())
    assert "first 120 of 500" in drawn["note"]
    assert len(drawn["svg"]) < 300_000
    names = [f"n{i}" for i in range(80)]
    drawn = figure_of(heatmap("Wide", names, names, np.eye(80).tolist()).to_json())
    assert "first 60 of 80" in drawn["note"]


@pytest.mark.parametrize(
    "figure",
    [
        intervals("None", []),
        heatmap("None", [], [], []),
        lines("None", {}),
        points("None", []),
        graph("None", [], []),
        graph("One", [{"name": "a", "weight": 0.0}], []),
        heatmap("Flat", ["a"], ["b"], [[0.0]]),
    ],
    ids=lambda figure: f"{figure.kind} {figure.title}",
)
def test_figures_with_nothing_in_them_are_drawn_too(figure):
    assert "<svg" in figure_of(figure.to_json())["svg"]


@pytest.mark.parametrize("figure", all_with(HOSTILE), ids=lambda figure: figure.kind)
def test_a_file_of_its_own_is_whole(figure):
    drawn = figure_of(figure.to_json())
    names = [(i % 8 + 1, f"{HOSTILE} {i}") for i in range(12)]
    svg, plain = standalone(drawn["svg"], names), standalone(drawn["svg"])
    root, without = ElementTree.fromstring(svg), ElementTree.fromstring(plain)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert float(root.attrib["height"]) > float(without.attrib["height"])
    assert root.attrib["viewBox"].split()[3] == root.attrib["height"]
    assert len(list(root.iter())) == len(list(without.iter())) + 2 * len(names)
    assert "var(--" not in svg


def test_plots_are_written_as_asked(tmp_path):
    scale = Scale("interval", "real", "log-odds")
    values = Values(("care", "fairness"), ("Ada",), [0.25, -1.5], scale=scale, method="pool/x")
    assert write_plot(tmp_path / "a.svg", values).read_text("utf-8").startswith("<svg")
    assert write_plot(tmp_path / "a.png", values).read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match=r"ends in \.gif"):
        write_plot(tmp_path / "a.gif", values)
    with pytest.raises(InputError, match="no figure"):
        write_plot(tmp_path / "b.svg", 3)
    with pytest.raises(LedgerError, match="cannot be written"):
        write_plot(tmp_path / "none" / "a.svg", values)


def test_a_page_shows_values_figures_and_every_note(tmp_path):
    notes = {
        "figures": [figure.to_json() for figure in all_with("plain")],
        "told": f"About {HOSTILE}", "baselines": {"always A": 93.45}, "n_rows": 12345,
        "components": [{"item": HOSTILE, "size": 2}], "shares": {"a": {"x": 1.5, "y": None}}, "cannot": ["much"],
    }  # fmt: skip
    values = Values(
        ("care", HOSTILE),
        ("Ada",),
        [0.25, -1.5],
        scale=Scale("interval", "real", "log-odds"),
        method="pool/x",
        notes=notes,
    )
    page = write_result(tmp_path / "out", values)
    text = page.read_text("utf-8")
    assert "<script" not in text
    for shown in ("−1.50", "93.45", "12\u202f345", "components", "much", "What constant answers would score"):
        assert shown in text
    assert text.count("<svg") == 10
    assert Values.from_json((tmp_path / "out" / "values.json").read_text("utf-8")) == values


def test_a_choice_has_a_page_of_its_parts(tmp_path):
    choice = Choice(("tea",), 1.5, "at most 2 USD", ((HOSTILE, 2.0),))
    text = write_result(tmp_path, choice).read_text("utf-8")
    assert "<script" not in text
    for shown in ("at most 2 USD", "tea", "reasons", "alert(1)"):
        assert shown in text
    with pytest.raises(InputError, match="has none"):
        write_result(tmp_path, 3)


def test_any_diagnostic_becomes_a_table():
    assert table_of("t", {"a": 1, "b": 2.5})["rows"] == [["a", "1"], ["b", "2.500"]]
    assert table_of("t", {"a": {"n_x": 1}, "b": {"y": True}})["head"] == ["", "n x", "y"]
    assert table_of("t", [{"a": 1}, {"b": "x"}])["rows"] == [["1", "–"], ["–", "x"]]
    assert table_of("t", [1.0, "x"])["rows"] == [["1.000"], ["x"]]
    assert table_of("t", [{"a": i} for i in range(1000)])["hidden"] == 600
