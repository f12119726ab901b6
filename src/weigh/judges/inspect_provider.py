"""Requests to a model of inspect-ai: an event loop in a thread of its own, and errors in a sentence without secrets."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import math
import os
import re
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any, TypeVar

from weigh.core.errors import InputError, need
from weigh.judges.server_address import hidden
from weigh.judges.server_carrier import run_each
from weigh.judges.server_limits import Budget, ServerOptions
from weigh.judges.server_probe import WORDS
from weigh.judges.server_transport import ADVICE, LATER, SHOWN, SLOWEST, ServerError

if TYPE_CHECKING:
    from inspect_ai.model import ChatCompletionChoice, ChatMessage, GenerateConfig, Model, ModelOutput

T = TypeVar("T")

PREFIX = "inspect:"
FORM = "inspect:PROVIDER/MODEL, such as inspect:openai/gpt-4o"
ADVICE_HERE = {
    **ADVICE,
    400: "check the model's name and the options",
    401: "check the key in the environment that inspect-ai reads for this provider",
    404: "check the model's name",
}
CLOSING = 5.0

_SECRET = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$", re.IGNORECASE)
_MARKUP = re.compile(r"\[/?[a-z ]+\]")
# how tokenizers spell the space that a token begins with, where a provider hands on their own spelling
_SPACES = str.maketrans("Ġ▁", "  ")


class Provider:
    """Carries requests to a model of inspect-ai; safe for many threads.

    Parameters
    ----------
    spec : str
        "inspect:PROVIDER/MODEL".
    options : ServerOptions
        Limits, timeout, retries.
    model : inspect_ai.model.Model, optional
        Instead of the one that the spec names; it is not closed afterwards.

    Raises
    ------
    MissingExtra
        inspect-ai is not installed.
    InputError
        There is no such provider, or its package or key is missing.
    """

    def __init__(self, spec: str, options: ServerOptions, model: Model | None = None) -> None:
        library: Any = need("inspect_ai.model", "inspect")
        logger = logging.getLogger("inspect_ai")
        if not logger.handlers:
            # else Python prints the warnings of a library for which nobody has set up logging
            logger.addHandler(logging.NullHandler())
        self.options, self.budget = options, Budget(options)
        self.model: Model = model or _opened(spec, library)
        self._spec = spec
        self._guard, self._is_broken_off = threading.Lock(), False
        self._under_way: set[Future[Any]] = set()
        started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        life = _live(started, None if model else self.model)
        thread = threading.Thread(target=asyncio.run, args=(life,), name="weigh-inspect", daemon=True)
        thread.start()
        self._loop, stop = started.result()
        # judges are never closed by hand
        weakref.finalize(self, _end, self._loop, stop, thread)

    @property
    def place(self) -> str:
        """As the user wrote it."""
        return self._spec

    def post(self, path: str, body: dict[str, Any], *, n_out: int = 0, retries: int | None = None) -> Any:
        """Have a chat answered; request and reply have the form of OpenAI's chats.

        Parameters
        ----------
        path : str
            Not used, as there is but one way.
        body : dict
            The request.
        n_out : int
            Tokens that it can write at most; never fewer than `WORDS`, as some providers take no smaller number.
        retries : int, optional
            Other than the options'.

        Raises
        ------
        ServerError
            The provider refused, or failed as often as it may.
        LimitReached
            The run's own limit is reached.
        """
        room, size = max(n_out, WORDS), len(json.dumps(body["messages"]).encode())
        worst = self.budget.worst(size, room)
        self.budget.set_aside(worst)
        reply: dict[str, Any] = {}
        failure: ServerError | None = None
        try:
            reply = self._wait_for(body, room, self.options.retries if retries is None else retries)
        except Exception as error:  # providers raise whatever their packages do
            failure = explained(self.place, error, self.model)
        finally:
            is_billed = failure is None or failure.status < 400
            self.budget.settle(worst, size, reply.get("usage"), is_billed=is_billed)
        if failure is not None:
            # out here, so that what the provider raised, and whatever it holds, is no part of the traceback
            raise failure
        return reply

    def each(self, jobs: Sequence[Callable[[], T]]) -> Iterator[tuple[int, T]]:
        """Run jobs, `concurrency` at once; gives (index, result) as each ends."""
        self._is_broken_off = False
        yield from run_each(jobs, self.options.concurrency, self._break_off)

    def _break_off(self) -> None:
        with self._guard:
            self._is_broken_off = True
            under_way = list(self._under_way)
        for future in under_way:
            future.cancel()

    def _wait_for(self, body: dict[str, Any], room: int, retries: int) -> dict[str, Any]:
        messages = messages_of(body["messages"])
        # an attempt is timed as a whole, and not only while the provider keeps silent
        patience = self.options.timeout * (1 if room <= WORDS else SLOWEST)
        limits = {"max_retries": retries, "attempt_timeout": max(1, math.ceil(patience))}
        config = config_of(body, room=room, **limits)
        with self._guard:
            if self._is_broken_off:
                raise CancelledError
            asked = self.model.generate(messages, config=config, cache=False)
            future = asyncio.run_coroutine_threadsafe(asked, self._loop)
            self._under_way.add(future)
        try:
            return hidden(body_of(future.result()), _secrets(self.model))
        finally:
            # for Ctrl-C, which comes while it waits
            future.cancel()
            with self._guard:
                self._under_way.discard(future)


def messages_of(turns: Sequence[Mapping[str, str]]) -> list[ChatMessage]:
    """The turns of a chat as inspect-ai's messages.

    Parameters
    ----------
    turns : sequence of mapping
        Each with a role and its content.
    """
    library: Any = need("inspect_ai.model", "inspect")
    roles = {
        "system": library.ChatMessageSystem,
        "user": library.ChatMessageUser,
        "assistant": library.ChatMessageAssistant,
    }
    # half of a surrogate pair is not text that can be sent
    texts = [turn["content"].encode("utf-8", "replace").decode() for turn in turns]
    return [roles[turn["role"]](content=text) for turn, text in zip(turns, texts, strict=True)]


def config_of(body: Mapping[str, Any], *, room: int, **limits: Any) -> GenerateConfig:
    """What a request in the form of OpenAI's chats asks for, as inspect-ai's configuration.

    Parameters
    ----------
    body : mapping
        The request.
    room : int
        Tokens that may be written.
    limits
        Further fields of `GenerateConfig`.
    """
    library: Any = need("inspect_ai.model", "inspect")
    wanted = {name: body[name] for name in ("temperature", "seed", "logprobs", "top_logprobs") if name in body}
    return library.GenerateConfig(max_tokens=room, **limits, **wanted)


def explained(place: str, error: BaseException, model: Model) -> ServerError:
    """What went wrong with a provider, in a sentence without secrets.

    Parameters
    ----------
    place : str
        How the user calls the model.
    error : BaseException
        Whatever its package raised.
    model : inspect_ai.model.Model
        Whose key is kept out of the sentence.
    """
    if isinstance(error, CancelledError):
        return ServerError(f"{place} was broken off")
    tries = 1
    if (last := getattr(error, "last_attempt", None)) is not None:
        # what tenacity raises when it gives up
        tries, error = last.attempt_number, last.exception() or error
    status = _status(error)
    problem = f"answered {status}" if status else f"failed with {type(error).__name__}"
    if not status and isinstance(error, ValueError | TypeError | NotImplementedError):
        # refused by inspect-ai itself, before anything was sent
        status = 400
    said = _said(error, model)
    if status in (404, 405):
        status, said = 404, f"no such model: {said}"
    advice = ADVICE_HERE.get(status, ADVICE_HERE[400] if 400 <= status < 500 else LATER)
    often = f" ({tries} times)" if tries > 1 else ""
    return ServerError(f"{place} {problem}{often}: {said}; {advice}", status, said)


def body_of(output: ModelOutput) -> dict[str, Any]:
    """What a provider replied, in the form of OpenAI's chats, as `weigh.judges.server_read` reads it.

    Thoughts stand apart from the text. A model that has used tokens for thoughts which it does not show is one that
    thinks.
    """
    usage, counted = output.usage, None
    if usage is not None:
        n_in = usage.input_tokens + (usage.input_tokens_cache_read or 0) + (usage.input_tokens_cache_write or 0)
        counted = {"prompt_tokens": n_in, "completion_tokens": usage.output_tokens}
        counted["total_tokens"] = usage.total_tokens or sum(counted.values())
    thinks = bool(usage and usage.reasoning_tokens)
    choices = [_choice(choice, thinks=thinks) for choice in output.choices[:1]]
    return {"model": output.model, "choices": choices, "usage": counted}


def _choice(choice: ChatCompletionChoice, *, thinks: bool) -> dict[str, Any]:
    content = choice.message.content
    parts = [] if isinstance(content, str) else content
    texts = [part for part in parts if part.type == "text"]
    thoughts = [part.reasoning for part in parts if part.type == "reasoning"]
    message: dict[str, Any] = {"content": content if isinstance(content, str) else "".join(t.text for t in texts)}
    message["refusal"] = "".join(part.text for part in texts if part.refusal)
    if thoughts or thinks:
        message["reasoning"] = "".join(thoughts) or "[not shown]"
    found: dict[str, Any] = {"message": message, "finish_reason": choice.stop_reason}
    if choice.logprobs is not None and choice.logprobs.content:
        first = choice.logprobs.content[0]
        top = [entry_of(one) for one in first.top_logprobs or ()]
        found["logprobs"] = {"content": [{**entry_of(first), "top_logprobs": top}]}
    return found


def entry_of(one: Any) -> dict[str, Any]:
    """A token and its log-probability, with a space as a space, however the provider spells it."""
    return {"token": one.token[:1].translate(_SPACES) + one.token[1:], "logprob": one.logprob}


def _opened(spec: str, library: Any) -> Model:
    name = spec.removeprefix(PREFIX)
    provider, _, model = name.partition("/")
    if not provider or not model:
        raise InputError(f"{spec!r} is only half a judge; give {FORM}")
    try:
        # what providers print on the way belongs neither on a page nor into JSON
        with contextlib.redirect_stdout(io.StringIO()):
            return library.get_model(name, memoize=False)
    except Exception as error:  # providers raise whatever their packages do
        said = _said(error, None).rstrip(".")
    raise InputError(
        f"{spec} cannot be opened: {said}; give {FORM}, with a provider that inspect-ai knows, the provider's package "
        "installed, and its key in the environment"
    )


def _said(error: BaseException, model: Model | None) -> str:
    """What an error says, on one line, without secrets and without inspect-ai's markup for terminals."""
    text = str(getattr(error, "provider_message", None) or getattr(error, "message", None) or error)
    if type(error).__name__ == "PrerequisiteError":
        text = _MARKUP.sub("", text).removeprefix("ERROR: ")
    return " ".join(hidden(text, _secrets(model)).split())[: SHOWN * 4] or type(error).__name__


def _status(error: BaseException) -> int:
    for found in (error, getattr(error, "response", None)):
        for name in ("status_code", "code"):
            if type(status := getattr(found, name, None)) is int:
                return status
    return 0


def _secrets(model: Model | None) -> list[str]:
    """Keys in the environment, and the one that the provider holds."""
    found = [text for name, text in os.environ.items() if _SECRET.search(name)]
    return [*found, str(getattr(model.api, "api_key", None) or "")] if model else found


async def _live(started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]], ours: Model | None) -> None:
    stop = asyncio.Event()
    started.set_result((asyncio.get_running_loop(), stop))
    await stop.wait()
    if ours is not None:
        # nobody is left who could be told of a failure
        with contextlib.suppress(Exception):
            await ours.api.aclose()


def _end(loop: asyncio.AbstractEventLoop, stop: asyncio.Event, thread: threading.Thread) -> None:
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(stop.set)
    if thread is not threading.current_thread():
        thread.join(CLOSING)
