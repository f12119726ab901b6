"""Replies as servers and models really give them, and worse: none crashes, each gets the status that it deserves."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from weigh.core.question import STATUSES, Ask, Question, key_of, to_row
from weigh.judges.server import Server
from weigh.judges.server_address import Address
from weigh.judges.server_limits import ServerOptions
from weigh.judges.server_probe import Mode
from weigh.judges.server_read import KEPT
from weigh.judges.server_transport import Transport

sys.path.append(str(Path(__file__).parent))
from fake_server import FakeServer

CASES = json.loads(Path(__file__).with_name("completions").joinpath("letters.json").read_text("utf-8"))
QUESTION = Question.of("wallet", "You find a wallet.", ("Keep it.", "Return it."))
# A is the second option
ASK = Ask(QUESTION, "letters", order=(1, 0))


def spelt_out(part):
    """The case's body, with what repeats written in full."""
    if isinstance(part, dict):
        if set(part) == {"repeat"}:
            return part["repeat"][0] * part["repeat"][1]
        return {name: spelt_out(value) for name, value in part.items()}
    return [spelt_out(value) for value in part] if isinstance(part, list) else part


@pytest.fixture(scope="module")
def ask_for():
    """Puts a case into the mouth of a server, and asks the judge."""
    with FakeServer() as fake:

        def ask(case):
            body = case["text"] if "text" in case else json.dumps(spelt_out(case["body"]))
            fake.answer = lambda path, given: (200, {}, body)
            how = "samples" if case["by"] == "samples" else "top-k"
            transport = Transport(Address.of(fake.spec), ServerOptions(samples=1, retries=0))
            (reply,) = Server(fake.spec, transport, Mode("fake", "fake", how=how)).choose([ASK])
            return reply

        yield ask


@pytest.mark.parametrize("case", CASES, ids=[f"{case['by']}: {case['name']}" for case in CASES])
def test_each_reply_gets_its_status(ask_for, case):
    reply = ask_for(case)
    assert reply.status == case["status"]
    assert reply.choice == case["choice"]
    assert reply.detail.get("bounded") == case.get("bounded")
    # a choice comes with its scores, and none without
    assert bool(reply.scores) == (case["choice"] >= 0)
    assert len(reply.raw) <= 2 * KEPT
    # the ledger takes it
    row = to_row(ASK, reply, [], key=key_of(ASK, [], judge="j", bank="b", seed=None), who="w")
    json.loads(json.dumps(row, allow_nan=False))


def test_the_corpus_is_wide():
    assert len(CASES) >= 60
    assert len({(case["by"], case["name"]) for case in CASES}) == len(CASES)
    assert set(Counter(case["status"] for case in CASES)) == set(STATUSES)
    # a case of one status for both ways of asking says more than a case for one
    assert {case["by"] for case in CASES} == {"samples", "log-probabilities"}
