"""What a server's reply says, whatever its shape: letters, refusals, log-probabilities. Nothing here raises.

A letter counts only as itself: A is not a, and not the Cyrillic А, which has been seen among a model's tokens. A reply
that is not clearly one letter is malformed, and one that opens as refusals do is a refusal (`REFUSALS`; English only).
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from weigh.core.question import Ask, Reply, Status
from weigh.judges.letters import LETTERS, LOW_MASS

Entries = list[tuple[str, float]]

SPACE = " \t\r\n\f\v"
# rounding may put a probability a little above one
TOLERANCE = 1e-3
# what servers write for "hardly ever"; it is no number to compute with
NEVER = -9999.0
HUGE = 1e300
KEPT = 2000
PRIOR = 0.5

REFUSALS = (
    "i can't", "i can’t", "i cannot", "i can not", "i'm sorry", "i’m sorry", "i am sorry", "sorry", "i apologize",
    "i apologise", "i'm unable", "i’m unable", "i am unable", "i'm not able", "i’m not able", "i am not able",
    "i'm not comfortable", "i’m not comfortable", "i am not comfortable", "i must decline", "i decline", "as an ai",
    "as a language model", "as a large language model", "i don't have personal", "i don’t have personal",
    "i do not have personal",
)  # fmt: skip

_MARKS = r"[ \t\r\n\f\v*_`\"'(\[{<]*"
_ENDS = r"[ \t\r\n\f\v*_`\"')\]}>.:!,]*"
_LEAD = r"(?:(?i:(?:the |my )?(?:final |correct )?(?:answer|choice|option)(?: is)?:?)" + _MARKS + r")?"
_LONE = re.compile(_MARKS + _LEAD + r"([A-Z])" + _ENDS)
_WITH_TEXT = re.compile(_MARKS + _LEAD + r"([A-Z])[*_`\"')\]}>]*[.:)][ \t*_`\"']*(\S[^\n]*)")
_THOUGHT = re.compile(r"^[ \t\r\n]*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)


def first_choice(body: Any) -> dict[str, Any]:
    """The first choice of a reply; empty where there is none."""
    choices = body.get("choices") if isinstance(body, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    return choice if isinstance(choice, dict) else {}


def text_of(choice: dict[str, Any]) -> str | None:
    """What was written; None where there is no text."""
    message = choice.get("message")
    content = message.get("content") if isinstance(message, dict) else choice.get("text")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else None


def is_thinking(choice: dict[str, Any]) -> bool:
    """Whether the model thinks before it answers, so that its first token says nothing."""
    message = choice.get("message")
    thoughts = [message.get(name) for name in ("reasoning_content", "reasoning")] if isinstance(message, dict) else []
    text = (text_of(choice) or "").lstrip(SPACE)
    return any(isinstance(thought, str) and thought for thought in thoughts) or text.startswith(("<think", "<|channel"))


def is_declined(choice: dict[str, Any]) -> bool:
    """Whether the server itself says that the model, or a filter, refused."""
    message = choice.get("message")
    refusal = message.get("refusal") if isinstance(message, dict) else None
    return (isinstance(refusal, str) and bool(refusal)) or choice.get("finish_reason") == "content_filter"


def entries_of(choice: dict[str, Any]) -> tuple[Entries, Entries]:
    """Log-probabilities at the first place: those of the top tokens, and that of the token written; NaN for no number.

    Both the form of chats and that of plain completions are read.
    """
    found = choice.get("logprobs")
    if not isinstance(found, dict):
        return [], []
    content, top = found.get("content"), found.get("top_logprobs")
    if isinstance(content, list) and content and isinstance(content[0], dict):
        listed = content[0].get("top_logprobs")
        return [_entry(one) for one in listed] if isinstance(listed, list) else [], [_entry(content[0])]
    tokens, logprobs = found.get("tokens"), found.get("token_logprobs")
    written = []
    if isinstance(tokens, list) and isinstance(logprobs, list) and tokens and logprobs:
        written = [_entry({"token": tokens[0], "logprob": logprobs[0]})]
    first = top[0] if isinstance(top, list) and top else None
    listed = first.items() if isinstance(first, dict) else ()
    return [_entry({"token": token, "logprob": logprob}) for token, logprob in listed], written


def read_logprobs(ask: Ask, body: Any, *, is_exact: bool, tokens: int = 0) -> Reply:
    """The reply that the log-probabilities of the first token amount to.

    Parameters
    ----------
    ask : Ask
        What was asked.
    body : object
        The server's answer.
    is_exact : bool
        Whether the letters themselves were asked for; else a letter that is missing gets the bound of the last token
        listed, which the detail names under `bounded`.
    tokens : int
        What it cost.

    Returns
    -------
    Reply
        Its mass is that of the letters found. Without any letter it has no scores and the status "low-mass".
    """
    choice = first_choice(body)
    raw = _kept(text_of(choice) or "")
    if is_declined(choice):
        return Reply(status="refused", raw=raw, tokens=tokens)
    top, written = entries_of(choice)
    listed = top + [entry for entry in written if entry[0] not in {token for token, _ in top}]
    n = len(ask.order)
    by_letter: dict[str, list[float]] = {letter: [] for letter in LETTERS[:n]}
    for token, logprob in listed:
        if (letter := token.strip(SPACE)) in by_letter:
            by_letter[letter].append(logprob)
    given = [logprob for found in by_letter.values() for logprob in found]
    known = [logprob for _, logprob in top if NEVER < logprob <= TOLERANCE]
    if not listed or any(math.isnan(logprob) or logprob > TOLERANCE for logprob in given):
        return Reply(status="malformed", raw=raw, tokens=tokens)
    shown = np.array([_sum(by_letter[letter]) for letter in LETTERS[:n]])
    missing = [LETTERS[place] for place in np.flatnonzero(np.isneginf(shown))]
    mass = float(np.exp(shown).sum())
    detail: dict[str, Any] = {
        "letters": {LETTERS[place]: round(float(lp), 6) for place, lp in enumerate(shown) if math.isfinite(lp)}
    }
    if missing:
        if is_exact or not known:
            return Reply(status="malformed", raw=raw, detail=detail, tokens=tokens)
        detail |= {"bounded": missing, "k": len(top), "bound": round(min(known), 6)}
        shown = np.where(np.isneginf(shown), min(known), shown)
    status: Status = "ok" if mass >= LOW_MASS else "low-mass"
    if len(missing) == n:
        return Reply(mass=mass, status=status, raw=raw, detail=detail, tokens=tokens)
    scores = [0.0] * n
    for place, option in enumerate(ask.order):
        scores[option] = float(shown[place])
    return Reply.from_scores(scores, mass=mass, status=status, raw=raw, detail=detail, tokens=tokens)


def parse(text: str, ask: Ask) -> tuple[Status, int]:
    """The place of the letter that a reply amounts to, and what the reply is worth.

    Read are the letter alone; the letter as in "A.", "(A)", "**A**", "Answer: A"; and the letter with the very option
    that it stands for. All else is malformed, or refused where it opens with one of `REFUSALS`.
    """
    said = _THOUGHT.sub("", text, count=1).strip(SPACE)
    letters = LETTERS[: len(ask.order)]
    if found := _LONE.fullmatch(said[:KEPT]):
        if found[1] in letters and len(said) <= KEPT:
            return "ok", letters.index(found[1])
    elif (found := _WITH_TEXT.fullmatch(said[:KEPT])) and found[1] in letters and len(said) <= KEPT:
        place = letters.index(found[1])
        if _bare(found[2]) == _bare(ask.question.options[ask.order[place]]):
            return "ok", place
    return ("refused" if said.lstrip("*\"' ").lower().startswith(REFUSALS) else "malformed"), -1


def read_samples(ask: Ask, bodies: Sequence[Any], *, tokens: int = 0) -> Reply:
    """The reply that many sampled ones amount to.

    Parameters
    ----------
    ask : Ask
        What was asked.
    bodies : sequence
        The server's answers.
    tokens : int
        What they cost.

    Returns
    -------
    Reply
        Scores are the logarithms of the shares among the letters given, with half a reply to each option beforehand.
        The status is that of most replies; its mass is the share of replies that were a letter.
    """
    counts = [0] * len(ask.order)
    statuses: Counter[Status] = Counter()
    said = []
    for body in bodies:
        choice = first_choice(body)
        text = text_of(choice) or ""
        status, place = ("refused", -1) if is_declined(choice) else parse(text, ask)
        statuses[status] += 1
        said.append(_kept(text))
        if place >= 0:
            counts[ask.order[place]] += 1
    n = len(bodies)
    detail = {"samples": n, "counts": counts, "refused": statuses["refused"], "malformed": statuses["malformed"]}
    raw, mass = json.dumps(said, ensure_ascii=False), statuses["ok"] / n if n else 0.0
    if 2 * statuses["ok"] < n:
        most: Status = "refused" if statuses["refused"] >= statuses["malformed"] else "malformed"
        return Reply(mass=mass, status=most, raw=raw, detail=detail, tokens=tokens)
    total = sum(counts) + PRIOR * len(counts)
    scores = [math.log((count + PRIOR) / total) for count in counts]
    return Reply.from_scores(scores, mass=mass, raw=raw, detail=detail, tokens=tokens)


def tokens_of(body: Any) -> int:
    """How many tokens the server counted; 0 where it does not say."""
    usage = body.get("usage") if isinstance(body, dict) else None
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    return total if isinstance(total, int) and not isinstance(total, bool) and total > 0 else 0


def as_number(found: Any) -> float:
    """A number that JSON holds as one; NaN for anything else, an infinity among them."""
    if isinstance(found, bool) or not isinstance(found, int | float) or not -HUGE < found < HUGE:
        return math.nan
    return float(found)


def _entry(one: Any) -> tuple[str, float]:
    token, logprob = (one.get("token"), one.get("logprob")) if isinstance(one, dict) else (None, None)
    return token if isinstance(token, str) else "", as_number(logprob)


def _sum(logprobs: Sequence[float]) -> float:
    known = [logprob for logprob in logprobs if logprob > NEVER]
    return float(np.logaddexp.reduce(known)) if known else -math.inf


def _bare(text: str) -> str:
    return text.strip(SPACE + "*_`\"'.")


def _kept(text: str) -> str:
    return text if len(text) <= KEPT else f"{text[:KEPT]}… [{len(text)} characters]"
