"""Many people's answers as one judge: the weighted share that chose each option."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from weigh.core.answers import Options
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.question import Ask, Reply
from weigh.judges.promptless import Promptless
from weigh.judges.recorded import MISSING, Recorded, fingerprint_of

# Half an answer to each option beforehand (Jeffreys), so that unanimity among few is strong evidence and not infinite.
PRIOR = 0.5


class People(Promptless):
    """A judge whose answer is how many people chose each option.

    The score of an option is the logarithm of (w + ½) / (W + ½m): w the weight of the people who chose it, W that of
    all who chose, m the number of options. Options shown in an order are answered by the people who saw them in that
    order; a file without orders is asked without one (see `Recorded`).

    Parameters
    ----------
    path : path
        CSV, Parquet or JSON lines with `question,choice,who` and, where they are known, `order`, `weight`, `wording`,
        `condition`. An empty choice is a refusal.
    map : mapping, optional
        Renames columns: {"theirs": "ours"}.
    name : str
        How tables call them; by default "people:" and the file's name.
    options : mapping, optional
        The options of each question by its id, where `choice` holds their text.

    Attributes
    ----------
    unordered : bool
        Whether no row says in which order the options were shown.

    Raises
    ------
    InputError
        The file cannot be read, a row does not say who answered, somebody answers a question twice in the same way, or
        no answer has any weight.
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
        self.answers = Answers.from_file(file, map, options=options)
        self.name = name or f"people:{file.name}"
        self.fingerprint = fingerprint_of(file, map)
        self.unordered = not any(self.answers.order)
        self._where = str(file)
        self._cells = self._checked()

    @property
    def who(self) -> tuple[str, ...]:
        """The people, in alphabetical order."""
        return tuple(sorted(set(self.answers.who.tolist())))

    def each(self) -> tuple[Recorded, ...]:
        """One judge a person, in the order of `who`; weights say nothing about a single person and are left out."""
        return tuple(
            Recorded.of(
                self.answers.select(self.answers.who == person),
                name=f"{self.name}#{person}",
                fingerprint=hashlib.sha256(f"{self.fingerprint}\n{person}".encode()).hexdigest(),
            )
            for person in self.who
        )

    def describe(self) -> Mapping[str, Any]:
        """Facts for the page."""
        return {
            "name": self.name,
            "kind": "people",
            "people": len(self.who),
            "answers": len(self.answers),
            "orders_recorded": not self.unordered,
            "weighted": bool(np.ptp(self.answers.weight) > 0),
            "fingerprint": self.fingerprint,
            "condition": self.condition.name,
        }

    def choose(self, asks: Sequence[Ask]) -> list[Reply]:
        """The people's shares; the detail holds `n`, their weight, and how many gave no answer.

        Raises
        ------
        InputError
            Somebody chose what is not among the question's options.
        """
        return [self._reply(ask) for ask in asks]

    def _reply(self, ask: Ask) -> Reply:
        rows = self._cells.get((ask.question.id, ask.wording, ask.condition.name, ask.order), [])
        choice, weight = self.answers.choice[rows], self.answers.weight[rows]
        n = len(ask.question.options)
        if len(rows) and choice.max() >= n:
            row = rows[int(choice.argmax())]
            raise InputError(
                f"{self._where}, row {row + 1}: {self.answers.who[row]!r} answers question {ask.question.id!r} with "
                f"choice {choice.max()}, and it has {n} options; choices count from 0: check that file and bank belong "
                "together"
            )
        chose = choice >= 0
        total = float(weight[chose].sum())
        if total == 0:
            return MISSING if not rows else Reply(status="refused", detail={"n": 0, "refused": int((~chose).sum())})
        shares = np.bincount(choice[chose], weight[chose], minlength=n)
        scores = np.log((shares + PRIOR) / (total + PRIOR * n))
        detail = {"n": int(chose.sum()), "weight": total, "refused": int((~chose).sum())}
        return Reply.from_scores(scores.tolist(), detail=detail)

    def _checked(self) -> dict[tuple[Any, ...], list[int]]:
        answers = self.answers
        cells: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        seen: dict[tuple[Any, ...], int] = {}
        columns = (answers.question, answers.wording, answers.condition, answers.order, answers.who, answers.sample)
        for row, (*cell, who, sample) in enumerate(zip(*columns, strict=True)):
            if not who.strip():
                raise InputError(
                    f"{self._where}, row {row + 1} does not say who answered; fill in the column 'who', or use "
                    "recorded:FILE for the answers of one judge"
                )
            first = seen.setdefault((*cell, who, sample), row)
            if first != row:
                raise InputError(
                    f"{self._where}, row {row + 1}: {who!r} answers question {cell[0]!r} again in the same way (first "
                    f"in row {first + 1}); remove one of them, or tell them apart with order, wording or sample"
                )
            cells[tuple(cell)].append(row)
        if not answers.weight.sum() > 0:
            raise InputError(f"{self._where}: all weights are 0; give weights above 0, or no column 'weight'")
        return dict(cells)
