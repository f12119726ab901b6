"""The page of a comparison: `compare.html`, and `compare.json` beside it with every number that it shows.

It opens offline and needs no script: what it shows is narrowed by its address alone, `compare.html#only-different`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from weigh._version import __version__
from weigh.core.errors import InputError, LedgerError
from weigh.core.jsonable import plain
from weigh.core.visible import visible
from weigh.core.whole import write_whole
from weigh.pipelines.compare_published import KIND
from weigh.pipelines.record import bank_of, read_record
from weigh.report import contents, writing
from weigh.report.details import FOLDER as DETAILS
from weigh.report.page import PAGE as REPORT
from weigh.report.shown import number, signed

PAGE, DATA = "compare.html", "compare.json"
SHEETS = ("page.css", "compare.css")
ONLY_DIFFERENT = "#only-different"
UNIT = "pooled SD of a dilemma (0 = the average value)"
_SECTION = re.compile(r'<section class="question" id="q-(\d+)">')


def write_comparison(record: Mapping[str, Any], out: str | Path) -> Path:
    """Write a comparison's page and its numbers.

    Parameters
    ----------
    record : mapping
        From `weigh.pipelines.compare.compare`, of profiles or of scores, or the `comparison` of
        `weigh.pipelines.conditions.measure_conditions`.
    out : str or Path
        Folder to write to; made if it is not there.

    Returns
    -------
    Path
        `compare.html` in the folder. Questions link to the runs' own pages where those have been written.

    Raises
    ------
    LedgerError
        The folder cannot be written.
    """
    out = Path(out)
    text = json.dumps(plain(dict(record)), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    if record["kind"] == KIND:
        html = writing.rendered("scores.html.j2", _scores(record, out), SHEETS)
    else:
        html = writing.rendered("compare.html.j2", _context(record, out), SHEETS)
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_whole(out / DATA, text.encode("utf-8", "backslashreplace"))
        write_whole(out / PAGE, html.encode("utf-8"))
    except OSError as error:
        raise LedgerError(f"{out} could not be written ({error}); free space or give another --out") from error
    return out / PAGE


def _context(record: Mapping[str, Any], out: Path) -> dict[str, Any]:
    runs = record["runs"]
    places = [_Places(run["folder"], out) for run in runs]
    covariates = list(dict.fromkeys(name for pair in record["pairs"] for name in pair.get("covariates", ())))
    return {
        "version": __version__,
        "bank": contents.bank_title(record),
        "warnings": record["warnings"],
        "runs": _runs(runs, places),
        "pairs": [_pair(pair, runs, places) for pair in record["pairs"]],
        "covariates": _listed(covariates),
    }


def _scores(record: Mapping[str, Any], out: Path) -> dict[str, Any]:
    runs = _runs(record["runs"], [_Places(run["folder"], out) for run in record["runs"]])
    pairs = []
    for pair in record["pairs"]:
        rows = pair["values"]
        different = [row for row in rows if row["differs"]]
        pairs.append({
            **pair, "first": runs[pair["first"]]["name"], "other": runs[pair["other"]]["name"], "different": different,
            "chart": dumbbells(rows, record["unit"]) if rows else None,
            "chart_different": dumbbells(different, record["unit"]) if different else None,
        })  # fmt: skip
    return {
        "version": __version__, "bank": contents.bank_title(record), "unit": record["unit"],
        "warnings": record["warnings"], "runs": runs, "pairs": pairs, "method": record["method"],
    }  # fmt: skip


def _runs(runs: Sequence[Mapping[str, Any]], places: Sequence[_Places]) -> list[dict[str, str]]:
    return [
        {
            "name": run["name"],
            "sentence": (run["verdict"] or {}).get("sentence", "No verdict yet."),
            "href": place.to(REPORT),
        }
        for run, place in zip(runs, places, strict=True)
    ]


def _pair(pair: Mapping[str, Any], runs: Sequence[Mapping[str, Any]], places: Sequence[_Places]) -> dict[str, Any]:
    names = {end: runs[pair[end]]["name"] for end in ("first", "other")}
    if not pair["measurable"]:
        return {**pair, **names}
    rows = [
        {
            **row,
            "p_shown": "below .001" if row["p_adjusted"] < 0.001 else number(row["p_adjusted"], 3),
            "own_scale_differs": row["own_scale_p_adjusted"] < 0.05,
        }
        for row in pair["values"]
    ]
    different = [row for row in rows if row["differs"]]
    reach = [row["detectable"] for row in rows if row["detectable"] is not None]
    own = zip(names.values(), pair["disagreement"]["between_own_wordings"], strict=True)
    ends = (places[pair["first"]], places[pair["other"]])
    return {
        **pair,
        **names,
        "values": rows,
        "different": different,
        "least": number(min(reach)) if reach else None,
        "most": number(max(reach)) if reach else None,
        "own": [(name, share) for name, share in own if share is not None],
        "questions": [{**row, "hrefs": [end.question(row["id"]) for end in ends]} for row in pair["questions"]],
        "chart": dumbbells(rows),
        "chart_different": dumbbells(different) if different else None,
    }


class _Places:
    """Addresses of a run's pages as seen from the folder of the comparison; "" where a page is not there."""

    def __init__(self, folder: str, out: Path) -> None:
        self.folder, self.out = Path(folder), out
        self._index: dict[str, int] | None = None
        self._pages: dict[int, str] = {}

    def to(self, path: str) -> str:
        if not str(self.folder) or not (self.folder / path).is_file():
            return ""
        target = os.path.abspath(self.folder / path)
        try:
            relative = os.path.relpath(target, os.path.abspath(self.out))
        except ValueError:
            # another drive on Windows has no relative path
            return Path(target).as_uri()
        # "./" so that a folder named like a scheme is a folder all the same
        return "./" + quote(relative.replace(os.sep, "/").encode("utf-8", "surrogateescape"), safe="/.-_~")

    def question(self, id: str) -> str:
        if self._index is None:
            self._index = self._read()
        number = self._index.get(id, 0)
        page = self.to(f"{DETAILS}/{self._pages[number]}") if number in self._pages else ""
        return f"{page}#q-{number}" if page else ""

    def _read(self) -> dict[str, int]:
        try:
            record = read_record(self.folder)
            questions = contents.questions_of(record, bank_of(self.folder, record))
        except (InputError, KeyError, TypeError):
            return {}
        for path in sorted((self.folder / DETAILS).glob("questions-*.html")):
            # our own markup: text by others is escaped, and cannot look like it
            for found in _SECTION.finditer(path.read_text("utf-8", "replace")):
                self._pages[int(found[1])] = path.name
        return {str(question["id"]): n for n, question in enumerate(questions, start=1)}


