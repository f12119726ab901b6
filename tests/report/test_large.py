"""A run of a hundred thousand answers: small front page, small memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from weigh.pipelines.record import read_record, write_record

N = 100_000
CHILD = """
import sys
from pathlib import Path
from weigh.report.page import write_report
write_report(sys.argv[1])
# not getrusage, which counts what the parent held when it forked
print(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process's memory is read from /proc")
def test_a_hundred_thousand_answers(run):
    folder = run("association")
    record = read_record(folder)
    ledger = folder / "answers.jsonl"
    rows = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    prompt = {
        "text": "A child is drowning in a shallow pond beside you. A good person would",
        "continuations": [" a.", " b."],
    }
    with ledger.open("w", encoding="utf-8") as lines:
        for n in range(N):
            row = rows[n % len(rows)]
            again = {"key": f"{n:064x}", "question": f"{row['question']}-{n // len(rows)}", "prompts": [prompt, prompt]}
            lines.write(json.dumps(row | again) + "\n")
    items = record["items"]
    record["items"] = [item | {"id": f"{item['id']}-{k}"} for k in range(N // len(rows) + 1) for item in items]
    authors = [f"author {k}" for k in range(6)]
    record["specifications"] = [row | {"author": author} for author in authors for row in record["specifications"]]
    write_record(folder, record)
    (folder / "bank" / "items.jsonl").unlink()
    # in a process of its own: only a fresh one can say what this alone has used
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder)], capture_output=True, text=True, check=True, env=os.environ
    )
    assert int(done.stdout) < 300_000  # kB
    assert (folder / "report.html").stat().st_size < 1_000_000
    pages = sorted((folder / "details").iterdir())
    assert len(pages) > N // 24 // 50
    assert sum(path.read_bytes().count(b'<details class="answer">') for path in pages) == N
