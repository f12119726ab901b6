"""The judge behind inspect-ai: its mock provider says what providers say, and a real one talks to a server here."""

from __future__ import annotations

import asyncio
import gc
import json
import math
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    ContentReasoning,
    ContentText,
    Logprob,
    Logprobs,
    ModelOutput,
    ModelUsage,
    TopLogprob,
    get_model,
)
from inspect_ai.model._providers.mockllm import MockLLM
from tenacity import wait_none

from weigh.banks.bank import read_bank
from weigh.core.abilities import abilities
from weigh.core.errors import InputError, MissingExtra
from weigh.core.ledger import Ledger
from weigh.core.question import STATUSES, Ask, Condition, Message, Prompt, Question
from weigh.doors.cli import app
from weigh.judges import KINDS, letters, open_judge
from weigh.judges.inspect_model import InspectModel
from weigh.judges.server_limits import LimitReached, ServerOptions
from weigh.judges.server_probe import PROBE, THOUGHTS, WORDS
from weigh.judges.server_transport import ServerError
from weigh.loops.elicit import Interview
from weigh.pipelines.profile import measure
from weigh.report.page import write_report

sys.path.append(str(Path(__file__).parent))
from fake_server import SHOWN, FakeServer, by_text, distribution

# tenacity has renamed what inspect-ai calls; the judge asks it for nothing of the kind
pytestmark = pytest.mark.filterwarnings("ignore:The 'initial' parameter is deprecated:DeprecationWarning")

SPEC = "inspect:mockllm/model"
USAGE = ModelUsage(input_tokens=20, output_tokens=2, total_tokens=22)
CASES = json.loads(Path(__file__).with_name("completions").joinpath("letters.json").read_text("utf-8"))
WALLET = Question.of("wallet", "You find a wallet.", ("Keep it.", "Return it."))
# A is the second option
ASK = Ask(WALLET, letters.FRAME, order=(1, 0))
ASKS = [
    Ask(Question.of(f"q{i}", f"Dilemma {i}.", [f"Do thing {i}{place}." for place in range(n)]), "letters", order=order)
    for i, n in enumerate((2, 3, 4, 2, 3, 4))
    for order in (tuple(range(n)), tuple(range(n))[::-1])
]
# thrift and comfort take turns at the first place
DILEMMAS = [
    {"id": f"d{i}", "situation": f"Day {i}.", "options": pair, "values": values}
    for i, (pair, values) in enumerate(
        4 * [(["Save it.", "Enjoy it."], ["thrift", "comfort"]), (["Enjoy it.", "Save it."], ["comfort", "thrift"])]
    )
]
CONTROL = {"id": "c", "kind": "control", "situation": "There is smoke.", "options": ["Call for help.", "Eat a bun."]}


