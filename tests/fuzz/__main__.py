"""`python -m tests.fuzz --minutes 10`: change files and read them, reader by reader, until the time is up.

Prints a line a reader and every crash; exits with 1 where there is one. `--reader NAME --only 17` repeats one file.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.fuzz.fuzzing import fuzz
from tests.fuzz.readers import all_readers


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--reader", action="append", help="a reader's name; all by default")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    readers = {name: one for name, one in all_readers().items() if not given.reader or name in given.reader}
    share = 60 * given.minutes / len(readers)
    total, crashes, began = Counter[str](), 0, time.monotonic()
    for name, reader in readers.items():
        until = time.monotonic() + share
        found = fuzz(name, reader, lambda _, until=until: time.monotonic() < until, seed=given.seed)
        total += found.counts
        crashes += len(found.crashes)
        print(f"{name}: {', '.join(f'{n} {what}' for what, n in sorted(found.counts.items()))}", flush=True)
        for where, shown in found.crashes.items():
            print(f"  {where}\n    {shown}", flush=True)
    said = ", ".join(f"{n} {what}" for what, n in sorted(total.items()))
    n_files = sum(total.values()) - total["slow"]
    print(f"{len(readers)} readers, {n_files} files in {time.monotonic() - began:.0f} s: {said}")
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
