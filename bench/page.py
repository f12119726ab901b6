"""The page of a run with 100,000 answers: processor seconds, peak memory, bytes.

Design figures: ≤ 3 s, front page ≤ 1 MB, ≤ 300 MB. The reference is reading the ledger once and nothing else, which any
page has to do. Each runs in a process of its own, as peak memory is a process's.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from bench.gate import repeated
from bench.timing import Row
from weigh.banks.bank import find_bank
from weigh.pipelines.profile import measure
from weigh.testbeds.planted import Planted

READ = """
from weigh.core.ledger import Reading
n = 0
for row in Reading(folder):
    n += row["choice"] >= 0
"""
WRITE = """
from weigh.report.page import write_report
write_report(folder)
"""
# On Linux ru_maxrss starts from what the parent had at the time of the fork; VmHWM is the process's own.
TIMED = """
import json, pathlib, resource, sys, time
folder = sys.argv[1]
began = time.process_time()
{body}
taken = time.process_time() - began
status = pathlib.Path("/proc/self/status")
if status.is_file():
    peak = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 2**10
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps([taken, peak]))
"""


def bench(*, tiny: bool = False) -> list[Row]:
    """Write the page of a planted run whose ledger has been filled up with further answers."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "run"
        n = make_run(folder, 2_000 if tiny else 100_000)
        read, _ = _timed(READ, folder)
        wrote, peak = _timed(WRITE, folder)
        size = (folder / "report.html").stat().st_size / 2**20
        beside = sum(file.stat().st_size for file in (folder / "details").rglob("*") if file.is_file()) / 2**20
    return [
        Row("page", "reading the ledger", read, "CPU s", note=f"{n:,} answers"),
        Row("page", "write_report", wrote, "CPU s", read / wrote, "design: 3 s"),
        Row("page", "peak memory", peak, "MiB", 300 / peak, "ratio to 300 MiB"),
        Row("page", "report.html", size, "MiB", 1 / size, "ratio to 1 MiB"),
        Row("page", "pages behind it", beside, "MiB", watched=False),
    ]


def make_run(folder: Path, n: int) -> int:
    """A planted run with about `n` answers, of a bank as large as that takes; gives their number."""
    bank = find_bank("pilot")
    answers_each = 24  # of a dilemma: eight frames and wordings, fluency, primes on a quarter
    bank = repeated(bank, max(1, round(n / answers_each / len(bank.dilemmas))))
    file = folder.parent / "bank" / "items.jsonl"
    file.parent.mkdir(parents=True)
    items = tuple(_told_apart(item, n) for n, item in enumerate(bank.items))
    file.write_text("".join(json.dumps(_line(item)) + "\n" for item in items), "utf-8")
    bank = type(bank)(bank.card, items, bank.sha256, file)
    theta = {value: float(k) for k, value in enumerate(bank.values)}
    record = measure(Planted(bank, theta=theta, effect=0.4), bank, folder, instrument="evaluative")
    return int(record["cost"]["answers"])


def _told_apart(item, n: int):
    """The same item in words of its own, as the texts of a bank hardly ever come twice."""
    paraphrase = item.paraphrase and (f"In case {n}: {item.paraphrase[0]}", item.paraphrase[1])
    return replace(item, situation=f"In case {n}: {item.situation}", paraphrase=paraphrase)


def _line(item) -> dict:
    paraphrase = item.paraphrase and {"situation": item.paraphrase[0], "options": list(item.paraphrase[1])}
    given = {
        "id": item.id, "kind": item.kind, "situation": item.situation, "options": list(item.options),
        "values": list(item.values), "author": item.author, "family": item.family, "paraphrase": paraphrase,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value}


def _timed(body: str, folder: Path) -> tuple[float, float]:
    script = TIMED.format(body=body)
    done = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    taken, peak = json.loads(done.stdout.splitlines()[-1])
    return taken, peak
