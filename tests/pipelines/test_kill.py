"""Fifty runs killed at random moments: no acknowledged answer is lost, and the end is the same."""

from __future__ import annotations

import os
import random
import re
import signal
import sys
import time

import pytest

from weigh.banks.bank import find_bank
from weigh.core.ledger import Ledger
from weigh.pipelines.profile import measure
from weigh.report.page import write_report
from weigh.testbeds.planted import Planted

BANK = find_bank("pilot")
KILLS = 50


class Slow(Planted):
    """Takes long enough over a batch to be killed in the middle of it."""

    def logprobs(self, prompts):
        time.sleep(0.002)
        return super().logprobs(prompts)


def run(folder):
    judge = Slow(
        BANK, theta={value: float(i) for i, value in enumerate(BANK.values)}, effect=0.45, paraphrase=0.6, seed=5
    )
    record = measure(judge, BANK, folder, instrument="evaluative")
    write_report(folder)
    return record


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork to start fifty runs quickly")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_fifty_kills(tmp_path):
    started = time.monotonic()
    whole = run(tmp_path / "whole")
    patience = time.monotonic() - started
    draw = random.Random(0)
    folder, seen = tmp_path / "killed", 0
    for _ in range(KILLS):
        child = os.fork()
        if child == 0:
            # pytest's own cleaning up belongs to the parent
            try:
                run(folder)
            finally:
                os._exit(0)
        time.sleep(draw.uniform(0, patience / 20))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if (folder / "answers.jsonl").exists():
            with Ledger(folder, readonly=True) as ledger:
                assert len(ledger) >= seen, "an answer that was on disk is gone"
                seen = len(ledger)
    resumed = run(folder)
    with Ledger(folder, readonly=True) as ledger:
        assert len({row["key"] for row in ledger.rows()}) == len(ledger) == whole["cost"]["answers"]
    for part in ("values", "verdict", "findings", "items", "specifications", "statuses"):
        assert resumed[part] == whole[part]
    assert undated(folder) == undated(tmp_path / "whole")
    print(f"{seen} of {whole['cost']['answers']} answers were there after {KILLS} kills", file=sys.stderr)


def undated(folder):
    """The front page without what may differ: times, and how many answers an earlier sitting gave."""
    text = (folder / "report.html").read_text()
    text = re.sub(r"<dt><bdi>of them taken over.*?</dd>", "", text)
    text = re.sub(r"<dt><bdi>seconds of computing.*?</dd>", "", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", "WHEN", text)
