"""Published instruments: a bank whose card names the method that asks and scores it.

Such a method is a module with `ask(interview, bank, …)` and a scoring function `(answers, bank, …) -> Values` under its
card; where free text needs a second judge also `read(interview, answers, bank)`; where files of answers have a form of
their own, `recorded(columns, bank)`; where a part of the bank must be chosen with care, `limited(bank, n)`; where it
asks a bank whose card names another instrument, `BANK`, that bank's name.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from weigh.banks.bank import Bank, find_bank
from weigh.core import method
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.stats import holm
from weigh.core.values import Values
from weigh.ops.jackknife import paired_jackknife

SIGNIFICANT = 0.05


class Instrument(NamedTuple):
    """A published instrument: its address, the module that asks, and the function that scores."""

    address: str
    module: ModuleType
    score: Callable[..., Values]

    def known(self, part: str) -> frozenset[str]:
        """Names that a part of the instrument ("ask", "read", "score") takes; none where it has no such part."""
        target = self.score if part == "score" else getattr(self.module, part, None)
        return frozenset(inspect.signature(target).parameters) if target else frozenset()

    def takes(self, part: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the options that a part of the instrument knows."""
        known = self.known(part)
        return {name: value for name, value in options.items() if name in known}


def instrument_of(name: str) -> Instrument:
    """The instrument at an address such as "measure/pacifaist", or by its name or slug.

    Raises
    ------
    InputError
        There is none of this name, or it cannot be asked.
    """
    card = method.find(name)
    module = importlib.import_module(card.function.partition(":")[0])
    while not hasattr(module, "ask"):
        parent = module.__name__.rpartition(".")[0]
        if parent.count(".") < 2:
            raise InputError(f"{card.address} scores answers and asks none; it has no function `ask`")
        module = importlib.import_module(parent)
    return Instrument(card.address, module, method.load(card))


def bank_for(name: str, method: str | None = None) -> Bank:
    """A bank by path or name, or the one that an instrument says it asks, to be asked by that instrument.

    Parameters
    ----------
    name : str
        Of a bank, or of an instrument.
    method : str, optional
        The instrument that asks and scores it, instead of the one that its card names.

    Raises
    ------
    InputError
        There is neither a bank nor an instrument of this name, or it is not on this machine.
    """
    chosen = instrument_of(method).address if method else ""
    try:
        bank = find_bank(name)
    except InputError as error:
        try:
            instrument = instrument_of(name)
        except InputError:
            raise error from None
        asked = getattr(instrument.module, "BANK", None)
        if asked is None:
            raise
        bank, chosen = find_bank(asked), chosen or instrument.address
    return replace(bank, card=replace(bank.card, method=chosen)) if chosen else bank


def named(name: str, method: str | None = None) -> tuple[Instrument | None, Bank | None, InputError | None]:
    """The instrument that scores answers to what a user names, its bank, and why that is not at hand where it is not.

    Parameters
    ----------
    name, method
        As in `bank_for`.

    Returns
    -------
    tuple
        No instrument for a bank that the two instruments of `weigh measure` ask.

    Raises
    ------
    InputError
        There is neither a bank nor an instrument of this name.
    """
    try:
        bank = bank_for(name, method)
    except InputError as error:
        try:
            return instrument_of(method or name), None, error
        except InputError:
            raise error from None
    return (instrument_of(bank.card.method) if bank.card.method else None), bank, None


def check_options(instrument: Instrument, options: Mapping[str, Any]) -> None:
    """Refuse an option that no part of the instrument knows."""
    given = {"answers", "bank", "interview"}
    known = frozenset.union(*map(instrument.known, ("ask", "read", "score"))) - given
    unknown = [name for name in options if name not in known]
    if unknown:
        raise InputError(
            f"{instrument.address} has no option {unknown[0]!r}; its options are {', '.join(sorted(known)) or 'none'}"
        )


