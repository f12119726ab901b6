"""What is asked: a question, the condition it is asked under, one way of asking it, and the reply.

These four schemas are frozen: ledgers written today are read by later versions. `SCHEMA_VERSION` goes up when one of
them changes, and readers keep the old ones.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from weigh.core.errors import InputError

SCHEMA_VERSION = 1

Status = Literal["ok", "refused", "malformed", "low-mass"]
KINDS = ("choice", "control", "rating", "open")
STATUSES: tuple[Status, ...] = ("ok", "refused", "malformed", "low-mass")


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    Parameters
    ----------
    role : {"system", "user", "assistant"}
        Who speaks.
    text : str
        What is said.
    images : tuple of str
        sha256 of each image shown with the text; the bytes lie beside the bank under that name.
    """

    role: Literal["system", "user", "assistant"]
    text: str
    images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A situation and the options to choose among.

    Parameters
    ----------
    id : str
        Unique within its bank.
    messages : tuple of Message
        The situation, in the chat convention.
    options : tuple of str
        Two or more, in canonical order; empty for an open question.
    kind : {"choice", "control", "rating", "open"}
        A control is a choice whose first option is beyond doubt.
    family : str
        The cluster that standard errors respect; questions on one story share it.
    language : str
        BCP 47 tag.

    Raises
    ------
    InputError
        The id is empty, or a choice has fewer than two options, an empty one, or the same one twice.
    """

    id: str
    messages: tuple[Message, ...]
    options: tuple[str, ...] = ()
    kind: Literal["choice", "control", "rating", "open"] = "choice"
    family: str = ""
    language: str = "en"

    def __post_init__(self) -> None:
        if not self.id:
            raise InputError("a question needs an id; got an empty one")
        if self.kind not in KINDS:
            raise InputError(f"question {self.id!r} is of kind {self.kind!r}; give one of {', '.join(KINDS)}")
        if self.kind in ("choice", "control"):
            stripped = [option.strip() for option in self.options]
            if len(stripped) < 2 or not all(stripped) or len(set(stripped)) < len(stripped):
                raise InputError(
                    f"question {self.id!r} needs two or more different, non-empty options; got {list(self.options)!r}"
                )
        if not self.family:
            object.__setattr__(self, "family", self.id)

    @property
    def situation(self) -> str:
        """The text of all user turns."""
        return "\n\n".join(message.text for message in self.messages if message.role == "user")

    @classmethod
    def of(cls, id: str, situation: str, options: Sequence[str] = (), **rest: Any) -> Question:
        """A question whose situation is one user turn."""
        return cls(id, (Message("user", situation),), tuple(options), **rest)


@dataclass(frozen=True, slots=True)
class Condition:
    """A treatment under which questions are asked; it is part of every ledger key, so paired effects come free.

    Parameters
    ----------
    name : str
        Label in tables; the empty name is the untreated condition.
    system, persona, nudge, prime : str
        Text put before the question: `system` and `persona` in the system turn, `prime` and `nudge` in the user turn
        (all of them before the situation where the prompt is plain text).
    language : str
        Which translation of the bank is asked; empty for the bank's own.
    steer : str
        Folder of a steering vector, for judges that open their hidden states.
    """

    name: str = ""
    system: str = ""
    persona: str = ""
    language: str = ""
    nudge: str = ""
    prime: str = ""
    steer: str = ""

    def __post_init__(self) -> None:
        if not self.name and any(getattr(self, f.name) for f in fields(self)):
            text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
            object.__setattr__(self, "name", "c" + hashlib.sha256(text.encode()).hexdigest()[:8])

    def __bool__(self) -> bool:
        return bool(self.name)

    @property
    def before_system(self) -> str:
        """Text for the system turn."""
        return "\n".join(part for part in (self.system, self.persona) if part)

    @property
    def before_user(self) -> str:
        """Text that precedes the situation in the user turn."""
        return " ".join(part for part in (self.nudge, self.prime) if part)

    @property
    def before_text(self) -> str:
        """All of it on one line, for prompts without turns."""
        return " ".join(part for part in (self.system, self.persona, self.nudge, self.prime) if part)

    def and_then(self, other: Condition) -> Condition:
        """This condition with every part that `other` sets laid over it."""
        if not other:
            return self
        parts = {f.name: getattr(other, f.name) for f in fields(other) if getattr(other, f.name)}
        if self.name:
            parts["name"] = f"{self.name}+{other.name}"
        return replace(self, **parts)


UNTREATED = Condition()
_UNTREATED = asdict(UNTREATED)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question put in one way.

    Parameters
    ----------
    question : Question
        In the wording named by `wording`.
    frame : str
        Name of the format: "letters", "good person", …
    wording : str
        "original" or the name of a paraphrase.
    order : tuple of int
        Canonical index of the option in each place shown; empty where the prompt shows no options.
    condition : Condition
        The treatment.
    sample : int
        Number of the repetition, for judges that are sampled.
    """

    question: Question
    frame: str
    wording: str = "original"
    order: tuple[int, ...] = ()
    condition: Condition = UNTREATED
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text and its possible continuations, whose log-probabilities are wanted.

    Parameters
    ----------
    continuations : tuple of str
        Each is scored after the prompt.
    text : str
        Plain text; used where `messages` is empty.
    messages : tuple of Message
        A conversation, rendered by the judge's own chat template.
    prefill : str
        How the reply begins.
    """

    continuations: tuple[str, ...]
    text: str = ""
    messages: tuple[Message, ...] = ()
    prefill: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one `Ask`.

    Parameters
    ----------
    scores : tuple of float
        Evidence for each option in canonical order, in natural-log units; only differences count. Empty where the judge
        gave a choice without probabilities.
    choice : int
        Canonical index of the chosen option, −1 where there is none.
    p : float
        Probability of the chosen option among the options, NaN where unknown.
    mass : float
        Probability that the judge put on any of the options at all, NaN where that has no meaning.
    status : {"ok", "refused", "malformed", "low-mass"}
        What the reply is worth.
    raw : str
        The reply as it came.
    detail : mapping
        The numbers behind the scores, JSON-able.
    tokens : int
        Tokens computed.
    seconds : float
        Time spent.
    """

    scores: tuple[float, ...] = ()
    choice: int = -1
    p: float = math.nan
    mass: float = math.nan
    status: Status = "ok"
    raw: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    tokens: int = 0
    seconds: float = 0.0

    @classmethod
    def from_scores(cls, scores: Sequence[float], **rest: Any) -> Reply:
        """The reply whose choice and probability follow from its scores; a tie goes to the option that stands first.

        No scores, or a NaN or infinite one, are malformed.
        """
        given = tuple(float(score) for score in scores)
        if not given or not all(math.isfinite(score) for score in given):
            return cls(**{**rest, "status": "malformed"})
        top = max(given)
        choice = given.index(top)
        p = 1.0 / sum(math.exp(score - top) for score in given)
        return cls(scores=given, choice=choice, p=p, **rest)