@pytest.fixture(autouse=True)
def no_keys_and_no_network(monkeypatch):
    async def uncounted(self, output, input, tools):
        pass

    # where an output has no usage, it counts tokens with what it fetches from the network
    monkeypatch.setattr(MockLLM, "_ensure_default_usage", uncounted)
    for name in ("WEIGH_API_KEY", "OPENAI_API_KEY", "FAKE_API_KEY", "FAKE_BASE_URL", "INSPECT_EVAL_MODEL_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def bank(tmp_path):
    file = tmp_path / "eight.jsonl"
    file.write_text("\n".join(map(json.dumps, [*DILEMMAS, CONTROL])))
    return read_bank(file)


class Mock:
    """What a mock provider was asked, and what it answers: (messages, config, number) → output."""

    def __init__(self, answer):
        self.answer, self.asked, self.running, self.most = answer, [], 0, 0
        self.model = get_model("mockllm/model", memoize=False, custom_outputs=self)

    async def __call__(self, messages, tools, choice, config):
        self.asked.append((messages, config))
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            found = self.answer(messages, config, len(self.asked))
            return await found if asyncio.iscoroutine(found) else found
        finally:
            self.running -= 1


def judge_of(answer, name=SPEC, **options):
    """A judge, and what its model is asked after the probe."""
    mock = Mock(answer)
    judge = InspectModel(name, ServerOptions(**options), model=mock.model)
    mock.probes = len(mock.asked)
    mock.asked.clear()
    return judge, mock


def says(content, *, stop="stop", top=None, usage=USAGE, model="mock-2026"):
    """An output; `top` is a list of tokens with their log-probabilities."""
    message = ChatMessageAssistant(content=content, source="generate")
    found = None
    if top is not None:
        listed = [TopLogprob(token=token, logprob=logprob) for token, logprob in top]
        found = Logprobs(content=[Logprob(token=top[0][0], logprob=top[0][1], top_logprobs=listed)])
    choice = ChatCompletionChoice(message=message, stop_reason=stop, logprobs=found)
    return ModelOutput(model=model, choices=[choice], usage=usage)


def tokens_of(messages):
    """The tokens of a model that likes options by their text, the likeliest first."""
    shown = SHOWN.findall(messages[-1].text)
    logprobs = by_text([], [text for _, text in shown])
    tokens = distribution({letter: logprob for (letter, _), logprob in zip(shown, logprobs, strict=True)})
    return sorted(tokens.items(), key=lambda pair: -pair[1])


def by_logprobs(messages, config, number):
    ranked = tokens_of(messages)
    return says(ranked[0][0], top=ranked[: config.top_logprobs] if config.logprobs else None)


def by_samples(messages, config, number):
    ranked = tokens_of(messages)
    if not config.temperature:
        return says(ranked[0][0])
    random = np.random.default_rng([config.seed, len(messages[-1].text)])
    shares = np.exp([logprob for _, logprob in ranked])
    return says(ranked[random.choice(len(ranked), p=shares / shares.sum())][0])


def truth(ask):
    return np.array(by_text([], list(ask.question.options)))


# --- choosing


def test_log_probabilities_are_read_in_both_orders():
    judge, mock = judge_of(by_logprobs)
    assert abilities(judge) == ("choose", "write") == KINDS["inspect"].abilities
    assert (mock.probes, judge.seeded) == (1, False)
    replies = judge.choose(ASKS)
    for ask, reply in zip(ASKS, replies, strict=True):
        assert np.abs(np.array(reply.scores) - truth(ask)).max() < 1e-9
        assert (reply.status, reply.choice, reply.tokens) == ("ok", int(truth(ask).argmax()), 22)
        assert reply.mass == pytest.approx(0.9)
        # the letters as shown, so that the other order names other letters
        assert [reply.detail["letters"][letters.LETTERS[place]] for place in range(len(ask.order))] == pytest.approx(
            [reply.scores[option] for option in ask.order], abs=1e-6
        )
    assert [first.choice for first in replies[::2]] == [second.choice for second in replies[1::2]]
    assert len(mock.asked) == len(ASKS)
    config = mock.asked[0][1]
    assert (config.logprobs, config.top_logprobs, config.temperature, config.max_tokens) == (True, 20, 0.0, WORDS)
    assert (config.max_retries, config.attempt_timeout, config.cache) == (8, 60, None)
    facts = judge.describe()
    assert (facts["mode"], facts["model"]) == ("top-20 log-probabilities", "mock-2026")
    assert facts["inspect_ai"]


def test_what_is_recorded_is_what_is_sent():
    judge, mock = judge_of(by_logprobs)
    judge = judge.under(Condition(name="kind", system="Be kind.", nudge="Think."))
    ask = Ask(ASKS[0].question, letters.FRAME, order=(1, 0), condition=judge.condition)
    ((prompt,),) = judge.render([ask])
    judge.choose([ask])
    ((sent, _),) = mock.asked
    assert [(turn.role, turn.text) for turn in sent] == [(turn.role, turn.text) for turn in prompt.messages]
    assert [turn.role for turn in sent] == ["system", "user"]
    assert not prompt.prefill
    assert "Answer:" not in sent[-1].text
    with pytest.raises(InputError, match="steer"):
        judge.under(Condition(steer="folder"))
    with pytest.raises(InputError, match="images"):
        judge.render([Ask(Question("q", (Message("user", "See", ("0" * 64,)),), ("A", "B")), "letters", order=(0, 1))])


def test_a_letter_that_is_missing_is_bounded_and_tokenizers_may_spell_a_space_their_way():
    top = [("▁A", math.log(0.6)), ("A", math.log(0.3)), ("ĠThe", -5.0), ("А", -6.0), ("a", -7.0)]
    judge, _ = judge_of(lambda messages, config, number: says("A", top=top))
    (reply,) = judge.choose([ASK])
    assert reply.scores == pytest.approx((-7.0, math.log(0.9)))
    assert (reply.status, reply.choice, reply.detail["bounded"], reply.detail["k"]) == ("ok", 1, ["B"], 5)
    assert judge.describe()["mode"] == "top-5 log-probabilities; 1 answers bounded"


@pytest.mark.parametrize(
    ("top", "status"),
    [
        ([("A", math.nan), ("B", -1.0)], "malformed"),
        ([("A", 0.5), ("B", -1.0)], "malformed"),
        ([("А", -0.1), ("Β", -3.0)], "low-mass"),
        ([("I", -0.1), ("A", -3.0), ("B", -4.0)], "low-mass"),
        (None, "malformed"),
    ],
    ids=["NaN", "more than certain", "Cyrillic А, Greek Β", "little mass", "none this time"],
)
def test_log_probabilities_that_are_worth_little(top, status):
    judge, mock = judge_of(by_logprobs)
    mock.answer = lambda messages, config, number: says("A", top=top)
    assert judge.choose([ASK])[0].status == status


def test_samples_where_there_are_no_log_probabilities():
    judge, mock = judge_of(by_samples, samples=40, seed=7)
    assert judge.seeded
    assert judge.describe()["mode"] == "40 samples an order"
    assert mock.probes == 2
    replies = judge.choose(ASKS[:4])
    configs = [config for _, config in mock.asked]
    assert len(configs) == 40 * 4
    assert {config.seed for config in configs} == set(range(7, 47))
    assert {(config.temperature, config.logprobs, config.max_tokens) for config in configs} == {(1.0, None, WORDS)}
    for ask, reply in zip(ASKS, replies, strict=False):
        counts = np.array(reply.detail["counts"])
        assert counts.sum() + reply.detail["malformed"] == 40 == len(json.loads(reply.raw))
        assert np.allclose(reply.scores, np.log((counts + 0.5) / (counts.sum() + 0.5 * len(counts))))
        share = np.exp(truth(ask)) / np.exp(truth(ask)).sum()
        assert np.abs(counts / counts.sum() - share).max() < 0.3
    assert judge.choose(ASKS[:4]) == replies


@pytest.mark.parametrize(
    ("content", "usage"),
    [
        ([ContentReasoning(reasoning="B? No."), ContentText(text="A")], USAGE),
        ([ContentReasoning(reasoning="", redacted=True), ContentText(text="A")], USAGE),
        ("A", ModelUsage(input_tokens=20, output_tokens=90, total_tokens=110, reasoning_tokens=88)),
        ("<think>B? No.</think>\nA", USAGE),
    ],
    ids=["shown", "withheld", "counted", "in the text"],
)
def test_a_model_that_thinks_is_sampled_with_room_for_it(content, usage):
    # the first token's log-probabilities say nothing about what comes of the thoughts
    judge, mock = judge_of(lambda messages, config, number: says(content, usage=usage, top=[("B", -0.1)]), samples=3)
    assert judge.describe()["mode"] == "3 samples an order, after thinking"
    (reply,) = judge.choose([ASK])
    assert (reply.status, reply.choice, reply.detail["counts"]) == ("ok", 1, [0, 3])
    assert (mock.asked[0][1].max_tokens, mock.asked[0][1].attempt_timeout) == (THOUGHTS, 600)


def test_a_provider_is_asked_for_what_it_takes():
    class Refusal(Exception):
        status_code = 400

    def at_most_five(messages, config, number):
        if (config.top_logprobs or 0) > 5:
            raise Refusal("top_logprobs must be at most 5")
        return by_logprobs(messages, config, number)

    assert judge_of(at_most_five)[0].describe()["mode"] == "top-5 log-probabilities"

    def bare(messages, config, number):
        for name in ("logprobs", "seed", "temperature"):
            if getattr(config, name) is not None:
                raise NotImplementedError(f"{name} is not there")
        return says("A")

    judge, mock = judge_of(bare, samples=2)
    assert judge.choose([ASK])[0].detail["counts"] == [0, 2]
    assert mock.asked[0][1].max_tokens == WORDS


# --- reading


def from_case(case):
    """The case as a provider would tell it; None where it is about what no provider can tell."""
    try:
        choices = case["body"]["choices"]
        if choices == []:
            return ModelOutput(model="m", choices=[], usage=USAGE)
        (choice,) = choices
        content = choice["message"]["content"]
        content = content["repeat"][0] * content["repeat"][1] if isinstance(content, dict) else content
        if choice["message"].get("refusal"):
            content = [ContentText(text=choice["message"]["refusal"], refusal=True)]
        elif isinstance(content, list):
            content = [ContentText(text=part["text"]) for part in content]
        output = says(content or "", stop=choice.get("finish_reason") or "stop")
        if choice.get("logprobs"):
            output.choices[0].logprobs = Logprobs.model_validate(choice["logprobs"], strict=True)
        return output
    except (KeyError, TypeError, ValueError):
        return None


TOLD = [case for case in CASES if from_case(case) is not None]


@pytest.mark.parametrize("case", TOLD, ids=[f"{case['by']}: {case['name']}" for case in TOLD])
def test_each_reply_gets_the_status_that_a_server_would_get(case):
    judge, mock = judge_of(by_samples if case["by"] == "samples" else by_logprobs, samples=1)
    mock.answer = lambda messages, config, number: from_case(case)
    (reply,) = judge.choose([ASK])
    assert (reply.status, reply.choice) == (case["status"], case["choice"])
    assert reply.detail.get("bounded") == case.get("bounded")


def test_the_cases_are_wide():
    assert len(TOLD) > 70
    assert {case["status"] for case in TOLD} == set(STATUSES)
    assert {case["by"] for case in TOLD} == {"samples", "log-probabilities"}


@pytest.mark.parametrize("answer", [by_logprobs, by_samples])
def test_refusals_and_replies_cut_off(answer):
    judge, mock = judge_of(answer, samples=1)
    mock.answer = lambda messages, config, number: says("", stop="content_filter")
    assert judge.choose([ASK])[0].status == "refused"
    mock.answer = lambda messages, config, number: says("", stop="max_tokens")
    assert judge.choose([ASK])[0].status == "malformed"
    mock.answer = lambda messages, config, number: says(
        [ContentReasoning(reasoning="It is A, since")], stop="max_tokens", usage=None
    )
    (reply,) = judge.choose([ASK])
    assert (reply.status, reply.tokens) == ("malformed", 0)


# --- writing


def test_it_writes():
    judge, mock = judge_of(by_logprobs)
    mock.answer = lambda messages, config, number: says(messages[-1].text[::-1])
    prompts = [Prompt((), text="Hello"), Prompt((), messages=(Message("user", "Bye"),))]
    assert judge.write(prompts, max_tokens=300, temperature=0.5, seed=3) == ["olleH", "eyB"]
    assert sorted(config.seed for _, config in mock.asked) == [3, 4]
    assert {(config.max_tokens, config.temperature, config.logprobs) for _, config in mock.asked} == {(300, 0.5, None)}
    with pytest.raises(InputError, match="prefill"):
        judge.write([Prompt((), text="Hello", prefill="Well,")])
    # half a surrogate pair cannot be sent
    assert judge.write([Prompt((), text="\ud800!")]) == ["!?"]


# --- what goes wrong


class Overload(Exception):
    status_code = 529


def test_an_error_after_inspects_own_repetitions_is_a_sentence(monkeypatch):
    canary = "sk-canary-0123456789abcdef"
    monkeypatch.setenv("SOME_API_KEY", canary)
    judge, mock = judge_of(by_logprobs, retries=2, concurrency=1)
    api = mock.model.api
    api.should_retry, api.retry_wait = lambda error: isinstance(error, Overload), wait_none

    def overloaded(messages, config, number):
        raise Overload(f"no room\n for {canary}")

    mock.answer = overloaded
    with pytest.raises(ServerError) as caught:
        judge.choose([ASK])
    assert str(caught.value).startswith(f"{SPEC} answered 529 (3 times): no room for [key]; see whether")
    assert len(mock.asked) == 3
    assert caught.value.status == 529
    assert canary not in "".join(traceback.format_exception(caught.value)) + repr(caught.value.__context__)
    # what passes leaves no trace
    mock.asked.clear()
    mock.answer = lambda m, c, number: overloaded(m, c, number) if number < 3 else by_logprobs(m, c, number)
    assert judge.choose([ASK])[0].status == "ok"
    assert judge.spent()["calls"] == 3


@pytest.mark.parametrize(
    ("error", "says_so"),
    [
        (type("Denied", (Exception,), {"status_code": 401})("bad key"), "answered 401: bad key; check the key in the"),
        (type("Gone", (Exception,), {"code": 404})("x"), "answered 404: no such model: x; check the model's name"),
        (ValueError("custom"), "failed with ValueError: custom; check the model's name and the options"),
        (RuntimeError(), "failed with RuntimeError: RuntimeError; see whether the server is up"),
        (PrerequisiteError("[bold]ERROR[/bold]: give [blue]X[/blue]\n\nnow"), "PrerequisiteError: give X now; see"),
    ],
)
def test_a_provider_that_refuses_is_not_asked_for_ever(error, says_so):
    def refuse(messages, config, number):
        raise error

    mock = Mock(refuse)
    with pytest.raises(ServerError) as caught:
        InspectModel(SPEC, model=mock.model)
    assert says_so in str(caught.value)
    assert len(mock.asked) <= 8


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("inspect:gpt-4o", "only half a judge; give inspect:PROVIDER/MODEL"),
        ("inspect:openai/", "only half a judge"),
        ("inspect:nope/x", "inspect:nope/x cannot be opened: Model API nope .* not recognized; give inspect:PROVIDER"),
        ("inspect:openai/gpt-4o", "cannot be opened: Unable to initialise OpenAI client No OPENAI_API_KEY, "),
        ("inspect:groq/x", "cannot be opened: Groq API requires optional dependencies. Install with: pip install groq"),
    ],
)
def test_what_cannot_be_opened_is_a_clean_sentence(spec, message, monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "groq", None)
    with pytest.raises(InputError, match=message) as caught:
        open_judge(spec)
    assert "[" not in str(caught.value)
    assert caught.value.__context__ is None
    assert capfd.readouterr() == ("", "")


