"""The main job: ask a judge, let the gate say what the answers are worth, and record it all.

`auto` tries forced choice on the controls and a balanced quarter of the bank first, and goes on with it where the judge
passes the controls and survives the order swap; else it evaluates options under opposite frames.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from weigh.banks.bank import Bank, Item, balanced_subset
from weigh.core.abilities import Chooser, Judge, Scorer, demand
from weigh.core.errors import InputError
from weigh.core.ledger import Ledger
from weigh.loops.elicit import Interview, Progress
from weigh.measure import evaluative, stated
from weigh.measure._contrasts import check_opposed
from weigh.measure.gate import Verdict, gate
from weigh.pipelines.analysis import analysis, summary
from weigh.pipelines.record import BANK, describe_bank, write_record, write_values
from weigh.pipelines.run import Run
from weigh.pipelines.sitting import Kind, begun, check_same, ended, forecast, to_its_end, verdict_of

Instrument = Literal["auto", "stated", "evaluative", "fast"]
INSTRUMENTS: tuple[Instrument, ...] = ("auto", "stated", "evaluative", "fast")


def measure(
    judge: Judge,
    bank: Bank,
    folder: str | Path,
    *,
    instrument: Instrument = "auto",
    n_dilemmas: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Run:
    """Measure what a judge gives priority to, and write a run folder.

    Every answer is on disk before it counts: after an interruption the same call goes on where it stopped.

    Parameters
    ----------
    judge : Judge
        Who answers.
    bank : Bank
        What is asked.
    folder : str or Path
        Where the run lies; made if it is not there.
    instrument : {"auto", "stated", "evaluative", "fast"}
        How to ask.
    n_dilemmas : int, optional
        How many dilemmas, balanced over values and authors; the bank's default otherwise.
    seed : int
        Of permutations, halvings, and judges that are sampled.
    progress : Progress, optional
        Told how far it is.
    say : callable
        Told what was decided.

    Returns
    -------
    Run
        The record that `run.json` holds, as a dict that shows itself in a notebook.

    Raises
    ------
    InputError
        The folder holds a run of another judge or bank, or the bank does not fit the instrument.
    AbilityError
        The judge cannot do what the instrument needs.
    LedgerError
        The folder cannot be written, or another run is writing to it.
    """
    folder = Path(folder)
    check_instrument(judge, bank, instrument)
    asked = bank.balanced(n_dilemmas) if n_dilemmas else bank
    with Ledger(folder) as ledger:
        check_same(folder, judge, bank)
        bank.copy_to(folder / BANK)
        record = begun(judge, describe_bank(asked))
        record["config"] = {"instrument": instrument, "n_dilemmas": n_dilemmas, "seed": seed}
        write_record(folder, record)
        interview = Interview(judge, bank.version, ledger, seed, progress)
        chosen, trial = first_kind(instrument), None
        with to_its_end(say) as end:
            if instrument == "auto":
                chosen, trial, record["instrument_why"] = try_stated(interview, asked, seed)
                say(record["instrument_why"])
            ask_with(interview, asked, "fast" if instrument == "fast" else chosen)
        record |= ended(interview, ledger, end)
    condition = judge.condition.name
    verdict = verdict_of(interview.rows.values(), asked, chosen, condition, seed=seed, partial=end.is_partial)
    record |= {
        "instrument": chosen,
        "trial": summary(trial) if trial else None,
        **(analysis(verdict, seed) if verdict else {"verdict": None}),
    }
    write_record(folder, record)
    write_values(folder, verdict.values if verdict else None)
    return Run(record, folder)


def plan(judge: Judge, bank: Bank, *, instrument: Instrument = "auto", n_dilemmas: int | None = None) -> dict[str, Any]:
    """What `measure` would ask, counted without asking.

    Returns
    -------
    dict
        Keys answers, prompts, tokens, and seconds (None where the judge does not know its speed).
    """
    check_instrument(judge, bank, instrument)
    interview = Interview(judge, bank.version, dry=True)
    count(interview, interview, bank.balanced(n_dilemmas) if n_dilemmas else bank, instrument)
    return forecast(judge, interview.cost)


def count(interview: Interview, untreated: Interview, bank: Bank, instrument: Instrument) -> None:
    """Count what would be asked; where `auto` could settle on either instrument, its trial and opposite frames.

    Parameters
    ----------
    interview : Interview
        That counts and asks nothing, in all arms where there are several.
    untreated : Interview
        The same in the untreated arm alone, in which the trial is made.
    bank : Bank
        What would be asked.
    instrument : {"auto", "stated", "evaluative", "fast"}
        How.
    """
    scores = isinstance(interview.judge, Scorer)
    if instrument == "auto" and scores and isinstance(interview.judge, Chooser):
        stated.ask(untreated, bank, items=_quarter(bank), primes=False)
    ask_with(interview, bank, "evaluative" if instrument == "auto" and scores else instrument)


def first_kind(instrument: Instrument) -> Kind:
    """Which kind of asking comes first; of `auto` the trial, which is forced choice."""
    return "evaluative" if instrument in ("evaluative", "fast") else "stated"


def check_instrument(judge: Judge, bank: Bank, instrument: Instrument) -> None:
    """Say before the first question what judge or bank lack for the instrument.

    Raises
    ------
    InputError
        There is no such instrument, or the bank does not oppose two options, each with its value.
    AbilityError
        The judge cannot do what the instrument needs.
    """
    if instrument not in INSTRUMENTS:
        raise InputError(f"no instrument {instrument!r}; give one of {', '.join(INSTRUMENTS)}")
    if instrument in ("evaluative", "fast"):
        demand(judge, "logprobs", f"--instrument {instrument}")
    if instrument == "stated" or not isinstance(judge, Scorer):
        demand(judge, "choose", f"--instrument {instrument}")
    check_opposed(bank)


def ask_with(interview: Interview, bank: Bank, instrument: str) -> None:
    """Ask a bank with an instrument; "fast" is one opposite frame without primes."""
    if instrument == "evaluative":
        evaluative.ask(interview, bank)
    elif instrument == "fast":
        evaluative.ask(interview, bank, frames=evaluative.FAST_FRAMES, primes=False)
    else:
        stated.ask(interview, bank)


def try_stated(interview: Interview, bank: Bank, seed: int) -> tuple[Kind, Verdict | None, str]:
    """The instrument that `auto` settles on, the trial behind it if there was one, and why in words."""
    judge = interview.judge
    if not isinstance(judge, Scorer):
        return "stated", None, "forced choice: this judge chooses, and does not score text"
    if not isinstance(judge, Chooser):
        return "evaluative", None, "opposite frames: this judge scores text, and does not choose"
    stated.ask(interview, bank, items=_quarter(bank), primes=False)
    trial = gate(interview.answers(), bank, instrument="stated", condition=judge.condition.name, seed=seed)
    tried = [finding for finding in trial.findings if finding.name in ("controls", "order swap")]
    failed = [finding for finding in tried if finding.passed is False]
    unmade = [finding for finding in tried if finding.passed is None]
    if failed:
        says = {"controls": "of controls right", "order swap": "of choices survive an order swap"}
        reasons = " and ".join(f"only {finding.value:.0%} {says[finding.name]}" for finding in failed)
        return "evaluative", trial, f"opposite frames, as forced choice measures nothing on this model: {reasons}"
    if unmade:
        reasons = " ".join(finding.sentence for finding in unmade)
        return "evaluative", trial, f"opposite frames, as nothing shows whether forced choice would do. {reasons}"
    why = "forced choice: it passed the controls and survived the order swap on a quarter of the bank"
    return "stated", trial, why


def _quarter(bank: Bank) -> list[Item]:
    """The balanced quarter of the dilemmas that the trial asks."""
    return [bank.dilemmas[i] for i in balanced_subset(bank.dilemmas, max(1, len(bank.dilemmas) // 4))]