def _narrow(unit: str) -> str:
    return visible(unit).partition(" of ")[0]


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def dumbbells(rows: Sequence[Mapping[str, Any]], unit: str = UNIT) -> Markup:
    """Both profiles, a lane a value: ● the first, ◆ the other, and the interval of the difference laid off from ●.

    Parameters
    ----------
    rows : sequence of mapping
        item, first, other, difference, low, high, differs; in the order wanted from the top.
    unit : str
        Title of the axis.
    """
    # these load altair, and this module is imported by whoever may never write a page
    import altair as alt

    from weigh.report import charts
    from weigh.report.drawing import INKS

    data = [
        {
            "lane": i + 0.5, "first": row["first"], "other": row["other"], "low": row["first"] + row["low"],
            "high": row["first"] + row["high"], "text": signed(row["difference"]),
            "clear": (1 if row["difference"] > 0 else -1) if row["differs"] else 0,
        }
        for i, row in enumerate(rows)
    ]  # fmt: skip

    def draw(width: int) -> Any:
        scale, base = charts.lane_scale(len(rows)), alt.Chart(charts.inline_data(data))
        names, room = charts.lane_names([row["item"] for row in rows], width, scale)
        y = alt.Y("lane:Q", scale=scale, axis=None)
        ink = alt.Color(
            "clear:O", legend=None,
            scale=alt.Scale(domain=[-1, 0, 1], range=[INKS["low"], INKS["muted"], INKS["high"]]),
        )  # fmt: skip
        bars = base.mark_rule(strokeWidth=7, strokeCap="round", opacity=0.35)
        layers = [
            charts.zero_rule(),
            bars.encode(
                y=y,
                x=charts.x_axis("low", _narrow(unit) if width == charts.NARROW else visible(unit), width),
                x2=alt.X2("high:Q"),
                color=ink,
            ),
            base.mark_rule(strokeWidth=1.4).encode(y=y, x=alt.X("first:Q"), x2=alt.X2("other:Q"), color=ink),
            base.mark_point(filled=True, size=70, opacity=1, color=INKS["ink"]).encode(y=y, x=alt.X("first:Q")),
            base.mark_point(filled=True, size=110, opacity=1, shape="diamond").encode(
                y=y, x=alt.X("other:Q"), color=ink
            ),
            names,
        ]
        if width == charts.WIDE:
            texts = base.mark_text(dy=-13, fontSize=11, color=INKS["ink"])
            layers.append(texts.encode(y=y, x=alt.X("other:Q"), text=alt.Text("text:N")))
        return charts.sized(layers, width, 36 * len(rows) + 46, room)

    told = "; ".join(
        f"{visible(row['item'])} {signed(row['difference'])} ({number(row['low'])} to {number(row['high'])})"
        for row in rows[:20]
    )
    return charts.both(draw, f"Values of both runs, and their differences with 95 % intervals. {told}")
