"""Asking: each answer is on disk before it counts, and none is asked twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from weigh.core.abilities import Chooser, Judge, Scorer, Writer, demand
from weigh.core.evidence import Answers
from weigh.core.ledger import Ledger
from weigh.core.question import Ask, Prompt, Reply, key_of, to_row

BATCH = 32

# key, ask, prompts
Put = tuple[str, Ask, list[Prompt]]


class Format(Protocol):
    """How a way of asking is put into prompts, and how their log-probabilities are read."""

    def render(self, ask: Ask) -> list[Prompt]:
        """The prompts of one ask."""
        ...

    def read(self, ask: Ask, logprobs: Sequence[NDArray[np.float64]]) -> Reply:
        """The reply that the prompts' log-probabilities amount to."""
        ...


class Progress(Protocol):
    """Told how far the asking is."""

    def start(self, what: str, total: int) -> None:
        """A stage begins."""
        ...

    def advance(self, n: int) -> None:
        """So many more of the stage's questions are answered."""
        ...


@dataclass
class Cost:
    """What a run cost.

    Attributes
    ----------
    asked, reused : int
        Answers got from the judge, and from the ledger.
    calls : int
        Prompts sent.
    tokens : int
        Tokens computed.
    seconds : float
        Time in the judge.
    """

    asked: int = 0
    reused: int = 0
    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0


@dataclass
class Interview:
    """One judge, one bank, one ledger.

    Parameters
    ----------
    judge : Judge
        Who answers.
    bank : str
        Version of the bank, part of every key.
    ledger : Ledger, optional
        Where answers are kept; in memory only without one.
    seed : int
        Part of the key for judges that are sampled.
    progress : Progress, optional
        Told how far it is.
    dry : bool
        Count what would be asked, ask nothing.
    """

    judge: Judge
    bank: str
    ledger: Ledger | None = None
    seed: int = 0
    progress: Progress | None = None
    dry: bool = False
    cost: Cost = field(default_factory=Cost)
    rows: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)

    def ask(self, asks: Sequence[Ask], format: Format | None = None, *, what: str = "asking") -> None:
        """Have all asks answered, from the ledger where it has them, else by the judge; `answers` gives the result.

        Batches are composed from the whole list, so that a run that is resumed asks the same batches as one that was
        never broken off: one answer missing means that its batch is computed again, and only that answer is kept.

        Parameters
        ----------
        asks : sequence of Ask
            What is asked.
        format : Format, optional
            How log-probabilities become replies; without it the judge is asked to choose.
        what : str
            Name of the stage, for the progress bar.

        Raises
        ------
        AbilityError
            The judge cannot do what the format needs.
        """
        if not asks:
            return
        demand(self.judge, "logprobs" if format else "choose", what)
        asks = [replace(ask, condition=self.judge.condition.and_then(ask.condition)) for ask in asks]
        prompts = [format.render(ask) for ask in asks] if format else self._choose_prompts(asks)
        seed = self.seed if self.judge.seeded else None
        keys = [
            key_of(ask, prompt, judge=self.judge.fingerprint, bank=self.bank, seed=seed)
            for ask, prompt in zip(asks, prompts, strict=True)
        ]
        if self.dry:
            fresh = {key: group for key, group in zip(keys, prompts, strict=True) if key not in self.counted}
            self._count(list(fresh.values()))
            self.counted.update(fresh)
            return
        if self.progress:
            self.progress.start(what, len(asks))
        each = getattr(self.judge, "logprobs_each" if format else "choose_each", None)
        if each is not None:
            self._run_each(list(zip(keys, asks, prompts, strict=True)), format, each)
            return
        for batch in self._batches(prompts):
            self._run([(keys[i], asks[i], prompts[i]) for i in batch], format)
            if self.progress:
                self.progress.advance(len(batch))

    def write(
        self,
        asks: Sequence[Ask],
        render: Callable[[Ask], Prompt],
        *,
        max_tokens: int = 256,
        temperature: float = 0.0,
        what: str = "writing",
    ) -> None:
        """Have all asks answered in free text: the reply is the row's `raw`, and chooses nothing.

        Parameters
        ----------
        asks : sequence of Ask
            What is asked.
        render : callable
            (ask) -> its prompt, without continuations.
        max_tokens : int
            Length at which a reply is cut off.
        temperature : float
            0 for greedy; above it a reply depends on the ask's `sample` and the interview's seed.
        what : str
            Name of the stage, for the progress bar.

        Raises
        ------
        AbilityError
            The judge does not write.
        """
        if not asks:
            return
        demand(self.judge, "write", what)
        assert isinstance(self.judge, Writer)
        asks = [replace(ask, condition=self.judge.condition.and_then(ask.condition)) for ask in asks]
        how = {"max_tokens": max_tokens, "temperature": temperature}
        put: list[Put] = []
        for ask in asks:
            prompts = [render(ask)]
            judge, seeded = self.judge.fingerprint, self.judge.seeded
            key = key_of_writing(ask, prompts, judge=judge, seeded=seeded, bank=self.bank, seed=self.seed, **how)
            put.append((key, ask, prompts))
        if self.dry:
            self._count([prompts for key, _, prompts in put if key not in self.counted])
            self.counted.update(key for key, _, _ in put)
            return
        if self.progress:
            self.progress.start(what, len(put))
        missing = self._missing(put)
        for key, ask, prompts in put:
            if key in missing:
                missing.discard(key)
                started = time.perf_counter()
                (text,) = self.judge.write(prompts, **how, seed=self.seed + ask.sample)
                seconds = time.perf_counter() - started
                status = "ok" if text.strip() else "malformed"
                self._keep(
                    [
                        to_row(
                            ask, Reply(raw=text, status=status, seconds=seconds), prompts, key=key, who=self.judge.name
                        )
                    ]
                )
                self.cost.calls += 1
                self.cost.seconds += seconds
            if self.progress:
                self.progress.advance(1)

    def answers(self) -> Answers:
        """All answers so far, also after an interruption.

        Raises
        ------
        InputError
            There are none yet.
        """
        return Answers.from_rows(list(self.rows.values()))

    def _missing(self, batch: list[Put]) -> set[str]:
        """Keys that neither this sitting nor the ledger has an answer to; those of the ledger are taken over."""
        missing = set()
        for key, _, _ in batch:
            if key in self.rows:
                continue
            if self.ledger is not None and key in self.ledger:
                self.rows[key] = self.ledger.get(key)
                self.cost.reused += 1
            else:
                missing.add(key)
        return missing

    def _run_each(self, all: list[Put], format: Format | None, each: Callable[..., Iterator[Any]]) -> None:
        """Ask a judge whose answers do not depend on what else is asked, and may be paid for: only what is missing."""
        missing = self._missing(all)
        put = list({key: (key, ask, prompts) for key, ask, prompts in all if key in missing}.values())
        if self.progress:
            self.progress.advance(len(all) - len(put))
        started = time.perf_counter()
        for i, reply in _arriving(put, format, each):
            key, ask, prompts = put[i]
            seconds = time.perf_counter() - started
            self._keep([to_row(ask, replace(reply, seconds=seconds), prompts, key=key, who=self.judge.name)])
            self.cost.calls += len(prompts)
            self.cost.tokens += reply.tokens
            self.cost.seconds += seconds
            started = time.perf_counter()
            if self.progress:
                self.progress.advance(1)

    def _run(self, batch: list[Put], format: Format | None) -> None:
        missing = self._missing(batch)
        if not missing:
            return
        started = time.perf_counter()
        replies = self._replies([ask for _, ask, _ in batch], [prompts for _, _, prompts in batch], format)
        seconds = time.perf_counter() - started
        rows = [
            to_row(ask, replace(reply, seconds=seconds / len(batch)), prompts, key=key, who=self.judge.name)
            for (key, ask, prompts), reply in zip(batch, replies, strict=True)
            if key in missing
        ]
        self._keep(rows)
        self.cost.calls += sum(len(prompts) for _, _, prompts in batch)
        self.cost.tokens += sum(reply.tokens for reply in replies)
        self.cost.seconds += seconds

    def _keep(self, rows: list[dict[str, Any]]) -> None:
        if self.ledger is not None:
            self.ledger.append(rows)
        self.rows.update((row["key"], row) for row in rows)
        self.cost.asked += len(rows)

    def _replies(self, asks: list[Ask], prompts: list[list[Prompt]], format: Format | None) -> list[Reply]:
        if format is None:
            assert isinstance(self.judge, Chooser)
            return self.judge.choose(asks)
        assert isinstance(self.judge, Scorer)
        flat = [prompt for group in prompts for prompt in group]
        scored = iter(self.judge.logprobs(flat))
        tokens = getattr(self.judge, "last_tokens", 0) / max(1, len(asks))
        return [
            replace(format.read(ask, [next(scored) for _ in group]), tokens=round(tokens))
            for ask, group in zip(asks, prompts, strict=True)
        ]

    def _choose_prompts(self, asks: Sequence[Ask]) -> list[list[Prompt]]:
        assert isinstance(self.judge, Chooser)
        return self.judge.render(asks)

    def _batches(self, prompts: list[list[Prompt]]) -> Iterator[list[int]]:
        plan = getattr(self.judge, "plan", None)
        if plan is not None:
            yield from plan(prompts)
        else:
            for start in range(0, len(prompts), BATCH):
                yield list(range(start, min(start + BATCH, len(prompts))))

    def _count(self, prompts: list[list[Prompt]]) -> None:
        self.cost.asked += len(prompts)
        self.cost.calls += sum(len(group) for group in prompts)
        count = getattr(self.judge, "count_tokens", None)
        if count is not None:
            self.cost.tokens += count(prompts)


