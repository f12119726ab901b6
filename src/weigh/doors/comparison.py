"""What a person and a program see of a comparison at the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from weigh.core.question import Condition
from weigh.core.visible import visible
from weigh.doors.terminal import cell, console, print_path, say
from weigh.pipelines.compare_published import KIND


def planned(judge: Any, bank: Any, treatments: Sequence[Condition], **options: Any) -> dict[str, Any]:
    """What `weigh measure` would ask, with or without treatments; options as in `weigh.pipelines.profile.plan`."""
    from weigh.pipelines.conditions import plan_conditions
    from weigh.pipelines.profile import plan

    return plan_conditions(judge, bank, treatments, **options) if treatments else plan(judge, bank, **options)


def show_comparison(
    record: Mapping[str, Any], folder: Path, *, as_json: bool, only_different: bool = False
) -> dict[str, Any]:
    """Write a comparison's page, print it unless JSON is wanted, and give what `--json` prints."""
    from weigh.report.compare import ONLY_DIFFERENT, write_comparison

    show, give = (print_scores, scores_of) if record["kind"] == KIND else (print_comparison, result_of)
    page = f"{write_comparison(record, folder)}{ONLY_DIFFERENT if only_different else ''}"
    if not as_json:
        show(record, only_different=only_different)
        print_path(page)
    return give(record, only_different=only_different) | {"comparison": page}


def print_comparison(record: Mapping[str, Any], *, only_different: bool = False) -> None:
    """Warnings on stderr; for each pair what differs, what could have been found, and how far the two agree."""
    for warning in record["warnings"]:
        say(f"warning: {warning}")
    out = console()
    for pair in record["pairs"]:
        first, other = (record["runs"][pair[end]]["name"] for end in ("first", "other"))
        out.print(Text(visible(f"{other} beside {first}"), style="bold"))
        if not pair["measurable"]:
            out.print(Text(visible(f"Nothing is compared: {pair['why']}."), style="yellow"))
            continue
        rows = _rows(pair, only_different=only_different)
        different = sum(row["differs"] for row in pair["values"])
        out.print(f"{different or 'none'} of {len(pair['values'])} values differ (adjusted over the values)")
        if rows:
            table = Table(
                "value", "first", "other", "difference", "95 % interval", "p, adjusted", "could be found", "",
                box=None, pad_edge=False, header_style="dim",
            )  # fmt: skip
            for row in rows:
                reach = "" if row["detectable"] is None else f"{row['detectable']:.2f}"
                table.add_row(
                    cell(row["item"]), f"{row['first']:+.2f}", f"{row['other']:+.2f}",
                    f"{row['difference']:+.2f}", f"{row['low']:+.2f} … {row['high']:+.2f}",
                    f"{row['p_adjusted']:.3f}", reach, "differs" if row["differs"] else "",
                )  # fmt: skip
            out.print(table)
        split, r = pair["disagreement"], pair["correlation"]
        known = "unknown" if r["estimate"] is None else f"{r['estimate']:+.2f} ({r['low']:+.2f} … {r['high']:+.2f})"
        out.print(f"correlation of the profiles, noise taken out: {known}")
        if split["n"]:
            share = f"{split['estimate']:.0%} ({split['low']:.0%} … {split['high']:.0%})"
            out.print(f"different options: {share} of {split['n']} dilemmas")
        for note in pair["notes"]:
            out.print(Text(visible(note), style="yellow"))


def print_scores(record: Mapping[str, Any], *, only_different: bool = False) -> None:
    """Runs of a published instrument: for each pair of them the differences of their scores."""
    for warning in record["warnings"]:
        say(f"warning: {warning}")
    out = console()
    for pair in record["pairs"]:
        unit = Column(cell(record["unit"] or "score"))
        first, other = (record["runs"][pair[end]]["name"] for end in ("first", "other"))
        out.print(Text(visible(f"{other} beside {first}, {pair['shared']} questions in common"), style="bold"))
        rows = [row for row in pair["values"] if row["differs"] or not only_different]
        table = Table(
            unit, "first", "other", "difference", "95 % interval", "p, adjusted", "",
            box=None, pad_edge=False, header_style="dim",
        )  # fmt: skip
        for row in rows:
            table.add_row(
                cell(row["item"]), f"{row['first']:.2f}", f"{row['other']:.2f}", f"{row['difference']:+.2f}",
                f"{row['low']:+.2f} … {row['high']:+.2f}", f"{row['p_adjusted']:.3f}",
                "differs" if row["differs"] else "",
            )  # fmt: skip
        out.print(table if rows else "nothing differs beyond doubt")


def scores_of(record: Mapping[str, Any], *, only_different: bool = False) -> dict[str, Any]:
    """What `--json` prints of runs of a published instrument."""
    by = {
        record["runs"][pair["other"]]["name"]: {
            "values": [
                {**row, "mean": row["difference"]} for row in pair["values"] if row["differs"] or not only_different
            ],
            "diagnostics": {"shared": pair["shared"]},
        }
        for pair in record["pairs"]
    }
    return {
        "method": "compare", "instrument": record["method"], "first": record["runs"][0]["name"], "by": by,
        "warnings": list(record["warnings"]), "bank": record["bank"]["name"],
    }  # fmt: skip


def result_of(record: Mapping[str, Any], *, only_different: bool = False) -> dict[str, Any]:
    """What `--json` prints: by the other run's name, its differences as values, and all else as diagnostics."""
    by = {}
    for pair in record["pairs"]:
        rows = [
            {"item": row["item"], "mean": row["difference"], **{name: row[name] for name in row if name != "item"}}
            for row in _rows(pair, only_different=only_different)
        ]
        rest = {name: pair[name] for name in pair if name not in ("values", "first", "other")}
        by[record["runs"][pair["other"]]["name"]] = {"values": rows, "diagnostics": rest}
    return {
        "method": "compare", "first": record["runs"][0]["name"], "by": by, "warnings": list(record["warnings"]),
        "bank": record["bank"]["name"], "instrument": record["instrument"],
    }  # fmt: skip


def _rows(pair: Mapping[str, Any], *, only_different: bool) -> list[dict[str, Any]]:
    return [row for row in pair["values"] if row["differs"] or not only_different]
