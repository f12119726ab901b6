"""All arms of an experiment in one interview, in one list and one ledger.

The order depends on the seed and on what is asked, never on what is already answered, so that a run that is resumed
asks the same batches as one that was never broken off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from weigh.banks.bank import Bank
from weigh.core.evidence import Answers
from weigh.core.question import Ask, Condition
from weigh.core.stats import rng
from weigh.loops.elicit import Format, Interview
from weigh.measure._asks import FLUENCY
from weigh.measure.gate import Verdict
from weigh.pipelines.sitting import Kind, verdict_of

# Asks whose arms are shuffled together: half a batch of two arms, so that no batch holds one arm alone.
BLOCK = 16


@dataclass
class Arms(Interview):
    """An interview in which everything is asked untreated and under each condition, arms shuffled block by block.

    Parameters
    ----------
    conditions : tuple of Condition
        The treatments; the rest as in `Interview`.
    """

    conditions: tuple[Condition, ...] = field(default=())

    def ask(self, asks: Sequence[Ask], format: Format | None = None, *, what: str = "asking") -> None:
        """Ask in all arms; see `Interview.ask`."""
        # what the options read like alone is the same under every treatment, which their prompt does not hold
        alone = [ask for ask in asks if ask.frame == FLUENCY]
        super().ask(alone, format, what=what)
        super().ask(self._shuffled([ask for ask in asks if ask.frame != FLUENCY], what), format, what=what)

    def _shuffled(self, asks: Sequence[Ask], what: str) -> list[Ask]:
        arms = [Condition(), *self.conditions]
        found: list[Ask] = []
        for start in range(0, len(asks), BLOCK):
            block = [
                replace(ask, condition=arm.and_then(ask.condition))
                for ask in asks[start : start + BLOCK]
                for arm in arms
            ]
            order = rng(self.seed, "arms", what, start).permutation(len(block))
            found += [block[i] for i in order.tolist()]
        return found


def judged(
    interview: Interview, bank: Bank, instrument: Kind, name: str, *, seed: int, partial: bool
) -> tuple[Answers | None, Verdict | None]:
    """The answers of one arm, and what the gate says of them; fluency, asked once, counts for each arm.

    Parameters
    ----------
    interview : Interview
        Through which all arms were asked.
    bank : Bank
        What was asked.
    instrument : {"stated", "evaluative"}
        How.
    name : str
        Of the arm's condition, as the ledger has it.
    seed : int
        Of the gate's permutations and halvings.
    partial : bool
        Whether it was broken off, so that answers which make no verdict are no error.
    """
    base = interview.judge.condition.name
    rows = []
    for row in interview.rows.values():
        if row["frame"] == FLUENCY and row["condition"] == base:
            rows.append({**row, "condition": name})
        elif row["condition"] == name or _is_prime_of(row["condition"], name):
            rows.append(row)
    answers = Answers.from_rows(rows) if rows else None
    return answers, verdict_of(rows, bank, instrument, name, seed=seed, partial=partial)


def _is_prime_of(condition: str, name: str) -> bool:
    # names of treatments hold neither "+" nor ":", names of primes always a ":"
    before, _, last = condition.rpartition("+")
    return before == name and ":" in last