def key_of(ask: Ask, prompts: Sequence[Prompt], *, judge: str, bank: str, seed: int | None) -> str:
    """Content address of an answer: the same key means that the same question would get the same answer.

    Parameters
    ----------
    ask : Ask
        The way of asking.
    prompts : sequence of Prompt
        The rendered prompts; empty for judges that read none.
    judge : str
        Fingerprint of the judge: weights, precision, template.
    bank : str
        Version of the bank.
    seed : int or None
        None for judges whose answers do not depend on it.

    Returns
    -------
    str
        sha256 in hexadecimal.
    """
    content = [
        SCHEMA_VERSION, judge, bank, seed, ask.question.id, ask.wording, ask.frame, ask.order, ask.sample,
        asdict(ask.condition) if ask.condition else _UNTREATED, [_parts(prompt) for prompt in prompts],
    ]  # fmt: skip
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def to_row(ask: Ask, reply: Reply, prompts: Sequence[Prompt], *, key: str, who: str) -> dict[str, Any]:
    """The ledger's row for an answer; NaN becomes null, as JSON has none."""
    return {
        "schema_version": SCHEMA_VERSION,
        "key": key,
        "question": ask.question.id,
        "wording": ask.wording,
        "frame": ask.frame,
        "order": list(ask.order),
        "condition": ask.condition.name,
        "sample": ask.sample,
        "model": who,
        "choice": reply.choice,
        "p": _number(reply.p),
        "scores": list(reply.scores),
        "mass": _number(reply.mass),
        "status": reply.status,
        "raw": reply.raw,
        "detail": dict(reply.detail),
        "tokens": reply.tokens,
        "seconds": round(reply.seconds, 6),
        "prompts": [{part: value for part, value in _parts(prompt).items() if value} for prompt in prompts],
    }


def _parts(prompt: Prompt) -> dict[str, Any]:
    """As `dataclasses.asdict` gives it, which takes ten times as long for each of a run's prompts."""
    turns = tuple({"role": turn.role, "text": turn.text, "images": turn.images} for turn in prompt.messages)
    return {
        "continuations": prompt.continuations, "text": prompt.text, "messages": turns, "prefill": prompt.prefill,
    }  # fmt: skip


def _number(x: float) -> float | None:
    return None if math.isnan(x) else x
