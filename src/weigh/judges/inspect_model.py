"""Any model that inspect-ai reaches as a judge: inspect:PROVIDER/MODEL, asked by `Model.generate()` outside an eval.

It is asked as a server is by chat (`weigh.judges.server`): the question ends in "Reply with A or B only.", and the
reply is not begun for the model. One question put beforehand shows how. Where the provider tells the log-probabilities
of the likeliest tokens, a choice is read from those of the first token, with a bound for a letter that is missing;
where it tells none, or the model thinks before it answers, from as many replies an order as `ServerOptions.samples`
says, at temperature 1. What is a letter, a refusal or neither is read by `weigh.judges.server_read`, as for servers.

inspect-ai repeats by itself what failed for a reason that may pass; such a request counts once against the limits on
calls and cost. Its cache is off and it writes no log. Its providers read their keys from the environment.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from weigh.judges.inspect_provider import PREFIX, Provider
from weigh.judges.server import Server
from weigh.judges.server_address import Address
from weigh.judges.server_limits import ServerOptions
from weigh.judges.server_probe import Mode, how_to_choose

if TYPE_CHECKING:
    from inspect_ai.model import Model

# part of every fingerprint: goes up when the same mode comes to mean other requests, or another reading of replies
FORMAT = 1


class InspectModel(Server):
    """A model that inspect-ai reaches. Chooses and writes; it does not score given text.

    Parameters
    ----------
    name : str
        As the user wrote it: "inspect:openai/gpt-4o".
    options : ServerOptions, optional
        Samples, limits, prices, concurrency.
    model : inspect_ai.model.Model, optional
        Instead of the one that the name stands for; it is not closed afterwards.
    say : callable
        Told what is being found out.

    Raises
    ------
    MissingExtra
        inspect-ai is not installed.
    InputError
        There is no such provider, or its package or key is missing.
    ServerError
        The provider cannot be reached, does not know the model, or takes no request that we can make.
    LimitReached
        The limit on calls or cost leaves no room even for finding out.
    """

    def __init__(
        self,
        name: str,
        options: ServerOptions | None = None,
        *,
        model: Model | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        provider = Provider(name, options or ServerOptions(), model)
        say(f"finding out how {name} can be asked")
        mode, body = how_to_choose(provider, Mode(name.removeprefix(PREFIX)))
        super().__init__(name, provider, replace(mode, reported=body["model"] or mode.model))
        self.fingerprint = fingerprint_of(provider.model, mode, provider.options)

    def describe(self) -> Mapping[str, Any]:
        """Facts for the page: which model it says it is, how its answers are read, how many of them were bounded."""
        facts = {name: fact for name, fact in super().describe().items() if name != "url"}
        return {**facts, "kind": "through inspect-ai", "inspect_ai": importlib.metadata.version("inspect-ai")}


def fingerprint_of(model: Model, mode: Mode, options: ServerOptions) -> str:
    """What changes when a model's answers could: its name, where it is asked, and how.

    Parameters
    ----------
    model : inspect_ai.model.Model
        Who answers.
    mode : Mode
        How it is asked; without the name that the provider reports, which may differ from one request to the next.
    options : ServerOptions
        Samples and their seed.
    """
    content: list[Any] = [FORMAT, mode.model, _elsewhere(model), mode.how, mode.k]
    content += [options.samples, options.seed, mode.room] if mode.how == "samples" else []
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _elsewhere(model: Model) -> str:
    """The server that the model is asked at, where one is set; empty for one on this machine, whose port may change."""
    try:
        parts = urlsplit(str(model.api.base_url or ""))
        host = parts.hostname or ""
        is_here = not host or Address("", "", host).is_loopback
        return "" if is_here else f"{host}:{parts.port or ''}{parts.path.rstrip('/')}"
    except ValueError:
        return ""