def test_without_the_extra_a_sentence_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "inspect_ai.model", None)
    with pytest.raises(MissingExtra, match=r"pip install 'weigh\[inspect\]'"):
        open_judge(SPEC)


def test_judges_are_listed_without_loading_inspect():
    code = (
        "import sys, weigh.judges, weigh.judges.inspect_model, weigh.doors.doctor as d; "
        "found = d.examine()['judges']['inspect:PROVIDER/MODEL']; print(found, 'inspect_ai' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ready,", "with", "the", "provider's", "package", "and", "key", "False"]


def test_doctor_says_when_the_extra_is_missing(monkeypatch):
    from weigh.doors import doctor

    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    assert doctor.examine()["judges"]["inspect:PROVIDER/MODEL"] == "needs pip install 'weigh[inspect]'"


# --- limits, interruptions, threads


def test_limits_on_calls_and_cost_stop_it_and_keep_what_came():
    judge, mock = judge_of(by_logprobs, max_calls=6)
    kept = []
    with pytest.raises(LimitReached, match="--max-calls 6 is reached"):
        kept.extend(judge.choose_each(ASKS))
    assert len(kept) == len(mock.asked) == 5
    prices = {"price_in": 1e6, "price_out": 1e6}
    judge, mock = judge_of(by_logprobs, max_cost=5000, **prices)
    assert judge.spent() == {"calls": 1, "tokens_in": 20, "tokens_out": 2, "cost": 22}
    kept.clear()
    with pytest.raises(LimitReached, match="--max-cost 5000 is reached"):
        kept.extend(judge.choose_each(ASKS * 100))
    assert judge.spent()["cost"] == 22 * (1 + len(kept)) <= 5000
    assert len(kept) > 100
    # cached tokens are tokens too, and a reply without a count is counted at worst
    cached = ModelUsage(input_tokens=1, output_tokens=2, input_tokens_cache_read=4, input_tokens_cache_write=3)
    judge, mock = judge_of(lambda m, c, n: says("A", top=[("A", -0.1)], usage=cached), **prices)
    assert judge.spent()["tokens_in"] == 8
    mock.answer = lambda messages, config, number: says("A", top=[("A", -0.1)], usage=None)
    judge.choose([ASK])
    assert judge.spent()["cost"] > 300


