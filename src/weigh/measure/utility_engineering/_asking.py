"""The whole of a live run: which format, which pairs, which experiments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from weigh.banks.bank import Bank
from weigh.core.abilities import Chooser, Scorer, Writer
from weigh.core.errors import InputError
from weigh.loops.elicit import Interview
from weigh.measure.utility_engineering import (
    corrigibility,
    discounting,
    maximisation,
    political_values,
    power,
    transitivity,
)
from weigh.measure.utility_engineering._preferences import is_preference
from weigh.measure.utility_engineering._verdicts import choice_controls, choice_position
from weigh.measure.utility_engineering.elicitation import (
    MOST_HELD_OUT,
    Selection,
    ask_controls,
    ask_rounds,
    own,
)
from weigh.measure.utility_engineering.expected_utility import explicit_lotteries, implicit_lotteries
from weigh.measure.utility_engineering.fit import Utilities, utilities
from weigh.measure.utility_engineering.frames import ask_frames
from weigh.measure.utility_engineering.instrumentality import process_texts
from weigh.ops.pair_selection import n_pairs_to_ask

EXPERIMENTS = (
    "expected_utility", "implicit_lotteries", "instrumentality", "maximisation", "discounting", "political_values",
    "power", "corrigibility",
)  # fmt: skip


def ask(
    interview: Interview,
    bank: Bank,
    *,
    instrument: Literal["auto", "stated", "evaluative"] = "auto",
    edges: float = 1.0,
    selection: Selection = "active",
    samples: int = 1,
    hold_out: int = MOST_HELD_OUT,
    n_triads: int = 60,
    experiments: Sequence[str] | str = (),
    n_lotteries: int = 40,
    entities: Sequence[str] | str = (),
) -> None:
    """Ask for the utilities of a bank's outcomes, and for what the experiments need.

    Parameters
    ----------
    interview : Interview
        With a judge that chooses, or scores text.
    bank : Bank
        Its outcomes are compared; those of other sets (policies, processes, events) by their experiments only.
    instrument : {"auto", "stated", "evaluative"}
        By choices between pairs in both orders, or by opposite frames. "auto" asks plain pairs first, and takes choices
        where these survive a change of places and are right, else frames where the judge scores text.
    edges : float
        m of m · n log₂ n pairs; the source has 2.
    selection : {"active", "random"}
        How pairs are picked after the first.
    samples : int
        Answers an order, for judges that give a choice without a probability and answer by chance.
    hold_out : int
        How many of the pairs held out are asked.
    n_triads : int
        Random triads for the share of circles, as far as they take a third of the pairs at most.
    experiments : sequence of str, or str with commas between
        Of `EXPERIMENTS`; "all" for all that bank and judge allow.
    n_lotteries : int
        Explicit lotteries; the source asks 100.
    entities : sequence of str, or str with commas between
        Whose preferences among policies the judge plays.

    Raises
    ------
    InputError
        Fewer than two outcomes, two of one text, or an unknown experiment.
    AbilityError
        The judge neither chooses nor scores text.
    """
    texts, chosen = main_texts(bank), named_experiments(experiments)
    how = _instrument(interview, texts, instrument)
    extra = {}
    if "expected_utility" in chosen and len(texts) > 2:
        extra |= {one.id: one.text for one in explicit_lotteries(texts, n_lotteries)}
    if "implicit_lotteries" in chosen:
        extra |= {id: bank.by_id[id].situation for one in implicit_lotteries(bank) for id in (one.id, *one.chances)}
    processes = process_texts(bank) if "instrumentality" in chosen else {}
    if how == "evaluative":
        ask_frames(interview, {**texts, **extra, **processes}, language=bank.outcomes[0].language)
        return
    most = max(transitivity.FEWEST, n_pairs_to_ask(len(texts), edges) // 9)
    transitivity.ask(interview, texts, n_triads=min(n_triads, most), samples=samples)
    ask_rounds(interview, texts, edges=edges, selection=selection, samples=samples, hold_out=hold_out)
    for more, what in (({**texts, **extra} if extra else {}, "lotteries"), (processes, "processes")):
        if more:
            ask_rounds(
                interview, more, edges=edges, selection=selection, samples=samples, hold_out=0, what=what,
            )  # fmt: skip
    _ask_others(interview, bank, chosen, edges, selection, samples, names_of(entities))


def limited(bank: Bank, n: int) -> Bank:
    """The bank with n of its main outcomes, evenly spaced; other sets and open questions stay.

    Parameters
    ----------
    bank : Bank
        To take from.
    n : int
        Two or more.

    Raises
    ------
    InputError
        Fewer than two.
    """
    if n < 2:
        raise InputError(f"{n} outcomes cannot be compared; give 2 or more")
    main = list(main_texts(bank))
    if n >= len(main):
        return bank
    kept = {main[i * len(main) // n] for i in range(n)}
    return Bank.of(bank.card, [item for item in bank.items if item.id in kept or item.id not in main])


def main_texts(bank: Bank) -> dict[str, str]:
    """Texts of the outcomes that are compared with one another, by id.

    Raises
    ------
    InputError
        Fewer than two outcomes, or two of one text.
    """
    texts = {item.id: item.situation for item in bank.outcomes if item.labels.get("set", "outcomes") == "outcomes"}
    if len(texts) < 2:
        raise InputError(f"bank {bank.name!r} has {len(texts)} outcomes; utilities need two or more")
    seen: dict[str, str] = {}
    for id, text in texts.items():
        if text.strip() in seen:
            raise InputError(f"outcomes {seen[text.strip()]!r} and {id!r} have one text; remove one of them")
        seen[text.strip()] = id
    return texts


def named_experiments(given: Sequence[str] | str) -> tuple[str, ...]:
    """The experiments that a user names; InputError for an unknown one."""
    names = names_of(given)
    if names == ("all",):
        return EXPERIMENTS
    unknown = [name for name in names if name.replace("-", "_") not in EXPERIMENTS]
    if unknown:
        raise InputError(f"there is no experiment {unknown[0]!r}; those there are: {', '.join(EXPERIMENTS)}, or all")
    return tuple(name.replace("-", "_") for name in names)


def names_of(given: Sequence[str] | str) -> tuple[str, ...]:
    """Names from a sequence, or from a text with commas between them."""
    parts = given.split(",") if isinstance(given, str) else given
    return tuple(part.strip() for part in parts if part.strip())


def _instrument(
    interview: Interview, texts: dict[str, str], instrument: Literal["auto", "stated", "evaluative"]
) -> Literal["stated", "evaluative"]:
    judge = interview.judge
    if instrument not in ("auto", "stated", "evaluative"):
        raise InputError(f"instrument is {instrument!r}; expected auto, stated or evaluative")
    if isinstance(judge, Chooser) and instrument != "evaluative":
        ask_controls(interview)
    if instrument != "auto":
        return instrument
    if not isinstance(judge, Scorer) or interview.dry:
        return "stated"
    if not isinstance(judge, Chooser):
        return "evaluative"
    if judge.condition:
        # a treated run is asked as the untreated one was, or the two cannot be compared
        asked = [row for row in interview.rows.values() if row["condition"] == "" and row["question"] in texts]
        paired = any(is_preference(str(row["question"])) and row["condition"] == "" for row in interview.rows.values())
        if asked or paired:
            return "stated" if paired else "evaluative"
    answers = own(interview)
    if answers is None:
        return "stated"
    plain, _ = choice_controls(answers)
    return "stated" if choice_position(answers).passed and plain.passed else "evaluative"


def _ask_others(
    interview: Interview,
    bank: Bank,
    chosen: Sequence[str],
    edges: float,
    selection: Selection,
    samples: int,
    entities: Sequence[str],
) -> None:
    texts = main_texts(bank)
    if "maximisation" in chosen and isinstance(interview.judge, Writer):
        questions = [item for item in bank.open if "answers" in item.labels]
        maximisation.ask(interview, questions, edges=edges, samples=samples)
    if "discounting" in chosen:
        discounting.ask(interview, samples=samples)
    if "political_values" in chosen:
        policies = {item.id: item.situation for item in bank.outcomes if item.labels.get("set") == "policies"}
        if len(policies) > 1:
            political_values.ask(
                interview, policies, entities=entities, edges=edges, selection=selection, samples=samples
            )
    if "power" in chosen:
        power.ask(interview, texts, edges=edges, selection=selection, samples=samples)
    if "corrigibility" in chosen:
        answers = own(interview)
        if interview.dry or answers is None:
            found = Utilities(tuple(texts), np.zeros(len(texts)), None, 0, "stated", {})
        else:
            found = utilities(answers, list(texts))
        corrigibility.ask(interview, texts, found=found, edges=edges, samples=samples)
