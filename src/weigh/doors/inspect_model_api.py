"""Our local models as a provider of inspect-ai: `weigh/smol`, `weigh/hf:FOLDER`, or `weigh/NAME -M path=FOLDER`.

inspect-ai hands over one request at a time. Those that wait while a batch is computed make the next batch, so nobody
waits for a clock. The first token's log-probabilities are those of the whole distribution: the likeliest `top_logprobs`
tokens, and the texts that a request names in `extra_body={"continuations": [...]}`, however unlikely they are. A last
turn of the assistant is the beginning of the reply.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import anyio
import anyio.to_thread
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    TopLogprob,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from weigh.core.errors import AbilityError, InputError
from weigh.core.question import Message, Prompt
from weigh.doors.inspect_refusals import told_plainly
from weigh.judges import open_judge
from weigh.judges.local import LocalModel

BATCH = 64
CONNECTIONS = 64
LENGTH = 256
OPTIONS = "path, precision, threads, device"
NOT_TAKEN = ("num_choices", "logit_bias", "stop_seqs", "presence_penalty", "frequency_penalty", "top_p", "top_k")


@dataclass(eq=False)
class Job:
    """One request that waits for its turn.

    Parameters
    ----------
    prompt : Prompt
        Its continuations are asked for by name.
    k : int
        How many of the likeliest tokens are wanted.
    """

    prompt: Prompt
    k: int
    found: list[tuple[str, float]] = field(default_factory=list)
    error: Exception | None = None
    done: bool = False


class WeighModel(ModelAPI):
    """A model on this machine, run by our engine.

    Parameters
    ----------
    model_name : str
        "smol", "hf:FOLDER" or "hf:ORG/MODEL"; any name where `path` says which folder.
    base_url, api_key, config
        As inspect-ai gives them; the first two are not used.
    model_args
        `path`, `precision`, `threads` and `device`, as `weigh.judges.local.LocalModel` takes them.

    Raises
    ------
    PrerequisiteError
        Another option, a model that cannot be used, or torch, transformers or the embedded model is not installed.
    """

    #: the task's solver begins the reply, and reads the letters that it has asked for by name
    takes_prefill = True

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008  inspect-ai's own signature
        **model_args: Any,
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        with told_plainly():
            self.judge = _opened(model_name, **model_args)
        self._waiting: list[Job] = []
        self._is_busy, self._turn = False, anyio.Event()

    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        """Answer a chat: the first token with its log-probabilities, or a reply of up to `max_tokens` tokens."""
        self._check(tools, config)
        began = time.perf_counter()
        named = tuple((config.extra_body or {}).get("continuations", ()))
        k = config.top_logprobs or 0
        prompt = Prompt(named, messages=_turns(input), prefill=_prefill(input))
        room = config.max_tokens or LENGTH
        is_likeliest = room == 1 and not config.temperature
        listed: list[tuple[str, float]] = []
        if is_likeliest or config.logprobs or named:
            listed = await self._first_token(Job(prompt, max(k, 1)))
        if is_likeliest:
            text = max(listed, key=lambda entry: entry[1])[0]
        else:
            text = await self._written(prompt, room, config)
        # a text that was cut within a character has more tokens when it is read again
        n_in, n_out = self.judge.count_prompt(prompt), min(self.judge.count_text(text), room)
        return ModelOutput(
            model=self.judge.name,
            choices=[
                ChatCompletionChoice(
                    message=ChatMessageAssistant(content=text, model=self.judge.name, source="generate"),
                    stop_reason="max_tokens" if n_out >= room else "stop",
                    logprobs=_logprobs(listed, text) if config.logprobs else None,
                )
            ],
            usage=ModelUsage(input_tokens=n_in, output_tokens=n_out, total_tokens=n_in + n_out),
            time=time.perf_counter() - began,
        )

    def max_connections(self) -> int:
        """How many requests may wait at once: enough to fill a batch."""
        return CONNECTIONS

    def should_retry(self, ex: BaseException) -> bool:
        """Never: what failed here fails again."""
        return False

    def connection_key(self) -> str:
        """All requests to one set of weights wait together."""
        return self.judge.fingerprint

    async def count_text_tokens(self, text: str) -> int:
        """Tokens of a text, by the model's own tokenizer."""
        return self.judge.count_text(text)

    def _check(self, tools: Sequence[ToolInfo], config: GenerateConfig) -> None:
        if tools:
            raise AbilityError(f"{self.judge.name} calls no tools; give a task without them")
        for name in NOT_TAKEN:
            if getattr(config, name) not in (None, 1 if name == "num_choices" else None):
                raise InputError(f"{self.judge.name} does not take {name}; leave it out")
        if unknown := set(config.extra_body or ()) - {"continuations"}:
            raise InputError(f"{self.judge.name} has no {sorted(unknown)[0]!r} in extra_body; it takes continuations")

    async def _first_token(self, job: Job) -> list[tuple[str, float]]:
        """Whoever finds nobody at work takes all that wait, and the others wait for the end of that batch."""
        self._waiting.append(job)
        try:
            while not job.done:
                if self._is_busy:
                    await self._turn.wait()
                    continue
                async with self._at_work():
                    # those that are ready to ask too may still come
                    await anyio.sleep(0)
                    await anyio.to_thread.run_sync(self._compute, self._waiting[:BATCH])
        finally:
            # also where the request was cancelled
            if job in self._waiting:
                self._waiting.remove(job)
        if job.error is not None:
            raise job.error
        return job.found

    def _compute(self, batch: Sequence[Job]) -> None:
        try:
            found = self.judge.next_tokens([job.prompt for job in batch], max(job.k for job in batch))
            for job, listed in zip(batch, found, strict=True):
                job.found = listed[: len(job.prompt.continuations) + job.k]
        except Exception as error:  # each who waits is told
            for job in batch:
                job.error = error
        for job in batch:
            job.done = True

    async def _written(self, prompt: Prompt, room: int, config: GenerateConfig) -> str:
        temperature = 0.0 if config.temperature is None else config.temperature
        seed = config.seed if config.seed is not None else 0
        write = functools.partial(self.judge.write, [prompt], max_tokens=room, temperature=temperature, seed=seed)
        while self._is_busy:
            await self._turn.wait()
        async with self._at_work():
            (text,) = await anyio.to_thread.run_sync(write)
        return text

    @contextlib.asynccontextmanager
    async def _at_work(self) -> AsyncIterator[None]:
        self._is_busy = True
        try:
            yield
        finally:
            self._is_busy = False
            self._turn.set()
            self._turn = anyio.Event()