def test_so_many_are_asked_at_once_and_no_more():
    async def slow(messages, config, number):
        await asyncio.sleep(0.01)
        return by_logprobs(messages, config, number)

    judge, mock = judge_of(slow, concurrency=3)
    assert len(judge.choose(ASKS)) == len(ASKS)
    assert mock.most == 3


def test_ctrl_c_keeps_what_was_given_and_ends_what_is_under_way():
    ended = Counter()

    async def slow_after_four(messages, config, number):
        try:
            await asyncio.sleep(60 if number > 4 else 0)
        except asyncio.CancelledError:
            ended["cancelled"] += 1
            raise
        return by_logprobs(messages, config, number)

    judge, mock = judge_of(slow_after_four, concurrency=2)
    mock.asked.clear()
    given = judge.choose_each(ASKS)
    kept = [next(given) for _ in range(4)]
    with pytest.raises(KeyboardInterrupt):
        given.throw(KeyboardInterrupt)
    until = time.monotonic() + 20
    while ended["cancelled"] < len(mock.asked) - 4 and time.monotonic() < until:
        time.sleep(0.01)
    assert ended["cancelled"] == len(mock.asked) - 4 <= 2
    # two at once, so the fifth may have been sent before the fourth
    assert len({i for i, _ in kept}) == 4
    # the judge is as good as new
    mock.answer = by_logprobs
    assert len(judge.choose(ASKS)) == len(ASKS)


