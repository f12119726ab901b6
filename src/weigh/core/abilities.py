"""What a judge can do: five small protocols, and the signature of a reward.

A judge is whoever answers: a local model, a server, a file of recorded answers, a script, people. It honours some of
these; `demand` says which one is missing before the first question is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import AbilityError
from weigh.core.question import Ask, Condition, Prompt, Reply


@runtime_checkable
class Judge(Protocol):
    """What all judges share.

    Attributes
    ----------
    name : str
        As the user wrote it, for tables and pages.
    fingerprint : str
        Changes when the answers could: weights, precision, template.
    seeded : bool
        Whether answers depend on the seed.
    condition : Condition
        The treatment it is under.
    """

    name: str
    fingerprint: str
    seeded: bool
    condition: Condition

    def under(self, condition: Condition) -> Judge:
        """The same judge under a treatment."""
        ...

    def describe(self) -> Mapping[str, Any]:
        """Facts for the page: parameters, precision, threads, measured rounding error."""
        ...


@runtime_checkable
class Chooser(Judge, Protocol):
    """Chooses among shown options."""

    def render(self, asks: Sequence[Ask]) -> list[list[Prompt]]:
        """The prompts that each ask becomes; an empty list for a judge that reads none."""
        ...

    def choose(self, asks: Sequence[Ask]) -> list[Reply]:
        """One reply an ask, in the same order."""
        ...


@runtime_checkable
class Scorer(Judge, Protocol):
    """Gives the log-probability of texts that it is shown."""

    def logprobs(self, prompts: Sequence[Prompt]) -> list[NDArray[np.float64]]:
        """For each prompt the natural-log probability of each continuation, shape (n_continuations,)."""
        ...


@runtime_checkable
class Writer(Judge, Protocol):
    """Writes a reply."""

    def write(
        self, prompts: Sequence[Prompt], *, max_tokens: int = 256, temperature: float = 0.0, seed: int = 0
    ) -> list[str]:
        """One reply a prompt; greedy at temperature 0."""
        ...


@runtime_checkable
class Embedder(Judge, Protocol):
    """Turns texts into vectors."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (n_texts, width), unit length."""
        ...


@runtime_checkable
class Opener(Judge, Protocol):
    """Opens its hidden states."""

    def hidden(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """State at each text's last token after every layer, shape (n_texts, n_layers + 1, width)."""
        ...


class Reward(Protocol):
    """Scores completions; the signature that TRL's trainers call."""

    def __call__(
        self, prompts: Sequence[str], completions: Sequence[str], **columns: Sequence[Any]
    ) -> list[float | None]:
        """One score a completion, None where it does not apply."""
        ...


ABILITIES = {"choose": Chooser, "logprobs": Scorer, "write": Writer, "embed": Embedder, "hidden": Opener}
INSTEAD = {
    "choose": "use --model smol, hf:FOLDER, http://HOST/v1#MODEL, inspect:PROVIDER/MODEL, recorded:FILE, "
    "scripted:MODULE:NAME or people:CSV",
    "logprobs": "use --instrument stated, which needs choices only, or a judge that scores text: smol, hf:FOLDER, "
    "a server whose completions echo the log-probabilities of given text",
    "write": "use a judge that writes: smol, hf:FOLDER, http://HOST/v1#MODEL, inspect:PROVIDER/MODEL",
    "embed": "use a judge that embeds: smol, hf:FOLDER",
    "hidden": "use a local model: smol, hf:FOLDER",
}


def abilities(judge: Judge) -> tuple[str, ...]:
    """Names of the protocols that a judge honours."""
    return tuple(name for name, protocol in ABILITIES.items() if isinstance(judge, protocol))


def demand(judge: Judge, ability: str, purpose: str) -> None:
    """Say what is missing before the first question is asked.

    Raises
    ------
    AbilityError
        The judge lacks the ability; the message names what would work instead.
    """
    if ability not in abilities(judge):
        able = ", ".join(abilities(judge)) or "nothing"
        raise AbilityError(
            f"{purpose} needs a judge that can {ability!r}; {judge.name} can: {able}. Instead: {INSTEAD[ability]}"
        )
