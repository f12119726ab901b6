"""One sitting of a live run: what its record begins and ends with, whichever instrument asks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from weigh._version import __version__
from weigh.banks.bank import Bank
from weigh.core.abilities import Judge
from weigh.core.errors import InputError
from weigh.core.evidence import Answers
from weigh.core.ledger import Ledger
from weigh.core.question import Condition
from weigh.loops.elicit import Cost, Interview
from weigh.measure.gate import Verdict, gate
from weigh.pipelines.record import now, read_record

Kind = Literal["stated", "evaluative"]

INTERRUPTED = "interrupted: every answer so far is kept, and the same command goes on from here"


@dataclass
class End:
    """How a sitting ended: "complete" or "interrupted"."""

    status: Literal["complete", "interrupted"] = "complete"

    @property
    def is_partial(self) -> bool:
        """Whether answers may be too few for a verdict."""
        return self.status != "complete"


@contextmanager
def to_its_end(say: Callable[[str], None]) -> Iterator[End]:
    """Ask until all is answered or somebody breaks off, who is told that nothing is lost.

    Parameters
    ----------
    say : callable
        Told why it was broken off.
    """
    end = End()
    try:
        yield end
    except KeyboardInterrupt as stop:
        end.status = "interrupted"
        # a limit of the run's own says which it was
        say(str(stop) or INTERRUPTED)


def begun(judge: Judge, bank: Mapping[str, Any]) -> dict[str, Any]:
    """The head of the record of a run that begins.

    Parameters
    ----------
    judge : Judge
        Who answers.
    bank : mapping
        What is asked, as `weigh.pipelines.record.describe_bank` gives it.
    """
    return {
        "weigh": __version__,
        "started": now(),
        "finished": None,
        "status": "running",
        "model": dict(judge.describe()),
        "bank": dict(bank),
    }


def ended(interview: Interview, ledger: Ledger, end: End) -> dict[str, Any]:
    """What the record says of a sitting that has ended: when, how, what it cost, and what must be noted."""
    return {
        "finished": now(), "status": end.status,
        "cost": cost_of(interview.rows.values(), reused=interview.cost.reused),
        "notes": [*ledger.notes, *_bounded(interview)],
    }  # fmt: skip


def verdict_of(
    rows: Collection[Mapping[str, Any]], bank: Bank, instrument: Kind, condition: str, *, seed: int, partial: bool
) -> Verdict | None:
    """What the gate says of a sitting's answers; None where it was broken off before one that can be used.

    Parameters
    ----------
    rows : collection of mapping
        Of the ledger.
    bank : Bank
        What was asked.
    instrument : {"stated", "evaluative"}
        How.
    condition : str
        Name of the condition that counts as untreated.
    seed : int
        Of the gate's permutations and halvings.
    partial : bool
        Whether the sitting was broken off, so that answers which make no verdict are no error.

    Raises
    ------
    InputError
        The sitting is complete and its answers cannot be judged.
    """
    if not rows:
        return None
    try:
        return gate(Answers.from_rows(list(rows)), bank, instrument=instrument, condition=condition, seed=seed)
    except InputError:
        if partial:
            return None
        raise


def described(conditions: Sequence[Condition]) -> list[dict[str, Any]]:
    """Treatments as the record holds them: their names and texts."""
    return [{name: text for name, text in asdict(one).items() if text} for one in conditions]


def cost_of(rows: Collection[Mapping[str, Any]], *, reused: int = 0) -> dict[str, float]:
    """What all answers of a run cost, those of earlier sittings included.

    Parameters
    ----------
    rows : collection of mapping
        Of the ledger.
    reused : int
        How many of them were there before this sitting.
    """
    return {
        "answers": len(rows),
        "reused": reused,
        "prompts": sum(len(row["prompts"]) for row in rows),
        "tokens": sum(row["tokens"] for row in rows),
        "seconds": round(sum(row["seconds"] for row in rows), 2),
    }


def forecast(judge: Judge, cost: Cost, *, n_arms: int = 1) -> dict[str, Any]:
    """What an interview that only counted would cost.

    Parameters
    ----------
    judge : Judge
        Who would answer.
    cost : Cost
        Of one arm, counted dry.
    n_arms : int
        In how many arms it is asked.

    Returns
    -------
    dict
        Keys answers, prompts, tokens, and seconds (None where the judge does not know its speed).
    """
    speed = getattr(judge, "tokens_per_second", None)
    tokens = n_arms * cost.tokens
    return {
        "answers": n_arms * cost.asked, "prompts": n_arms * cost.calls, "tokens": tokens or None,
        "seconds": round(tokens / speed()) if speed is not None and tokens else None,
    }  # fmt: skip


def check_same(folder: Path, judge: Judge, bank: Bank) -> None:
    """Refuse a folder that holds a run of another model, other weights or another bank.

    Raises
    ------
    InputError
        It does.
    """
    try:
        before = read_record(folder)
    except InputError:
        return  # none there, or a torn one, which is written anew
    old = (
        before.get("model", {}).get("name"),
        before.get("model", {}).get("fingerprint"),
        before.get("bank", {}).get("id"),
    )
    new = (judge.name, judge.fingerprint, bank.version)
    for what, a, b in zip(("model", "model's weights or precision", "bank"), old, new, strict=True):
        if a is not None and a != b:
            raise InputError(
                f"{folder} holds a run with another {what} ({a!s:.40}, now {b!s:.40}); "
                "give another --out, or --fresh to set the old run aside"
            )


def _bounded(interview: Interview) -> list[str]:
    """How many answers rest on a bound, as a server named its likeliest tokens only."""
    n = sum("bounded" in row["detail"] for row in interview.rows.values())
    return [f"{n} answers rest on a bound: a letter was not among the tokens that the server listed"] if n else []