def test_a_run_that_is_broken_off_goes_on_and_the_next_one_asks_nothing(tmp_path):
    judge, mock = judge_of(by_logprobs, concurrency=2)

    class Impatient:
        def start(self, what, total):
            self.left = 5

        def advance(self, n):
            self.left -= n
            if self.left == 0:
                raise KeyboardInterrupt

    with Ledger(tmp_path) as ledger, pytest.raises(KeyboardInterrupt):
        Interview(judge, "v1", ledger, progress=Impatient()).ask(ASKS)
    with Ledger(tmp_path) as ledger:
        assert len(ledger) == 5
        mock.asked.clear()
        interview = Interview(judge_of(by_logprobs)[0], "v1", ledger)
        interview.ask(ASKS)
        assert (interview.cost.reused, interview.cost.asked) == (5, len(ASKS) - 5)
    again, asked = judge_of(by_logprobs)
    with Ledger(tmp_path) as ledger:
        interview = Interview(again, "v1", ledger)
        interview.ask(ASKS)
        assert (interview.cost.reused, interview.cost.asked) == (len(ASKS), 0)
        assert len(interview.answers()) == len(ASKS)
    assert not asked.asked


def test_its_thread_and_its_loop_end_with_it_and_not_with_a_copy_of_it():
    before = set(threading.enumerate())
    judge, _ = judge_of(by_logprobs)
    (thread,) = [one for one in set(threading.enumerate()) - before if one.name == "weigh-inspect"]
    loop = judge.transport._loop
    treated = judge.under(Condition(nudge="Think."))
    del judge
    gc.collect()
    assert treated.choose([ASK])[0].status == "ok"
    del treated
    gc.collect()
    assert not thread.is_alive()
    assert loop.is_closed()


