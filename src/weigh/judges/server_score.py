"""The log-probability of given text, from servers that echo a prompt with that of each of its tokens.

A token belongs to the continuation where it ends after the seam, as a tokenizer may merge across it. Where the tokens
told do not add up to the text that was sent, there is no number rather than a wrong one.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, Literal

from weigh.judges.server_read import TOLERANCE, as_number, first_choice

Scoring = Literal["", "echo", "prompt_logprobs"]
SCORINGS: tuple[Scoring, ...] = ("echo", "prompt_logprobs")


def score_request(model: str, scoring: Scoring, before: str, after: str) -> dict[str, Any]:
    """The body of a request that has a text scored.

    Parameters
    ----------
    model : str
        As requests name it.
    scoring : {"echo", "prompt_logprobs"}
        The OpenAI way, which writes nothing, or vLLM's, which must write a token.
    before, after : str
        The text, and its continuation.
    """
    body = {"model": model, "prompt": before + after, "temperature": 0.0}
    if scoring == "echo":
        return body | {"max_tokens": 0, "echo": True, "logprobs": 1}
    return body | {"max_tokens": 1, "prompt_logprobs": 0}


def continuation_logprob(body: Any, scoring: Scoring, before: str, after: str) -> float:
    """The natural-log probability of a continuation.

    Parameters
    ----------
    body : object
        The server's answer.
    scoring : {"echo", "prompt_logprobs"}
        What was asked.
    before, after : str
        The text, and its continuation.

    Returns
    -------
    float
        NaN where the answer does not say.
    """
    choice = first_choice(body)
    told = _echoed(choice) if scoring == "echo" else _prompt_logprobs(choice)
    if not told:
        return math.nan
    tokens, logprobs, offsets = told
    # a token that the server puts before the text moves all places
    shift = offsets[-1] + len(tokens[-1]) - len(before + after)
    # vLLM tells nothing of a text's first token
    is_whole = shift in (0, len(tokens[0])) if scoring == "echo" else -len(before) <= shift <= 0
    if not is_whole or not "".join(tokens).endswith(after):
        return math.nan
    inside = [
        logprob
        for token, logprob, offset in zip(tokens, logprobs, offsets, strict=True)
        if offset + len(token) - shift > len(before)
    ]
    if not inside or not all(-math.inf < logprob <= TOLERANCE for logprob in inside):
        return math.nan
    return math.fsum(inside)


def _echoed(choice: dict[str, Any]) -> tuple[list[str], list[float], list[int]] | None:
    found = choice.get("logprobs")
    parts = [found.get(name) for name in ("tokens", "token_logprobs", "text_offset")] if isinstance(found, dict) else []
    if not parts or not all(isinstance(part, list) for part in parts[:2]):
        return None
    tokens, logprobs, offsets = parts
    assert isinstance(tokens, list)
    assert isinstance(logprobs, list)
    return _checked(tokens, logprobs, offsets)


def _prompt_logprobs(choice: dict[str, Any]) -> tuple[list[str], list[float], list[int]] | None:
    found = choice.get("prompt_logprobs")
    if not isinstance(found, list) or not found:
        return None
    # the first token has nothing before it, so that nothing is told of it
    places = [next(iter(place.values()), None) if isinstance(place, dict) else None for place in found[1:]]
    if not all(isinstance(place, dict) for place in places):
        return None
    tokens = [place.get("decoded_token") for place in places if isinstance(place, dict)]
    logprobs = [place.get("logprob") for place in places if isinstance(place, dict)]
    return _checked(tokens, logprobs, None)


def _checked(tokens: list[Any], logprobs: list[Any], offsets: Any) -> tuple[list[str], list[float], list[int]] | None:
    if not tokens or len(tokens) != len(logprobs) or not all(isinstance(token, str) for token in tokens):
        return None
    numbers = [as_number(logprob) for logprob in logprobs]
    is_told = isinstance(offsets, list) and len(offsets) == len(tokens) and all(type(place) is int for place in offsets)
    places = offsets if is_told else [0, *itertools.accumulate(len(token) for token in tokens)][:-1]
    return tokens, numbers, places
