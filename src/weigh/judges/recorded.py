"""Answers that were given before, as a judge: what a file says is what it answers, and nothing is made up.

A cell that the file leaves out is not guessed at. A row without a frame answers any frame, but a wording, a treatment
or an order that was never recorded stays unanswered: to repeat one answer for both orders, or for a paraphrase, would
make every file pass the checks that compare them. A file without any order says so in `unordered`.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from weigh.core.answers import Options
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.question import Ask, Reply
from weigh.judges.promptless import Promptless

MISSING = Reply(status="refused", detail={"missing": True})

# question, frame, wording, condition, order, sample
Key = tuple[str, str, str, str, tuple[int, ...], int]


class Recorded(Promptless):
    """A judge that answers from a file of recorded answers.

    Parameters
    ----------
    path : path
        CSV, Parquet or JSON lines with `question,choice` and whatever else `Answers` knows, as a run's `answers.jsonl`.
        Rows that differ in nothing are repetitions, numbered from 0 in the file's order.
    map : mapping, optional
        Renames columns: {"theirs": "ours"}.
    name : str
        How tables call it; by default "recorded:" and the file's name.
    options : mapping, optional
        The options of each question by its id, where `choice` holds their text.

    Attributes
    ----------
    unordered : bool
        Whether no row says in which order the options were shown; then it is asked without an order, once a wording.

    Raises
    ------
    InputError
        The file cannot be read, or holds the answers of several judges or people.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        map: Mapping[str, str] | None = None,
        name: str = "",
        *,
        options: Options | None = None,
    ) -> None:
        file = Path(path)
        answers = Answers.from_file(file, map, options=options)
        self._fill(answers, name or f"recorded:{file.name}", fingerprint_of(file, map), str(file))

    @classmethod
    def of(cls, answers: Answers, *, name: str, fingerprint: str) -> Self:
        """The judge that gave these answers.

        Parameters
        ----------
        answers : Answers
            Of one judge or person.
        name, fingerprint : str
            As in `weigh.core.abilities.Judge`.
        """
        judge = cls.__new__(cls)
        judge._fill(answers, name, fingerprint, name)
        return judge

    def describe(self) -> Mapping[str, Any]:
        """Facts for the page."""
        return {
            "name": self.name,
            "kind": "recorded answers",
            "answers": len(self._rows),
            "questions": len({key[0] for key in self._rows}),
            "orders_recorded": not self.unordered,
            "fingerprint": self.fingerprint,
            "condition": self.condition.name,
        }

    def choose(self, asks: Sequence[Ask]) -> list[Reply]:
        """What the file says; "refused" with the detail `missing` where it says nothing.

        Raises
        ------
        InputError
            The recorded choice is not among the question's options.
        """
        return [self._reply(ask) for ask in asks]

    def _fill(self, answers: Answers, name: str, fingerprint: str, where: str) -> None:
        who = sorted(set(answers.who.tolist()))
        if len(who) > 1:
            raise InputError(
                f"{where} holds the answers of {len(who)} judges or people ({', '.join(map(repr, who[:3]))}, …); "
                "give one file a judge, or ask them together with people:FILE"
            )
        self.name, self.fingerprint, self._where = name, fingerprint, where
        self.unordered = not any(answers.order)
        self._answers = answers
        self._rows: dict[Key, int] = {}
        columns = (answers.question, answers.frame, answers.wording, answers.condition, answers.order)
        seen: Counter[tuple[Any, ...]] = Counter()
        for row, (given, sample) in enumerate(zip(zip(*columns, strict=True), answers.sample.tolist(), strict=True)):
            repetition = sample + seen[given, sample]
            seen[given, sample] += 1
            self._rows.setdefault((*given, repetition), row)

    def _reply(self, ask: Ask) -> Reply:
        question, rest = ask.question.id, (ask.wording, ask.condition.name, ask.order, ask.sample)
        row = self._rows.get((question, ask.frame, *rest))
        if row is None:
            row = self._rows.get((question, "", *rest))
        if row is None:
            return MISSING
        answers, n = self._answers, len(ask.question.options)
        scores = [float(score) for score in answers.scores[row] if not math.isnan(score)]
        choice = int(answers.choice[row])
        if choice >= n or (scores and len(scores) != n):
            given = f"choice {choice}" if choice >= n else f"{len(scores)} scores"
            raise InputError(
                f"{self._where}: question {question!r} is answered with {given}, and it has {n} options; "
                "choices count from 0: check that the file and the bank belong together"
            )
        return Reply(
            scores=tuple(scores), choice=choice, p=float(answers.p[row]), mass=float(answers.mass[row]),
            status=answers.status[row], raw=answers.raw[row],
        )  # fmt: skip


def fingerprint_of(file: Path, map: Mapping[str, str] | None) -> str:
    """sha256 of a file, and of the columns' new names where there are any, as they change what it says."""
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if not map:
        return found
    return hashlib.sha256(f"{found}\n{sorted(map.items())}".encode()).hexdigest()
