"""A child process for tests/core/test_ledger.py: it writes a ledger and says what was acknowledged, until it is killed.

Imports little, since it is started some sixty times. Row n is the same in every process.
"""

from __future__ import annotations

import hashlib
import os
import random
import sys
import time

from weigh.core.errors import LedgerError
from weigh.core.ledger import Ledger


def row_of(n: int) -> dict[str, object]:
    """Row n: mostly about 1 kB, now and then 60 kB, so that a kill can hit the middle of a write."""
    dice = random.Random(n)
    size = 60_000 if dice.random() < 0.1 else dice.randrange(1, 1500)
    text = "".join(dice.choices("ab \n\u2028\u0000\u202eé✓😀\ud800", k=size // 2))
    key = hashlib.sha256(str(n).encode()).hexdigest()
    return {"n": n, "key": key, "raw": text, "scores": [dice.gauss(0, 1), -1e-300], "schema_version": 1}


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def write_rows(ledger: Ledger, total: int) -> None:
    n = len(ledger)
    while n < total:
        batch = [row_of(i) for i in range(n, min(total, n + 1 + n % 7))]
        ledger.append(batch)
        say(*(row["n"] for row in batch))
        n += len(batch)


def crawl() -> None:
    """Make every write short and slow, as on a disk that is nearly full."""
    write = os.write

    def short(fd: int, data: memoryview) -> int:
        time.sleep(2e-4)
        return write(fd, data[:900])

    os.write = short  # type: ignore[assignment]


def until_the_limit(ledger: Ledger, limit: int) -> None:
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        write_rows(ledger, 10_000)
    except LedgerError as error:
        say("refused", os.path.getsize(ledger.path), error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    write_rows(ledger, len(ledger) + 1)


def fork(ledger: Ledger) -> None:
    ledger.append([row_of(0)])
    if child := os.fork():
        say("child", os.waitpid(child, 0)[1])
        try:
            Ledger(ledger.path.parent)
        except LedgerError as error:
            say("still locked", f"process {os.getpid()} " in str(error))
        ledger.append([row_of(1)])
    else:
        try:
            ledger.append([row_of(2)])
        except LedgerError:
            ledger.close()
            del ledger
            sys.exit(0)
        os._exit(1)


if __name__ == "__main__":
    folder, mode, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if mode == "crawl":
        crawl()
    with Ledger(folder) as opened:
        say("ready", opened.torn)
        if mode == "hold":
            time.sleep(60)
        elif mode == "limit":
            until_the_limit(opened, number)
        elif mode == "fork":
            fork(opened)
        else:
            write_rows(opened, number)
