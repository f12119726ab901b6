"""What a server can do, found out once by asking it: log-probabilities of which letters, samples, scores of given text.

Servers that call themselves compatible differ in what they take and in what they leave out without a word, so nothing
is believed that a reply has not shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from weigh.core.errors import WeighError
from weigh.core.question import Ask, Prompt, Question
from weigh.judges import letters
from weigh.judges.server_carrier import Carrier
from weigh.judges.server_read import SPACE, entries_of, first_choice, is_thinking, text_of
from weigh.judges.server_score import SCORINGS, Scoring, continuation_logprob, score_request
from weigh.judges.server_transport import ServerError, Transport

How = Literal["exact", "top-k", "samples"]

PROBE = Ask(
    Question.of("probe", "You are thirsty.", ("Drink a glass of water.", "Drink a glass of sand.")),
    letters.FRAME,
    order=(0, 1),
)
# nobody answers with these: a server that lists them, and hardly anything else, heeds the token ids that it is given
UNLIKELY = ("Q", "X", "Z")
TEXT = ("The capital of France", " is Paris")
TOP = (20, 5)
# room for "**Answer: A**" and the like, and for thinking first
WORDS, THOUGHTS = 16, 4096
RETRIES = 2
REFUSED = (400, 403, 404, 405, 422, 500, 501)


@dataclass(frozen=True, slots=True)
class Mode:
    """How a server is asked.

    Parameters
    ----------
    model : str
        As the user calls it, and as requests name it.
    reported : str
        As the server itself calls it.
    route : str
        Below the address.
    how : {"exact", "top-k", "samples"}
        How letters become scores.
    k : int
        How many top tokens it lists; 0 for none.
    limit : str
        The name of the limit on tokens.
    takes_seed, takes_temperature, thinks : bool
        What else it takes, and whether it thinks before it answers.
    scoring : {"", "echo", "prompt_logprobs"}
        How it scores given text; empty where it does not.
    """

    model: str
    reported: str = ""
    route: str = "/chat/completions"
    how: How = "top-k"
    k: int = TOP[0]
    limit: str = "max_tokens"
    takes_seed: bool = True
    takes_temperature: bool = True
    thinks: bool = False
    scoring: Scoring = ""

    @property
    def is_chat(self) -> bool:
        """Whether it is asked by chat."""
        return self.route.startswith("/chat")

    @property
    def room(self) -> int:
        """Tokens that a choice may take."""
        return (THOUGHTS if self.thinks else WORDS) if self.how == "samples" else 1

    def request(self, prompt: Prompt, *, n_out: int, temperature: float, seed: int) -> dict[str, Any]:
        """The body of a request that has something written."""
        body: dict[str, Any] = {"model": self.model, self.limit: n_out}
        if self.is_chat:
            turns = prompt.messages or (letters.Message("user", prompt.text),)
            body["messages"] = [{"role": turn.role, "content": turn.text} for turn in turns]
        else:
            turns = [turn.text for turn in prompt.messages]
            body["prompt"] = prompt.text or "\n\n".join([*turns, prompt.prefill])
        if self.takes_temperature:
            body["temperature"] = temperature
        if self.takes_seed:
            body["seed"] = seed
        return body

    def choice_request(self, prompt: Prompt, *, seed: int, ids: Sequence[int] = ()) -> dict[str, Any]:
        """The body of a request that has a letter chosen."""
        temperature = 1.0 if self.how == "samples" else 0.0
        body = self.request(prompt, n_out=self.room, temperature=temperature, seed=seed)
        if self.how == "samples":
            return body
        body |= {"logprobs": True, "top_logprobs": self.k} if self.is_chat else {"logprobs": self.k}
        return body | ({"logprob_token_ids": list(ids)} if ids else {})

    def words(self, samples: int) -> str:
        """The mode in words, for the page."""
        if self.how == "exact":
            return "log-probabilities of the letters themselves"
        if self.how == "top-k":
            return f"top-{self.k} log-probabilities"
        return f"{samples} samples an order" + (", after thinking" if self.thinks else "")


def probe(transport: Transport, model: str, ids: LetterIds, say: Callable[[str], None] = lambda text: None) -> Mode:
    """Find out how a server is best asked.

    Parameters
    ----------
    transport : Transport
        To the server.
    model : str
        As the user calls it.
    ids : LetterIds
        Asked for what it then knows.
    say : callable
        Told what is being found out.

    Raises
    ------
    ServerError
        It cannot be reached, does not know the model, or takes no request that we can make.
    """
    say(f"finding out what {transport.place} can do")
    listed = _listed(transport)
    mode, _ = how_to_choose(transport, Mode(model), listed)
    if mode.how == "top-k" and _heeds_ids(transport, mode, ids):
        mode = replace(mode, how="exact")
    reported = model if model in listed or len(listed) != 1 else listed[0]
    return replace(mode, reported=reported, scoring=_scoring(transport, model))


def how_to_choose(carrier: Carrier, mode: Mode, listed: Sequence[str] = ()) -> tuple[Mode, Any]:
    """Find out how a forced choice is best asked: by log-probabilities, by samples, or by samples after thinking.

    Parameters
    ----------
    carrier : Carrier
        To the model.
    mode : Mode
        What is tried first.
    listed : sequence of str
        Models that are known to be there, for the error's sentence.

    Returns
    -------
    (Mode, object)
        What works, and the reply that showed it.

    Raises
    ------
    ServerError
        It cannot be reached, does not know the model, or takes no request that we can make.
    """
    (prompt,) = letters.render(PROBE)
    mode, body = _settled(carrier, mode, prompt, listed)
    choice = first_choice(body)
    top, _ = entries_of(choice)
    if mode.how != "samples" and top and not is_thinking(choice):
        return replace(mode, k=len(top)), body
    if mode.how != "samples":
        mode, body = _settled(carrier, replace(mode, how="samples", k=0), prompt, listed)
        choice = first_choice(body)
    return replace(mode, thinks=mode.thinks or is_thinking(choice) or not text_of(choice)), body


class LetterIds:
    """The ids of the tokens that a letter may be, from servers that tell (vLLM); asked once a letter."""

    def __init__(self, transport: Carrier, model: str) -> None:
        self._transport, self._model = transport, model
        self._known: dict[str, tuple[int, ...]] = {}

    def of(self, texts: Sequence[str]) -> list[int]:
        """The ids of single tokens that are one of the texts, with or without a space before; empty if not told."""
        found: dict[int, None] = {}
        for text in texts:
            if not (ids := self._of(text)):
                return []
            found |= dict.fromkeys(ids)
        return list(found)

    def _of(self, text: str) -> tuple[int, ...]:
        if text not in self._known:
            bare = self._tokens(text)
            # a token after a space or at the start of a line may be another one
            after = [self._tokens(f"{space}{text}") for space in (" ", "\n")] if bare else [[], []]
            single = [tokens[0] for tokens in (bare, after[0]) if len(tokens) == 1]
            self._known[text] = tuple(single + after[1][-1:]) if single else ()
        return self._known[text]

    def _tokens(self, text: str) -> list[int]:
        body = {"model": self._model, "prompt": text, "add_special_tokens": False}
        try:
            found = self._transport.post("^/tokenize", body, retries=RETRIES)
        except ServerError:
            return []
        tokens = found.get("tokens") if isinstance(found, dict) else None
        is_good = isinstance(tokens, list) and all(type(token) is int for token in tokens)
        return tokens if is_good and isinstance(tokens, list) else []


def _listed(transport: Transport) -> list[str]:
    try:
        body = transport.get("/models", retries=RETRIES)
    except ServerError as error:
        if error.status in (0, 401):
            raise
        return []
    data = body.get("data") if isinstance(body, dict) else None
    ids = [model.get("id") for model in data if isinstance(model, dict)] if isinstance(data, list) else []
    return [name for name in ids if isinstance(name, str)]


def _settled(carrier: Carrier, mode: Mode, prompt: Prompt, listed: Sequence[str]) -> tuple[Mode, Any]:
    """The nearest mode whose requests the server takes, and its reply."""
    for _ in range(10):
        try:
            body = mode.choice_request(prompt, seed=0)
            return mode, carrier.post(mode.route, body, n_out=mode.room, retries=RETRIES)
        except ServerError as error:
            if error.status == 404 and "model" in error.said.lower():
                known = f"; it has: {', '.join(listed[:10])}" if listed else ""
                raise ServerError(f"{error}{known}", error.status, error.said) from None
            mode = _without(mode, error)
    raise WeighError(f"{carrier.place} refuses every form of request; it does not seem to be compatible")


def _without(mode: Mode, error: ServerError) -> Mode:
    """The mode less what the server complains of; where it does not say, less what is most often missing."""
    said, status = error.said.lower(), error.status
    if status in (404, 405) and mode.is_chat:
        return replace(mode, route="/completions")
    if status not in REFUSED or status == 404:
        raise error
    smaller = [k for k in TOP if k < mode.k]
    fewer = replace(mode, k=smaller[0]) if smaller else replace(mode, how="samples", k=0)
    other = replace(mode, limit="max_completion_tokens")
    remedies: list[tuple[bool, Mode]] = [
        ("limit was reached" in said and not mode.thinks, replace(mode, thinks=True)),
        ("top_logprobs" in said and mode.how != "samples", fewer),
        (
            "logprobs" in said and mode.how != "samples",
            fewer if not mode.is_chat else replace(mode, how="samples", k=0),
        ),
        ("max_tokens" in said and mode.limit == "max_tokens", other),
        ("seed" in said and mode.takes_seed, replace(mode, takes_seed=False)),
        ("temperature" in said and mode.takes_temperature, replace(mode, takes_temperature=False)),
        (mode.how != "samples", fewer),
        (mode.takes_seed, replace(mode, takes_seed=False)),
        (mode.takes_temperature, replace(mode, takes_temperature=False)),
        (mode.limit == "max_tokens", other),
    ]
    for applies, remedy in remedies:
        if applies:
            return remedy
    raise error


def _heeds_ids(transport: Transport, mode: Mode, ids: LetterIds) -> bool:
    texts = {"A", "B", *UNLIKELY}
    wanted = ids.of(sorted(texts))
    if not wanted:
        return False
    (prompt,) = letters.render(PROBE)
    body = mode.choice_request(prompt, seed=0, ids=wanted)
    try:
        reply = transport.post(mode.route, body, n_out=1, retries=RETRIES)
    except ServerError:
        return False
    found = {token.strip(SPACE) for token, _ in entries_of(first_choice(reply))[0]}
    # beside them stands the token that was written
    return texts <= found and len(found - texts) <= 1


def _scoring(transport: Transport, model: str) -> Scoring:
    for scoring in SCORINGS:
        try:
            reply = transport.post("/completions", score_request(model, scoring, *TEXT), n_out=1, retries=RETRIES)
        except ServerError as error:
            if error.status == 0:
                raise
            continue
        if math.isfinite(continuation_logprob(reply, scoring, *TEXT)):
            return scoring
    return ""
