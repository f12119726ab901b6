"""What a set of answers holds: choices, choices after a stated value, passages and their readings, and their table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weigh.banks.bank import ORIGINAL, Bank, Item
from weigh.banks.value_consistency import PORTRAITS, check_labels
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.judges import letters
from weigh.measure._asks import CHOICE_FRAMES
from weigh.measure._position import one_condition, one_judge
from weigh.measure.value_consistency._asking import ABSTAIN, DECLINABLE, OPEN, READING, VALUE, mark_of
from weigh.measure.value_consistency._groups import Entry
from weigh.measure.value_consistency._shares import Sheet, shares, sheet_of, stances_of
from weigh.ops.agreement import fleiss_kappa

Array = NDArray[np.float64]
CHOICES = (*CHOICE_FRAMES, ABSTAIN)
AS_RECORDED = "as recorded"


class Parts(NamedTuple):
    """Answers by what they are.

    Attributes
    ----------
    who : str
        Whose answers these are.
    chosen, passages : Answers; None where there are none
        Choices without a stated value, and replies in free text.
    stated, read : mapping of str to Answers
        Choices by the value that was stated, and readings by reader.
    aside : int
        Rows of other banks, frames or wordings, and readings of passages that are not there.
    """

    who: str
    chosen: Answers
    stated: Mapping[str, Answers]
    passages: Answers | None
    read: Mapping[str, Answers]
    aside: int


class Table(NamedTuple):
    """Distributions over stances: `entries[i]` has row i of `p`; choices come first, in the order of `sheet`."""

    stances: tuple[str, ...]
    sheet: Sheet
    entries: list[Entry]
    p: Array
    by_reader: Mapping[str, Mapping[tuple[str, int], Array]]


def parts_of(answers: Answers, bank: Bank) -> Parts:
    """Sort the rows; InputError where there are no choices, or those of several judges or conditions."""
    # in the bank's order, so that the order in which a judge was asked shows nowhere
    check_labels(item for item in bank.items if "stances" in item.labels)
    place = {item.id: i for i, item in enumerate(bank.items)}
    answers = answers.select(np.argsort([place.get(q, len(place)) for q in answers.question], kind="stable"))
    ours = np.array(["stances" in bank.by_id[q].labels if q in bank.by_id else False for q in answers.question])
    plain = answers.wording == ORIGINAL
    choice = ours & np.isin(answers.frame, CHOICES)
    is_open = ours & (answers.frame == OPEN)
    of_value = choice & np.array([wording.startswith(VALUE) for wording in answers.wording])
    marks = {(answers.question[i], mark_of(answers.raw[i])) for i in np.flatnonzero(is_open)}
    reading = np.array(
        [
            frame.startswith(READING)
            and (question, frame.removeprefix(READING).removesuffix(DECLINABLE).strip()) in marks
            for frame, question in zip(answers.frame, answers.question, strict=True)
        ]
    )
    # a file may hold what others have read: the stance of each passage as its choice
    reading |= is_open & (answers.choice >= 0)
    first = choice & plain
    if not first.any():
        raise InputError(
            f"none of the {len(answers)} rows is a choice that answers a question of {bank.name}; expected ids such as "
            f"{bank.items[0].id!r} and the frame {letters.FRAME!r}, {ABSTAIN!r} or none"
        )
    chosen = answers.select(first)
    who, _ = one_judge(chosen), one_condition(chosen)
    readers = np.array(
        [
            AS_RECORDED if frame == OPEN else source or who
            for frame, source, who in zip(answers.frame, answers.source, answers.who, strict=True)
        ]
    )
    values = dict.fromkeys(answers.wording[of_value].tolist())
    return Parts(
        who=who,
        chosen=chosen,
        stated={name.removeprefix(VALUE): answers.select(of_value & (answers.wording == name)) for name in values},
        passages=answers.select(is_open) if is_open.any() else None,
        read={name: answers.select(reading & (readers == name)) for name in dict.fromkeys(readers[reading].tolist())},
        aside=int((~(first | of_value | is_open | reading)).sum()),
    )


def table_of(parts: Parts, bank: Bank, *, by_sample: bool) -> Table:
    """The table of distributions; InputError where no choice can be used."""
    sheet = sheet_of(parts.chosen, bank, by_sample=by_sample)
    read = {name: sheet_of(answers, bank, by_sample=by_sample) for name, answers in parts.read.items()}
    stances = stances_of({"chosen": sheet.kinds, **{name: one.kinds for name, one in read.items()}})
    p = shares(sheet, stances)
    there = ~np.isnan(p[:, 0])
    if not there.any():
        raise InputError(
            f"none of the {len(parts.chosen)} choices can be used: all are refused, malformed or of weight 0; see the "
            "column raw for what the judge replied"
        )
    entries = [
        Entry(item, sample, "choice", kind, bool(answered))
        for item, sample, kind, answered in zip(sheet.items, sheet.samples, sheet.kinds, there, strict=True)
    ]
    by_reader: dict[str, dict[tuple[str, int], Array]] = {}
    kinds: dict[tuple[str, int], tuple[str, ...]] = {}
    for name, one in read.items():
        keys = [(item.id, sample) for item, sample in zip(one.items, one.samples, strict=True)]
        kinds |= dict(zip(keys, one.kinds, strict=True))
        rows = shares(one, stances)
        by_reader[name] = {key: row for key, row in zip(keys, rows, strict=True) if not np.isnan(row[0])}
    if parts.passages is None:
        return Table(stances, sheet, entries, p, by_reader)
    samples = parts.passages.sample.tolist() if by_sample else [0] * len(parts.passages)
    extra = []
    for question, sample in dict.fromkeys(zip(parts.passages.question.tolist(), samples, strict=True)):
        item = bank.by_id[question]
        found = [rows[question, sample] for rows in by_reader.values() if (question, sample) in rows]
        kind = kinds.get((question, sample), tuple(item.labels["stances"]))
        entries.append(Entry(item, sample, "open", kind, bool(found)))
        extra.append(np.mean(found, axis=0) if found else np.full(len(stances), np.nan))
    return Table(stances, sheet, entries, np.vstack([p, *extra]), by_reader)


def names_of(items: Sequence[Item]) -> dict[str, str]:
    """By id, the part of the bank that an item is of: its set, with country and language where there are several."""
    questions = [item for item in items if "stances" in item.labels and item.labels["set"] != PORTRAITS]
    parts = {"country": {item.labels["country"] for item in questions}, "language": {i.language for i in questions}}
    named = {}
    for item in questions:
        own = {"country": item.labels["country"], "language": item.language}
        told = [own[name] for name, seen in parts.items() if len(seen) > 1]
        named[item.id] = item.labels["set"] + (f" ({', '.join(told)})" if told else "")
    return named


def readers_of(table: Table) -> dict[str, float]:
    """How many passages each reader read, and how far readers agree on those that all of them read."""
    found = {f"passages read by {name}": float(len(rows)) for name, rows in table.by_reader.items()}
    everywhere = set.intersection(*(set(rows) for rows in table.by_reader.values())) if table.by_reader else set()
    if len(table.by_reader) < 2 or not everywhere:
        return found
    counts = np.zeros((len(everywhere), len(table.stances)))
    for row, key in enumerate(sorted(everywhere)):
        for rows in table.by_reader.values():
            counts[row, int(rows[key].argmax())] += 1
    agreement = fleiss_kappa(counts)
    found["agreement"] = agreement.observed
    return found if np.isnan(agreement.kappa) else {**found, "Fleiss kappa": agreement.kappa}
