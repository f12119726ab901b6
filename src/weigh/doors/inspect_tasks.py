"""Question banks and published instruments as tasks of inspect-ai: `inspect eval weigh/core --model …`.

A sample is a question; its solver asks it in all orders, wordings and treatments in which `weigh measure` would ask a
judge that chooses, and leaves the answers in the sample's store, from which `weigh gate` and `weigh import` read them.
What needs the log-probabilities of given text (opposite frames, fluency) is not asked, as inspect-ai has no call for
it; nor are second readers, and pairs whose choice would depend on earlier answers are drawn at random.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageAssistant, ModelOutput, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver

from weigh.banks.bank import Bank, installed_banks
from weigh.core.errors import AbilityError, InputError
from weigh.core.method import built_in
from weigh.core.question import Ask, Prompt
from weigh.doors.inspect_asking import Ways, Writing, gathered, row_of
from weigh.doors.inspect_scoring import controls, position_free
from weigh.judges.inspect_provider import messages_of
from weigh.judges.promptless import Promptless
from weigh.judges.server_limits import ServerOptions
from weigh.loops.elicit import Format, Interview
from weigh.pipelines.inspect_log import head_of, sample_part
from weigh.pipelines.inspect_rows import ROWS, RUN

SAMPLES = 10
Put = tuple[Ask, Writing | None]


def names() -> list[str]:
    """Names of all tasks: installed banks, and instruments that a published set is asked by."""
    published = [address.partition("/")[2] for address, card in built_in().items() if card.family == "published"]
    return list(dict.fromkeys([*installed_banks(), *published]))


def bank_task(
    name: str,
    *,
    limit: int | None = None,
    wordings: int | None = None,
    primes: bool = True,
    samples: int | None = None,
    source: str | None = None,
    seed: int = 0,
    **options: Any,
) -> Task:
    """A bank or published instrument as a task.

    Parameters
    ----------
    name : str
        Of a bank, a published set or an instrument; or the path of a bank.
    limit : int, optional
        How many dilemmas, chosen as `weigh measure --limit` does; 0 for all; by default as the bank's card says.
    wordings : int, optional
        Only the first so many wordings of each item.
    primes : bool
        Of banks that the two instruments of `weigh measure` ask: a quarter again after saying which value counts most.
    samples : int, optional
        Replies an order, where the provider tells no log-probabilities; 10 by default.
    source : str, optional
        Folder of a published set, in place of the one that `weigh banks get` made.
    seed : int
        Of what is drawn, and of samples.
    options
        The instrument's own, as `weigh measure --set` takes them.

    Returns
    -------
    inspect_ai.Task
        A sample a question, with metadata `family`, `kind` and `author`.

    Raises
    ------
    InputError
        There is no such bank, it is not on this machine, or an option is unknown.
    """
    asked, method, put = planned(
        name, limit=limit, wordings=wordings, primes=primes, source=source, seed=seed, options=options
    )
    server = ServerOptions(samples=samples or SAMPLES, seed=seed)
    by_question: dict[str, list[Put]] = {}
    for one in put:
        by_question.setdefault(one[0].question.id, []).append(one)
    config: dict[str, Any] = {"instrument": "stated", "n_dilemmas": len(asked.dilemmas), "seed": seed}
    if method:
        config = {"options": {"seed": seed, **options}, "limit": limit or None, "seed": seed, "reader": None}
    head = head_of(asked, config=config, method=method, sampled=set(by_question))
    scorers = [position_free(), *([controls()] if asked.controls else [])]
    return Task(
        dataset=MemoryDataset([_sample(asked, id, asks) for id, asks in by_question.items()], name=asked.name),
        solver=in_all_orders(by_question, bank=asked.version, options=server),
        scorer=scorers,
        version=asked.card.version,
        metadata={RUN: head},
    )


def planned(
    name: str,
    *,
    limit: int | None = None,
    wordings: int | None = None,
    primes: bool = True,
    source: str | None = None,
    seed: int = 0,
    options: Mapping[str, Any],
) -> tuple[Bank, str, list[Put]]:
    """What is asked: bank or part of it, address of its instrument, and each ask; parameters as in `bank_task`."""
    from weigh.measure import stated
    from weigh.pipelines.instruments import bank_for, check_options, instrument_of, limited

    bank = bank_for(source, name) if source else bank_for(name)
    interview = _Planned(_Anyone(), bank.version, seed=seed, dry=True)
    if bank.card.method:
        instrument = instrument_of(bank.card.method)
        check_options(instrument, options)
        asked = limited(instrument, bank, limit)
        drawn = {"selection": "random"} if "selection" in instrument.known("ask") else {}
        if drawn and options.get("selection", "random") != "random":
            raise InputError(
                "selection=active needs each answer before the next question; leave it out: pairs are drawn"
            )
        instrument.module.ask(interview, asked, **instrument.takes("ask", {**drawn, **options}))
    else:
        if options:
            raise InputError(f"bank {bank.name!r} has no option {next(iter(options))!r}; it is asked as it stands")
        n = bank.card.default if limit is None else limit
        asked = bank.balanced(n) if n else bank
        stated.ask(interview, asked, primes=primes)
    put = interview.put
    if wordings is not None:
        kept = {item.id: item.wordings[:wordings] for item in asked.items}
        put = [one for one in put if _is_kept(one[0], kept)]
    if not put:
        raise InputError(f"nothing of bank {bank.name!r} is asked with these options; wordings must be 1 or more")
    return asked, bank.card.method, put


def in_all_orders(asks: Mapping[str, Sequence[Put]], *, bank: str, options: ServerOptions) -> Solver:
    """A solver that asks a sample's question in all its ways, at once, and leaves the answers in its store.

    Parameters
    ----------
    asks : mapping
        What is asked by the sample's id.
    bank : str
        Version of the bank.
    options : ServerOptions
        Samples and their seed.
    """
    ways = Ways(options)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        model = get_model()
        way = await ways.of(model)
        rows = await gathered(
            [
                # a second epoch is a repetition
                functools.partial(
                    row_of, way, model, replace(ask, sample=ask.sample + state.epoch - 1), writing, bank=bank,
                    seed=options.seed,
                )
                for ask, writing in asks[str(state.sample_id)]
            ]
        )  # fmt: skip
        state.store.set(ROWS, rows)
        # the first of them stands for all, so that the viewer has a conversation to show
        shown = rows[0]
        state.messages = messages_of([{"role": turn["role"], "content": turn["text"]} for turn in _turns(shown)])
        state.messages.append(ChatMessageAssistant(content=shown["raw"], source="generate"))
        state.output = ModelOutput.from_content(str(model), shown["raw"])
        return state

    # built in here, as a log would hold what a solver is given as an option: every question again
    @solver(name="in_all_orders")
    def built() -> Solver:
        return solve

    return built()


def _turns(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [turn for prompt in row["prompts"] for turn in prompt.get("messages", ())]


class _Anyone(Promptless):
    """Whoever inspect-ai will ask: chooses and writes, as every provider can."""

    name = fingerprint = "inspect-ai"

    def describe(self) -> Mapping[str, Any]:
        return {"name": self.name}

    def choose(self, asks: Sequence[Ask]) -> list[Any]:
        raise AbilityError("planning asks nobody")

    def write(self, prompts: Sequence[Prompt], **how: Any) -> list[str]:
        raise AbilityError("planning asks nobody")


@dataclass
class _Planned(Interview):
    """An interview that notes what it is told to ask."""

    put: list[Put] = field(default_factory=list)

    def ask(self, asks: Sequence[Ask], format: Format | None = None, *, what: str = "asking") -> None:
        self.put += [(ask, None) for ask in asks]

    def write(
        self,
        asks: Sequence[Ask],
        render: Callable[[Ask], Prompt],
        *,
        max_tokens: int = 256,
        temperature: float = 0.0,
        what: str = "writing",
    ) -> None:
        self.put += [(ask, Writing(render, max_tokens, temperature)) for ask in asks]


def _is_kept(ask: Ask, kept: Mapping[str, Sequence[str]]) -> bool:
    known = kept.get(ask.question.id)
    # wordings of an instrument's own making are not the bank's to count
    return known is None or ask.wording in known or ask.wording not in ("original", "paraphrase")


def _sample(bank: Bank, id: str, put: Sequence[Put]) -> Sample:
    question = put[0][0].question
    item = bank.by_id.get(id)
    options = list(question.options)
    return Sample(
        id=id,
        input=question.situation,
        choices=options or None,
        target="A" if question.kind == "control" else "",
        metadata={
            "family": question.family,
            "kind": question.kind,
            "author": item.author if item else "",
            RUN: sample_part(bank, id) | {"options": options},
        },
    )
