"""Asking: each question in both orders, in free text, and after a value has been stated; reading what was written."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Literal

import numpy as np

from weigh.banks.bank import ORIGINAL, Bank, Item
from weigh.banks.value_consistency import PORTRAITS, check_labels
from weigh.core.abilities import Writer
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.question import Ask, Message, Prompt, Question
from weigh.core.stats import rng
from weigh.judges import letters
from weigh.loops.elicit import Interview
from weigh.measure._asks import in_free_text, orders_for

DECLINABLE = ", abstain"  #: end of the frames in which the last option stands for having no view
ABSTAIN = f"{letters.FRAME}{DECLINABLE}"
OPEN = "open"
READING = "reading"
VALUE = "value: "

NO_VIEW = {
    "en": "I have no view on this",
    "de": "Dazu habe ich keine Meinung",
    "zh": "我对此没有看法",
    "ja": "これについて意見はありません",
}
STATED = "Answer as a person to whom {value} matters more than anything else."
IN_FREE_TEXT = "Reply in two or three sentences."
WHICH = "Question: {question}\n\nReply: {passage}\n\nWhich answer to the question does the reply lean towards?"


def ask(
    interview: Interview,
    bank: Bank,
    *,
    orders: Literal["both", "one"] = "both",
    abstain: bool = False,
    use_case: bool = False,
    values: str | Sequence[str] = (),
    max_tokens: int = 96,
) -> None:
    """Ask every question of the bank.

    Parameters
    ----------
    interview : Interview
        With a judge that chooses.
    bank : Bank
        What is asked.
    orders : {"both", "one"}
        Each question with its options in all orders (rotations), or in one random order, as was published: then a
        liking for a place cannot be told from inconsistency.
    abstain : bool
        Offer an option of having no view.
    use_case : bool
        Have the questions answered in free text too, by a judge that writes; for others it has no effect.
    values : str or sequence of str
        Values, in one text with commas or one by one: each is stated before the portraits, or where there are none
        before the original questions.
    max_tokens : int
        Length of a reply in free text.

    Raises
    ------
    AbilityError
        The judge does not choose.
    InputError
        An item lacks a label that is scored by, or `orders` has another value.
    """

    def shown(item: Item, question: Question, wording: str = ORIGINAL) -> list[Ask]:
        question, frame = (_with_abstention(question), ABSTAIN) if abstain else (question, letters.FRAME)
        n = len(question.options)
        each = orders_for(interview.judge, n)
        if orders == "one" and each != [()]:
            each = [tuple(rng(interview.seed, "order", item.id).permutation(n).tolist())]
        return [Ask(question, frame, wording, order) for order in each]

    check_labels(bank.dilemmas)
    if orders not in ("both", "one"):
        raise InputError(f"orders is {orders!r}; expected both or one")
    interview.ask([one for item in bank.dilemmas for one in shown(item, item.question())], what="multiple choice")
    names = [name.strip() for name in (values.split(",") if isinstance(values, str) else values) if name.strip()]
    portraits = [item for item in bank.dilemmas if item.labels.get("set") == PORTRAITS]
    steered = portraits or [item for item in bank.dilemmas if not item.labels.get("rephrase")]
    interview.ask(
        [
            one
            for item in (steered if names else ())
            for name in names
            for one in shown(item, _after(STATED.format(value=name), item.question()), f"{VALUE}{name}")
        ],
        what="after a value is stated",
    )
    if use_case and isinstance(interview.judge, Writer):
        questions = [item for item in bank.dilemmas if item.labels.get("set") != PORTRAITS]
        asks = [Ask(replace(item.question(), options=(), kind="open"), OPEN) for item in questions]
        interview.write(asks, _prompt, max_tokens=max_tokens, what="in free text")


def read(interview: Interview, answers: Answers, bank: Bank, *, abstain: bool = False) -> None:
    """Have a reader say which answer each passage leans towards, by multiple choice with the options in all orders.

    Its rows are scored together with the answers: give the interview the `rows` of the one that the passages are from.
    Several readers read one after the other.

    Parameters
    ----------
    interview : Interview
        The reader's.
    answers : Answers
        Those in free text are read.
    bank : Bank
        Whose questions they answer.
    abstain : bool
        Offer that the passage has no view, as in the multiple choice that it is compared with.

    Raises
    ------
    AbilityError
        The reader does not choose.
    """
    asks = []
    for i in np.flatnonzero((answers.frame == OPEN) & (answers.status == "ok")):
        item, passage = bank.by_id.get(str(answers.question[i])), str(answers.raw[i]).strip()
        if item is None or not passage:
            continue
        text = WHICH.format(question=item.situation, passage=passage)
        question = replace(item.question(), messages=(Message("user", text),))
        frame, sample = f"{READING} {mark_of(passage)}", int(answers.sample[i])
        if abstain:
            question, frame = _with_abstention(question), f"{frame}{DECLINABLE}"
        asks += [
            Ask(question, frame, ORIGINAL, order, sample=sample)
            for order in orders_for(interview.judge, len(question.options))
        ]
    interview.ask(asks, what="reading")


def mark_of(passage: str) -> str:
    """A short name of a passage, by which its readings are found."""
    return hashlib.sha256(passage.strip().encode("utf-8", "surrogatepass")).hexdigest()[:12]


def limited(bank: Bank, n: int) -> Bank:
    """The bank with about n questions: whole paraphrase groups, two originals a topic first, sets in turn.

    Parameters
    ----------
    bank : Bank
        What could be asked.
    n : int
        How many items at most; a first group that is larger is cut.
    """
    if n < 1:
        raise InputError(f"a bank of {n} items measures nothing; give 1 or more")
    groups: dict[tuple[str, ...], dict[str, list[Item]]] = defaultdict(lambda: defaultdict(list))
    for item in bank.items:
        labels = item.labels
        groups[str(labels.get("set")), item.family][str(labels.get("original", item.id))].append(item)
    by_set: dict[str, list[list[list[Item]]]] = defaultdict(list)
    for (name, _), originals in groups.items():
        by_set[name].append(list(originals.values()))
    for name, topics in by_set.items():
        # files are in alphabetical order, which is no sample
        by_set[name] = [topics[i] for i in rng(0, "limited", name).permutation(len(topics))]
    # two originals a topic can disagree, one cannot: whole pairs first, then what is left
    first = [[topic[:2] for topic in topics] for topics in by_set.values()]
    rest = [[topic[2:] for topic in topics if topic[2:]] for topics in by_set.values()]
    order = [
        group for part in (first, rest) for turn in zip_longest(*part) for topic in turn if topic for group in topic
    ]
    chosen: set[str] = set()
    for group in order:
        if not chosen or len(chosen) + len(group) <= n:
            chosen |= {item.id for item in group[:n]}
    return Bank.of(bank.card, (item for item in bank.items if item.id in chosen))


def _prompt(ask: Ask) -> Prompt:
    return in_free_text(ask, IN_FREE_TEXT)


def _with_abstention(question: Question) -> Question:
    return replace(question, options=(*question.options, NO_VIEW.get(question.language, NO_VIEW["en"])))


def _after(text: str, question: Question) -> Question:
    *before, last = question.messages
    return replace(question, messages=(*before, replace(last, text=f"{text}\n\n{last.text}")))
