"""Answers to other people's multiple-choice tasks of inspect-ai, from what their samples and scores record.

A choice is the letter that the scorer `choice` gives as the answer, which names the choice in the dataset's order. The
order that was shown is read from the prompt that was sent, or from the scorer's remark about shuffling; where neither
lists all choices it stays unknown. Log-probabilities are read at the first token that is the letter answered.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from weigh.banks.items import Item
from weigh.core.errors import InputError
from weigh.core.question import Ask, Question, Reply, key_of, to_row
from weigh.judges.inspect_provider import entry_of
from weigh.judges.letters import LETTERS
from weigh.judges.server_read import REFUSALS, SPACE, read_logprobs
from weigh.pipelines.inspect_rows import FOREIGN, ROWS, checked_rows

if TYPE_CHECKING:
    from inspect_ai.log import EvalSample

SHUFFLED = "Choices were shuffled"
CHOICE = "choice"
_LISTED = re.compile(r"^\s*([A-Z])[).]\s*(.*?)\s*$", re.MULTILINE)


def foreign_rows(samples: Sequence[EvalSample], who: str) -> tuple[list[dict[str, Any]], list[Item], list[str]]:
    """Answers to multiple-choice samples, the items that they answer, and what was left aside, in words.

    Parameters
    ----------
    samples : sequence of EvalSample
        With their attachments resolved.
    who : str
        The model.
    """
    rows: list[dict[str, Any]] = []
    items: dict[str, Item] = {}
    left: Counter[str] = Counter()
    for sample in samples:
        try:
            item = _item(sample)
        except InputError:
            left["have no choices, or choices that are no options"] += 1
            continue
        before = len(rows)
        own = checked_rows(sample.store.get(ROWS, []), f"sample {item.id[:60]!r}")
        if own:
            rows += [{**row, "question": item.id} for row in own]
        elif (score := _score(sample)) is None:
            left["have no score that names a choice"] += 1
            continue
        else:
            rows.append(_row(sample, item.question(), score, who))
        if items.setdefault(item.id, item) != item:
            left["repeat an id with other choices"] += 1
            del rows[before:]
    told = [f"{n} of {len(samples)} samples {what}" for what, n in left.items()]
    return rows, list(items.values()), told


def _item(sample: EvalSample) -> Item:
    given = sample.metadata
    values = given.get("values")
    options = tuple(sample.choices or ())
    is_named = isinstance(values, list) and all(isinstance(value, str) for value in values)
    named = tuple(values) if isinstance(values, list) and is_named and len(set(values)) == len(options) else ()
    text = (
        sample.input
        if isinstance(sample.input, str)
        else "\n\n".join(message.text for message in sample.input if message.role == "user")
    )
    item = Item(
        id=str(sample.id),
        situation=text,
        options=options,
        values=named,
        family=str(given.get("family") or ""),
        author=str(given.get("author") or ""),
        labels={"target": sample.target} if sample.target else {},
    )
    item.question()
    return item


def _score(sample: EvalSample) -> Any:
    """The score that names a choice: that of the scorer `choice`, else the first whose answer is one letter."""
    scores = sample.scores or {}
    if CHOICE in scores:
        return scores[CHOICE]
    letters = set(LETTERS[: len(sample.choices or ())])
    return next((one for one in scores.values() if (one.answer or "").strip() in letters), None)


def _row(sample: EvalSample, question: Question, score: Any, who: str) -> dict[str, Any]:
    n = len(question.options)
    answer = (score.answer or "").strip()
    choice = LETTERS.index(answer) if len(answer) == 1 and answer in LETTERS[:n] else -1
    order = _order(sample, question.options, score)
    raw = sample.output.completion or ""
    ask = Ask(question, "", order=order, sample=sample.epoch - 1)
    reply = _graded(sample, ask, choice) if choice >= 0 and order else None
    if reply is None:
        refused = not answer and raw.lstrip("*\"' ").lower().startswith(REFUSALS)
        reply = Reply(choice=choice, status="ok" if choice >= 0 else "refused" if refused else "malformed")
    usage = sample.model_usage.get(who)
    reply = Reply(
        scores=reply.scores, choice=reply.choice, p=reply.p, mass=reply.mass, status=reply.status, raw=raw,
        tokens=usage.total_tokens if usage else 0, seconds=sample.working_time or 0.0,
    )  # fmt: skip
    key = key_of(ask, [], judge=f"{FOREIGN} {who}", bank=FOREIGN, seed=None)
    return to_row(ask, reply, [], key=key, who=who)


def _graded(sample: EvalSample, ask: Ask, choice: int) -> Reply | None:
    """The reply with probabilities, where they were recorded at the letter and agree with the answer."""
    told = sample.output.choices[0].logprobs if sample.output.choices else None
    letter = LETTERS[ask.order.index(choice)]
    at = next((one for one in (told.content if told else ()) if one.token.strip(SPACE) == letter), None)
    if at is None or not at.top_logprobs:
        return None
    listed = {"content": [{**entry_of(at), "top_logprobs": [entry_of(one) for one in at.top_logprobs]}]}
    body = {"choices": [{"message": {"content": letter}, "logprobs": listed}]}
    reply = read_logprobs(ask, body, is_exact=False)
    return reply if reply.choice == choice else None


def _order(sample: EvalSample, options: Sequence[str], score: Any) -> tuple[int, ...]:
    texts = []
    if (score.explanation or "").startswith(SHUFFLED):
        # the messages are rewritten as if nothing had been shuffled
        texts.append(score.explanation)
    for event in sample.events:
        if event.event == "model" and event.input:
            texts.append(event.input[-1].text)
    texts += [message.text for message in sample.messages if message.role == "user"]
    for text in texts:
        shown = _listed(text, options)
        if shown:
            return shown
    return ()


def _listed(text: str, options: Sequence[str]) -> tuple[int, ...]:
    """Which option stands at each letter of a list "A) …", "B) …"; empty unless each stands there once."""
    places = {option.strip(): i for i, option in enumerate(options)}
    found = {}
    for letter, option in _LISTED.findall(text):
        if option in places:
            found.setdefault(letter, places[option])
    shown = tuple(found.get(letter, -1) for letter in LETTERS[: len(options)])
    return shown if sorted(shown) == list(range(len(options))) else ()
