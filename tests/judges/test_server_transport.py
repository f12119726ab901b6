"""Faults, limits and pace against a server that fails on purpose; waits are noted, not waited."""

from __future__ import annotations

import functools
import random
import sys
import threading
import time
from pathlib import Path

import pytest

from weigh.core.errors import InputError, WeighError
from weigh.judges.server_address import Address
from weigh.judges.server_limits import Budget, LimitReached, Pace, ServerOptions
from weigh.judges.server_transport import BACKOFF_MOST, WAIT_MOST, ServerError, Transport, _retry_after

sys.path.append(str(Path(__file__).parent))
from fake_server import FakeServer, refusal

CHAT = "/chat/completions"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in ("WEIGH_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def connect(fake, *, sleep=lambda seconds: None, **options):
    given = {"timeout": 0.5, **options}
    return Transport(Address.of(fake.spec), ServerOptions(**given), sleep=sleep, rng=random.Random(0))


def asking(i):
    text = f"Dilemma {i}\n\nA. Do thing {i}.\nB. Leave thing {i}."
    return {"model": "fake", "max_tokens": 1, "messages": [{"role": "user", "content": text}]}


def kept(transport, n, replies):
    jobs = [functools.partial(transport.post, CHAT, asking(i), n_out=1) for i in range(n)]
    for i, reply in transport.each(jobs):
        replies[i] = reply
    return replies


def ask_all(transport, n):
    return kept(transport, n, {})


def test_three_faults_in_ten_lose_nothing_and_cost_little():
    waits = []
    with FakeServer(fault_share=0.3, seed=5) as fake:
        transport = connect(fake, sleep=waits.append, timeout=0.3)
        replies = ask_all(transport, 200)
    assert sorted(replies) == list(range(200))
    assert all(reply["choices"][0]["message"]["content"] for reply in replies.values())
    assert set(fake.faults) == {
        "", "429 s", "429 date", "500", "502", "503", "reset", "hang", "no json", "truncated",
    }  # fmt: skip
    assert transport.budget.calls == len(fake.requests)
    print(f"{len(fake.requests)} calls for 200 asks: {len(fake.requests) / 200:.3f} times the ideal")
    assert len(fake.requests) <= 1.5 * 200
    # an answer came to each ask once, and nothing was repeated that had been answered
    assert fake.faults[""] == 200
    assert max(waits) <= BACKOFF_MOST
    assert sum(2 <= wait <= 3 for wait in waits) >= fake.faults["429 s"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 422])
def test_what_is_final_is_not_repeated(status):
    with FakeServer(answer=lambda path, body: refusal("no such thing", status)) as fake:
        with pytest.raises(ServerError) as caught:
            connect(fake).post(CHAT, asking(0))
        assert len(fake.requests) == 1
    assert caught.value.status == status
    assert fake.url in str(caught.value)
    assert f"answered {status}: no such thing; " in str(caught.value)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_repeated_and_then_explained(status):
    waits = []
    with FakeServer(answer=lambda path, body: refusal("busy", status)) as fake:
        with pytest.raises(ServerError, match=rf"answered {status} \(4 times\): busy; .*the same command goes on"):
            connect(fake, sleep=waits.append, retries=3).post(CHAT, asking(0))
        assert len(fake.requests) == 4
    # full jitter: anything from nothing to what doubles
    assert all(0 <= wait <= 0.5 * 2**i for i, wait in enumerate(waits))
    rng = random.Random(0)
    assert waits == [rng.uniform(0, 0.5 * 2**i) for i in range(3)]


def test_a_server_that_is_not_there_is_named():
    with FakeServer() as fake:
        transport = connect(fake, retries=1)
    with pytest.raises(ServerError, match=r"127\.0\.0\.1.*could not be reached.*\(2 times\).*see whether") as caught:
        transport.post(CHAT, asking(0))
    assert caught.value.status == 0
    assert caught.value.__context__ is None


def test_retry_after_in_both_forms():
    now = 1_800_000_000.0
    assert _retry_after("7", now) == 7
    assert _retry_after("1.5", now) == 1.5
    assert _retry_after("Fri, 15 Jan 2027 08:00:30 GMT", now) == 30
    assert _retry_after("Fri, 15 Jan 2027 07:00:00 GMT", now) == 0
    assert _retry_after("86400", now) == WAIT_MOST
    assert [_retry_after(text, now) for text in ("", "soon", "-3", "nan", "inf", "1e999")] == [0, 0, 0, 0, 0, 0]


def test_pace_falls_when_the_server_has_too_much_and_comes_back():
    with FakeServer(delay=0.03) as fake:
        transport = connect(fake, sleep=lambda seconds: time.sleep(0.002), retries=30, concurrency=24)
        ask_all(transport, 300)
        # it begins low and rises to its cap
        assert max(fake.running_at[:4]) <= 5
        wide = max(fake.running_at)
        assert 10 < wide <= 24
        fake.room = 6
        fake.running_at.clear()
        ask_all(transport, 300)
        tight = max(fake.running_at[150:])
        assert transport.pace.halvings > 1
        assert tight < wide / 1.5
        fake.room = 1000
        fake.running_at.clear()
        ask_all(transport, 300)
        assert max(fake.running_at) > tight
        print(f"at once: {wide}, after 429s {tight}, then {max(fake.running_at)}")