def limited(instrument: Instrument, bank: Bank, limit: int | None) -> Bank:
    """The bank with so many items, as the instrument chooses them, else evenly spread."""
    if not limit:
        return bank
    choose = getattr(instrument.module, "limited", None)
    return choose(bank, limit) if choose else bank.spread(limit)


def scored(
    instrument: Instrument,
    arms: Mapping[str, Answers],
    bank: Bank,
    options: Mapping[str, Any],
    *,
    who: str,
    partial: bool = False,
) -> dict[str, Any]:
    """What a record says of the answers: verdict, findings, values, those of other arms, and effects.

    Parameters
    ----------
    instrument : Instrument
        Whose scoring function is used.
    arms : mapping of str to Answers
        The untreated arm first, then each treatment's.
    bank : Bank
        Whose items they answer.
    options : mapping
        The instrument's own.
    who : str
        The judge's name.
    partial : bool
        Whether answers that do not make a score are no error, as the run was broken off.
    """
    nothing = {"verdict": None, "findings": [], "values": None, "arms": {}, "effects": []}
    how = instrument.takes("score", options)

    def score(answers: Answers) -> Values:
        return instrument.score(answers, bank, **how)

    try:
        values = {name: score(answers) for name, answers in arms.items()}
    except InputError as error:
        if not partial:
            raise
        return {**nothing, "why": str(error)}
    if not values:
        return {**nothing, "why": "nothing has been answered"}
    first = next(iter(values))
    notes = dict(values[first].notes)
    effects = [
        row | {"condition": name}
        for name in list(values)[1:]
        for row in effects_of(score, arms[first], arms[name], bank)
    ]
    return {
        "verdict": notes.get("verdict"),
        "findings": notes.get("findings", []),
        "values": values[first].to_json() | {"who": [who]},
        "arms": {name: one.to_json() for name, one in list(values.items())[1:]},
        "effects": effects,
    }


def effects_of(score: Callable[[Answers], Values], first: Answers, other: Answers, bank: Bank) -> list[dict[str, Any]]:
    """How a score differs between two sets of answers to the same questions, paired by family.

    Parameters
    ----------
    score : callable
        (answers) -> Values of one.
    first, other : Answers
        Of the two runs or treatments.
    bank : Bank
        Whose items they answer; it says which belong to one family.

    Returns
    -------
    list of dict
        item, first, other, difference (other minus first), low, high (95 %), p_adjusted (Holm over the items), differs
        (p_adjusted < .05), and `detectable`, the smallest difference found with power .80; from a delete-a-group
        jackknife over families.
    """
    families = {item.id: item.family for item in bank.items}
    groups = [np.array([families.get(str(id), str(id)) for id in one.question]) for one in (first, other)]
    names = sorted(set(groups[0]) & set(groups[1]))
    if len(names) < 2:
        return []

    def scores(kept: Any) -> list[dict[str, float]]:
        found = [score(one.select(np.isin(group, kept))) for one, group in zip((first, other), groups, strict=True)]
        return [dict(zip(one.items, np.ravel(one.mean).tolist(), strict=True)) for one in found]

    # of what both answered alone, so that the difference is that of the two numbers beside it
    ends = scores(names)
    items = [item for item in ends[0] if item in ends[1]]
    if not items:
        return []

    def both(kept: np.ndarray) -> np.ndarray:
        before, after = scores(kept)
        return np.array([after.get(item, np.nan) - before.get(item, np.nan) for item in items])

    found = paired_jackknife(both, np.array(names))
    adjusted = np.full(len(items), np.nan)
    known = np.isfinite(found.p)
    if known.any():
        adjusted[known] = holm(found.p[known])
    return [
        {
            "item": item, "first": ends[0][item], "other": ends[1][item], "difference": float(found.estimate[i]),
            "low": float(found.low[i]), "high": float(found.high[i]), "p_adjusted": float(adjusted[i]),
            "differs": bool(adjusted[i] < SIGNIFICANT), "detectable": float(found.detectable[i]),
        }
        for i, item in enumerate(items)
    ]  # fmt: skip
