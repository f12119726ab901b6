"""The experiments whose answers are there, each or why it says nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from weigh.banks.bank import Bank
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.measure.utility_engineering._asking import main_texts
from weigh.measure.utility_engineering._preferences import Topic, Unanswered
from weigh.measure.utility_engineering._result import Experiment
from weigh.measure.utility_engineering.corrigibility import TOPIC as REVERSED
from weigh.measure.utility_engineering.corrigibility import corrigibility
from weigh.measure.utility_engineering.discounting import TOPIC as MONEY
from weigh.measure.utility_engineering.discounting import discounting
from weigh.measure.utility_engineering.exchange_rates import exchange
from weigh.measure.utility_engineering.expected_utility import (
    PREFIX,
    Lottery,
    expected_utility,
    explicit_lottery,
    implicit_lotteries,
)
from weigh.measure.utility_engineering.fit import Utilities, framed_utilities, utilities
from weigh.measure.utility_engineering.instrumentality import instrumentality, worlds_of
from weigh.measure.utility_engineering.maximisation import maximisation
from weigh.measure.utility_engineering.political_values import TOPIC as POLICIES
from weigh.measure.utility_engineering.political_values import played, playing, political_values
from weigh.measure.utility_engineering.power import TOPIC as POWER
from weigh.measure.utility_engineering.power import fitness, power


def experiments_of(
    answers: Answers, bank: Bank, found: Utilities, *, unanswered: Unanswered, max_residual: float | None
) -> list[Experiment]:
    """The experiments beside those on the fit itself.

    Parameters
    ----------
    answers : Answers
        Of one judge under one condition.
    bank : Bank
        Whose items they are about.
    found : Utilities
        Of the bank's main outcomes.
    unanswered : {"skip", "half"}
        As in `preferences`.
    max_residual : float, optional
        As in `exchange`.
    """
    labels = {item.id: item.labels for item in bank.outcomes}
    made = [exchange(found, labels, max_residual=max_residual), fitness(found, labels)]
    experiments = [one for one in made if one is not None]
    asked = {str(question) for question in np.unique(answers.question.astype(str))}

    def fitted(ids: Sequence[str]) -> Utilities:
        if found.instrument == "evaluative":
            return framed_utilities(answers, ids)
        return utilities(answers, ids, hold_out=False, unanswered=unanswered)

    outcomes = main_texts(bank)
    for name, lotteries in _lotteries(asked, bank, outcomes).items():
        ids = list(dict.fromkeys([*outcomes, *(id for one in lotteries for id in (one.id, *one.chances))]))
        experiments.append(
            _tried(name, lambda ids=ids, some=lotteries, name=name: expected_utility(fitted(ids), some, name=name))
        )
    worlds = worlds_of(bank)
    steps = [id for world in worlds for id in (*world.first, *world.last)]
    if _items(asked) & set(steps):
        experiments.append(_tried("instrumentality", lambda: instrumentality(fitted(steps), worlds)))
    if found.instrument == "stated":
        experiments += _by_choice(answers, bank, found, asked, unanswered)
    return experiments


def _by_choice(
    answers: Answers, bank: Bank, found: Utilities, asked: set[str], unanswered: Unanswered
) -> list[Experiment]:
    def fitted(ids: Sequence[str], topic: Topic) -> Utilities:
        return utilities(answers, ids, topic=topic, hold_out=False, unanswered=unanswered)

    def political() -> Experiment:
        others = {name: fitted(policies, playing(name)) for name in played(answers)}
        return political_values(fitted(policies, POLICIES), others, who=str(answers.who[0]) or "the model")

    policies = [item.id for item in bank.outcomes if item.labels.get("set") == "policies"]
    outcomes = list(main_texts(bank))
    makers: dict[tuple[str, str], Callable[[], Experiment]] = {
        ("discounting", f"{MONEY.name}:"): lambda: discounting(answers, unanswered=unanswered),
        ("power", f"{POWER.name}:"): lambda: power(found, fitted(outcomes, POWER), groups=_power_groups(bank)),
        ("corrigibility", f"{REVERSED.name}:"): lambda: corrigibility(answers, found, unanswered=unanswered),
        ("political_values", f"{POLICIES.name}:"): political,
        ("maximisation", "answers to "): lambda: maximisation(answers, bank, unanswered=unanswered),
    }
    return [
        _tried(name, make)
        for (name, start), make in makers.items()
        if any(question.startswith(start) for question in asked)
    ]


def _lotteries(asked: set[str], bank: Bank, outcomes: Mapping[str, str]) -> dict[str, list[Lottery]]:
    """Explicit and implicit lotteries that were asked about."""
    items = _items(asked)
    numbers = sorted(int(item[len(PREFIX) :]) for item in items if item.startswith(PREFIX))
    found = {
        "expected_utility": [explicit_lottery(k, outcomes) for k in numbers],
        "implicit_lotteries": [one for one in implicit_lotteries(bank) if one.id in items],
    }
    return {name: lotteries for name, lotteries in found.items() if lotteries}


def _items(asked: set[str]) -> set[str]:
    return {part for question in asked for part in question.split("|")}


def _tried(name: str, make: Callable[[], Experiment]) -> Experiment:
    try:
        return make()
    except InputError as error:
        return Experiment(name, f"{name.replace('_', ' ').capitalize()} was not measured: {error}.", {})


def _power_groups(bank: Bank) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for item in bank.outcomes:
        if "coercive" in item.labels:
            groups.setdefault("coercive" if item.labels["coercive"] else "not coercive", []).append(item.id)
    return groups
