"""`python -m bench [NAME…] [--tiny] [--keep] [--check]`: figures, ratios, and what has changed since the baseline."""

from __future__ import annotations

import argparse
import importlib
import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.timing import Row

NAMES = ("startup", "engine_overhead", "forced_choice", "gate", "page", "paired", "credit", "pool", "fair_matching")
BASELINE = Path(__file__).with_name("baseline.json")
CHANGED = 0.20
BETTER, WORSE = "BETTER", "WORSE"


def main(given: Sequence[str] | None = None) -> int:
    """Run benches, print the table, and list at its end what has changed.

    Parameters
    ----------
    given : sequence of str, optional
        Arguments; those of the command line by default.

    Returns
    -------
    int
        1 where a bench failed or, with `--check`, a ratio has become worse by more than a fifth; else 0, as machines
        differ.
    """
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(NAMES)}; all by default")
    parser.add_argument("--tiny", action="store_true", help="small sizes, to see that it runs; figures mean nothing")
    parser.add_argument("--keep", action="store_true", help="write the ratios into baseline.json")
    parser.add_argument("--check", action="store_true", help="end with 1 where a ratio is worse by more than a fifth")
    options = parser.parse_args(given)
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no bench {unknown[0]!r}; there are {', '.join(NAMES)}")
    before = {} if options.tiny else read_baseline()
    rows: list[Row] = []
    failed: list[str] = []
    print(line("bench", "contender", "figure", "unit", "ratio", "before", ""))
    for name in options.names or NAMES:
        try:
            for row in importlib.import_module(f"bench.{name}").bench(tiny=options.tiny):
                rows.append(row)
                print(shown(row, before.get(row.key)), flush=True)
        except Exception as error:  # the others still have something to say
            failed.append(name)
            print(line(name, "FAILED", "", "", "", "", f"{type(error).__name__}: {error}"), flush=True)
    flagged = [(changed(row, before.get(row.key)), row) for row in rows]
    flagged = [(flag, row) for flag, row in flagged if flag]
    print(summary(flagged, failed))
    if options.keep and not options.tiny:
        kept = {**before, **{row.key: float(f"{row.ratio:.4g}") for row in rows if row.ratio and row.watched}}
        BASELINE.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n", "utf-8")
    return int(bool(failed) or (options.check and any(flag == WORSE for flag, _ in flagged)))


def summary(flagged: Sequence[tuple[str, Row]], failed: Sequence[str]) -> str:
    """What has changed by more than a fifth, and what could not be run, a line each."""
    said = [f"{flag} {row.key}: ratio {row.ratio:.3g}" for flag, row in sorted(flagged, key=lambda one: one[0])]
    said += [f"FAILED {name}" for name in failed]
    return "\n".join(["", *said]) if said else f"\nno ratio has changed by more than {CHANGED:.0%}"


def read_baseline(path: Path = BASELINE) -> Mapping[str, float]:
    """Ratios by key; none where there is no file."""
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def changed(row: Row, before: float | None) -> str:
    """What to say of a ratio that has moved by more than a fifth; empty where it has not."""
    if before is None or not row.ratio or not row.watched or abs(row.ratio / before - 1) <= CHANGED:
        return ""
    return BETTER if row.ratio > before else WORSE


def shown(row: Row, before: float | None) -> str:
    """A row of the table."""
    ratio, old = ("" if number is None else f"{number:.3g}" for number in (row.ratio, before))
    figure = "" if math.isnan(row.figure) else f"{row.figure:.3g}"
    said = " ".join(part for part in (changed(row, before), row.note) if part)
    return line(row.bench, row.contender, figure, row.unit, ratio, old, said)


def line(*cells: str) -> str:
    """Cells in columns."""
    widths = (16, 36, 9, 12, 7, 7, 0)
    return " ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


if __name__ == "__main__":
    sys.exit(main())