def test_pace_counts_one_burst_once_and_keeps_to_its_cap():
    pace = Pace(8)
    assert pace.limit == 4
    for _ in range(100):
        pace.went_well()
    assert pace.limit == 8
    with pace.turn() as first, pace.turn() as second:
        pace.too_much(first)
        pace.too_much(second)
    assert pace.limit == 4
    for _ in range(5):
        with pace.turn() as since:
            pace.too_much(since)
    assert pace.limit == 1


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_max_calls_is_never_exceeded(share):
    with FakeServer(fault_share=share, seed=1) as fake:
        transport, replies = connect(fake, max_calls=50, timeout=0.2), {}
        with pytest.raises(LimitReached, match="--max-calls 50 is reached"):
            kept(transport, 90, replies)
        assert len(fake.requests) == transport.budget.calls == 50
        # each answer that came has been handed on
        assert len(replies) == fake.faults[""] if share else len(replies) == 50


def test_max_cost_is_never_exceeded_and_nearly_used():
    paid = []

    def priced(path, body):
        n_in, n_out = 40 + len(paid) % 7, 1
        paid.append(n_in * 3 + n_out * 15)
        return 200, {}, {"choices": [], "usage": {"prompt_tokens": n_in, "completion_tokens": n_out}}

    with FakeServer(answer=priced, delay=0.002) as fake:
        transport = connect(fake, max_cost=0.02, price_in=3, price_out=15)
        with pytest.raises(LimitReached, match=r"--max-cost 0\.02 is reached: 0\.0.* is spent"):
            ask_all(transport, 400)
        assert sum(paid) / 1e6 <= 0.02
        assert transport.budget.spent == pytest.approx(sum(paid) / 1e6)
        # what is left is less than a request could have cost
        assert 0.02 - transport.budget.spent < transport.budget.worst(len(str(asking(100))) + 20, 1)
        assert len(fake.requests) == transport.budget.calls == len(paid)


def test_a_reply_without_a_count_costs_the_worst():
    budget = Budget(ServerOptions(price_in=1, price_out=2, max_cost=10))
    worst = budget.worst(1000, 10)
    assert worst == pytest.approx((1000 + 256) * 1e-6 + 10 * 2e-6)
    for usage in (None, {}, {"prompt_tokens": "many", "completion_tokens": 1}, {"prompt_tokens": -1}):
        before = budget.spent
        budget.set_aside(worst)
        budget.settle(worst, 1000, usage, is_billed=True)
        assert budget.spent - before == pytest.approx(worst)
    budget.set_aside(worst)
    budget.settle(worst, 1000, None, is_billed=False)
    assert budget.spent == pytest.approx(4 * worst)
    # a template longer than thought is reckoned with from then on
    budget.settle(0.0, 1000, {"prompt_tokens": 3000, "completion_tokens": 1}, is_billed=True)
    assert budget.worst(1000, 0) == pytest.approx(3000e-6)


def test_options_are_checked():
    with pytest.raises(InputError, match="--max-cost needs prices"):
        ServerOptions(max_cost=1.0)
    with pytest.raises(InputError, match="--max-cost needs prices"):
        ServerOptions(max_cost=1.0, price_in=1.0)
    for wrong in ({"samples": 0}, {"concurrency": 0}, {"max_calls": 0}, {"price_in": float("nan")}, {"timeout": -1}):
        with pytest.raises(InputError, match="--"):
            ServerOptions(**wrong)


def test_a_limit_is_what_pipelines_take_for_an_interruption():
    assert issubclass(LimitReached, WeighError)
    assert issubclass(LimitReached, KeyboardInterrupt)


def test_breaking_off_waits_for_nothing_but_what_is_under_way():
    with FakeServer(answer=lambda path, body: refusal("busy", 503)) as fake:
        transport = Transport(Address.of(fake.spec), ServerOptions(timeout=1, retries=50))
        jobs = [functools.partial(transport.post, CHAT, asking(i)) for i in range(20)]
        results = transport.each([lambda: "first", *jobs])
        assert next(results) == (0, "first")
        started = time.monotonic()
        results.close()
        assert time.monotonic() - started < 20  # fifty retries would take minutes
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("weigh-server")]


def test_one_failure_ends_the_rest_and_loses_nothing():
    def some(path, body):
        return refusal("unknown model", 400) if "Dilemma 30\n" in body["messages"][0]["content"] else None

    with FakeServer(answer=some, delay=0.005) as fake:
        transport, replies = connect(fake), {}
        with pytest.raises(ServerError, match="unknown model"):
            kept(transport, 200, replies)
        assert 25 <= len(replies) < 100
        assert len(fake.requests) == len(replies) + 1


def test_a_body_without_end_is_not_read(monkeypatch):
    monkeypatch.setattr("weigh.judges.server_transport.LARGEST_BODY", 1 << 20)
    with (
        FakeServer(answer=lambda path, body: (200, {}, {"choices": [], "x": "y" * (2 << 20)})) as fake,
        pytest.raises(ServerError, match="sent more than 1 MiB"),
    ):
        connect(fake).post(CHAT, asking(0))


def test_nesting_without_end_is_no_json():
    with FakeServer(answer=lambda path, body: (200, {}, "[" * 200_000)) as fake:
        with pytest.raises(ServerError, match="no JSON"):
            connect(fake, retries=1).post(CHAT, asking(0))
        assert len(fake.requests) == 2
