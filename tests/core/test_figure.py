import json

import pytest

from weigh.core.errors import InputError
from weigh.core.figure import Figure, graph, heatmap, intervals, lines, points

ALL = [
    intervals("Forest", [{"item": "a", "mean": 1.0, "low": 0.5, "high": 1.5}, {"item": "b", "mean": 0.0}], unit="USD"),
    heatmap("Heat", ["a", "b"], ["x"], [[1.0], [None]], centre=0.0, unit="log"),
    lines("Curves", {"ours": {"x": [1, 2], "y": [0.5, 0.7], "low": [0.4, 0.6], "high": [0.6, 0.8]}}, x="n", y="share"),
    points("Dots", [{"x": 1.0, "y": 2.0, "label": "m", "series": "s"}], x="a", y="b"),
    graph("Net", [{"name": "a", "weight": 1.0}, {"name": "b"}], [{"source": "a", "target": "b", "weight": 0.5}]),
]


@pytest.mark.parametrize("figure", ALL, ids=lambda figure: figure.kind)
def test_json_and_back(figure):
    assert Figure.from_json(json.loads(json.dumps(figure.to_json()))) == figure


def test_unknown_bounds_are_none():
    assert ALL[0].data["rows"][1]["low"] is None


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Figure("pie", "Pie"), "kind among"),
        (lambda: Figure("points", ""), "needs a title"),
        (lambda: heatmap("H", ["a"], ["x", "y"], [[1.0]]), "1 rows and 2 columns"),
        (lambda: lines("L", {"c": {"x": [1], "y": [1, 2]}}), "of one length"),
        (lambda: lines("L", {"c": {"x": [1]}}), "needs x and y"),
        (lambda: graph("G", [{"name": "a"}], [{"source": "a", "target": "b"}]), "not there"),
        (lambda: Figure.from_json({"kind": "points"}), "not a figure"),
        (lambda: points("P", [{"x": object(), "y": 1}]), "figure"),
    ],
)
def test_bad_figures_are_our_errors(make, says):
    with pytest.raises(InputError, match=says):
        make()
