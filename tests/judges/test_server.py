"""The judge behind a server: what it finds out, how it chooses, scores and writes, and a whole run through it."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from weigh.banks.bank import find_bank
from weigh.core.abilities import abilities
from weigh.core.errors import AbilityError, InputError
from weigh.core.question import Ask, Condition, Message, Prompt, Question
from weigh.judges import letters
from weigh.judges.server import server
from weigh.judges.server_limits import ServerOptions
from weigh.judges.server_transport import ServerError
from weigh.pipelines.profile import measure

sys.path.append(str(Path(__file__).parent))
from fake_server import FakeServer, by_text, refusal

CHAT, PLAIN = "/v1/chat/completions", "/v1/completions"
QUESTIONS = [
    Question.of(f"q{i}", f"Dilemma {i}.", [f"Do thing {i}{place}." for place in range(2 + i % 3)]) for i in range(12)
]
ASKS = [
    Ask(question, letters.FRAME, order=order)
    for question in QUESTIONS
    for order in (tuple(range(len(question.options))), tuple(range(len(question.options)))[::-1])
]


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in ("WEIGH_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def truth(ask):
    """What the fake server thinks of the options, in canonical order."""
    return np.array(by_text([], list(ask.question.options)))


def largest_error(judge, asks=ASKS):
    return max(
        np.abs(np.array(reply.scores) - truth(ask)).max() for ask, reply in zip(asks, judge.choose(asks), strict=True)
    )


def test_top_log_probabilities_are_read_in_both_orders():
    with FakeServer() as fake:
        judge = server(fake.spec)
        assert abilities(judge) == ("choose", "write")
        assert judge.describe()["mode"] == "top-20 log-probabilities"
        assert not judge.seeded
        # a letter counts with and without a space before it, whatever its place
        assert largest_error(judge) < 1e-9
        replies = judge.choose(ASKS)
        assert {reply.status for reply in replies} == {"ok"}
        assert all(reply.mass == pytest.approx(0.9) and reply.tokens > 0 for reply in replies)
        (body, *_) = fake.to(CHAT)[-len(ASKS) :]
    assert body["max_tokens"] == 1
    assert body["messages"][-1]["role"] == "user"
    assert "Answer:" not in json.dumps(body)


def test_what_is_recorded_is_what_is_sent():
    with FakeServer() as fake:
        judge = server(fake.spec).under(Condition(name="kind", system="Be kind.", nudge="Think."))
        ask = Ask(QUESTIONS[0], letters.FRAME, order=(1, 0), condition=judge.condition)
        ((prompt,),) = judge.render([ask])
        judge.choose([ask])
        sent = fake.to(CHAT)[-1]["messages"]
    assert sent == [{"role": message.role, "content": message.text} for message in prompt.messages]
    assert [turn["role"] for turn in sent] == ["system", "user"]
    assert not prompt.prefill


def test_a_missing_letter_is_bounded_and_counted():
    rare = lambda messages, options: [math.log(0.97), *[-25.0] * (len(options) - 1)]  # noqa: E731
    with FakeServer(letters=rare) as fake:
        judge = server(fake.spec)
        replies = judge.choose(ASKS[:2])
        listed = fake.reply(CHAT, fake.to(CHAT)[-1])[2]["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        facts = judge.describe()
    assert [reply.detail["bounded"] for reply in replies] == [["B"], ["B"]]
    assert replies[0].detail["k"] == 20
    assert min(replies[0].scores) == listed[-1]["logprob"] < -6
    assert replies[0].choice == 0 != replies[1].choice
    assert facts["mode"] == "top-20 log-probabilities; 2 answers bounded"


def test_exact_letters_where_token_ids_are_taken():
    rare = lambda messages, options: [math.log(0.97), *[-25.0 - i for i in range(len(options) - 1)]]  # noqa: E731
    with FakeServer(token_ids=True, letters=rare) as fake:
        judge = server(fake.spec)
        assert judge.describe()["mode"] == "log-probabilities of the letters themselves"
        tokenized = len(fake.to("/tokenize"))
        replies = judge.choose(ASKS)
        again = judge.choose(ASKS)
        asked = fake.to(CHAT)[-1]
        # the ids are asked for once a letter: C and D beside what the probe needed
        assert len(fake.to("/tokenize")) == tokenized + 2 * 3
    assert asked["logprob_token_ids"]
    assert again == replies
    assert all("bounded" not in reply.detail for reply in replies)
    assert min(replies[4].scores) == pytest.approx(-27, abs=1e-6)


def test_token_ids_that_are_not_heeded_are_not_trusted():
    class Deaf(FakeServer):
        def chosen(self, body, messages):
            return super().chosen({k: v for k, v in body.items() if k != "logprob_token_ids"}, messages)

    with Deaf(token_ids=True) as fake:
        assert server(fake.spec).mode.how == "top-k"


def test_samples_where_there_are_no_log_probabilities():
    with FakeServer(logprobs=False) as fake:
        judge = server(fake.spec, ServerOptions(samples=40, seed=7))
        assert judge.seeded
        assert judge.describe()["mode"] == "40 samples an order"
        replies = judge.choose(ASKS[:6])
        sent = fake.to(CHAT)[-40 * 6 :]
        assert judge.choose(ASKS[:6]) == replies
    assert {body["seed"] for body in sent} == set(range(7, 47))
    assert {body["temperature"] for body in sent} == {1.0}
    assert not any("logprobs" in body for body in sent)
    for ask, reply in zip(ASKS, replies, strict=False):
        counts = np.array(reply.detail["counts"])
        assert counts.sum() + reply.detail["malformed"] == 40 == len(json.loads(reply.raw))
        expected = np.log((counts + 0.5) / (counts.sum() + 0.5 * len(counts)))
        assert np.allclose(reply.scores, expected)
        share = np.exp(truth(ask)) / np.exp(truth(ask)).sum()
        assert np.abs(counts / counts.sum() - share).max() < 0.3


def test_each_server_is_asked_for_what_it_takes():
    with FakeServer(max_top=5) as fake:
        judge = server(fake.spec)
        assert judge.mode.k == 5
    with FakeServer(seeds=False, logprobs=False) as fake:
        judge = server(fake.spec, ServerOptions(samples=2))
        assert not judge.mode.takes_seed
        assert judge.choose(ASKS[:1])[0].status in ("ok", "malformed")
    with FakeServer(thinks=True) as fake:
        judge = server(fake.spec, ServerOptions(samples=3))
        assert judge.describe()["mode"] == "3 samples an order, after thinking"
        assert judge.choose(ASKS[:1])[0].status == "ok"
        assert fake.to(CHAT)[-1]["max_tokens"] >= 1000

    def strict(path, body):
        unwanted = {"max_tokens", "logprobs", "top_logprobs", "temperature", "seed"} & set(body)
        if path == CHAT and unwanted:
            return refusal(f"Unsupported parameter: '{min(unwanted)}' is not supported with this model.")
        return None

    with FakeServer(answer=strict) as fake:
        judge = server(fake.spec, ServerOptions(samples=2))
        assert (judge.mode.how, judge.mode.limit) == ("samples", "max_completion_tokens")
        assert not judge.mode.takes_seed
        assert not judge.mode.takes_temperature


def test_without_chat_plain_completions_are_asked():
    with FakeServer(chat=False) as fake:
        judge = server(fake.spec)
        assert judge.describe()["asked_by"] == "plain completion"
        assert largest_error(judge) < 1e-9
        assert fake.to(PLAIN)[-1]["prompt"].endswith("\n\nAnswer:")
        assert judge.write([Prompt((), text="Say hello")]) == ["I"]


@pytest.mark.parametrize("how", ["echo", "prompt_logprobs"])
def test_given_text_is_scored_where_the_server_shows_that_it_does(how):
    with FakeServer(**{how: True}) as fake:
        judge = server(fake.spec)
        assert abilities(judge) == ("choose", "logprobs", "write")
        prompts = [Prompt((" to go home.", " to stay."), text="You decide"), Prompt((" the sea",), text="I like")]
        found = judge.logprobs(prompts)
        before = len(fake.to(PLAIN))
        assert np.array_equal(judge.logprobs(prompts)[0], found[0])
        assert len(fake.to(PLAIN)) == before + 3
        echoed = fake.scored({"prompt": "You decide to go home.", "echo": True} if how == "echo" else {"prompt": "x y"})
        with pytest.raises(InputError, match="plain text only"):
            judge.logprobs([Prompt((" A",), messages=(Message("user", "Hi"),))])
    assert [values.shape for values in found] == [(2,), (1,)]
    if how == "echo":
        assert found[0][0] == pytest.approx(sum(echoed[2]["choices"][0]["logprobs"]["token_logprobs"][2:]))
    assert judge.last_tokens > 0


def test_a_server_that_does_not_score_says_so_before_the_first_question(tmp_path):
    with FakeServer() as fake:
        judge = server(fake.spec)
        asked = len(fake.requests)
        with pytest.raises(AbilityError, match="--instrument stated"):
            measure(judge, find_bank("pilot"), tmp_path, instrument="evaluative")
        assert len(fake.requests) == asked


def test_it_writes():
    with FakeServer() as fake:
        judge = server(fake.spec)
        assert judge.write([Prompt((), text="Hello"), Prompt((), messages=(Message("user", "Bye"),))]) == ["I", "I"]
        judge.write([Prompt((), text="Hello")] * 2, max_tokens=9, temperature=0.5, seed=3)
        assert sorted(body["seed"] for body in fake.to(CHAT)[-2:]) == [3, 4]
        assert {(body["max_tokens"], body["temperature"]) for body in fake.to(CHAT)[-2:]} == {(9, 0.5)}
        with pytest.raises(InputError, match="prefill"):
            judge.write([Prompt((), text="Hello", prefill="Well,")])
        with pytest.raises(InputError, match="images"):
            judge.render(
                [Ask(replace(QUESTIONS[0], messages=(Message("user", "See", ("0" * 64,)),)), "letters", order=(0, 1))]
            )
        with pytest.raises(InputError, match="steer"):
            judge.under(Condition(steer="folder"))


def test_the_fingerprint_is_of_place_model_and_mode():
    with FakeServer() as fake:
        first, again = server(fake.spec), server(fake.spec)
        other = server(f"{fake.url}#other")
        fake.max_top = 5
        fewer = server(fake.spec)
        fake.logprobs = False
        sampled, more = server(fake.spec), server(fake.spec, ServerOptions(samples=20))
    prints = [judge.fingerprint for judge in (first, fewer, sampled, more)]
    assert again.fingerprint == first.fingerprint
    assert len(set(prints)) == 4
    # a server with one model answers with that, whatever the user calls it
    assert other.fingerprint == first.fingerprint
    assert other.describe()["model"] == "fake"


def test_a_model_that_is_not_there_is_said_with_those_that_are():
    missing = lambda path, body: refusal("The model `gpt` does not exist", 404) if path == CHAT else None  # noqa: E731
    with FakeServer(answer=missing) as fake, pytest.raises(ServerError, match=r"does not exist.*it has: fake"):
        server(f"{fake.url}#gpt")
    with FakeServer(chat=False, completions=False) as fake, pytest.raises(ServerError, match="usually ends in /v1"):
        server(fake.spec)