def key_of_writing(
    ask: Ask, prompts: Sequence[Prompt], *, judge: str, seeded: bool, bank: str, seed: int, max_tokens: int,
    temperature: float,
) -> str:  # fmt: skip
    """Content address of a reply in free text, which also hangs on how it is written.

    Parameters
    ----------
    ask, prompts, judge, bank, seed
        As in `weigh.core.question.key_of`.
    seeded : bool
        Whether the judge's answers depend on the seed in any case.
    max_tokens, temperature
        As in `Interview.write`.
    """
    how = {"max_tokens": max_tokens, "temperature": temperature}
    # greedy replies are the same for every seed
    drawn = seed if temperature > 0 or seeded else None
    return key_of(ask, prompts, judge=f"{judge} {json.dumps(how)}", bank=bank, seed=drawn)


def _arriving(put: list[Put], format: Format | None, each: Callable[..., Iterator[Any]]) -> Iterator[tuple[int, Reply]]:
    """Replies with the place of their ask, in the order in which they come."""
    if format is None:
        yield from each([ask for _, ask, _ in put])
        return
    owners = [(i, j) for i, (_, _, prompts) in enumerate(put) for j in range(len(prompts))]
    found: dict[int, dict[int, tuple[Any, int]]] = {}
    for number, values, tokens in each([prompt for _, _, prompts in put for prompt in prompts]):
        i, j = owners[number]
        parts = found.setdefault(i, {})
        parts[j] = values, tokens
        if len(parts) == len(put[i][2]):
            del found[i]
            reply = format.read(put[i][1], [parts[j][0] for j in sorted(parts)])
            yield i, replace(reply, tokens=sum(tokens for _, tokens in parts.values()))