# --- the fingerprint


def test_the_fingerprint_is_of_name_mode_and_place(monkeypatch):
    plain = judge_of(by_logprobs)[0]
    # neither of the key, nor of what else the sitting allows, nor of a server here, whose port changes
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789")
    mock = Mock(by_logprobs)
    mock.model.api.api_key, mock.model.api.base_url = "sk-9876543210", "http://localhost:4711/v1"
    same = InspectModel(SPEC, ServerOptions(concurrency=2, max_calls=9, seed=3), model=mock.model)
    assert same.fingerprint == plain.fingerprint
    mock.model.api.base_url = "https://user:secret@elsewhere.example/v1"
    others = [
        InspectModel(SPEC, model=mock.model),
        judge_of(by_logprobs, name="inspect:mockllm/other")[0],
        judge_of(by_samples)[0],
        judge_of(by_samples, samples=20)[0],
        judge_of(by_samples, seed=1)[0],
    ]
    assert len({judge.fingerprint for judge in (plain, *others)}) == 6
    for text in ("secret", "sk-"):
        assert text not in str([judge.describe() for judge in (same, *others)])


# --- whole runs


def test_a_whole_run_with_the_mock_provider(tmp_path, bank):
    def thrifty(messages, config, number):
        shown = SHOWN.findall(messages[-1].text)
        logits = np.array([1.0 + ("Save" in text or "help" in text) for _, text in shown])
        logprobs = logits - np.logaddexp.reduce(logits) - 0.01
        return says("A", top=[(letter, lp) for (letter, _), lp in zip(shown, logprobs, strict=True)])

    judge, mock = judge_of(thrifty)
    record = measure(judge, bank, tmp_path / "run", instrument="stated")
    assert record["status"] == "complete"
    assert record["cost"]["answers"] == len(mock.asked) >= 18
    rows = [json.loads(line) for line in (tmp_path / "run" / "answers.jsonl").read_text("utf-8").splitlines()]
    assert {row["status"] for row in rows if "status" in row} == {"ok"}
    by_question = {row["question"]: row["choice"] for row in rows if "question" in row}
    assert [by_question[one["id"]] for one in [*DILEMMAS, CONTROL]] == [i % 2 for i in range(8)] + [0]
    page = write_report(tmp_path / "run").read_text("utf-8")
    assert "top-2 log-probabilities" in page
    assert "through inspect-ai" in page
    asked = len(mock.asked)
    assert measure(judge, bank, tmp_path / "run", instrument="stated")["cost"]["reused"] == asked
    assert len(mock.asked) == asked


