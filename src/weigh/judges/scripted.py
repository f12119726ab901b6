"""A function of the user's own as a judge: for tests, for teaching, and for models that no other judge reaches."""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weigh.core.errors import InputError, WeighError
from weigh.core.question import Ask, Prompt, Reply
from weigh.judges.letters import LETTERS
from weigh.judges.promptless import Promptless


class Scripted(Promptless):
    """A judge that a Python function plays; `scripted` also sees whether it scores text.

    Parameters
    ----------
    spec : str
        "module:function". The function is called with an `Ask` and gives a `Reply`; or the canonical index of an
        option; or one score an option, in natural-log units; or a reply as text, which is a letter as shown, else an
        option's exact text, else malformed. The module is also looked for in the current folder.
    name : str
        How tables call it; by default "scripted:" and the spec.

    Raises
    ------
    InputError
        There is no such module or function, or importing it fails.
    """

    def __init__(self, spec: str, name: str = "") -> None:
        self.script, source = _find(spec)
        self.name = name or f"scripted:{spec}"
        self.spec = spec
        self.fingerprint = hashlib.sha256(f"{spec}\n{source}".encode()).hexdigest()

    def describe(self) -> Mapping[str, Any]:
        """Facts for the page."""
        return {
            "name": self.name,
            "kind": "script",
            "fingerprint": self.fingerprint,
            "condition": self.condition.name,
        }

    def choose(self, asks: Sequence[Ask]) -> list[Reply]:
        """What the script answers.

        Raises
        ------
        WeighError
            The script raised something, or gave what is no answer; the message names the script and the question.
        """
        return [self._answer(ask) for ask in asks]

    def _answer(self, ask: Ask) -> Reply:
        given = self._call(self.script, ask, f"question {ask.question.id!r}")
        n = len(ask.question.options)
        if isinstance(given, Reply) and -1 <= given.choice < n and len(given.scores) in (0, n):
            return given
        if isinstance(given, str):
            return _parsed(given, ask)
        if isinstance(given, int | np.integer) and not isinstance(given, bool) and 0 <= given < n:
            return Reply(choice=int(given))
        if isinstance(given, Sequence | np.ndarray):
            scores = np.asarray(given)
            if scores.shape == (n,) and scores.dtype.kind in "iuf":
                return Reply.from_scores(scores.tolist())
        raise WeighError(
            f"script {self.spec!r} answered question {ask.question.id!r} with {given!r:.80}; expected a Reply, a whole "
            f"number from 0 to {n - 1}, {n} scores, or a text"
        )

    def _call(self, function: Callable[[Any], Any], given: Any, what: str) -> Any:
        try:
            return function(given)
        except Exception as error:  # it is somebody else's program: whatever it raises is told with what it was asked
            raise WeighError(f"script {self.spec!r} failed on {what}: {type(error).__name__}: {error}") from error


class ScriptedScorer(Scripted):
    """A script that also scores text: its function has an attribute `logprobs(prompt)`, one number a continuation."""

    def logprobs(self, prompts: Sequence[Prompt]) -> list[NDArray[np.float64]]:
        """For each prompt what the script's `logprobs` gives, shape (n_continuations,).

        Raises
        ------
        WeighError
            The script raised something, or gave other than one number a continuation.
        """
        return [self._scores(prompt) for prompt in prompts]

    def _scores(self, prompt: Prompt) -> NDArray[np.float64]:
        what = f"the prompt {(prompt.text or prompt.messages[-1].text)[-60:]!r}"
        given = self._call(self.script.logprobs, prompt, what)
        try:
            scores = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError):
            scores = np.empty(0)
        if scores.shape != (len(prompt.continuations),):
            raise WeighError(
                f"script {self.spec!r} scored {what} with {given!r:.80}; expected {len(prompt.continuations)} numbers, "
                "one a continuation"
            )
        return scores


def scripted(spec: str, name: str = "") -> Scripted:
    """The judge of a script, with the abilities that the script has; parameters and errors as in `Scripted`."""
    judge = Scripted(spec, name)
    return ScriptedScorer(spec, name) if callable(getattr(judge.script, "logprobs", None)) else judge


def _parsed(text: str, ask: Ask) -> Reply:
    said, options = text.strip(), [option.strip() for option in ask.question.options]
    shown = ask.order or tuple(range(len(options)))
    if len(said) == 1 and said in LETTERS[: len(shown)]:
        return Reply(choice=shown[LETTERS.index(said)], raw=text)
    if said in options:
        return Reply(choice=options.index(said), raw=text)
    return Reply(status="malformed", raw=text)


def _find(spec: str) -> tuple[Any, str]:
    """The function, and the sha256 of the file that it stands in."""
    name, _, path = spec.partition(":")
    if not name or not path:
        raise InputError(f"a script is named module:function; got {spec!r}")
    try:
        module = _import(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise InputError(
                f"there is no module {name!r} here or installed; it is looked for in {os.getcwd()}"
            ) from error
        raise InputError(f"importing script {name!r} failed: {error}") from error
    except Exception as error:  # a module runs its own code when it is imported
        raise InputError(f"importing script {name!r} failed: {type(error).__name__}: {error}") from error
    found: Any = module
    for part in path.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        raise InputError(f"module {name!r} has no function {path!r}")
    file = getattr(module, "__file__", None)
    return found, hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else ""


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.partition(".")[0] or os.getcwd() in sys.path:
            raise
    # an installed command does not look in the current folder, where scripts lie
    sys.path.append(os.getcwd())
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(os.getcwd())