def _opened(name: str, **options: Any) -> LocalModel:
    if any("steer" in option for option in options):
        raise InputError("steering vectors are not implemented for local models; leave -M steer=… out")
    if unknown := sorted(set(options) - set(OPTIONS.split(", "))):
        raise InputError(f"weigh/{name} has no option {unknown[0]!r}; its options (-M) are {OPTIONS}")
    path = options.pop("path", None)
    if path is None and name.partition(":")[0] not in ("smol", "hf"):
        raise InputError(
            f"weigh/{name} names no model on this machine; give weigh/smol, weigh/hf:FOLDER, or -M path=FOLDER"
        )
    if path is None and "device" not in options:
        return cast(LocalModel, open_judge(name, **options))
    folder = path or name.partition(":")[2]
    if not folder:
        from weigh.judges.smol import convert

        folder = convert()
    return LocalModel(folder, name=name, **options)


def _turns(input: Sequence[ChatMessage]) -> tuple[Message, ...]:
    turns = list(input)
    if turns and turns[-1].role == "assistant":
        turns = turns[:-1]
    if not turns:
        raise InputError("the conversation is empty; it needs a turn of the user")
    found = []
    for turn in turns:
        if turn.role not in ("system", "user", "assistant"):
            raise InputError(
                f"a turn of role {turn.role!r} cannot be put to a local model; give system, user, assistant"
            )
        if not isinstance(turn.content, str) and any(part.type not in ("text", "reasoning") for part in turn.content):
            raise InputError("a local model is shown text only; leave out images, audio, video and documents")
        found.append(Message(cast(Literal["system", "user", "assistant"], turn.role), turn.text))
    return tuple(found)


def _prefill(input: Sequence[ChatMessage]) -> str:
    return input[-1].text if input and input[-1].role == "assistant" else ""


def _logprobs(listed: Sequence[tuple[str, float]], text: str) -> Logprobs:
    entries = sorted(listed, key=lambda entry: -entry[1])
    of = dict(entries)
    first = next((token for token, _ in entries if text.startswith(token) and token), entries[0][0])
    top = [TopLogprob(token=token, logprob=logprob, bytes=list(token.encode())) for token, logprob in entries]
    return Logprobs(content=[Logprob(token=first, logprob=of[first], bytes=list(first.encode()), top_logprobs=top)])