def test_the_command_line_reaches_inspects_mock_provider(tmp_path, bank, monkeypatch, capsys):
    monkeypatch.setattr(MockLLM, "default_output", "A")
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    command = ["measure", "eight.jsonl", "--model", SPEC, "--instrument", "stated", "--samples", "2", "--out", "run"]
    app([*command, "--json"], standalone_mode=False)
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"]["level"] == "unmeasurable"
    assert found["model"] == SPEC
    assert "2 samples an order" in (tmp_path / "run" / "report.html").read_text("utf-8")
    # inspect-ai writes no log of its own
    assert set(tmp_path.iterdir()) - before == {tmp_path / "run"}
    assert app([*command, "--max-calls", "9", "--fresh"], standalone_mode=False) == 130
    with pytest.raises(InputError, match=r"--samples is for servers and providers; give .* or inspect:PROVIDER/MODEL"):
        app(["measure", "--samples", "2"], standalone_mode=False)


def sent_key(fake):
    return {name.lower(): text for name, text in fake.requests[-1][1].items()}.get("authorization", "none")


def test_a_real_provider_speaks_to_a_server_and_its_key_goes_nowhere_else(tmp_path, bank, monkeypatch, caplog, capfd):
    pytest.importorskip("openai", reason="the openai package is not installed")
    canary = "sk-canary-0123456789abcdef"
    monkeypatch.setenv("FAKE_API_KEY", canary)
    caplog.set_level(0)

    def echo(path, body):
        given = sent_key(fake)
        if "Dilemma 1." in json.dumps(body):
            return 400, {}, {"error": {"message": f"bad key {given}", "type": "x", "code": None}}
        if "Dilemma 2." in json.dumps(body):
            message = {"role": "assistant", "content": given}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            return 200, {}, {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        return None

    class Whole(FakeServer):
        def reply(self, path, body):
            status, headers, found = super().reply(path, body)
            return status, headers, {"id": "1", "object": "chat.completion", "created": 1, "model": "fake-7", **found}

    with Whole(answer=echo) as fake:
        monkeypatch.setenv("FAKE_BASE_URL", fake.url)
        judge = open_judge("inspect:openai-api/fake/fake", server=ServerOptions(retries=0))
        assert sent_key(fake) == f"Bearer {canary}"
        facts = judge.describe()
        assert (facts["mode"], facts["model"]) == ("top-20 log-probabilities", "fake-7")
        for ask, reply in zip(ASKS[6:], judge.choose(ASKS[6:]), strict=True):
            assert np.abs(np.array(reply.scores) - truth(ask)).max() < 1e-9
        seen = [judge.name, judge.fingerprint, str(facts), str(judge.spent()), repr(judge.transport)]
        with pytest.raises(ServerError, match=r"answered 400: .*bad key Bearer \[key\]") as caught:
            judge.choose(ASKS[2:3])
        seen += ["".join(traceback.format_exception(caught.value)), repr(caught.value), str(caught.value.__context__)]
        seen += judge.write([Prompt((), text="Dilemma 2.")])
        assert seen[-1] == "Bearer [key]"
        measure(judge, bank, tmp_path / "run", instrument="stated")
        write_report(tmp_path / "run")
    files = [file for file in (tmp_path / "run").rglob("*") if file.is_file()]
    assert len(files) > 3
    seen += [file.read_bytes().decode("utf-8", "replace") for file in files]
    seen += [caplog.text, *capfd.readouterr()]
    assert not [text for text in seen if canary in text]


def test_the_probe_is_the_servers_own():
    mock = Mock(by_logprobs)
    said = []
    InspectModel(SPEC, model=mock.model, say=said.append)
    ((messages, _),) = mock.asked
    assert messages[-1].text == letters.render(PROBE)[0].messages[-1].text
    assert said == [f"finding out how {SPEC} can be asked"]
