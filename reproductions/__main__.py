"""`python -m reproductions NAME …` prints a row each and exits 0 iff all hold; `--all` runs and keeps all.

A claim that does not hold is a legal row: `--all` exits 0 when every script has given one, whatever it says.
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback

from reproductions.claims import as_json, read_results, run, scripts, write_results


def main(given: list[str] | None = None) -> int:
    """Run reproductions and print their rows; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m reproductions", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(scripts()) or 'none yet'}")
    parser.add_argument("--all", action="store_true", help="run all and write results.json")
    parser.add_argument("--write", action="store_true", help="put the rows of NAME … into results.json")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(given)
    if bool(asked.names) == asked.all:
        parser.error("give one or more names, or --all")
    names = scripts() if asked.all else [name.removesuffix(".py").replace("-", "_") for name in asked.names]
    rows = read_results()
    if asked.all:
        rows = {name: row for name, row in rows.items() if name in names}
    failed, held = [], True
    for name in names:
        try:
            row = run(name, seed=asked.seed)
        except Exception:  # one broken script must not cost the rows of the others
            traceback.print_exc()
            failed.append(name)
            continue
        print(json.dumps(as_json(row), ensure_ascii=False), flush=True)
        held = held and row.holds
        rows[name] = as_json(row)
        if asked.all or asked.write:
            write_results(rows)
    if asked.all and not failed:
        write_results(rows)
    if failed:
        print(f"gave no row: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed or not (held or asked.all) else 0


if __name__ == "__main__":
    sys.exit(main())
