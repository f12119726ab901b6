"""Whole runs through a server: what the model values is found again, limits interrupt."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from weigh.banks.bank import find_bank
from weigh.core.errors import InputError
from weigh.core.question import Message, Prompt
from weigh.doors.cli import app
from weigh.judges import letters
from weigh.judges.server import server
from weigh.judges.server_limits import ServerOptions
from weigh.pipelines.profile import measure
from weigh.report.page import write_report
from weigh.testbeds.planted import Planted

sys.path.append(str(Path(__file__).parent))
from fake_server import FakeServer, by_text


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in ("WEIGH_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def planted(bank, **options):
    theta = {value: float(i) for i, value in enumerate(bank.values)}
    return Planted(bank, theta=theta, effect=0.45, paraphrase=0.6, seed=3, **options)


def letters_of(judge):
    """The letters as a planted judge likes them, read from nothing but the messages."""

    def found(messages, options):
        texts = tuple(f"{letters.LETTERS[place]}" for place in range(len(options)))
        turns = tuple(Message(message["role"], message["content"]) for message in messages)
        try:
            return judge.logprobs([Prompt(texts, messages=turns)])[0].tolist()
        except InputError:
            return by_text(messages, options)

    return found


def test_a_whole_run_measures_what_the_model_behind_the_server_values(tmp_path):
    bank = find_bank("pilot")
    source = planted(bank)
    with FakeServer(letters=letters_of(source), fault_share=0.05, seed=2) as fake:
        judge = server(fake.spec, ServerOptions(timeout=0.5))
        judge.transport._sleep = lambda seconds: None
        record = measure(judge, bank, tmp_path, instrument="stated", n_dilemmas=60)
        asked = len(fake.requests)
        again = measure(judge, bank, tmp_path, instrument="stated", n_dilemmas=60)
        assert len(fake.requests) == asked
    assert record["status"] == "complete"
    assert record["verdict"]["level"] in ("differences", "ranking")
    assert again["values"] == record["values"]
    found = {row["item"]: row["mean"] for row in record["values"]["values"]}
    exact = source.exact_value()
    assert np.corrcoef([found[value] for value in exact], list(exact.values()))[0, 1] > 0.8
    page = write_report(tmp_path).read_text("utf-8")
    assert "top-20 log-probabilities" in page
    assert fake.url in page


def test_a_position_bias_behind_a_server_is_refused_by_the_gate(tmp_path):
    bank = find_bank("pilot")
    with FakeServer(letters=letters_of(planted(bank, position=30.0))) as fake:
        record = measure(server(fake.spec), bank, tmp_path, instrument="auto", n_dilemmas=20)
    assert record["verdict"]["level"] == "unmeasurable"
    assert record["values"] is None


def test_a_limit_interrupts_a_run_and_a_higher_one_goes_on(tmp_path):
    bank = find_bank("pilot")
    with FakeServer() as fake:
        record = measure(
            server(fake.spec, ServerOptions(max_calls=100)), bank, tmp_path, instrument="stated", n_dilemmas=20
        )
        assert record["status"] == "interrupted"
        assert len(fake.requests) == 100
        assert record["cost"]["answers"] == 95
        whole = measure(server(fake.spec), bank, tmp_path, instrument="stated", n_dilemmas=20)
    assert whole["status"] == "complete"
    assert whole["cost"]["reused"] == record["cost"]["answers"]


def test_the_command_line_measures_a_server_and_writes_its_page(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with FakeServer(letters=letters_of(planted(find_bank("pilot")))) as fake:
        command = ["measure", "--model", fake.spec, "--instrument", "stated", "--limit", "40", "--concurrency", "8"]
        app(command, standalone_mode=False)
        (page,) = tmp_path.glob("runs/*/report.html")
        assert "top-20 log-probabilities" in page.read_text("utf-8")
        # the same command goes on from the ledger: nothing is asked but what the server can do
        asked = len(fake.requests)
        app(command, standalone_mode=False)
        assert len(fake.requests) - asked < 10
        assert app([*command, "--max-calls", "40", "--fresh"], standalone_mode=False) == 130
        assert max(fake.running_at) <= 8
    assert "higher" not in capsys.readouterr().out
    with pytest.raises(InputError, match="--max-calls is for servers"):
        app(["measure", "--model", "smol", "--max-calls", "5"], standalone_mode=False)
