"""Asking a model from within an eval of inspect-ai: each answer becomes a row as the ledger keeps it.

A choice is read as `inspect:` judges read it: from the log-probabilities of the first token where the provider tells
them, with a bound for a letter that is missing, else from repeated samples. What a provider can do is found out once a
model, by the question that judges use for it. Models of our own provider are asked as `weigh measure` asks them: the
reply is begun, and the letters' probabilities are exact.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import anyio
import anyio.from_thread
import anyio.to_thread
import numpy as np
from inspect_ai.model import ChatMessageAssistant, GenerateConfig, Model, ModelOutput

from weigh.core.question import Ask, Message, Prompt, Reply, key_of, to_row
from weigh.judges import letters
from weigh.judges.inspect_model import fingerprint_of
from weigh.judges.inspect_provider import body_of, config_of, explained, messages_of
from weigh.judges.server_limits import Budget, ServerOptions
from weigh.judges.server_probe import WORDS, Mode, how_to_choose
from weigh.judges.server_read import first_choice, read_logprobs, read_samples, text_of, tokens_of
from weigh.loops.elicit import key_of_writing

Row = dict[str, Any]


@dataclass(frozen=True)
class Writing:
    """How a reply in free text is asked for.

    Parameters
    ----------
    render : callable
        (ask) -> its prompt.
    max_tokens : int
        Length at which a reply is cut off.
    temperature : float
        0 for greedy.
    """

    render: Callable[[Ask], Prompt]
    max_tokens: int
    temperature: float


class Way(Protocol):
    """How one model is asked for a choice.

    Attributes
    ----------
    fingerprint : str
        Changes when the answers could.
    seeded : bool
        Whether answers depend on the seed.
    """

    fingerprint: str
    seeded: bool

    def render(self, ask: Ask) -> Prompt:
        """The prompt that an ask becomes."""
        ...

    async def choose(self, ask: Ask, prompt: Prompt) -> Reply:
        """The reply to it."""
        ...


class Begun:
    """Our own provider: the reply is begun, and each letter's log-probability is asked for by name."""

    seeded = False

    def __init__(self, model: Model) -> None:
        self._model = model
        self.fingerprint: str = model.api.judge.fingerprint  # pyright: ignore[reportAttributeAccessIssue]

    def render(self, ask: Ask) -> Prompt:
        """The forced-choice prompt, with the beginning of the reply."""
        (prompt,) = letters.render(ask)
        return prompt

    async def choose(self, ask: Ask, prompt: Prompt) -> Reply:
        """One request of one token."""
        asked = [*messages_of(_turns(prompt)), ChatMessageAssistant(content=prompt.prefill)]
        named = list(prompt.continuations)
        config = GenerateConfig(max_tokens=1, temperature=0.0, logprobs=True, extra_body={"continuations": named})
        output = await self._model.generate(asked, config=config, cache=False)
        told = output.choices[0].logprobs
        listed = {top.token: top.logprob for top in (told.content[0].top_logprobs or ())} if told else {}
        scores = np.array([listed.get(text, -math.inf) for text in named])
        return replace(letters.read(ask, [scores]), tokens=tokens_of(body_of(output)))


class Asked:
    """Any other provider: one chat an order, or as many as there are samples."""

    def __init__(self, model: Model, mode: Mode, options: ServerOptions) -> None:
        self._model, self._mode, self._options = model, mode, options
        self.seeded = mode.how == "samples"
        self.fingerprint = fingerprint_of(model, mode, options)

    def render(self, ask: Ask) -> Prompt:
        """The forced-choice prompt; replies in chats are not begun."""
        (prompt,) = letters.render(ask)
        return replace(prompt, prefill="")

    async def choose(self, ask: Ask, prompt: Prompt) -> Reply:
        """The letters' log-probabilities, or the letters of repeated samples."""
        n = self._options.samples if self.seeded else 1
        first = self._options.seed + ask.sample * n
        bodies = await gathered([functools.partial(self._body, prompt, first + i) for i in range(n)])
        tokens = sum(tokens_of(body) for body in bodies)
        if self.seeded:
            return read_samples(ask, bodies, tokens=tokens)
        return read_logprobs(ask, bodies[0], is_exact=False, tokens=tokens)

    async def _body(self, prompt: Prompt, seed: int) -> dict[str, Any]:
        request = self._mode.choice_request(prompt, seed=seed)
        config = config_of(request, room=max(self._mode.room, WORDS))
        return body_of(await self._model.generate(messages_of(request["messages"]), config=config, cache=False))


