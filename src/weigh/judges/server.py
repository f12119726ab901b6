"""Any OpenAI-compatible server as a judge: http(s)://HOST[:PORT]/v1#MODEL.

A forced choice is read from the log-probabilities of the letters: of the letters themselves where the server takes the
ids of tokens (vLLM), else of those among its top tokens, with a bound for a letter that is missing, else from repeated
samples. Text is scored only where the server has shown that it scores given text. Departs from `LocalModel` in that the
reply is not begun with "Answer:": chats cannot be prefilled everywhere, and the question asks for the letter already.

What is asked is data and nothing else; nothing that a server replies is run, fetched or believed to be of any shape.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError
from weigh.core.question import UNTREATED, Ask, Condition, Prompt, Reply
from weigh.judges import letters
from weigh.judges.server_address import Address
from weigh.judges.server_carrier import Carrier
from weigh.judges.server_limits import ServerOptions
from weigh.judges.server_probe import LetterIds, Mode, probe
from weigh.judges.server_read import first_choice, read_logprobs, read_samples, text_of, tokens_of
from weigh.judges.server_score import continuation_logprob, score_request
from weigh.judges.server_transport import Transport


class Server:
    """A model behind an OpenAI-compatible server. Chooses and writes; `server` also sees whether it scores text.

    Parameters
    ----------
    name : str
        As the user wrote it.
    transport : Carrier
        To the server.
    mode : Mode
        What `weigh.judges.server_probe.probe` found out.
    ids : LetterIds, optional
        Those that the probe has asked for already.

    Attributes
    ----------
    seeded : bool
        Whether choices are sampled, so that answers depend on the seed.
    """

    def __init__(self, name: str, transport: Carrier, mode: Mode, ids: LetterIds | None = None) -> None:
        self.name, self.transport, self.mode = name, transport, mode
        self.condition: Condition = UNTREATED
        self.seeded = mode.how == "samples"
        self.last_tokens = 0
        self._ids = ids or LetterIds(transport, mode.model)
        self._counts: dict[str, int] = {"bounded": 0}
        self._guard = threading.Lock()
        options = transport.options
        content = [transport.place, mode.reported, mode.route, mode.how, mode.k, mode.scoring]
        content += [options.samples, options.seed, mode.room] if self.seeded else []
        self.fingerprint = hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def describe(self) -> Mapping[str, Any]:
        """Facts for the page: where, which model, how its answers are read, how many of them were bounded."""
        mode, transport = self.mode, self.transport
        bounded = self._counts["bounded"]
        return {
            "name": self.name,
            "kind": "server",
            "url": transport.place,
            "model": mode.reported,
            "mode": mode.words(transport.options.samples) + (f"; {bounded} answers bounded" if bounded else ""),
            "asked_by": "chat" if mode.is_chat else "plain completion",
            "scores_text": mode.scoring or "no",
            "fingerprint": self.fingerprint,
            "condition": self.condition.name,
        }

    def spent(self) -> Mapping[str, float]:
        """What this sitting cost so far: requests, tokens that the server counted, and money where prices are given."""
        budget = self.transport.budget
        found = {"calls": budget.calls, "tokens_in": budget.tokens_in, "tokens_out": budget.tokens_out}
        is_priced = self.transport.options.price_in is not None and self.transport.options.price_out is not None
        return found | ({"cost": round(budget.spent, 6)} if is_priced else {})

    def under(self, condition: Condition) -> Self:
        """The same server under a treatment.

        Raises
        ------
        InputError
            The treatment steers hidden states, which a server does not open.
        """
        if condition.steer:
            raise InputError(
                f"{self.name} does not open its hidden states; leave `steer` empty, or use a local model to steer"
            )
        treated = copy.copy(self)
        treated.condition = self.condition.and_then(condition)
        return treated

    # --- choose

    def render(self, asks: Sequence[Ask]) -> list[list[Prompt]]:
        """The forced-choice prompt of each ask; without the beginning of a reply where it is asked by chat."""
        prompts = [letters.render(ask) for ask in asks]
        if any(message.images for (prompt,) in prompts for message in prompt.messages):
            raise InputError(f"{self.name} is not shown images yet; ask questions without them")
        return [[replace(prompt, prefill="")] for (prompt,) in prompts] if self.mode.is_chat else prompts

    def choose(self, asks: Sequence[Ask]) -> list[Reply]:
        """Choose by the letters' log-probabilities, or by the letters of repeated samples.

        Raises
        ------
        ServerError
            The server refused, or failed as often as it may.
        LimitReached
            The run's own limit is reached.
        """
        replies = dict(self.choose_each(asks))
        return [replies[i] for i in range(len(asks))]

    def choose_each(self, asks: Sequence[Ask]) -> Iterator[tuple[int, Reply]]:
        """The same, each reply with the index of its ask as it comes, so that none is lost when the rest fails."""
        prompts = [prompt for (prompt,) in self.render(asks)]
        n = self.transport.options.samples if self.seeded else 1
        owners = [i for i in range(len(asks)) for _ in range(n)]
        jobs = [
            functools.partial(self._choice, asks[i], prompts[i], sample)
            for i in range(len(asks))
            for sample in range(n)
        ]
        bodies: defaultdict[int, dict[int, Any]] = defaultdict(dict)
        for number, body in self.transport.each(jobs):
            i = owners[number]
            bodies[i][number % n] = body
            if len(bodies[i]) == n:
                # in the order of their seeds, whichever came first
                found = bodies.pop(i)
                yield i, self._read(asks[i], [found[sample] for sample in range(n)])

    def _choice(self, ask: Ask, prompt: Prompt, sample: int) -> Any:
        options = self.transport.options
        ids = self._letter_ids(len(ask.order)) if self.mode.how == "exact" else []
        body = self.mode.choice_request(prompt, seed=options.seed + ask.sample * options.samples + sample, ids=ids)
        return self.transport.post(self.mode.route, body, n_out=self.mode.room)

    def _letter_ids(self, n: int) -> list[int]:
        with self._guard:
            return self._ids.of(letters.LETTERS[:n])

    def _read(self, ask: Ask, bodies: Sequence[Any]) -> Reply:
        tokens = sum(tokens_of(body) for body in bodies)
        if self.seeded:
            return read_samples(ask, bodies, tokens=tokens)
        reply = read_logprobs(ask, bodies[0], is_exact=self.mode.how == "exact", tokens=tokens)
        self._counts["bounded"] += "bounded" in reply.detail
        return reply

    # --- write

    def write(
        self, prompts: Sequence[Prompt], *, max_tokens: int = 256, temperature: float = 0.0, seed: int = 0
    ) -> list[str]:
        """Write a reply to each prompt; an empty one where the server gave none.

        Parameters
        ----------
        prompts : sequence of Prompt
            Their continuations are not used.
        max_tokens : int
            Length at which a reply is cut off; a model that thinks needs room for that too.
        temperature : float
            0 for greedy.
        seed : int
            Of the first prompt; the next ones count up, where the server takes a seed.

        Raises
        ------
        InputError
            A prompt begins the reply, which chats do not take.
        """
        if self.mode.is_chat and any(prompt.prefill for prompt in prompts):
            raise InputError(f"{self.name} is asked by chat, where a reply cannot be begun; leave `prefill` empty")

        def job(number: int, prompt: Prompt) -> Any:
            body = self.mode.request(prompt, n_out=max_tokens, temperature=temperature, seed=seed + number)
            return self.transport.post(self.mode.route, body, n_out=max_tokens)

        bodies = dict(self.transport.each([functools.partial(job, i, prompt) for i, prompt in enumerate(prompts)]))
        return [text_of(first_choice(bodies[i])) or "" for i in range(len(prompts))]


class ScoringServer(Server):
    """A server that also scores given text, one request a prompt and continuation."""

    def logprobs(self, prompts: Sequence[Prompt]) -> list[NDArray[np.float64]]:
        """For each prompt the natural-log probability of each continuation; NaN where the server does not say.

        Raises
        ------
        InputError
            A prompt is a conversation, whose text only the server's template knows.
        ServerError
            The server refused, or failed as often as it may.
        """
        found = {i: (values, tokens) for i, values, tokens in self.logprobs_each(prompts)}
        self.last_tokens = sum(tokens for _, tokens in found.values())
        return [found[i][0] for i in range(len(prompts))]

    def logprobs_each(self, prompts: Sequence[Prompt]) -> Iterator[tuple[int, NDArray[np.float64], int]]:
        """The same as each prompt's last answer comes: its index, the log-probabilities, and the tokens counted."""
        if any(prompt.messages for prompt in prompts):
            raise InputError(f"{self.name} scores plain text only; give prompts with `text`, not `messages`")
        places = [(i, j) for i, prompt in enumerate(prompts) for j in range(len(prompt.continuations))]
        jobs = [
            functools.partial(self._score, prompts[i].text + prompts[i].prefill, prompts[i].continuations[j])
            for i, j in places
        ]
        parts: defaultdict[int, dict[int, tuple[float, int]]] = defaultdict(dict)
        for number, part in self.transport.each(jobs):
            i, j = places[number]
            parts[i][j] = part
            if len(parts[i]) == len(prompts[i].continuations):
                done = parts.pop(i)
                values = np.array([done[place][0] for place in sorted(done)])
                yield i, values, sum(tokens for _, tokens in done.values())

    def _score(self, before: str, after: str) -> tuple[float, int]:
        scoring = self.mode.scoring
        body = score_request(self.mode.model, scoring, before, after)
        reply = self.transport.post("/completions", body, n_out=1)
        return continuation_logprob(reply, scoring, before, after), tokens_of(reply)


def server(
    spec: str,
    options: ServerOptions | None = None,
    *,
    transport: Transport | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Server:
    """The judge behind an address, with the abilities that the server shows; it is asked a handful of things first.

    Parameters
    ----------
    spec : str
        "http(s)://HOST[:PORT]/v1#MODEL".
    options : ServerOptions, optional
        Samples, limits, prices, concurrency.
    transport : Transport, optional
        Instead of one that is made from the spec.
    say : callable
        Told what is being found out.

    Raises
    ------
    InputError
        The spec is no server's address.
    ServerError
        It cannot be reached, does not know the model, or refuses every form of request.
    LimitReached
        The limit on calls or cost leaves no room even for finding out.
    """
    address = Address.of(spec)
    transport = transport or Transport(address, options)
    ids = LetterIds(transport, address.model)
    mode = probe(transport, address.model, ids, say)
    kind = ScoringServer if mode.scoring else Server
    return kind(spec, transport, mode, ids)