class Ways:
    """How models are asked; each is found out once, by whichever sample comes first.

    Parameters
    ----------
    options : ServerOptions
        Samples and their seed.
    """

    def __init__(self, options: ServerOptions) -> None:
        self.options = options
        self._known: dict[str, Way] = {}
        self._locks: dict[str, anyio.Lock] = {}

    async def of(self, model: Model) -> Way:
        """The way in which a model is asked.

        Raises
        ------
        ServerError
            It takes no request that we can make.
        """
        name = str(model)
        async with self._locks.setdefault(name, anyio.Lock()):
            if name not in self._known:
                self._known[name] = await self._found(model)
            return self._known[name]

    async def _found(self, model: Model) -> Way:
        if getattr(model.api, "takes_prefill", False) is True:
            return Begun(model)
        carrier = _Carrier(model, self.options)
        mode, _ = await anyio.to_thread.run_sync(how_to_choose, carrier, Mode(str(model)))
        return Asked(model, mode, self.options)


async def row_of(way: Way, model: Model, ask: Ask, writing: Writing | None, *, bank: str, seed: int) -> Row:
    """Have one ask answered; the row is what the ledger would hold.

    Parameters
    ----------
    way : Way
        How the model is asked.
    model : inspect_ai.model.Model
        Who answers.
    ask : Ask
        What is asked.
    writing : Writing or None
        How free text is asked for; a choice without it.
    bank : str
        Version of the bank.
    seed : int
        Of judges that are sampled.
    """
    began = time.perf_counter()
    if writing is None:
        prompt = way.render(ask)
        reply = await way.choose(ask, prompt)
        key = key_of(ask, [prompt], judge=way.fingerprint, bank=bank, seed=seed if way.seeded else None)
    else:
        prompt = writing.render(ask)
        config = GenerateConfig(max_tokens=writing.max_tokens, temperature=writing.temperature)
        output = await model.generate(messages_of(_turns(prompt)), config=config, cache=False)
        body = body_of(output)
        text = text_of(first_choice(body)) or ""
        reply = Reply(raw=text, status="ok" if text.strip() else "malformed", tokens=tokens_of(body))
        how = {"max_tokens": writing.max_tokens, "temperature": writing.temperature}
        judge, seeded = way.fingerprint, way.seeded
        key = key_of_writing(ask, [prompt], judge=judge, seeded=seeded, bank=bank, seed=seed, **how)
    reply = replace(reply, seconds=time.perf_counter() - began)
    return to_row(ask, reply, [prompt], key=key, who=str(model))


async def gathered(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Results of jobs that run at once, in the order given; the first failure ends the others and is raised.

    Parameters
    ----------
    jobs : sequence of callable
        Each gives an awaitable.
    """
    found: list[Any] = [None] * len(jobs)

    async def run(i: int, job: Callable[[], Any]) -> None:
        found[i] = await job()

    try:
        async with anyio.create_task_group() as group:
            for i, job in enumerate(jobs):
                group.start_soon(run, i, job)
    except BaseExceptionGroup as several:
        # inspect-ai tells limits and cancellations by their class, which a group hides
        raise several.exceptions[0] from None
    return found


class _Carrier:
    """Carries the one question by which a provider shows what it takes, from a thread into the eval's own loop."""

    def __init__(self, model: Model, options: ServerOptions) -> None:
        self._model, self.options, self.budget = model, options, Budget(options)

    @property
    def place(self) -> str:
        return str(self._model)

    def post(self, path: str, body: dict[str, Any], *, n_out: int = 0, retries: int | None = None) -> Any:
        try:
            return body_of(anyio.from_thread.run(self._generate, body, max(n_out, WORDS)))
        except Exception as error:  # providers raise whatever their packages do
            raise explained(self.place, error, self._model) from None

    def each(self, jobs: Sequence[Callable[[], Any]]) -> Any:
        return enumerate(job() for job in jobs)

    async def _generate(self, body: dict[str, Any], room: int) -> ModelOutput:
        return await self._model.generate(messages_of(body["messages"]), config=config_of(body, room=room), cache=False)


def _turns(prompt: Prompt) -> list[dict[str, str]]:
    turns = prompt.messages or (Message("user", prompt.text),)
    return [{"role": turn.role, "content": turn.text} for turn in turns]
